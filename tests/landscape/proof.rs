//! Certificates: that enclosures enclose, that what is proved is true, and that nothing else is proved.

mod enclosed;
pub(crate) mod fuzz;
pub(crate) mod padded;
mod proofs;
pub(crate) mod written;

use crate::models::relu_sum::families::named;
use crate::support;
use spurious::landscape::{Problem, Provable};

trials![modules(enclosed, fuzz, padded, proofs, written),];

/// A cell in the form of the paper, and its loss as proofs see it.
pub(crate) fn cell(model: &str, set: &[(&str, &str)]) -> (Problem, Box<dyn Provable>) {
    let problem = support::problem(model, "full", set, &support::settings_of(model));
    let subject = problem.proofs().expect("a model with proofs").provable();
    (problem, subject)
}

/// `relu_sum` with as many neurons as orthonormal teachers.
pub(crate) fn square(k: usize) -> (Problem, Box<dyn Provable>) {
    cell("relu_sum", &[("teachers", &k.to_string())])
}
