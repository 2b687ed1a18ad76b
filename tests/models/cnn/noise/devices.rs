//! Kernels with noise: values, steps and escapes against the CPU, batches and segments, and what is caught if they are
//! wrong.

use super::{FORMS, budget, cell};
use crate::conformance::parity::{compare_steps, compare_values, replaced};
use crate::support::{Set, gpu_with, run, seed, settings};
use spurious::descent::backend::cpu::Cpu;
use spurious::descent::backend::gpu::{Gpu, Options};
use spurious::landscape::{Settings, Status, StepSize};
use spurious::numerics::real::Precision::{self, F32, F64};

trials![
    gpu(steps_from_the_spurious_point_in_f32 = || steps_from_the_spurious_point(F32)),
    gpu_f64(steps_from_the_spurious_point_in_f64 = || steps_from_the_spurious_point(F64)),
    gpu_f64(escapes_agree_in_f64),
    gpu(batches_and_segments_change_nothing),
    gpu(wrong_noise_is_caught),
];

const SPURIOUS: Set = &[
    ("filter_size", "5"),
    ("patches", "4"),
    ("ratio", "1.5"),
    ("start", "\"spurious\""),
    ("filter_constraint", "\"sphere\""),
    ("noise_filter", "3.0"),
    ("noise_output", "1.0"),
];

fn gpu(precision: Precision, edit: Option<fn(String) -> String>) -> Gpu {
    gpu_with(Options { precision, lanes: 1, edit, ..Options::default() })
}

/// A filter on the axis, where the norm of its part across w* is 0.
fn steps_from_the_spurious_point(precision: Precision) {
    let gpu = gpu(precision, None);
    for form in FORMS {
        let what = format!("{form} in {precision:?}");
        compare_steps(&what, &gpu, ("cnn", form, SPURIOUS), 200).unwrap_or_else(|e| panic!("{e}"));
    }
}

/// In f64 runs escape at the same step, but for those whose escape rounding moves.
fn escapes_agree_in_f64() {
    let gpu = gpu(F64, None);
    let set: Vec<_> = SPURIOUS.iter().copied().chain([("noise_stop", "\"escape\"")]).collect();
    let settings = Settings { step: StepSize::Groups(vec![1.0, 0.2]), max_steps: 300, ..settings() };
    for form in FORMS {
        let (problem, from) = cell(form, &set, &settings, seed(), 200);
        let (expected, found) = (run(&Cpu::new(F64), &problem, &from), run(&gpu, &problem, &from));
        let differ = expected.stops.iter().zip(&found.stops).filter(|(a, b)| a != b).count();
        assert!(differ <= 1, "{form}, seed {}: {differ} of 200 runs stop elsewhere", seed());
        let escaped = found.stops.iter().filter(|stop| stop.status == Status::Converged).count();
        assert!((20..=180).contains(&escaped), "{form}, seed {}: {escaped} of 200 runs escape", seed());
    }
}

fn batches_and_segments_change_nothing() {
    for form in FORMS {
        let (problem, from) = cell(form, SPURIOUS, &budget(250), seed(), 150);
        let usual = gpu(F32, None);
        let expected = run(&usual, &problem, &from);
        let short = gpu_with(Options { precision: F32, lanes: 1, segment: 7, ..Options::default() });
        assert_eq!(expected, run(&short, &problem, &from), "{form}: segments");
        let (first, second) = from.split_at(67 * problem.dim());
        let mut parts = run(&usual, &problem, second);
        let head = run(&usual, &problem, first);
        parts.stops.splice(0..0, head.stops);
        parts.states.splice(0..0, head.states);
        assert_eq!(expected, parts, "{form}: batches");
    }
}

/// Each of these still draws noise of the right law, or nearly, but not that of the run's key and step.
fn wrong_noise_is_caught() {
    type Edit = fn(String) -> String;
    let edits: [(&str, &[&str], Edit); 5] = [
        ("words", &FORMS, |text| replaced(&text, "vec2<u32>(17u, 11u)", "vec2<u32>(17u, 12u)")),
        ("angle", &FORMS, |text| replaced(&text, "sign * angle * sine", "-sign * angle * sine")),
        ("key", &FORMS, |text| replaced(&text, "u32(abs(second))", "u32(abs(first))")),
        ("component", &FORMS[..1], |text| replaced(&text, "y + r * of_filter.second", "y - r * of_filter.second")),
        ("weight", &FORMS[1..], |text| replaced(&text, "shake[i + j] = four[j];", "shake[i + j] = -four[j];")),
    ];
    for (name, forms, edit) in edits {
        let wrong = gpu(F32, Some(edit));
        for &form in forms {
            let (problem, _) = cell(form, SPURIOUS, &settings(), seed(), 1);
            let what = format!("{name}, {form}");
            let error = compare_values(&what, &wrong, &problem, ("cnn", form, SPURIOUS), 100).expect_err(&what);
            assert!(error.contains("gradient"), "{error}");
            let error = compare_steps(&what, &wrong, ("cnn", form, SPURIOUS), 100).expect_err(&what);
            assert!(error.contains("component"), "{error}");
        }
    }
}
