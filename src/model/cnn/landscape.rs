//! What both forms share: the constants of a cell, what is known of a point, and what follows from it. Twin of
//! `shaders/model/cnn.wgsl`.

use crate::arc_cosine::{Angle, angle_of, kernel_deficit};
use crate::descent::found;
use crate::endpoint::{Outcome, Status};
use crate::model::constants;
use crate::real::Real;
use std::f64::consts::PI;

constants! {
    /// Constants of the landscape and its stop rule; computed once for a cell.
    pub struct Constants {
        /// `s`
        filter_norm,
        /// `s 1ᵀa*`
        target_sum,
        /// `s ‖a*‖²`
        target_overlap,
        /// `1ᵀa* / (s ‖a*‖²)`: turns `s1ᵀa* − 1ᵀa` into `E`.
        gap_scale,
        /// `qπ / (k + π − 1)`: the largest `E` that a run can return to.
        gap_ceiling,
        /// Verdicts hold for `‖v‖²` of at least this.
        verdict_square,
        /// `1ᵀa` at the spurious point.
        spurious_sum,
        /// `aᵀa*` at the spurious point.
        spurious_overlap,
        /// Largest angle from `w*` that counts as converged.
        global_angle,
        /// Largest angle from `−w*` that counts as converged; negative where there is no spurious minimum.
        spurious_angle,
        /// Largest difference of `1ᵀa` from the global minimum that counts as converged.
        global_sum_tolerance,
        /// The same for the spurious minimum.
        spurious_sum_tolerance,
        /// Largest difference of `aᵀa*` from the global minimum that counts as converged.
        global_overlap_tolerance,
        /// The same for the spurious minimum.
        spurious_overlap_tolerance,
        /// Size at which a run has diverged.
        size_limit,
        /// `‖v‖²` at which a run has diverged.
        square_limit,
        /// Bound on `(1ᵀa)² + (aᵀa*)²` below which no run has diverged.
        spread_limit,
        /// Its ratio to `square_limit`.
        spread_of_square,
        /// Larger of `global_angle` and `spurious_angle`.
        nearest_angle,
        /// `B₁`
        along,
        /// `B₂`
        across,
        /// `√k`
        root_patches,
        /// Component of `v` across `w*` from which its step is 0: far below what any angle shows, far above where numbers
        /// lose digits and processors time.
        still,
        /// `η_v`
        filter_step,
        /// `η_a`
        output_step,
        /// `η_v s / 2π`
        filter_rate,
        /// `η_a s / 2π`
        output_rate,
        /// `η_a / 2π`
        level_rate,
        /// `η_a (π−1) / 2π`
        decay_rate,
        /// `η_a (k+π−1) / 2π`
        along_decay_rate,
    }
}

/// What both forms know of a point: everything but the components themselves.
#[derive(Clone, Copy, Debug)]
pub struct Survey<R> {
    /// Component of `v` along `w*`.
    pub(super) x: R,
    /// Norm of the rest of `v`.
    pub(super) y: R,
    /// `‖v‖²`
    pub(super) square: R,
    /// `‖v‖`
    pub(super) radius: R,
    /// `1/‖v‖`
    pub(super) inverse: R,
    pub(super) angle: Angle<R>,
    /// `g(φ) − 1`
    pub(super) kernel: R,
    /// `1ᵀa`
    pub(super) sum: R,
    /// `aᵀa*`
    pub(super) overlap: R,
    /// `E`
    gap: R,
}

impl<R: Real> Constants<R> {
    /// Completes a survey from `v`'s components along and across `w*`, `y²`, `1ᵀa` and `aᵀa*`.
    #[inline(always)]
    pub(super) fn survey(&self, x: R, y: R, y_square: R, sum: R, overlap: R) -> Survey<R> {
        let square = x.mul_add(x, y_square);
        let radius = square.sqrt();
        let inverse = R::splat(1.0) / radius;
        let angle = angle_of(x, y, radius);
        let kernel = angle.supplement.mul_add(x, y).mul_add(inverse, R::splat(-1.0));
        let gap = (self.target_sum - sum) * self.gap_scale;
        Survey { x, y, square, radius, inverse, angle, kernel, sum, overlap, gap }
    }

