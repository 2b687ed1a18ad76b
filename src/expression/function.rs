//! The elementary functions: name, text over every number type, enclosure.
//!
//! What is missing is an error where it is needed, never an approximation of less digits. To give a function its text,
//! add its line to [`Function::over`]; its enclosure, to [`Function::enclosed`].

use super::ExpressionError;
use crate::numerics::arc_cosine::angle_of;
use crate::numerics::{Enclosure, Real};

/// An elementary function. Angles are in radians.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Function {
    /// Exponential.
    Exp,
    /// Natural logarithm.
    Log,
    /// Sine.
    Sin,
    /// Cosine.
    Cos,
    /// Hyperbolic tangent.
    Tanh,
    /// Angle of the point `(x, y)` from the positive x axis, in `[−π, π]`, of `y` and `x` in this order.
    Atan2,
    /// Arc cosine, in `[0, π]`.
    Acos,
    /// Error function, `2/√π ∫₀ˣ exp(−t²) dt`.
    Erf,
}

impl Function {
    /// Every function.
    pub const ALL: [Function; 8] = [
        Function::Exp,
        Function::Log,
        Function::Sin,
        Function::Cos,
        Function::Tanh,
        Function::Atan2,
        Function::Acos,
        Function::Erf,
    ];

    /// Its name in texts.
    pub fn name(self) -> &'static str {
        match self {
            Function::Exp => "exp",
            Function::Log => "log",
            Function::Sin => "sin",
            Function::Cos => "cos",
            Function::Tanh => "tanh",
            Function::Atan2 => "atan2",
            Function::Acos => "acos",
            Function::Erf => "erf",
        }
    }

    /// Arguments that it takes: 1 or 2.
    pub fn arguments(self) -> usize {
        if self == Function::Atan2 { 2 } else { 1 }
    }

    /// Its value over a number type, by plain operations.
    ///
    /// # Errors
    /// The function has no such text.
    pub fn over<R: Real>(self, a: R, b: R) -> Result<R, ExpressionError> {
        let one = R::splat(1.0);
        match self {
            Function::Acos => Ok(angle_of(a, ((one - a) * (one + a)).sqrt(), one).angle),
            Function::Atan2 => {
                let angle = angle_of(b, a.abs(), b.mul_add(b, a * a).sqrt()).angle;
                Ok(R::select(a.lt(R::zero()), -angle, angle))
            }
            _ => Err(ExpressionError::Unsupported { function: self.name(), missing: "text over numbers of a format" }),
        }
    }

    /// Encloses its values at all members of the arguments that it is defined at.
    ///
    /// # Errors
    /// The function has no enclosure.
    pub fn enclosed(self, a: Enclosure, b: Enclosure) -> Result<Enclosure, ExpressionError> {
        match self {
            Function::Acos => Ok(a.arc_cosine()),
            Function::Atan2 => Ok(enclosed_angle(a, b)),
            _ => Err(ExpressionError::Unsupported { function: self.name(), missing: "enclosure" }),
        }
    }
}

/// Angles of points `(x, y)`. Where the points may lie on both sides of the cut along the negative x axis, or at 0, all
/// angles.
fn enclosed_angle(y: Enclosure, x: Enclosure) -> Enclosure {
    // Half of an enclosure is exact.
    let right = Enclosure::PI * Enclosure::point(0.5);
    let found = if x.low() > 0.0 {
        (y / x).arc_tangent()
    } else if y.low() > 0.0 {
        right - (x / y).arc_tangent()
    } else if y.high() < 0.0 {
        -right - (x / y).arc_tangent()
    } else {
        Enclosure::WHOLE
    };
    found.meet((-Enclosure::PI).hull(Enclosure::PI))
}
