//! Numbers of restarts.

use spurious::numerics::Interval;
use spurious::numerics::interval::{restarts, restarts_interval};

trials![restarts_at_boundaries, restarts_by_brute_force, restarts_has_its_limits, restarts_interval_swaps_bounds,];

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
