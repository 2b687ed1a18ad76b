//! Experiments: from a file to runs that have ended.

pub mod paired;
pub mod plan;
pub mod record;
pub mod run;
pub mod sampling;
pub mod spec;
pub mod tally;
