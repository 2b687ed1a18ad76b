//! Normal quantiles, confidence intervals of a proportion, and numbers of restarts.
//!
//! Reference values, unless a comment names another source, were computed with mpmath 1.3 at 60 digits
//! from the defining equations, for arguments rounded to double precision. They agree with scipy 1.17
//! (`norm.ppf`, `beta.ppf`), which is itself less accurate for rare hits: its upper bound for 3 in 10⁷ is
//! off by 3e-11, and its lower bound for 1000 in 10¹² is 16 times too large.

#![expect(clippy::excessive_precision, reason = "references have 17 digits, whether or not all are needed")]

use libtest_mimic::Trial;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use spurious::interval::{Interval, Method, incomplete_beta, restarts, restarts_interval};
use spurious::normal;

use crate::support::trial;

/// The tests of this module.
pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("statistics::quantile_matches_references", quantile_matches_references),
        trial("statistics::quantile_is_odd", quantile_is_odd),
        trial("statistics::quantile_has_its_limits", quantile_has_its_limits),
        trial("statistics::two_sided_matches_references", two_sided_matches_references),
        trial("statistics::incomplete_beta_matches_references", incomplete_beta_matches_references),
        trial("statistics::incomplete_beta_has_its_closed_forms", incomplete_beta_has_its_closed_forms),
        trial("statistics::incomplete_beta_has_its_limits", incomplete_beta_has_its_limits),
        trial("statistics::wilson_matches_references", wilson_matches_references),
        trial("statistics::clopper_pearson_matches_references", clopper_pearson_matches_references),
        trial("statistics::intervals_match_newcombe", intervals_match_newcombe),
        trial("statistics::clopper_pearson_tails_hold", clopper_pearson_tails_hold),
        trial("statistics::clopper_pearson_tails_hold_for_rare_hits", clopper_pearson_tails_hold_for_rare_hits),
        trial("statistics::clopper_pearson_covers_always", clopper_pearson_covers_always),
        trial("statistics::wilson_covers_on_average", wilson_covers_on_average),
        trial("statistics::ends_are_exact", ends_are_exact),
        trial("statistics::largest_counts_terminate", largest_counts_terminate),
        trial("statistics::names_are_distinct", names_are_distinct),
        trial("statistics::invalid_input_is_clamped", invalid_input_is_clamped),
        trial("statistics::restarts_at_boundaries", restarts_at_boundaries),
        trial("statistics::restarts_by_brute_force", restarts_by_brute_force),
        trial("statistics::restarts_has_its_limits", restarts_has_its_limits),
        trial("statistics::restarts_interval_swaps_bounds", restarts_interval_swaps_bounds),
        trial("statistics::interval_contains_proportion", interval_contains_proportion),
        trial("statistics::interval_grows_with_hits", interval_grows_with_hits),
        trial("statistics::interval_widens_with_level", interval_widens_with_level),
        trial("statistics::interval_mirrors", interval_mirrors),
    ]
}

/// Asserts that `value` differs from `expected` by at most `tolerance` relative to it.
#[track_caller]
fn assert_relative(value: f64, expected: f64, tolerance: f64, what: &str) {
    let error = (value - expected).abs();
    assert!(error <= tolerance * expected.abs(), "{what}: {value:e} is not {expected:e} to {tolerance:e}");
}

/// Natural logarithms of 0!, 1!, ..., `n`!, by summation.
fn log_factorials(n: u32) -> Vec<f64> {
    let mut sum = 0.0;
    let mut all = vec![0.0];
    all.extend((1..=n).map(|i| {
        sum += f64::from(i).ln();
        sum
    }));
    all
}

/// Binomial probabilities of 0, 1, ..., `n` hits, for 0 < `p` < 1.
fn binomial(n: u32, p: f64, log_factorials: &[f64]) -> Vec<f64> {
    let (hit, miss) = (p.ln(), (-p).ln_1p());
    (0..=n)
        .map(|k| {
            let ways = log_factorials[n as usize] - log_factorials[k as usize] - log_factorials[(n - k) as usize];
            (ways + f64::from(k) * hit + f64::from(n - k) * miss).exp()
        })
        .collect()
}

