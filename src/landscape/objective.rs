//! A landscape from its loss alone: [`Objective`] says what the loss, its gradient and the law of the starts are, and
//! [`Objective::problem`] derives the rest: step size, stop rule, rest tolerance, size limit and the exit at the least
//! loss, by the rules of `landscape/derived.rs`.

use super::derived::{Derived, Loss};
use super::device::DeviceProgram;
use super::model::{Invalid, Settings};
use super::origin::Origin;
use super::problem::Problem;
use super::resting::{Measured, ValueAndGradient, sum_of_squares};
use super::theory::Prediction;
use crate::numerics::{Precision, Real, StartLaw, Streams};
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
    /// See [`Cost::operations`](super::device::Cost::operations), without the norms of gradient and weights and the
    /// update.
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
        let form = Arc::new(Derived::new(Plain(self.clone()), settings)?);
        Ok(Problem::of(&form).with_at_rest(form))
    }
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

/// An objective as a loss from which the rest is derived.
#[derive(Debug)]
struct Plain<O>(O);

impl<O: Objective> Loss for Plain<O> {
    type Over<R: Real> = Over<O>;

    fn over<R: Real>(&self) -> Over<O> {
        Over(self.0.clone())
    }

    fn dim(&self) -> usize {
        self.0.dim()
    }

    #[inline(always)]
    fn draw(&self, draws: &mut Streams, out: &mut [f64]) {
        self.0.start_law().draw(draws, out);
    }

    fn reach(&self) -> f64 {
        self.0.start_law().reach(self.0.dim())
    }

    fn scale(&self) -> f64 {
        self.0.scale()
    }

    fn least_loss(&self) -> f64 {
        self.0.least_loss()
    }

    fn program(&self, _: Precision) -> DeviceProgram {
        self.0.program()
    }

    fn operations(&self) -> f64 {
        self.0.operations()
    }

    fn origin(&self) -> Origin {
        self.0.origin()
    }

    fn theory(&self) -> Vec<Prediction> {
        self.0.theory()
    }
}
