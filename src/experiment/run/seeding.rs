//! Starts of a batch, drawn in parallel before the backend takes them, with what the model's theorems say of them.

use super::Details;
use crate::experiment::{Cell, Plan};
use crate::landscape::Claim;
use rayon::prelude::*;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};

/// Numbers of start that one task draws.
const SEEDED_NUMBERS: usize = 1 << 16;

/// A batch that waits for the backend.
pub(super) struct Seeded<'a> {
    pub(super) cell: &'a Cell,
    pub(super) runs: Range<u64>,
    /// Starts with what stays on the host; empty if that is not needed later.
    pub(super) whole: Vec<f64>,
    pub(super) states: Vec<f64>,
    /// What each theorem says of each start; empty if none is checked.
    pub(super) claims: Vec<Claim>,
}

/// Draws the starts of a batch.
pub(super) fn seed<'a>(
    plan: &'a Plan,
    (cell, runs): &(usize, Range<u64>),
    details: Details,
    cancel: &AtomicBool,
) -> Seeded<'a> {
    let cell = &plan.cells[*cell];
    let (dim, start_dim) = (cell.problem.dim(), cell.problem.start_dim());
    let count = (runs.end - runs.start) as usize;
    let per_task = (SEEDED_NUMBERS / start_dim).clamp(1, 1024);
    let mut states = vec![0.0; count * dim];
    // What stays on the host is drawn only where it is needed later.
    let mut whole = vec![0.0; if details.any() { count * start_dim } else { 0 }];
    let draw = |task: usize, width: usize, starts: &mut [f64]| {
        // What is left unseeded is never advanced: the backend looks at the same wish to stop first.
        if !cancel.load(Ordering::Relaxed) {
            cell.starts(runs.start + (task * per_task) as u64, width, starts);
        }
    };
    let tasks = states.par_chunks_mut(per_task * dim).enumerate();
    if details.any() {
        tasks.zip(whole.par_chunks_mut(per_task * start_dim)).for_each(|((task, states), whole)| {
            draw(task, start_dim, whole);
            for (state, start) in states.chunks_exact_mut(dim).zip(whole.chunks_exact(start_dim)) {
                state.copy_from_slice(&start[..dim]);
            }
        });
    } else {
        tasks.for_each(|(task, states)| draw(task, dim, states));
    }
    let theorems = if details.theorems { cell.problem.theorem_list().len() } else { 0 };
    let mut claims = vec![Claim::default(); count * theorems];
    if let Some(of_starts) = cell.problem.theorems().filter(|_| theorems > 0) {
        let each = claims.par_chunks_mut(theorems).zip(states.par_chunks(dim)).with_min_len(per_task);
        each.for_each(|(claims, state)| of_starts.claim(state, claims));
    }
    Seeded { cell, runs: runs.clone(), whole, states, claims }
}
