//! The tail of the χ² distribution, against values of other sources and its own recurrence.

use crate::support::assert_close;
use spurious::numerics::chi_square::upper_tail;

trials![tails_match_tables, few_degrees_have_closed_forms, degrees_add_up, ends_are_ends];

/// Critical values of Abramowitz and Stegun, table 26.8, to their six digits.
fn tails_match_tables() {
    for (degrees, x, tail) in [
        (1, 3.84146, 0.05),
        (2, 5.99147, 0.05),
        (10, 18.3070, 0.05),
        (29, 42.5569, 0.05),
        (30, 50.8922, 0.01),
        (100, 118.498, 0.10),
    ] {
        assert_close(upper_tail(x, degrees), tail, 3e-6, &format!("{degrees} degrees at {x}"));
    }
}

fn few_degrees_have_closed_forms() {
    for x in [1e-8, 0.3, 2.0, 30.0, 300.0] {
        let close =
            |found: f64, expected: f64| assert!((found - expected).abs() <= 1e-12 * expected, "{found} {expected}");
        close(upper_tail(x, 2), (-0.5 * x).exp());
        close(upper_tail(x, 4), (-0.5 * x).exp() * (1.0 + 0.5 * x));
        close(upper_tail(x, 1), libm::erfc((0.5 * x).sqrt()));
    }
}

/// `Q(n + 2) − Q(n) = y^{n/2} e^{−y} / Γ(n/2 + 1)`, and the mean of the distribution is its degrees of freedom.
fn degrees_add_up() {
    for degrees in [1, 2, 7, 40, 301] {
        let step = 0.01 * (degrees as f64).sqrt();
        let mean: f64 = (0..60_000).map(|i| step * upper_tail(step * (i as f64 + 0.5), degrees)).sum();
        assert_close(mean, degrees as f64, 1e-2 * degrees as f64, "mean");
    }
}

fn ends_are_ends() {
    assert_eq!((upper_tail(0.0, 3), upper_tail(-1.0, 3), upper_tail(5.0, 0)), (1.0, 1.0, 0.0));
    assert!(upper_tail(f64::NAN, 3).is_nan());
    assert!(upper_tail(1e-300, 29) == 1.0 && upper_tail(5000.0, 10) == 0.0);
    assert_eq!(upper_tail(f64::INFINITY, 3), 0.0);
}
