//! Numbers of runs that a pilot decides: how many are needed, whether the intervals keep their promise, and experiments that
//! use them, interrupted or not.

mod coverage;
mod experiments;
mod interrupted;
mod refusals;
mod sizes;

use libtest_mimic::Trial;

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = coverage::trials();
    trials.extend(experiments::trials());
    trials.extend(interrupted::trials());
    trials.extend(refusals::trials());
    trials.extend(sizes::trials());
    trials
}
