//! What both forms share: the constants of a cell, what is known of a point, and what follows from it. Twin of
//! `shaders/model/cnn.wgsl`.

use super::{CnnCell, NEVER, STILL, theory};
use crate::landscape::surface::{at_least_zero, found};
use crate::landscape::{Outcome, Status, constants};
use crate::numerics::Real;
use crate::numerics::arc_cosine::{Angle, angle_of, kernel_deficit};
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
        /// Component of `v` across `w*` from which its step is 0: far below what any angle shows, far above where
        /// numbers lose digits and processors time.
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
        self.may_be_at_an_end(survey, self.verdict_square) | self.may_be_out_of_bounds(survey)
    }

    /// Runs for which [`Constants::class`] may have a code.
    #[inline(always)]
    pub(super) fn may_be_at_an_end(&self, survey: &Survey<R>, verdict_square: R) -> R::Mask {
        let zero = R::zero();
        let uphill = R::select(zero.lt(survey.overlap), R::min(survey.gap, zero), R::max(survey.gap, self.gap_ceiling));
        // Of one sign exactly where a verdict is due, but for zeros.
        let proven = verdict_square.le(survey.square) & zero.le((survey.kernel + uphill) * survey.overlap);
        proven | survey.angle.acute.le(self.nearest_angle)
    }

    /// Runs whose size may be beyond its limit.
    #[inline(always)]
    pub(super) fn may_be_out_of_bounds(&self, survey: &Survey<R>) -> R::Mask {
        let spread = survey.square * self.spread_of_square;
        let spread = survey.sum.mul_add(survey.sum, survey.overlap.mul_add(survey.overlap, spread));
        // Written so that NaN counts as out of bounds.
        !spread.lt(self.spread_limit)
    }

    /// Verdicts and convergence; see the module's page.
    #[inline(always)]
    pub(super) fn decide(&self, survey: &Survey<R>) -> R {
        self.class(survey, self.verdict_square)
    }

    /// Whether the global minimum is proven where `‖v‖²` is at least `verdict_square`.
    #[inline(always)]
    pub(super) fn proves_global(&self, survey: &Survey<R>, verdict_square: R) -> R::Mask {
        let zero = R::zero();
        let valid = verdict_square.le(survey.square);
        valid & zero.lt(survey.overlap) & zero.le(survey.kernel + R::min(survey.gap, zero))
    }

    /// [`Constants::decide`] where verdicts hold for `‖v‖²` of at least `verdict_square`.
    #[inline(always)]
    pub(super) fn class(&self, survey: &Survey<R>, verdict_square: R) -> R {
        let zero = R::zero();
        let gap = survey.gap;
        let valid = verdict_square.le(survey.square);
        let global = self.proves_global(survey, verdict_square);
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
        let squares = difference * difference + R::splat(PI - 1.0) * norm_square;
        let loss = R::splat(0.25 / PI) * (squares + two * deficit * self.filter_norm * survey.overlap);
        // Rounding leaves a little on either side of a loss of 0.
        at_least_zero(loss)
    }
}

impl CnnCell {
    /// The constants of the landscape and of the stop rule.
    pub(super) fn constants(&self) -> Constants<f64> {
        let t = &self.teacher;
        let tolerance = self.settings.tolerance;
        let s = t.filter_norm;
        let k = t.patches as f64;
        let square = t.norm * t.norm;
        let sum = t.norm * t.ratio.sqrt();
        let spurious = theory::spurious_point(t);
        // Converged means well inside the region where a verdict is given, whether or not its step conditions hold: `E`
        // moves by at most `tolerance` of its margin there, and the overlap keeps its sign.
        let gap_scale = sum / (s * square);
        let gap_ceiling = t.ratio * PI / t.stiffness();
        let margin = (1.0 - gap_ceiling).max(0.0);
        // `g ≈ (π − φ)³/3` near π must not use up the margin either.
        let spurious_angle = if theory::has_spurious_minimum(t) { tolerance.min(margin.cbrt()) } else { -1.0 };
        // Under a stable step |A| stays within the larger of its start and its target; six orders of margin.
        let size_limit = 1e6 * (self.output_radius + s * t.norm) * (1.0 + t.norm);
        // A size beyond its limit has a half beyond half of it.
        let spread_limit = (0.25 * size_limit * size_limit).min(0.1 * NEVER);
        let sum_tolerance = |margin: f64| tolerance * f64::min(k.sqrt() * s * t.norm, margin / gap_scale);
        Constants {
            filter_norm: s,
            target_sum: s * sum,
            target_overlap: s * square,
            gap_scale,
            gap_ceiling,
            verdict_square: if self.settings.verdicts { self.verdict_square() } else { NEVER },
            spurious_sum: k.sqrt() * spurious.along,
            spurious_overlap: spurious.overlap,
            global_angle: tolerance,
            spurious_angle,
            nearest_angle: tolerance.max(spurious_angle),
            global_sum_tolerance: sum_tolerance(1.0),
            spurious_sum_tolerance: sum_tolerance(margin),
            global_overlap_tolerance: tolerance * s * square,
            spurious_overlap_tolerance: tolerance * spurious.overlap.abs(),
            size_limit,
            square_limit: NEVER,
            spread_limit,
            spread_of_square: spread_limit / NEVER,
            along: t.along,
            across: t.across,
            root_patches: k.sqrt(),
            still: STILL * self.filter_scale,
            filter_step: self.filter_step,
            output_step: self.output_step,
            filter_rate: self.filter_step * s * 0.5 / PI,
            output_rate: self.output_step * s * 0.5 / PI,
            level_rate: self.output_step * 0.5 / PI,
            decay_rate: self.output_step * (PI - 1.0) * 0.5 / PI,
            along_decay_rate: self.output_step * t.stiffness() * 0.5 / PI,
        }
    }

    /// Smallest `‖v‖²` at which the step conditions of the verdicts hold.
    pub(super) fn verdict_square(&self) -> f64 {
        let t = &self.teacher;
        if self.output_step > 2.0 * PI / t.stiffness() {
            return NEVER;
        }
        let (along, across) = (t.filter_norm * t.along, t.filter_norm * t.across);
        let overlap = along * along.max(self.output_radius) + across * across.max(self.output_radius);
        0.5 * self.filter_step * overlap
    }
}
