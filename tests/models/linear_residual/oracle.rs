//! Loss, gradient, descents and the scalar recursion against an independent program in 90 digits.

use super::{MODEL, settings};
use crate::support::{assert_close, distance, problem, run};
use serde_json::Value;
use spurious::descent::backend::cpu::Cpu;
use spurious::landscape::Settings;
use spurious::numerics::real::Precision::F64;

trials![values_match_the_oracle, descents_match_the_oracle, the_recursion_matches_the_oracle,];

/// Cases of `tests/oracle/linear_residual.json`; the program beside it says how they were computed.
fn cases(kind: &str, least: usize) -> Vec<Value> {
    let json: Value = serde_json::from_str(include_str!("../../oracle/linear_residual.json")).unwrap();
    let cases = json[kind].as_array().unwrap().clone();
    assert!(cases.len() >= least, "{} {kind}", cases.len());
    cases
}

fn numbers(case: &Value, key: &str) -> Vec<f64> {
    case[key].as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
}

fn size(case: &Value, key: &str) -> usize {
    case[key].as_u64().unwrap() as usize
}

fn norm(x: &[f64]) -> f64 {
    x.iter().map(|x| x * x).sum::<f64>().sqrt()
}

/// Errors are relative to the products of norms of which loss and slopes are sums: 1e-13 is 450 units in the last
/// place, for chains of up to 16 products of up to 5 terms each.
fn values_match_the_oracle() {
    for (index, case) in cases("points", 10).iter().enumerate() {
        let (layers, d) = (size(case, "layers"), size(case, "dimension"));
        let (text, sizes) = (layers.to_string(), d.to_string());
        let set = [("layers", text.as_str()), ("dimension", &sizes), ("target", "\"sphere\"")];
        let problem = problem(MODEL, "full", &set, &settings(None, 1, 1e-10));
        let point = numbers(case, "point");
        let found = problem.evaluate(F64, &point);
        let norms: Vec<f64> = point.chunks_exact(d * d).map(norm).collect();
        let product: f64 = norms[..layers].iter().product();
        let scale = product + norms[layers];
        let what = format!("case {index}, {layers} layers of dimension {d}");
        assert_close(found.loss, case["loss"].as_f64().unwrap(), 1e-13 * scale * scale, &what);
        let expected = numbers(case, "gradient");
        for (i, (found, expected)) in found.gradient.iter().zip(&expected).enumerate() {
            let others = product / norms[i / (d * d)];
            assert_close(*found, *expected, 1e-13 * scale * others, &format!("{what}: component {i}"));
        }
        assert_eq!(expected.len(), layers * d * d);
        assert!(found.gradient[expected.len()..].iter().all(|slope| *slope == 0.0), "{what}: the target moves");
    }
}

/// Twenty steps of size 0.05 carry roundings of states of order one: a few dozen units in the last place.
fn descents_match_the_oracle() {
    for case in cases("descents", 3) {
        let (layers, d) = (size(&case, "layers"), size(&case, "dimension"));
        let (text, sizes) = (layers.to_string(), d.to_string());
        let set = [("layers", text.as_str()), ("dimension", &sizes), ("target", "\"sphere\"")];
        let settings = settings(case["eta"].as_f64(), size(&case, "steps") as u32, 1e-30);
        let problem = problem(MODEL, "full", &set, &settings);
        let end = run(&Cpu::new(F64), &problem, &numbers(&case, "point"));
        let expected = numbers(&case, "end");
        let off = distance(&end.states[..expected.len()], &expected);
        assert!(off < 1e-13, "{layers} layers of dimension {d}: {off:e}");
    }
}

/// The reduced form is the recursion `θ ← θ − η θ^{L−1}(θ^L − λ)`: up to 500 steps, of which most are contractions.
fn the_recursion_matches_the_oracle() {
    for case in cases("scalars", 9) {
        let layers = size(&case, "layers").to_string();
        let set = [("layers", layers.as_str()), ("dimension", "1"), ("extremes", "\"free\""), ("condition", "1e6")];
        let number = |key: &str| case[key].as_f64().unwrap();
        let settings =
            Settings { verdicts: false, ..settings(case["eta"].as_f64(), size(&case, "steps") as u32, 1e-30) };
        let problem = problem(MODEL, "reduced", &set, &settings);
        let end = run(&Cpu::new(F64), &problem, &[1.0, number("lambda")]);
        assert_close(end.states[0], number("theta"), 1e-13, &case.to_string());
        // One layer of one number in full form is the same descent.
        let full = crate::support::problem(MODEL, "full", &set, &settings);
        let weights = vec![1.0; size(&case, "layers")];
        let end = run(&Cpu::new(F64), &full, &[&weights[..], &[number("lambda")]].concat());
        assert_close(end.states[0], number("theta"), 1e-13, &format!("full: {case}"));
    }
}
