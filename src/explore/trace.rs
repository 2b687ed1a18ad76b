//! The path of a run past its verdict: what it looks like on the way to where the verdict said it would end.
//!
//! A trace walks the experiment's run up to its end and goes on from there: past a verdict until the run has converged,
//! and past that to the model's [`Model::trace_tolerance`](crate::landscape::model::Model::trace_tolerance). Neither changes a step,
//! so that the path up to the end of the run is the same run, bit by bit. Where the experiment gives no verdicts the
//! trace still marks where one would have been.

pub mod figure;
pub mod table;
pub mod words;

use crate::explore::stepper::{Every, Track, Walker, Waypoint};
use crate::judge::classify::{Classifier, Found};
use crate::landscape::endpoint::{Outcome, Status, Stop};
use crate::landscape::model::{Invalid, Settings};
use crate::landscape::path::{Claim, Guide, Guides, Observable, Proof, Walk};
use crate::numerics::real::Precision;

/// What of a path is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// Which steps.
    pub every: Every,
    /// None before this one, but the end where that comes first.
    pub low: u32,
    /// Step budget; `None` for the cell's own.
    pub high: Option<u32>,
    /// Whether the weights are kept.
    pub weights: bool,
}

/// A traced run.
#[derive(Clone, Debug)]
pub struct Trace {
    /// The start: the state, then what stays on the host.
    pub start: Vec<f64>,
    /// The observables, as they are at the start.
    pub observables: Vec<Observable>,
    /// Points of the path.
    pub waypoints: Vec<Waypoint>,
    /// Why and when the experiment's run stops.
    pub stop: Stop,
    /// What it finds.
    pub found: Found,
    /// Why and when the trace stops.
    pub end: Stop,
    /// Outcome at the end of the trace, as far as it is known there.
    pub end_outcome: Outcome,
    /// The verdict, if there is one.
    pub proof: Option<Proof>,
    /// What theory has to say of the path.
    pub guides: Guides,
    /// Format of the arithmetic.
    pub precision: Precision,
}

/// Traces a run of a cell.
///
/// # Errors
/// None that the cell's own plan has not met.
pub fn trace(track: Track<'_>, run: u64, extent: Extent) -> Result<Trace, Invalid> {
    trace_from(track, track.cell.problem.start(track.cell.seed, run), extent)
}

/// Traces the run from a given start: the state, then what stays on the host.
///
/// # Errors
/// As [`trace`].
pub fn trace_from(track: Track<'_>, start: Vec<f64>, extent: Extent) -> Result<Trace, Invalid> {
    let problem = &*track.cell.problem;
    let own =
        Settings { max_steps: extent.high.unwrap_or(track.cell.settings.max_steps), ..track.cell.settings.clone() };
    let mut walker = Walker::new(track, start);
    let observables = walker.observables();
    let mut waypoints = Vec::new();
    if extent.low == 0 {
        waypoints.push(walker.waypoint(extent.weights));
    }
    let mut walk = |walker: &mut Walker<'_>, settings: &Settings| {
        walker.walk(settings, extent.every, extent.low, |walker| waypoints.push(walker.waypoint(extent.weights)))
    };
    // The run's end, with the weights there, where it is not the trace's.
    let mut stop = walk(&mut walker, &Settings { verdicts: true, ..own.clone() })?;
    let mut ended = None;
    let mut proof = None;
    if stop.status == Status::Verdict {
        proof = stop.found.map(|outcome| Proof { outcome, step: stop.steps, state: walker.state.clone() });
        if own.verdicts {
            ended = Some((stop, walker.state.clone()));
        }
        stop = walk(&mut walker, &Settings { verdicts: false, ..own.clone() })?;
    }
    let finer = track.model.trace_tolerance(track.precision).filter(|finer| *finer < own.tolerance);
    if let Some(tolerance) = finer.filter(|_| stop.status == Status::Converged && stop.found.is_some()) {
        ended.get_or_insert((stop, walker.state.clone()));
        stop = walk(&mut walker, &Settings { verdicts: false, tolerance, ..own })?;
    }
    if waypoints.is_empty() {
        waypoints.push(walker.waypoint(extent.weights));
    }
    let classifier = Classifier::new(problem);
    let at_end = classifier.classify(problem, &walker.state, &stop);
    let (end, end_outcome) = (stop, at_end.outcome);
    let (stop, found) = match ended {
        Some((stop, state)) => (stop, classifier.classify(problem, &state, &stop)),
        None => (stop, at_end),
    };
    let start = walker.start;
    let guides = Guides::default();
    let mut trace = Trace {
        start,
        observables,
        waypoints,
        stop,
        found,
        end,
        end_outcome,
        proof,
        guides,
        precision: track.precision,
    };
    trace.guides = problem.guides(&trace.walk());
    Ok(trace)
}

impl Trace {
    /// The path, as theory looks at it.
    pub fn walk(&self) -> Walk<'_> {
        let Trace { start, proof, observables, waypoints, .. } = self;
        Walk { start, proof: proof.as_ref(), observables, waypoints, precision: self.precision }
    }

    /// The first waypoint's step at which a proven bound is broken, with the bound: a defect of the program.
    pub fn first_break(&self) -> Option<(u32, &Guide)> {
        let walk = self.walk();
        let broken = |guide: &Guide| guide.first_break(&walk.column(guide.of));
        let breaks = self.guides.curves.iter().filter_map(|guide| Some((self.waypoints[broken(guide)?].step, guide)));
        breaks.min_by_key(|(step, _)| *step)
    }

    /// Whether the run goes on to another outcome than its verdict says: a defect of the program.
    pub fn contradicts_verdict(&self) -> bool {
        let known = matches!(self.end_outcome, Outcome::Global | Outcome::Spurious | Outcome::Saddle);
        known && self.proof.as_ref().is_some_and(|proof| proof.outcome != self.end_outcome)
    }
}

/// At how many waypoints a curve claims what can be checked.
fn checked(guide: &Guide) -> usize {
    match guide.claim {
        Claim::Upper { .. } => guide.values.iter().filter(|bound| !bound.is_nan()).count(),
        Claim::Asymptote | Claim::Slope | Claim::Target => 0,
    }
}
