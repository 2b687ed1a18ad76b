//! Tests of `src/landscape`, a file beside each that it tests.

pub(crate) mod points;
pub(crate) mod proof;
pub(crate) mod symmetry;

trials![modules(points, proof, symmetry)];
