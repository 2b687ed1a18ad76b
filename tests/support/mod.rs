//! What the tests share: lists of tests, cells from a few settings, and starts.

pub(crate) mod dawn;
pub(crate) mod folder;
pub(crate) mod program;
pub(crate) mod subject;
pub(crate) mod toy;
#[macro_use]
pub(crate) mod trials;
pub(crate) mod wrong;

pub(crate) use subject::{Set, cells, for_all_cells};

use spurious::descent::backend::gpu::device::Wanted;
use spurious::descent::backend::gpu::{Gpu, Options};
use spurious::descent::backend::{Backend, Batch};
use spurious::landscape::{Endpoints, Problem, Settings, StepSize, Values};
use spurious::models;
use spurious::numerics::{CellSeed, Draws, Precision};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::AtomicBool;

/// Any adapter, in the given format, with the given lanes (0: automatic).
pub(crate) fn gpu(precision: Precision, lanes: u32) -> Gpu {
    gpu_with(Options { precision, lanes, ..Options::default() })
}

/// Any adapter, with more options; which adapter is set here. `SPURIOUS_TEST_ADAPTER` names one.
pub(crate) fn gpu_with(options: Options) -> Gpu {
    let name = std::env::var("SPURIOUS_TEST_ADAPTER").unwrap_or_default();
    Gpu::open(Options { adapter: Wanted { name, software: true }, ..options }).expect("an adapter")
}

/// Settings of the descent that most tests use: automatic steps, 300,000 steps, tolerance 0.01, verdicts.
pub(crate) fn settings() -> Settings {
    Settings { step: StepSize::Auto, max_steps: 300_000, tolerance: 1e-2, verdicts: true }
}

/// The same with the model's own tolerance.
pub(crate) fn settings_of(model: &str) -> Settings {
    Settings { tolerance: models::find(model).unwrap().about().tolerance.default, ..settings() }
}

/// Values of a model's parameters: the defaults, and TOML texts for some. None is relative to another any more.
pub(crate) fn values(model: &str, set: &[(&str, &str)]) -> Values {
    let model = models::find(model).unwrap();
    for (name, _) in set {
        assert!(model.parameters().iter().any(|p| p.name == *name), "no parameter {name}");
    }
    let value = |p: &spurious::landscape::Parameter| {
        let text = set.iter().find(|(name, _)| *name == p.name).map_or(p.default, |(_, text)| text);
        let table: toml::Table = format!("x = {text}").parse().unwrap();
        (p.name, p.kind.accept(&table["x"]).unwrap_or_else(|| panic!("{} = {text}", p.name)))
    };
    let mut values = Values::new(model.parameters().iter().map(value).collect());
    values.resolve(model.parameters()).unwrap();
    values
}

/// One cell.
pub(crate) fn problem(model: &str, form: &str, set: &[(&str, &str)], settings: &Settings) -> Problem {
    models::find(model).unwrap().problem(form, &values(model, set), settings).unwrap()
}

/// Starts of the runs `0..runs` of a cell, states only.
pub(crate) fn starts(model: &str, set: &[(&str, &str)], problem: &Problem, seed: u64, runs: usize) -> Vec<f64> {
    let cell = CellSeed::new(seed, &models::find(model).unwrap().identity(&values(model, set)));
    let mut all = vec![0.0; runs * problem.dim()];
    problem.starts(cell, 0, problem.dim(), &mut all);
    all
}

/// Endpoints, with weights, of given starts.
pub(crate) fn run(backend: &dyn Backend, problem: &Problem, starts: &[f64]) -> Endpoints {
    let of = (starts.len() / problem.dim()) as u64;
    let batch = Batch { problem, states: starts.to_vec(), taken: Vec::new(), of, keep_states: true };
    backend.run(batch, &AtomicBool::new(false)).unwrap()
}

/// Seed of everything random in the tests; `SPURIOUS_TEST_SEED` sets another.
pub(crate) fn seed() -> u64 {
    std::env::var("SPURIOUS_TEST_SEED").map_or(20_180_712, |text| text.parse().expect("SPURIOUS_TEST_SEED"))
}