fn quantile_matches_references() {
    let references = [
        (0.6, 2.533_471_031_357_997_4e-1),
        (0.75, 6.744_897_501_960_817_4e-1),
        (0.9, 1.281_551_565_544_600_6),
        (0.925, 1.439_531_470_938_456_2),
        (0.95, 1.644_853_626_951_472_3),
        (0.975, 1.959_963_984_540_053_9),
        (0.99, 2.326_347_874_040_840_8),
        (0.995, 2.575_829_303_548_900_5),
        (0.999, 3.090_232_306_167_813_3),
        (0.999_999_999_9, 6.361_340_889_697_421_9),
        (1.0 - f64::EPSILON / 2.0, 8.209_536_151_601_386_9),
        (0.500_000_01, 2.506_628_287_226_204_4e-8),
        (0.025, -1.959_963_984_540_054_2),
        (0.01, -2.326_347_874_040_841_1),
        (1e-3, -3.090_232_306_167_813_5),
        (1e-6, -4.753_424_308_822_899),
        (1e-10, -6.361_340_902_404_056_2),
        // On either side of the split at √(-ln p) = 5, that is p = 1.4e-11.
        (2e-11, -6.604_077_590_405_634_3),
        (1e-11, -6.706_023_155_495_136_3),
        (1e-20, -9.262_340_089_798_407_6),
        (1e-100, -2.127_345_356_096_532_4e1),
        (1e-300, -3.704_709_629_936_119_9e1),
    ];
    for (p, z) in references {
        // The claim of AS 241, about 1e-16, and four roundings.
        assert_relative(normal::quantile(p), z, 1e-15, &format!("z({p:e})"));
    }
}

fn quantile_is_odd() {
    for i in 1..512 {
        // Multiples of 1/1024, for which 1 - p is exact: the two values then agree to the last bit.
        let p = f64::from(i) / 1024.0;
        assert_eq!(normal::quantile(p), -normal::quantile(1.0 - p), "p = {p}");
    }
    assert_eq!(normal::quantile(0.5), 0.0);
}

fn quantile_has_its_limits() {
    assert_eq!(normal::quantile(0.0), f64::NEG_INFINITY);
    assert_eq!(normal::quantile(1.0), f64::INFINITY);
    assert!(normal::quantile(f64::from_bits(1)).is_finite());
    for p in [-0.1, -1e-300, 1.1, 1.0 + f64::EPSILON, f64::INFINITY, f64::NEG_INFINITY, f64::NAN] {
        assert!(normal::quantile(p).is_nan(), "p = {p}");
    }
    assert_eq!(normal::two_sided(0.0), 0.0);
    assert_eq!(normal::two_sided(1.0), f64::INFINITY);
    for level in [-0.1, 1.1, f64::INFINITY, f64::NEG_INFINITY, f64::NAN] {
        assert!(normal::two_sided(level).is_nan(), "level = {level}");
    }
}

fn two_sided_matches_references() {
    let references = [
        (1e-20, 1.253_314_137_315_500_2e-20),
        (0.5, 6.744_897_501_960_817_4e-1),
        (0.85, 1.439_531_470_938_455_8),
        (0.9, 1.644_853_626_951_472_8),
        (0.95, 1.959_963_984_540_053_9),
        (0.99, 2.575_829_303_548_900_5),
        (0.999_999, 4.891_638_475_692_931_8),
        (1.0 - f64::EPSILON / 2.0, 8.292_361_075_813_595_5),
    ];
    for (level, z) in references {
        // As for the quantile.
        assert_relative(normal::two_sided(level), z, 1e-15, &format!("level {level:e}"));
    }
}

fn incomplete_beta_matches_references() {
    let references = [
        (0.5, 3.0, 0.01, 1.862_537_5e-1),
        (2.5, 0.5, 0.9, 4.895_897_445_644_275_4e-1),
        (0.5, 49.5, 0.001, 2.464_240_403_897_821_9e-1),
        (0.01, 5.0, 1e-10, 8.109_929_104_464_573_7e-1),
        (10.0, 20.0, 0.2, 4.926_351_730_421_251_7e-2),
        // At the first arguments of the asymptotic series, where an error of its terms is largest.
        (16.0, 16.0, 0.3, 9.540_435_911_883_398_2e-3),
        (1e3, 1e3, 0.45, 3.683_198_869_007_578_3e-6),
        (1e6, 2e6, 0.333, 1.103_228_395_166_496_2e-1),
    ];
    for (a, b, x, expected) in references {
        // A rounding of x changes the value by up to √(a + b) roundings: 2e-13 for the largest here.
        assert_relative(incomplete_beta(a, b, x), expected, 2e-13, &format!("I_{x}({a}, {b})"));
    }
}

