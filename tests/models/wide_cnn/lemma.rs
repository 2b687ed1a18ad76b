//! The paper's statements: features of full rank at almost every start, and the bound on the gradient at every step.

use super::{Sizes, cell, twenty};
use crate::support::{Set, assert_close, seed, seen, starts};
use spurious::landscape::{Model, Problem};
use spurious::models::wide_cnn::WideCnn;
use spurious::numerics::CellSeed;
use spurious::numerics::real::Precision::F64;
use spurious::numerics::vector::{dot, norm};

trials![
    the_lemma_holds_at_every_step,
    starts_have_full_rank,
    observables_are_those_of_the_lemma,
    the_step_suits_the_curvature,
];

/// `‖∂Φ/∂v‖ ≥ σ_N(F_1) ‖e‖`, the left side from the model's gradient, the right one from features of our own and their
/// singular values, at every one of 400 steps from 8 starts of 5 cells.
///
/// The margin is rounding of the gradient and the smallest singular value, both `N n_1 ε` times `σ_1 ‖e‖`, as a
/// generous multiple of their sums' roundings. The bound is no empty one: with twice `σ_N` it fails somewhere, and
/// margins are far below it.
fn the_lemma_holds_at_every_step() {
    let sets: [Set; 5] = [
        &[("filters", "4"), ("samples", "20"), ("input_length", "8")],
        &[("filters", "6"), ("samples", "20"), ("input_length", "8"), ("data_seed", "1")],
        &[("filters", "8"), ("samples", "10"), ("start_bias_scale", "1.0")],
        &[("filters", "9"), ("samples", "3"), ("input_length", "3"), ("start_filter_scale", "3.0")],
        &[("filters", "6"), ("samples", "20"), ("input_length", "8"), ("activation", "\"relu\"")],
    ];
    let (mut twice, mut looked_at) = (0, 0);
    for set in sets {
        let problem = cell(set, |_| {});
        let sizes = Sizes::of(&problem);
        assert!(sizes.width >= sizes.samples, "{set:?}");
        let step = problem.rule().steps[0];
        for (run, start) in starts("wide_cnn", set, &problem, seed(), 8).chunks_exact(problem.dim()).enumerate() {
            let mut state = start.to_vec();
            for taken in 0..400 {
                let found = problem.evaluate(F64, &state);
                let (features, errors) = sizes.features(&state);
                let error = norm(&errors);
                assert_close(found.loss, 0.5 * error * error, 1e-12 * (found.loss + 1.0), "loss");
                let singular = features.singular_values();
                let gradient = norm(&found.gradient[sizes.outputs()..][..sizes.width]);
                let rounding = (sizes.samples * sizes.width) as f64 * f64::EPSILON * singular.max() * error;
                let bound = singular.min() * error;
                let what = format!("{set:?}, seed {}, run {run}, step {taken}", seed());
                assert!(gradient >= bound - rounding, "{what}: {gradient:e} < {bound:e}");
                twice += u32::from(gradient < 2.0 * bound);
                looked_at += u32::from(rounding < 1e-3 * bound);
                state.iter_mut().zip(&found.gradient).for_each(|(x, g)| *x -= step * g);
            }
        }
    }
    assert!(twice > 0, "the bound is never within a factor of 2");
    assert!(looked_at > 15_000, "{looked_at} of 16,000 bounds are above rounding");
}

/// Number of a prediction.
fn told(problem: &Problem, set: &[(&str, &str)], name: &str) -> Option<f64> {
    let seed = CellSeed::new(seed(), &WideCnn.identity(&crate::support::values("wide_cnn", set)));
    let all = problem.theory(Some(seed));
    all.iter().find(|p| p.name == name).unwrap_or_else(|| panic!("no {name}")).value
}

