//! Perturbed descent: noise on the weights at which the gradient is taken.
//!
//! Zhou, Liu, Li, Lin, Zhou and Zhao, "Toward Understanding the Importance of Noise in Training Neural Networks" (ICML
//! 2019, arXiv 1909.03172), show for this network that noise, annealed, takes descent to the global minimum from any
//! start. A step is
//!
//! ```text
//! v ← v − η_v ∂ℓ/∂v(v + ξ, a + ζ)      ξ uniform in the ball of R^p of radius noise_filter · f
//! a ← a − η_a ∂ℓ/∂a(v + ξ, a + ζ)      ζ uniform in the ball of R^k of radius noise_output · f
//! ```
//!
//! with `f = noise_decay^e` in epoch `e = 0, 1, …` of `noise_epoch` steps each; after `noise_epochs` epochs there is no
//! noise. The random numbers depend on the run's key and its step alone (see [`crate::numerics::random`]), the key
//! being drawn with the start.
//!
//! # The norm of the filter
//! The gradient at `v` is orthogonal to `v`, so that plain descent hardly changes `‖v‖`. The gradient at `v + ξ` is
//! not: as long as noise drives `v` away from a minimum at `±w*` and descent takes it back, `‖v‖` grows, steps and
//! noise shrink in proportion, and the noise anneals itself. The paper keeps the filter on the sphere, `v ← r₀ v/‖v‖`
//! after each step: `filter_constraint = "sphere"`. The direction of the descent is the same; only with it does a
//! constant radius mean constant noise. With `"none"` and without noise a perturbed form is the plain one.
//!
//! # Verdicts
//! While there is noise nothing is proven. After it the proof of the model's page holds with the weights of that moment
//! in the place of the start: `‖v‖` never falls, on the sphere it stays, and with `η_a ≤ 2π/(k+π−1)` a step takes `A₁`
//! to a mean of itself and of a number between 0 and `sB₁`, and `A₂` to one of itself and of a number between `−sB₂`
//! and `sB₂`, so that from there on
//!
//! ```text
//! s|aᵀa*| ≤ T = s max(|A₁B₁|, sB₁²) + s max(|A₂B₂|, sB₂²),  and verdicts hold where η_v T ≤ 2‖v‖².
//! ```
//!
//! With `noise_stop = "escape"` a run also ends, converged to the global minimum, before the first step at which this
//! verdict would say global if the noise ceased: at which the iterate itself, without noise, is in the certified basin
//! of the global minimum.

pub(super) mod settings;

pub use settings::Noise;

use super::CnnCell;
use super::landscape::{Constants, Survey};
use super::theory::{self, spurious_point};
use crate::landscape::surface::found;
use crate::landscape::{Outcome, Prediction, Status, constants};
use crate::numerics::Real;
use crate::numerics::real::Mask;
use std::f64::consts::PI;

constants! {
    /// Constants of the noise; computed once for a cell.
    pub struct Shake {
        /// `r_v`
        noise_filter,
        /// `r_a`
        noise_output,
        /// Steps with noise.
        noise_steps,
        /// Steps of an epoch.
        noise_epoch,
        /// 1 if a run ends when it has escaped, else 0.
        escape,
        /// 1 if the filter stays on its sphere, else 0.
        on_sphere,
        /// Radius of that sphere.
        sphere_radius,
        /// `η_v s / 2`, which turns the bound on `|aᵀa*|` into the least `‖v‖²` of a verdict.
        reach_rate,
        /// `1/p`
        filter_exponent,
        /// `1/(p−2)`, or 0.
        filter_rest_exponent,
        /// 1 if `p ≥ 3`, else 0.
        filter_rest,
        /// `1/k`
        output_exponent,
        /// 1 if `k ≥ 2`, else 0.
        output_second,
        /// `1/(k−2)`, or 0.
        rest_exponent,
        /// 1 if `k ≥ 3`, else 0.
        rest_first,
        /// 1 if `k ≥ 4`, else 0.
        rest_second,
        /// `1/(k−4)`, or 0.
        last_exponent,
        /// 1 if `k ≥ 5`, else 0.
        last,
    }
}

impl CnnCell {
    /// The spurious point: `x, y, A₁, A₂, A₃`.
    pub(super) fn spurious_start(&self) -> [f64; 5] {
        let t = &self.teacher;
        [-self.filter_scale, 0.0, spurious_point(t).along, -t.filter_norm / (PI - 1.0) * t.across, 0.0]
    }

    /// What theory says of a perturbed cell: the same, but that no verdict is given before the noise ends, and that the
    /// slow limit is that of random starts without noise.
    pub(super) fn perturbed_theory(&self, noise: &Noise) -> Vec<Prediction> {
        let mut all = theory::predictions(self);
        for prediction in all.iter_mut().filter(|p| p.name == "verdicts_at_start" && noise.steps() > 0) {
            prediction.value = Some(0.0);
        }
        if noise.from_spurious || noise.steps() > 0 {
            all.iter_mut().filter(|p| p.is_success).for_each(|p| p.value = None);
        }
        all
    }
}

