//! Rungs 2, 3 and 6: the kernels' values and steps against the CPU, and the same comparisons against wrong kernels.
//!
//! f64 on the CPU is the reference, f32 on the CPU the twin. A kernel may fuse and reorder what the twin computes, so it is
//! allowed eight times the twin's own largest error, and some roundings where that error happens to vanish.

use crate::support::{
    Set, cells, conditioning, distance, for_all_cells, gpu, gpu_with, largest, problem, random_point, round_to_f32,
    run, seed, settings, settings_of, starts,
};
use spurious::descent::backend::cpu::Cpu;
use spurious::descent::backend::gpu::{Gpu, Options};
use spurious::landscape::endpoint::Status;
use spurious::landscape::model::{Problem, Settings};
use spurious::models::MODELS;
use spurious::numerics::real::Precision::{self, F32, F64};
use spurious::numerics::seed::CellSeed;

trials![
    gpu(values_in_f32 = || { for_all_lanes(F32, |what, gpu, p, s| compare_values(what, gpu, p, s, 300)) }),
    gpu(values_in_f64 = || { for_all_lanes(F64, |what, gpu, p, s| compare_values(what, gpu, p, s, 300)) }),
    gpu(steps_in_f32 = || for_all_lanes(F32, |what, gpu, _, s| compare_steps(what, gpu, s, 300))),
    gpu(steps_in_f64 = || for_all_lanes(F64, |what, gpu, _, s| compare_steps(what, gpu, s, 300))),
    gpu(a_wrong_slope_fails = || assert_caught(wrong_slope)),
    gpu(a_wrong_angle_fails = || assert_caught(wrong_angle)),
    gpu(a_wrong_output_slope_fails = || assert_caught(wrong_output_slope)),
    gpu(a_wrong_verdict_fails),
    gpu(an_unchanged_kernel_passes),
];

/// One cell in one form: model, form and parameter values.
pub(crate) type Cell<'a> = (&'a str, &'a str, Set);

/// Lanes that are tried: alone, several runs per workgroup, one run per workgroup.
fn lanes(problem: &Problem) -> &'static [u32] {
    if problem.program(F32).shareable { &[1, 8, 64] } else { &[1] }
}

