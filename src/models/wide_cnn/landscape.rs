//! Loss and gradient over every number type. Twin of `shaders/model/wide_cnn.wgsl`.

use super::data::Data;
use super::network::Network;
use super::softplus::softplus;
use crate::landscape::resting::sum_of_squares;
use crate::landscape::{Measured, ValueAndGradient};
use crate::numerics::Real;
use std::sync::Arc;

/// One sample and its features.
#[derive(Debug)]
pub struct Scratch<R> {
    sample: Vec<R>,
    /// `σ(g_tp)` of that sample.
    features: Vec<R>,
    /// `v_tp σ'(g_tp)`, how the prediction changes with `g_tp`.
    rates: Vec<R>,
}

/// Network and data.
#[derive(Debug)]
pub struct Over {
    network: Network,
    samples: usize,
    numbers: Arc<[f64]>,
}

impl Over {
    pub(super) fn new(network: Network, data: &Data) -> Self {
        Over { network, samples: data.samples, numbers: data.numbers.clone() }
    }

    /// Writes the gradient and returns the loss. A sample at a time, so that its features stay in the nearest
    /// cache.
    #[inline(always)]
    fn differentiate<R: Real, const RELU: bool>(&self, x: &[R], scratch: &mut Scratch<R>, gradient: &mut [R]) -> R {
        let Network { input_length: d, filter_length: l, stride, filters, patches, .. } = self.network;
        let n = self.network.width();
        let (w, rest) = x.split_at(self.network.biases());
        let (b, rest) = rest.split_at(n);
        let (v, c) = rest.split_at(n);
        let (sample, features, rates) = (&mut scratch.sample[..d], &mut scratch.features[..n], &mut scratch.rates[..n]);
        let gradient = &mut gradient[..x.len()];
        gradient.fill(R::zero());
        let (by_w, rest) = gradient.split_at_mut(w.len());
        let (by_b, rest) = rest.split_at_mut(n);
        let (by_v, by_c) = rest.split_at_mut(n);
        let (inputs, targets) = self.numbers.split_at(self.samples * d);
        let mut loss = R::zero();
        for (row, &target) in inputs.chunks_exact(d).zip(targets) {
            for a in 0..d {
                sample[a] = R::splat(row[a]);
            }
            for t in 0..filters {
                let filter = &w[t * l..][..l];
                for p in 0..patches {
                    let patch = &sample[p * stride..][..l];
                    let mut g = b[t * patches + p];
                    for a in 0..l {
                        g = filter[a].mul_add(patch[a], g);
                    }
                    features[t * patches + p] = g;
                }
            }
            let mut error = c[0] - R::splat(target);
            for q in 0..n {
                let (value, slope) = if RELU { relu(features[q]) } else { softplus(features[q]) };
                features[q] = value;
                rates[q] = slope * v[q];
                error = v[q].mul_add(value, error);
            }
            loss = (R::splat(0.5) * error).mul_add(error, loss);
            for t in 0..filters {
                let rates = &rates[t * patches..][..patches];
                let by_filter = &mut by_w[t * l..][..l];
                for a in 0..l {
                    let mut sum = R::zero();
                    for p in 0..patches {
                        sum = rates[p].mul_add(sample[p * stride + a], sum);
                    }
                    by_filter[a] = error.mul_add(sum, by_filter[a]);
                }
            }
            for q in 0..n {
                by_b[q] = error.mul_add(rates[q], by_b[q]);
                by_v[q] = error.mul_add(features[q], by_v[q]);
            }
            by_c[0] = by_c[0] + error;
        }
        loss
    }
}

/// ReLU and its slope, 0 at the kink.
#[inline(always)]
fn relu<R: Real>(x: R) -> (R, R) {
    let active = R::zero().lt(x);
    (R::select(active, x, R::zero()), R::select(active, R::splat(1.0), R::zero()))
}

impl<R: Real> ValueAndGradient<R> for Over {
    type Scratch = Scratch<R>;

    fn scratch(&self) -> Scratch<R> {
        let zeros = |count: usize| vec![R::zero(); count];
        let width = self.network.width();
        Scratch { sample: zeros(self.network.input_length), features: zeros(width), rates: zeros(width) }
    }

    #[inline(always)]
    fn value_and_gradient(&self, x: &[R], scratch: &mut Scratch<R>, gradient: &mut [R]) -> Measured<R> {
        let loss = if self.network.relu {
            self.differentiate::<R, true>(x, scratch, gradient)
        } else {
            self.differentiate::<R, false>(x, scratch, gradient)
        };
        Measured { loss, steepness: sum_of_squares(gradient), size: sum_of_squares(x) }
    }
}
