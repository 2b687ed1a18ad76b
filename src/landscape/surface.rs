//! Gradient descent: step rule, stop rule and status. Twin of `shaders/descent.wgsl`.
//!
//! One step is `x_i ← x_i − η_i ∂ℓ/∂x_i`, all components at once, with a step size per component. Before each step the
//! landscape is surveyed; a run stops when the survey proves its outcome (`verdict`), when it is within tolerance of a
//! known minimum or has come to rest (`converged`), when it leaves every bound (`diverged`), or when its budget is
//! spent (`out_of_steps`).

use crate::landscape::{Outcome, Status, Stop};
use crate::numerics::Real;

/// A loss surface in the coordinates of one form, over one number type.
///
/// A step can look at the weights while it moves them: [`Landscape::step`] may return what [`Landscape::survey`] needs
/// to know of them next.
pub trait Landscape<R: Real> {
    /// What a pass over the weights leaves, beside the scratch memory.
    type Pass: Copy;
    /// The few numbers from which loss, verdict and slopes follow.
    type Survey: Copy;
    /// Room for more than that; kept from step to step, so that no step allocates.
    type Scratch;

    /// Room for one descent.
    fn scratch(&self) -> Self::Scratch;
    /// Looks at the weights `x`.
    fn pass(&self, x: &[R], scratch: &mut Self::Scratch) -> Self::Pass;
    /// Surveys the point `x`.
    fn survey(&self, x: &[R], pass: &Self::Pass) -> Self::Survey;
    /// Population loss at `x`.
    fn loss(&self, x: &[R], survey: &Self::Survey) -> R;
    /// Gradient of the loss at `x`, written to `out` (same length).
    fn gradient(&self, x: &[R], survey: &Self::Survey, scratch: &Self::Scratch, out: &mut [R]);
    /// Moves `x` one step down the gradient, with the landscape's own step sizes. Where that is a pass over the weights
    /// anyway, it looks at them on the way as [`Landscape::pass`] does, to the same bit.
    fn step(&self, x: &mut [R], survey: &Self::Survey, scratch: &mut Self::Scratch) -> Option<Self::Pass>;
    /// Lanes in which the run may end here: all for which [`Landscape::decide`] has a code or which are out of bounds,
    /// and few others. It is asked at every step, the other two only where it says so.
    fn may_end(&self, survey: &Self::Survey) -> R::Mask;
    /// Code of the verdict or convergence that the survey shows (see [`Stop::code`]), or 0 to go on.
    fn decide(&self, survey: &Self::Survey) -> R;
    /// Lanes in which the weights are within bounds that no converging run leaves; not a number is within none.
    fn is_bounded(&self, survey: &Self::Survey) -> R::Mask;
}

/// What limits a descent, apart from the landscape.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Step size of each component; 0 for a number that is no weight of the run's student, such as a teacher's weight,
    /// which never moves, or a counter, which moves by itself. Its slope is 0 by definition.
    pub steps: Vec<f64>,
    /// Largest number of gradient steps.
    pub max_steps: u32,
}

impl Rule {
    /// One step size for so many weights.
    pub fn uniform(step: f64, weights: usize, max_steps: u32) -> Self {
        Rule { steps: vec![step; weights], max_steps }
    }
}

/// Code of an outcome, as [`Landscape::decide`] returns it.
#[inline(always)]
pub fn found<R: Real>(status: Status, outcome: Outcome) -> R {
    R::splat(f64::from(Stop::code(status, Some(outcome))))
}

/// A loss that is 0 at the least, where rounding has left a little below; NaN stays NaN.
#[inline(always)]
pub fn at_least_zero<R: Real>(loss: R) -> R {
    R::select(loss.lt(R::zero()), R::zero(), loss)
}
