//! What benches rest on.

use crate::support::{assert_relative, for_all_cells, problem, settings_of, trial};
use libtest_mimic::Trial;
use spurious::real::Precision;

/// The tests of this module.
pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("bench::operations_are_those_of_the_formulas", operations_are_those_of_the_formulas),
        trial("bench::every_cell_counts_its_operations", every_cell_counts_its_operations),
    ]
}

const PRECISIONS: [Precision; 2] = [Precision::F32, Precision::F64];

fn operations(model: &str, form: &str, set: &[(&str, &str)]) -> f64 {
    problem(model, form, set, &settings_of(model)).kernel(Precision::F32).operations
}

fn operations_are_those_of_the_formulas() {
    assert_eq!(operations("cnn", "reduced", &[("patches", "100")]), 48.0);
    assert_eq!(operations("cnn", "full", &[("patches", "25"), ("filter_size", "10")]), 217.0);
    assert_eq!(operations("cnn", "full", &[("patches", "100"), ("filter_size", "8")]), 505.0);
    // Counted in the compiled loop of a hand-written kernel.
    assert_relative(operations("relu_sum", "full", &[("teachers", "20")]), 31_800.0, 0.01, "n = k = d = 20");
    // Teachers that are not unit vectors take inner products, and as many products in the gradient.
    let general = operations("relu_sum", "full", &[("teachers", "20"), ("teacher", "\"gaussian\"")]);
    let unit = operations("relu_sum", "full", &[("teachers", "20")]);
    assert_eq!(general - unit, 20.0 * 20.0 * (20.0 + 19.0));
}

fn every_cell_counts_its_operations() {
    for_all_cells(|what, model, form, set| {
        let problem = problem(model.name(), form, set, &settings_of(model.name()));
        for precision in PRECISIONS {
            let operations = problem.kernel(precision).operations;
            // Every component of the state takes part in the gradient and is moved.
            assert!(operations.is_finite() && operations >= problem.dim() as f64, "{what}: {operations}");
        }
    });
}
