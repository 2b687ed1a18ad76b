//! From runs that have ended to their record.

use super::Details;
use super::underway::{Held, Underway};
use crate::experiment::paired::to_byte;
use crate::experiment::record::{End, Telling};
use crate::experiment::{Cell, Record, Tally};
use crate::judge::classify::{Classifier, Found, Judged};
use crate::landscape::theorem;
use rayon::prelude::*;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};

/// The record of consecutive runs that have ended; themselves, if `cancel` was raised while an endpoint took long.
pub(super) fn judge<'a>(
    ended: Underway<'a>,
    classifiers: &Classifiers,
    details: Details,
    cancel: &AtomicBool,
) -> Result<Record, Box<Underway<'a>>> {
    let runs = ended.runs[0].start..ended.runs[ended.runs.len() - 1].end;
    let classifier = classifiers.of(&ended.cell);
    let judged = classifier.judge(&ended.cell.problem, &ended.states, &ended.stops, runs.clone(), cancel);
    let Some(Judged { outcomes, more, families, places }) = judged else { return Err(Box::new(ended)) };
    classifiers.leave(&ended.cell, &runs);
    let Underway { cell, whole, states, stops, claims, .. } = ended;
    let problem = &cell.problem;
    let (dim, start_dim) = (problem.dim(), problem.start_dim());
    let state = |run: usize| states.get(run * dim..(run + 1) * dim).unwrap_or_default();
    let tally = Tally::of(stops.iter().zip(outcomes.iter().copied()));
    let telling = Telling::of(more.iter().map(|(_, found)| found));
    let theorems = if details.theorems { problem.theorem_list().len() } else { 0 };
    let checks = theorem::count(theorems, runs.clone(), &claims, &outcomes);
    let end = |run: usize| {
        let (stop, outcome) = (stops[run], outcomes[run]);
        let loss = problem.endpoint_loss(&whole[run * start_dim..][..start_dim], state(run), stop.steps);
        let end = End { stop, loss, outcome, family: None, doubt: None, continued: 0, found_loss: None };
        let Ok(place) = more.binary_search_by_key(&run, |(run, _)| *run) else { return end };
        let Found { doubt, continued, loss: found_loss, .. } = more[place].1;
        End { family: places[place], doubt, continued, found_loss, ..end }
    };
    let kept = if details.runs { (0..stops.len()).into_par_iter().map(end).collect() } else { Vec::new() };
    let states = if details.endpoints { states } else { Vec::new() };
    let outcomes = if details.outcomes { outcomes.into_iter().map(to_byte).collect() } else { Vec::new() };
    Ok(Record { cell: cell.index, runs, tally, telling, families, checks, ends: kept, states, outcomes })
}

/// Classifiers of the cells at work: each from the first batch of its cell to the last.
pub(super) struct Classifiers {
    /// Runs of each cell that are still to be classified.
    left: Mutex<HashMap<usize, u64>>,
    at_work: Mutex<HashMap<usize, Arc<Classifier>>>,
}

impl Classifiers {
    pub(super) fn new(todo: &[(usize, Range<u64>)], held: &[Held<'_>]) -> Self {
        let mut left = HashMap::with_capacity(todo.len());
        for (cell, runs) in todo {
            *left.entry(*cell).or_default() += runs.end - runs.start;
        }
        for held in held {
            *left.entry(held.cell).or_default() += held.count();
        }
        Classifiers { left: Mutex::new(left), at_work: Mutex::default() }
    }

    /// The classifier for a batch of a cell; of several batches it is the same.
    fn of(&self, cell: &Cell) -> Arc<Classifier> {
        let mut at_work = self.at_work.lock().unwrap_or_else(PoisonError::into_inner);
        at_work.entry(cell.index).or_insert_with(|| Arc::new(Classifier::new(&cell.problem))).clone()
    }

    /// Notes that runs of a cell were classified, the last of which needs the classifier no more.
    fn leave(&self, cell: &Cell, runs: &Range<u64>) {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let mut at_work = self.at_work.lock().unwrap_or_else(PoisonError::into_inner);
        let more = left.get_mut(&cell.index).is_some_and(|left| {
            *left = left.saturating_sub(runs.end - runs.start);
            *left > 0
        });
        if !more {
            left.remove(&cell.index);
            at_work.remove(&cell.index);
        }
    }
}
