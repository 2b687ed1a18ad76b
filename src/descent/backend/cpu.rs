//! The CPU: threads, and in each thread vectors of runs side by side.

use super::{Backend, BackendError, Batch, check_range};
use crate::landscape::{Endpoints, Invalid, Problem, Queue, Stop, Work};
use crate::numerics::Precision;
use crate::numerics::real::wide;
use rayon::prelude::*;
use std::sync::atomic::AtomicBool;

/// Runs that a thread takes from a batch at once, at most.
const BLOCK: usize = 256;

/// Runs in a batch; a batch is also what an interrupted experiment may lose.
const BATCH: usize = 1 << 18;

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

    /// A backend that advances one run at a time, without vectors; slower, with the same results.
    pub fn one_by_one(precision: Precision) -> Self {
        Cpu { precision, one_by_one: true }
    }

    /// Advances runs under way until they have taken `budget` steps, or to their ends, `states` and `stops` with them:
    /// on all threads of the pool if `together`, else on this one. Returns whether all have ended, which those have not
    /// that were held.
    pub fn advance_all(
        &self,
        problem: &Problem,
        (states, stops): (&mut [f64], &mut [Stop]),
        budget: Option<u32>,
        together: bool,
        hold: &AtomicBool,
    ) -> bool {
        let dim = problem.dim();
        let runs = stops.len();
        let threads = if together { rayon::current_num_threads() } else { 1 };
        let share = runs.div_ceil(threads);
        let block = (share / 8).clamp(wide::widest(self.precision), BLOCK);
        let queue = Queue::new(states, stops, dim, block, share);
        let work = Work { queue: &queue, precision: self.precision, one_by_one: self.one_by_one, budget, hold };
        if together {
            let each = (0..threads).into_par_iter().with_max_len(1).map(|_| problem.descend(work));
            each.reduce(|| true, |a, b| a & b)
        } else {
            problem.descend(work)
        }
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

    fn batch_size(&self, problem: &Problem) -> usize {
        let work = problem.cost(self.precision).iterations.max(1) as usize;
        (BATCH_NUMBERS / problem.dim()).min(BATCH_WORK / work).clamp(32, BATCH)
    }

    fn largest_batch(&self, problem: &Problem) -> usize {
        (LARGEST_NUMBERS / problem.dim()).max(1)
    }

    fn fits(&self, problem: &Problem) -> Result<(), Invalid> {
        check_range(&problem.program(self.precision), self.precision)
    }

    fn in_flight(&self) -> usize {
        0
    }

    fn batch_bytes(&self, _problem: &Problem, runs: usize) -> usize {
        runs * size_of::<Stop>()
    }

    fn advance(&self, mut batch: Batch<'_>, hold: &AtomicBool) -> Result<Endpoints, BackendError> {
        batch.lengthen(self.precision);
        let mut stops = batch.under_way();
        let Batch { problem, mut states, keep_states, .. } = batch;
        let ended = self.advance_all(problem, (&mut states, &mut stops), None, true, hold);
        if ended && !keep_states {
            states = Vec::new();
        }
        Ok(Endpoints { stops, states })
    }
}
