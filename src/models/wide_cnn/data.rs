//! Samples and targets of a cell.

use crate::landscape::{Invalid, Values};
use crate::numerics::CellSeed;
use std::sync::Arc;

/// Most numbers of samples and targets together: 2 MB.
const MOST_NUMBERS: usize = 1 << 18;

/// Samples and targets, independent and standard normal. Sample `i` and then its target are the draws of "run" `i` of
/// the data's own seed, so that more samples of the same length begin with those of fewer.
#[derive(Clone, Debug)]
pub struct Data {
    /// `N`
    pub samples: usize,
    /// `d`
    pub input_length: usize,
    /// `x_1 … x_N`, one after another, then `y_1 … y_N`.
    pub numbers: Arc<[f64]>,
}

impl Data {
    pub(super) fn new(values: &Values) -> Result<Self, Invalid> {
        let [samples, input_length] = ["samples", "input_length"].map(|name| values.integer(name) as usize);
        if samples * (input_length + 1) > MOST_NUMBERS {
            return Err(Invalid::parameter(
                "samples",
                samples,
                format!("of {input_length} inputs are more than {MOST_NUMBERS} numbers"),
                "choose fewer samples or a smaller input_length",
            ));
        }
        let seed = CellSeed::new(values.integer("data_seed") as u64, &format!("wide_cnn data;{input_length}"));
        let mut numbers = vec![0.0; samples * (input_length + 1)];
        let (inputs, targets) = numbers.split_at_mut(samples * input_length);
        for (i, (x, y)) in inputs.chunks_exact_mut(input_length).zip(targets).enumerate() {
            let mut draws = seed.run(i as u64);
            x.fill_with(|| draws.normal());
            *y = draws.normal();
        }
        Ok(Data { samples, input_length, numbers: numbers.into() })
    }

    /// Sample `i`.
    #[must_use]
    pub fn sample(&self, i: usize) -> &[f64] {
        &self.numbers[i * self.input_length..][..self.input_length]
    }

    /// The targets.
    #[must_use]
    pub fn targets(&self) -> &[f64] {
        &self.numbers[self.samples * self.input_length..]
    }

    /// `½ Σ y_i²`, the loss of predicting 0.
    #[must_use]
    pub fn zero_loss(&self) -> f64 {
        0.5 * self.targets().iter().map(|y| y * y).sum::<f64>()
    }
}
