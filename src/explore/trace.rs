//! The path of a run past its verdict: what it looks like on the way to where the verdict said it would end.
//!
//! A trace takes the experiment's run up to its end and goes on from there: past a verdict until the run has converged,
//! and past that to the model's [`Model::trace_tolerance`](crate::landscape::model::Model::trace_tolerance). Neither
//! changes a step, so that the path up to the end of the run is the same run, bit by bit. Where the experiment gives no
//! verdicts the trace still marks where one would have been.

pub mod figure;
pub mod table;
pub mod words;

use crate::explore::stepper::{Every, Stepper, Track};
use crate::judge::classify::{Classifier, Found};
use crate::landscape::{
    CurveKind, Invalid, Observable, Outcome, PathTheory, ReferenceCurve, Settings, Status, Stop, TracePoint, Traced,
    VerdictPoint,
};
use crate::numerics::Precision;

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
    pub trace_points: Vec<TracePoint>,
    /// Why and when the experiment's run stops.
    pub stop: Stop,
    /// What it finds.
    pub found: Found,
    /// Why and when the trace stops.
    pub end: Stop,
    /// Outcome at the end of the trace, as far as it is known there.
    pub end_outcome: Outcome,
    /// The verdict, if there is one.
    pub verdict: Option<VerdictPoint>,
    /// What theory has to say of the path.
    pub path_theory: PathTheory,
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
    let problem = &track.cell.problem;
    let own =
        Settings { max_steps: extent.high.unwrap_or(track.cell.settings.max_steps), ..(*track.cell.settings).clone() };
    let mut stepper = Stepper::new(track, start);
    let observables = stepper.observables();
    let mut trace_points = Vec::new();
    if extent.low == 0 {
        trace_points.push(stepper.trace_point(extent.weights));
    }
    let mut advance = |stepper: &mut Stepper<'_>, settings: &Settings| {
        stepper.advance(settings, extent.every, extent.low, |stepper| {
            trace_points.push(stepper.trace_point(extent.weights))
        })
    };
    // The run's end, with the weights there, where it is not the trace's.
    let mut stop = advance(&mut stepper, &Settings { verdicts: true, ..own.clone() })?;
    let mut ended = None;
    let mut verdict = None;
    if stop.status == Status::Verdict {
        verdict = stop.found.map(|outcome| VerdictPoint { outcome, step: stop.steps, state: stepper.state.clone() });
        if own.verdicts {
            ended = Some((stop, stepper.state.clone()));
        }
        stop = advance(&mut stepper, &Settings { verdicts: false, ..own.clone() })?;
    }
    let finer = track.model.trace_tolerance(track.precision).filter(|finer| *finer < own.tolerance);
    if let Some(tolerance) = finer.filter(|_| stop.status == Status::Converged && stop.found.is_some()) {
        ended.get_or_insert((stop, stepper.state.clone()));
        stop = advance(&mut stepper, &Settings { verdicts: false, tolerance, ..own })?;
    }
    if trace_points.is_empty() {
        trace_points.push(stepper.trace_point(extent.weights));
    }
    let classifier = Classifier::new(problem);
    let at_end = classifier.classify(problem, &stepper.state, &stop);
    let (end, end_outcome) = (stop, at_end.outcome);
    let (stop, found) = match ended {
        Some((stop, state)) => (stop, classifier.classify(problem, &state, &stop)),
        None => (stop, at_end),
    };
    let start = stepper.start;
    let path_theory = PathTheory::default();
    let mut trace = Trace {
        start,
        observables,
        trace_points,
        stop,
        found,
        end,
        end_outcome,
        verdict,
        path_theory,
        precision: track.precision,
    };
    trace.path_theory = problem.path_facts().map(|facts| facts.path_theory(&trace.traced())).unwrap_or_default();
    Ok(trace)
}

impl Trace {
    /// The path, as theory looks at it.
    pub fn traced(&self) -> Traced<'_> {
        let Trace { start, verdict, observables, trace_points, .. } = self;
        Traced { start, verdict: verdict.as_ref(), observables, trace_points, precision: self.precision }
    }

    /// The first trace point's step at which a proven bound is broken, with the bound: a defect of the program.
    pub fn first_break(&self) -> Option<(u32, &ReferenceCurve)> {
        let traced = self.traced();
        let broken = |curve: &ReferenceCurve| curve.first_break(&traced.column(curve.of));
        let breaks =
            self.path_theory.curves.iter().filter_map(|curve| Some((self.trace_points[broken(curve)?].step, curve)));
        breaks.min_by_key(|(step, _)| *step)
    }

    /// Whether the run goes on to another outcome than its verdict says: a defect of the program.
    pub fn contradicts_verdict(&self) -> bool {
        let known = matches!(self.end_outcome, Outcome::Global | Outcome::Spurious | Outcome::Saddle);
        known && self.verdict.as_ref().is_some_and(|verdict| verdict.outcome != self.end_outcome)
    }
}

/// At how many trace points a curve claims what can be checked.
fn checked(curve: &ReferenceCurve) -> usize {
    match curve.kind {
        CurveKind::Upper { .. } => curve.values.iter().filter(|bound| !bound.is_nan()).count(),
        CurveKind::Asymptote | CurveKind::Slope | CurveKind::Target => 0,
    }
}
