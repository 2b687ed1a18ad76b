//! Loss and gradient over every number type. Twin of `shaders/model/wide_cnn.wgsl`.

use super::data::Data;
use super::network::Network;
use super::softplus::softplus;
use crate::descent::{Landscape, found};
use crate::endpoint::{Outcome, Status, Stop};
use crate::model::constants;
use crate::real::Real;
use std::sync::Arc;

constants! {
    /// Constants of the landscape and its stop rule, in the format they are meant for.
    pub struct Constants {
        /// Loss at and below which the training error counts as zero.
        global_loss,
        /// Squared norm of the gradient at which a run is at rest.
        rest_square,
        /// Sum of the squared weights at which a run has diverged.
        size_limit,
        /// Step size.
        step,
    }
}

/// What is known of a point.
#[derive(Clone, Copy, Debug)]
pub struct Survey<R> {
    loss: R,
    /// `‖∇Φ‖²`
    square: R,
    /// Sum of the squared weights.
    size: R,
}

/// One sample's features, and the gradient.
#[derive(Debug)]
pub struct Scratch<R> {
    sample: Vec<R>,
    /// `σ(g_tp)` of that sample.
    features: Vec<R>,
    /// `v_tp σ'(g_tp)`, how the prediction changes with `g_tp`.
    rates: Vec<R>,
    gradient: Vec<R>,
}

/// The landscape over a number type.
#[derive(Debug)]
pub struct Over<R> {
    constants: Constants<R>,
    network: Network,
    samples: usize,
    numbers: Arc<[f64]>,
}

impl<R: Real> Over<R> {
    pub(super) fn new(network: Network, data: &Data, constants: &Constants<f64>) -> Self {
        Over { constants: constants.over(), network, samples: data.samples, numbers: data.numbers.clone() }
    }

    /// Writes the gradient to the scratch memory and returns the loss. A sample at a time, so that its features stay in the nearest
    /// cache.
    #[inline(always)]
    fn differentiate<const RELU: bool>(&self, x: &[R], scratch: &mut Scratch<R>) -> R {
        let Network { input_length: d, filter_length: l, stride, filters, patches, .. } = self.network;
        let n = self.network.width();
        let (w, rest) = x.split_at(self.network.biases());
        let (b, rest) = rest.split_at(n);
        let (v, c) = rest.split_at(n);
        let (sample, features, rates) = (&mut scratch.sample[..d], &mut scratch.features[..n], &mut scratch.rates[..n]);
        let gradient = &mut scratch.gradient[..x.len()];
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

/// Sum of the squares.
#[inline(always)]
fn square<R: Real>(x: &[R]) -> R {
    let mut sum = R::zero();
    for &value in x {
        sum = value.mul_add(value, sum);
    }
    sum
}

impl<R: Real> Landscape<R> for Over<R> {
    type Pass = Survey<R>;
    type Survey = Survey<R>;
    type Scratch = Scratch<R>;

    fn scratch(&self) -> Scratch<R> {
        let zeros = |count: usize| vec![R::zero(); count];
        let width = self.network.width();
        Scratch {
            sample: zeros(self.network.input_length),
            features: zeros(width),
            rates: zeros(width),
            gradient: zeros(self.network.dim()),
        }
    }

    #[inline(always)]
    fn pass(&self, x: &[R], scratch: &mut Scratch<R>) -> Survey<R> {
        let loss = if self.network.relu {
            self.differentiate::<true>(x, scratch)
        } else {
            self.differentiate::<false>(x, scratch)
        };
        Survey { loss, square: square(&scratch.gradient), size: square(x) }
    }

    #[inline(always)]
    fn survey(&self, _: &[R], pass: &Survey<R>) -> Survey<R> {
        *pass
    }

    #[inline(always)]
    fn loss(&self, _: &[R], survey: &Survey<R>) -> R {
        survey.loss
    }

    #[inline(always)]
    fn gradient(&self, _: &[R], _: &Survey<R>, scratch: &Scratch<R>, out: &mut [R]) {
        out.copy_from_slice(&scratch.gradient);
    }

    #[inline(always)]
    fn step(&self, x: &mut [R], _: &Survey<R>, scratch: &mut Scratch<R>) -> Option<Survey<R>> {
        for (w, &slope) in x.iter_mut().zip(&scratch.gradient) {
            *w = (-self.constants.step).mul_add(slope, *w);
        }
        None
    }

    #[inline(always)]
    fn may_end(&self, survey: &Survey<R>) -> R::Mask {
        let bounded = survey.size.lt(self.constants.size_limit);
        survey.square.le(self.constants.rest_square) | survey.loss.le(self.constants.global_loss) | !bounded
    }

    #[inline(always)]
    fn decide(&self, survey: &Survey<R>) -> R {
        let at_rest = R::splat(f64::from(Stop::code(Status::Converged, None)));
        let code = R::select(survey.square.le(self.constants.rest_square), at_rest, R::zero());
        let global = survey.loss.le(self.constants.global_loss);
        R::select(global, found(Status::Converged, Outcome::Global), code)
    }

    #[inline(always)]
    fn size(&self, survey: &Survey<R>) -> R {
        survey.size
    }

    #[inline(always)]
    fn size_limit(&self) -> R {
        self.constants.size_limit
    }
}
