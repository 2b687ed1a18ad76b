//! The landscapes that are shipped, against values that come from elsewhere.

use super::{shipped_cell, shipped_path};
use crate::support::{self, assert_close, distance, largest, random_point, run, seen};
use spurious::descent::backend::cpu::Cpu;
use spurious::experiment::{Cell, Spec};
use spurious::judge::classify::Classifier;
use spurious::landscape::{Outcome, Problem, Stop};
use spurious::numerics::{CellSeed, Precision};
use std::f64::consts::PI;

trials![
    every_file_has_an_experiment,
    derivatives_are_those_of_differences,
    phase_retrieval,
    committee,
    factorisation,
    tensor,
    phase_ring,
];

/// Every file with parameters at which it is looked at.
const CELLS: [(&str, &str); 10] = [
    ("phase_retrieval.star", "input_dim = 4\nteacher_norm = 1.5"),
    ("committee.star", "teachers = 2\nneurons = 3\ninput_dim = 4"),
    ("committee.star", "teachers = 3\noutputs = \"trained\""),
    ("factorisation.star", "size = 4\nrank = 2"),
    ("tensor.star", "order = 3\ncomponents = 3"),
    ("tensor.star", "order = 4\ncomponents = 4"),
    ("phase_ring.star", "phases = 9"),
    ("cnn_reduced.star", ""),
    ("cnn_reduced.star", "patches = 4\nratio = 0.5"),
    ("relu_sum.star", "teachers = 4"),
];

fn every_file_has_an_experiment() {
    let mut files: Vec<String> = Vec::new();
    for entry in std::fs::read_dir(shipped_path("")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name.ends_with(".star") {
            files.push(name);
        }
    }
    files.sort();
    assert!(files.len() >= 7, "{files:?}");
    for file in files {
        assert!(CELLS.iter().any(|(name, _)| *name == file), "{file} is in no test");
        let experiment = shipped_path(&file.replace(".star", ".toml"));
        let spec = Spec::load(&experiment, &[]).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(spec.model.name(), file);
    }
}

/// Central differences of a function of a state, in all directions, extrapolated once.
fn differences(state: &[f64], value: impl Fn(&[f64]) -> Vec<f64>) -> Vec<Vec<f64>> {
    let along = |i: usize, by: f64| {
        let (mut ahead, mut behind) = (state.to_vec(), state.to_vec());
        (ahead[i], behind[i]) = (state[i] + by, state[i] - by);
        let pairs = value(&ahead).into_iter().zip(value(&behind));
        pairs.map(|(a, b)| (a - b) / (2.0 * by)).collect::<Vec<f64>>()
    };
    let each = (0..state.len()).map(|i| {
        let (coarse, fine) = (along(i, 2e-3), along(i, 1e-3));
        fine.iter().zip(coarse).map(|(fine, coarse)| (4.0 * fine - coarse) / 3.0).collect()
    });
    each.collect()
}

fn derivatives_are_those_of_differences() {
    for (name, params) in CELLS {
        let problem = shipped_cell(name, params, "").problem;
        let mut draws = CellSeed::new(support::seed(), name).run(0);
        for _ in 0..3 {
            let state = random_point(&mut draws, 1.0, problem.dim());
            let found = problem.evaluate(Precision::F64, &state);
            let expected = differences(&state, |x| vec![problem.evaluate(Precision::F64, x).loss]).concat();
            let scale = largest(&expected).max(1.0);
            let off = distance(&found.gradient, &expected);
            assert!(off <= 1e-8 * scale, "{name} {params}: the gradient is off by {off}");
            let hessian = problem.hessian(&state).unwrap();
            let expected = differences(&state, |x| problem.evaluate(Precision::F64, x).gradient).concat();
            let scale = largest(&expected).max(1.0);
            let off = distance(&hessian, &expected);
            assert!(off <= 1e-7 * scale, "{name} {params}: the Hessian is off by {off}");
        }
    }
}

/// Endpoints of the first runs of a cell, with their outcomes.
fn endpoints(cell: &Cell, runs: usize) -> Vec<(Outcome, Vec<f64>)> {
    let problem = &cell.problem;
    let dim = problem.dim();
    let mut starts = vec![0.0; runs * dim];
    problem.starts(cell.seed, 0, dim, &mut starts);
    let ends = run(&Cpu::new(Precision::F64), problem, &starts);
    let classifier = Classifier::new(problem);
    let one = |(stop, state): (&Stop, &[f64])| (classifier.classify(problem, state, stop).outcome, state.to_vec());
    ends.stops.iter().zip(ends.states.chunks_exact(dim)).map(one).collect()
}

fn share(ends: &[(Outcome, Vec<f64>)], outcome: Outcome) -> f64 {
    ends.iter().filter(|end| end.0 == outcome).count() as f64 / ends.len() as f64
}

/// That a share of so many runs is within four standard errors of a probability.
fn assert_share(found: f64, probability: f64, runs: usize, what: &str) {
    let error = (probability * (1.0 - probability) / runs as f64).sqrt();
    assert_close(found, probability, 4.0 * error, what);
}

