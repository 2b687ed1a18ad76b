//! Tests of `src/explore`, a file beside each that it tests.

pub(crate) mod bench;
pub(crate) mod map;
pub(crate) mod trace;

trials![modules(bench, map, trace)];