/// Every start has features of rank `min(N, n_1)`, and how far from singular they are is what an independent NumPy
/// program found on samples of its own: medians of σ_min/σ_max of 0.097, 0.0094, 0.00092, 0.00085 and 0.0028, here
/// within a factor of 2.
fn starts_have_full_rank() {
    for (filters, ratio) in [("1", 0.097), ("2", 0.0094), ("3", 0.00092), ("4", 0.00085), ("6", 0.0028)] {
        let problem = twenty(filters, |set| cell(set, |_| {}));
        let told = |name: &str| twenty(filters, |set| told(&problem, set, name)).unwrap();
        assert_eq!(told("full_rank_share"), 1.0, "{filters}");
        let found = told("sigma_ratio_at_start");
        assert!(found > 0.5 * ratio && found < 2.0 * ratio, "{filters}: {found}, not about {ratio}");
        assert_eq!(told("theorem_applies"), f64::from(u8::from(told("width") >= 20.0)));
        assert_eq!(told("weights"), problem.dim() as f64);
        assert_close(told("width_ratio"), told("width") / 20.0, 1e-15, "n_1/N");
        let data = Sizes::of(&problem).data;
        assert_close(told("zero_loss"), 0.5 * dot(&data[160..], &data[160..]), 1e-14, "zero_loss");
        assert_close(problem.evaluate(F64, &vec![0.0; problem.dim()]).loss, told("zero_loss"), 1e-13, "predicting 0");
    }
    // ReLU is not analytic: half the neurons of a single sample are 0, and so may all be.
    let relu: Set = &[("activation", "\"relu\""), ("filters", "1"), ("input_length", "3"), ("samples", "1")];
    let share = told(&cell(relu, |_| {}), relu, "full_rank_share").unwrap();
    // 100 starts of probability ½: outside this range once in 10^9.
    assert!(share > 0.2 && share < 0.8, "{share}");
    // More than can be looked at while a plan is made.
    let large: Set = &[("samples", "1000"), ("filters", "64")];
    assert_eq!(told(&cell(large, |_| {}), large, "full_rank_share"), None);
}

fn observables_are_those_of_the_lemma() {
    for (set, rank) in [(&[] as Set, 6.0), (&[("filters", "1")], 4.0), (&[("samples", "4")], 4.0)] {
        let problem = cell(set, |_| {});
        let state = starts("wide_cnn", set, &problem, seed(), 1);
        let value = |name: &str| seen(&problem, &state, name);
        let sizes = Sizes::of(&problem);
        let (features, errors) = sizes.features(&state);
        let least = features.singular_values().min();
        let gradient = norm(&problem.evaluate(F64, &state).gradient[sizes.outputs()..][..sizes.width]);
        assert_eq!(value("rank"), rank, "{set:?}");
        assert_close(value("sigma_min"), least, 1e-12, "sigma_min");
        let bound = if sizes.width < sizes.samples { 0.0 } else { least * norm(&errors) };
        assert_close(value("lemma_bound"), bound, 1e-10, "lemma_bound");
        assert_close(value("output_grad_norm"), gradient, 1e-12 * gradient, "output_grad_norm");
        assert_close(value("lemma_ratio"), bound / gradient, 1e-10, "lemma_ratio");
    }
}

/// The automatic step is stable at the start, but not by far: on average from a fifth of what the largest eigenvalue of
/// `JᵀJ` allows to nine tenths. (`JᵀJ` is the Hessian without its part of the errors, which either sign has.)
fn the_step_suits_the_curvature() {
    let sets: [Set; 5] = [
        &[("filters", "4"), ("samples", "20"), ("input_length", "8")],
        &[("filters", "1")],
        &[("filters", "12"), ("samples", "40"), ("start_filter_scale", "3.0")],
        &[("start_output_scale", "4.0"), ("start_bias_scale", "1.0")],
        &[("activation", "\"relu\"")],
    ];
    for set in sets {
        let problem = cell(set, |_| {});
        let sizes = Sizes::of(&problem);
        let step = problem.rule().steps[0];
        let all = starts("wide_cnn", set, &problem, seed(), 20);
        let share = |state: &[f64]| {
            // Jacobian by differences of the errors.
            let column = |i: usize| {
                let errors = |by: f64| {
                    let mut moved = state.to_vec();
                    moved[i] += by;
                    sizes.features(&moved).1
                };
                errors(1e-6).into_iter().zip(errors(-1e-6)).map(|(a, b)| (a - b) / 2e-6).collect::<Vec<_>>()
            };
            let columns: Vec<f64> = (0..state.len()).flat_map(column).collect();
            let jacobian = nalgebra::DMatrix::from_column_slice(sizes.samples, state.len(), &columns);
            step * jacobian.singular_values().max().powi(2) / 2.0
        };
        let mean = all.chunks_exact(problem.dim()).map(share).sum::<f64>() / 20.0;
        assert!(mean > 0.2 && mean < 0.9, "{set:?}: {mean} of the limit");
    }
}
