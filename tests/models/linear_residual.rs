//! The model `linear_residual`: values against an independent program, identities of deep linear networks, the exact
//! reduction, the verdict, laws of targets, figures of an independent descent, and the kernels.

mod descents;
mod devices;
mod landscape;
mod oracle;
mod refusals;
mod targets;
mod verdicts;

use crate::support::{self, problem, run, seed, settings_of};
use spurious::descent::backend::cpu::Cpu;
use spurious::judge::classify::Classifier;
use spurious::landscape::{Endpoints, Outcome, Problem, Settings, StepSize};
use spurious::numerics::real::Precision::F64;

trials![modules(descents, devices, landscape, oracle, refusals, targets, verdicts),];

/// A model's name, as the tests write it often.
const MODEL: &str = "linear_residual";

/// Settings with a step, a budget and a tolerance.
fn settings(step: Option<f64>, max_steps: u32, tolerance: f64) -> Settings {
    let step = step.map_or(StepSize::Auto, StepSize::One);
    Settings { step, max_steps, tolerance, ..settings_of(MODEL) }
}

/// Starts of the first runs.
fn starts(set: &[(&str, &str)], problem: &Problem, runs: usize) -> Vec<f64> {
    support::starts(MODEL, set, problem, seed(), runs)
}

/// Endpoints of the first runs of a cell, in f64.
fn ends(
    form: &str,
    set: &[(&str, &str)],
    settings: &Settings,
    runs: usize,
) -> (spurious::landscape::problem::Problem, Endpoints) {
    let problem = problem(MODEL, form, set, settings);
    let ends = run(&Cpu::new(F64), &problem, &starts(set, &problem, runs));
    (problem, ends)
}

/// Outcomes of endpoints as a table would show them.
fn outcomes(problem: &Problem, ends: &Endpoints) -> Vec<Outcome> {
    let classifier = Classifier::new(problem);
    let states = ends.states.chunks_exact(problem.dim());
    ends.stops.iter().zip(states).map(|(stop, state)| classifier.classify(problem, state, stop).outcome).collect()
}

/// How many are of one kind.
fn count(outcomes: &[Outcome], wanted: Outcome) -> usize {
    outcomes.iter().filter(|outcome| **outcome == wanted).count()
}

/// `A B` of square matrices.
fn multiply(a: &[f64], b: &[f64], d: usize) -> Vec<f64> {
    (0..d * d).map(|i| (0..d).map(|k| a[i / d * d + k] * b[k * d + i % d]).sum()).collect()
}

/// `Aᵀ`
fn transpose(a: &[f64], d: usize) -> Vec<f64> {
    (0..d * d).map(|i| a[i % d * d + i / d]).collect()
}