/// Runs a comparison for every cell and number of lanes.
fn for_all_lanes(precision: Precision, compare: impl Fn(&str, &Gpu, &Problem, Cell<'_>) -> Result<(), String>) {
    let gpus = [1, 8, 64].map(|lanes| (lanes, gpu(precision, lanes)));
    for_all_cells(|what, model, form, set| {
        let problem = problem(model.name(), form, set, &settings_of(model.name()));
        for (lanes, gpu) in gpus.iter().filter(|(l, _)| lanes(&problem).contains(l)) {
            let what = format!("{what} lanes={lanes}");
            compare(&what, gpu, &problem, (model.name(), form, set)).unwrap_or_else(|e| panic!("{e}"));
        }
    });
}

/// Loss, gradient and class of random points and of starts, on the GPU and in f64.
pub(crate) fn compare_values(
    what: &str,
    gpu: &Gpu,
    problem: &Problem,
    cell: Cell<'_>,
    count: usize,
) -> Result<(), String> {
    let dim = problem.dim();
    let mut draws = CellSeed::new(seed(), "parity::values").run(0);
    let mut states = starts(cell.0, cell.2, problem, seed(), count);
    for _ in 0..count {
        states.extend(random_point(&mut draws, 1.0, dim));
    }
    round_to_f32(&mut states);
    let precision = spurious::descent::backend::Backend::precision(gpu);
    let found = gpu.evaluate(problem, &states).map_err(|e| format!("{what}: {e}"))?;
    // Error of the twin relative to what rounding may do to each point: one factor for all points, at least 1/16.
    let epsilon = [f64::from(f32::EPSILON), f64::EPSILON][usize::from(precision == F64)];
    let mut allowed = Vec::new();
    let mut factor: f64 = 1.0 / 16.0;
    for state in states.chunks_exact(dim) {
        let exact = problem.evaluate(F64, state);
        let twin = problem.evaluate(F32, state);
        let (loss, gradient) = conditioning(problem, state, f64::from(f32::EPSILON), &mut draws);
        factor = factor.max((twin.loss - exact.loss).abs() / loss);
        factor = factor.max(distance(&twin.gradient, &exact.gradient) / gradient);
        let to_format = epsilon / f64::from(f32::EPSILON);
        allowed.push((exact, loss * to_format, gradient * to_format));
    }
    if factor > 1.0 {
        return Err(format!("{what}: the twin itself is off by {factor} times what rounding allows"));
    }
    for (run, ((exact, loss, gradient), found)) in allowed.iter().zip(&found).enumerate() {
        let what = format!("{what}, seed {}, point {run}", seed());
        let off = (found.loss - exact.loss).abs();
        if off.is_nan() || off > 8.0 * factor * loss {
            return Err(format!("{what}: loss {:e}, not {:e}", found.loss, exact.loss));
        }
        let off = distance(&found.gradient, &exact.gradient);
        if off > 8.0 * factor * gradient {
            return Err(format!("{what}: gradient off by {off:e}, allowed {:e}", 8.0 * factor * gradient));
        }
        if found.stop != exact.stop {
            return Err(format!("{what}: stops with {:?}, not {:?}", found.stop, exact.stop));
        }
    }
    Ok(())
}

/// States after 1, 10 and 100 steps, run by run, with a stop rule that nothing meets.
pub(crate) fn compare_steps(what: &str, gpu: &Gpu, cell: Cell<'_>, runs: usize) -> Result<(), String> {
    let precision = spurious::descent::backend::Backend::precision(gpu);
    for steps in [1, 10, 100] {
        let settings = Settings { max_steps: steps, tolerance: 1e-12, verdicts: false, ..settings() };
        let problem = problem(cell.0, cell.1, cell.2, &settings);
        let dim = problem.dim();
        let mut from = starts(cell.0, cell.2, &problem, seed(), runs);
        round_to_f32(&mut from);
        let exact = run(&Cpu::new(F64), &problem, &from);
        let twin = run(&Cpu::new(F32), &problem, &from);
        let found = run(gpu, &problem, &from);
        // Runs of a small landscape may come to rest, or to a minimum, before; no run stops for another reason.
        let mut resting = vec![false; runs];
        for (name, ends) in [("f64", &exact), ("twin", &twin), ("GPU", &found)] {
            for (run, (stop, resting)) in ends.stops.iter().zip(&mut resting).enumerate() {
                if stop.status == Status::Converged {
                    *resting = true;
                } else if (stop.status, stop.steps) != (Status::OutOfSteps, steps) {
                    return Err(format!("{what}, {steps} steps: {name} run {run} stopped with {stop:?}"));
                }
            }
        }
        if 2 * resting.iter().filter(|r| **r).count() > runs {
            return Err(format!("{what}, {steps} steps: most runs are at rest"));
        }
        // Of each component, over all runs: the twin's error, which grows with the steps, and its magnitude.
        let column = |states: &[f64], i: usize| {
            let moving = states.iter().skip(i).step_by(dim).zip(&resting).filter(|(_, resting)| !**resting);
            moving.map(|(x, _)| *x).collect::<Vec<f64>>()
        };
        for i in 0..dim {
            let [exact, twin, found] = [&exact, &twin, &found].map(|ends| column(&ends.states, i));
            let few = 4.0 * f64::from(f32::EPSILON) * largest(&exact);
            let f32_error = 8.0 * distance(&twin, &exact) + few;
            let (against, allowed) = match precision {
                F32 => (&twin, f32_error),
                // In f64 the errors shrink as the unit roundoff does, but its arc tangent has twice the terms.
                F64 => (&exact, 2.0 * f32_error * f64::EPSILON / f64::from(f32::EPSILON)),
            };
            let off = distance(&found, against);
            if off > allowed {
                return Err(format!("{what}, seed {}, {steps} steps, component {i}: {off:e} > {allowed:e}", seed()));
            }
        }
    }
    Ok(())
}

/// The text with one place changed; panics unless there is exactly one such place.
pub(crate) fn replaced(text: &str, from: &str, to: &str) -> String {
    assert_eq!(text.matches(from).count(), 1, "places with {from}");
    assert_ne!(from, to);
    text.replace(from, to)
}

fn wrong_slope(text: String) -> String {
    replaced(&text, "return -(s.pull * s.y_square);", "return s.pull * s.y_square;")
}

fn wrong_angle(text: String) -> String {
    replaced(&text, "HALF_PI - to_axis", "HALF_PI + to_axis")
}

fn wrong_output_slope(text: String) -> String {
    replaced(&text, "fma(-s.drive, ", "fma(s.drive, ")
}

fn wrong_verdict(text: String) -> String {
    replaced(&text, "s.kernel + min(gap, ZERO)", "s.kernel - min(gap, ZERO)")
}

/// A GPU whose kernels are edited; only tests of the model `cnn` know its text.
fn edited(lanes: u32, edit: fn(String) -> String) -> Gpu {
    gpu_with(Options { precision: F32, lanes, edit: Some(edit), ..Options::default() })
}

/// Calls `test` with every form of `cnn` and its lanes, for the defaults.
fn for_forms_of_cnn(test: impl Fn(&str, &Problem, Cell<'_>, u32)) {
    let model = MODELS.iter().find(|m| m.name() == "cnn").unwrap();
    for (form, _) in model.forms() {
        let set = cells("cnn")[0];
        let problem = problem("cnn", form, set, &settings());
        for &lanes in lanes(&problem) {
            test(&format!("cnn/{form} lanes={lanes}"), &problem, ("cnn", form, set), lanes);
        }
    }
}

/// Both comparisons reject a kernel with this sign flipped, by their numbers and not because it does not compile.
fn assert_caught(edit: fn(String) -> String) {
    for_forms_of_cnn(|what, problem, cell, lanes| {
        let gpu = edited(lanes, edit);
        let error = compare_values(what, &gpu, problem, cell, 100).expect_err(&format!("{what}: values pass"));
        assert!(error.contains("gradient") || error.contains("loss"), "{error}");
        let error = compare_steps(what, &gpu, cell, 100).expect_err(&format!("{what}: steps pass"));
        assert!(error.contains("component"), "{error}");
    });
}

/// Values and steps are right, only the class is wrong.
fn a_wrong_verdict_fails() {
    for_forms_of_cnn(|what, problem, cell, lanes| {
        let gpu = edited(lanes, wrong_verdict);
        let error = compare_values(what, &gpu, problem, cell, 100).expect_err(&format!("{what}: values pass"));
        assert!(error.contains("stops with"), "{error}");
        compare_steps(what, &gpu, cell, 100).unwrap();
    });
}

/// The edits above fail for what they change, not for being edits.
fn an_unchanged_kernel_passes() {
    for_forms_of_cnn(|what, problem, cell, lanes| {
        let gpu = edited(lanes, |text| text + "\n");
        compare_values(what, &gpu, problem, cell, 100).unwrap();
        compare_steps(what, &gpu, cell, 100).unwrap();
    });
}
