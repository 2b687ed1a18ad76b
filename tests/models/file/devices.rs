//! Kernels that are made of a file: values and outcomes on a device beside those on the CPU.

use super::shipped_cell;
use crate::support::{distance, gpu, largest, round_to_f32, run};
use spurious::descent::backend::Backend;
use spurious::descent::backend::cpu::Cpu;
use spurious::judge::classify::Classifier;
use spurious::landscape::Outcome;
use spurious::numerics::Precision::{self, F32, F64};

trials![
    gpu(kernels_agree_in_f32 = || kernels_agree(F32)),
    gpu_f64(kernels_agree_in_f64 = || kernels_agree(F64)),
    gpu(outcomes_agree),
    gpu(large_states_go_to_the_cpu),
];

fn kernels_agree(precision: Precision) {
    for (name, params) in [
        ("phase_retrieval.star", "input_dim = 5"),
        ("committee.star", "teachers = 2"),
        ("factorisation.star", "size = 4\nrank = 2"),
        ("tensor.star", "order = 3\ncomponents = 4"),
        ("phase_ring.star", "phases = 10"),
        ("cnn_reduced.star", ""),
        ("relu_sum.star", "teachers = 3"),
    ] {
        let cell = shipped_cell(name, params, "");
        let mut states = vec![0.0; 64 * cell.problem.dim()];
        cell.problem.starts(cell.seed, 0, cell.problem.dim(), &mut states);
        round_to_f32(&mut states);
        let found = gpu(precision, 1).evaluate(&cell.problem, &states).unwrap();
        let (roundings, mut worst) = (precision.roundoff() * 256.0, 0.0f64);
        for (state, found) in states.chunks_exact(cell.problem.dim()).zip(found) {
            let expected = cell.problem.evaluate(F64, state);
            let scale = largest(&expected.gradient).max(expected.loss.abs()).max(1.0);
            let off = distance(&found.gradient, &expected.gradient).max((found.loss - expected.loss).abs());
            worst = worst.max(off / scale);
        }
        assert!(worst <= roundings, "{name} in {}: off by {worst} of the values", precision.name());
    }
}

fn outcomes_agree() {
    for (name, params) in [("tensor.star", "components = 3"), ("phase_retrieval.star", "input_dim = 3")] {
        let cell = shipped_cell(name, params, "");
        let (problem, runs) = (&cell.problem, 400);
        let mut starts = vec![0.0; runs * problem.dim()];
        problem.starts(cell.seed, 0, problem.dim(), &mut starts);
        round_to_f32(&mut starts);
        let outcomes = |ends: &spurious::landscape::Endpoints| -> Vec<Outcome> {
            let classifier = Classifier::new(problem);
            let each = ends.stops.iter().zip(ends.states.chunks_exact(problem.dim()));
            each.map(|(stop, state)| classifier.classify(problem, state, stop).outcome).collect()
        };
        let host = outcomes(&run(&Cpu::new(F64), problem, &starts));
        let device = outcomes(&run(&gpu(F32, 1), problem, &starts));
        let differ = host.iter().zip(&device).filter(|(a, b)| a != b).count();
        // A run that starts on the border between two basins may go to either side in f32.
        assert!(differ <= 2, "{name}: {differ} of {runs} outcomes differ");
        assert!(host.contains(&Outcome::Global), "{name}");
    }
}

fn large_states_go_to_the_cpu() {
    let cell = shipped_cell("phase_retrieval.star", "input_dim = 129", "");
    let error = gpu(F32, 1).fits(&cell.problem).unwrap_err().to_string();
    assert!(error.contains("128"), "{error}");
}
