//! How many runs a cell takes where a precision, or a time, is wanted instead of a number: a sample in two stages.
//! Pure.
//!
//! A *pilot* decides the number n of runs; then the runs 0 … n−1 of the cell are made, exactly as for `per_cell = n`,
//! and they alone are counted. The pilot has starts of its own
//! ([`CellSeed::pilot`](crate::numerics::seed::CellSeed::pilot)) and none of its runs is among the cell's.
//!
//! **Why the interval stays honest.** Let p be the probability and C(K, n) the Clopper-Pearson interval after K hits in
//! n runs. Given the pilot, n is a constant and the runs are independent of it, so P(p ∈ C(K, n) | pilot) ≥ L whatever
//! n is; the mean over pilots is at least L too. Nothing needs correcting. Stopping when the interval of the runs
//! themselves looks narrow does not have this property: it stops too early just where the runs so far mislead.
//!
//! The idea of two stages is Stein's (C. Stein, "A two-sample test for a linear hypothesis whose power is independent
//! of the variance", Ann. Math. Statist. 16 (1945) 243-258). He keeps the first sample's observations; for a proportion
//! they would tie n to the outcome, so here they are dropped, which costs a few percent and makes the proof the one
//! line above.
//!
//! **Size.** After m pilot runs with k hits let [a, b] be the Clopper-Pearson interval of level [`PILOT_LEVEL`]. n is
//! the least number whose interval at the worst share in [a, b] is as narrow as wanted: at the share nearest to 1/2 for
//! a half-width h, at a for a half-width of r times the estimate. A cell can miss its wish only where the pilot's
//! interval misses p, or nearly so.
//!
//! **Price.** The pilot doubles as long as doubling pays: while the runs that a larger pilot, with the same share of
//! hits, would save are more than the runs it takes. Where the most runs, or the time, decide, it stops at about
//! 1/[`SHARE`] of them. Pilot and surplus together, beyond the least number that would do for the true p: for a
//! half-width of 0.001, 0.1 % at p = 1/2, 4 % at 0.3, 12 % at 0.1, and some thousands of runs near 0 and 1, where least
//! are needed; for a relative half-width of 0.05 of a rare outcome, whose frequency is hard to know in advance, 40 %. A
//! coarser wish costs relatively more, of fewer runs.
//!
//! **Time.** The pilot also measures the rate of its last stage, and n is at most rate × seconds. The clock is read
//! before the first counted run, never after one, so the argument above holds; but n then depends on the machine.

use crate::numerics::interval::exact_half_width;
use crate::numerics::normal;
use crate::numerics::{Interval, Method};
use serde::{Deserialize, Serialize};

/// Confidence level of what a pilot says of the probability: of 1,000 cells about one is larger or smaller than it
/// allows for.
pub const PILOT_LEVEL: f64 = 0.999;

/// The pilot is not larger than the cell's runs divided by this, where another limit than the half-width decides.
pub const SHARE: u64 = 32;

/// Doublings for which a pilot looks ahead: the first may not pay where only a later one gets below the most runs.
const AHEAD: u32 = 4;

/// Runs of the smallest pilot.
const SMALLEST: u64 = 32;

/// Runs of the first stage where time counts: nothing is known yet of how long one takes.
const SMALLEST_TIMED: u64 = 8;

/// Runs of the largest first stage: where probabilities near 0 and 1 begin to show.
const LARGEST_FIRST: u64 = 1000;

/// Most runs of a cell where the experiment does not say.
pub const DEFAULT_MOST: u64 = 1_000_000_000;

/// How narrow an interval should be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Width {
    /// Half-width.
    Absolute(f64),
    /// Half-width divided by the estimate.
    Relative(f64),
}

impl Width {
    /// The half-width wanted of an interval around an estimate.
    pub fn around(self, estimate: f64) -> f64 {
        match self {
            Width::Absolute(half_width) => half_width,
            Width::Relative(ratio) => ratio * estimate,
        }
    }