fn value(problem: &Problem, state: &[f64]) -> f64 {
    problem.evaluate(Precision::F64, state).loss
}

/// Values by hand: the loss at 0 is ¾, at the saddles ⅔; no start but a null set misses ±w*.
fn phase_retrieval() {
    let cell = shipped_cell("phase_retrieval.star", "input_dim = 5", "");
    assert_close(value(&cell.problem, &[0.0; 5]), 0.75, 1e-15, "at 0");
    assert_close(value(&cell.problem, &[0.0, 1.0 / 3f64.sqrt(), 0.0, 0.0, 0.0]), 2.0 / 3.0, 1e-15, "across");
    assert_close(value(&cell.problem, &[-1.0, 0.0, 0.0, 0.0, 0.0]), 0.0, 0.0, "−w*");
    assert_eq!(share(&endpoints(&cell, 500), Outcome::Global), 1.0);
}

/// The symmetric plateau of small steps (Saad and Solla 1995): every overlap with a teacher is `1/√(K(2K−1))`, the loss
/// `(K/π)(π/6 − K arcsin(1/2K))`, and it is critical.
fn committee() {
    for (k, expected) in [(2usize, 0.0116), (3, 0.0203), (4, 0.0284)] {
        let cell = shipped_cell("committee.star", &format!("teachers = {k}"), "");
        let kf = k as f64;
        let plateau = vec![1.0 / (kf * (2.0 * kf - 1.0)).sqrt(); k * k];
        let found = cell.problem.evaluate(Precision::F64, &plateau);
        assert_close(found.loss, kf / PI * (PI / 6.0 - kf * (0.5 / kf).asin()), 4e-15, "the plateau's loss");
        assert_close(found.loss, expected, 1e-4, "the plateau's loss in figures");
        assert!(largest(&found.gradient) <= 1e-15, "{:?}", found.gradient);
    }
}

/// Without spurious minima (Ge, Jin, Zheng 2017) every run finds the least loss, with fewer columns than rank too: ¼ of
/// the squares of the eigenvalues that are left.
fn factorisation() {
    let cell = shipped_cell("factorisation.star", "size = 5\nrank = 3\ncolumns = 2", "");
    let mut state = vec![0.0; 10];
    (state[0], state[3]) = (3f64.sqrt(), 2f64.sqrt());
    assert_close(value(&cell.problem, &state), 0.25, 1e-15, "the two largest eigenvalues found");
    let ends = endpoints(&cell, 200);
    assert_eq!(share(&ends, Outcome::Global), 1.0);
}

/// Two components of order 4: the flow finds the first where `u₁² > ρ u₂²`, which has the probability
/// `(2/π) arctan √(1/ρ)` (elementary geometry). Descent has small steps.
fn tensor() {
    let runs = 4000;
    let cell = shipped_cell("tensor.star", "", "[descent]\nstep = 0.02");
    let ends = endpoints(&cell, runs);
    let expected = 2.0 / PI * 2f64.sqrt().atan();
    assert_share(share(&ends, Outcome::Global), expected, runs, "global");
    assert_share(share(&ends, Outcome::Spurious), 1.0 - expected, runs, "spurious");
    // By the loss: ½ Σ λ² less half the square of the component that was found.
    for (outcome, state) in &ends {
        let loss = if *outcome == Outcome::Global { 0.125 } else { 0.5 };
        assert_close(value(&cell.problem, state), loss, 1e-6, "the loss at the end");
    }
}

/// Twisted states `θ_i = 2πqi/n` are the minima for |q| < n/4: loss `n (1 − cos 2πq/n)`.
fn phase_ring() {
    let n = 12;
    let cell = shipped_cell("phase_ring.star", &format!("phases = {n}"), "");
    let twisted = |q: f64| -> Vec<f64> { (0..n).map(|i| 2.0 * PI * q * f64::from(i) / f64::from(n)).collect() };
    for q in [-2.0, 0.0, 1.0] {
        let found = cell.problem.evaluate(Precision::F64, &twisted(q));
        assert_close(found.loss, f64::from(n) * (1.0 - (2.0 * PI * q / f64::from(n)).cos()), 1e-13, "a twisted state");
        assert!(largest(&found.gradient) <= 1e-14);
        assert_close(seen(&cell.problem, &twisted(q), "winding"), q, 1e-13, "its winding number");
    }
    let ends = endpoints(&cell, 1000);
    let mut squares = 0.0;
    for (outcome, state) in &ends {
        let q = seen(&cell.problem, state, "winding");
        let expected = if q.round() == 0.0 { Outcome::Global } else { Outcome::Spurious };
        assert_close(q, q.round(), 1e-4, "a whole winding number");
        assert!(q.abs() < 3.0 && *outcome == expected, "{outcome:?} with q = {q}");
        squares += q * q;
    }
    // About 0.19 √n (Wiley, Strogatz and Girvan 2006): a figure read off a fit for rings of 80 and more.
    let deviation = (squares / ends.len() as f64).sqrt() / f64::from(n).sqrt();
    assert!((0.1..0.25).contains(&deviation), "standard deviation {deviation} √n");
}