fn incomplete_beta_has_its_closed_forms() {
    for i in 1..200 {
        let x = f64::from(i) / 200.0;
        // Some ten roundings in either form, amplified by exponents of up to 7.
        let tolerance = 1e-14;
        let arcsine = std::f64::consts::FRAC_2_PI * x.sqrt().asin();
        assert_relative(incomplete_beta(0.5, 0.5, x), arcsine, tolerance, &format!("arcsine law at {x}"));
        for c in [0.1, 0.5, 1.0, 2.5, 7.0] {
            let power = x.powf(c);
            assert_relative(incomplete_beta(c, 1.0, x), power, tolerance, &format!("I_{x}({c}, 1)"));
            let complement = -(c * (-x).ln_1p()).exp_m1();
            assert_relative(incomplete_beta(1.0, c, x), complement, tolerance, &format!("I_{x}(1, {c})"));
        }
    }
    // The median of a symmetric distribution. The exponent is accurate to a few ε, and the continued
    // fraction, of up to 10⁴ terms here, to 10⁴ ε at the very worst and to its square root in practice.
    for a in [0.5, 3.0, 1e2, 1e4, 1e6, 1e9] {
        assert_relative(incomplete_beta(a, a, 0.5), 0.5, 1e-13, &format!("median for {a}"));
    }
}

fn incomplete_beta_has_its_limits() {
    assert_eq!(incomplete_beta(2.0, 3.0, 0.0), 0.0);
    assert_eq!(incomplete_beta(2.0, 3.0, -1.0), 0.0);
    assert_eq!(incomplete_beta(2.0, 3.0, 1.0), 1.0);
    assert_eq!(incomplete_beta(2.0, 3.0, 2.0), 1.0);
    for bad in [0.0, -1.0, f64::INFINITY, f64::NAN] {
        assert!(incomplete_beta(bad, 3.0, 0.5).is_nan(), "a = {bad}");
        assert!(incomplete_beta(2.0, bad, 0.5).is_nan(), "b = {bad}");
    }
    assert!(incomplete_beta(2.0, 3.0, f64::NAN).is_nan());
}

/// Hits, runs, level and the two bounds.
type Reference = (u64, u64, f64, f64, f64);

fn matches_references(method: Method, references: &[Reference], tolerance: f64) {
    for &(hits, runs, level, low, high) in references {
        let interval = method.interval(hits, runs, level);
        let what = format!("{} {hits} in {runs} at {level}", method.name());
        assert_relative(interval.low, low, tolerance, &what);
        assert_relative(interval.high, high, tolerance, &what);
    }
}

fn wilson_matches_references() {
    let references = [
        (0, 10, 0.95, 0.0, 2.775_327_998_628_891_7e-1),
        (5, 10, 0.95, 2.365_930_905_125_640_1e-1, 7.634_069_094_874_359_9e-1),
        (10, 10, 0.95, 7.224_672_001_371_108_3e-1, 1.0),
        (7, 100, 0.9, 3.839_462_680_673_685e-2, 1.242_601_130_667_930_9e-1),
        (100, 100_000, 0.95, 8.223_379_697_212_455_8e-4, 1.215_998_316_636_628e-3),
        (0, 10_000_000, 0.95, 0.0, 3.841_457_345_014_104_2e-7),
        (3, 10_000_000, 0.95, 1.020_270_779_624_651_4e-7, 8.821_184_260_515_045_9e-7),
        (30, 1_000_000_000, 0.999_999, 1.262_155_813_102_417_3e-8, 7.130_656_683_761_246_5e-8),
        (500_000_000, 1_000_000_000, 0.95, 4.999_690_102_484_442_9e-1, 5.000_309_897_515_557_1e-1),
        (1, 10_000_000_000, 0.95, 1.765_245_549_373_339_9e-11, 5.664_934_263_512_818_1e-10),
        (1, 1_000_000_000_000, 0.95, 1.765_245_549_351_747_8e-13, 5.664_934_265_736_51e-12),
    ];
    // Some ten operations on positive numbers, after the quantile squared.
    matches_references(Method::Wilson, &references, 3e-15);
}

