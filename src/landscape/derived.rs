//! What follows from a loss: step size, stop rule, rest tolerance, size limit and the exit at the least loss. It serves
//! landscapes that give no more than their loss ([`crate::landscape::objective`]), and those whose loss is a graph
//! ([`crate::landscape::written`]).
//!
//! Let `s` be the scale, `ρ` a norm that one start in 10¹² exceeds ([`Loss::reach`]), and `ℓ₀` the mean loss of
//! some starts above the least.
//!
//! - **Automatic step**: `1/2λ`. `λ` is the largest modulus of an eigenvalue of the Hessian that power iteration with
//!   differences of the gradient finds at points of the norms `ρ` and `s` in some directions of starts, and at the
//!   [`Loss::places`]. Below `2/λ` a step does not leave the valley that a start is in; the factor 4 is for what the
//!   directions miss.
//! - **Rest**: `‖∇ℓ‖ ≤ max(tolerance · ℓ₀/s, ε s √D/η)` with `D` weights and the step `η`, `ε = 2⁻²⁴` in f32 and `2⁻⁵³`
//!   in f64: a weight of the size `s` no longer moves once `η` times its slope is below `ε s`. The curvature decides
//!   what has been found ([`crate::judge::classify`]).
//! - **Exit**: global at once where the loss is within `max(10⁻¹⁰, 16 ε) ℓ₀` of the least.
//! - **Size limit**: diverged where `‖w‖² ≥ 10⁸ (ρ² + s²)`.

use super::capability::{AtRest, Rest};
use super::device::{Cost, DeviceProgram};
use super::form::Form;
use super::model::{Invalid, Settings, StepSize};
use super::origin::{Origin, near_saddle};
use super::problem::{Core, Layout};
use super::resting::{Ends, Resting, ValueAndGradient};
use super::surface::Rule;
use super::theory::Prediction;
use crate::numerics::vector::{norm, polar};
use crate::numerics::{CellSeed, Precision, Real, Streams};

/// A loss with its gradient over every number type, and the law of its starts.
pub(super) trait Loss: Send + Sync + 'static {
    /// Loss and gradient over a number type.
    type Over<R: Real>: ValueAndGradient<R>;
    /// See [`Form::WIDE`].
    const WIDE: bool = false;

    /// Loss and gradient over a number type.
    fn over<R: Real>(&self) -> Self::Over<R>;
    /// Numbers in a state; all of them are weights.
    fn dim(&self) -> usize;
    /// Draws a block of starts. To be inlined always, see [`Form::draw`].
    fn draw(&self, draws: &mut Streams, out: &mut [f64]);
    /// A norm that a start exceeds with probability 10⁻¹² at most.
    fn reach(&self) -> f64;
    /// About how long the weights of a minimum are, Euclidean norm.
    fn scale(&self) -> f64;
    /// The least loss.
    fn least_loss(&self) -> f64;
    /// A text that defines `value_and_gradient` (see `shaders/objective.wgsl`) in a format.
    fn program(&self, precision: Precision) -> DeviceProgram;
    /// See [`Cost::operations`], without the norms of gradient and weights and the update.
    fn operations(&self) -> f64;
    /// What the loss is like near zero.
    fn origin(&self) -> Origin {
        Origin::Other
    }
    /// See [`Layout::distinct_starts`].
    fn distinct_starts(&self) -> Option<u64> {
        None
    }
    /// Points besides those of starts at which the curvature is looked at for the automatic step.
    fn places(&self) -> &[Vec<f64>] {
        &[]
    }
    /// The automatic step, where the landscape has a rule of its own.
    fn step(&self) -> Option<f64> {
        None
    }
    /// See [`Form::is_long`].
    fn is_long(&self) -> bool {
        true
    }
    /// See [`Rest::families`].
    fn has_families(&self) -> bool {
        false
    }
    /// What theory says about the cell, for descent with a small step.
    fn theory(&self) -> Vec<Prediction>;
}

