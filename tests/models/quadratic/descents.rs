//! Descents against theory and against the figures of a NumPy descent of the same laws.

use super::{cell, classified, count, known, starts, theory};
use crate::support::{assert_close, assert_relative, run, seed, seen};
use spurious::descent::backend::cpu::Cpu;
use spurious::judge::refine::{self};
use spurious::landscape::{Outcome, Status};
use spurious::numerics::real::Precision::{F32, F64};
use spurious::numerics::vector;
use spurious::numerics::vector::norm;

trials![
    the_slow_path_has_its_constant,
    losses_after_20_000_steps_are_numpys,
    too_few_neurons_reach_their_best,
    slow_runs_are_on_the_path,
    enough_neurons_always_find_the_global_minimum,
    spurious_minima_are_minima,
    a_longer_budget_tells_slow_from_spurious,
];

/// A population cell of a rank-2 teacher in 10 dimensions.
fn population(
    neurons: &str,
    step: f64,
    max_steps: u32,
) -> (Vec<(&'static str, String)>, spurious::landscape::problem::Problem) {
    let set: Vec<(&'static str, String)> = [("risk", "\"population\""), ("teacher_rank", "2"), ("neurons", neurons)]
        .map(|(n, v)| (n, v.to_string()))
        .into();
    let texts: Vec<(&str, &str)> = set.iter().map(|(n, v)| (*n, &**v)).collect();
    let problem = cell(&texts, step, max_steps);
    (set, problem)
}

/// Losses of the first runs of a population cell after so many steps.
fn losses(neurons: &str, step: f64, steps: u32, runs: usize) -> Vec<f64> {
    let (set, problem) = population(neurons, step, steps);
    let texts: Vec<(&str, &str)> = set.iter().map(|(n, v)| (*n, &**v)).collect();
    let ends = run(&Cpu::new(F64), &problem, &starts(&texts, &problem, runs));
    assert!(ends.stops.iter().all(|stop| stop.status == Status::OutOfSteps), "k={neurons}");
    ends.states.chunks_exact(problem.dim()).map(|state| problem.evaluate(F64, state).loss).collect()
}

/// `L(t)^{-1/2}` grows by `η/√c` a step, whatever the start: between 10,000 and 20,000 steps the constant is the
/// predicted one to 1 % for one neuron to spare, where there is nothing else to wait for. For more the eigenvalues to
/// spare become equal like a power of `t`, so the start has them equal: weights along the axes beside the teacher's.
/// There the first step of the series in `1/t`, the start's own `1/z_0`, drops out of the difference, and what remains
/// is the discreteness of a step, `8 η z` in all.
fn the_slow_path_has_its_constant() {
    let constant = |early: f64, late: f64, time: f64| (time / (late.sqrt().recip() - early.sqrt().recip())).powi(2);
    let (early, late) = (losses("3", 0.01, 10_000, 20), losses("3", 0.01, 20_000, 20));
    let (_, problem) = population("3", 0.01, 20_000);
    assert_eq!(known(&problem, "speed_constant"), 1.0 / 80.0);
    for (run, (early, late)) in early.iter().zip(&late).enumerate() {
        assert_relative(constant(*early, *late, 100.0), 1.0 / 80.0, 0.01, &format!("k=3, seed {}, run {run}", seed()));
        // And the loss itself, since the start's share of 1/z has become small.
        assert_relative(late * 200f64.powi(2), 1.0 / 80.0, 0.05, &format!("k=3, run {run}: the loss"));
    }
    for neurons in ["4", "6", "10"] {
        let (_, problem) = population(neurons, 0.01, 20_000);
        let k: usize = neurons.parse().unwrap();
        let model = spurious::models::find("quadratic").unwrap();
        let set = [("risk", "\"population\""), ("teacher_rank", "2")];
        let teacher = model.teacher(&crate::support::values("quadratic", &set)).unwrap();
        let units: Vec<Vec<f64>> = (0..10).map(|i| (0..10).map(|a| f64::from(u8::from(a == i))).collect()).collect();
        let basis = vector::orthonormal(teacher.chunks_exact(10).chain(units.iter().map(|unit| &unit[..])));
        let start: Vec<f64> = basis[..k]
            .iter()
            .enumerate()
            .flat_map(|(i, e)| {
                let length = if i < 2 { 1.0 } else { 0.3 };
                e.iter().map(move |x| length * x)
            })
            .collect();
        let loss = |steps: u32| {
            let (_, problem) = population(neurons, 0.01, steps);
            let ends = run(&Cpu::new(F64), &problem, &start);
            problem.evaluate(F64, &ends.states).loss
        };
        let expected = known(&problem, "speed_constant");
        let spare = (k - 2) as f64;
        assert_close(expected, spare / (64.0 * (1.0 + spare / 4.0)), 1e-15, "the formula");
        assert_relative(constant(loss(10_000), loss(20_000), 100.0), expected, 0.01, &format!("k={neurons}"));
        // What is left of the start's 1/z₀ = 11 beside 8 (1 + q/4) · 200.
        assert_relative(loss(20_000) * 200f64.powi(2), expected, 0.02, &format!("k={neurons}: the loss"));
    }
}

/// A NumPy descent of 400 runs with step 0.01 found these medians after 20,000 steps: they are those of 60 of our runs
/// to 1 %, which held for each of six seeds that were tried. The prediction is 3.125e-7, 5.208e-7 and 1.042e-6: with 8
/// neurons to spare the eigenvalues are not equal yet, hence the 8 %.
fn losses_after_20_000_steps_are_numpys() {
    for (neurons, expected) in [("3", 3.129e-7), ("4", 5.213e-7), ("10", 9.69e-7)] {
        let mut losses = losses(neurons, 0.01, 20_000, 60);
        losses.sort_by(f64::total_cmp);
        let median = 0.5 * (losses[29] + losses[30]);
        assert_relative(median, expected, 0.01, &format!("k={neurons}, seed {}", seed()));
        let (_, problem) = population(neurons, 0.01, 20_000);
        assert_relative(median, known(&problem, "budget_loss"), 0.08, &format!("k={neurons}: the prediction"));
    }
}

/// One neuron against a teacher of rank 2: every run at 4/3, the best of rank 1, as NumPy's 400. As many neurons as the
/// teacher: all at 0. The failure of one run in 200 would be seen.
fn too_few_neurons_reach_their_best() {
    for (neurons, best) in [("1", 4.0 / 3.0), ("2", 0.0)] {
        let (set, problem) = population(neurons, 0.01, 20_000);
        let texts: Vec<(&str, &str)> = set.iter().map(|(n, v)| (*n, &**v)).collect();
        assert_close(known(&problem, "best_loss"), best, 1e-14, "best");
        assert_eq!(theory(&problem, "benign_limit"), Some(1.0));
        assert_eq!(theory(&problem, "speed_constant"), None);
        for precision in [F64, F32] {
            let ends = run(&Cpu::new(precision), &problem, &starts(&texts, &problem, 200));
            let found = classified(&problem, &ends);
            assert_eq!(count(&found, Outcome::Global), 200, "k={neurons} in {precision:?}, seed {}", seed());
            for state in ends.states.chunks_exact(problem.dim()) {
                // The tolerance of the loss, 4e-10, or sixteen roundings of 4/3 in f32. There an M of 2e-5 has an error
                // of some 1e-7 an entry, by which the loss in f64 may be a few hundredths above.
                assert_close(problem.evaluate(F64, state).loss, best, 4.2e-10 + 2e-6 * best, &format!("k={neurons}"));
            }
        }
    }
}

/// With neurons to spare every run is slow, in both formats, and never spurious; after a budget so short that the loss
/// is mostly far above the prediction most are undecided.
fn slow_runs_are_on_the_path() {
    for (neurons, steps) in [("4", 3_000), ("10", 3_000), ("4", 30)] {
        let (set, problem) = population(neurons, 0.01, steps);
        let texts: Vec<(&str, &str)> = set.iter().map(|(n, v)| (*n, &**v)).collect();
        for precision in [F64, F32] {
            let ends = run(&Cpu::new(precision), &problem, &starts(&texts, &problem, 100));
            let found = classified(&problem, &ends);
            let (slow, undecided) = (count(&found, Outcome::Slow), count(&found, Outcome::Undecided));
            let what = format!("k={neurons}, {steps} steps in {precision:?}, seed {}: {slow} slow", seed());
            assert_eq!(slow + undecided, 100, "{what}");
            assert!(if steps > 30 { slow == 100 } else { undecided > 80 }, "{what}");
        }
    }
}

/// Du and Lee's two cases: as many neurons as inputs; and `k(k+1)/2 > n` with a small perturbation. Every run of 150 is
/// global, or slow, which is on the way there.
fn enough_neurons_always_find_the_global_minimum() {
    let cases: [&[(&str, &str)]; 4] = [
        &[("neurons", "10"), ("samples", "15"), ("labels", "\"gaussian\""), ("data_seed", "1")],
        &[
            ("neurons", "6"),
            ("input_dim", "6"),
            ("samples", "30"),
            ("labels", "\"gaussian\""),
            ("weight_decay", "0.01"),
        ],
        &[
            ("neurons", "6"),
            ("samples", "15"),
            ("labels", "\"gaussian\""),
            ("data_seed", "1"),
            ("perturbation", "1e-3"),
        ],
        &[("neurons", "6"), ("samples", "15"), ("perturbation", "1e-4")],
    ];
    for set in cases {
        let problem = cell(set, 0.02, 20_000);
        assert_eq!(theory(&problem, "benign_limit"), Some(1.0), "{set:?}");
        let found = classified(&problem, &run(&Cpu::new(F64), &problem, &starts(set, &problem, 150)));
        let (global, slow) = (count(&found, Outcome::Global), count(&found, Outcome::Slow));
        assert!(global + slow == 150 && slow <= 10, "{set:?}, seed {}: {global} global, {slow} slow", seed());
    }
    for set in [&[("neurons", "9")][..], &[("neurons", "7"), ("perturbation", "1e-3")]] {
        assert_eq!(theory(&cell(set, 0.02, 100), "benign_limit"), None, "{set:?}");
    }
}

/// What is called spurious has no slope, positive curvature but for the rotations, more loss than it may, and, by the
/// theory of matrices in `Z`, a direction in which one more neuron would leave it.
fn spurious_minima_are_minima() {
    let set =
        [("neurons", "2"), ("samples", "15"), ("labels", "\"gaussian\""), ("data_seed", "2"), ("global_loss", "1e-4")];
    let problem = cell(&set, 0.02, 60_000);
    let found = classified(&problem, &run(&Cpu::new(F64), &problem, &starts(&set, &problem, 80)));
    let mut met = 0;
    for family in found.iter().filter(|f| f.outcome == Outcome::Spurious).map(|f| f.family.as_ref().unwrap()) {
        let point = &family.point;
        assert!(norm(&problem.evaluate(F64, point).gradient) <= 1e-10);
        assert!(family.loss > known(&problem, "global_below"), "{}", family.loss);
        assert_eq!(family.spectrum.len(), problem.dim() - 1);
        assert!(family.spectrum[0] > 0.0 && family.index == 0);
        let slack = seen(&problem, point, "least_slack");
        assert!(slack < -1e-6, "{slack:e}");
        // One more neuron along that direction lowers the loss.
        let wider: Vec<(&str, &str)> = set.iter().map(|(n, v)| (*n, if *n == "neurons" { "3" } else { *v })).collect();
        let wider = cell(&wider, 0.02, 1);
        let grown: Vec<f64> = point.iter().copied().chain([0.0; 10]).collect();
        assert_close(wider.evaluate(F64, &grown).loss, family.loss, 1e-12, "a neuron without weights");
        assert!(refine::spectrum(&wider, &grown).unwrap().min() < -1e-6);
        met += 1;
    }
    assert!(met >= 20, "{met} of 80 are spurious, seed {}", seed());
}

/// The same starts with a short and a long budget: what was slow becomes global, what was global stays so, and nothing
/// that was slow turns out to be spurious.
fn a_longer_budget_tells_slow_from_spurious() {
    let set = [("neurons", "3"), ("samples", "15"), ("labels", "\"gaussian\""), ("data_seed", "2")];
    let outcomes = |steps: u32| {
        let problem = cell(&set, 0.02, steps);
        classified(&problem, &run(&Cpu::new(F64), &problem, &starts(&set, &problem, 40)))
    };
    let (short, long) = (outcomes(8_000), outcomes(80_000));
    let slow = count(&short, Outcome::Slow);
    assert!(slow >= 5, "{slow} slow, seed {}", seed());
    for (run, (a, b)) in short.iter().zip(&long).enumerate() {
        if matches!(a.outcome, Outcome::Slow | Outcome::Global) {
            assert_eq!(b.outcome, Outcome::Global, "seed {}, run {run}: {:?} at first", seed(), a.outcome);
        }
    }
}
