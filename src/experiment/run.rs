//! Runs an experiment: seeding, backend and tally, batch after batch, with the next batches seeded while a device
//! works.

mod batches;
mod pilot;
mod seeding;
mod stream;

pub use batches::batch_runs;
pub use pilot::{Heard, Stage, Stages, pilot};

use crate::descent::backend::cpu::Cpu;
use crate::descent::backend::gpu::device::{ALL, Wanted};
use crate::descent::backend::gpu::{Gpu, Options};
use crate::descent::backend::several::Several;
use crate::descent::backend::{Backend, BackendError, Batch};
use crate::experiment::paired::to_byte;
use crate::experiment::record::{End, Telling};
use crate::experiment::spec::{Compute, Output};
use crate::experiment::{Cell, Plan, Record, Spec, SpecError, Tally};
use crate::judge::classify::{Classifier, Found, Judged};
use crate::landscape::theorem;
use crate::landscape::{Claim, Endpoints, Outcome};
use crate::numerics::Precision;
use batches::{batches, waves};
use rayon::prelude::*;
use seeding::{Seeded, seed};
use std::ops::Range;
use std::sync::atomic::AtomicBool;

/// Why an experiment did not end.
#[derive(Debug, thiserror::Error)]
pub enum ExperimentError {
    /// The experiment file is wrong.
    #[error(transparent)]
    Spec(#[from] SpecError),
    /// The backend failed or was stopped.
    #[error(transparent)]
    Backend(#[from] BackendError),
    /// The threads could not be started.
    #[error("compute.threads: the threads could not be started ({0}); choose fewer")]
    Threads(#[from] rayon::ThreadPoolBuildError),
}

/// Runs `work` on the threads that the spec asks for.
///
/// # Errors
/// The threads cannot be started.
pub fn on_threads<T: Send>(compute: &Compute, work: impl FnOnce() -> T + Send) -> Result<T, ExperimentError> {
    Ok(rayon::ThreadPoolBuilder::new().num_threads(compute.threads).build()?.install(work))
}

/// The backend that the spec asks for. `auto` takes a hardware adapter if there is one, else the CPU; a named backend
/// is taken or is an error, and so is an adapter; `all` takes every hardware adapter.
///
/// # Errors
/// No adapter fits, or the device refuses.
pub fn backend(compute: &Compute) -> Result<Box<dyn Backend>, BackendError> {
    let precision = |auto: Precision| match compute.precision {
        "f32" => Precision::F32,
        "f64" => Precision::F64,
        _ => auto,
    };
    let cpu = || Box::new(Cpu::new(precision(Precision::F64)));
    if compute.backend == "cpu" {
        return Ok(cpu());
    }
    let forced = compute.backend == "gpu" || !compute.adapter.is_empty();
    let options = Options {
        adapter: Wanted { name: compute.adapter.clone(), software: forced },
        precision: precision(Precision::F32),
        lanes: compute.lanes,
        segment: compute.segment,
        ..Options::default()
    };
    if compute.adapter == ALL {
        let mut all = Gpu::open_all(&options)?;
        let first = all.remove(0);
        return Ok(if all.is_empty() { Box::new(first) } else { Box::new(Several::new(first, all)) });
    }
    match Gpu::open(options) {
        Err(BackendError::NoAdapter(_)) if !forced => Ok(cpu()),
        gpu => Ok(Box::new(gpu?)),
    }
}

/// Refuses a plan with a cell that the backend cannot take, before anything is computed.
///
/// # Errors
/// The setting that stands in the way.
pub fn check(spec: &Spec, plan: &Plan, backend: &dyn Backend) -> Result<(), SpecError> {
    let unfit = plan.cells.iter().find_map(|cell| backend.fits(&cell.problem).err());
    unfit.map_or(Ok(()), |invalid| Err(spec.refuse(invalid)))
}

/// What to keep of each run besides the count of its outcome.
#[derive(Clone, Copy, Debug, Default)]
pub struct Details {
    /// Status, steps, loss and outcome.
    pub runs: bool,
    /// The weights at the end.
    pub endpoints: bool,
    /// The outcome alone, one byte a run.
    pub outcomes: bool,
    /// How the model's theorems fare; no more than that is kept of a run.
    pub theorems: bool,
}

impl Details {
    /// What the tables of an experiment need.
    pub fn of(output: &Output) -> Self {
        Details { runs: output.runs, endpoints: output.endpoints, outcomes: output.paired, theorems: output.theorems }
    }

    /// Whether whole starts and final weights are needed.
    fn any(self) -> bool {
        self.runs || self.endpoints
    }
}

/// A batch that has come back from the backend.
struct Advanced<'a> {
    cell: &'a Cell,
    runs: Range<u64>,
    whole: Vec<f64>,
    claims: Vec<Claim>,
    ends: Endpoints,
}

fn advance<'a>(
    backend: &dyn Backend,
    seeded: Seeded<'a>,
    keep: bool,
    cancel: &AtomicBool,
) -> Result<Advanced<'a>, BackendError> {
    let Seeded { cell, runs, whole, states, claims } = seeded;
    let keep_states = keep || cell.problem.rest().is_some() || cell.problem.slow_paths().is_some();
    let batch = Batch { problem: &cell.problem, starts: states, of: cell.runs, keep_states };
    Ok(Advanced { cell, runs, whole, claims, ends: backend.run(batch, cancel)? })
}

