//! The pilot, which decides how many runs each cell takes: stages of runs that are never counted
//! ([`crate::experiment::sampling`]).
//!
//! All cells that need another stage make it side by side, as in the experiment itself; where time counts, one cell at
//! a time, so that its rate is its own. What a stage sees does not depend on batches, threads or interruptions, and so
//! neither do the sizes, where no time is measured.

use super::{Details, execute};
use crate::descent::backend::{Backend, BackendError};
use crate::experiment::sampling::{Size, Trial};
use crate::experiment::{Plan, Record, Tally};
use crate::landscape::Outcome;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::ops::Range;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

/// One stage of the pilot of a cell: some of its runs, which follow those of the stage before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stage {
    /// Index of the cell.
    pub cell: usize,
    /// Runs of its pilot.
    pub runs: Range<u64>,
    /// What they ended in.
    pub tally: Tally,
    /// How long they took, where time counts.
    pub seconds: Option<f64>,
}

impl Stage {
    /// Whether a stage that was read can be one: its counts make up its runs, and no time runs back.
    pub(crate) fn is_sound(&self) -> bool {
        self.tally.covers(&self.runs) && self.seconds.is_none_or(|seconds| seconds >= 0.0)
    }
}

/// The stages of every cell that are over.
#[derive(Clone, Debug)]
pub struct Stages {
    outcome: Outcome,
    cells: Vec<Vec<Stage>>,
}

impl Stages {
    /// None, of so many cells; `outcome` is the one whose probability is in question.
    pub fn new(cells: usize, outcome: Outcome) -> Self {
        Stages { outcome, cells: vec![Vec::new(); cells] }
    }

    /// Adds a stage. One that does not follow those before it says nothing, and is left out; whether it was taken.
    pub fn add(&mut self, stage: Stage) -> bool {
        let Some(stages) = self.cells.get_mut(stage.cell) else { return false };
        let follows = stage.is_sound() && stages.last().map_or(0, |last| last.runs.end) == stage.runs.start;
        stages.extend(follows.then_some(stage));
        follows
    }

    /// Every stage, those of a cell one after another.
    pub fn all(&self) -> impl Iterator<Item = &Stage> {
        self.cells.iter().flatten()
    }

    /// What the pilot of a cell has seen of the outcome in question.
    pub fn trial(&self, cell: usize) -> Trial {
        let tally = self.tally(cell);
        // Without a time there is no rate; a clock that stood still says that there is no limit.
        let rate = |stage: &Stage| stage.seconds.map(|seconds| stage.tally.runs() as f64 / seconds);
        let rate = self.cells[cell].last().and_then(rate).unwrap_or(0.0);
        Trial { runs: tally.runs(), hits: tally.count(self.outcome), rate }
    }

    /// What its runs ended in.
    pub fn tally(&self, cell: usize) -> Tally {
        self.cells[cell].iter().map(|stage| &stage.tally).sum()
    }

    /// How long they took; 0 where no time was taken.
    pub fn seconds(&self, cell: usize) -> f64 {
        self.cells[cell].iter().fold(0.0, |sum, stage| sum + stage.seconds.unwrap_or(0.0))
    }

    /// Runs of all pilots.
    pub fn runs(&self) -> u64 {
        self.all().map(|stage| stage.tally.runs()).sum()
    }
}

/// What happens in a pilot, for those who keep it or watch it.
#[derive(Debug)]
pub enum Heard<'a> {
    /// Stages of so many runs together begin.
    Round(u64),
    /// So many of them have ended.
    Runs(u64),
    /// A stage is over.
    Stage(&'a Stage),
}

/// Makes the stages that are missing and returns the size of each cell; none where the plan has a fixed number of runs.
///
/// # Errors
/// The backend's, or what `heard` returns; stages that are over stay in `stages`.
pub fn pilot<E: From<BackendError> + Send>(
    plan: &Plan,
    backend: &dyn Backend,
    batch: usize,
    stages: &mut Stages,
    cancel: &AtomicBool,
    mut heard: impl FnMut(Heard<'_>) -> Result<(), E>,
) -> Result<Vec<Size>, E> {
    let Some(sampling) = plan.sampling else { return Ok(Vec::new()) };
    loop {
        let next = |cell: usize| {
            let trial = stages.trial(cell);
            sampling.next(&trial).map(|runs| (cell, trial.runs..runs))
        };
        let todo: Vec<(usize, Range<u64>)> = (0..plan.cells.len()).into_par_iter().filter_map(next).collect();
        if todo.is_empty() {
            return Ok((0..plan.cells.len()).into_par_iter().map(|cell| sampling.size(&stages.trial(cell))).collect());
        }
        heard(Heard::Round(todo.iter().map(|(_, runs)| runs.end - runs.start).sum()))?;
        let timed = sampling.rule.seconds.is_some();
        for group in todo.chunks(if timed { 1 } else { todo.len() }) {
            let part = plan.of_pilot(group);
            let here: Vec<_> = group.iter().enumerate().map(|(index, (_, runs))| (index, runs.clone())).collect();
            let began = Instant::now();
            let mut open: Option<Stage> = None;
            let sink = |wave: Vec<Record>| -> Result<(), E> {
                for Record { cell, runs, tally, .. } in wave {
                    heard(Heard::Runs(tally.runs()))?;
                    let (whole, range) = &group[cell];
                    let mut stage = open.take().unwrap_or_else(|| Stage {
                        cell: *whole,
                        runs: range.clone(),
                        tally: Tally::default(),
                        seconds: None,
                    });
                    stage.tally.add(&tally);
                    // Runs come in order, so that a stage is over before the next begins.
                    if runs.end < range.end {
                        open = Some(stage);
                    } else {
                        stage.seconds = timed.then(|| began.elapsed().as_secs_f64());
                        heard(Heard::Stage(&stage))?;
                        stages.add(stage);
                    }
                }
                Ok(())
            };
            execute(&part, backend, batch, &here, Details::default(), cancel, sink)?;
        }
    }
}
