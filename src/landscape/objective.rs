//! A landscape from its loss alone: [`Objective`] says what the loss, its gradient and the law of the starts are, and
//! [`Objective::problem`] derives the rest.
//!
//! # What is derived
//! Let `s` be the scale, `ρ` a norm that one start in 10¹² exceeds ([`StartLaw::reach`]), and `ℓ₀` the mean loss of
//! some starts above the least.
//!
//! - **Automatic step**: `1/2λ`. `λ` is the largest modulus of an eigenvalue of the Hessian that power iteration with
//!   differences of the gradient finds at points of the norms `ρ` and `s` in some directions of starts. Below `2/λ` a
//!   step does not leave the valley that a start is in; the factor 4 is for what the directions miss.
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
use super::problem::{Core, Layout, Problem};
use super::resting::{Ends, Measured, Resting, ValueAndGradient, sum_of_squares};
use super::surface::Rule;
use super::theory::Prediction;
use crate::numerics::vector::{norm, polar};
use crate::numerics::{CellSeed, Precision, Real, StartLaw, Streams};
use std::sync::Arc;

/// A loss with its gradient, and the law of the starts.
pub trait Objective: Clone + Send + Sync + 'static {
    /// Numbers in a state; all of them are weights.
    fn dim(&self) -> usize;
    /// The law of the starts.
    fn start_law(&self) -> StartLaw;
    /// About how long the weights of a minimum are, Euclidean norm.
    fn scale(&self) -> f64;
    /// The least loss: what a minimum must have to be the global one.
    fn least_loss(&self) -> f64;
    /// The loss; writes its gradient, as long as `x`. To be inlined always, so that it is compiled for the CPU's
    /// instructions.
    fn value_and_gradient<R: Real>(&self, x: &[R], gradient: &mut [R]) -> R;
    /// The same for a device: a text that defines `value_and_gradient` (see `shaders/objective.wgsl`), with its
    /// constants and sizes.
    fn program(&self) -> DeviceProgram;
    /// See [`Cost::operations`], without the norms of gradient and weights and the update.
    fn operations(&self) -> f64;
    /// What the loss is like near zero: with [`Origin::Saddle`] a run that starts beside a saddle there is not at rest.
    fn origin(&self) -> Origin {
        Origin::Other
    }
    /// What theory says about the cell, for descent with a small step: a success probability is left out where the step
    /// is beyond 1/λ.
    fn theory(&self) -> Vec<Prediction> {
        Vec::new()
    }

    /// The cell.
    ///
    /// # Errors
    /// The automatic step size cannot be found: the loss is not finite where runs start, or flat.
    fn problem(&self, settings: &Settings) -> Result<Problem, Invalid> {
        let form = Arc::new(Derived::new(self.clone(), settings)?);
        Ok(Problem::of(&form).with_at_rest(form))
    }
}

/// Share of the least loss's surroundings that counts as global, of the mean loss at a start.
const GLOBAL: f64 = 1e-10;
/// Roundings of a loss that this is widened by, in units of the last place of the mean loss at a start.
const ROUNDINGS: f64 = 16.0;
/// Starts that are looked at.
const STARTS: usize = 32;
/// Steps of power iteration.
const ITERATIONS: usize = 24;
/// Share of `1/λ` that the automatic step takes.
const SHARE: f64 = 0.5;

/// An objective with what follows from it.
#[derive(Debug)]
struct Derived<O> {
    objective: O,
    settings: Settings,
    step: f64,
    /// Whether the step is within 1/λ, so that theory of descent with small steps speaks of it.
    is_small: bool,
    /// Mean loss of some starts above the least.
    typical: f64,
}

impl<O: Objective> Derived<O> {
    fn new(objective: O, settings: &Settings) -> Result<Self, Invalid> {
        let dim = objective.dim();
        let mut starts = vec![0.0; STARTS * dim];
        objective.start_law().draw(&mut Streams::new(CellSeed::new(0, "objective"), 0, STARTS), &mut starts);
        let mut gradient = vec![0.0; dim];
        let mut value = |x: &[f64]| objective.value_and_gradient(x, &mut gradient) - objective.least_loss();
        let typical = starts.chunks_exact(dim).map(&mut value).sum::<f64>() / STARTS as f64;
        let sharpness = sharpness(&objective, &starts);
        let step = settings.step.single(|| SHARE / sharpness);
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
        Ok(Derived { objective, settings: settings.clone(), step, is_small: step * sharpness <= 1.0, typical })
    }

