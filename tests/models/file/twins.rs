//! Two landscapes that are built in, written as files: one landscape in two texts.

use super::shipped_cell;
use crate::support::{self, assert_close, distance, largest, random_point, run};
use spurious::descent::backend::cpu::Cpu;
use spurious::experiment::{Cell, Plan, Spec};
use spurious::judge::classify::Classifier;
use spurious::landscape::Outcome;
use spurious::numerics::{CellSeed, Precision};

trials![cnn_is_one_landscape, relu_sum_is_one_landscape, cnn_runs_end_alike, relu_sum_runs_end_alike];

fn built_in(model: &str, params: &str, more: &str) -> Cell {
    let text = format!("[model]\n{model}\n[params]\n{params}\n{more}");
    Plan::new(&Spec::parse(&text, "test", &[]).unwrap()).unwrap().cells[0].clone()
}

fn compare(file: &Cell, own: &Cell, points: usize) {
    let mut draws = CellSeed::new(support::seed(), "twins").run(0);
    for _ in 0..points {
        let state = random_point(&mut draws, 1.0, own.problem.dim());
        let (a, b) = (file.problem.evaluate(Precision::F64, &state), own.problem.evaluate(Precision::F64, &state));
        assert_close(a.loss, b.loss, 1e-14 * b.loss.abs().max(1.0), "the loss");
        let (off, scale) = (distance(&a.gradient, &b.gradient), largest(&b.gradient).max(1e-3));
        assert!(off <= 1e-14 * scale, "the gradient is off by {off} of {scale}");
    }
}

/// Outcomes of the same runs of two cells, from the built-in one's starts.
fn outcomes(file: &Cell, own: &Cell, runs: usize) -> [Vec<Outcome>; 2] {
    let dim = own.problem.dim();
    let mut starts = vec![0.0; runs * dim];
    own.problem.starts(own.seed, 0, dim, &mut starts);
    [file, own].map(|cell| {
        let ends = run(&Cpu::new(Precision::F64), &cell.problem, &starts);
        let classifier = Classifier::new(&cell.problem);
        let each = ends.stops.iter().zip(ends.states.chunks_exact(dim));
        each.map(|(stop, state)| classifier.classify(&cell.problem, state, stop).outcome).collect()
    })
}

fn cnn_is_one_landscape() {
    for (k, q) in [(25, 4.0), (9, 0.0), (4, 3.5)] {
        let own = built_in("name = \"cnn\"\nform = \"reduced\"", &format!("patches = {k}\nratio = {q:?}"), "");
        compare(&shipped_cell("cnn_reduced.star", &format!("patches = {k}\nratio = {q:?}"), ""), &own, 200);
    }
}

fn relu_sum_is_one_landscape() {
    let own = built_in("name = \"relu_sum\"", "teachers = 6", "");
    compare(&shipped_cell("relu_sum.star", "teachers = 6", ""), &own, 100);
}

/// At the spurious minimum of `cnn` the loss grows only with the third power of the angle, and curvature, by which a
/// file is judged, shows no minimum: these runs are undecided. No other outcome differs.
fn cnn_runs_end_alike() {
    let own = built_in("name = \"cnn\"\nform = \"reduced\"", "patches = 25\nratio = 4.0", "[descent]\nstep = 0.1");
    let file = shipped_cell("cnn_reduced.star", "", "[descent]\nstep = 0.1\nmax_steps = 1_000_000");
    let [file, own] = outcomes(&file, &own, 2000);
    assert!(own.contains(&Outcome::Global) && own.contains(&Outcome::Spurious));
    for (run, pair) in file.iter().zip(&own).enumerate() {
        let alike = matches!(
            pair,
            (Outcome::Global, Outcome::Global) | (Outcome::Undecided | Outcome::Spurious, Outcome::Spurious)
        );
        assert!(alike, "run {run}: {pair:?}");
    }
}

fn relu_sum_runs_end_alike() {
    let own = built_in("name = \"relu_sum\"", "teachers = 8", "[descent]\nstep = 0.1");
    let [file, own] = outcomes(&shipped_cell("relu_sum.star", "teachers = 8", ""), &own, 200);
    assert!(own.contains(&Outcome::Global) && own.contains(&Outcome::Spurious));
    assert_eq!(file, own);
}
