//! What the tests share: trials that need an adapter or not, cells from a few settings, and starts.

use libtest_mimic::Trial;
use spurious::backend::gpu::device::{self, Wanted};
use spurious::backend::gpu::{Gpu, Options};
use spurious::backend::{Backend, Batch};
use spurious::endpoint::Endpoints;
use spurious::model::{self, Problem, Settings, StepSize, Values};
use spurious::real::Precision;
use spurious::seed::CellSeed;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// A test that panics to fail.
pub(crate) fn trial(name: &'static str, test: fn()) -> Trial {
    Trial::test(name, move || {
        test();
        Ok(())
    })
}

/// A test that needs an adapter: ignored by name without one, unless `REQUIRE_GPU=1`.
pub(crate) fn gpu_trial(name: &'static str, test: fn()) -> Trial {
    let required = std::env::var_os("REQUIRE_GPU").is_some_and(|v| v == "1");
    let missing = device::list().is_empty() && !required;
    trial(name, test).with_ignored_flag(missing).with_kind(if missing { "needs an adapter" } else { "" })
}

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

/// Values of a model's parameters: the defaults, and TOML texts for some.
pub(crate) fn values(model: &str, set: &[(&str, &str)]) -> Values {
    let model = model::find(model).unwrap();
    for (name, _) in set {
        assert!(model.parameters().iter().any(|p| p.name == *name), "no parameter {name}");
    }
    let value = |p: &model::Parameter| {
        let text = set.iter().find(|(name, _)| *name == p.name).map_or(p.default, |(_, text)| text);
        let table: toml::Table = format!("x = {text}").parse().unwrap();
        (p.name, p.kind.accept(&table["x"]).unwrap_or_else(|| panic!("{} = {text}", p.name)))
    };
    Values(model.parameters().iter().map(value).collect())
}

/// One cell.
pub(crate) fn problem(model: &str, form: &str, set: &[(&str, &str)], settings: &Settings) -> Arc<dyn Problem> {
    model::find(model).unwrap().problem(form, &values(model, set), settings).unwrap()
}

/// Starts of the runs `0..runs` of a cell, states only.
pub(crate) fn starts(model: &str, set: &[(&str, &str)], problem: &dyn Problem, seed: u64, runs: usize) -> Vec<f64> {
    let cell = CellSeed::new(seed, &model::find(model).unwrap().identity(&values(model, set)));
    let mut start = vec![0.0; problem.start_dim()];
    let mut all = Vec::with_capacity(runs * problem.dim());
    for run in 0..runs as u64 {
        problem.start(&mut cell.run(run), &mut start);
        all.extend_from_slice(&start[..problem.dim()]);
    }
    all
}

/// Endpoints, with weights, of given starts.
pub(crate) fn run(backend: &dyn Backend, problem: &dyn Problem, starts: &[f64]) -> Endpoints {
    let batch = Batch { problem, starts: starts.to_vec(), keep_states: true };
    backend.run(batch, &AtomicBool::new(false)).unwrap()
}
