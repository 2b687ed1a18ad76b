//! Certificates: that enclosures enclose, that what is proved is true, and that nothing else is proved.

mod command;
mod enclosed;
mod files;
mod fuzz;
mod proofs;
mod python;
mod spectrum;

use crate::support;
use crate::support::families::named;
use libtest_mimic::Trial;
use spurious::landscape::model::Problem;
use spurious::landscape::proof::Provable;

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = command::trials();
    trials.extend(enclosed::trials());
    trials.extend(files::trials());
    trials.extend(fuzz::trials());
    trials.extend(proofs::trials());
    trials.extend(python::trials());
    trials.extend(spectrum::trials());
    trials
}

/// A cell in the form of the paper, and its loss as proofs see it.
fn cell(model: &str, set: &[(&str, &str)]) -> (Problem, Box<dyn Provable>) {
    let problem = support::problem(model, "full", set, &support::settings_of(model));
    let subject = problem.proofs().expect("a model with proofs").provable();
    (problem, subject)
}

/// `relu_sum` with as many neurons as orthonormal teachers.
fn square(k: usize) -> (Problem, Box<dyn Provable>) {
    cell("relu_sum", &[("teachers", &k.to_string())])
}