    fn exit(&self, precision: Precision) -> f64 {
        self.objective.least_loss() + GLOBAL.max(ROUNDINGS * precision.roundoff()) * self.typical
    }

    fn ends(&self, precision: Precision) -> Ends<f64> {
        let (dim, scale) = (self.objective.dim() as f64, self.objective.scale());
        let still = precision.roundoff() * scale * dim.sqrt() / self.step;
        let reach = self.objective.start_law().reach(self.objective.dim());
        Ends {
            global_loss: self.exit(precision),
            rest_square: still.max(self.settings.tolerance * self.typical / scale).powi(2),
            least_size: match self.objective.origin() {
                Origin::Saddle => near_saddle(precision) * scale * scale,
                _ => -1.0,
            },
            size_limit: 1e8 * (reach * reach + scale * scale),
            step: self.step,
        }
    }
}

/// The largest curvature that runs of an objective are expected to meet; see the module's page.
fn sharpness<O: Objective>(objective: &O, starts: &[f64]) -> f64 {
    let dim = objective.dim();
    let gradient = |x: &[f64]| {
        let mut gradient = vec![0.0; dim];
        objective.value_and_gradient(x, &mut gradient);
        gradient
    };
    let at = |point: &[f64], along: &[f64]| {
        let by = f64::EPSILON.cbrt() * norm(point);
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
    let reach = objective.start_law().reach(dim);
    let rows: Vec<&[f64]> = starts.chunks_exact(dim).collect();
    // The direction of the next start is in general no eigenvector at this one.
    let each = rows.iter().zip(rows.iter().cycle().skip(1)).flat_map(|(start, next)| {
        [reach, objective.scale()].map(|radius| {
            let direction = polar(start).map_or_else(|| start.to_vec(), |(_, direction)| direction);
            let point: Vec<f64> = direction.iter().map(|x| radius * x).collect();
            at(&point, &polar(next).map_or_else(|| next.to_vec(), |(_, direction)| direction))
        })
    });
    each.fold(0.0, f64::max)
}

/// The loss and its gradient over every number type.
#[derive(Debug)]
pub struct Over<O>(O);

impl<R: Real, O: Objective> ValueAndGradient<R> for Over<O> {
    type Scratch = ();

    fn scratch(&self) {}

    #[inline(always)]
    fn value_and_gradient(&self, x: &[R], (): &mut (), gradient: &mut [R]) -> Measured<R> {
        let loss = self.0.value_and_gradient(x, gradient);
        Measured { loss, steepness: sum_of_squares(gradient), size: sum_of_squares(x) }
    }
}

impl<O: Objective> Core for Derived<O> {
    fn layout(&self) -> Layout {
        Layout { origin: self.objective.origin(), ..Layout::of(self.objective.dim()) }
    }

    fn rule(&self) -> Rule {
        Rule::uniform(self.step, self.objective.dim(), self.settings.max_steps)
    }

    fn program(&self, precision: Precision) -> DeviceProgram {
        let mut program = self.objective.program();
        program.texts.insert(0, include_str!("../../shaders/objective.wgsl").into());
        self.ends(precision).complete(program)
    }

    fn cost(&self, _: Precision) -> Cost {
        // Of each weight one for the norm of the gradient, one for its own and one for the update.
        let operations = self.objective.operations() + 3.0 * self.objective.dim() as f64;
        Cost { iterations: operations as u32, operations }
    }

    fn theory(&self, _: Option<CellSeed>) -> Vec<Prediction> {
        let mut theory = self.objective.theory();
        if !self.is_small {
            theory.iter_mut().filter(|p| p.is_success).for_each(|p| p.value = None);
        }
        theory
    }
}

impl<O: Objective> Form for Derived<O> {
    type Over<R: Real> = Resting<R, Over<O>>;
    const PAIRS: bool = true;

    fn over<R: Real>(&self) -> Self::Over<R> {
        Resting::new(&self.ends(R::PRECISION), Over(self.objective.clone()), self.objective.dim())
    }

    #[inline(always)]
    fn draw(&self, draws: &mut Streams, _: usize, out: &mut [f64]) {
        self.objective.start_law().draw(draws, out);
    }
}

impl<O: Objective> AtRest for Derived<O> {
    fn rest(&self) -> Rest {
        let exit = self.exit(Precision::F64);
        Rest { zero: exit, near: exit, late: false, families: false }
    }
}
