//! Tests of `src/experiment`, a file beside each that it tests.

pub(crate) mod paired;
pub(crate) mod sampling;
pub(crate) mod spec;

trials![modules(paired, sampling, spec)];
