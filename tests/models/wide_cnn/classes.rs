//! Critical points that are known, what endpoints are classified as, symmetries, and values that are refused.

use super::{Sizes, cell, twenty};
use crate::support::{
    Set, assert_close, distance, for_cases, largest, random_point, run, seed, seen, settings_of, starts, values,
};
use spurious::descent::backend::cpu::Cpu;
use spurious::judge::classify::Classifier;
use spurious::judge::{lead, refine};
use spurious::landscape::{Model, Outcome, Status, StepSize, Stop};
use spurious::models::wide_cnn::WideCnn;
use spurious::numerics::real::Precision::F64;
use spurious::numerics::vector;

trials![
    the_mean_of_the_targets_is_a_saddle,
    relu_rests_at_spurious_minima,
    late_runs,
    symmetries,
    bad_values_are_refused,
];

const AT_REST: Stop = Stop { status: Status::Converged, steps: 0, found: None };

/// Without weights but `c`, the mean of the targets, the gradient is 0: `∂Φ/∂v = σ(0) Σ e = 0`, the others have a
/// factor `v`. All features are the same there, of rank 1, as the theorem wants it, and `∂²Φ/∂w∂v = σ'(0) Σ e z` makes
/// it a saddle.
fn the_mean_of_the_targets_is_a_saddle() {
    for filters in ["1", "4", "6"] {
        let problem = twenty(filters, |set| cell(set, |_| {}));
        let sizes = Sizes::of(&problem);
        let mut state = vec![0.0; problem.dim()];
        let targets = &sizes.data[20 * 8..];
        *state.last_mut().unwrap() = targets.iter().sum::<f64>() / 20.0;
        let found = problem.evaluate(F64, &state);
        assert!(largest(&found.gradient) < 1e-13, "{filters}: {:e}", largest(&found.gradient));
        let variance: f64 = targets.iter().map(|y| (y - state.last().unwrap()).powi(2)).sum();
        assert_close(found.loss, 0.5 * variance, 1e-13, filters);
        assert_eq!(seen(&problem, &state, "rank"), 1.0, "{filters}");
        let spectrum = refine::spectrum(&problem, &state).unwrap();
        assert!(spectrum.index() > 0 && spectrum.min() < -0.1, "{filters}: {:?}", spectrum.eigenvalues);
        // It is not isolated, so that Newton's method proves nothing; but it is never taken for a minimum.
        let outcome = Classifier::new(&problem).classify(&problem, &state, &AT_REST).outcome;
        assert!(!matches!(outcome, Outcome::Global | Outcome::Spurious), "{filters}: {outcome:?}");
    }
}

/// One ReLU on 6 samples: 11 of 32 runs come to rest at a strict minimum of positive loss. Around each of them the loss
/// is larger in every direction that is tried, but for the rescaling of the filter.
fn relu_rests_at_spurious_minima() {
    let set: Set = &[
        ("activation", "\"relu\""),
        ("filters", "1"),
        ("samples", "6"),
        ("input_length", "2"),
        ("filter_length", "2"),
        ("data_seed", "3"),
    ];
    let problem = cell(set, |settings| {
        settings.step = StepSize::One(0.001);
        settings.max_steps = 100_000;
    });
    let ends = run(&Cpu::new(F64), &problem, &starts("wide_cnn", set, &problem, seed(), 24));
    let classifier = Classifier::new(&problem);
    let mut spurious = 0;
    for (i, (state, stop)) in ends.states.chunks_exact(problem.dim()).zip(&ends.stops).enumerate() {
        if classifier.classify(&problem, state, stop).outcome != Outcome::Spurious {
            continue;
        }
        spurious += 1;
        let settled = lead::settle(&problem, state).unwrap();
        assert_eq!(settled.spectrum.flat, ["rescaling of a filter against its read-out weights"], "run {i}");
        let here = problem.evaluate(F64, &settled.point).loss;
        assert!(here > 1e-3, "run {i}: {here:e}");
        for_cases("wide_cnn::around_a_minimum", 200, |_, draws| {
            let mut moved = settled.point.clone();
            let by = random_point(draws, 1e-3, moved.len());
            moved.iter_mut().zip(by).for_each(|(x, d)| *x += d);
            let there = problem.evaluate(F64, &moved).loss;
            assert!(there > here, "run {i}: {there} below {here}");
        });
    }
    // About a third of 24; with a probability of a tenth, below 1 once in 12; of a third, once in 10^4.
    assert!(spurious > 0, "seed {}", seed());
}

