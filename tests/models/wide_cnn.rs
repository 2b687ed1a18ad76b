//! The model `wide_cnn`: softplus, values against an independent program in many digits (`oracle/wide_cnn.py`), the
//! lemma along whole descents, critical points and their classes, and what descent finds over the width.

mod classes;
mod descents;
mod devices;
mod lemma;
mod oracle;
mod softplus;

use crate::support::{problem, settings_of};
use nalgebra::DMatrix;
use spurious::landscape::{Problem, Settings};
use spurious::numerics::Precision;
use std::sync::Arc;

trials![modules(classes, descents, devices, lemma, oracle, softplus),];

/// Sizes of a cell, taken from its kernel, with its samples and targets.
struct Sizes {
    samples: usize,
    input_length: usize,
    filter_length: usize,
    stride: usize,
    patches: usize,
    width: usize,
    relu: bool,
    data: Arc<[f64]>,
}

impl Sizes {
    fn of(problem: &Problem) -> Self {
        let kernel = problem.program(Precision::F64);
        let size = |name: &str| kernel.shape.iter().find(|(key, _)| *key == name).unwrap().1 as usize;
        Sizes {
            samples: size("SAMPLES"),
            input_length: size("INPUT_LENGTH"),
            filter_length: size("FILTER_LENGTH"),
            stride: size("STRIDE"),
            patches: size("PATCHES"),
            width: size("WIDTH"),
            relu: size("RELU") == 1,
            data: kernel.data,
        }
    }

    /// Place of the first read-out weight.
    fn outputs(&self) -> usize {
        self.width / self.patches * self.filter_length + self.width
    }

    /// Features and errors at a state, word by word from their definition and with the system's functions.
    fn features(&self, state: &[f64]) -> (DMatrix<f64>, Vec<f64>) {
        let biases = self.outputs() - self.width;
        let feature = |i: usize, q: usize| {
            let (t, p) = (q / self.patches, q % self.patches);
            let mut g = state[biases + q];
            for a in 0..self.filter_length {
                g += state[t * self.filter_length + a] * self.data[i * self.input_length + p * self.stride + a];
            }
            if self.relu { g.max(0.0) } else { g.max(0.0) + (-g.abs()).exp().ln_1p() }
        };
        let features = DMatrix::from_fn(self.samples, self.width, feature);
        let error = |i: usize| {
            let read_out: f64 = (0..self.width).map(|q| features[(i, q)] * state[self.outputs() + q]).sum();
            read_out + state[state.len() - 1] - self.data[self.samples * self.input_length + i]
        };
        let errors = (0..self.samples).map(error).collect();
        (features, errors)
    }
}

/// 20 samples of 8 inputs, 6 patches of 3 inputs: a filter has 6 neurons.
fn twenty<T>(filters: &str, then: impl FnOnce(&[(&str, &str)]) -> T) -> T {
    then(&[("filters", filters), ("samples", "20"), ("input_length", "8")])
}

/// A cell with other settings than the model's own.
fn cell(set: &[(&str, &str)], change: impl FnOnce(&mut Settings)) -> Problem {
    let mut settings = settings_of("wide_cnn");
    change(&mut settings);
    problem("wide_cnn", "full", set, &settings)
}
