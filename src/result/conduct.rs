//! The one way in which an experiment is carried out: its pilot, then the runs that are missing, handed to what keeps
//! them.

use super::folder::StoreError;
use super::{Results, checkpoint};
use crate::descent::backend::{Backend, BackendError};
use crate::experiment::paired;
use crate::experiment::run::{self, Details, Done, ExperimentError, Heard, Held, How, Stage};
use crate::experiment::{Plan, Record, Spec, SpecError, Tally};
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// Why an experiment did not end.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// It is wrong, or what computes it failed.
    #[error(transparent)]
    Experiment(#[from] ExperimentError),
    /// The result folder cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It was asked to stop.
    #[error("interrupted; {}", kept_text(*kept, *of, *under_way))]
    Interrupted {
        /// Runs that are kept.
        kept: u64,
        /// Of so many; `None` for runs of the pilot.
        of: Option<u64>,
        /// Runs that go on from where they are.
        under_way: u64,
    },
}

fn kept_text(kept: u64, of: Option<u64>, under_way: u64) -> String {
    match of {
        Some(of) if under_way > 0 => format!("{kept} of {of} runs are kept, and how far {under_way} others have come"),
        Some(of) => format!("{kept} of {of} runs are kept"),
        None => format!("{kept} runs of the pilot are kept"),
    }
}

impl From<BackendError> for RunError {
    fn from(error: BackendError) -> Self {
        ExperimentError::from(error).into()
    }
}

impl From<SpecError> for RunError {
    fn from(error: SpecError) -> Self {
        ExperimentError::from(error).into()
    }
}

/// Keeps what an experiment finds.
pub trait Keeper {
    /// What is kept of the runs so far, in the order of the plan.
    fn kept(&self) -> &[Record];

    /// Keeps runs that have ended, in the order of the plan.
    ///
    /// # Errors
    /// They cannot be written.
    fn add(&mut self, wave: Vec<Record>) -> Result<(), StoreError>;

    /// Keeps a stage of the pilot that is over.
    ///
    /// # Errors
    /// It cannot be written.
    fn add_stage(&mut self, _stage: &Stage) -> Result<(), StoreError> {
        Ok(())
    }

    /// Keeps the sizes that the pilot has decided.
    ///
    /// # Errors
    /// They cannot be written.
    fn decide(&mut self, _results: &Results) -> Result<(), StoreError> {
        Ok(())
    }

    /// Keeps runs under way, in the place of those that were kept before: bytes that only whoever computes them reads.
    /// Runs that have ended are kept first, so that what goes on from here misses none.
    ///
    /// # Errors
    /// They cannot be written.
    fn checkpoint(&mut self, _bytes: &[u8]) -> Result<(), StoreError> {
        Ok(())
    }

    /// The runs under way that were kept last, as they were written; runs among them may have ended since and be
    /// [kept](Self::kept). `None` if there are none, or what is there is not what was written.
    fn take_checkpoint(&mut self) -> Option<Vec<u8>> {
        None
    }

    /// How often what is under way should be kept; `None` where that is of no use.
    fn every(&self) -> Option<Duration> {
        None
    }

    /// Notes how far the work has come, for a later process.
    ///
    /// # Errors
    /// That cannot be written.
    fn suspend(&mut self) -> Result<(), StoreError> {
        Ok(())
    }

    /// Puts the records of all runs, and what joins them, into the results; nothing is added after that.
    ///
    /// # Errors
    /// A file cannot be written, or what was kept has gone missing.
    fn finish(&mut self, results: &mut Results) -> Result<(), StoreError>;
}

/// Keeps records in memory, one for each cell, with the details that the experiment asks for.
#[derive(Debug, Default)]
struct Memory(Vec<Record>);

impl Keeper for Memory {
    fn kept(&self) -> &[Record] {
        &self.0
    }

