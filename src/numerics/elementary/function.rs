//! The list of elementary functions of any number type.

use super::angle::{acos, atan2};
use super::circular::{cos, sin};
use super::error_function::erf;
use super::exponential::exp;
use super::hyperbolic::tanh;
use super::logarithm::log;
use crate::numerics::real::wide::{self, F32s, F64s, Vectorised};
use crate::numerics::{Enclosure, Precision, Real};
use pulp::Simd;

/// An elementary function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Function {
    /// `e^x`.
    Exp,
    /// The natural logarithm.
    Log,
    /// The sine of an angle in radians.
    Sin,
    /// The cosine of an angle in radians.
    Cos,
    /// The hyperbolic tangent.
    Tanh,
    /// The arc cosine, from 0 to π.
    Acos,
    /// The error function.
    Erf,
    /// The angle of the point `(x, y)`, from −π to π. Its first argument is `y`, its second `x`.
    Atan2,
}

impl Function {
    /// All of them.
    pub const ALL: [Function; 8] = [
        Function::Exp,
        Function::Log,
        Function::Sin,
        Function::Cos,
        Function::Tanh,
        Function::Acos,
        Function::Erf,
        Function::Atan2,
    ];

    /// Its name in formulas and files: `exp`, `atan2` and so on.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Function::Exp => "exp",
            Function::Log => "log",
            Function::Sin => "sin",
            Function::Cos => "cos",
            Function::Tanh => "tanh",
            Function::Acos => "acos",
            Function::Erf => "erf",
            Function::Atan2 => "atan2",
        }
    }

    /// How many arguments it has: 1 or 2.
    #[must_use]
    pub fn arguments(self) -> usize {
        if self == Function::Atan2 { 2 } else { 1 }
    }

    /// Its largest error on the CPU, in units in the last place of the result: what tests hold it to in either format.
    #[must_use]
    pub fn largest_error(self) -> f64 {
        match self {
            Function::Exp | Function::Log => 1.0,
            Function::Tanh | Function::Acos | Function::Erf => 1.3,
            Function::Sin | Function::Cos => 1.7,
            Function::Atan2 => 2.0,
        }
    }

    /// Its value. A function of one argument does not look at `second`.
    #[inline(always)]
    #[must_use]
    pub fn at<R: Real>(self, first: R, second: R) -> R {
        match self {
            Function::Exp => exp(first),
            Function::Log => log(first),
            Function::Sin => sin(first),
            Function::Cos => cos(first),
            Function::Tanh => tanh(first),
            Function::Acos => acos(first),
            Function::Erf => erf(first),
            Function::Atan2 => atan2(first, second),
        }
    }

    /// The enclosure of its values at the members of enclosures. A function of one argument does not look at `second`.
    #[must_use]
    pub fn enclosed(self, first: Enclosure, second: Enclosure) -> Enclosure {
        match self {
            Function::Exp => first.exp(),
            Function::Log => first.log(),
            Function::Sin => first.sin(),
            Function::Cos => first.cos(),
            Function::Tanh => first.tanh(),
            Function::Acos => first.arc_cosine(),
            Function::Erf => first.erf(),
            Function::Atan2 => first.atan2(second),
        }
    }

    /// Its values, in the widest vectors of the processor: those of [`at`](Self::at) bit by bit, for arguments rounded
    /// to the format. A function of one argument does not look at `second`; otherwise the shorter list counts.
    #[must_use]
    pub fn values(self, precision: Precision, first: &[f64], second: &[f64]) -> Vec<f64> {
        wide::dispatch(Values { function: self, precision, first, second })
    }
}

struct Values<'a> {
    function: Function,
    precision: Precision,
    first: &'a [f64],
    second: &'a [f64],
}

impl Values<'_> {
    #[inline(always)]
    fn fill<R: Real>(&self) -> Vec<f64> {
        let two = self.function.arguments() == 2;
        let count = if two { self.first.len().min(self.second.len()) } else { self.first.len() };
        let mut values = Vec::with_capacity(count);
        while values.len() < count {
            let start = values.len();
            let (mut first, mut second) = (R::zero(), R::zero());
            let filled = R::LANES.min(count - start);
            for lane in 0..filled {
                first.set_lane(lane, self.first[start + lane]);
                if two {
                    second.set_lane(lane, self.second[start + lane]);
                }
            }
            let found = self.function.at(first, second);
            values.extend((0..filled).map(|lane| found.lane(lane)));
        }
        values
    }
}

impl Vectorised for Values<'_> {
    type Output = Vec<f64>;

    #[inline(always)]
    fn with<S: Simd>(self) -> Vec<f64> {
        match self.precision {
            Precision::F32 => self.fill::<F32s<S>>(),
            Precision::F64 => self.fill::<F64s<S>>(),
        }
    }
}
