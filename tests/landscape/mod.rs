//! Tests of `src/landscape`, a file beside each that it tests.

mod objective;
pub(crate) mod points;
pub(crate) mod proof;
pub(crate) mod symmetry;

trials![modules(objective, points, proof, symmetry)];