/// The noise over a number type.
#[derive(Clone, Debug)]
pub struct Over<R> {
    pub(super) landscape: Constants<R>,
    pub(super) shake: Shake<R>,
    noise: Noise,
}

/// What there is of noise at a step.
#[derive(Clone, Copy, Debug)]
pub struct Stage<R: Real> {
    /// Whether there is any.
    pub noisy: R::Mask,
    /// Radius of the noise on the filter; 0 if there is none.
    pub filter: R,
    /// Radius of the noise on the output weights; 0 if there is none.
    pub output: R,
}

impl<R: Real> Over<R> {
    pub(super) fn new(landscape: &Constants<f64>, shake: &Shake<f64>, noise: &Noise) -> Self {
        Over { landscape: landscape.over(), shake: shake.over(), noise: noise.clone() }
    }

    /// What there is of noise after so many steps.
    #[inline(always)]
    pub(super) fn stage(&self, step: R) -> Stage<R> {
        let noisy = step.abs().lt(self.shake.noise_steps);
        let mut factor = R::zero();
        if noisy.any() {
            let bits = noisy.bits();
            for lane in (0..R::LANES).filter(|lane| bits >> lane & 1 == 1) {
                let epoch = step.lane(lane).abs() as u32 / self.noise.epoch;
                factor.set_lane(lane, self.noise.factors[epoch as usize]);
            }
        }
        Stage { noisy, filter: factor * self.shake.noise_filter, output: factor * self.shake.noise_output }
    }

    /// Least `‖v‖²` at which the verdicts hold from here on.
    #[inline(always)]
    fn verdict_square(&self, here: &Survey<R>) -> R {
        let c = &self.landscape;
        let along = c.along * here.sum / c.root_patches;
        let across = here.overlap - along;
        let reach = R::max(along.abs(), c.filter_norm * c.along * c.along)
            + R::max(across.abs(), c.filter_norm * c.across * c.across);
        R::max(c.verdict_square, self.shake.reach_rate * reach)
    }

    #[inline(always)]
    pub(super) fn may_end(&self, here: &Survey<R>, noisy: R::Mask) -> R::Mask {
        let c = &self.landscape;
        let square = self.verdict_square(here);
        let mut end = c.may_be_at_an_end(here, square) & !noisy;
        if self.noise.escape {
            end = end | c.proves_global(here, square);
        }
        end | c.may_be_out_of_bounds(here)
    }

    #[inline(always)]
    pub(super) fn decide(&self, here: &Survey<R>, noisy: R::Mask) -> R {
        let c = &self.landscape;
        let square = self.verdict_square(here);
        let mut during = R::zero();
        if self.noise.escape {
            let escaped = c.proves_global(here, square);
            during = R::select(escaped, found(Status::Converged, Outcome::Global), during);
        }
        R::select(noisy, during, c.class(here, square))
    }

    /// What a step on the sphere makes of a slope of the filter: it is to be multiplied by the first number, and the
    /// weight times the second to be added. `v·∇`, `‖∇‖²` of the slopes; they are `1, 0` without the constraint.
    ///
    /// With `v' = v − η∇`, `κ = r₀/‖v'‖` the step is to `κv' = v − η(κ∇ + v(1−κ)/η)`, where
    /// `(1−κ)/η = G/(‖v'‖(‖v'‖ + r₀))` and `G = (‖v'‖² − r₀²)/η = (‖v‖² − r₀²)/η − 2v·∇ + η‖∇‖²`.
    #[inline(always)]
    pub(super) fn back_to_sphere(&self, here: &Survey<R>, inner: R, square: R) -> [R; 2] {
        if !self.noise.on_sphere {
            return [R::splat(1.0), R::zero()];
        }
        let (radius, step) = (self.shake.sphere_radius, self.landscape.filter_step);
        let growth = (here.square - radius * radius) / step - (inner + inner) + step * square;
        let moved = radius.mul_add(radius, step * growth).sqrt();
        [radius / moved, growth / (moved * (moved + radius))]
    }
}

/// Slope, for steps of the given size, of the norm of a vector of which a step takes `step · rate` times a second
/// vector: that has `along` along the first one, whose norm is `length ≥ 0`, and `aside` orthogonal to it.
///
/// The next norm is `n' = √((n − tm)² + (tq)²)`, `t = step · rate`, and
/// `(n − n')/step = rate (2nm − t(m² + q²))/(n + n')`, without cancellation.
#[inline(always)]
pub(super) fn norm_slope<R: Real>(length: R, along: R, aside: R, rate: R, step: R) -> R {
    /// Where both norms vanish the numerator does; any positive number that an f32 holds will do.
    const TINY: f64 = 1e-30;
    let t = step * rate;
    let (forward, sideways) = (length - t * along, t * aside);
    let next = forward.mul_add(forward, sideways * sideways).sqrt();
    let square = along.mul_add(along, aside * aside);
    rate * ((length + length) * along - t * square) / R::max(length + next, R::splat(TINY))
}
