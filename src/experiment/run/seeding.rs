//! Starts of a batch, drawn in parallel before the backend takes them, with what the model's theorems say of them.

use super::Details;
use super::underway::Underway;
use crate::experiment::Plan;
use crate::landscape::{Claim, Stop};
use rayon::prelude::*;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};

/// Numbers of start that one task draws.
const SEEDED_NUMBERS: usize = 1 << 16;

/// Draws the starts of a batch; `None` if `cancel` was raised.
pub(super) fn seed<'a>(
    plan: &'a Plan,
    (cell, runs): (usize, &Range<u64>),
    details: Details,
    cancel: &AtomicBool,
) -> Option<Underway<'a>> {
    let cell = plan.cells[cell].lent();
    let (dim, start_dim) = (cell.problem.dim(), cell.problem.start_dim());
    let count = (runs.end - runs.start) as usize;
    let per_task = (SEEDED_NUMBERS / start_dim).clamp(1, 1024);
    let mut states = vec![0.0; count * dim];
    // What stays on the host is drawn only where it is needed later.
    let mut whole = vec![0.0; if details.any() { count * start_dim } else { 0 }];
    let draw = |task: usize, width: usize, starts: &mut [f64]| {
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
    // What may be unseeded is never advanced.
    if cancel.load(Ordering::Relaxed) {
        return None;
    }
    Some(Underway { cell, runs: vec![runs.clone()], whole, states, stops: vec![Stop::START; count], claims })
}
