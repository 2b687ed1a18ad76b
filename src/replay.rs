//! One run again, step by step: the path of a descent that an experiment has made.

use crate::classify::{Classifier, Found};
use crate::descent::Queue;
use crate::endpoint::{Status, Stop};
use crate::model::{Invalid, Model, Settings, Work};
use crate::plan::Cell;
use crate::real::Precision;
use crate::refine::norm;
use std::sync::atomic::AtomicBool;

/// Which steps of a path are kept, besides the first and the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Every {
    /// About twenty in a decade.
    Decade,
    /// One in so many.
    Steps(u32),
}

impl Every {
    /// The kept step after `step`.
    fn after(self, step: u32) -> u32 {
        match self {
            Every::Decade => step.saturating_add((step / 8).max(1)),
            Every::Steps(steps) => step.saturating_add(steps.max(1)),
        }
    }
}

/// A point of a path.
#[derive(Clone, Debug)]
pub struct Waypoint {
    /// Gradient steps taken.
    pub step: u32,
    /// Loss as tables have it, in f64 and with what stays on the host.
    pub loss: f64,
    /// Euclidean norm of the gradient in the weights, in the format of the descent.
    pub gradient_norm: f64,
    /// See [`Problem::observables`](crate::model::Problem::observables).
    pub observables: Vec<(&'static str, f64)>,
    /// The weights; empty unless they are wanted.
    pub state: Vec<f64>,
}

/// A run of a cell, from its start to its end.
#[derive(Clone, Debug)]
pub struct Path {
    /// Points of the path, the start and the end among them.
    pub waypoints: Vec<Waypoint>,
    /// Why and when it stopped.
    pub stop: Stop,
    /// What it found.
    pub found: Found,
}

/// Repeats a run on the CPU: the same operations as the experiment's in that format, cut into legs, so that the path is the
/// same whatever is kept of it. `weights` says whether the weights of every point are.
///
/// # Errors
/// None that the cell's own plan has not met.
pub fn replay(
    model: &dyn Model,
    form: &str,
    cell: &Cell,
    run: u64,
    precision: Precision,
    every: Every,
    weights: bool,
) -> Result<Path, Invalid> {
    let problem = &*cell.problem;
    let dim = problem.dim();
    let start = problem.start(cell.seed, run);
    let mut state = start[..dim].to_vec();
    let budget = problem.rule().max_steps;
    let waypoint = |step: u32, state: &[f64]| {
        let loss = problem.endpoint_loss(&start, state, step);
        let gradient_norm = norm(&problem.evaluate(precision, state).gradient);
        let observables = problem.observables(state);
        let state = if weights { state.to_vec() } else { Vec::new() };
        Waypoint { step, loss, gradient_norm, observables, state }
    };
    let mut waypoints = vec![waypoint(0, &state)];
    let never = AtomicBool::new(false);
    let mut taken = 0;
    let stop = loop {
        let leg = every.after(taken).min(budget) - taken;
        let settings = Settings { max_steps: leg, ..cell.settings.clone() };
        let mut stops = [Stop::POISON];
        let queue = Queue::new(&mut state, &mut stops, dim, 1, 1);
        let work = Work { queue: &queue, precision, one_by_one: true, cancel: &never };
        model.problem(form, &cell.values, &settings)?.descend(work);
        let [stop] = stops;
        taken += stop.steps;
        if stop.steps > 0 {
            waypoints.push(waypoint(taken, &state));
        }
        if stop.status != Status::OutOfSteps || taken >= budget {
            break Stop { steps: taken, ..stop };
        }
    };
    let found = Classifier::new(problem).classify(problem, &state, &stop);
    Ok(Path { waypoints, stop, found })
}
