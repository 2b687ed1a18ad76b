//! The error function, in the arithmetic of [`Enclosure`] alone.
//!
//! With `z = x²` and `x >= 0`; `erf(−x) = −erf x`.
//!
//! **Up to 1.** `erf x = 2x/√π (1 − z/(3·1!) + z²/(5·2!) − …)`. *Remainder:* for `z <= 1` the terms fall and change
//! sign, so what follows the first `n` of them has the sign of its own first term and is not larger (Leibniz).
//!
//! **From 1 to 2.** `erf x = 2x/√π e^−z T_0` with `T_j = 1 + 2z/(2j + 3) T_{j+1}`, that is `T_j = 1 + 2z/(2j + 3) +
//! (2z)²/((2j + 3)(2j + 5)) + …` (DLMF 7.6.2). *Remainder:* with `z <= 4`, `T_n` is between 1 and the geometric series
//! `1/(1 − 8/(2n + 3))`, which is below 1.2 at `n = 36`.
//!
//! **From 2 on.** `erf x = 1 − erfc x`, and `erfc x = 2/√π e^−z/ρ_0` with a continued fraction. The iterated integrals
//! of the complementary error function are positive and satisfy `2n iⁿerfc = −2x iⁿ⁻¹erfc + iⁿ⁻²erfc`, with `i⁻¹erfc =
//! 2/√π e^−z` (DLMF 7.18.2, 7.18.7). So the quotients `ρ_n = iⁿ⁻¹erfc/iⁿerfc` satisfy `ρ_{n−1} = 2x + 2n/ρ_n`.
//! *Remainder:* since `ρ_{n+1} > 0`, every `ρ_n > 2x`, and therefore `ρ_n < 2x + (n + 1)/x`. The fraction starts from
//! this enclosure of `ρ_n` at `n = 48`.
//!
//! The function is increasing, so each bound of a result comes from one bound of the operand.

use super::series::RECIPROCAL_FACTORIALS;
use super::{Enclosure, smaller};

/// Terms of the alternating series before the remainder, of the positive series, and steps of the fraction.
const ALTERNATING: usize = 19;
const POSITIVE: usize = 36;
const FRACTION: usize = 48;

impl Enclosure {
    /// The values of the error function at the members.
    ///
    /// Not the best bounds, but within some units in the last place of them; see the module `error_function`.
    #[must_use]
    pub fn erf(self) -> Self {
        Self { low: at_bound(self.low).low, high: at_bound(self.high).high }
    }
}

/// The error function of a number, or its limit at an infinity.
fn at_bound(x: f64) -> Enclosure {
    let (size, one) = (x.abs(), Enclosure::ONE);
    let value = if size.is_infinite() {
        one
    } else if size <= 1.0 {
        alternating(Enclosure::point(size))
    } else if size <= 2.0 {
        positive(Enclosure::point(size))
    } else {
        one - tail(Enclosure::point(size))
    };
    let value = Enclosure { low: value.low, high: smaller(value.high, 1.0) };
    if x < 0.0 { -value } else { value }
}

/// `2/√π`.
fn scale() -> Enclosure {
    Enclosure::point(2.0) / Enclosure::PI.sqrt()
}

fn whole(n: usize) -> Enclosure {
    Enclosure::point(n as f64)
}

/// For `0 <= x <= 1`.
fn alternating(x: Enclosure) -> Enclosure {
    let z = x.square();
    let term = |j: usize| RECIPROCAL_FACTORIALS[j] / whole(2 * j + 1);
    let rest = Enclosure { low: 0.0, high: term(ALTERNATING).high };
    scale() * (x * (0..ALTERNATING).rev().fold(rest, |sum, j| term(j) - z * sum))
}

/// For `0 <= x <= 2`.
fn positive(x: Enclosure) -> Enclosure {
    let z = x.square();
    let twice = z + z;
    let rest = Enclosure { low: 1.0, high: 1.2 };
    let sum = (0..POSITIVE).rev().fold(rest, |sum, j| Enclosure::ONE + twice / whole(2 * j + 3) * sum);
    scale() * (x * ((-z).exp() * sum))
}

/// The complementary error function for `x >= 2`.
fn tail(x: Enclosure) -> Enclosure {
    let twice = x + x;
    let rest = Enclosure { low: twice.low, high: (twice + whole(FRACTION + 1) / x).high };
    let fraction = (1..=FRACTION).rev().fold(rest, |rho, n| twice + whole(2 * n) / rho);
    scale() * ((-x.square()).exp() / fraction)
}
