//! Normal quantiles and the regularised incomplete beta function.

#![expect(clippy::excessive_precision, reason = "references have 17 digits, whether or not all are needed")]

use crate::support::assert_relative;
use spurious::numerics::interval::incomplete_beta;
use spurious::numerics::normal;

trials![
    quantile_matches_references,
    quantile_is_odd,
    quantile_has_its_limits,
    two_sided_matches_references,
    incomplete_beta_matches_references,
    incomplete_beta_has_its_closed_forms,
    incomplete_beta_has_its_limits,
];

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
