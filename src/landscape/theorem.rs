//! Theorems: what they say of starts, held against what descent does.
//!
//! A model lists its theorems as [`Theorem`]s. For a start each makes a [`Claim`]: nothing, an outcome in which the run
//! must end, or that a statement about the start is true. [`Check`] counts how the claims fare. A theorem has no
//! exceptions, so a single broken claim is a finding: about the program, its arithmetic, or the theorem.

use crate::landscape::Outcome;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// A theorem about starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Theorem {
    /// Name in tables.
    pub name: &'static str,
    /// The outcome in which it says that runs end; `None` for a statement about the start itself.
    pub outcome: Option<Outcome>,
    /// The statement, one sentence.
    pub about: &'static str,
}

impl Theorem {
    /// What it speaks of, for tables: an outcome, or `start`.
    pub fn subject(&self) -> &'static str {
        self.outcome.map_or("start", Outcome::name)
    }
}

/// What a theorem says of one start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Claim {
    /// Nothing: its conditions do not hold.
    #[default]
    Silent,
    /// Nothing: the draw is one of those, of probability 0 in general, that it leaves out.
    Degenerate,
    /// A statement about the start, true or not.
    Holds(bool),
    /// The run ends in this outcome.
    Ends(Outcome),
}

/// How a theorem's claims about the runs of a cell have fared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// Runs that were looked at.
    pub runs: u64,
    /// Runs of which it says something.
    pub met: u64,
    /// Degenerate draws.
    pub degenerate: u64,
    /// Claims that came true.
    pub kept: u64,
    /// Claims about runs whose budget was spent first.
    pub undecided: u64,
    /// Claims that did not.
    pub violated: u64,
    /// The first run of these.
    pub first_violation: Option<u64>,
}

impl Check {
    /// Adds a run with what was claimed of it and what it found.
    pub fn add(&mut self, run: u64, claim: Claim, found: Outcome) {
        self.runs += 1;
        let kept = match claim {
            Claim::Silent => return,
            Claim::Degenerate => {
                self.degenerate += 1;
                return;
            }
            Claim::Holds(holds) => holds,
            // Slow runs have spent their budget too.
            Claim::Ends(_) if matches!(found, Outcome::Undecided | Outcome::Slow) => {
                self.met += 1;
                self.undecided += 1;
                return;
            }
            Claim::Ends(outcome) => outcome == found,
        };
        self.met += 1;
        if kept {
            self.kept += 1;
        } else {
            self.violated += 1;
            self.first_violation = Some(self.first_violation.map_or(run, |first| first.min(run)));
        }
    }

    /// Whether a check that was read can be one: no count is larger than that of the runs.
    pub(crate) fn fits(&self) -> bool {
        [self.met, self.degenerate, self.kept, self.undecided, self.violated].iter().all(|count| *count <= self.runs)
    }

    /// Adds the runs of another check of the same theorem.
    pub fn merge(&mut self, other: &Check) {
        self.runs += other.runs;
        self.met += other.met;
        self.degenerate += other.degenerate;
        self.kept += other.kept;
        self.undecided += other.undecided;
        self.violated += other.violated;
        self.first_violation = [self.first_violation, other.first_violation].into_iter().flatten().min();
    }
}

/// Counts the claims of some runs: `claims` holds as many of each run as there are theorems, run after run.
pub(crate) fn count(theorems: usize, runs: Range<u64>, claims: &[Claim], found: &[Outcome]) -> Vec<Check> {
    let mut checks = vec![Check::default(); theorems];
    for ((run, claims), found) in runs.zip(claims.chunks_exact(theorems.max(1))).zip(found) {
        checks.iter_mut().zip(claims).for_each(|(check, claim)| check.add(run, *claim, *found));
    }
    checks
}

/// Adds the checks of other runs, theorem by theorem.
pub(crate) fn merge(checks: &mut Vec<Check>, others: &[Check]) {
    checks.resize(checks.len().max(others.len()), Check::default());
    checks.iter_mut().zip(others).for_each(|(check, other)| check.merge(other));
}
