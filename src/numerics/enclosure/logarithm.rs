//! Natural logarithms, in the arithmetic of [`Enclosure`] alone.
//!
//! **Reduction.** A positive float is `m 2^k` with `m` between 0.7 and 1.42, exactly, and `log x = k log 2 + log m`.
//! With `s = (m − 1)/(m + 1)`, whose numerator is exact, `log m = 2 artanh s`, and `|s| < 0.18`.
//!
//! **Series.** With `z = s²`, `artanh s = s (1 + z/3 + z²/5 + …)`. *Remainder:* what follows the first `n` terms is
//! positive and at most `z^n/(2n + 1) (1 + z + z² + …) = z^n/((2n + 1)(1 − z))`; for `z <= 0.0324` and `n = 12` that is
//! less than `z^n/2n`. Horner's rule starts from the enclosure `[0, 1/2n]`.
//!
//! The function is increasing, so each bound of a result comes from one bound of the operand.

use super::exponential::LN2;
use super::{Enclosure, div_up};

/// Terms of the series before the remainder.
const TERMS: usize = 12;

impl Enclosure {
    /// The natural logarithms of the members that are positive: for a number that is known to be. Where no member is,
    /// which contradicts that, the whole line.
    ///
    /// Not the best bounds, but within few units in the last place of them; see the module `logarithm`.
    #[must_use]
    pub fn log(self) -> Self {
        if self.high <= 0.0 {
            return Self::WHOLE;
        }
        let low = if self.low > 0.0 { at_point(self.low).low } else { f64::NEG_INFINITY };
        let high = if self.high < f64::INFINITY { at_point(self.high).high } else { f64::INFINITY };
        Self { low, high }
    }
}

/// The logarithm of a positive float.
fn at_point(x: f64) -> Enclosure {
    const FRACTION: u64 = (1 << 52) - 1;
    // A subnormal number becomes a normal one.
    let (x, shift) = if x < f64::MIN_POSITIVE { (x * 2f64.powi(54), 54) } else { (x, 0) };
    let bits = x.to_bits();
    let mut k = (bits >> 52) as i32 - 1023 - shift;
    let mut m = f64::from_bits(bits & FRACTION | 1023 << 52);
    if m > 1.41 {
        m *= 0.5;
        k += 1;
    }
    let (m, one, k) = (Enclosure::point(m), Enclosure::ONE, Enclosure::point(f64::from(k)));
    let s = (m - one) / (m + one);
    let z = s.square();
    let rest = Enclosure { low: 0.0, high: div_up(1.0, (2 * TERMS) as f64) };
    let sum = (0..TERMS).rev().fold(rest, |sum, j| one / Enclosure::point((2 * j + 1) as f64) + z * sum);
    k * LN2[0] + (k * LN2[1] + (s + s) * sum)
}
