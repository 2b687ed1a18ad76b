//! Tests of `src/judge`, a file beside each that it tests.

pub(crate) mod family;

trials![modules(family)];
