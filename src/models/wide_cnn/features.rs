//! The features `F_1` of the convolutional layer, their rank, and the lemma that bounds the gradient from below. In
//! f64, with the exponential and the logarithm of `libm`.
//!
//! For the features `F_1 ∈ R^{N×n_1}`, the errors `e = f(X) − y` and the part of the gradient along the read-out
//! weights
//!
//! ```text
//! ∇_v Φ = F_1ᵀ e,   ‖∇_v Φ‖ ≥ σ_N(F_1) ‖e‖
//! ```
//!
//! with the `N`-th singular value, which is 0 where `n_1 < N` (the paper's lemma that bounds `‖∇_{U_{k+1}} Φ‖` by
//! `σ_min(F_k)`, for one layer above the convolutional one). So a critical point at which the features have rank `N`
//! has `e = 0`.

use super::data::Data;
use super::network::Network;
use crate::landscape::Prediction;
use crate::numerics::vector;
use nalgebra::DMatrix;

/// Share of the largest singular value above which one counts for the rank: far above rounding, `max(N, n_1) ε`, and
/// far below what Gaussian samples lead to.
pub const RANK: f64 = 1e-10;
/// Starts of a cell that are looked at.
pub const STARTS: usize = 100;
/// Largest `N n_1 min(N, n_1)` for which they are: about a third of a second.
const MOST_WORK: usize = 1 << 20;

/// Activation, slope and second derivative.
pub(super) fn activate(x: f64, relu: bool) -> [f64; 3] {
    if relu {
        let active = f64::from(u8::from(x > 0.0));
        return [x.max(0.0), active, 0.0];
    }
    let e = libm::exp(-x.abs());
    let slope = if x < 0.0 { e / (1.0 + e) } else { 1.0 / (1.0 + e) };
    [x.max(0.0) + libm::log1p(e), slope, e / ((1.0 + e) * (1.0 + e))]
}

/// `g_tp` of sample `i`, neuron by neuron.
pub(super) fn preactivations(network: &Network, sample: &[f64], state: &[f64]) -> Vec<f64> {
    let l = network.filter_length;
    let biases = &state[network.biases()..];
    let filters = state[..network.biases()].chunks_exact(l);
    let patch = |p: usize| &sample[p * network.stride..][..l];
    let of_filter = |(t, w): (usize, &[f64])| {
        let of_patch = |p: usize| vector::dot(w, patch(p)) + biases[t * network.patches + p];
        (0..network.patches).map(of_patch).collect::<Vec<_>>()
    };
    filters.enumerate().flat_map(of_filter).collect()
}

/// What the lemma speaks of, at one point.
#[derive(Clone, Debug)]
pub struct Lemma {
    /// Singular values of the features, descending: `min(N, n_1)` of them.
    pub singular_values: Vec<f64>,
    /// `‖e‖`
    pub error: f64,
    /// `‖∇_v Φ‖`
    pub output_gradient: f64,
    samples: usize,
}

impl Lemma {
    /// At a state.
    #[must_use]
    pub fn at(network: &Network, data: &Data, state: &[f64]) -> Self {
        let n = network.width();
        let (outputs, bias) = state[network.outputs()..].split_at(n);
        let mut features = Vec::with_capacity(data.samples * n);
        let mut errors = Vec::with_capacity(data.samples);
        let mut gradient = vec![0.0; n];
        for (i, target) in data.targets().iter().enumerate() {
            let inner = preactivations(network, data.sample(i), state);
            features.extend(inner.into_iter().map(|g| activate(g, network.relu)[0]));
            let row = &features[i * n..];
            let error = vector::dot(row, outputs) + bias[0] - target;
            gradient.iter_mut().zip(row).for_each(|(slope, feature)| *slope += error * feature);
            errors.push(error);
        }
        let mut singular_values = Vec::new();
        if features.iter().all(|x| x.is_finite()) {
            singular_values.extend(&DMatrix::from_row_slice(data.samples, n, &features).singular_values());
            singular_values.sort_unstable_by(|a: &f64, b| b.total_cmp(a));
        }
        Lemma {
            singular_values,
            error: vector::norm(&errors),
            output_gradient: vector::norm(&gradient),
            samples: data.samples,
        }
    }

    /// Number of singular values above [`RANK`] times the largest.
    #[must_use]
    pub fn rank(&self) -> usize {
        let least = RANK * self.singular_values.first().copied().unwrap_or(0.0);
        self.singular_values.iter().filter(|s| **s > least).count()
    }

    /// The `min(N, n_1)`-th singular value.
    #[must_use]
    pub fn sigma_min(&self) -> f64 {
        self.singular_values.last().copied().unwrap_or(f64::NAN)
    }

    /// It over the largest.
    #[must_use]
    pub fn ratio(&self) -> f64 {
        self.sigma_min() / self.singular_values.first().copied().unwrap_or(f64::NAN)
    }

    /// `σ_N(F_1) ‖e‖`, below which `‖∇_v Φ‖` cannot be.
    #[must_use]
    pub fn bound(&self) -> f64 {
        if self.singular_values.len() < self.samples { 0.0 } else { self.sigma_min() * self.error }
    }

    /// Whether the features have rank `N`, so that nothing but an error of 0 makes this point critical, and the
    /// gradient shows it.
    #[must_use]
    pub fn leads_to_zero(&self) -> bool {
        // The margin is rounding: of the singular value, n ε of the largest, against RANK times it.
        self.rank() == self.samples && self.output_gradient >= (1.0 - 1e-3) * self.bound()
    }
}

/// What the first starts look like.
pub(super) fn at_start(network: &Network, data: &Data, starts: impl FnOnce(usize) -> Vec<f64>) -> Vec<Prediction> {
    let (samples, width) = (data.samples, network.width());
    let full = samples.min(width);
    let [mut share, mut smallest, mut ratio] = [None; 3];
    if samples * width * full <= MOST_WORK {
        let states = starts(STARTS);
        let seen: Vec<Lemma> = states.chunks_exact(network.dim()).map(|x| Lemma::at(network, data, x)).collect();
        share = Some(seen.iter().filter(|lemma| lemma.rank() == full).count() as f64 / seen.len() as f64);
        smallest = median(seen.iter().map(Lemma::sigma_min));
        ratio = median(seen.iter().map(Lemma::ratio));
    }
    vec![
        Prediction {
            beside_estimate: true,
            ..Prediction::new(
                "full_rank_share",
                share,
                "share of the first 100 starts whose features have rank min(N, n_1): singular values above 1e-10 of \
                 the largest",
            )
        },
        Prediction::new(
            "sigma_min_at_start",
            smallest,
            "median of the min(N, n_1)-th singular value of the features at the first 100 starts",
        ),
        Prediction::new("sigma_ratio_at_start", ratio, "median of that value over the largest singular value"),
    ]
}

/// The middle number, or the mean of the middle two.
fn median(numbers: impl Iterator<Item = f64>) -> Option<f64> {
    let mut sorted: Vec<f64> = numbers.collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    let beside = sorted.len().checked_sub(1)? / 2;
    Some(0.5 * (sorted[middle] + sorted[beside]))
}
