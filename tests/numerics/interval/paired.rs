//! Differences of two proportions over the same draws.

use crate::support::{assert_close, assert_relative};
use spurious::numerics::Interval;
use spurious::numerics::interval::paired::Fourfold;

trials![
    newcombe_matches_published,
    newcombe_matches_references,
    newcombe_covers_on_average,
    differences_mirror,
    mcnemar_matches_sums,
    ends_are_served,
];

fn table([both, only_first, only_second, neither]: [u64; 4]) -> Fourfold {
    Fourfold { both, only_first, only_second, neither }
}

/// R. G. Newcombe, Stat. Med. 17 (1998) 2635-2650, table II, method 10, and the data of Bentur et al. (2009) as in M.
/// Fagerland, S. Lydersen and P. Laake, Stat. Med. 33 (2014) 2850-2875.
fn newcombe_matches_published() {
    for (counts, low, high, digit) in [([36, 12, 2, 0], 0.0569, 0.3404, 1e-4), ([1, 1, 7, 12], -0.507, -0.026, 1e-3)] {
        let interval = table(counts).interval(0.95);
        // Half of the last digit printed.
        assert_close(interval.low, low, 0.5 * digit, &format!("{counts:?}"));
        assert_close(interval.high, high, 0.5 * digit, &format!("{counts:?}"));
    }
}

/// By a Python program that was written from the formulas.
fn newcombe_matches_references() {
    let references = [
        ([1, 1, 7, 12], -0.506_920_226_686_141, -0.025_559_124_164_859_837),
        ([59, 6, 16, 80], -0.118_621_195_638_709_96, -0.004_625_113_933_050_04),
        ([20, 12, 2, 16], 0.056_156_424_841_748_32, 0.329_206_995_400_140_5),
    ];
    for (counts, low, high) in references {
        let interval = table(counts).interval(0.95);
        // Some twenty operations on numbers of at most 1.
        assert_close(interval.low, low, 1e-14, &format!("{counts:?}"));
        assert_close(interval.high, high, 1e-14, &format!("{counts:?}"));
    }
}

/// The probability that the interval covers the difference, over all tables of 20 draws, for some laws of a table.
fn newcombe_covers_on_average() {
    const DRAWS: u64 = 20;
    let log_factorial: Vec<f64> = (0..=DRAWS)
        .scan(0.0, |sum, i| {
            *sum += (i.max(1) as f64).ln();
            Some(*sum)
        })
        .collect();
    let (mut mean, mut least, mut laws) = (0.0, 1.0_f64, 0.0);
    for a in 1..8 {
        for b in 1..8 - a {
            for c in 1..8 - a - b {
                let law = [a, b, c, 8 - a - b - c].map(|x| f64::from(x) / 8.0);
                let mut covered = 0.0;
                for both in 0..=DRAWS {
                    for first in 0..=DRAWS - both {
                        for second in 0..=DRAWS - both - first {
                            let counts = [both, first, second, DRAWS - both - first - second];
                            let Interval { low, high } = table(counts).interval(0.95);
                            if low <= law[1] - law[2] && law[1] - law[2] <= high {
                                let each = counts.iter().zip(law);
                                let log: f64 = each.map(|(n, p)| *n as f64 * p.ln() - log_factorial[*n as usize]).sum();
                                covered += (log + log_factorial[DRAWS as usize]).exp();
                            }
                        }
                    }
                }
                (mean, least, laws) = (mean + covered, least.min(covered), laws + 1.0);
            }
        }
    }
    // Not rounding but the method: its coverage is only close to the level. Here a Python program has 0.95168 on
    // average over the 35 laws, and 0.94356 at least.
    let mean = mean / laws;
    assert_close(mean, 0.951_68, 1e-5, "mean coverage");
    assert_close(least, 0.943_56, 1e-5, "least coverage");
}

fn differences_mirror() {
    for counts in [[3, 5, 7, 11], [1000, 40, 3, 0], [0, 9, 0, 0], [0, 0, 0, 5], [1 << 40, 1 << 20, 3, 1 << 38]] {
        let [both, first, second, neither] = counts;
        let (one, other) = (table(counts), table([both, second, first, neither]));
        assert_eq!(one.difference(), -other.difference());
        assert_eq!(one.mcnemar(), other.mcnemar());
        let (ours, theirs) = (one.interval(0.99), other.interval(0.99));
        assert_close(ours.low, -theirs.high, 1e-14, &format!("{counts:?}"));
        assert_close(ours.high, -theirs.low, 1e-14, &format!("{counts:?}"));
        let difference = one.difference();
        assert!(-1.0 <= ours.low && ours.low <= difference && difference <= ours.high && ours.high <= 1.0, "{ours:?}");
    }
}

/// `2 Σ_{i ≤ m} C(d, i) / 2^d`, for up to 60 discordant draws in whole numbers.
fn mcnemar_matches_sums() {
    for discordant in 0..=60u64 {
        let mut term = 1u128;
        let mut sum = 0u128;
        for fewer in 0..=discordant / 2 {
            sum += term;
            term = term * u128::from(discordant - fewer) / u128::from(fewer + 1);
            let exact = (2.0 * sum as f64 / (1u64 << discordant) as f64).min(1.0);
            for (both, neither) in [(0, 0), (5, 1000)] {
                let found = table([both, fewer, discordant - fewer, neither]).mcnemar();
                assert_relative(found, exact, 1e-13, &format!("{fewer} of {discordant}"));
            }
        }
    }
    // One against seven: 18/256. With d = 10⁸ and √d more than half on one side, z is 2 less the correction of 1/√d.
    assert_relative(table([4, 1, 7, 2]).mcnemar(), 18.0 / 256.0, 1e-13, "one against seven");
    let rare = table([0, 50_010_000, 49_990_000, 0]).mcnemar();
    // 2(1 − Φ(z)) at z = 2 − 10⁻⁴; its density there is 0.054.
    assert_relative(rare, 0.045_500_263_9 + 2.0 * 0.053_991 * 1e-4, 1e-5, "10⁸ discordant draws");
}

fn ends_are_served() {
    let none = table([0; 4]);
    assert_eq!(none.interval(0.95), Interval { low: -1.0, high: 1.0 });
    assert!(none.difference().is_nan());
    assert_eq!(none.mcnemar(), 1.0);
    assert_eq!(table([7, 0, 0, 9]).mcnemar(), 1.0);
    // All hits on one side: the whole difference is possible, and no more.
    let all = table([0, 50, 0, 0]);
    assert_eq!(all.difference(), 1.0);
    let interval = all.interval(0.95);
    assert!(interval.high == 1.0 && 0.85 < interval.low && interval.low < 1.0, "{interval:?}");
    assert_relative(all.mcnemar(), 2.0_f64.powi(-49), 1e-13, "fifty to none");
    assert_eq!(table([1, 2, 3, 4]).interval(1.0), Interval { low: -1.0, high: 1.0 });
}