    /// The probability inside an interval for which the most runs are needed.
    pub fn worst(self, interval: Interval) -> f64 {
        match self {
            Width::Absolute(_) => 0.5_f64.clamp(interval.low, interval.high),
            Width::Relative(_) => interval.low,
        }
    }

    /// The least number of runs whose exact interval of confidence `level` is as narrow as wanted where a share `p` of
    /// them are hits; `None` if `most` are not enough.
    pub fn runs(self, p: f64, level: f64, most: u64) -> Option<u64> {
        let wanted = self.around(p);
        if wanted.is_nan() || wanted <= 0.0 {
            return None;
        }
        // The normal approximation, with what an exact interval is wider.
        let z = normal::two_sided(level);
        let guess = z * z * p * (1.0 - p) / (wanted * wanted) + 1.0 / wanted;
        // A half-width goes about as the root of the runs.
        least(guess as u64, most, wanted, |runs| exact_half_width(p, runs, level))
    }
}

/// The least `n` from 1 to `most` with `half(n)` ≤ `wanted`, for a function that falls about like n^(-1/2): by that law
/// from a guess, then by steps of twice the length until the place is enclosed, then by halves.
fn least(guess: u64, most: u64, wanted: f64, half: impl Fn(u64) -> f64) -> Option<u64> {
    let most = most.max(1);
    let mut near = guess.clamp(1, most);
    // The error shrinks by a factor of √n or so each time.
    for _ in 0..3 {
        let ratio = half(near) / wanted;
        near = ((near as f64 * ratio * ratio).ceil() as u64).clamp(1, most);
    }
    // `enough` is, `few` is not.
    let (mut few, mut enough) = (0, near);
    let mut step = 1;
    if half(near) <= wanted {
        while enough > 1 {
            let probe = enough.saturating_sub(step).max(1);
            if half(probe) > wanted {
                few = probe;
                break;
            }
            enough = probe;
            step *= 2;
        }
    } else {
        few = near;
        loop {
            if few == most {
                return None;
            }
            let probe = few.saturating_add(step).min(most);
            if half(probe) <= wanted {
                enough = probe;
                break;
            }
            few = probe;
            step = step.saturating_mul(2);
        }
    }
    while enough - few > 1 {
        let middle = few + (enough - few) / 2;
        if half(middle) <= wanted {
            enough = middle;
        } else {
            few = middle;
        }
    }
    Some(enough)
}

/// What is wanted of every cell, instead of a number of runs: a width, a time, or both.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rule {
    /// How narrow the interval of the probability in question should be.
    pub width: Option<Width>,
    /// How long the runs of a cell may take, in seconds.
    pub seconds: Option<f64>,
}

/// What a pilot has seen of a cell.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Trial {
    /// Its runs.
    pub runs: u64,
    /// Those that ended in the outcome in question.
    pub hits: u64,
    /// Runs per second of its last stage; 0 where no time was taken.
    pub rate: f64,
}

impl Trial {
    /// What it says of the probability: the exact interval of level [`PILOT_LEVEL`].
    pub fn interval(&self) -> Interval {
        Method::ClopperPearson.interval(self.hits, self.runs, PILOT_LEVEL)
    }
}

/// What decided the number of runs of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DecidedBy {
    /// The width that is wanted.
    HalfWidth,
    /// The time that they may take.
    Seconds,
    /// The most runs of a cell.
    PerCell,
}

impl DecidedBy {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::HalfWidth, Self::Seconds, Self::PerCell];

    /// Name in files: that of the key in `[runs]`, `half_width` also for a relative one.
    pub fn name(self) -> &'static str {
        match self {
            Self::HalfWidth => "half_width",
            Self::Seconds => "seconds",
            Self::PerCell => "per_cell",
        }
    }
}

/// The number of runs of a cell, and why.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Size {
    /// Runs that are counted.
    pub runs: u64,
    /// What decided them.
    pub decided_by: DecidedBy,
    /// Runs of the pilot, which are not counted.
    pub pilot: u64,
}

