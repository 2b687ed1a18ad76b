//! Where a run stopped, why, and what it found.

use serde::{Deserialize, Serialize};

/// Why a run stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Status {
    /// It has not stopped: it was held on its way, and can go on.
    UnderWay = 0,
    /// A proof, tested inside the loop, that the run can only end in one outcome.
    Verdict = 1,
    /// Within tolerance of a known minimum, or come to rest: the gradient is too small to go on.
    Converged = 2,
    /// The step budget was spent.
    OutOfSteps = 3,
    /// The weights left every bound.
    Diverged = 4,
    /// A weight became NaN or infinite.
    NonFinite = 5,
}

impl Status {
    /// Every status of a run that has stopped, in the order of its code.
    pub const ALL: [Status; 5] =
        [Status::Verdict, Status::Converged, Status::OutOfSteps, Status::Diverged, Status::NonFinite];

    /// Name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Status::UnderWay => "under_way",
            Status::Verdict => "verdict",
            Status::Converged => "converged",
            Status::OutOfSteps => "out_of_steps",
            Status::Diverged => "diverged",
            Status::NonFinite => "non_finite",
        }
    }
}

/// What a run found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Outcome {
    /// The global minimum.
    Global = 1,
    /// A local minimum that is not global.
    Spurious = 2,
    /// A critical point that is not a minimum.
    Saddle = 3,
    /// The budget was spent on a slow path towards the global minimum; the model says which, and what is proven of it.
    Slow = 4,
    /// The budget was spent, or the curvature too weak, before the outcome was known.
    Undecided = 5,
    /// The weights left every bound.
    Diverged = 6,
    /// A weight became NaN or infinite.
    NonFinite = 7,
}

impl Outcome {
    /// Every outcome, in the order of tables.
    pub const ALL: [Outcome; 7] = [
        Outcome::Global,
        Outcome::Spurious,
        Outcome::Saddle,
        Outcome::Slow,
        Outcome::Undecided,
        Outcome::Diverged,
        Outcome::NonFinite,
    ];

    /// Name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Global => "global",
            Outcome::Spurious => "spurious",
            Outcome::Saddle => "saddle",
            Outcome::Slow => "slow",
            Outcome::Undecided => "undecided",
            Outcome::Diverged => "diverged",
            Outcome::NonFinite => "non_finite",
        }
    }

    /// The outcome of a given name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|o| o.name() == name)
    }
}

/// Why and when a run stopped, and the outcome that was found inside the loop, if any.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stop {
    /// Why.
    pub status: Status,
    /// Gradient steps taken.
    pub steps: u32,
    /// The outcome found by verdict or convergence.
    pub found: Option<Outcome>,
}

impl Stop {
    /// A run before its first step.
    pub const START: Stop = Stop::under_way(0);

    /// A run that has taken so many steps and goes on.
    pub const fn under_way(steps: u32) -> Self {
        Stop { status: Status::UnderWay, steps, found: None }
    }

    /// Whether the run has ended.
    pub fn has_ended(&self) -> bool {
        self.status != Status::UnderWay
    }

    /// The code that stands for a status and a found outcome on every backend: `256 · status + outcome`; 0 for a run
    /// under way.
    pub const fn code(status: Status, found: Option<Outcome>) -> u32 {
        (status as u32) << 8
            | match found {
                Some(outcome) => outcome as u32,
                None => 0,
            }
    }

    /// Reads a code back. An unknown code is read as `non_finite`, which no backend reports by itself.
    pub fn from_code(code: u32, steps: u32) -> Self {
        if code == 0 {
            return Stop::under_way(steps);
        }
        // Codes count from 1 in the order of the lists.
        let place = |code: u32| (code as usize).wrapping_sub(1);
        let status = Status::ALL.get(place(code >> 8)).copied().unwrap_or(Status::NonFinite);
        let found = Outcome::ALL.get(place(code & 0xff)).copied();
        Stop { status, steps, found }
    }

    /// Tells `non_finite` from `diverged` by looking at the weights: the loop itself only sees that no bound holds.
    pub fn checked(mut self, state: &[f64]) -> Self {
        if self.status == Status::Diverged && state.iter().any(|x| !x.is_finite()) {
            self.status = Status::NonFinite;
        }
        self
    }

    /// What the run found as far as the descent itself knows: undecided for a run that came to rest and is yet to be
    /// classified.
    pub fn outcome(&self) -> Outcome {
        match self.status {
            Status::Verdict | Status::Converged => self.found.unwrap_or(Outcome::Undecided),
            Status::UnderWay | Status::OutOfSteps => Outcome::Undecided,
            Status::Diverged => Outcome::Diverged,
            Status::NonFinite => Outcome::NonFinite,
        }
    }
}

/// Endpoints of a batch of runs, and where those stand that were held on their way.
#[derive(Clone, Debug, PartialEq)]
pub struct Endpoints {
    /// Why, when and with what each run stopped.
    pub stops: Vec<Stop>,
    /// The weights at the end, one run after another; empty if the batch did not ask for them and all runs have ended.
    pub states: Vec<f64>,
}
