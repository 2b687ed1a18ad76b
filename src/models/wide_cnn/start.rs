//! Where runs start.

use super::network::Network;
use crate::landscape::Values;
use crate::numerics::Streams;

/// Standard deviations of the weights, which are independent and normal.
#[derive(Clone, Copy, Debug)]
pub(super) struct Start {
    /// Of a filter's weight.
    pub(super) filter: f64,
    /// Of a bias, the read-out's included.
    pub(super) bias: f64,
    /// Of a read-out weight.
    pub(super) output: f64,
}

impl Start {
    pub(super) fn new(values: &Values, network: &Network) -> Self {
        Start {
            filter: values.real("start_filter_scale") / (network.filter_length as f64).sqrt(),
            bias: values.real("start_bias_scale"),
            output: values.real("start_output_scale") / (network.width() as f64).sqrt(),
        }
    }

    /// Draws the starts of a block of runs: a normal variate a weight, in the order of the state, also for biases of
    /// scale 0.
    #[inline(always)]
    pub(super) fn draw(&self, network: &Network, draws: &mut Streams, width: usize, out: &mut [f64]) {
        draws.normals(out);
        let (biases, outputs) = (network.biases(), network.outputs());
        for state in out.chunks_exact_mut(width) {
            for (i, x) in state.iter_mut().enumerate() {
                let of_filter_or_bias = if i < biases { self.filter } else { self.bias };
                let scale = if outputs <= i && i + 1 < network.dim() { self.output } else { of_filter_or_bias };
                // No bias is -0.
                *x = *x * scale + 0.0;
            }
        }
    }

    /// Expected sum of the squared weights.
    pub(super) fn square(&self, network: &Network) -> f64 {
        let n = network.width() as f64;
        network.biases() as f64 * self.filter.powi(2) + (n + 1.0) * self.bias.powi(2) + n * self.output.powi(2)
    }
}
