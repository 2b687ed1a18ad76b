//! Tests of `src/numerics`, a file beside each that it tests.

pub(crate) mod arc_cosine;
pub(crate) mod enclosure;
pub(crate) mod interval;
pub(crate) mod random;
pub(crate) mod seed;
pub(crate) mod start_law;

trials![modules(arc_cosine, enclosure, interval, random, seed, start_law)];
