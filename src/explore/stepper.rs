//! One run again, step by step: the path of a descent that an experiment has made.
//!
//! A run is taken in legs: each is the experiment's own descent with a budget of a few steps, so that the path is the
//! same, bit by bit, whatever is kept of it. [`replay`] ends where the experiment did; [`crate::explore::trace`] goes
//! on.

use crate::experiment::Cell;
use crate::judge::classify::{Classifier, Found};
use crate::landscape::{Invalid, Model, Observable, Problem, Queue, Settings, Status, Stop, TracePoint, Work};
use crate::numerics::Precision;
use crate::numerics::vector::norm;
use std::sync::atomic::AtomicBool;

/// Which steps of a path are kept, besides the first and the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Every {
    /// About twenty in a decade.
    Decade,
    /// Every step up to 256, then some 300 to 600 in a decade: those that a power of 2 divides.
    Fine,
    /// One in so many.
    Steps(u32),
}

impl Every {
    /// The kept step after `step`.
    pub(crate) fn after(self, step: u32) -> u32 {
        let multiple = |of: u32| (step / of).saturating_add(1).saturating_mul(of);
        match self {
            Every::Decade => step.saturating_add((step / 8).max(1)),
            Every::Fine => multiple(1 << (step / 128).max(1).ilog2()),
            Every::Steps(steps) => multiple(steps.max(1)),
        }
    }
}

/// A run of a cell, from its start to its end.
#[derive(Clone, Debug)]
pub struct Path {
    /// The observables, as they are at the start; see [`Problem::observables`].
    pub observables: Vec<Observable>,
    /// Points of the path, the start and the end among them.
    pub trace_points: Vec<TracePoint>,
    /// Why and when it stopped.
    pub stop: Stop,
    /// What it found.
    pub found: Found,
}

/// A cell as its runs are stepped through: on the CPU, in one format.
#[derive(Clone, Copy)]
pub struct Track<'a> {
    /// Its model.
    pub model: &'a dyn Model,
    /// Its form.
    pub form: &'a str,
    /// The cell.
    pub cell: &'a Cell,
    /// Format of the arithmetic.
    pub precision: Precision,
}

impl std::fmt::Debug for Track<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} {:?} in {}", self.model.name(), self.form, self.cell, self.precision.name())
    }
}

/// A run on its way.
pub(crate) struct Stepper<'a> {
    track: Track<'a>,
    pub(crate) start: Vec<f64>,
    pub(crate) state: Vec<f64>,
    pub(crate) taken: u32,
    /// The cell with other settings than its own.
    others: Vec<(Settings, Problem)>,
}

impl<'a> Stepper<'a> {
    /// At a start: the state, then what stays on the host.
    pub(crate) fn new(track: Track<'a>, start: Vec<f64>) -> Self {
        let state = start[..track.cell.problem.dim()].to_vec();
        Stepper { track, start, state, taken: 0, others: Vec::new() }
    }

    /// The observables here.
    pub(crate) fn observables(&self) -> Vec<Observable> {
        self.track.cell.problem.observables(&self.start, &self.state, self.taken)
    }

    /// What a path keeps of this point.
    pub(crate) fn trace_point(&self, weights: bool) -> TracePoint {
        let problem = &self.track.cell.problem;
        TracePoint {
            step: self.taken,
            loss: problem.endpoint_loss(&self.start, &self.state, self.taken),
            gradient_norm: norm(&problem.evaluate(self.track.precision, &self.state).gradient),
            observables: self.observables().into_iter().map(|seen| seen.value).collect(),
            state: if weights { self.state.clone() } else { Vec::new() },
        }
    }

    /// Goes on with these settings until they stop the run or their budget, counted from the start, is spent; `kept`
    /// sees the points that are to be kept, none before `low`, and not the one at which it begins. Returns why the
    /// run stopped and after how many steps in all.
    pub(crate) fn advance(
        &mut self,
        settings: &Settings,
        every: Every,
        low: u32,
        mut kept: impl FnMut(&Self),
    ) -> Result<Stop, Invalid> {
        loop {
            let next = every.after(self.taken).max(low).min(settings.max_steps);
            let stop = self.leg(settings, next.saturating_sub(self.taken))?;
            self.taken += stop.steps;
            let ended = stop.status != Status::OutOfSteps || self.taken >= settings.max_steps;
            if stop.steps > 0 && self.taken >= low {
                kept(self);
            }
            if ended {
                return Ok(Stop { steps: self.taken, ..stop });
            }
        }
    }

    /// Takes so many steps, or fewer.
    fn leg(&mut self, settings: &Settings, budget: u32) -> Result<Stop, Invalid> {
        let Track { model, form, cell, precision } = self.track;
        let problem = match self.others.iter().find(|(other, _)| other == settings) {
            _ if *settings == *cell.settings => Problem::clone(&cell.problem),
            Some((_, problem)) => problem.clone(),
            None => {
                let problem = model.problem(form, &cell.values, settings)?;
                self.others.push((settings.clone(), problem.clone()));
                problem
            }
        };
        let mut stops = [Stop::START];
        let never = AtomicBool::new(false);
        let queue = Queue::new(&mut self.state, &mut stops, cell.problem.dim(), 1, 1);
        problem.descend(Work { queue: &queue, precision, one_by_one: true, budget: Some(budget), hold: &never });
        let [stop] = stops;
        Ok(stop)
    }
}

/// Repeats a run: the same operations as the experiment's in that format. `weights` says whether the weights of every
/// point are kept.
///
/// # Errors
/// None that the cell's own plan has not met.
pub fn replay(track: Track<'_>, run: u64, every: Every, weights: bool) -> Result<Path, Invalid> {
    let cell = track.cell;
    let mut stepper = Stepper::new(track, cell.problem.start(cell.seed, run));
    let observables = stepper.observables();
    let mut trace_points = vec![stepper.trace_point(weights)];
    let stop = stepper.advance(&cell.settings, every, 0, |stepper| trace_points.push(stepper.trace_point(weights)))?;
    let found = Classifier::new(&cell.problem).classify(&cell.problem, &stepper.state, &stop);
    Ok(Path { observables, trace_points, stop, found })
}
