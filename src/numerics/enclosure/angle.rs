//! Angles of points in the plane, in the arithmetic of [`Enclosure`] alone.
//!
//! **A point.** With `near` and `far` the smaller and the larger of `|x|` and `|y|`, the angle to the nearer axis is
//! the arc tangent of `near/far`, with the remainder of the module `arc_tangent`.
//!
//! **A box.** The derivatives of the angle are `x/r²` along `y` and `−y/r²` along `x`. Where a box holds neither the
//! origin nor points on both sides of the negative `x` axis, the angle is smooth in it and nowhere stationary, so that
//! its extremes lie on the edges; along an edge the derivative keeps its sign or is 0, so they lie at corners.
//!
//! Any other box, and one with an infinite bound, gets what the signs of `x` and `y` say.

use super::Enclosure;

impl Enclosure {
    /// The angles from the positive x axis to the points `(x, y)`, radians, within [−π, π] rounded outward; `self` is
    /// `y`.
    ///
    /// As with [`atan2`](crate::numerics::elementary::angle::atan2), the angle is π where `y` is 0 and `x` negative,
    /// and 0 at the origin. Not the best bounds, but within few units in the last place of them where the box of `x`
    /// and `y` is finite and does not hold the origin. Across the negative x axis, where the angle jumps, `[−π, π]`.
    #[must_use]
    pub fn atan2(self, x: Self) -> Self {
        let y = self;
        let origin = x.mignitude() == 0.0 && y.mignitude() == 0.0;
        let jumps = x.low < 0.0 && y.low < 0.0 && y.high >= 0.0;
        if origin || jumps || !x.is_finite() || !y.is_finite() {
            return by_signs(y, x);
        }
        let corners = [(y.low, x.high), (y.high, x.low), (y.high, x.high)];
        corners.iter().fold(at_point(y.low, x.low), |all, &(y, x)| all.hull(at_point(y, x)))
    }
}

/// The half or quarter of the plane in which a box lies.
fn by_signs(y: Enclosure, x: Enclosure) -> Enclosure {
    let pi = Enclosure::PI.high;
    let most = if x.low >= 0.0 { 0.5 * pi } else { pi };
    let low = if y.low >= 0.0 { 0.0 } else { -most };
    // On the negative x axis the angle is π.
    let below = if x.low >= 0.0 { y.high <= 0.0 } else { y.high < 0.0 };
    Enclosure { low, high: if below { 0.0 } else { most } }
}

/// The angle of a point that is not the origin.
fn at_point(y: f64, x: f64) -> Enclosure {
    let (across, up) = (x.abs(), y.abs());
    let quotient = |a: f64, b: f64| (Enclosure::point(a) / Enclosure::point(b)).arc_tangent();
    let acute = if up <= across { quotient(up, across) } else { half_pi() - quotient(across, up) };
    let angle = if x < 0.0 { Enclosure::PI - acute } else { acute };
    if y < 0.0 { -angle } else { angle }
}

fn half_pi() -> Enclosure {
    Enclosure { low: 0.5 * Enclosure::PI.low, high: 0.5 * Enclosure::PI.high }
}
