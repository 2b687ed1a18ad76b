//! The certified reference value.

use super::{classified, known, starts, theory, write_points};
use crate::support::{assert_close, for_cases, problem, random_point, run, settings_of};
use spurious::descent::backend::cpu::Cpu;
use spurious::landscape::{Outcome, Problem};
use spurious::numerics::real::Precision::F64;

trials![
    no_weights_are_below_the_reference,
    references_are_tight,
    references_of_one_dimension_are_exact,
    few_samples_in_many_dimensions_are_certified,
    what_is_not_bounded_is_refused,
];

fn with(set: &[(&str, &str)]) -> Problem {
    problem("quadratic", "full", set, &settings_of("quadratic"))
}

/// Samples, dimension, decay and perturbation of cells with Gaussian labels.
const CELLS: [[&str; 4]; 6] = [
    ["15", "10", "0.0", "0.0"],
    ["30", "10", "0.0", "0.0"],
    ["6", "3", "0.0", "0.0"],
    ["8", "10", "0.05", "0.0"],
    ["15", "10", "0.0", "0.001"],
    ["60", "5", "0.1", "0.02"],
];

/// Calls `test` with each of these cells for three data sets, of `k` neurons.
fn for_data(k: &str, mut test: impl FnMut(&str, &[(&str, &str)])) {
    for [samples, dim, decay, norm] in CELLS {
        for seed in ["1", "2", "3"] {
            let set = [
                ("neurons", k),
                ("samples", samples),
                ("input_dim", dim),
                ("weight_decay", decay),
                ("perturbation", norm),
                ("labels", "\"gaussian\""),
                ("data_seed", seed),
            ];
            test(&format!("n={samples} d={dim} λ={decay} ‖C‖={norm} seed {seed}"), &set);
        }
    }
}

/// Random weights of every size, and wherever descent leads, have at least the reference value: it is a lower bound.
fn no_weights_are_below_the_reference() {
    for_data("3", |what, set| {
        let problem = with(set);
        let value = known(&problem, "reference_loss");
        let steps = problem.rule().steps[0];
        for_cases("quadratic::reference", 10, |case, draws| {
            let mut x = random_point(draws, libm::exp2(-(case as f64)), problem.dim());
            x.iter_mut().for_each(|w| *w *= 0.5);
            for _ in 0..300 {
                let here = problem.evaluate(F64, &x);
                // Large weights may diverge at this step.
                if here.loss.is_nan() || here.loss > 1e6 {
                    break;
                }
                assert!(here.loss >= value - 1e-13, "{what}: {:e} < {value:e}", here.loss);
                x.iter_mut().zip(&here.gradient).for_each(|(x, g)| *x -= steps * g);
            }
        });
    });
}

/// As many neurons as inputs come within 1e-4 of the loss without weights of it: it is not only a bound. Four starts a
/// cell; descent with neurons to spare is slow, hence no finer tolerance. The certified gap is far below that.
fn references_are_tight() {
    for_data("10", |what, set| {
        let set: Vec<_> = set.iter().copied().chain([("global_loss", "1e-4")]).collect();
        let problem = with(&set);
        let gap = known(&problem, "reference_gap");
        let exit = known(&problem, "global_below") - known(&problem, "reference_loss");
        // The tolerance is 1e-4 of the loss without weights.
        assert!(gap <= 1e-4 * exit, "{what}: gap {gap:e}, tolerance {exit:e}");
        let ends = run(&Cpu::new(F64), &problem, &starts(&set, &problem, 4));
        let found = classified(&problem, &ends);
        assert!(found.iter().all(|f| f.outcome == Outcome::Global), "{what}: {:?}", ends.stops);
    });
}

