//! Kernels of this model on a device: cells that only the full form has, outcomes run by run, wrong kernels.

use super::{MODEL, count, outcomes, settings};
use crate::conformance::parity::{compare_steps, compare_values, replaced};
use crate::support::{Set, gpu, gpu_with, problem, round_to_f32, run, settings_of};
use spurious::descent::backend::cpu::Cpu;
use spurious::descent::backend::gpu::Options;
use spurious::landscape::Outcome;
use spurious::numerics::real::Precision::{self, F32, F64};

trials![
    gpu(gpu_computes_cells_of_the_full_form_in_f32 = || gpu_computes_cells_of_the_full_form(F32, &[1, 8, 64])),
    gpu_f64(gpu_computes_cells_of_the_full_form_in_f64 = || gpu_computes_cells_of_the_full_form(F64, &[8])),
    gpu(gpu_finds_the_same_outcomes),
    gpu(a_wrong_verdict_fails),
];

/// Cells without a reduced form, which the rungs for all forms leave out, and one of more layers than differences of
/// the reduced loss can tell.
const FULL_ONLY: [Set; 4] = [
    &[("layers", "7"), ("dimension", "3")],
    &[
        ("layers", "3"),
        ("dimension", "3"),
        ("target", "\"near_identity\""),
        ("target_distance", "2.5"),
        ("target_class", "\"indefinite\""),
    ],
    &[
        ("layers", "2"),
        ("dimension", "4"),
        ("target", "\"sphere\""),
        ("target_class", "\"det_negative\""),
        ("start_sigma", "0.3"),
    ],
    &[
        ("layers", "4"),
        ("dimension", "3"),
        ("target", "\"near_identity\""),
        ("target_distance", "1.5"),
        ("target_drawn", "\"once\""),
        ("start_sigma", "0.5"),
    ],
];

fn gpu_computes_cells_of_the_full_form(precision: Precision, lanes: &[u32]) {
    for &lanes in lanes {
        let gpu = gpu(precision, lanes);
        for set in FULL_ONLY {
            let what = format!("{set:?} lanes={lanes} {precision:?}");
            let problem = problem(MODEL, "full", set, &settings_of(MODEL));
            compare_values(&what, &gpu, &problem, (MODEL, "full", set), 30).unwrap_or_else(|e| panic!("{e}"));
            compare_steps(&what, &gpu, (MODEL, "full", set), 30).unwrap_or_else(|e| panic!("{e}"));
        }
    }
}

/// Endpoints on the device and on the CPU, in both forms: positive definite targets are all learned, the others none.
fn gpu_finds_the_same_outcomes() {
    for (form, lanes) in [("full", 1), ("full", 8), ("reduced", 1)] {
        for (law, expected) in [("\"spd\"", Outcome::Global), ("\"symmetric\"", Outcome::Saddle)] {
            if form == "full" && expected == Outcome::Saddle {
                continue;
            }
            let set = [("layers", "3"), ("dimension", "3"), ("target", law)];
            let problem = problem(MODEL, form, &set, &settings(None, 3_000, 1e-8));
            let mut from = super::starts(&set, &problem, 40);
            round_to_f32(&mut from);
            let found = run(&gpu(F32, lanes), &problem, &from);
            assert_eq!(count(&outcomes(&problem, &found), expected), 40, "{form}, {law}, lanes={lanes}");
            let twin = run(&Cpu::new(F64), &problem, &from);
            for (i, (a, b)) in found.stops.iter().zip(&twin.stops).enumerate() {
                assert_eq!(a.found, b.found, "{form}, {law}, run {i}");
                // Contractions of a few thousandths a step, and losses that f32 has to a percent.
                assert!(a.steps.abs_diff(b.steps) <= 10, "{form}, {law}, run {i}: {a:?}, {b:?}");
            }
        }
    }
}

/// A verdict that takes the wrong side of 0 is caught by the class alone.
fn a_wrong_verdict_fails() {
    let edit = |text: String| replaced(&text, "f, ZERO < theta)", "f, theta < ZERO)");
    let gpu = gpu_with(Options { precision: F32, lanes: 1, edit: Some(edit), ..Options::default() });
    let set: Set = &[("layers", "3"), ("dimension", "3"), ("target", "\"symmetric\"")];
    let problem = problem(MODEL, "reduced", set, &settings_of(MODEL));
    let error = compare_values("verdict", &gpu, &problem, (MODEL, "reduced", set), 400).expect_err("values pass");
    assert!(error.contains("stops with"), "{error}");
}
