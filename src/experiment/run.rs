//! Runs an experiment: seeding, backend and tally, batch after batch, with the next batches seeded while a device
//! works. Every so often all runs are held where they are, so that whoever keeps the results can keep them too.

mod batches;
mod clock;
mod judging;
mod pilot;
mod seeding;
mod stream;
mod underway;
mod waves;

pub use batches::{MOST_BATCHES, batch_runs};
pub use pilot::{Heard, Stage, Stages, pilot};
pub use underway::Held;

use crate::descent::backend::cpu::Cpu;
use crate::descent::backend::gpu::device::{ALL, Wanted};
use crate::descent::backend::gpu::{Gpu, Options};
use crate::descent::backend::several::Several;
use crate::descent::backend::{Backend, BackendError};
use crate::experiment::spec::{Compute, Output};
use crate::experiment::{Plan, Record, Spec, SpecError};
use crate::numerics::Precision;
use clock::Clock;
use judging::{Classifiers, judge};
use rayon::prelude::*;
use seeding::seed;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};
use underway::Underway;

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
    let unfit = plan.cells.par_iter().find_map_first(|cell| backend.fits(&cell.lent().problem).err());
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

/// What an experiment is carried out with.
#[derive(Clone, Copy, Debug)]
pub struct How {
    /// Runs in a batch at most; 0: as the backend likes.
    pub batch: usize,
    /// What to keep of each run besides the count of its outcome.
    pub details: Details,
    /// How often the runs under way are held, so that what has been done can be kept; `None`: never.
    pub every: Option<Duration>,
}

/// What has happened since the last time.
#[derive(Debug)]
pub enum Done<'a> {
    /// Runs have ended; the runs of a record follow one another.
    Ended(Vec<Record>),
    /// All runs are held: those under way, beside those that have ended, are these. None of those held before is under
    /// way any more that is not among them.
    Held(Vec<Held<'a>>),
}

/// Runs the given ranges of runs and hands over what has finished, in order.
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
    let how = How { batch, details, every: None };
    let mut order = InOrder::new(todo);
    let sink = |done: Done<'_>| match done {
        Done::Held(_) => Ok(()),
        // One by one, so that a sink that refuses one is handed no other.
        Done::Ended(records) => order.take(records).into_iter().try_for_each(|record| sink(vec![record])),
    };
    go_on(plan, backend, &how, (todo, Vec::new()), cancel, sink)
}

