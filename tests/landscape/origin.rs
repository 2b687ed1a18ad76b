//! Starts near zero: their length decides nothing, down to the smallest number there is.

use crate::support::{gpu, problem, run, settings_of, starts};
use spurious::descent::backend::Backend;
use spurious::descent::backend::cpu::Cpu;
use spurious::judge::classify::Classifier;
use spurious::landscape::{Outcome, Problem, Settings};
use spurious::numerics::Precision::{self, F32, F64};

trials![
    short_starts_end_alike_in_f64 = || short_starts_end_alike(&Cpu::new(F64)),
    short_starts_end_alike_in_f32 = || short_starts_end_alike(&Cpu::new(F32)),
    gpu(short_starts_end_alike_on_a_gpu_in_f32 = || short_starts_end_alike(&gpu(F32, 0))),
    gpu_f64(short_starts_end_alike_on_a_gpu_in_f64 = || short_starts_end_alike(&gpu(F64, 0))),
    the_smallest_scales_are_drawn,
    parts_are_lengthened_in_their_direction,
    gradients_need_no_length,
    second_derivatives_are_exact_near_zero,
];

/// A cell whose loss near zero is homogeneous: model, form, parameters, and the numbers that are scaled.
type Homogeneous = (&'static str, &'static str, &'static [(&'static str, &'static str)], usize);

const CELLS: &[Homogeneous] = &[
    ("relu_sum", "full", &[("teachers", "4"), ("neurons", "4"), ("input_dim", "4")], 16),
    ("relu_sum", "full", &[("teachers", "3"), ("neurons", "3"), ("input_dim", "4"), ("teacher", "\"gaussian\"")], 12),
    ("pooled_cnn", "full", &[("filter_length", "4"), ("stride", "1"), ("patches", "20")], 4),
    ("pooled_cnn", "reduced", &[("filter_length", "4"), ("stride", "4"), ("patches", "10")], 2),
    ("quadratic", "full", &[("neurons", "2"), ("input_dim", "6"), ("samples", "12")], 12),
    ("phase_retrieval", "full", &[("input_dim", "6")], 6),
];

/// Numbers that multiply starts of length about 1.
const SCALES: [f64; 5] = [1e-13, 1e-30, 1e-100, 1e-160, 1e-300];

fn outcomes(backend: &dyn Backend, problem: &Problem, starts: &[f64]) -> Vec<Outcome> {
    let ends = run(backend, problem, starts);
    let classifier = Classifier::new(problem);
    let states = ends.states.chunks_exact(problem.dim());
    ends.stops.iter().zip(states).map(|(stop, state)| classifier.classify(problem, state, stop).outcome).collect()
}

/// Run by run the same outcome at every scale, and both outcomes there where the landscape has two.
fn short_starts_end_alike(backend: &dyn Backend) {
    for (model, form, set, weights) in CELLS {
        let cell = problem(model, form, set, &Settings { max_steps: 60_000, ..settings_of(model) });
        let from = starts(model, set, &cell, 3, 24);
        let at = |scale: f64| {
            let mut scaled = from.clone();
            for state in scaled.chunks_exact_mut(cell.dim()) {
                state[..*weights].iter_mut().for_each(|x| *x *= scale);
            }
            outcomes(backend, &cell, &scaled)
        };
        let expected = at(SCALES[0]);
        assert!(!expected.contains(&Outcome::Undecided), "{model} {form}: {expected:?}");
        if *form == "full" && *model == "pooled_cnn" {
            assert!(expected.contains(&Outcome::Spurious) && expected.contains(&Outcome::Global), "{expected:?}");
        }
        for scale in &SCALES[1..] {
            assert_eq!(at(*scale), expected, "{model} {form}, starts of {scale:e}");
        }
    }
}

/// No law of starts loses a scale that it takes.
fn the_smallest_scales_are_drawn() {
    for (model, form, set, weights) in CELLS {
        let set = [*set, &[("start_scale", "1e-300")]].concat();
        let cell = problem(model, form, &set, &settings_of(model));
        for start in starts(model, &set, &cell, 1, 5).chunks_exact(cell.dim()) {
            let largest = start[..*weights].iter().fold(0.0f64, |most, x| most.max(x.abs()));
            assert!(largest > 0.0 && largest < 1e-148, "{model} {form}: {start:?}");
        }
    }
}

/// The powers of two that are allowed, nothing else, and nothing for what is long enough or zero.
fn parts_are_lengthened_in_their_direction() {
    use spurious::landscape::origin::{Origin, shortest};
    let origin = Origin::Cone { parts: 3, length: 2 };
    for precision in [F32, F64] {
        let least = shortest(precision);
        for tiny in [5e-324, 1e-310, 1e-200, 0.4 * least, 0.99 * least] {
            let before = [3.0, -4.0, tiny, 0.5 * tiny, 0.0, 0.0, tiny];
            let mut after = before;
            origin.lengthen(precision, &mut after, 7);
            assert_eq!((after[0], after[1], after[4], after[5], after[6]), (3.0, -4.0, 0.0, 0.0, tiny));
            assert!((least..=4.0 * least).contains(&after[2]), "{tiny:e} to {:e}", after[2]);
            // A subnormal half may be rounded before it is here.
            assert_eq!(after[3] / after[2], before[3] / before[2], "{tiny:e}");
            assert_eq!(after[2].to_bits() & ((1 << 52) - 1), (before[2] * 2f64.powi(600)).to_bits() & ((1 << 52) - 1));
        }
    }
}

/// The gradient of a short neuron is that of a long one in its direction, but for what its length itself adds: as the
/// formula of the gradient says, of relative size 10⁻⁹ here.
fn gradients_need_no_length() {
    type Case = (&'static str, &'static [(&'static str, &'static str)], Vec<f64>, usize);
    let cases: [Case; 2] = [
        ("relu_sum", &[("teachers", "2"), ("neurons", "2"), ("input_dim", "2")], vec![0.6, 0.8, 0.1, 0.9], 2),
        ("pooled_cnn", &[("filter_length", "4"), ("stride", "1"), ("patches", "20")], vec![0.3, -0.5, 0.7, 0.4], 4),
    ];
    for (model, set, point, short) in cases {
        let cell = problem(model, "full", set, &settings_of(model));
        let gradient = |scale: f64, precision: Precision| {
            let mut at = point.clone();
            at[..short].iter_mut().for_each(|x| *x *= scale);
            cell.evaluate(precision, &at).gradient
        };
        let expected = gradient(1e-9, F64);
        for (scale, precision, tolerance) in
            [(1e-16, F64, 1e-8), (1e-200, F64, 1e-8), (1e-307, F64, 1e-8), (1e-16, F32, 1e-5), (1e-300, F32, 1e-5)]
        {
            for (found, expected) in gradient(scale, precision).iter().zip(&expected) {
                assert!((found - expected).abs() < tolerance, "{model} at {scale:e}: {found} for {expected}");
            }
        }
    }
}

/// Of a neuron's own second derivatives all but a constant are inversely proportional to its length.
fn second_derivatives_are_exact_near_zero() {
    let relu = problem(
        "relu_sum",
        "full",
        &[("teachers", "2"), ("neurons", "2"), ("input_dim", "2")],
        &settings_of("relu_sum"),
    );
    let pooled = problem("pooled_cnn", "full", &[("stride", "1")], &settings_of("pooled_cnn"));
    let bent = |problem: &Problem, point: &[f64], scale: f64| -> Vec<f64> {
        let at: Vec<f64> = point.iter().enumerate().map(|(i, x)| if i < 2 { scale * x } else { *x }).collect();
        let hessian = problem.hessian(&at).unwrap();
        (0..2).flat_map(|a| (0..2).map(move |b| (a, b))).map(|(a, b)| scale * hessian[a * point.len() + b]).collect()
    };
    for scale in [1e-16, 1e-100, 1e-300] {
        let point = [0.6, 0.8, 0.1, 0.9];
        for (found, expected) in bent(&relu, &point, scale).iter().zip(bent(&relu, &point, 1e-12)) {
            assert!((found - expected).abs() < 1e-10, "{scale:e}: {found} for {expected}");
        }
        let filter: Vec<f64> = (0..pooled.dim()).map(|i| 0.5 - 0.4 * i as f64).collect();
        let whole = |scale: f64| -> Vec<f64> {
            let at: Vec<f64> = filter.iter().map(|x| scale * x).collect();
            pooled.hessian(&at).unwrap().iter().map(|x| scale * x).collect()
        };
        for (found, expected) in whole(scale).iter().zip(whole(1e-12)) {
            assert!((found - expected).abs() < 1e-10, "{scale:e}: {found} for {expected}");
        }
    }
}
