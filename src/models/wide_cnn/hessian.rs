//! Second derivatives, in f64.
//!
//! `∂²Φ = Σ_i ∇f_i ∇f_iᵀ + e_i ∂²f_i`. Of the second derivatives of a prediction `f = Σ v_tp σ(g_tp) + c` only those
//! within one filter are not 0: with the patch `z_p`
//!
//! ```text
//! ∂²f/∂w_t² = Σ_p v σ'' z_p z_pᵀ,  ∂²f/∂w_t∂b_tp = v σ'' z_p,  ∂²f/∂b_tp² = v σ''
//! ∂²f/∂w_t∂v_tp = σ' z_p,  ∂²f/∂b_tp∂v_tp = σ'
//! ```
//!
//! For ReLU `σ''` is 0, and the derivatives exist where no `g_tp` is 0.

use super::data::Data;
use super::features::{activate, preactivations};
use super::network::Network;

/// The Hessian at a state, row by row; NaN where it does not exist.
pub(super) fn hessian(network: &Network, data: &Data, state: &[f64]) -> Vec<f64> {
    let Network { filter_length: l, stride, filters, patches, .. } = *network;
    let (dim, n) = (network.dim(), network.width());
    let outputs = &state[network.outputs()..][..n];
    let mut hessian = vec![0.0; dim * dim];
    // Above the diagonal: a filter's weights come before its bias, and both before its read-out weight.
    let mut add = |row: usize, column: usize, value: f64| hessian[row * dim + column] += value;
    for (i, target) in data.targets().iter().enumerate() {
        let sample = data.sample(i);
        let inner = preactivations(network, sample, state);
        let at_kink = network.relu && inner.contains(&0.0);
        let active: Vec<[f64; 3]> = inner.into_iter().map(|g| activate(g, network.relu)).collect();
        let prediction = active.iter().zip(outputs).map(|([value, ..], v)| value * v).sum::<f64>();
        let error = if at_kink { f64::NAN } else { prediction + state[dim - 1] - target };
        let mut slopes = vec![0.0; dim];
        slopes[dim - 1] = 1.0;
        for t in 0..filters {
            for p in 0..patches {
                let q = t * patches + p;
                let patch = &sample[p * stride..][..l];
                let (bias, output) = (network.biases() + q, network.outputs() + q);
                let [value, slope, bend] = active[q];
                let bent = error * outputs[q] * bend;
                slopes[bias] = outputs[q] * slope;
                slopes[output] = value;
                for (a, z) in patch.iter().enumerate() {
                    slopes[t * l + a] += outputs[q] * slope * z;
                    for (b, other) in patch.iter().enumerate().skip(a) {
                        add(t * l + a, t * l + b, bent * z * other);
                    }
                    add(t * l + a, bias, bent * z);
                    add(t * l + a, output, error * slope * z);
                }
                add(bias, bias, bent);
                add(bias, output, error * slope);
            }
        }
        for row in 0..dim {
            for column in row..dim {
                add(row, column, slopes[row] * slopes[column]);
            }
        }
    }
    for row in 0..dim {
        for column in 0..row {
            hessian[row * dim + column] = hessian[column * dim + row];
        }
    }
    hessian
}
