//! Ranges of runs, cut into batches.

use crate::descent::backend::Backend;
use crate::experiment::{Cell, Plan};
use crate::landscape::Problem;
use std::ops::Range;

/// Runs in a batch of a cell: as many as are asked for and the backend can take, or as it likes for 0.
pub fn batch_runs(backend: &dyn Backend, problem: &Problem, asked: usize) -> usize {
    if asked == 0 { backend.batch_size(problem) } else { asked.min(backend.largest_batch(problem)) }
}

/// Cuts ranges into batches.
pub(super) fn batches<'a>(
    plan: &'a Plan,
    backend: &'a dyn Backend,
    batch: usize,
    todo: &'a [(usize, Range<u64>)],
) -> impl Iterator<Item = (usize, Range<u64>)> {
    todo.iter().flat_map(move |(cell, range)| {
        let size = batch_runs(backend, &plan.cells[*cell].lent().problem, batch);
        let starts = (range.start..range.end).step_by(size);
        starts.map(move |first| (*cell, first..range.end.min(first + size as u64)))
    })
}

/// Most batches of a wave: of cells with few runs the batches themselves would fill the memory.
pub const MOST_BATCHES: usize = 1 << 14;

/// Groups batches that run side by side.
pub(super) fn waves<'a>(
    plan: &'a Plan,
    backend: &'a dyn Backend,
    batch: usize,
    todo: &'a [(usize, Range<u64>)],
) -> impl Iterator<Item = Vec<(usize, Range<u64>)>> {
    let numbers = move |cell: &Cell, runs: u64| cell.problem.dim() as u64 * runs;
    let mut batches = batches(plan, backend, batch, todo);
    std::iter::from_fn(move || {
        let first = batches.next()?;
        // A wave holds about as much state as one batch that the backend likes.
        let cell = plan.cells[first.0].lent();
        let room = numbers(&cell, backend.batch_size(&cell.problem) as u64);
        let mut taken = numbers(&cell, first.1.end - first.1.start);
        let mut wave = vec![first];
        while taken < room && wave.len() < MOST_BATCHES {
            let Some(next) = batches.next() else { break };
            taken += numbers(&plan.cells[next.0].lent(), next.1.end - next.1.start);
            wave.push(next);
        }
        Some(wave)
    })
}
