//! Kernels of this model on a device: outcomes, samples in blocks.

use super::{cell, classified, count, starts};
use crate::conformance::parity::compare_values;
use crate::support::{Set, gpu, problem, round_to_f32, run, seed, settings_of};
use spurious::descent::backend::cpu::Cpu;
use spurious::landscape::Outcome;
use spurious::numerics::real::Precision::{self, F32, F64};

trials![
    gpu(gpu_finds_the_same_outcomes),
    gpu(gpu_takes_samples_in_blocks_in_f32 = || gpu_takes_samples_in_blocks(F32)),
    gpu_f64(gpu_takes_samples_in_blocks_in_f64 = || gpu_takes_samples_in_blocks(F64)),
];

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
fn gpu_takes_samples_in_blocks(precision: Precision) {
    let set: Set = &[("neurons", "12"), ("input_dim", "4"), ("samples", "50"), ("labels", "\"gaussian\"")];
    let problem = problem("quadratic", "full", set, &settings_of("quadratic"));
    let shape = problem.program(precision).shape;
    let size = |name: &str| shape.iter().find(|(key, _)| *key == name).unwrap().1;
    assert!(size("BLOCK") < 50 && 50 % size("BLOCK") != 0, "blocks of {}", size("BLOCK"));
    for lanes in [1, 8, 64] {
        let what = format!("in blocks, lanes={lanes}");
        compare_values(&what, &gpu(precision, lanes), &problem, ("quadratic", "full", set), 20).unwrap();
    }
}
