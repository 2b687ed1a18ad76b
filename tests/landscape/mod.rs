//! Tests of `src/landscape`, a file beside each that it tests.

mod limited;
mod objective;
mod origin;
mod parameter;
pub(crate) mod points;
pub(crate) mod proof;
pub(crate) mod symmetry;
mod written;

trials![modules(limited, objective, origin, parameter, points, proof, symmetry, written)];
