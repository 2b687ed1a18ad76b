//! Exponentials, in the arithmetic of [`Enclosure`] alone.
//!
//! **Reduction.** `e^x = 2^k e^r` with `r = x − k log 2` and a whole number `k`. Any `k` is right; with one next to
//! `x/log 2`, `|r| < 0.35`. The first part of log 2 has so few bits that its product with `k` is exact.
//!
//! **Series.** `e^r = 1 + r/1! + … + r^(n−1)/(n−1)! + e^ρ r^n/n!` with some `ρ` between 0 and `r` (Lagrange).
//! *Remainder:* for `|r| <= log 2` the factor `e^ρ` is between ½ and 2, so Horner's rule starts from the enclosure `[½,
//! 2]/n!` and needs no estimate beside it. The bound on `r` is checked; where it does not hold nothing is claimed.
//!
//! The function is increasing, so each bound of a result comes from one bound of the operand.

use super::series::{RECIPROCAL_FACTORIALS, power_of_two, whole};
use super::{Enclosure, mul_up};
use std::f64::consts::LOG2_E;

/// log 2 in two parts: 42 bits, and the rest, 5.49792301870837117471…e-14, between neighbouring floats.
pub(super) const LN2: [Enclosure; 2] = {
    let rest = 5.497_923_018_708_371e-14_f64;
    [Enclosure::point(0.693_147_180_559_890_3), Enclosure::between(rest, rest.next_up())]
};

/// The parts enclose log 2 = Σ 1/(k 2^k). In units of 2^−120, each of 119 terms loses less than one, and the others are
/// less than one together.
const _: () = {
    let (mut sum, mut k) = (0, 1);
    while k < 120 {
        sum += (1u128 << (120 - k)) / k;
        k += 1;
    }
    let first = units_of(LN2[0].low);
    assert!(first + units_of(LN2[1].low) <= sum && sum + 120 <= first + units_of(LN2[1].high));
};

/// A multiple of 2^−120, in units of that.
const fn units_of(x: f64) -> u128 {
    (x * power_of_two(120)) as u128
}

/// Order of the remainder.
const TERMS: usize = 15;

impl Enclosure {
    /// The exponentials of the members.
    ///
    /// Not the best bounds, but within few units in the last place of them; see the module `exponential`.
    #[must_use]
    pub fn exp(self) -> Self {
        Self { low: at_bound(self.low).low, high: at_bound(self.high).high }
    }
}

/// The exponential of a number, or its limit at an infinity.
fn at_bound(x: f64) -> Enclosure {
    if x > 710.0 {
        // e^710 is beyond the largest float.
        return Enclosure { low: f64::MAX, high: f64::INFINITY };
    }
    if x < -746.0 {
        // e^−746 is below the smallest.
        return Enclosure { low: 0.0, high: f64::from_bits(1) };
    }
    let k = whole(x * LOG2_E);
    let factor = Enclosure::point(k);
    let r = Enclosure::point(x) - factor * LN2[0] - factor * LN2[1];
    let scale = |e: Enclosure| {
        // In two steps, because 2^k may be no float.
        let half = k as i32 / 2;
        e * Enclosure::point(power_of_two(half)) * Enclosure::point(power_of_two(k as i32 - half))
    };
    scale(series(r))
}

/// The exponential of `r` by its series; all that is not negative where `|r| <= log 2` is not sure.
fn series(r: Enclosure) -> Enclosure {
    if r.magnitude() > 0.69 {
        return Enclosure { low: 0.0, high: f64::INFINITY };
    }
    let last = RECIPROCAL_FACTORIALS[TERMS];
    let rest = Enclosure { low: 0.5 * last.low, high: mul_up(2.0, last.high) };
    RECIPROCAL_FACTORIALS[..TERMS].iter().rev().fold(rest, |sum, &term| term + r * sum)
}