fn clopper_pearson_matches_references() {
    let references = [
        (0, 10, 0.95, 0.0, 3.084_971_078_187_607_6e-1),
        (5, 10, 0.95, 1.870_860_284_473_985_7e-1, 8.129_139_715_526_014_3e-1),
        (10, 10, 0.95, 6.915_028_921_812_392_4e-1, 1.0),
        (7, 100, 0.9, 3.331_191_561_763_198_7e-2, 1.274_580_155_829_702_9e-1),
        (100, 100_000, 0.95, 8.137_116_819_701_751_5e-4, 1.216_136_395_647_647_2e-3),
        (0, 10_000_000, 0.95, 0.0, 3.688_878_773_722_437_7e-7),
        (3, 10_000_000, 0.95, 6.186_721_656_250_591_4e-8, 8.767_270_541_579_749_6e-7),
        (30, 1_000_000_000, 0.999_999, 1.034_537_818_159_100_1e-8, 6.622_459_551_839_952_3e-8),
        // This line alone is from scipy 1.17, beta.ppf, and was checked by the tail series in mpmath.
        (500_000_000, 1_000_000_000, 0.95, 4.999_690_097_484_223e-1, 5.000_309_902_515_777e-1),
        (1, 1_000_000_000_000, 0.95, 2.531_780_798_428_957_8e-14, 5.571_643_390_926_161_8e-12),
        (3, 1_000_000_000_000, 0.99, 3.378_633_887_280_141_9e-13, 1.097_747_749_528_597_8e-11),
        (1000, 1_000_000_000_000, 0.95, 9.389_730_184_358_770_9e-10, 1.063_952_135_982_281e-9),
        (999_999_999_997, 1_000_000_000_000, 0.95, 9.999_999_999_912_327_3e-1, 9.999_999_999_993_813_3e-1),
    ];
    // Log-odds of up to 32 are rounded to 4e-15, which is then the relative error of the bound, and the
    // error of the tail comes on top; observed is 2e-15, and 5e-15 over some hundred other cases.
    matches_references(Method::ClopperPearson, &references, 2e-14);
}

fn intervals_match_newcombe() {
    // R. G. Newcombe, Stat. Med. 17 (1998) 857-872, table I: methods 3 (score) and 5 ("exact"), at 95 %.
    let published = [
        (81, 263, [0.2553, 0.3662], [0.2527, 0.3676]),
        (15, 148, [0.0624, 0.1605], [0.0578, 0.1617]),
        (0, 20, [0.0000, 0.1611], [0.0000, 0.1684]),
        (1, 29, [0.0061, 0.1718], [0.0009, 0.1776]),
    ];
    for (hits, runs, wilson, exact) in published {
        for (method, [low, high]) in [(Method::Wilson, wilson), (Method::ClopperPearson, exact)] {
            let interval = method.interval(hits, runs, 0.95);
            // Half of the last digit printed.
            assert!((interval.low - low).abs() <= 0.5e-4, "{} {hits}/{runs}: {interval:?}", method.name());
            assert!((interval.high - high).abs() <= 0.5e-4, "{} {hits}/{runs}: {interval:?}", method.name());
        }
    }
}

fn clopper_pearson_tails_hold() {
    for n in [1, 2, 7, 30, 200] {
        let logs = log_factorials(n);
        for level in [0.01, 0.5, 0.95, 0.999_999] {
            let expected = 0.5 * (1.0 - level);
            for k in 0..=n {
                let Interval { low, high } = Method::ClopperPearson.interval(k.into(), n.into(), level);
                let what = format!("{k} in {n} at {level}");
                // Logarithms of up to ln 200! = 863, sums of 200 roundings, enter as exponents.
                let tolerance = 1e-12;
                if k > 0 {
                    let above: f64 = binomial(n, low, &logs)[k as usize..].iter().sum();
                    assert_relative(above, expected, tolerance, &what);
                }
                if k < n {
                    let below: f64 = binomial(n, high, &logs)[..=k as usize].iter().sum();
                    // A bound near 1 is rounded too, by ε/2 or a little more, and (1 - p)^(n - k) suffers.
                    let rounding = f64::from(n - k) * f64::EPSILON / (1.0 - high);
                    assert_relative(below, expected, tolerance + rounding, &what);
                }
            }
        }
    }
}

