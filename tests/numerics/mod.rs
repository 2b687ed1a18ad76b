//! Tests of `src/numerics`, a file beside each that it tests.

pub(crate) mod arc_cosine;
mod chi_square;
pub(crate) mod decimal;
pub(crate) mod elementary;
pub(crate) mod enclosure;
pub(crate) mod interval;
pub(crate) mod random;
pub(crate) mod seed;
pub(crate) mod start_law;
mod text;

trials![modules(arc_cosine, chi_square, decimal, elementary, enclosure, interval, random, seed, start_law, text)];