/// Runs a test with random numbers of its own; a failure names the seed and the case.
pub(crate) fn for_cases(name: &str, cases: u64, test: impl Fn(u64, &mut Draws)) {
    let seed = seed();
    for case in 0..cases {
        let mut draws = CellSeed::new(seed, name).run(case);
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| test(case, &mut draws))) {
            let message = panic.downcast_ref::<String>().cloned();
            let message = message.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string));
            panic!("{name}, case {case}, SPURIOUS_TEST_SEED={seed}: {}", message.unwrap_or_default());
        }
    }
}

/// A point of normal components, about as large as `scale`: filters of any norm, angles on both sides of a right one.
pub(crate) fn random_point(draws: &mut Draws, scale: f64, dim: usize) -> Vec<f64> {
    (0..dim).map(|_| scale * draws.normal()).collect()
}

/// Rounds every number to f32, so that both formats start from the same point.
pub(crate) fn round_to_f32(points: &mut [f64]) {
    for x in points {
        *x = f64::from(*x as f32);
    }
}

/// How far loss and gradient, evaluated in a format of unit roundoff `epsilon`, may be from the truth.
///
/// The landscape is evaluated in f64 at points moved by `epsilon` of their size in every component. Sixteen times the
/// largest change bounds the result of an evaluation with that many roundings on its longest path, each no worse than
/// one in its input; the constants are rounded as well, which a change relative to the values themselves covers. Whole
/// numbers from which random numbers are made stay as they are: they are exact in every format.
pub(crate) fn conditioning(problem: &Problem, state: &[f64], epsilon: f64, draws: &mut Draws) -> (f64, f64) {
    let exact = problem.evaluate(Precision::F64, state);
    // The scale of the terms of which the loss is a sum.
    let terms: f64 = exact.gradient.iter().zip(state).map(|(g, x)| (g * x).abs()).sum();
    // So is the loss without weights, where there is one: it cancels near a global minimum.
    let steps = problem.rule().steps;
    let without: Vec<f64> = state.iter().zip(&steps).map(|(x, step)| if *step > 0.0 { 0.0 } else { *x }).collect();
    let constant = Some(problem.evaluate(Precision::F64, &without).loss).filter(|x| x.is_finite());
    let mut loss = epsilon * (exact.loss.abs() + terms + constant.unwrap_or(0.0));
    let mut gradient = epsilon * largest(&exact.gradient);
    let weights = problem.weights();
    let size = largest(&state[..weights]);
    for _ in 0..8 {
        let mut nearby = state.to_vec();
        nearby[..weights].iter_mut().for_each(|x| *x += epsilon * size * (draws.uniform() - 0.5).signum());
        let moved = problem.evaluate(Precision::F64, &nearby);
        loss = loss.max((moved.loss - exact.loss).abs());
        gradient = gradient.max(distance(&moved.gradient, &exact.gradient));
    }
    (16.0 * loss, 16.0 * gradient)
}

/// Largest absolute value.
pub(crate) fn largest(values: &[f64]) -> f64 {
    values.iter().fold(0.0, |most, x| x.abs().max(most))
}

/// Largest absolute difference; NaN counts as infinite.
pub(crate) fn distance(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(x, y)| (x - y).abs()).fold(0.0, |most, d| {
        if d <= most {
            most
        } else if d.is_nan() {
            f64::INFINITY
        } else {
            d
        }
    })
}

/// Asserts `|value − expected| <= tolerance`.
#[track_caller]
pub(crate) fn assert_close(value: f64, expected: f64, tolerance: f64, what: &str) {
    assert!((value - expected).abs() <= tolerance, "{what}: {value:e} is not {expected:e} to {tolerance:e}");
}

/// Asserts that `value` differs from `expected` by at most `tolerance` relative to it.
#[track_caller]
pub(crate) fn assert_relative(value: f64, expected: f64, tolerance: f64, what: &str) {
    let error = (value - expected).abs();
    assert!(error <= tolerance * expected.abs(), "{what}: {value:e} is not {expected:e} to {tolerance:e}");
}

/// An observable of a state at which a run starts.
pub(crate) fn seen(problem: &Problem, state: &[f64], name: &str) -> f64 {
    let all = problem.observables(state, state, 0);
    all.iter().find(|seen| seen.name == name).unwrap_or_else(|| panic!("no observable {name}")).value
}
