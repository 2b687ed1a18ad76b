//! What both forms of a cell share: target, start, step size and stop rule.

use super::target::Target;
use crate::landscape::{Invalid, Layout, Settings, StepSize, Values, constants};
use crate::numerics::{Precision, Real};

constants! {
    /// Constants of step and stop rule, in the format they are meant for.
    pub struct Constants {
        /// Loss up to which a run is global.
        tolerance,
        /// Loss below which a run at rest is on its way to loss 0, between that and the loss of any saddle; 0 if not
        /// known.
        near,
        /// Squared norm of the gradient at which a run near a global minimum is at rest.
        rest_square,
        /// Squared norm of the gradient at which any run is at rest.
        still_square,
        /// Sum of the squared weights and the loss at which a run has diverged.
        size_limit,
        /// Step size `η` of a layer's entry.
        step,
        /// `ηL`
        rate,
        /// Step size of `θ`, `η/L`, since the reduced loss is steeper by `L`.
        reduced_step,
        /// Bound on what the verdict asks of each eigenvalue; below all numbers without verdicts.
        certain,
    }
}

/// Share of the smallest loss of a saddle below which a run at rest counts as on its way to loss 0: half.
const NEAR_SHARE: f64 = 0.5;
/// Bound on `f` and on the positive eigenvalues' step: 1, with a margin for rounding.
const CERTAIN: f64 = 0.999;
/// What a converging run stays below, relative to the scale of its start and of the target.
const SIZE_MARGIN: f64 = 1e4;
/// A bound that f32 holds.
const LARGEST: f64 = 1e30;

/// One cell.
#[derive(Clone, Debug)]
pub(super) struct ResidualCell {
    /// `L`
    pub(super) layers: usize,
    /// `d`
    pub(super) dim: usize,
    pub(super) target: Target,
    /// `σ`
    pub(super) sigma: f64,
    /// `η`
    pub(super) step: f64,
    pub(super) settings: Settings,
}

impl ResidualCell {
    pub(super) fn new(values: &Values, settings: &Settings) -> Result<Self, Invalid> {
        let target = Target::new(values)?;
        let layers = values.integer("layers") as usize;
        let rate = values.real("step_times_layers");
        if rate != 0.0 && settings.step != StepSize::Auto {
            return Err(Invalid::parameter(
                "step_times_layers",
                rate,
                "has no effect beside descent.step",
                "remove one of them",
            ));
        }
        let step = match &settings.step {
            StepSize::Auto if rate > 0.0 => rate / layers as f64,
            StepSize::Auto => auto_step(layers, target.norm),
            StepSize::One(step) => *step,
            StepSize::Groups(steps) => steps[0],
        };
        let cell = ResidualCell {
            layers,
            dim: target.dim,
            target,
            sigma: values.real("start_sigma"),
            step,
            settings: settings.clone(),
        };
        let least = cell.least_saddle();
        if least > 0.0 && settings.tolerance >= least {
            return Err(Invalid {
                key: "descent.tolerance".into(),
                value: settings.tolerance.to_string(),
                problem: format!("is not below {least}, the smallest loss that a saddle can have"),
                remedy: "choose a smaller one".into(),
            });
        }
        Ok(cell)
    }

    /// Smallest loss of a critical point that is not global, `½ σ_min²`; 0 where it is not known.
    pub(super) fn least_saddle(&self) -> f64 {
        0.5 * self.target.smallest.powi(2)
    }

    /// Norm of the gradient that a run at rest is below.
    ///
    /// With `ε = 2⁻²⁴` in f32 and `2⁻⁵³` in f64, a weight between 1 and 2 no longer moves once `η` times its slope is
    /// under `ε`. `L d²` such slopes make a norm of `√L d ε/η`, times the power of 2 at or below the layers' norm
    /// `‖Φ‖^{1/L}`. The second term is the rounding of the gradient itself.
    fn rest(&self, precision: Precision) -> f64 {
        let unit = precision.roundoff();
        let (layers, dim) = (self.layers as f64, self.dim as f64);
        let binade = self.target.norm.max(1.0).powf(1.0 / layers).log2().floor().exp2();
        unit * dim * (binade * layers.sqrt() / self.step + layers * (1.0 + self.target.norm.powi(2)))
    }

    pub(super) fn constants(&self, precision: Precision) -> Constants<f64> {
        let (layers, dim) = (self.layers as f64, self.dim as f64);
        // E ‖Θ‖_F² of a layer at the start is d(1+σ²), that of the product d(1+σ²)^L.
        let spread = 1.0 + self.sigma.powi(2);
        let weights = layers * dim * (spread + self.target.norm.max(1.0).powf(2.0 / layers));
        let loss = dim * (spread.powf(layers) + self.target.norm.powi(2));
        Constants {
            tolerance: self.settings.tolerance,
            near: NEAR_SHARE * self.least_saddle(),
            rest_square: self.rest(precision).powi(2),
            still_square: self.rest(Precision::F64).powi(2),
            size_limit: (SIZE_MARGIN * (weights + loss)).min(LARGEST),
            step: self.step,
            rate: self.step * layers,
            reduced_step: self.step / layers,
            // A single layer is a convex problem and has no saddle.
            certain: if self.settings.verdicts && self.layers > 1 { CERTAIN } else { -1.0 },
        }
    }

    /// A state of so many numbers: one start, where nothing is drawn, and else a target for every run where none is
    /// fixed.
    pub(super) fn layout(&self, dim: usize) -> Layout {
        let fixed = self.target.fixed.is_some();
        Layout {
            distinct_starts: (fixed && self.sigma == 0.0).then_some(1),
            drawn_for_each_run: (!fixed).then_some("target"),
            ..Layout::of(dim)
        }
    }
}

/// `1/(L(1+‖Φ‖²))`
pub(super) fn auto_step(layers: usize, norm: f64) -> f64 {
    1.0 / (layers as f64 * (1.0 + norm * norm))
}

/// The factors of the target that all runs share: `Φ, I, … I`.
pub(super) fn teacher(values: &Values) -> Result<Vec<f64>, Invalid> {
    let target = Target::new(values)?;
    let Some(fixed) = target.fixed else {
        return Err(Invalid::parameter(
            "target_drawn",
            "per_run",
            "gives every run a target of its own",
            "set target_drawn = \"once\", or read a run's target with spurious replay",
        ));
    };
    let mut layers = fixed;
    for _ in 1..values.integer("layers") {
        layers.extend((0..target.dim * target.dim).map(|i| if i % (target.dim + 1) == 0 { 1.0 } else { 0.0 }));
    }
    Ok(layers)
}

/// Lanes in which a run may end, given its loss and the squared norm of its gradient: all in which [`resting`] has a
/// code.
#[inline(always)]
pub(super) fn may_rest<R: Real>(c: &Constants<R>, loss: R, steepest: R) -> R::Mask {
    loss.le(c.tolerance) | (steepest.le(c.rest_square) & loss.lt(c.near)) | steepest.le(c.still_square)
}
