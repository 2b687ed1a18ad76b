//! Perturbed descent of `cnn`: random numbers inside a descent, the law of the eight numbers against the paper's
//! weights, what noise does not change, escapes against an independent program (`oracle/noise.py`), kernels, and what
//! is refused.

mod descents;
mod devices;
mod law;
mod oracle;
mod refusals;

use crate::support::{problem, settings, starts};
use spurious::landscape::{Problem, Settings};

trials![modules(descents, devices, law, oracle, refusals),];

/// Both forms, and settings under which only the budget ends a run.
const FORMS: [&str; 2] = ["perturbed", "perturbed_full"];

fn budget(max_steps: u32) -> Settings {
    Settings { max_steps, tolerance: 1e-12, verdicts: false, ..settings() }
}

/// A cell of the model with its starts.
fn cell(form: &str, set: &[(&str, &str)], settings: &Settings, seed: u64, runs: usize) -> (Problem, Vec<f64>) {
    let problem = problem("cnn", form, set, settings);
    let from = starts("cnn", set, &problem, seed, runs);
    (problem, from)
}

/// Largest difference of the empirical distribution functions of two samples, which are sorted.
fn two_samples(a: &mut [f64], b: &mut [f64]) -> f64 {
    a.sort_by(f64::total_cmp);
    b.sort_by(f64::total_cmp);
    let (mut i, mut j, mut most) = (0, 0, 0.0f64);
    while i < a.len() && j < b.len() {
        let value = a[i].min(b[j]);
        i += a[i..].iter().take_while(|x| **x <= value).count();
        j += b[j..].iter().take_while(|x| **x <= value).count();
        most = most.max((i as f64 / a.len() as f64 - j as f64 / b.len() as f64).abs());
    }
    most
}

/// What [`two_samples`] exceeds for two samples of one law with this probability at most: `P(D > t) ≤ 2 exp(−N t²)` for
/// two of `N`.
fn two_sample_bound(size: usize, probability: f64) -> f64 {
    ((2.0 / probability).ln() / size as f64).sqrt()
}
