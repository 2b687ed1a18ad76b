//! Sines and cosines, in the arithmetic of [`Enclosure`] alone.
//!
//! **Reduction.** `x = n π/2 + r` with a whole number `n`; any is right, and with one next to `2x/π`, `|r| < 0.8`.
//! Three parts of π/2 have so few bits that their products with `n` are exact, up to `|n| < 2^30`; the fourth is an
//! enclosure. Beyond `|x| = 1e9` the answer is `[−1, 1]`.
//!
//! **Series.** With `z = r²`, `sin r = r (1 − z/3! + z²/5! − …)` and `cos r = 1 − z/2! + z²/4! − …`. *Remainder:* for
//! `0 <= z <= 1` the terms fall and change sign, so what follows the first `n` of them has the sign of its own first
//! term and is not larger (Leibniz). Horner's rule starts from the enclosure `[0, 1/(2n + 1)!]` or `[0, 1/(2n)!]`. The
//! bound on `z` is checked.
//!
//! **Extrema.** Between two neighbouring multiples of π/2 both functions are monotone, and they have their extrema at
//! such multiples, where they are ±1. The multiples in an enclosure are whole numbers in its quotient by π/2, which is
//! an enclosure as well, so that none is missed. Where there is none, the extremes are at the ends.

use super::series::{RECIPROCAL_FACTORIALS, every_second, whole};
use super::{Enclosure, larger, smaller};
use std::f64::consts::FRAC_2_PI;

/// π/2: three parts of 23 bits, and the rest, 3.28200354287350054263…e-22, between neighbouring floats.
const HALF_PI: [Enclosure; 4] = {
    let rest = 3.282_003_542_873_500_5e-22_f64;
    [
        Enclosure::point(1.570_796_251_296_997),
        Enclosure::point(7.549_789_415_861_596e-8),
        Enclosure::point(5.390_302_529_957_765e-15),
        Enclosure::between(rest, rest.next_up()),
    ]
};

/// The largest angle that is reduced.
const LARGEST: f64 = 1e9;

/// Terms of the series before the remainder.
const TERMS: usize = 10;

/// All sines and cosines.
const UNIT: Enclosure = Enclosure { low: -1.0, high: 1.0 };

impl Enclosure {
    /// The sines of the members, angles in radians.
    ///
    /// Not the best bounds, but within few units in the last place of them for members up to 1e6 in size. Farther out
    /// they are wider next to a zero of the function, where the digits of π/2 count, and beyond 1e9 they are `[−1,
    /// 1]`. See the module `circular`.
    #[must_use]
    pub fn sin(self) -> Self {
        extremes(self, 0)
    }

    /// The cosines of the members, with the bounds of [`sin`](Self::sin).
    #[must_use]
    pub fn cos(self) -> Self {
        extremes(self, 1)
    }
}

/// The values of `sin(x + shift π/2)`.
fn extremes(x: Enclosure, shift: i64) -> Enclosure {
    // An infinite bound is larger, too.
    if x.magnitude() > LARGEST {
        return UNIT;
    }
    let low = at_point(x.low, shift);
    if x.low == x.high {
        return low;
    }
    let quarters = x / Enclosure { low: 0.5 * Enclosure::PI.low, high: 0.5 * Enclosure::PI.high };
    if quarters.high - quarters.low > 5.0 {
        return UNIT;
    }
    let mut found = low.hull(at_point(x.high, shift));
    for n in quarters.low.ceil() as i64..=quarters.high.floor() as i64 {
        match (n + shift).rem_euclid(4) {
            1 => found.high = 1.0,
            3 => found.low = -1.0,
            _ => {}
        }
    }
    found
}

/// `sin(x + shift π/2)` of a number up to the largest angle.
fn at_point(x: f64, shift: i64) -> Enclosure {
    let n = whole(x * FRAC_2_PI);
    let r = HALF_PI.iter().fold(Enclosure::point(x), |r, part| r - Enclosure::point(n) * *part);
    let z = r.square();
    if z.high > 1.0 {
        return UNIT;
    }
    let rest = |order: usize| Enclosure { low: 0.0, high: RECIPROCAL_FACTORIALS[order].high };
    let quadrant = (n as i64 + shift).rem_euclid(4);
    let value = if quadrant % 2 == 0 {
        r * every_second(z, -1.0, 1, TERMS, rest(2 * TERMS + 1))
    } else {
        every_second(z, -1.0, 0, TERMS, rest(2 * TERMS))
    };
    let value = if quadrant < 2 { value } else { -value };
    Enclosure { low: larger(value.low, -1.0), high: smaller(value.high, 1.0) }
}
