//! Runs on their way: seeded, advanced by a backend until they end or are held, and told apart then.

use super::Details;
use super::seeding::seed;
use crate::descent::backend::{Backend, BackendError, Batch};
use crate::experiment::{Cell, Plan};
use crate::landscape::{Claim, Stop};
use std::borrow::Cow;
use std::ops::Range;
use std::sync::atomic::AtomicBool;

/// Runs of one cell that were held on their way, and those between them that have ended and are not judged yet: all
/// that a later process needs to go on from there.
#[derive(Clone, Debug, PartialEq)]
pub struct Held<'a> {
    /// Index of the cell.
    pub cell: usize,
    /// The runs, in order.
    pub runs: Cow<'a, [Range<u64>]>,
    /// How far each has come, or where and why it stopped.
    pub stops: Cow<'a, [Stop]>,
    /// Their states, one run after another.
    pub states: Cow<'a, [f64]>,
}

impl Held<'_> {
    /// Number of runs.
    pub fn count(&self) -> u64 {
        self.runs.iter().map(|range| range.end - range.start).sum()
    }

    /// Runs that have not ended.
    pub fn open(&self) -> u64 {
        self.stops.iter().filter(|stop| !stop.has_ended()).count() as u64
    }

    /// Steps that those have taken which have not ended.
    pub fn steps(&self) -> u64 {
        self.stops.iter().filter(|stop| !stop.has_ended()).map(|stop| u64::from(stop.steps)).sum()
    }

    /// Whether what was read can be runs of a plan.
    pub fn fits(&self, plan: &Plan) -> bool {
        let Some(cell) = plan.cells.get(self.cell).map(Cell::lent) else { return false };
        let in_order = self.runs.iter().all(|range| range.start < range.end)
            && self.runs.windows(2).all(|pair| pair[0].end <= pair[1].start)
            && self.runs.last().is_some_and(|last| last.end <= cell.runs);
        let budget = cell.problem.rule().max_steps;
        in_order
            && self.stops.len() as u64 == self.count()
            && self.states.len() == self.stops.len() * cell.problem.dim()
            && self.stops.iter().all(|stop| stop.steps <= budget)
    }

    /// What of it is in none of some ranges of its cell; `None` if that is nothing.
    pub fn without(self, done: &[Range<u64>]) -> Option<Self> {
        let (first, last) = (self.runs.first()?.start, self.runs.last()?.end);
        let done: Vec<&Range<u64>> = done.iter().filter(|range| range.start < last && first < range.end).collect();
        if done.is_empty() {
            return Some(self);
        }
        let dim = self.states.len() / self.stops.len().max(1);
        let (mut runs, mut stops, mut states) = (Vec::new(), Vec::new(), Vec::new());
        let all = self.runs.iter().cloned().flatten();
        for ((run, stop), state) in all.zip(self.stops.iter()).zip(self.states.chunks_exact(dim.max(1))) {
            if !done.iter().any(|range| range.contains(&run)) {
                push(&mut runs, run..run + 1);
                stops.push(*stop);
                states.extend_from_slice(state);
            }
        }
        let left = Held { cell: self.cell, runs: runs.into(), stops: stops.into(), states: states.into() };
        (!left.stops.is_empty()).then_some(left)
    }
}

/// Appends a range to others, and joins it to the last where it goes on from there.
fn push(ranges: &mut Vec<Range<u64>>, range: Range<u64>) {
    match ranges.last_mut().filter(|last| last.end == range.start) {
        Some(last) => last.end = range.end,
        None => ranges.push(range),
    }
}

/// Fewest consecutive runs that are judged before the rest of their batch has ended: of fewer each record would cost
/// more than what it holds.
const FEWEST: usize = 256;

/// Runs of one cell on their way.
pub(super) struct Underway<'a> {
    pub(super) cell: Cow<'a, Cell>,
    pub(super) runs: Vec<Range<u64>>,
    /// Starts with what stays on the host; empty if that is not needed later.
    pub(super) whole: Vec<f64>,
    /// States, which may be missing once all runs have ended.
    pub(super) states: Vec<f64>,
    pub(super) stops: Vec<Stop>,
    /// What each theorem says of each start; empty if none is checked.
    pub(super) claims: Vec<Claim>,
}

impl<'a> Underway<'a> {
    /// Goes on with runs that were held.
    pub(super) fn resume(plan: &'a Plan, held: Held<'_>, details: Details) -> Self {
        let Held { cell, runs, stops, states } = held;
        let (runs, stops, states) = (runs.into_owned(), stops.into_owned(), states.into_owned());
        let (mut whole, mut claims) = (Vec::new(), Vec::new());
        if details.any() || details.theorems {
            let never = AtomicBool::new(false);
            for seeded in runs.iter().filter_map(|runs| seed(plan, (cell, runs), details, &never)) {
                whole.extend(seeded.whole);
                claims.extend(seeded.claims);
            }
        }
        Underway { cell: plan.cells[cell].lent(), runs, whole, states, stops, claims }
    }