/// `None` if `cancel` was raised while an endpoint took long.
fn classify(
    advanced: Advanced<'_>,
    classifiers: &[Classifier],
    details: Details,
    cancel: &AtomicBool,
) -> Option<Record> {
    let Advanced { cell, runs, whole, claims, ends } = advanced;
    let problem = &cell.problem;
    let classifier = &classifiers[cell.index];
    let (dim, start_dim) = (problem.dim(), problem.start_dim());
    let state = |run: usize| ends.states.get(run * dim..(run + 1) * dim).unwrap_or_default();
    let judged = classifier.judge(problem, &ends.states, &ends.stops, runs.clone(), cancel)?;
    let Judged { found, families, places } = judged;
    let outcomes: Vec<Outcome> = found.iter().map(|found| found.outcome).collect();
    let tally = Tally::of(ends.stops.iter().zip(outcomes.iter().copied()));
    let telling = Telling::of(&found);
    let theorems = if details.theorems { problem.theorem_list().len() } else { 0 };
    let checks = theorem::count(theorems, runs.clone(), &claims, &outcomes);
    let end = |run: usize| {
        let (stop, found) = (ends.stops[run], &found[run]);
        let loss = problem.endpoint_loss(&whole[run * start_dim..][..start_dim], state(run), stop.steps);
        let family = places[run];
        let Found { outcome, doubt, continued, loss: found_loss, .. } = *found;
        End { stop, loss, outcome, family, doubt, continued, found_loss }
    };
    let kept = if details.runs { (0..found.len()).into_par_iter().map(end).collect() } else { Vec::new() };
    let states = if details.endpoints { ends.states } else { Vec::new() };
    let outcomes = if details.outcomes { outcomes.into_iter().map(to_byte).collect() } else { Vec::new() };
    Some(Record { cell: cell.index, runs, tally, telling, families, checks, ends: kept, states, outcomes })
}

/// Runs the given ranges of runs, in order, and hands over what has finished, in order.
///
/// Ranges are cut into batches of at most `batch` runs (0: as the backend likes), and of no more than the backend can
/// take. Small batches of the CPU run side by side.
///
/// # Errors
/// The backend's, or what `sink` returns; what was handed over before stays done.
pub fn execute<E: From<BackendError> + Send>(
    plan: &Plan,
    backend: &dyn Backend,
    batch: usize,
    todo: &[(usize, Range<u64>)],
    details: Details,
    cancel: &AtomicBool,
    mut sink: impl FnMut(Vec<Record>) -> Result<(), E>,
) -> Result<(), E> {
    let classifiers: Vec<Classifier> = plan.cells.iter().map(|cell| Classifier::new(&cell.problem)).collect();
    if backend.in_flight() > 0 {
        let host = stream::Host {
            prepare: |ranges| seed(plan, &ranges, details, cancel),
            conclude: |batch| classify(batch, &classifiers, details, cancel),
        };
        let mut batches = batches(plan, backend, batch, todo);
        return stream::run(backend, &mut batches, details.any(), host, cancel, &mut sink);
    }
    let mut waves = waves(plan, backend, batch, todo);
    let prepare = |wave: Vec<(usize, Range<u64>)>| -> Vec<Seeded<'_>> {
        wave.par_iter().map(|ranges| seed(plan, ranges, details, cancel)).collect()
    };
    let conclude = |wave: Vec<Advanced<'_>>| -> Option<Vec<Record>> {
        wave.into_par_iter().map(|batch| classify(batch, &classifiers, details, cancel)).collect()
    };
    // While the backend advances one wave, the next is seeded and the one before is classified.
    let mut seeded = waves.next().map(prepare);
    let mut advanced: Option<Vec<Advanced<'_>>> = None;
    while seeded.is_some() || advanced.is_some() {
        let following = if seeded.is_some() { waves.next() } else { None };
        let (done, (finished, next)) = rayon::join(
            || {
                let each =
                    seeded.take().map(|wave| {
                        wave.into_par_iter()
                            .map(|batch| advance(backend, batch, details.any(), cancel))
                            .collect::<Result<Vec<_>, BackendError>>()
                    });
                each.transpose()
            },
            || rayon::join(|| advanced.take().map(conclude), || following.map(prepare)),
        );
        // What came back before a failure is kept.
        if let Some(wave) = finished {
            sink(wave.ok_or(BackendError::Cancelled)?)?;
        }
        advanced = done?;
        seeded = next;
    }
    Ok(())
}

/// The runs of a plan that no record covers, for [`execute`]; the records are in the order of the plan.
pub fn missing(plan: &Plan, records: &[Record]) -> Vec<(usize, Range<u64>)> {
    let mut missing = Vec::new();
    let mut records = records.iter().peekable();
    for cell in &plan.cells {
        let mut first = 0;
        while let Some(record) = records.next_if(|record| record.cell <= cell.index) {
            if record.runs.start > first {
                missing.push((cell.index, first..record.runs.start));
            }
            first = record.runs.end;
        }
        if first < cell.runs {
            missing.push((cell.index, first..cell.runs));
        }
    }
    missing
}

/// The whole of a plan, for [`execute`].
pub fn everything(plan: &Plan) -> Vec<(usize, Range<u64>)> {
    missing(plan, &[])
}
