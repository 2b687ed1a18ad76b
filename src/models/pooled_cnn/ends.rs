//! What both forms share: when a run ends, and as what.

use super::Shape;
use crate::landscape::surface::found;
use crate::landscape::{Outcome, Status, Stop};
use crate::numerics::Real;
use std::f64::consts::PI;

/// When a run ends, in either form.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ends<R> {
    /// Squared norm of the gradient at rest.
    pub(super) rest_square: R,
    /// Squared distance from `w*` in which the loss is strictly convex.
    pub(super) basin_square: R,
    /// The same where it proves that a run can only end there.
    pub(super) verdict_square: R,
    /// 1 where the kind of a point at rest follows from its angle.
    pub(super) alone: R,
    /// Code of a point at rest opposite to the teacher.
    pub(super) opposite: R,
}

impl<R: Real> Ends<R> {
    /// Verdicts and convergence; see the model's page. Arguments: squared norm of the gradient, squared distance from
    /// `w*`, components along and across `w*`.
    #[inline(always)]
    pub(super) fn decide(&self, steepness: R, apart_square: R, along: R, across: R) -> R {
        let zero = R::zero();
        let resting = steepness.le(self.rest_square);
        // Without overlap the angle tells the critical points apart.
        let alone = zero.lt(self.alone);
        let opposite = alone & along.lt(zero) & across.le(zero);
        let at_teacher = alone & apart_square.le(self.basin_square);
        let rests = R::splat(f64::from(Stop::code(Status::Converged, None)));
        let code = R::select(resting & !alone, rests, zero);
        let code = R::select(resting & opposite, self.opposite, code);
        let code = R::select(resting & at_teacher, found(Status::Converged, Outcome::Global), code);
        R::select(apart_square.le(self.verdict_square), found(Status::Verdict, Outcome::Global), code)
    }
}

/// Code of a point at rest opposite to the teacher, without overlap: the degenerate saddle, the corner at 0 for a
/// single patch, or the minimum of a filter of one number.
pub(super) fn opposite_code(shape: &Shape) -> f64 {
    let spurious = shape.filter_length == 1 && shape.patches > 1;
    f64::from(Stop::code(Status::Converged, Some(if spurious { Outcome::Spurious } else { Outcome::Saddle })))
}

/// Weight of the pairs of a patch with itself, `1/k`.
pub(super) fn own(shape: &Shape) -> f64 {
    PI * shape.weights()[0]
}
