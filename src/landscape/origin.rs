//! Starts that are shorter than a number format can square: how a landscape looks near zero, and what follows.
//!
//! A sum of ReLU neurons is homogeneous: the gradient of a neuron near zero depends on its direction, not on its
//! length. Where the neuron goes is the same for every length that is far below the length of a step, while squares of
//! numbers below 10⁻¹⁶² (10⁻²³ in f32) are zero and lose the direction. So a backend lengthens a shorter part of a
//! start to [`shortest`], in its direction: by a power of two, which is exact. A length is 2⁻⁴⁰ in f32 and 2⁻³⁰⁰ in
//! f64, far below a rounding of the first step.
//!
//! A landscape with a saddle at zero (squares of linear neurons) is left along a direction whatever the length, after a
//! number of steps that grows with its logarithm. There the whole start is lengthened, and a small gradient is no rest
//! while the weights are as small ([`near_saddle`]).

use crate::numerics::Precision;
use std::borrow::Cow;

/// What a landscape is like where weights vanish.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Origin {
    /// Nothing of the following is known: starts stay as they are.
    #[default]
    Other,
    /// So many parts of so many numbers each, the first of the state: the gradient depends on the direction of a part
    /// that is near zero, not on its length.
    Cone {
        /// Parts.
        parts: usize,
        /// Numbers in a part.
        length: usize,
    },
    /// A saddle that no run rests at but the one that starts on it.
    Saddle,
}

/// Length below which a part of a start is lengthened. Its square, and that of a millionth of it, are numbers with all
/// digits; the rounding of a step that is longer than 10⁻⁵ of the weights hides it.
pub fn shortest(precision: Precision) -> f64 {
    match precision {
        Precision::F32 => f64::from_bits((1023 - 40) << 52),
        Precision::F64 => f64::from_bits((1023 - 300) << 52),
    }
}

/// Square of the length, relative to that of a minimum, below which no run is at rest beside a saddle at zero: the
/// gradient is linear in the weights there, to that share, and no other critical point is as near.
pub fn near_saddle(precision: Precision) -> f64 {
    precision.roundoff().powf(2.0 / 3.0)
}

/// Square of the length below which a vector has no direction in a format: only numbers get there that vanish during a
/// descent.
pub fn vanishing_square(precision: Precision) -> f64 {
    match precision {
        Precision::F32 => f64::from_bits((1023 - 100) << 52),
        Precision::F64 => f64::from_bits((1023 - 1000) << 52),
    }
}

impl Origin {
    /// States of `dim` numbers each at which the gradient is that of the given ones, and can be taken in a format:
    /// lengthened where that keeps it.
    pub(crate) fn for_gradient(self, precision: Precision, states: &[f64], dim: usize) -> Cow<'_, [f64]> {
        let mut states = Cow::Borrowed(states);
        if let Origin::Cone { .. } = self {
            self.lengthen(precision, states.to_mut(), dim);
        }
        states
    }

    /// Lengthens what is too short for a format in states of `dim` numbers each.
    pub fn lengthen(self, precision: Precision, states: &mut [f64], dim: usize) {
        let (parts, length) = match self {
            Origin::Other => return,
            Origin::Cone { parts, length } => (parts, length),
            Origin::Saddle => (1, dim),
        };
        let least = shortest(precision);
        for state in states.chunks_exact_mut(dim) {
            for part in state[..parts * length].chunks_exact_mut(length) {
                let longest = part.iter().fold(0.0f64, |most, x| most.max(x.abs()));
                if longest > 0.0 && longest < least {
                    lengthen(part, longest, least);
                }
            }
        }
    }
}

/// Multiplies by the power of two that takes the largest number, `longest`, to at least `least`.
fn lengthen(part: &mut [f64], mut longest: f64, least: f64) {
    // From the smallest number that there is, 2^−1074, in strides that are numbers themselves.
    const STRIDES: [i32; 3] = [512, 64, 1];
    for stride in STRIDES {
        let factor = 2f64.powi(stride);
        while longest * factor <= 2.0 * least && longest < least {
            longest *= factor;
            part.iter_mut().for_each(|x| *x *= factor);
        }
    }
}
