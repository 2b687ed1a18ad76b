//! Hyperbolic tangents, in the arithmetic of [`Enclosure`] alone.
//!
//! **Small.** Up to ½ in size, `tanh x = sinh x/cosh x`, with `z = x²` and
//!
//! ```text
//! sinh x = x (1 + z/3! + z²/5! + …),   cosh x = 1 + z/2! + z²/4! + …
//! ```
//!
//! *Remainder:* all terms are positive, and for `z <= 1` each is less than half of the one before it. So what follows
//! the first `n` terms is between 0 and twice its own first term, and Horner's rule starts from the enclosures `[0,
//! 2/(2n + 1)!]` and `[0, 2/(2n)!]`.
//!
//! **Large.** `tanh x = 1 − 2/(e^2x + 1)` for `x > ½`, with [`Enclosure::exp`], and `tanh(−x) = −tanh x`.
//!
//! The function is increasing, so each bound of a result comes from one bound of the operand.

use super::series::{RECIPROCAL_FACTORIALS, every_second};
use super::{Enclosure, smaller};

/// Terms of the series before the remainder.
const TERMS: usize = 8;

impl Enclosure {
    /// The hyperbolic tangents of the members.
    ///
    /// Not the best bounds, but within few units in the last place of them; see the module `hyperbolic`.
    #[must_use]
    pub fn tanh(self) -> Self {
        Self { low: at_bound(self.low).low, high: at_bound(self.high).high }
    }
}

/// The hyperbolic tangent of a number, or its limit at an infinity.
fn at_bound(x: f64) -> Enclosure {
    let (size, one, two) = (Enclosure::point(x.abs()), Enclosure::ONE, Enclosure::point(2.0));
    let value = if x.is_infinite() {
        one
    } else if size.high <= 0.5 {
        let z = size.square();
        let rest = |order: usize| Enclosure { low: 0.0, high: 2.0 * RECIPROCAL_FACTORIALS[order].high };
        let sine = size * every_second(z, 1.0, 1, TERMS, rest(2 * TERMS + 1));
        sine / every_second(z, 1.0, 0, TERMS, rest(2 * TERMS))
    } else {
        one - two / ((size + size).exp() + one)
    };
    let value = Enclosure { low: value.low, high: smaller(value.high, 1.0) };
    if x < 0.0 { -value } else { value }
}
