//! What is known before a run: sizes against the number of samples, and the step size.

use super::data::Data;
use super::network::Network;
use super::start::Start;
use crate::landscape::Prediction;
use std::f64::consts::{LN_2, PI};

/// The automatic step size: 2 over a bound on the expected trace of `JᵀJ` at the start, with the Jacobian `J` of the
/// predictions.
///
/// `JᵀJ` is the Hessian where the error is 0, and its trace bounds its eigenvalues. With `σ_ip² = Var(g_tp)` at the
/// start, the variance `τ²` of a read-out weight, and `softplus(g) ≤ log 2 + max(g, 0)`,
///
/// ```text
/// Λ = Σ_i ( 1 + T Σ_p ( log²2 + 2 log 2 σ_ip/√2π + σ_ip²/2 + τ² (1 + ‖z_ip‖²) ) )
/// ```
///
/// (`log 2` is 0 for ReLU). In the tests' cells this is 2.3 to 3.6 times the largest eigenvalue of `JᵀJ` at a start, so
/// that the step is 0.28 to 0.44 of what makes descent unstable there. Minima are sharper than starts, those of few
/// filters so much so that descent oscillates around them at any step of this size.
pub(super) fn auto_step(network: &Network, data: &Data, start: &Start) -> f64 {
    let log = if network.relu { 0.0 } else { LN_2 };
    let mut sum = 0.0;
    for i in 0..data.samples {
        let sample = data.sample(i);
        for p in 0..network.patches {
            let patch = &sample[p * network.stride..][..network.filter_length];
            let square: f64 = patch.iter().map(|z| z * z).sum();
            let variance = start.filter.powi(2) * square + start.bias.powi(2);
            let feature = log * log + 2.0 * log * (variance / (2.0 * PI)).sqrt() + 0.5 * variance;
            sum += feature + start.output.powi(2) * (1.0 + square);
        }
    }
    2.0 / (data.samples as f64 + network.filters as f64 * sum)
}

/// The predictions of a cell.
pub(super) fn predictions(network: &Network, data: &Data) -> Vec<Prediction> {
    let (samples, width) = (data.samples as f64, network.width() as f64);
    let applies = !network.relu && network.width() >= data.samples;
    vec![
        Prediction::new("width", Some(width), "neurons of the convolutional layer, n_1 = TP"),
        Prediction {
            beside_estimate: true,
            ..Prediction::new("width_ratio", Some(width / samples), "n_1/N, neurons for a sample")
        },
        Prediction::new("weights", Some(network.dim() as f64), "number of weights, Tl + 2 n_1 + 1"),
        Prediction::new("zero_loss", Some(data.zero_loss()), "loss of predicting 0: ½ Σ y_i²"),
        Prediction::new(
            "theorem_applies",
            Some(f64::from(u8::from(applies))),
            "1 if n_1 ≥ N and the activation is analytic: almost every start has features of rank N, and every \
             critical point with such features has error 0",
        ),
    ]
}