fn clopper_pearson_tails_hold_for_rare_hits() {
    // P(X ≤ k) as a sum of k + 1 terms, each from the one before.
    let at_most = |k: u32, n: f64, p: f64| {
        let mut term = (n * (-p).ln_1p()).exp();
        let mut sum = term;
        for j in (0..k).map(f64::from) {
            term *= (n - j) / (j + 1.0) * p / (1.0 - p);
            sum += term;
        }
        sum
    };
    for n in [10_000_000_u64, 1_000_000_000_000] {
        for k in 1..20 {
            let Interval { low, high } = Method::ClopperPearson.interval(k.into(), n, 0.95);
            // The bound is good to 5e-15, and the relative change of the tail is at most n p < 40
            // times that of the bound.
            assert_relative(at_most(k, n as f64, high), 0.025, 1e-12, &format!("{k} in {n}, upper"));
            assert_relative(1.0 - at_most(k - 1, n as f64, low), 0.025, 1e-12, &format!("{k} in {n}, lower"));
        }
    }
}

/// Probability, at success probability `p`, that the interval after `n` runs covers `p`.
fn coverage(intervals: &[Interval], p: f64, log_factorials: &[f64]) -> f64 {
    let n = intervals.len() as u32 - 1;
    let covers = |i: &Interval| i.low <= p && p <= i.high;
    let probabilities = binomial(n, p, log_factorials);
    probabilities.iter().zip(intervals).filter(|(_, i)| covers(i)).map(|(q, _)| q).sum()
}

/// The intervals after 0, 1, ..., `n` hits in `n` runs.
fn all_intervals(method: Method, n: u32, level: f64) -> Vec<Interval> {
    (0..=n).map(|k| method.interval(k.into(), n.into(), level)).collect()
}

fn clopper_pearson_covers_always() {
    for n in [10, 50, 200] {
        let logs = log_factorials(n);
        for level in [0.5, 0.9, 0.95, 0.99] {
            let intervals = all_intervals(Method::ClopperPearson, n, level);
            // Coverage jumps at the bounds and is least beside them.
            let beside =
                intervals.iter().flat_map(|i| [i.low, i.high]).flat_map(|b| [b * (1.0 - 1e-9), b * (1.0 + 1e-9)]);
            let grid = (1..2000).map(|i| f64::from(i) / 2000.0);
            for p in grid.chain(beside).filter(|p| 0.0 < *p && *p < 1.0) {
                let covered = coverage(&intervals, p, &logs);
                // The rounding of the probabilities, as in the tail test.
                assert!(covered >= level - 1e-12, "{covered} at p = {p}, n = {n}, level {level}");
            }
        }
    }
}

fn wilson_covers_on_average() {
    for n in [10, 50, 200] {
        let logs = log_factorials(n);
        for level in [0.95, 0.99] {
            let intervals = all_intervals(Method::Wilson, n, level);
            // Midpoints, so that the mean is the integral over p to about one part in the number of
            // points.
            let points = 4000;
            let sum: f64 =
                (0..points).map(|i| coverage(&intervals, (f64::from(i) + 0.5) / f64::from(points), &logs)).sum();
            let mean = sum / f64::from(points);
            // Not rounding but the method: its mean coverage is only close to the level. It strays by
            // 0.004 for ten runs and less for more; at a level of 0.9, left out, by 0.0105 for ten.
            assert!((mean - level).abs() <= 0.01, "mean coverage {mean} for n = {n}, level {level}");
        }
    }
}

fn ends_are_exact() {
    for method in Method::ALL {
        for level in [1e-300, 0.01, 0.95, 1.0 - f64::EPSILON / 2.0] {
            assert_eq!(method.interval(0, 0, level), Interval { low: 0.0, high: 1.0 });
            for runs in [1, 2, 1000, 10_000_000, 1_000_000_000_000, u64::MAX] {
                let none = method.interval(0, runs, level);
                let all = method.interval(runs, runs, level);
                let what = format!("{} of {runs} at {level}", method.name());
                assert!(none.low == 0.0 && 0.0 <= none.high && none.high <= 1.0, "none, {what}: {none:?}");
                assert!(all.high == 1.0 && 0.0 <= all.low && all.low <= 1.0, "all, {what}: {all:?}");
            }
        }
    }
}

