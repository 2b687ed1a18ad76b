//! Kernels of this model on a device: classes of endpoints, endpoints in f64, the branch for neurons in blocks, wrong
//! kernels.

use super::{Size, classified};
use crate::conformance::parity::{compare_values, replaced};
use crate::support::{Set, distance, gpu, gpu_with, problem, round_to_f32, run, seed, settings_of};
use spurious::descent::backend::cpu::Cpu;
use spurious::descent::backend::gpu::{Gpu, Options};
use spurious::landscape::{Problem, Status};
use spurious::numerics::real::Precision::{self, F32, F64};

trials![
    gpu(gpu_finds_the_same_families),
    gpu_f64(gpu_endpoints_agree_in_f64),
    gpu(gpu_takes_neurons_in_blocks_in_f32 = || gpu_takes_neurons_in_blocks(F32, &[64, 128])),
    gpu_f64(gpu_takes_neurons_in_blocks_in_f64 = || gpu_takes_neurons_in_blocks(F64, &[64])),
    gpu(gpu_meets_every_pair_once_in_f32 = || gpu_meets_every_pair_once(F32, &[1, 4])),
    gpu_f64(gpu_meets_every_pair_once_in_f64 = || gpu_meets_every_pair_once(F64, &[8])),
    gpu(a_wrong_block_fails),
];

/// A number that shapes the kernel.
fn shape(problem: &Problem, name: &str) -> u32 {
    let all = problem.program(F32).shape;
    all.into_iter().find(|(key, _)| *key == name).unwrap_or_else(|| panic!("no {name}")).1
}

/// Endpoints in f32 on the device, and in f64 on the CPU, run by run after classification.
fn gpu_finds_the_same_families() {
    let size = Size::square(6);
    let problem = size.problem();
    let mut from = size.starts(60);
    round_to_f32(&mut from);
    let expected = classified(&problem, &run(&Cpu::new(F64), &problem, &from));
    for lanes in [1, 8] {
        let ends = run(&gpu(F32, lanes), &problem, &from);
        assert!(ends.stops.iter().all(|stop| stop.status == Status::Converged), "lanes={lanes}");
        for (i, (a, b)) in expected.iter().zip(classified(&problem, &ends)).enumerate() {
            let what = format!("lanes={lanes}, seed {}, run {i}", seed());
            assert_eq!(a.outcome, b.outcome, "{what}");
            assert!(a.family.as_ref().unwrap().is_same(b.family.as_ref().unwrap()), "{what}");
        }
    }
}

/// Both come to rest below 1.6e-10, over a smallest eigenvalue of 0.09 at the global minimum: 4e-9 for six neurons, but
/// the trajectories are the same to rounding, so that they stop at the same step or one beside it.
fn gpu_endpoints_agree_in_f64() {
    let size = Size::square(6);
    let problem = size.problem();
    let from = size.starts(20);
    let (expected, found) = (run(&Cpu::new(F64), &problem, &from), run(&gpu(F64, 1), &problem, &from));
    for (i, (a, b)) in expected.stops.iter().zip(&found.stops).enumerate() {
        assert_eq!((a.status, a.found), (b.status, b.found), "run {i}");
        assert!(a.steps.abs_diff(b.steps) <= 2, "run {i}: {a:?}, {b:?}");
    }
    let off = distance(&expected.states, &found.states);
    assert!(off < 1e-9, "{off:e}");
}

/// Cells whose neurons do not fit into one block of a workgroup's memory: with orthonormal and with general teachers,
/// the last block being a part of one.
const BLOCKS: [Set; 2] = [
    &[("neurons", "34"), ("teachers", "34"), ("input_dim", "34")],
    &[("neurons", "75"), ("teachers", "75"), ("input_dim", "8"), ("teacher", "\"sphere\"")],
];

fn in_blocks(set: Set) -> Problem {
    let problem = problem("relu_sum", "full", set, &settings_of("relu_sum"));
    let (block, neurons) = (shape(&problem, "BLOCK"), shape(&problem, "NEURONS"));
    assert!(block < neurons && neurons % block != 0, "{set:?}: {block} of {neurons} neurons");
    problem
}

/// Loss and gradient of a few points, as for every other cell in the tests of parity.
fn compare(gpu: &Gpu, problem: &Problem, set: Set, count: usize) -> Result<(), String> {
    compare_values(&format!("{set:?}"), gpu, problem, ("relu_sum", "full", set), count)
}

fn gpu_takes_neurons_in_blocks(precision: Precision, lanes: &[u32]) {
    for set in BLOCKS {
        let problem = in_blocks(set);
        for &lanes in lanes {
            let gpu = gpu(precision, lanes);
            compare(&gpu, &problem, set, 3).unwrap_or_else(|e| panic!("{precision:?} lanes={lanes}: {e}"));
        }
    }
}

/// Every pair is met once, whatever the number of neurons leaves when it is divided by four, and by eight.
fn gpu_meets_every_pair_once(precision: Precision, lanes: &[u32]) {
    let sets: [Set; 5] = [
        &[("neurons", "1"), ("teachers", "1"), ("input_dim", "2")],
        &[("neurons", "2"), ("teachers", "2"), ("input_dim", "2")],
        &[("neurons", "5"), ("teachers", "2"), ("input_dim", "3")],
        &[("neurons", "8"), ("teachers", "3"), ("input_dim", "3")],
        &[("neurons", "9"), ("teachers", "3"), ("input_dim", "3")],
    ];
    let gpus: Vec<Gpu> = lanes.iter().map(|lanes| gpu(precision, *lanes)).collect();
    for set in sets {
        let problem = problem("relu_sum", "full", set, &settings_of("relu_sum"));
        assert!(shape(&problem, "BLOCK") >= shape(&problem, "NEURONS"), "{set:?}");
        gpus.iter().for_each(|gpu| compare(gpu, &problem, set, 20).unwrap_or_else(|e| panic!("{e}")));
    }
}

fn edited(precision: Precision, lanes: u32, edit: fn(String) -> String) -> Gpu {
    gpu_with(Options { precision, lanes, edit: Some(edit), ..Options::default() })
}

const WRONG_BLOCK: fn(String) -> String =
    |text| replaced(&text, "part += meet_pairs(w, v, p, first, first", "part -= meet_pairs(w, v, p, first, first");
const WRONG_ROW: fn(String) -> String = |text| replaced(&text, "w + (first + row) * WIDE + a", "w + row * WIDE + a");

/// One flipped sign and one wrong row in the branch that small cells do not take: there these edits go unnoticed.
fn a_wrong_block_fails() {
    let set = BLOCKS[0];
    let problem = in_blocks(set);
    for (edit, word) in [(WRONG_BLOCK, "loss"), (WRONG_ROW, "gradient")] {
        let gpu = edited(F32, 64, edit);
        let error = compare(&gpu, &problem, set, 2).expect_err("a wrong kernel passes");
        assert!(error.contains(word), "{error}");
        compare(&gpu, &Size::square(6).problem(), &[], 5).expect("small cells are in one block");
    }
}
