//! Kernels of this model: wrong ones fail, and samples are taken in blocks.

use super::cell;
use crate::conformance::parity::{compare_steps, compare_values, replaced};
use crate::support::{Set, gpu, gpu_with};
use spurious::descent::backend::gpu::Options;
use spurious::landscape::Problem;
use spurious::numerics::real::Precision::{self, F32, F64};

trials![
    gpu(gpu_takes_samples_in_blocks_in_f32 = || gpu_takes_samples_in_blocks(F32, &IN_F32)),
    gpu_f64(gpu_takes_samples_in_blocks_in_f64 = || gpu_takes_samples_in_blocks(F64, &[(TWENTY, 8, 8)])),
    gpu(a_wrong_block_fails),
];

const TWENTY: Set = &[("filters", "4"), ("samples", "20"), ("input_length", "8")];

fn block(problem: &Problem, precision: Precision) -> u32 {
    problem.program(precision).shape.iter().find(|(key, _)| *key == "BLOCK").unwrap().1
}

/// A cell, lanes, and samples in a block of it.
type Blocks = (Set, u32, u32);

/// Blocks of 1 sample, of many with a smaller one at the end, and one for all.
const IN_F32: [Blocks; 4] = [
    (&[("filters", "60"), ("samples", "3")], 64, 1),
    (TWENTY, 8, 18),
    (&[("samples", "1")], 8, 1),
    (&[("samples", "5")], 8, 5),
];

fn gpu_takes_samples_in_blocks(precision: Precision, cells: &[Blocks]) {
    for &(set, lanes, rows) in cells {
        let problem = cell(set, |_| {});
        assert_eq!(block(&problem, precision), rows, "{set:?}");
        let what = format!("{set:?}, blocks of {rows}");
        compare_values(&what, &gpu(precision, lanes), &problem, ("wide_cnn", "full", set), 4)
            .unwrap_or_else(|e| panic!("{e}"));
    }
}

const WRONG_BLOCK: fn(String) -> String =
    |text| replaced(&text, "let input_at = (first + row) * INPUT_LENGTH", "let input_at = row * INPUT_LENGTH");
/// One block in the place of another: the comparisons reject it by their numbers.
fn a_wrong_block_fails() {
    let problem = cell(TWENTY, |_| {});
    assert!(block(&problem, F32) < 20);
    let gpu = gpu_with(Options { precision: F32, lanes: 8, edit: Some(WRONG_BLOCK), ..Options::default() });
    let cell = ("wide_cnn", "full", TWENTY);
    let error = compare_values("edited", &gpu, &problem, cell, 5).expect_err("a wrong kernel passes");
    assert!(error.contains("gradient"), "{error}");
    compare_steps("edited", &gpu, cell, 5).expect_err("wrong steps pass");
}
