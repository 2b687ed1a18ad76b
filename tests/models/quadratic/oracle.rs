//! Values, and descents on written-out data, against independent programs.

use super::{cell, classified, count, known, write_points};
use crate::support::{assert_close, distance, largest, problem, run, settings_of};
use spurious::descent::backend::cpu::Cpu;
use spurious::landscape::{Outcome, Problem};
use spurious::numerics::real::Precision::F64;
use std::path::Path;

trials![values_and_hessians_match_the_oracle, descents_match_numpy,];

fn numbers(value: &serde_json::Value) -> Vec<f64> {
    match value.as_array() {
        Some(all) => all.iter().flat_map(numbers).collect(),
        None => vec![value.as_f64().unwrap()],
    }
}

fn cases(text: &str) -> Vec<serde_json::Value> {
    serde_json::from_str::<serde_json::Value>(text).unwrap().as_array().unwrap().clone()
}

/// The cell of a case, its data in files of a folder.
fn with_files(case: &serde_json::Value, folder: &Path, build: impl Fn(&[(&str, &str)]) -> Problem) -> Problem {
    let text = |key: &str| case[key].to_string();
    let (k, d) = (text("k"), text("d"));
    let mut set = vec![("neurons", &*k), ("input_dim", &*d)];
    let (key, parameters) = match case.get("samples") {
        Some(_) => ("samples", ["samples", "labels", "data_file"]),
        None => ("teacher", ["teacher_rank", "teacher", "teacher_file"]),
    };
    let rows = case[key].as_array().unwrap();
    let file = write_points(folder, key, &rows.iter().map(numbers).collect::<Vec<_>>());
    let (count, file) = (rows.len().to_string(), format!("'{}'", file.display()));
    set.extend([(parameters[0], &*count), (parameters[1], "\"file\""), (parameters[2], &*file)]);
    let decay = case.get("decay").map_or_else(|| "0.0".to_string(), ToString::to_string);
    set.extend([if key == "samples" { ("weight_decay", &*decay) } else { ("risk", "\"population\"") }]);
    build(&set)
}

/// To 1e-12 of the terms that cancel: sums of at most 81 terms lose some dozens of units in the last place.
fn values_and_hessians_match_the_oracle() {
    let folder = tempfile::tempdir().unwrap();
    let cases = cases(include_str!("../../oracle/quadratic.json"));
    assert!(cases.len() >= 12);
    for (index, case) in cases.iter().enumerate() {
        let problem =
            with_files(case, folder.path(), |set| problem("quadratic", "full", set, &settings_of("quadratic")));
        let point = numbers(&case["point"]);
        let found = problem.evaluate(F64, &point);
        let energy = case["energy"].as_f64().unwrap();
        let what = format!("case {index}");
        assert_close(found.loss, case["loss"].as_f64().unwrap(), 1e-12 * energy, &what);
        let gradient = numbers(&case["gradient"]);
        let off = distance(&found.gradient, &gradient);
        assert!(off <= 1e-12 * energy / largest(&point), "{what}: gradient off by {off:e}");
        let off = distance(&problem.hessian(&point).unwrap(), &numbers(&case["hessian"]));
        assert!(off <= 1e-12 * energy / largest(&point).powi(2), "{what}: Hessian off by {off:e}");
    }
}

/// Ours have a budget ten times as large, to come to rest by their own rule. Outcomes run by run, endpoints and
/// reference values. NumPy's runs go on after ours have stopped, so endpoints are compared where both are at rest:
/// there a gradient of 1e-8 over the smallest curvature, 1e-4 at least, leaves 1e-4 at most; rotations are taken out by
/// comparing `WᵀW`.
fn descents_match_numpy() {
    let folder = tempfile::tempdir().unwrap();
    let cases = cases(include_str!("../../oracle/quadratic_descents.json"));
    let mut seen = [0; 2];
    for (index, case) in cases.iter().enumerate() {
        let (step, steps) = (case["step"].as_f64().unwrap(), case["steps"].as_u64().unwrap() as u32);
        let problem = with_files(case, folder.path(), |set| cell(set, step, 10 * steps));
        let (value, gap) = (known(&problem, "reference_loss"), known(&problem, "reference_gap"));
        let expected = case["reference"].as_f64().unwrap();
        // Theirs is an upper bound, good to about 1e-9.
        assert!(value <= expected + 1e-12 && expected <= value + gap + 1e-8, "case {index}: {value}, {expected}");
        let ends = run(&Cpu::new(F64), &problem, &numbers(&case["starts"]));
        let found = classified(&problem, &ends);
        let dim = problem.dim();
        let d = case["d"].as_u64().unwrap() as usize;
        let theirs = numbers(&case["endpoints"]);
        for (i, outcome) in case["outcomes"].as_array().unwrap().iter().enumerate() {
            let what = format!("case {index}, run {i}");
            assert_eq!(found[i].outcome.name(), outcome.as_str().unwrap(), "{what}");
            if found[i].outcome == Outcome::Spurious {
                let state = &ends.states[i * dim..][..dim];
                let [a, b] = [state, &theirs[i * dim..][..dim]].map(|w| gram(w, d));
                let off = distance(&a, &b);
                assert!(off <= 1e-4, "{what}: endpoints differ by {off:e}");
                assert_close(problem.evaluate(F64, state).loss, numbers(&case["losses"])[i], 1e-10, &what);
            }
        }
        seen[0] += count(&found, Outcome::Global);
        seen[1] += count(&found, Outcome::Spurious);
    }
    assert!(seen[0] > 200 && seen[1] > 40, "{seen:?}");
}

fn gram(weights: &[f64], d: usize) -> Vec<f64> {
    let entry = |a: usize, b: usize| weights.chunks_exact(d).map(|w| w[a] * w[b]).sum::<f64>();
    (0..d * d).map(|i| entry(i / d, i % d)).collect()
}
