//! Tests of `src/experiment`, a file beside each that it tests.

pub(crate) mod cell;
mod held;
pub(crate) mod paired;
pub(crate) mod sampling;
pub(crate) mod spec;

trials![modules(cell, held, paired, sampling, spec)];