    /// Whether all runs have ended.
    pub(super) fn has_ended(&self) -> bool {
        self.stops.iter().all(Stop::has_ended)
    }

    /// Numbers of state.
    pub(super) fn numbers(&self) -> u64 {
        (self.stops.len() * self.cell.problem.dim()) as u64
    }

    /// Advances the runs until all have ended, or `hold` is raised; `keep` their states in any case.
    pub(super) fn advance(
        mut self,
        backend: &dyn Backend,
        keep: bool,
        hold: &AtomicBool,
    ) -> Result<Self, BackendError> {
        let problem = &self.cell.problem;
        let (dim, of) = (problem.dim(), self.cell.runs);
        let keep_states = keep || problem.rest().is_some() || problem.slow_paths().is_some();
        if self.has_ended() {
            return Ok(self);
        }
        // Those that begin have no steps behind them.
        let begin = self.stops.iter().all(|stop| *stop == Stop::START);
        if begin || !self.stops.iter().any(Stop::has_ended) {
            let taken = if begin { Vec::new() } else { self.stops.iter().map(|stop| stop.steps).collect() };
            let states = std::mem::take(&mut self.states);
            let ends = backend.advance(Batch { problem, states, taken, of, keep_states }, hold)?;
            (self.stops, self.states) = (ends.stops, ends.states);
            return Ok(self);
        }
        let open: Vec<usize> = (0..self.stops.len()).filter(|run| !self.stops[*run].has_ended()).collect();
        let taken = open.iter().map(|run| self.stops[*run].steps).collect();
        let states = open.iter().flat_map(|run| &self.states[run * dim..][..dim]).copied().collect();
        let ends = backend.advance(Batch { problem, states, taken, of, keep_states: true }, hold)?;
        for ((run, stop), state) in open.into_iter().zip(ends.stops).zip(ends.states.chunks_exact(dim)) {
            self.stops[run] = stop;
            self.states[run * dim..][..dim].copy_from_slice(state);
        }
        Ok(self)
    }

    /// What can be judged, range by range, and what goes on.
    pub(super) fn split(self) -> (Vec<Self>, Option<Self>) {
        if self.has_ended() && self.runs.len() == 1 {
            return (vec![self], None);
        }
        let mut ended: Vec<Range<usize>> = Vec::new();
        let mut first = 0;
        for range in &self.runs {
            let beyond = first + (range.end - range.start) as usize;
            let mut at = first;
            while at < beyond {
                let open = |stop: &Stop| !stop.has_ended();
                let begin = at + self.stops[at..beyond].iter().take_while(|stop| open(stop)).count();
                at = begin + self.stops[begin..beyond].iter().take_while(|stop| !open(stop)).count();
                if at - begin >= FEWEST || (begin, at) == (first, beyond) {
                    ended.push(begin..at);
                }
            }
            first = beyond;
        }
        let mut rest: Vec<Range<usize>> = Vec::new();
        let mut at = 0;
        for range in ended.iter().chain([&(self.stops.len()..self.stops.len())]) {
            rest.extend((at < range.start).then_some(at..range.start));
            at = range.end;
        }
        let whole = ended.iter().map(|range| self.part(std::slice::from_ref(range))).collect();
        (whole, (!rest.is_empty()).then(|| self.part(&rest)))
    }

    /// Some of the runs, by their positions.
    fn part(&self, positions: &[Range<usize>]) -> Self {
        let runs = self.stops.len();
        /// The rows of these runs, of a table that has one for each run or none at all.
        fn rows<T: Clone>(all: &[T], runs: usize, positions: &[Range<usize>]) -> Vec<T> {
            let width = all.len() / runs.max(1);
            positions.iter().flat_map(|range| &all[range.start * width..range.end * width]).cloned().collect()
        }
        let mut numbers: Vec<Range<u64>> = Vec::new();
        for wanted in positions {
            let mut first = 0;
            for range in &self.runs {
                let beyond = first + (range.end - range.start) as usize;
                let (from, to) = (wanted.start.max(first), wanted.end.min(beyond));
                if from < to {
                    push(&mut numbers, range.start + (from - first) as u64..range.start + (to - first) as u64);
                }
                first = beyond;
            }
        }
        Underway {
            cell: self.cell.clone(),
            runs: numbers,
            whole: rows(&self.whole, runs, positions),
            states: rows(&self.states, runs, positions),
            stops: rows(&self.stops, runs, positions),
            claims: rows(&self.claims, runs, positions),
        }
    }

    /// What is to be kept of it; `None` if no run has taken a step, so that nothing is lost.
    pub(super) fn held(&self) -> Option<Held<'_>> {
        let Underway { cell, runs, states, stops, .. } = self;
        let moved = stops.iter().any(|stop| *stop != Stop::START);
        let held = || Held { cell: cell.index, runs: runs.into(), stops: stops.into(), states: states.into() };
        (moved && states.len() == stops.len() * cell.problem.dim()).then(held)
    }
}
