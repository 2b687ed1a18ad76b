//! Numbers of runs that a pilot decides: how many are needed, whether the intervals keep their promise, and experiments
//! that use them, interrupted or not.

mod coverage;
mod experiments;
mod interrupted;
mod refusals;
mod sizes;

trials![modules(coverage, experiments, interrupted, refusals, sizes),];
