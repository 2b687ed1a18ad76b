//! The model `quadratic`: values, critical points, the certified reference, descents against theory and against NumPy,
//! refusals, and wrong kernels.
//!
//! References are two independent programs (`oracle/quadratic.py`, `oracle/quadratic_descents.py`), closed forms, and
//! the counts and losses of a NumPy descent of the same laws.

mod critical;
mod descents;
mod devices;
mod oracle;
mod reference;
mod refusals;

use crate::support::program::points_file;
use crate::support::{self, problem, settings_of};
use spurious::judge::classify::{Classifier, Found};
use spurious::landscape::{Endpoints, Outcome, Problem, Settings, StepSize};
use spurious::numerics::Draws;
use std::path::{Path, PathBuf};

trials![modules(critical, descents, devices, oracle, reference, refusals),];

/// A cell with the model's tolerance, a step size and a budget.
fn cell(set: &[(&str, &str)], step: f64, max_steps: u32) -> Problem {
    let settings = Settings { step: StepSize::One(step), max_steps, ..settings_of("quadratic") };
    problem("quadratic", "full", set, &settings)
}

/// Starts of the first runs of a cell.
fn starts(set: &[(&str, &str)], problem: &Problem, runs: usize) -> Vec<f64> {
    support::starts("quadratic", set, problem, support::seed(), runs)
}

/// What runs found.
fn classified(problem: &Problem, ends: &Endpoints) -> Vec<Found> {
    let classifier = Classifier::new(problem);
    let states = ends.states.chunks_exact(problem.dim());
    states.zip(&ends.stops).map(|(state, stop)| classifier.classify(problem, state, stop)).collect()
}

/// How many runs found an outcome.
fn count(found: &[Found], outcome: Outcome) -> usize {
    found.iter().filter(|f| f.outcome == outcome).count()
}

/// A number that theory gives for a cell.
fn theory(problem: &Problem, name: &str) -> Option<f64> {
    problem.theory(None).into_iter().find(|p| p.name == name).unwrap_or_else(|| panic!("no {name}")).value
}

/// What theory gives, where it must.
fn known(problem: &Problem, name: &str) -> f64 {
    theory(problem, name).unwrap_or_else(|| panic!("{name} is not known"))
}

/// Writes a file of points.
fn write_points(folder: &Path, name: &str, points: &[Vec<f64>]) -> PathBuf {
    let path = folder.join(format!("{name}.csv"));
    std::fs::write(&path, points_file(points)).unwrap();
    path
}

/// A random orthogonal matrix of `k` rows.
fn rotation(draws: &mut Draws, k: usize) -> Vec<f64> {
    let rows: Vec<Vec<f64>> = (0..k).map(|_| (0..k).map(|_| draws.normal()).collect()).collect();
    spurious::numerics::vector::orthonormal(rows.iter().map(|row| &row[..])).concat()
}

/// The product of a matrix with `inner` columns and one with `columns`.
fn product(a: &[f64], b: &[f64], inner: usize, columns: usize) -> Vec<f64> {
    let entry = |row: &[f64], c: usize| (0..inner).map(|m| row[m] * b[m * columns + c]).sum::<f64>();
    a.chunks_exact(inner).flat_map(|row| (0..columns).map(move |c| entry(row, c))).collect()
}
