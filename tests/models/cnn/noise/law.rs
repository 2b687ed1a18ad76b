//! The eight numbers of `perturbed` against the weights of `perturbed_full`: the same law, step by step and at escapes.

use super::{budget, cell, two_sample_bound, two_samples};
use crate::support::{Set, run, seed, settings, values};
use spurious::descent::backend::cpu::Cpu;
use spurious::landscape::{Model, Outcome, Problem, Settings, Status, StepSize};
use spurious::models::cnn::Cnn;
use spurious::numerics::real::Precision::F64;

trials![reduced_is_full_in_law, another_noise_is_noticed, escapes_are_alike,];

const RUNS: usize = 4_000;

/// Cells that reach every case of the law: balls of 1, 2, 3, 4 and more dimensions, both constraints, both starts.
const CELLS: [Set; 6] = [
    &[("filter_size", "2"), ("patches", "1"), ("ratio", "1.0"), ("noise_filter", "0.9"), ("noise_output", "0.7")],
    &[("filter_size", "3"), ("patches", "2"), ("ratio", "0.5"), ("noise_filter", "1.5"), ("noise_output", "0.5")],
    &[
        ("filter_size", "4"),
        ("patches", "3"),
        ("ratio", "1.2"),
        ("noise_filter", "1.5"),
        ("noise_output", "1.0"),
        ("start", "\"spurious\""),
        ("filter_constraint", "\"sphere\""),
    ],
    &[
        ("filter_size", "2"),
        ("patches", "4"),
        ("ratio", "1.0"),
        ("noise_filter", "0.7"),
        ("noise_output", "2.0"),
        ("filter_constraint", "\"sphere\""),
        ("start_filter_scale", "0.5"),
    ],
    &[
        ("filter_size", "5"),
        ("patches", "25"),
        ("ratio", "4.0"),
        ("noise_filter", "2.0"),
        ("noise_output", "1.0"),
        ("noise_epoch", "10"),
        ("noise_decay", "0.8"),
        ("start", "\"spurious\""),
    ],
    &[
        ("filter_size", "9"),
        ("patches", "6"),
        ("ratio", "2.0"),
        ("teacher_norm", "1.5"),
        ("start_filter", "\"gaussian\""),
        ("noise_filter", "1.0"),
        ("noise_output", "0.5"),
    ],
];

/// `cos φ`, `‖v‖`, `A₁`, `A₂`, `A₃`, and a mixture that sees dependences, of the states of one form.
fn columns(form: &str, set: &[(&str, &str)], problem: &Problem, states: &[f64]) -> Vec<Vec<f64>> {
    let values = values("cnn", set);
    let (p, k) = (values.integer("filter_size") as usize, values.integer("patches") as usize);
    let teacher = Cnn.teacher(&values).unwrap();
    let mean = teacher[p..].iter().sum::<f64>() / k as f64;
    let rest: Vec<f64> = teacher[p..].iter().map(|b| b - mean).collect();
    let length = rest.iter().map(|b| b * b).sum::<f64>().sqrt();
    let mut columns = vec![Vec::new(); 6];
    for state in states.chunks_exact(problem.dim()) {
        let [x, y, along, across, third] = if form == "perturbed" {
            [state[0], state[1].abs(), state[2], state[3], state[4].abs()]
        } else {
            let (v, a) = state[..p + k].split_at(p);
            let along = a.iter().sum::<f64>() / (k as f64).sqrt();
            let across = match k {
                1 => 0.0,
                _ => a.iter().zip(&rest).map(|(a, b)| a * b).sum::<f64>() / length,
            };
            let e = |j: usize| if k == 1 { 0.0 } else { rest[j] / length };
            let third = a.iter().enumerate().map(|(j, a)| (a - along / (k as f64).sqrt() - across * e(j)).powi(2));
            [v[0], v[1..].iter().map(|v| v * v).sum::<f64>().sqrt(), along, across, third.sum::<f64>().sqrt()]
        };
        let r = x.hypot(y);
        let mixture = x / r + 1.3 * along * y - 0.7 * across * x + 2.0 * third * along;
        for (column, value) in columns.iter_mut().zip([x / r, r, along, across, third, mixture]) {
            column.push(value);
        }
    }
    columns
}