/// [`execute`], for work that is kept while it goes on: goes on with runs that were held, too, and hands over whatever
/// is under way every so often, and when `cancel` was raised. Runs that end after others have been held come out of
/// order.
///
/// # Errors
/// As [`execute`].
pub fn go_on<E: From<BackendError> + Send>(
    plan: &Plan,
    backend: &dyn Backend,
    how: &How,
    (todo, held): (&[(usize, Range<u64>)], Vec<Held<'_>>),
    cancel: &AtomicBool,
    mut sink: impl FnMut(Done<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let (clock, classifiers) = (Clock::new(how.every, cancel), Classifiers::new(todo, &held));
    let host = Host { plan, backend, how, classifiers: &classifiers, clock: &clock };
    let held = held.into_iter().map(|held| Underway::resume(plan, held, how.details)).collect();
    clock.during(|| match backend.in_flight() {
        0 => waves::run(&host, todo, held, &mut sink),
        _ => stream::run(&host, todo, held, &mut sink),
    })
}

/// Puts records in the order of the ranges that they are of.
struct InOrder<'t> {
    todo: std::slice::Iter<'t, (usize, Range<u64>)>,
    /// What comes next of the range that is being handed over.
    next: Option<(usize, Range<u64>)>,
    early: HashMap<(usize, u64), Record>,
}

impl<'t> InOrder<'t> {
    fn new(todo: &'t [(usize, Range<u64>)]) -> Self {
        let mut todo = todo.iter();
        InOrder { next: todo.next().cloned(), todo, early: HashMap::new() }
    }

    /// Takes records in and returns those whose turn it is.
    fn take(&mut self, records: Vec<Record>) -> Vec<Record> {
        self.early.extend(records.into_iter().map(|record| ((record.cell, record.runs.start), record)));
        let mut ready = Vec::new();
        while let Some((cell, range)) = &mut self.next {
            if range.is_empty() {
                self.next = self.todo.next().cloned();
                continue;
            }
            let Some(record) = self.early.remove(&(*cell, range.start)) else { break };
            range.start = record.runs.end;
            ready.push(record);
        }
        ready
    }
}

/// What the host does with runs, before and after the backend.
struct Host<'a, 'h> {
    plan: &'a Plan,
    backend: &'a dyn Backend,
    how: &'h How,
    classifiers: &'h Classifiers,
    clock: &'h Clock<'h>,
}

impl<'a> Host<'a, '_> {
    /// Draws the starts of a batch; `None` once the work is to stop.
    fn prepare(&self, (cell, runs): (usize, Range<u64>)) -> Option<Underway<'a>> {
        seed(self.plan, (cell, &runs), self.how.details, self.clock.cancel)
    }

    /// Advances runs until they end or are held.
    fn advance(&self, runs: Underway<'a>) -> Result<Underway<'a>, BackendError> {
        runs.advance(self.backend, self.how.details.any(), &self.clock.hold)
    }

    /// Judges what can be judged of each batch; the rest, and all that was not judged before the work was to stop, goes
    /// on.
    fn conclude(&self, batches: Vec<Underway<'a>>) -> (Vec<Record>, Vec<Underway<'a>>) {
        let judge = |ended| judge(ended, self.classifiers, self.how.details, self.clock.cancel);
        let (mut records, mut rest) = (Vec::new(), Vec::new());
        let concluded: Vec<_> = batches
            .into_par_iter()
            .map(|batch| {
                let (ended, rest) = batch.split();
                (ended.into_par_iter().map(judge).collect::<Vec<_>>(), rest)
            })
            .collect();
        for (judged, left) in concluded {
            rest.extend(left);
            for judged in judged {
                match judged {
                    Ok(record) => records.push(record),
                    Err(unjudged) => rest.push(*unjudged),
                }
            }
        }
        (records, rest)
    }

    /// Hands over records, if there are any.
    fn hand_over<E>(&self, records: Vec<Record>, sink: &mut dyn FnMut(Done<'_>) -> Result<(), E>) -> Result<(), E> {
        if records.is_empty() { Ok(()) } else { sink(Done::Ended(records)) }
    }

    /// Hands over what is under way while all runs are held, and lets them go on unless the work is to stop.
    fn keep<E: From<BackendError>>(
        &self,
        rest: &[Underway<'_>],
        sink: &mut dyn FnMut(Done<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let began = Instant::now();
        sink(Done::Held(rest.iter().filter_map(Underway::held).collect()))?;
        self.clock.go_on(began.elapsed());
        if self.clock.is_over() { Err(BackendError::Cancelled.into()) } else { Ok(()) }
    }
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

/// What is left of some ranges without runs that are held.
pub fn apart_from(todo: &[(usize, Range<u64>)], held: &[Held<'_>]) -> Vec<(usize, Range<u64>)> {
    let mut taken: HashMap<usize, Vec<Range<u64>>> = HashMap::new();
    for held in held {
        taken.entry(held.cell).or_default().extend(held.runs.iter().cloned());
    }
    taken.values_mut().for_each(|ranges| ranges.sort_by_key(|range| range.start));
    let mut left = Vec::new();
    for (cell, range) in todo {
        let mut first = range.start;
        for gone in taken.get(cell).into_iter().flatten().filter(|gone| gone.start < range.end) {
            left.extend((first < gone.start).then_some((*cell, first..gone.start)));
            first = first.max(gone.end);
        }
        left.extend((first < range.end).then_some((*cell, first..range.end)));
    }
    left
}

/// The whole of a plan, for [`execute`].
pub fn everything(plan: &Plan) -> Vec<(usize, Range<u64>)> {
    missing(plan, &[])
}
