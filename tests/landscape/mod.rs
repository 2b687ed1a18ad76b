//! Tests of `src/landscape`, a file beside each that it tests.

pub(crate) mod gradients;
pub(crate) mod points;
pub(crate) mod proof;
pub(crate) mod symmetry;

trials![modules(gradients, points, proof, symmetry)];
