//! Records: what consecutive runs of one cell have ended in. Records add, so that batches, parts of a folder and
//! restarts of the program combine to the record of a cell.

use crate::experiment::{Cell, Plan, Tally};
use crate::judge::classify::Found;
use crate::judge::family::Families;
use crate::judge::lead::Doubt;
use crate::landscape::theorem;
use crate::landscape::{Check, Outcome, Stop};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// How a run ended.
#[derive(Clone, Debug, PartialEq)]
pub struct End {
    /// Why and when it stopped.
    pub stop: Stop,
    /// Loss there.
    pub loss: f64,
    /// What it found.
    pub outcome: Outcome,
    /// Position of its family in [`Record::families`].
    pub family: Option<usize>,
    /// Why the outcome is undecided, if it is.
    pub doubt: Option<Doubt>,
    /// Steps of descent in f64 after the endpoint that it took to tell the outcome.
    pub continued: u32,
    /// Loss where the outcome was found, if that is not the endpoint.
    pub found_loss: Option<f64>,
}

/// How outcomes were told that the endpoints alone do not tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Telling {
    /// Undecided runs for each reason, in the order of [`Doubt::ALL`].
    pub doubts: [u64; Doubt::ALL.len()],
    /// Runs from whose endpoints descent went on in f64 until their outcome could be told.
    pub continued: u64,
    /// Most steps that it went on.
    pub longest: u32,
}

impl Telling {
    /// Of some runs.
    pub fn of<'a>(found: impl IntoIterator<Item = &'a Found>) -> Self {
        let mut telling = Telling::default();
        for found in found {
            for (count, doubt) in telling.doubts.iter_mut().zip(Doubt::ALL) {
                *count += u64::from(found.doubt == Some(doubt));
            }
            telling.continued += u64::from(found.continued > 0);
            telling.longest = telling.longest.max(found.continued);
        }
        telling
    }

    /// Adds that of other runs.
    pub fn add(&mut self, other: &Telling) {
        for (count, more) in self.doubts.iter_mut().zip(other.doubts) {
            *count += more;
        }
        self.continued += other.continued;
        self.longest = self.longest.max(other.longest);
    }
}

/// Runs of one cell that have ended: counts, families and checks, and details of each run as far as they were asked
/// for. The details are no part of the record's state in a file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// Index of the cell.
    pub cell: usize,
    /// The range in which the runs lie; all of it, unless some between are still to be made.
    pub runs: Range<u64>,
    /// What they ended in.
    pub tally: Tally,
    /// How outcomes were told that the endpoints alone do not tell.
    pub telling: Telling,
    /// The families that they ended in.
    pub families: Families,
    /// How each of the model's theorems has fared; empty unless [`Details::theorems`](super::run::Details::theorems).
    pub checks: Vec<Check>,
    /// How each run ended; empty unless [`Details::runs`](super::run::Details::runs).
    #[serde(skip)]
    pub ends: Vec<End>,
    /// The weights at the end, one run after another; empty unless
    /// [`Details::endpoints`](super::run::Details::endpoints).
    #[serde(skip)]
    pub states: Vec<f64>,
    /// The digit of each run's outcome; empty unless [`Details::outcomes`](super::run::Details::outcomes).
    #[serde(skip)]
    pub outcomes: Vec<u8>,
}

impl Record {
    /// The record of a cell before its first run.
    pub fn of_cell(cell: usize) -> Self {
        Record { cell, ..Record::default() }
    }

    /// Adds other runs of the cell, whose details follow those that are there.
    pub fn add(&mut self, other: Record) {
        let runs = if self.tally.runs() == 0 { &other.runs } else { &self.runs };
        self.runs = runs.start.min(other.runs.start)..runs.end.max(other.runs.end);
        self.tally.add(&other.tally);
        self.telling.add(&other.telling);
        let places: Vec<usize> = other.families.all().iter().map(|family| self.families.add(family.clone())).collect();
        theorem::merge(&mut self.checks, &other.checks);
        let moved = |end: End| End { family: end.family.and_then(|i| places.get(i).copied()), ..end };
        self.ends.extend(other.ends.into_iter().map(moved));
        self.states.extend(other.states);
        self.outcomes.extend(other.outcomes);
    }

    /// Whether the runs of another record are the next of the same cell.
    pub(crate) fn precedes(&self, other: &Record) -> bool {
        self.cell == other.cell && self.runs.end == other.runs.start
    }

    /// The state alone, without details.
    pub(crate) fn without_details(&self) -> Self {
        let Record { cell, tally, telling, .. } = *self;
        let (runs, families, checks) = (self.runs.clone(), self.families.clone(), self.checks.clone());
        Record { cell, runs, tally, telling, families, checks, ..Record::default() }
    }

    /// Whether a record that was read can be one of a plan: its counts make up its range, its families hold no more
    /// runs and lie in the cell's space, and where theorems are checked each was on every run.
    pub(crate) fn fits(&self, plan: &Plan, theorems: bool) -> bool {
        let Some(cell) = plan.cells.get(self.cell).map(Cell::lent) else { return false };
        let problem = &cell.problem;
        let checks = if theorems && !self.runs.is_empty() { problem.theorem_list().len() } else { 0 };
        let doubts = self.telling.doubts.iter().try_fold(0u64, |sum, count| sum.checked_add(*count));
        self.tally.covers(&self.runs)
            && doubts == Some(self.tally.count(Outcome::Undecided))
            && self.telling.continued <= self.tally.runs()
            && self.families.all().iter().all(|family| family.point.len() == problem.dim())
            && at_most(self.tally.runs(), self.families.all().iter().map(|family| family.count))
            && self.checks.len() == checks
            && self.checks.iter().all(|check| check.runs == self.tally.runs() && check.fits())
    }
}

/// Whether a sum of counts is no more than a number.
fn at_most(most: u64, counts: impl IntoIterator<Item = u64>) -> bool {
    counts.into_iter().try_fold(0u64, |sum, count| sum.checked_add(count)).is_some_and(|sum| sum <= most)
}