/// Share of the least loss's surroundings that counts as global, of the mean loss at a start.
const GLOBAL: f64 = 1e-10;
/// Roundings of a loss that this is widened by, in units of the last place of the mean loss at a start.
const ROUNDINGS: f64 = 16.0;
/// Starts that are looked at.
pub(super) const STARTS: usize = 32;
/// Steps of power iteration.
const ITERATIONS: usize = 24;
/// Share of `1/λ` that the automatic step takes.
const SHARE: f64 = 0.5;

/// A loss with what follows from it.
#[derive(Debug)]
pub(super) struct Derived<L> {
    loss: L,
    settings: Settings,
    step: f64,
    sharpness: f64,
    /// Whether the step is within 1/λ, so that theory of descent with small steps speaks of it.
    is_small: bool,
    /// Mean loss of some starts above the least.
    typical: f64,
}

/// Some starts, one after another: what a loss is looked at with before anything is known of the cell's own.
pub(super) fn some_starts(dim: usize, draw: impl FnOnce(&mut Streams, &mut [f64])) -> Vec<f64> {
    let mut starts = vec![0.0; STARTS * dim];
    draw(&mut Streams::new(CellSeed::new(0, "objective"), 0, STARTS), &mut starts);
    starts
}

impl<L: Loss> Derived<L> {
    pub(super) fn new(loss: L, settings: &Settings) -> Result<Self, Invalid> {
        let dim = loss.dim();
        let starts = some_starts(dim, |draws, out| loss.draw(draws, out));
        let surface = loss.over::<f64>();
        let (mut scratch, mut gradient) = (surface.scratch(), vec![0.0; dim]);
        let mut value = |x: &[f64]| surface.value_and_gradient(x, &mut scratch, &mut gradient).loss - loss.least_loss();
        let typical = starts.chunks_exact(dim).map(&mut value).sum::<f64>() / STARTS as f64;
        let sharpness = sharpness(&loss, &starts);
        let step = settings.step.single(|| loss.step().unwrap_or(SHARE / sharpness));
        let auto = settings.step == StepSize::Auto;
        if !(typical.is_finite() && typical > 0.0) || auto && !(step.is_finite() && step > 0.0) {
            return Err(Invalid {
                key: if auto { "descent.step".into() } else { "params".into() },
                value: if auto { "auto".into() } else { String::new() },
                problem: "the loss at the starts is not a positive finite number above the least, or it is flat there"
                    .into(),
                remedy: "choose other parameters, or a step size".into(),
            });
        }
        Ok(Derived { loss, settings: settings.clone(), step, sharpness, is_small: step * sharpness <= 1.0, typical })
    }

    /// The largest curvature that runs are expected to meet.
    pub(super) fn sharpness(&self) -> f64 {
        self.sharpness
    }

    fn exit(&self, precision: Precision) -> f64 {
        self.loss.least_loss() + GLOBAL.max(ROUNDINGS * precision.roundoff()) * self.typical
    }

    fn ends(&self, precision: Precision) -> Ends<f64> {
        let (dim, scale) = (self.loss.dim() as f64, self.loss.scale());
        let still = precision.roundoff() * scale * dim.sqrt() / self.step;
        let reach = self.loss.reach();
        Ends {
            global_loss: self.exit(precision),
            rest_square: still.max(self.settings.tolerance * self.typical / scale).powi(2),
            least_size: match self.loss.origin() {
                Origin::Saddle => near_saddle(precision) * scale * scale,
                _ => -1.0,
            },
            size_limit: 1e8 * (reach * reach + scale * scale),
            step: self.step,
        }
    }
}