fn largest_counts_terminate() {
    let runs = u64::MAX;
    for method in Method::ALL {
        for level in [1e-300, 0.5, 0.95, 1.0 - f64::EPSILON / 2.0] {
            for hits in [1, 1000, 1 << 40, runs / 2, runs - (1 << 40), runs - 1] {
                let Interval { low, high } = method.interval(hits, runs, level);
                let what = format!("{} {hits} at {level}: {low:e} to {high:e}", method.name());
                let proportion = hits as f64 / runs as f64;
                assert!(0.0 < low && low <= proportion && proportion <= high && high <= 1.0, "{what}");
                // Ten standard deviations, the largest quantile being 8.3, for counts that make it
                // normal.
                if hits >= 1000 && runs - hits >= 1000 {
                    let deviation = (proportion * (1.0 - proportion) / runs as f64).sqrt();
                    // The proportion itself is rounded by up to ε/2, and so are the bounds.
                    let reach = 12.0 * deviation + f64::EPSILON;
                    assert!(proportion - low <= reach && high - proportion <= reach, "{what}");
                }
            }
        }
    }
}

fn names_are_distinct() {
    assert_eq!(Method::ALL.map(Method::name), ["wilson", "clopper_pearson"]);
}

fn invalid_input_is_clamped() {
    for method in Method::ALL {
        assert_eq!(method.interval(11, 10, 0.95), method.interval(10, 10, 0.95));
        for level in [1.0, 2.0, f64::INFINITY, f64::NAN] {
            assert_eq!(method.interval(3, 10, level), Interval { low: 0.0, high: 1.0 });
        }
        for level in [0.0, -1.0, f64::NEG_INFINITY] {
            for hits in [0, 3, 10] {
                let Interval { low, high } = method.interval(hits, 10, level);
                let proportion = hits as f64 / 10.0;
                assert!(0.0 <= low && low <= proportion && proportion <= high && high <= 1.0, "level {level}");
            }
        }
    }
}

fn restarts_at_boundaries() {
    // Tenths, because their powers are exact in 64-bit integers: (1 - p)^m = kept/total.
    for tenths in 1..10_u64 {
        let p = tenths as f64 / 10.0;
        for m in 1..=15 {
            let (kept, total) = ((10 - tenths).pow(m), 10_u64.pow(m));
            // Both integers are below 2⁵³, so this is the boundary, correctly rounded.
            let boundary = (total - kept) as f64 / total as f64;
            assert_eq!(restarts(p, boundary), f64::from(m), "p = {p}, target {boundary}");
            // Where floats resolve it, a target closer to 1 by a millionth takes one restart more, and
            // one farther by a millionth takes no fewer.
            let allowed = kept as f64 / total as f64;
            if allowed > 1e-9 {
                assert_eq!(restarts(p, 1.0 - allowed * (1.0 - 1e-6)), f64::from(m + 1), "above, p = {p}");
                assert_eq!(restarts(p, 1.0 - allowed * (1.0 + 1e-6)), f64::from(m), "below, p = {p}");
            }
        }
    }
    assert_eq!(restarts(0.5, 0.5), 1.0);
    assert_eq!(restarts(0.1, 0.19), 2.0);
    assert_eq!(restarts(0.9, 0.99), 2.0);
    assert_eq!(restarts(0.99, 0.99), 1.0);
}

fn restarts_by_brute_force() {
    for i in 1..100 {
        // No power of 1 - p is near one of the targets, so rounding decides nothing.
        let p = f64::from(i) / 101.0 + 1e-5;
        for target in [0.001, 0.1234, 0.5, 0.9, 0.95, 0.99, 0.999_999] {
            let mut m = 1.0;
            let mut failure = 1.0 - p;
            while 1.0 - failure < target {
                failure *= 1.0 - p;
                m += 1.0;
            }
            assert_eq!(restarts(p, target), m, "p = {p}, target {target}");
        }
    }
    // ln(100)/p, less half of ln(100), rounded up: by mpmath 15350564.98... and 4605170185985.79...
    assert_eq!(restarts(3e-7, 0.99), 15_350_565.0);
    assert_eq!(restarts(1e-12, 0.99), 4_605_170_185_986.0);
}

