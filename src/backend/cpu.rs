//! The CPU: threads, and in each thread a tile of runs side by side.

use super::{Backend, BackendError, Batch, check_range};
use crate::endpoint::{Endpoints, Stop};
use crate::model::{Chunk, Invalid, Problem};
use crate::real::Precision;
use rayon::prelude::*;
use std::sync::atomic::AtomicBool;

/// Runs that one task takes: enough to refill lanes from, few enough to share out evenly.
const RUNS_PER_TASK: usize = 2048;

/// States above this many numbers may be shared out in tasks of one tile.
const LARGE_STATE: usize = 4096;
/// Runs of the widest tile.
const TILE: usize = 16;

/// Runs in a batch; a batch is also what an interrupted experiment may lose.
const BATCH: usize = 1 << 16;

/// Numbers of state in a batch at the most, whatever is asked for: 2 GiB.
const LARGEST_NUMBERS: usize = 1 << 28;

/// Numbers of state in a batch: bounds its memory for large cells.
const BATCH_NUMBERS: usize = 1 << 24;

/// Loop iterations of one step of a batch: bounds the work that an interrupted experiment may lose to about a minute.
const BATCH_WORK: usize = 1 << 25;

/// The CPU backend. It runs in the rayon pool it is called from.
#[derive(Debug)]
pub struct Cpu {
    precision: Precision,
    one_by_one: bool,
}

impl Cpu {
    /// A backend that computes in the given format.
    pub fn new(precision: Precision) -> Self {
        Cpu { precision, one_by_one: false }
    }

    /// A backend that advances one run at a time, without tiles; slower, with the same results.
    pub fn one_by_one(precision: Precision) -> Self {
        Cpu { precision, one_by_one: true }
    }
}

impl Backend for Cpu {
    fn name(&self) -> &'static str {
        "cpu"
    }

    fn description(&self) -> String {
        format!("CPU, {} threads", rayon::current_num_threads())
    }

    fn precision(&self) -> Precision {
        self.precision
    }

    fn batch_size(&self, problem: &dyn Problem) -> usize {
        let work = problem.kernel(self.precision).work.max(1) as usize;
        (BATCH_NUMBERS / problem.dim()).min(BATCH_WORK / work).clamp(32, BATCH)
    }

    fn largest_batch(&self, problem: &dyn Problem) -> usize {
        (LARGEST_NUMBERS / problem.dim()).max(1)
    }

    fn fits(&self, problem: &dyn Problem) -> Result<(), Invalid> {
        check_range(&problem.kernel(self.precision), self.precision)
    }

    fn runs_side_by_side(&self) -> bool {
        true
    }

    fn batch_bytes(&self, _problem: &dyn Problem, runs: usize) -> usize {
        runs * size_of::<Stop>()
    }

    fn run(&self, batch: Batch<'_>, cancel: &AtomicBool) -> Result<Endpoints, BackendError> {
        self.fits(batch.problem)?;
        let dim = batch.problem.dim();
        let runs = batch.runs();
        let mut states = batch.starts;
        let mut stops = vec![Stop::POISON; runs];
        // Several tasks a thread, so that a slow run at the end does not leave the other threads idle for long.
        let fewest = if dim > LARGE_STATE { TILE } else { 64 };
        let per_task = (runs / (4 * rayon::current_num_threads())).clamp(fewest, RUNS_PER_TASK);
        let finished = states
            .par_chunks_mut(per_task * dim)
            .zip(stops.par_chunks_mut(per_task))
            .map(|(states, stops)| {
                batch.problem.descend(Chunk {
                    states,
                    stops,
                    precision: self.precision,
                    one_by_one: self.one_by_one,
                    cancel,
                })
            })
            .reduce(|| true, |a, b| a & b);
        if !finished {
            return Err(BackendError::Cancelled);
        }
        if !batch.keep_states {
            states = Vec::new();
        }
        Ok(Endpoints { stops, states })
    }
}
