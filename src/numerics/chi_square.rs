//! The χ² distribution, by which sums of squared standardised differences are judged.

use libm::{erfc, exp, lgamma, log, sqrt};

/// Probability that χ² with so many degrees of freedom is at least `x`: `Q(n/2, x/2)`, the regularised upper incomplete
/// gamma function, by its finite sum (Abramowitz and Stegun 26.4.4 and 26.4.5)
///
/// ```text
/// n even  e^{−y} Σ_{i<n/2} y^i / i!
/// n odd   erfc √y + e^{−y} Σ_{i<(n−1)/2} y^{i+½} / Γ(i + 3/2),   y = x/2
/// ```
///
/// All terms are positive: the relative error is some roundings of the largest exponent. 1 for `x` of at most 0 and
/// for no degrees of freedom with `x` of 0; NaN for NaN.
#[must_use]
pub fn upper_tail(x: f64, degrees: usize) -> f64 {
    if x.is_nan() {
        return f64::NAN;
    }
    if x <= 0.0 {
        return 1.0;
    }
    if x.is_infinite() {
        return 0.0;
    }
    let y = 0.5 * x;
    let odd = degrees % 2 == 1;
    let first = if odd { erfc(sqrt(y)) } else { 0.0 };
    let power = |i: usize| i as f64 + if odd { 0.5 } else { 0.0 };
    let term = |i: usize| exp(power(i) * log(y) - y - lgamma(power(i) + 1.0));
    (first + (0..degrees / 2).map(term).sum::<f64>()).min(1.0)
}
