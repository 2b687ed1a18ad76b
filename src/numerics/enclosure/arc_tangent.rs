//! Arc tangents and arc cosines, in the arithmetic of [`Enclosure`] alone.
//!
//! Both functions are monotone, so each bound of a result comes from one bound of the operand, a point.
//!
//! **Reduction.** For `t >= 0`, with `|u| <= 1/2` in each case,
//!
//! ```text
//! atan t = atan u,         u = t                    t  <=  1/2
//!        = π/4 + atan u,   u = (t − 1)/(t + 1)      between
//!        = π/2 − atan u,   u = 1/t                  t  >=  2
//! ```
//!
//! and `atan(−t) = −atan t`. Between 1/2 and 2 the difference `t − 1` is exact.
//!
//! **Series.** With `z = u²`, `atan u = u (1 − z/3 + z²/5 − …)`. *Remainder:* for `0 <= z <= 1` the terms
//! `z^k/(2k + 1)` fall and change sign, so what follows the first `n` terms has the sign of its own first term and is
//! not larger (Leibniz): it is `(−z)^n θ/(2n + 1)` with some `θ` in `[0, 1]`. Horner's rule therefore starts from the
//! enclosure `[0, 1/(2n + 1)]` and needs no estimate beside it. At `z = 1/4` and `n = 24` it is below 7.3e-17, less
//! than a unit in the last place of the bracket: results are not wider than with more terms, and without it some would
//! be wrong, as tests can show.
//!
//! **Arc cosine.** Two forms of the half-angle formula, each with an arc tangent of at most `√2 − 1` that needs no
//! reduction:
//!
//! ```text
//! acos c = 2 atan √((1 − c)/(1 + c))              c  >=  √½
//!        = π/2 − 2 atan (c/(1 + √(1 − c²)))      |c| <=  √½
//! ```
//!
//! and `acos(−c) = π − acos c`. Both hold for `0 <= c <= 1`, so `√½` need not be exact either. The difference `1 − c`
//! does not cancel, because `c` is a float and no result of others.
//!
//! Widths at a float, over 35 million of them: at most 8 floats from bound to bound for arc cosines and 7 for arc
//! tangents, 2 to 3 on average.

use super::{Enclosure, larger, smaller};
use std::f64::consts::FRAC_1_SQRT_2;

/// Terms of the series before the remainder.
const TERMS: usize = 24;

/// `1/(2k + 1)` for `k` up to that of the remainder.
const RECIPROCALS: [Enclosure; TERMS + 1] = {
    let mut all = [Enclosure::ONE; TERMS + 1];
    let mut k = 1;
    while k <= TERMS {
        let odd = (2 * k + 1) as f64;
        all[k] = Enclosure::between(super::div_down(1.0, odd), super::div_up(1.0, odd));
        k += 1;
    }
    all
};

/// Divisions by powers of two are exact.
const HALF_PI: Enclosure = Enclosure { low: 0.5 * Enclosure::PI.low, high: 0.5 * Enclosure::PI.high };
const QUARTER_PI: Enclosure = Enclosure { low: 0.25 * Enclosure::PI.low, high: 0.25 * Enclosure::PI.high };

/// Increasing: bounds come from bounds.
pub(super) fn arc_tangent(x: Enclosure) -> Enclosure {
    if x.low == x.high {
        return at_point(x.low);
    }
    Enclosure { low: at_point(x.low).low, high: at_point(x.high).high }
}

/// Decreasing: the lower bound comes from the upper one.
pub(super) fn arc_cosine(x: Enclosure) -> Enclosure {
    let (low, high) = (larger(x.low, -1.0), smaller(x.high, 1.0));
    if low > high {
        return Enclosure::WHOLE;
    }
    if low == high {
        return arc_cosine_at_point(low);
    }
    Enclosure { low: arc_cosine_at_point(high).low, high: arc_cosine_at_point(low).high }
}

/// The arc tangent of a number, or its limit at an infinity.
fn at_point(t: f64) -> Enclosure {
    let size = t.abs();
    let x = Enclosure::point(size);
    let found = if size <= 0.5 {
        series(x)
    } else if size <= 2.0 {
        QUARTER_PI + series((x - Enclosure::ONE) / (x + Enclosure::ONE))
    } else if size < f64::INFINITY {
        HALF_PI - series(Enclosure::ONE / x)
    } else {
        HALF_PI
    };
    if t < 0.0 { -found } else { found }
}

/// The arc cosine of a number in [−1, 1].
fn arc_cosine_at_point(c: f64) -> Enclosure {
    let (x, one) = (Enclosure::point(c), Enclosure::ONE);
    if c.abs() <= FRAC_1_SQRT_2 {
        let half = series(x / (one + (one - x.square()).sqrt()));
        return HALF_PI - (half + half);
    }
    let size = x.abs();
    let half = series(((one - size) / (one + size)).sqrt());
    let found = half + half;
    if c < 0.0 { Enclosure::PI - found } else { found }
}

/// The arc tangent of `u` with `u² <= 1`, by its series.
fn series(u: Enclosure) -> Enclosure {
    let z = u.square();
    let mut sum = Enclosure::between(0.0, RECIPROCALS[TERMS].high);
    for &reciprocal in RECIPROCALS[..TERMS].iter().rev() {
        sum = reciprocal - z * sum;
    }
    u * sum
}