    /// `rate · (π−φ) aᵀa* / ‖v‖³`: with the rate `s/2π`, `∂ℓ/∂v` is minus this times `‖v‖² (I − vvᵀ/‖v‖²) w*/s`.
    #[inline(always)]
    pub(super) fn pull(&self, survey: &Survey<R>, rate: R) -> R {
        let cube = survey.inverse * survey.inverse * survey.inverse;
        rate * survey.overlap * survey.angle.supplement * cube
    }

    /// [`Constants::pull`] for a component of `v` across `w*`: 0 once that is too small to matter.
    #[inline(always)]
    pub(super) fn turn(&self, across: R, turn: R) -> R {
        R::select(across.abs().lt(self.still), R::zero(), turn)
    }

    /// Runs for which [`Constants::decide`] may have a code or which may be out of bounds.
    #[inline(always)]
    pub(super) fn may_end(&self, survey: &Survey<R>) -> R::Mask {
        let zero = R::zero();
        let uphill = R::select(zero.lt(survey.overlap), R::min(survey.gap, zero), R::max(survey.gap, self.gap_ceiling));
        // Of one sign exactly where a verdict is due, but for zeros.
        let proven = self.verdict_square.le(survey.square) & zero.le((survey.kernel + uphill) * survey.overlap);
        let spread = survey.square * self.spread_of_square;
        let spread = survey.sum.mul_add(survey.sum, survey.overlap.mul_add(survey.overlap, spread));
        // Written so that NaN counts as out of bounds.
        proven | survey.angle.acute.le(self.nearest_angle) | !spread.lt(self.spread_limit)
    }

    /// Verdicts and convergence; see the module's page.
    #[inline(always)]
    pub(super) fn decide(&self, survey: &Survey<R>) -> R {
        let zero = R::zero();
        let gap = survey.gap;
        let valid = self.verdict_square.le(survey.square);
        let global = valid & zero.lt(survey.overlap) & zero.le(survey.kernel + R::min(gap, zero));
        let spurious = valid & survey.overlap.lt(zero) & (survey.kernel + R::max(gap, self.gap_ceiling)).lt(zero);
        let at_global = survey.angle.angle.le(self.global_angle)
            & (survey.sum - self.target_sum).abs().le(self.global_sum_tolerance)
            & (survey.overlap - self.target_overlap).abs().le(self.global_overlap_tolerance);
        let at_spurious = survey.angle.supplement.le(self.spurious_angle)
            & (survey.sum - self.spurious_sum).abs().le(self.spurious_sum_tolerance)
            & (survey.overlap - self.spurious_overlap).abs().le(self.spurious_overlap_tolerance);
        let code = R::select(at_spurious, found(Status::Converged, Outcome::Spurious), zero);
        let code = R::select(at_global, found(Status::Converged, Outcome::Global), code);
        let code = R::select(spurious, found(Status::Verdict, Outcome::Spurious), code);
        R::select(global, found(Status::Verdict, Outcome::Global), code)
    }

    /// Bounded by the start and the teacher in any stable run, while `‖v‖²` is a number that the format can hold.
    #[inline(always)]
    pub(super) fn size(&self, survey: &Survey<R>) -> R {
        let size = survey.sum.abs() / self.root_patches + survey.overlap.abs();
        R::select(survey.square.lt(self.square_limit), size, self.size_limit)
    }

    /// `ℓ` from `(1ᵀb)²`, `‖b‖²` and the survey.
    #[inline(always)]
    pub(super) fn loss(&self, survey: &Survey<R>, norm_square: R) -> R {
        let difference = survey.sum - self.target_sum;
        let deficit = kernel_deficit(survey.x, survey.y, survey.radius, survey.angle.angle);
        let two = R::splat(2.0);
        R::splat(0.25 / PI)
            * (difference * difference
                + R::splat(PI - 1.0) * norm_square
                + two * deficit * self.filter_norm * survey.overlap)
    }
}