/// With one input the problem is the least-squares fit of `y` by `z x²`, `z ≥ 0`.
fn references_of_one_dimension_are_exact() {
    let folder = tempfile::tempdir().unwrap();
    for_cases("quadratic::one_dimension", 20, |case, draws| {
        let rows: Vec<Vec<f64>> = (0..4).map(|_| vec![draws.normal(), draws.normal() + 0.3]).collect();
        let file = write_points(folder.path(), "data", &rows);
        let file = format!("'{}'", file.display());
        let decay = if case % 2 == 0 { "0.0" } else { "0.2" };
        let set = [
            ("neurons", "1"),
            ("input_dim", "1"),
            ("samples", "4"),
            ("labels", "\"file\""),
            ("data_file", &*file),
            ("weight_decay", decay),
        ];
        let problem = with(&set);
        let decay: f64 = decay.parse().unwrap();
        let loss = |z: f64| {
            let squares: f64 = rows.iter().map(|row| (z * row[0] * row[0] - row[1]).powi(2)).sum();
            squares / 8.0 + 0.5 * decay * z
        };
        let overlap: f64 = rows.iter().map(|row| row[0] * row[0] * row[1]).sum();
        let square: f64 = rows.iter().map(|row| row[0].powi(4)).sum();
        let best = loss(((overlap - 2.0 * decay) / square).max(0.0));
        let (value, gap) = (known(&problem, "reference_loss"), known(&problem, "reference_gap"));
        assert!(value <= best + 1e-14 && best <= value + gap + 1e-14, "{value}, {best}, gap {gap:e}");
        assert!(gap <= 1e-9 * loss(0.0), "gap {gap:e}");
        let rank = if overlap > 2.0 * decay { 1.0 } else { 0.0 };
        assert_eq!(known(&problem, "optimum_rank"), rank, "{overlap}");
    });
}

/// Fewer samples than inputs: all labels that are not negative are fitted.
fn few_samples_in_many_dimensions_are_certified() {
    let set = [("samples", "4"), ("input_dim", "12"), ("labels", "\"gaussian\""), ("data_seed", "5")];
    let problem = with(&set);
    let folder = tempfile::tempdir().unwrap();
    let (value, gap) = (known(&problem, "reference_loss"), known(&problem, "reference_gap"));
    // The labels do not depend on the dimension: a loss without weights is half the mean of their squares.
    let zero = problem.evaluate(F64, &vec![0.0; problem.dim()]).loss;
    assert!(value > 0.01 * zero && value < 0.99 * zero && gap <= 1e-9 * zero, "{value} of {zero}, gap {gap:e}");
    // Orthogonal samples decouple: only negative labels are left, half their squares' mean.
    let rows: Vec<Vec<f64>> = [1.0, -0.5, 0.25]
        .iter()
        .enumerate()
        .map(|(i, y)| {
            (0..6)
                .map(|a| {
                    if a == i {
                        2.0
                    } else if a == 5 {
                        *y
                    } else {
                        0.0
                    }
                })
                .collect()
        })
        .collect();
    let file = format!("'{}'", write_points(folder.path(), "data", &rows).display());
    let set = [("samples", "3"), ("input_dim", "5"), ("labels", "\"file\""), ("data_file", &*file)];
    let problem = with(&set);
    assert_close(known(&problem, "reference_loss"), 0.25 / 6.0, 1e-9, "orthogonal samples");
    assert_eq!(theory(&problem, "optimum_rank"), Some(2.0));
}

fn what_is_not_bounded_is_refused() {
    let model = spurious::models::find("quadratic").unwrap();
    // Where no sample looks, C can lower the loss without end.
    let set = [("samples", "4"), ("input_dim", "12"), ("labels", "\"gaussian\""), ("perturbation", "0.1")];
    let refused = model.problem("full", &crate::support::values("quadratic", &set), &settings_of("quadratic"));
    let error = refused.expect_err("unbounded").to_string();
    assert!(error.contains("params.perturbation = 0.1") && error.contains("no lower bound"), "{error}");
    // Weight decay bounds it.
    let bounded: Vec<_> = set.into_iter().chain([("weight_decay", "0.2")]).collect();
    assert!(known(&with(&bounded), "reference_gap") > 0.0);
    // A tolerance that no certificate reaches.
    let set = [("labels", "\"gaussian\""), ("global_loss", "1e-13")];
    let refused = model.problem("full", &crate::support::values("quadratic", &set), &settings_of("quadratic"));
    let error = refused.expect_err("too fine").to_string();
    assert!(error.contains("params.global_loss") && error.contains("choose global_loss >= "), "{error}");
}
