//! Ranges of runs, cut into batches.

use crate::descent::backend::Backend;
use crate::experiment::Plan;
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
        let size = batch_runs(backend, &plan.cells[*cell].problem, batch);
        let starts = (range.start..range.end).step_by(size);
        starts.map(move |first| (*cell, first..range.end.min(first + size as u64)))
    })
}

/// Groups batches that run side by side.
pub(super) fn waves<'a>(
    plan: &'a Plan,
    backend: &'a dyn Backend,
    batch: usize,
    todo: &'a [(usize, Range<u64>)],
) -> impl Iterator<Item = Vec<(usize, Range<u64>)>> {
    let problem = |cell: usize| &plan.cells[cell].problem;
    let numbers = move |cell: usize, runs: u64| problem(cell).dim() as u64 * runs;
    let mut batches = batches(plan, backend, batch, todo);
    std::iter::from_fn(move || {
        let first = batches.next()?;
        // A wave holds about as much state as one batch that the backend likes.
        let room = numbers(first.0, backend.batch_size(problem(first.0)) as u64);
        let mut taken = numbers(first.0, first.1.end - first.1.start);
        let mut wave = vec![first];
        while taken < room {
            let Some(next) = batches.next() else { break };
            taken += numbers(next.0, next.1.end - next.1.start);
            wave.push(next);
        }
        Some(wave)
    })
}