/// The largest curvature that runs of a loss are expected to meet; see the module's page.
fn sharpness<L: Loss>(loss: &L, starts: &[f64]) -> f64 {
    let dim = loss.dim();
    let surface = loss.over::<f64>();
    let mut scratch = surface.scratch();
    let mut gradient = |x: &[f64]| {
        let mut gradient = vec![0.0; dim];
        surface.value_and_gradient(x, &mut scratch, &mut gradient);
        gradient
    };
    let mut at = |point: &[f64], along: &[f64], size: f64| {
        let by = f64::EPSILON.cbrt() * size;
        let mut direction: Vec<f64> = along.to_vec();
        let mut largest: f64 = 0.0;
        for _ in 0..ITERATIONS {
            let length = norm(&direction);
            let moved = |sign: f64| -> Vec<f64> {
                point.iter().zip(&direction).map(|(x, v)| x + sign * by / length * v).collect()
            };
            let (ahead, behind) = (gradient(&moved(1.0)), gradient(&moved(-1.0)));
            direction = ahead.iter().zip(&behind).map(|(a, b)| (a - b) / (2.0 * by)).collect();
            largest = largest.max(norm(&direction));
        }
        largest
    };
    let (reach, scale) = (loss.reach(), loss.scale());
    let rows: Vec<&[f64]> = starts.chunks_exact(dim).collect();
    let mut largest: f64 = 0.0;
    // The direction of the next start is in general no eigenvector at this one.
    for (start, next) in rows.iter().zip(rows.iter().cycle().skip(1)) {
        for radius in [reach, scale] {
            let direction = polar(start).map_or_else(|| start.to_vec(), |(_, direction)| direction);
            let point: Vec<f64> = direction.iter().map(|x| radius * x).collect();
            let along = polar(next).map_or_else(|| next.to_vec(), |(_, direction)| direction);
            largest = largest.max(at(&point, &along, norm(&point)));
        }
    }
    let mut along = vec![0.0; dim];
    for (place, number) in loss.places().iter().zip(0..) {
        Streams::new(CellSeed::new(0, "directions"), number, 1).normals(&mut along);
        largest = largest.max(at(place, &along, scale));
    }
    largest
}

impl<L: Loss> Core for Derived<L> {
    fn layout(&self) -> Layout {
        let (origin, distinct_starts) = (self.loss.origin(), self.loss.distinct_starts());
        Layout { origin, distinct_starts, ..Layout::of(self.loss.dim()) }
    }

    fn rule(&self) -> Rule {
        Rule::uniform(self.step, self.loss.dim(), self.settings.max_steps)
    }

    fn program(&self, precision: Precision) -> DeviceProgram {
        let mut program = self.loss.program(precision);
        program.texts.insert(0, include_str!("../../shaders/objective.wgsl").into());
        self.ends(precision).complete(program)
    }

    fn cost(&self, _: Precision) -> Cost {
        // Of each weight one for the norm of the gradient, one for its own and one for the update.
        let operations = self.loss.operations() + 3.0 * self.loss.dim() as f64;
        Cost { iterations: operations as u32, operations }
    }

    fn theory(&self, _: Option<CellSeed>) -> Vec<Prediction> {
        let mut theory = self.loss.theory();
        if !self.is_small {
            theory.iter_mut().filter(|p| p.is_success).for_each(|p| p.value = None);
        }
        theory
    }
}

impl<L: Loss> Form for Derived<L> {
    type Over<R: Real> = Resting<R, L::Over<R>>;
    const PAIRS: bool = true;
    const WIDE: bool = L::WIDE;

    fn over<R: Real>(&self) -> Self::Over<R> {
        Resting::new(&self.ends(R::PRECISION), self.loss.over::<R>(), self.loss.dim())
    }

    #[inline(always)]
    fn draw(&self, draws: &mut Streams, _: usize, out: &mut [f64]) {
        self.loss.draw(draws, out);
    }

    fn is_long(&self) -> bool {
        self.loss.is_long()
    }
}

impl<L: Loss> AtRest for Derived<L> {
    fn rest(&self) -> Rest {
        let exit = self.exit(Precision::F64);
        Rest { zero: exit, near: exit, late: false, families: self.loss.has_families() }
    }
}