fn sample(form: &str, set: &[(&str, &str)], steps: u32, seed: u64) -> Vec<Vec<f64>> {
    let (problem, from) = cell(form, set, &budget(steps), seed, RUNS);
    let ends = run(&Cpu::new(F64), &problem, &from);
    assert!(ends.stops.iter().all(|stop| (stop.status, stop.steps) == (Status::OutOfSteps, steps)), "{form} {set:?}");
    columns(form, set, &problem, &ends.states)
}

/// The largest distance of a column over the bound that all of them keep with probability `1 − 1e-6`.
fn largest_distance(a: Vec<Vec<f64>>, b: Vec<Vec<f64>>) -> (usize, f64) {
    // 18 samplings of 6 columns.
    let bound = two_sample_bound(RUNS, 1e-6 / (3.0 * 6.0 * CELLS.len() as f64));
    let distances = a.into_iter().zip(b).map(|(mut a, mut b)| {
        let still = |x: &[f64]| x.iter().all(|y| (y - x[0]).abs() <= 1e-12 * (1.0 + y.abs()));
        if still(&a) && still(&b) {
            // A norm that a constraint keeps, or a component that there is not: the same number but for rounding.
            return if (a[0] - b[0]).abs() <= 1e-12 * (1.0 + a[0].abs()) { 0.0 } else { f64::INFINITY };
        }
        two_samples(&mut a, &mut b) / bound
    });
    distances.enumerate().max_by(|a, b| a.1.total_cmp(&b.1)).unwrap()
}

fn reduced_is_full_in_law() {
    for set in CELLS {
        for steps in [1, 10, 100] {
            let (a, b) = (sample("perturbed", set, steps, seed()), sample("perturbed_full", set, steps, seed() + 1));
            let (column, distance) = largest_distance(a, b);
            let what = ["cos φ", "‖v‖", "A₁", "A₂", "A₃", "mixture"][column];
            assert!(distance < 1.0, "{set:?}, {steps} steps, seed {}: {what} differs, {distance}", seed());
        }
    }
}

/// The comparison can fail: a radius that is larger by three fifths shows after ten steps.
fn another_noise_is_noticed() {
    let set = CELLS[4];
    for (name, radius) in [("noise_filter", "3.2"), ("noise_output", "1.6")] {
        let other: Vec<_> = set.iter().map(|&(key, value)| (key, if key == name { radius } else { value })).collect();
        let (a, b) = (sample("perturbed", set, 10, seed()), sample("perturbed_full", &other, 10, seed() + 1));
        assert!(largest_distance(a, b).1 > 1.0, "{name} does not matter");
    }
}

/// How many runs escape within a budget, and when.
fn escapes_are_alike() {
    let set: Set = &[
        ("patches", "4"),
        ("ratio", "1.5"),
        ("start", "\"spurious\""),
        ("noise_filter", "3.0"),
        ("noise_output", "1.0"),
        ("noise_epoch", "10000"),
        ("noise_epochs", "1"),
        ("noise_stop", "\"escape\""),
        ("filter_constraint", "\"sphere\""),
    ];
    const BUDGET: u32 = 300;
    let escapes = |form: &str, seed: u64| {
        let settings = Settings { step: StepSize::Groups(vec![1.0, 0.2]), max_steps: BUDGET, ..settings() };
        let (problem, from) = cell(form, set, &settings, seed, RUNS);
        let ends = run(&Cpu::new(F64), &problem, &from);
        for stop in &ends.stops {
            let escaped = (stop.status, stop.outcome()) == (Status::Converged, Outcome::Global);
            assert!(escaped || (stop.status, stop.steps) == (Status::OutOfSteps, BUDGET), "{stop:?}");
        }
        // A run that has not escaped counts as one that does after the budget.
        let steps =
            |stop: &spurious::landscape::endpoint::Stop| f64::from(stop.steps) + f64::from(stop.found.is_none());
        ends.stops.iter().map(steps).collect::<Vec<f64>>()
    };
    let [mut a, mut b] = [escapes("perturbed", seed()), escapes("perturbed_full", seed() + 1)];
    let early = |x: &[f64]| x.iter().filter(|steps| **steps <= f64::from(BUDGET)).count();
    let what = format!("seed {}: {} and {} of {RUNS} escape", seed(), early(&a), early(&b));
    assert!(20 * early(&a) > RUNS && 20 * (RUNS - early(&a)) > RUNS, "{what}");
    let distance = two_samples(&mut a, &mut b);
    assert!(distance < two_sample_bound(RUNS, 1e-6), "{what}; steps differ by {distance}");
}
