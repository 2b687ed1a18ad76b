//! Kernels of this model on a device: outcomes, samples in blocks, wrong kernels.

use super::{cell, classified, count, starts};
use crate::descent::parity::{compare_steps, compare_values, replaced};
use crate::support::{Set, cells, gpu, gpu_with, problem, round_to_f32, run, seed, settings_of};
use spurious::descent::backend::cpu::Cpu;
use spurious::descent::backend::gpu::Options;
use spurious::landscape::endpoint::Outcome;
use spurious::numerics::real::Precision::{F32, F64};

trials![gpu(gpu_finds_the_same_outcomes), gpu(gpu_takes_samples_in_blocks), gpu(a_wrong_kernel_fails),];

/// One neuron has spurious minima: f32 on a device and f64 on the CPU find the same, run by run, in the same family.
fn gpu_finds_the_same_outcomes() {
    let set = [("neurons", "1"), ("samples", "15"), ("data_seed", "2")];
    let problem = cell(&set, 0.02, 60_000);
    let mut from = starts(&set, &problem, 60);
    round_to_f32(&mut from);
    let expected = classified(&problem, &run(&Cpu::new(F64), &problem, &from));
    assert!(count(&expected, Outcome::Global) > 5 && count(&expected, Outcome::Spurious) > 20);
    let found = classified(&problem, &run(&gpu(F32, 1), &problem, &from));
    for (i, (a, b)) in expected.iter().zip(&found).enumerate() {
        assert_eq!(a.outcome, b.outcome, "seed {}, run {i}", seed());
        if let (Some(a), Some(b)) = (&a.family, &b.family) {
            assert!(a.is_same(b), "seed {}, run {i}", seed());
        }
    }
}

/// More samples than a block holds, the last block being a part of one.
fn gpu_takes_samples_in_blocks() {
    let set: Set = &[("neurons", "12"), ("input_dim", "4"), ("samples", "50"), ("labels", "\"gaussian\"")];
    let problem = problem("quadratic", "full", set, &settings_of("quadratic"));
    for precision in [F32, F64] {
        let shape = problem.program(precision).shape;
        let size = |name: &str| shape.iter().find(|(key, _)| *key == name).unwrap().1;
        assert!(size("BLOCK") < 50 && 50 % size("BLOCK") != 0, "blocks of {}", size("BLOCK"));
        for lanes in [1, 8, 64] {
            let what = format!("in blocks, lanes={lanes}");
            compare_values(&what, &gpu(precision, lanes), &problem, ("quadratic", "full", set), 20).unwrap();
        }
    }
}

/// Both comparisons reject kernels with one sign flipped, and accept the text with none.
fn a_wrong_kernel_fails() {
    type Edit = fn(String) -> String;
    let population: Set = cells("quadratic")[1];
    let perturbed: Set = cells("quadratic")[5];
    let edits: [(Set, Edit); 6] = [
        (population, |text| replaced(&text, "var entry = -datum(q);", "var entry = datum(q);")),
        (population, |text| replaced(&text, "+ real(2.0) * trace *", "- real(2.0) * trace *")),
        (perturbed, |text| replaced(&text, "var residual = -datum(", "var residual = datum(")),
        (perturbed, |text| replaced(&text, "var sum = constants.decay *", "var sum = -constants.decay *")),
        (perturbed, |text| {
            replaced(&text, "sum += weights[row + b] * datum(SAMPLES", "sum -= weights[row + b] * datum(SAMPLES")
        }),
        (perturbed, |text| replaced(&text, "sum += residuals[r + i] *", "sum -= residuals[r + i] *")),
    ];
    for (index, (set, edit)) in edits.into_iter().enumerate() {
        let cell = ("quadratic", "full", set);
        let problem = problem("quadratic", "full", set, &settings_of("quadratic"));
        for lanes in [1, 8] {
            let gpu = gpu_with(Options { precision: F32, lanes, edit: Some(edit), ..Options::default() });
            let what = format!("edit {index}, lanes={lanes}");
            let error = compare_values(&what, &gpu, &problem, cell, 50).expect_err(&format!("{what}: values pass"));
            assert!(error.contains("gradient") || error.contains("loss"), "{error}");
            let error = compare_steps(&what, &gpu, cell, 50).expect_err(&format!("{what}: steps pass"));
            assert!(error.contains("component") || error.contains("stopped"), "{error}");
        }
    }
    let unchanged: Edit = |text| text + "\n";
    for set in [population, perturbed] {
        let problem = problem("quadratic", "full", set, &settings_of("quadratic"));
        let gpu = gpu_with(Options { precision: F32, lanes: 8, edit: Some(unchanged), ..Options::default() });
        compare_values("unchanged", &gpu, &problem, ("quadratic", "full", set), 50).unwrap();
        compare_steps("unchanged", &gpu, ("quadratic", "full", set), 50).unwrap();
    }
}