    fn add(&mut self, wave: Vec<Record>) -> Result<(), StoreError> {
        for record in wave {
            match self.0.last_mut().filter(|last| last.precedes(&record)) {
                Some(last) => last.add(record),
                None => self.0.push(record),
            }
        }
        Ok(())
    }

    fn finish(&mut self, results: &mut Results) -> Result<(), StoreError> {
        self.0.sort_by_key(|record| (record.cell, record.runs.start));
        results.records.clear();
        for record in std::mem::take(&mut self.0) {
            match results.records.last_mut().filter(|last| last.cell == record.cell) {
                Some(last) => last.add(record),
                None => results.records.push(record),
            }
        }
        if results.spec.output.paired {
            results.groups = paired::join_all(&results.plan, &results.records);
        }
        Ok(())
    }
}

/// How far runs have come that are under way.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Steps {
    /// Runs under way.
    pub runs: u64,
    /// Steps that they have taken.
    pub taken: u64,
    /// Steps that they take at most.
    pub most: u64,
}

impl Steps {
    fn of(plan: &Plan, held: &[Held<'_>]) -> Self {
        let mut steps = Steps::default();
        for held in held {
            let budget = u64::from(plan.cells[held.cell].settings.max_steps);
            let runs = held.open();
            steps = Steps {
                runs: steps.runs + runs,
                taken: steps.taken + held.steps(),
                most: steps.most.saturating_add(runs.saturating_mul(budget)),
            };
        }
        steps
    }
}

/// What happens while an experiment runs, for those who watch it.
#[derive(Debug)]
pub enum Milestone<'a> {
    /// The pilot begins, or goes on.
    Pilot(&'a Results),
    /// Stages of so many of its runs together begin.
    Round(u64),
    /// The pilot is over, after so many runs more.
    Decided(u64),
    /// The runs begin, or go on after those that are kept, with what these have ended in.
    Begin(&'a Results, Tally),
    /// So many runs have ended, of the pilot or after it.
    Runs(u64),
    /// So far have runs come that are under way.
    UnderWay(Steps),
    /// All runs are kept; what is left is made of them, and is made again if it is left off.
    Tables,
}

/// Carries out an experiment, from where `results` and `keeper` stand.
///
/// # Errors
/// The backend's or the keeper's, or [`RunError::Interrupted`] once `cancel` was raised; what has ended before stays
/// kept.
pub fn conduct(
    mut results: Results,
    backend: &dyn Backend,
    keeper: &mut dyn Keeper,
    watch: &mut dyn FnMut(Milestone<'_>),
    cancel: &AtomicBool,
) -> Result<Results, RunError> {
    let mut under_way = 0;
    if let Err(error) = work(&mut results, backend, keeper, watch, &mut under_way, cancel) {
        return Err(stopped(&results, keeper, error, under_way));
    }
    watch(Milestone::Tables);
    keeper.finish(&mut results)?;
    Ok(results)
}

/// Carries out the pilot of an experiment alone, if there is one, from where `results` and `keeper` stand.
///
/// # Errors
/// As [`conduct`].
pub fn decide(
    mut results: Results,
    backend: &dyn Backend,
    keeper: &mut dyn Keeper,
    watch: &mut dyn FnMut(Milestone<'_>),
    cancel: &AtomicBool,
) -> Result<Results, RunError> {
    match pilot(&mut results, backend, keeper, watch, cancel) {
        Ok(()) => keeper.suspend()?,
        Err(error) => return Err(stopped(&results, keeper, error, 0)),
    }
    Ok(results)
}

/// Notes how far work has come that has stopped, and says why it has.
fn stopped(results: &Results, keeper: &mut dyn Keeper, error: RunError, under_way: u64) -> RunError {
    // A failure to note the time worked is not worth more than the reason for stopping.
    let noted = keeper.suspend();
    if !matches!(error, RunError::Experiment(ExperimentError::Backend(BackendError::Cancelled))) {
        return error;
    }
    if let Err(error) = noted {
        return error.into();
    }
    match results.plan.awaits_pilot() {
        true => RunError::Interrupted { kept: results.pilot.runs(), of: None, under_way: 0 },
        false => RunError::Interrupted { kept: total(keeper).runs(), of: Some(results.runs()), under_way },
    }
}

/// The pilot, if there is one that is not over.
fn pilot(
    results: &mut Results,
    backend: &dyn Backend,
    keeper: &mut dyn Keeper,
    watch: &mut dyn FnMut(Milestone<'_>),
    cancel: &AtomicBool,
) -> Result<(), RunError> {
    if !results.plan.awaits_pilot() {
        return Ok(());
    }
    let (batch, before) = (results.spec.compute.batch, results.pilot.runs());
    watch(Milestone::Pilot(results));
    let heard = |heard: Heard<'_>| -> Result<(), RunError> {
        match heard {
            Heard::Round(runs) => watch(Milestone::Round(runs)),
            Heard::Runs(runs) => watch(Milestone::Runs(runs)),
            Heard::Stage(stage) => keeper.add_stage(stage)?,
        }
        Ok(())
    };
    let sizes = run::pilot(&results.plan, backend, batch, &mut results.pilot, cancel, heard)?;
    results.plan.decide(sizes);
    keeper.decide(results)?;
    watch(Milestone::Decided(results.pilot.runs() - before));
    Ok(())
}

/// The pilot, and the runs that are missing.
fn work(
    results: &mut Results,
    backend: &dyn Backend,
    keeper: &mut dyn Keeper,
    watch: &mut dyn FnMut(Milestone<'_>),
    under_way: &mut u64,
    cancel: &AtomicBool,
) -> Result<(), RunError> {
    pilot(results, backend, keeper, watch, cancel)?;
    let batch = results.spec.compute.batch;
    watch(Milestone::Begin(results, total(keeper)));
    let plan = &results.plan;
    let bytes = keeper.take_checkpoint().unwrap_or_default();
    let held = checkpoint::decode(plan, backend.name(), keeper.kept(), &bytes);
    watch(Milestone::UnderWay(Steps::of(plan, &held)));
    let mut todo = run::missing(plan, keeper.kept());
    if let Some(shard) = results.shard {
        todo = shard.share(plan, &todo);
    }
    let todo = run::apart_from(&todo, &held);
    let how = How { batch, details: Details::of(&results.spec.output), every: keeper.every() };
    let sink = |done: Done<'_>| -> Result<(), RunError> {
        match done {
            Done::Ended(wave) => {
                let runs = wave.iter().map(|record| record.tally.runs()).sum();
                keeper.add(wave)?;
                watch(Milestone::Runs(runs));
            }
            Done::Held(held) => {
                *under_way = held.iter().map(Held::open).sum();
                keeper.checkpoint(&checkpoint::encode(plan, backend.name(), &held))?;
                watch(Milestone::UnderWay(Steps::of(plan, &held)));
            }
        }
        Ok(())
    };
    run::go_on(plan, backend, &how, (&todo, held), cancel, sink)
}

/// What all runs that are kept have ended in.
fn total(keeper: &dyn Keeper) -> Tally {
    keeper.kept().iter().map(|record| &record.tally).sum()
}

/// Runs an experiment in memory, on the backend that it names. What it asks to keep of each run is held until the end.
///
/// # Errors
/// A wrong spec, or a backend that is missing or fails.
pub fn run(spec: &Spec) -> Result<Results, RunError> {
    let results = Results::new(spec.clone(), Plan::new(spec)?);
    run::on_threads(&spec.compute, || {
        let backend = run::backend(&spec.compute)?;
        run::check(spec, &results.plan, &*backend)?;
        conduct(results, &*backend, &mut Memory::default(), &mut |_| {}, &AtomicBool::new(false))
    })?
}
