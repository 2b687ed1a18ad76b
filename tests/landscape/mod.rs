//! Tests of `src/landscape`, a file beside each that it tests.

mod objective;
mod origin;
pub(crate) mod points;
pub(crate) mod proof;
pub(crate) mod symmetry;

trials![modules(objective, origin, points, proof, symmetry)];
