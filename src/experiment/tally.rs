//! Counts of outcomes. Tallies add, so that batches, shards and restarts of the program combine in any order.

use crate::landscape::endpoint::{Outcome, Stop};

/// What some runs of one cell ended in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
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

    /// Runs counted.
    pub fn runs(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Runs of one outcome.
    pub fn count(&self, outcome: Outcome) -> u64 {
        Outcome::ALL.iter().zip(self.counts).find(|(o, _)| **o == outcome).map_or(0, |(_, count)| count)
    }
}
