//! Gradient descent: step rule, stop rule and status. Twin of `shaders/descent.wgsl`.
//!
//! One step is `x_i ← x_i − η_i ∂ℓ/∂x_i`, all components at once, with a step size per component. Before each step the
//! landscape is surveyed; a run stops when the survey proves its outcome (`verdict`), when it is within tolerance of a
//! known minimum or has come to rest (`converged`), when it leaves every bound (`diverged`), or when its budget is spent
//! (`out_of_steps`).

use crate::endpoint::{Outcome, Status, Stop};
use crate::real::{Mask, Real};
use std::sync::atomic::{AtomicBool, Ordering};

/// A loss surface in the coordinates of one form, over one number type.
pub trait Landscape<R: Real> {
    /// The few scalars from which loss, verdict and, where that is all it takes, the gradient follow.
    type Survey: Copy;
    /// What a survey leaves for the gradient besides its scalars; kept from step to step, so that no step allocates.
    type Scratch;

    /// Room for the surveys of one descent.
    fn scratch(&self) -> Self::Scratch;
    /// Surveys the point `x`.
    fn survey(&self, x: &[R], scratch: &mut Self::Scratch) -> Self::Survey;
    /// Population loss at `x`.
    fn loss(&self, x: &[R], survey: &Self::Survey) -> R;
    /// Gradient of the loss at `x`, written to `out` (same length).
    fn gradient(&self, x: &[R], survey: &Self::Survey, scratch: &Self::Scratch, out: &mut [R]);
    /// Code of the verdict or convergence that the survey shows (see [`Stop::code`]), or 0 to go on.
    fn decide(&self, survey: &Self::Survey) -> R;
    /// A measure of the weights' size; a run whose size is not below [`Landscape::size_limit`] has diverged.
    fn size(&self, survey: &Self::Survey) -> R;
    /// Bound on [`Landscape::size`] that no converging run reaches.
    fn size_limit(&self) -> R;
}

/// What limits a descent, apart from the landscape.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Step size of each component.
    pub steps: Vec<f64>,
    /// Largest number of gradient steps.
    pub max_steps: u32,
}

/// Numbers of state that are advanced between two looks at the wish to stop: some milliseconds.
const POLL_NUMBERS: usize = 1 << 18;

/// Advances every run of a chunk from its start to its endpoint.
///
/// `states` holds the runs one after another, `rule.steps.len()` numbers each, and is overwritten with the endpoints;
/// `stops` receives why and when each run stopped. Runs that end are replaced in their lane by the next of the chunk.
/// Returns `false`, with unspecified contents, if `cancel` was raised.
#[inline(always)]
pub fn descend<R: Real, L: Landscape<R>>(
    landscape: &L,
    rule: &Rule,
    states: &mut [f64],
    stops: &mut [Stop],
    cancel: &AtomicBool,
) -> bool {
    let dim = rule.steps.len();
    let steps: Vec<R> = rule.steps.iter().map(|&s| R::splat(s)).collect();
    let mut x = vec![R::zero(); dim];
    let mut gradient = vec![R::zero(); dim];
    let mut scratch = landscape.scratch();
    let diverged = R::splat(f64::from(Stop::code(Status::Diverged, None)));
    let limit = landscape.size_limit();
    let runs = stops.len();
    if runs == 0 {
        return true;
    }
    let load = |x: &mut [R], lane: usize, states: &[f64], run: usize| {
        for (component, value) in x.iter_mut().zip(&states[run * dim..]) {
            component.set_lane(lane, *value);
        }
    };

    // The run in each lane, and the tick at which it started. A lane without a run repeats another's start and is frozen.
    let mut in_lane = vec![usize::MAX; R::LANES];
    let mut born = vec![0u64; R::LANES];
    let mut alive = R::zero();
    let mut next = 0;
    for (lane, run) in in_lane.iter_mut().enumerate() {
        load(&mut x, lane, states, next.min(runs - 1));
        if next < runs {
            *run = next;
            alive.set_lane(lane, 1.0);
            next += 1;
        }
    }
    let mut live = next;
    let budget = u64::from(rule.max_steps);
    // No lane spends its budget before this tick, so that the budget costs nothing in between.
    let mut deadline = budget;
    let mut tick = 0u64;
    let poll = (POLL_NUMBERS / dim.max(1)).clamp(1, 4096) as u64;
    loop {
        let survey = landscape.survey(&x, &mut scratch);
        let bounded = landscape.size(&survey).lt(limit);
        let code = alive * R::select(bounded, landscape.decide(&survey), diverged);
        let mut moving = alive;
        if R::zero().lt(code).any() || tick == deadline {
            let mut oldest = u64::MAX;
            for lane in 0..R::LANES {
                let run = in_lane[lane];
                if run == usize::MAX {
                    continue;
                }
                let taken = tick - born[lane];
                let mut stop = code.lane(lane) as u32;
                if stop == 0 && taken == budget {
                    stop = Stop::code(Status::OutOfSteps, None);
                }
                if stop != 0 {
                    let end = &mut states[run * dim..][..dim];
                    for (value, component) in end.iter_mut().zip(&x) {
                        *value = component.lane(lane);
                    }
                    stops[run] = Stop::from_code(stop, taken as u32).checked(end);
                    // The survey is the old run's: a new run sits out this step.
                    moving.set_lane(lane, 0.0);
                    if next == runs {
                        in_lane[lane] = usize::MAX;
                        alive.set_lane(lane, 0.0);
                        live -= 1;
                        continue;
                    }
                    in_lane[lane] = next;
                    born[lane] = tick + 1;
                    load(&mut x, lane, states, next);
                    next += 1;
                }
                oldest = oldest.min(born[lane]);
            }
            if live == 0 {
                return true;
            }
            deadline = oldest.saturating_add(budget);
        }
        landscape.gradient(&x, &survey, &scratch, &mut gradient);
        let moving = R::zero().lt(moving);
        for ((component, slope), step) in x.iter_mut().zip(&gradient).zip(&steps) {
            *component = R::select(moving, *component - *step * *slope, *component);
        }
        // At the first step too, so that work in small pieces can be stopped.
        if tick.is_multiple_of(poll) && cancel.load(Ordering::Relaxed) {
            return false;
        }
        tick += 1;
    }
}

/// Code of an outcome, as [`Landscape::decide`] returns it.
#[inline(always)]
pub fn found<R: Real>(status: Status, outcome: Outcome) -> R {
    R::splat(f64::from(Stop::code(status, Some(outcome))))
}