/// A rule with what else decides the runs of a cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sampling {
    /// What is wanted.
    pub rule: Rule,
    /// Most runs of a cell.
    pub most: u64,
    /// Confidence level of the interval whose width is wanted.
    pub level: f64,
}

impl Sampling {
    /// The number of runs after a pilot.
    pub fn size(&self, trial: &Trial) -> Size {
        let mut size = Size { runs: self.most, decided_by: DecidedBy::PerCell, pilot: trial.runs };
        if let Some(width) = self.rule.width
            && let Some(runs) = width.runs(width.worst(trial.interval()), self.level, self.most)
        {
            size = Size { runs, decided_by: DecidedBy::HalfWidth, ..size };
        }
        if let Some(seconds) = self.rule.seconds {
            // A clock that has not moved gives an infinite rate, which the cast takes to the largest number.
            let runs = ((trial.rate * seconds) as u64).max(1);
            if runs < size.runs {
                size = Size { runs, decided_by: DecidedBy::Seconds, ..size };
            }
        }
        size
    }

    /// Runs that a pilot should have in all before it is asked again; `None` where it has seen enough.
    pub fn next(&self, trial: &Trial) -> Option<u64> {
        if trial.runs == 0 {
            return Some(self.first());
        }
        let twice = 2 * trial.runs;
        // The first stage also pays for what is made once, such as a device's kernels.
        if self.rule.seconds.is_some() && trial.runs <= SMALLEST_TIMED {
            return Some(twice);
        }
        let size = self.size(trial);
        if size.decided_by != DecidedBy::HalfWidth && SHARE.saturating_mul(trial.runs) < size.runs {
            return Some(twice);
        }
        let pays = |doublings: u32| {
            let times = 1 << doublings;
            let cost = (times - 1) * trial.runs;
            let after = || self.size(&Trial { runs: times * trial.runs, hits: times * trial.hits, ..*trial });
            cost < size.runs && size.runs.saturating_sub(after().runs) > cost
        };
        (1..=AHEAD).any(pays).then_some(twice)
    }

    /// Runs of the first stage: a small part of what a probability of 1/2 would take, or next to none where time
    /// counts.
    fn first(&self) -> u64 {
        let few = match (self.rule.width, self.rule.seconds) {
            (Some(width), None) => {
                let runs = width.runs(0.5, self.level, self.most).unwrap_or(self.most);
                (runs / SHARE).clamp(SMALLEST, LARGEST_FIRST)
            }
            _ => SMALLEST_TIMED,
        };
        few.min(self.most)
    }

    /// What a pilot is going to decide in a cell of probability `p` and of so many runs per second, give or take
    /// chance: every stage sees as many hits as it should.
    pub fn expect(&self, p: f64, rate: f64) -> Size {
        let mut trial = Trial { rate, ..Trial::default() };
        while let Some(runs) = self.next(&trial) {
            trial = Trial { runs, hits: (p * runs as f64).round() as u64, rate };
        }
        self.size(&trial)
    }

    /// Whether an interval is as narrow as wanted; so is every one where no width is.
    pub fn meets(&self, estimate: f64, interval: Interval) -> bool {
        self.rule.width.is_none_or(|width| interval.half_width() <= width.around(estimate))
    }

    /// The key in `[runs]` that asks for it, the first where there are two.
    pub fn key(&self) -> &'static str {
        match self.rule.width {
            Some(Width::Absolute(_)) => "half_width",
            Some(Width::Relative(_)) => "relative_half_width",
            None => "seconds",
        }
    }

    /// The rule in words: `half-width 0.001, at most 60 seconds a cell`.
    pub fn text(&self) -> String {
        let width = self.rule.width.map(|width| match width {
            Width::Absolute(half_width) => format!("half-width {half_width} at level {}", self.level),
            Width::Relative(ratio) => format!("half-width {ratio} of the estimate at level {}", self.level),
        });
        let seconds = self.rule.seconds.map(|seconds| format!("{seconds} s per cell"));
        width.into_iter().chain(seconds).collect::<Vec<_>>().join(", at most ")
    }
}