/// Out of steps: slow where the features have rank N, undecided where there are too few neurons. A run at the point
/// that is known to be critical is not slow.
fn late_runs() {
    for (filters, expected) in [("4", Outcome::Slow), ("6", Outcome::Slow), ("3", Outcome::Undecided)] {
        let problem = twenty(filters, |set| cell(set, |settings| settings.max_steps = 100));
        let from = twenty(filters, |set| starts("wide_cnn", set, &problem, seed(), 10));
        let ends = run(&Cpu::new(F64), &problem, &from);
        let classifier = Classifier::new(&problem);
        assert!(classifier.needs_states());
        for (i, (state, stop)) in ends.states.chunks_exact(problem.dim()).zip(&ends.stops).enumerate() {
            assert_eq!(stop.status, Status::OutOfSteps);
            let outcome = classifier.classify(&problem, state, stop).outcome;
            assert_eq!(outcome, expected, "{filters}, seed {}, run {i}", seed());
        }
        let nothing = vec![0.0; problem.dim()];
        assert_eq!(problem.slow_paths().unwrap().late(&nothing), Outcome::Undecided, "all features are the same");
        assert_eq!(problem.slow_paths().unwrap().late(&vec![f64::NAN; problem.dim()]), Outcome::Undecided);
    }
}

/// Filters may change places, and ReLU may be rescaled: along the direction that says so neither loss nor gradient
/// norms change at first order.
fn symmetries() {
    let set: Set = &[("filters", "3"), ("input_length", "5"), ("activation", "\"relu\"")];
    for relu in [true, false] {
        let set = if relu { set } else { &set[..2] };
        let problem = cell(set, |_| {});
        // 3 filters of length 3 on 3 patches: w from 0, b from 9, v from 18.
        let parts = [0, 9, 18];
        for_cases("wide_cnn::symmetries", 20, |_, draws| {
            let x = random_point(draws, 1.0, problem.dim());
            let here = problem.evaluate(F64, &x);
            let mut turned = x.clone();
            let mut slopes = here.gradient.clone();
            for first in parts {
                turned[first..first + 9].rotate_left(3);
                slopes[first..first + 9].rotate_left(3);
            }
            let there = problem.evaluate(F64, &turned);
            // The sums are the same but for their order.
            assert_close(there.loss, here.loss, 1e-13 * here.loss, "loss");
            assert!(distance(&there.gradient, &slopes) < 1e-12 * largest(&slopes));
            let mut scaled = x.clone();
            for (first, factor) in parts.into_iter().zip([2.0, 2.0, 0.5]) {
                scaled[first..first + 3].iter_mut().for_each(|x| *x *= factor);
            }
            let same = (problem.evaluate(F64, &scaled).loss - here.loss).abs() < 1e-13 * here.loss;
            assert_eq!(same, relu);
            let flat = problem.flat_directions(&x);
            assert_eq!(flat.len(), if relu { 3 } else { 0 });
            for (_, direction) in flat {
                let along = vector::dot(&direction, &here.gradient);
                assert!(along.abs() < 1e-13 * vector::norm(&direction) * vector::norm(&here.gradient), "{along:e}");
            }
        });
    }
}

fn bad_values_are_refused() {
    let refused = |set: &[(&str, &str)], key: &str, problem: &str| {
        let model: &dyn Model = &WideCnn;
        let error = model.problem("full", &values("wide_cnn", set), &settings_of("wide_cnn"));
        let error = error.err().unwrap_or_else(|| panic!("{set:?} is accepted"));
        assert_eq!(error.key, format!("params.{key}"), "{error}");
        assert!(error.problem.contains(problem) && !error.remedy.is_empty(), "{error}");
    };
    refused(&[("filter_length", "7")], "filter_length", "longer than a sample of 6 inputs");
    refused(&[("stride", "2")], "input_length", "leaves 1 inputs at the end");
    refused(&[("stride", "4"), ("input_length", "11")], "stride", "between the patches");
    refused(&[("stride", "2"), ("input_length", "3")], "stride", "no effect");
    refused(&[("filters", "500")], "filters", "make 5501 weights, more than 4096");
    refused(&[("samples", "4096"), ("input_length", "65"), ("stride", "2")], "samples", "more than 262144 numbers");
    let error = WideCnn.teacher(&values("wide_cnn", &[])).unwrap_err();
    assert!(error.to_string().contains("has no teacher"), "{error}");
}
