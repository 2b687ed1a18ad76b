//! Counts of outcomes. Tallies add, so that batches, shards and restarts of the program combine in any order.

use crate::landscape::{Outcome, Stop};
use serde::{Deserialize, Serialize};
use std::iter::Sum;
use std::ops::Range;

/// What some runs of one cell ended in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tally {
    /// Runs of each outcome, in the order of [`Outcome::ALL`].
    pub counts: [u64; Outcome::ALL.len()],
    /// Gradient steps of all runs together.
    pub steps: u64,
    /// Gradient steps of the longest run.
    pub longest: u32,
}

impl Tally {
    /// Counts runs that have stopped, with what each has found.
    pub fn of<'a>(ends: impl IntoIterator<Item = (&'a Stop, Outcome)>) -> Self {
        let mut tally = Tally::default();
        for (stop, outcome) in ends {
            for (count, candidate) in tally.counts.iter_mut().zip(Outcome::ALL) {
                *count += u64::from(candidate == outcome);
            }
            tally.steps += u64::from(stop.steps);
            tally.longest = tally.longest.max(stop.steps);
        }
        tally
    }

    /// Adds the runs of another tally.
    pub fn add(&mut self, other: &Tally) {
        for (count, more) in self.counts.iter_mut().zip(other.counts) {
            *count += more;
        }
        self.steps += other.steps;
        self.longest = self.longest.max(other.longest);
    }

    /// Whether as many runs are counted as a range holds, with no more steps than the longest of them allows.
    pub(crate) fn covers(&self, runs: &Range<u64>) -> bool {
        let sum = self.counts.iter().try_fold(0u64, |sum, count| sum.checked_add(*count));
        let most = sum.map_or(0, |sum| u128::from(sum) * u128::from(self.longest));
        sum.is_some() && sum == runs.end.checked_sub(runs.start) && u128::from(self.steps) <= most
    }

    /// Runs counted.
    pub fn runs(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Runs of one outcome.
    pub fn count(&self, outcome: Outcome) -> u64 {
        Outcome::ALL.iter().zip(self.counts).find(|(o, _)| **o == outcome).map_or(0, |(_, count)| count)
    }

    /// Runs that may yet end in an outcome, for all that is known: undecided ones, and for `global` slow ones too.
    pub fn open(&self, outcome: Outcome) -> u64 {
        let open = |other: Outcome| if other == outcome { 0 } else { self.count(other) };
        open(Outcome::Undecided) + if outcome == Outcome::Global { open(Outcome::Slow) } else { 0 }
    }
}

impl<'a> Sum<&'a Tally> for Tally {
    fn sum<I: Iterator<Item = &'a Tally>>(tallies: I) -> Self {
        let mut all = Tally::default();
        tallies.for_each(|tally| all.add(tally));
        all
    }
}
