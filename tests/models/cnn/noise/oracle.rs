//! Escapes from the spurious minimum against an independent program on the paper's weights, `oracle/noise.py`.

use super::cell;
use crate::support::{run, seed, settings};
use spurious::descent::backend::cpu::Cpu;
use spurious::landscape::{Settings, Status, StepSize};
use spurious::numerics::real::Precision::F32;

trials![escapes_are_as_often_and_as_late,];

/// Share of runs that escape, and mean number of steps, those that do not counting with all: within five standard
/// errors of the difference, which are exceeded with probability 6e-7.
fn escapes_are_as_often_and_as_late() {
    const RUNS: usize = 4_000;
    let cases: Vec<serde_json::Value> = serde_json::from_str(include_str!("../../../oracle/noise.json")).unwrap();
    assert!(cases.len() >= 4);
    for case in &cases {
        let number = |key: &str| case[key].as_f64().unwrap_or_else(|| panic!("{key} of {case}"));
        let names = ["filter_size", "patches", "ratio", "noise_filter", "noise_output"];
        let texts = names.map(|name| case[name].to_string());
        let mut set: Vec<_> = names.into_iter().zip(texts.iter().map(String::as_str)).collect();
        set.extend([
            ("start", "\"spurious\""),
            ("filter_constraint", "\"sphere\""),
            ("noise_stop", "\"escape\""),
            ("noise_epoch", "100000"),
            ("noise_epochs", "1"),
        ]);
        let budget = number("steps") as u32;
        let step = StepSize::Groups(vec![number("filter"), number("output")]);
        let settings = Settings { step, max_steps: budget, ..settings() };
        let (problem, from) = cell("perturbed", &set, &settings, seed(), RUNS);
        let stops = run(&Cpu::new(F32), &problem, &from).stops;
        let moments = |count: f64, escaped: f64, sum: f64, squares: f64| {
            let (share, mean) = (escaped / count, sum / count);
            [(share, share * (1.0 - share) / count), (mean, (squares / count - mean * mean) / count)]
        };
        let escaped = stops.iter().filter(|stop| stop.status == Status::Converged).count() as f64;
        let steps = || stops.iter().map(|stop| f64::from(stop.steps));
        let ours = moments(RUNS as f64, escaped, steps().sum(), steps().map(|s| s * s).sum());
        let theirs = moments(number("runs"), number("escaped"), number("sum"), number("squares"));
        for (what, ((a, a_variance), (b, b_variance))) in ["share", "steps"].iter().zip(ours.into_iter().zip(theirs)) {
            let error = (a_variance + b_variance).sqrt();
            let what = format!("{set:?}, seed {}, {what}: {a} and {b}, error {error}", seed());
            assert!((a - b).abs() <= 5.0 * error, "{what}");
            assert!(error > 0.0 && error < 0.05 * b, "{what}: tells nothing");
        }
    }
}