fn restarts_has_its_limits() {
    for target in [0.01, 0.5, 0.99] {
        assert_eq!(restarts(0.0, target), f64::INFINITY);
        assert_eq!(restarts(-1.0, target), f64::INFINITY);
        assert_eq!(restarts(1.0, target), 1.0);
        assert_eq!(restarts(2.0, target), 1.0);
        assert!(restarts(f64::NAN, target).is_nan());
    }
    assert_eq!(restarts(0.3, 0.0), 1.0);
    assert_eq!(restarts(0.3, 1.0), f64::INFINITY);
    assert_eq!(restarts(1.0, 1.0), 1.0);
    assert!(restarts(0.3, f64::NAN).is_nan());
    assert!(restarts(f64::from_bits(1), 0.99) > 1e300);
}

fn restarts_interval_swaps_bounds() {
    let interval = Interval { low: 0.1, high: 0.5 };
    // ln(0.01)/ln(0.5) = 6.64 and ln(0.01)/ln(0.9) = 43.7.
    assert_eq!(restarts_interval(interval, 0.99), Interval { low: 7.0, high: 44.0 });
    let nothing = Interval { low: 0.0, high: 1.0 };
    assert_eq!(restarts_interval(nothing, 0.99), Interval { low: 1.0, high: f64::INFINITY });
}

/// The same 512 cases in every run, and no file of failures: the input of a failing case is printed.
fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 512,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(1934),
        ..ProptestConfig::default()
    }
}

/// Either method.
fn any_method() -> impl Strategy<Value = Method> {
    prop::sample::select(Method::ALL.to_vec())
}

/// Hits and runs: up to 10¹² runs of any order of magnitude, with rare, common and missing hits.
fn counts() -> impl Strategy<Value = (u64, u64)> {
    (0.0..12.0_f64, 0.0..1.0_f64, any::<bool>()).prop_map(|(decades, share, rare)| {
        let runs = 10_f64.powf(decades);
        let hits = if rare { runs.powf(share) - 1.0 } else { runs * share };
        (hits as u64, runs as u64)
    })
}

proptest! {
    #![proptest_config(config())]

    fn interval_contains_proportion(
        method in any_method(), (hits, runs) in counts(), level in 0.001..0.999_999,
    ) {
        let Interval { low, high } = method.interval(hits, runs, level);
        let proportion = hits as f64 / runs as f64;
        prop_assert!(0.0 <= low && low <= proportion, "{low} {high}");
        prop_assert!(proportion <= high && high <= 1.0, "{low} {high}");
    }

    fn interval_grows_with_hits(
        method in any_method(), (hits, runs) in counts(), level in 0.001..0.999_999,
    ) {
        prop_assume!(hits < runs);
        let fewer = method.interval(hits, runs, level);
        let more = method.interval(hits + 1, runs, level);
        // One hit moves a bound by some 1e-12 or more of itself or of its complement, far above rounding.
        prop_assert!(fewer.low <= more.low && fewer.high <= more.high, "{fewer:?} {more:?}");
    }

    fn interval_widens_with_level(
        method in any_method(), (hits, runs) in counts(), level in 0.001..0.99, extra in 0.001..0.009,
    ) {
        let narrow = method.interval(hits, runs, level);
        let wide = method.interval(hits, runs, level + extra);
        prop_assert!(wide.low <= narrow.low && narrow.high <= wide.high, "{narrow:?} {wide:?}");
    }

    fn interval_mirrors(
        method in any_method(), (hits, runs) in counts(), level in 0.001..0.999_999,
    ) {
        let interval = method.interval(hits, runs, level);
        let mirrored = method.interval(runs - hits, runs, level);
        // Numbers of at most 1, each the result of up to ten roundings.
        let tolerance = 10.0 * f64::EPSILON;
        let low = (interval.low - (1.0 - mirrored.high)).abs();
        let high = (interval.high - (1.0 - mirrored.low)).abs();
        prop_assert!(low <= tolerance && high <= tolerance, "{interval:?} {mirrored:?}");
    }
}
