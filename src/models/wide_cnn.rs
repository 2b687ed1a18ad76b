//! `wide_cnn`: a convolutional layer with softplus neurons and a linear read-out, trained on finitely many samples, the
//! setting of Nguyen and Hein, "Optimization Landscape and Expressivity of Deep CNNs" (ICML 2018, arXiv 1710.10928),
//! for one convolutional layer below a fully connected one.
//!
//! Samples `x_i ∈ R^d` and targets `y_i` are standard normal, `i = 1 … N`. `T` filters `w_t` of length `l` meet `P`
//! patches, `z_p` being the `l` inputs from `ps` on; every neuron has a bias of its own, as in the paper.
//!
//! ```text
//! g_tp(x) = w_tᵀz_p + b_tp,   f(x) = Σ_{t,p} v_tp σ(g_tp(x)) + c,   σ(g) = log(1 + e^g)
//! Φ       = ½ Σ_i e_i²,  e_i = f(x_i) − y_i
//! ∂Φ/∂v_tp = Σ_i e_i σ(g_tp),  ∂Φ/∂b_tp = Σ_i e_i v_tp σ'(g_tp)
//! ∂Φ/∂w_t = Σ_i e_i Σ_p v_tp σ'(g_tp) z_p,  ∂Φ/∂c = Σ_i e_i
//! ```
//!
//! The features `F_1 ∈ R^{N×n_1}` are the `n_1 = TP` activations of all samples. Where `n_1 ≥ N` and the activation is
//! analytic, almost every choice of filters and biases gives them rank `N` (the paper's theorem on linearly independent
//! features), and there `‖∇_v Φ‖ ≥ σ_N(F_1) ‖e‖` ([`features`]), so that every critical point with features of rank `N`
//! is a global minimum of error 0. Nothing is said of descent; what it does is what this model counts.
//!
//! # When a run is over
//! It ends as global once `Φ ≤ tolerance · ½ Σ y_i²`, a training error of zero to that tolerance. 0 is the smallest
//! possible value, and it is attained if any features have rank `N`; that a smaller loss follows is what the lemma says
//! as long as `σ_N` does not vanish, and a convention where `n_1 < N`. It comes to rest where
//! `‖∇Φ‖ ≤ max(rest_gradient, ε√D/η)` with `D` weights, `ε = 2⁻²⁴` in f32 and `2⁻⁵³` in f64: a weight of size 1 no
//! longer moves once `η` times its slope is below `ε`. The curvature at the critical point beside it then decides, with
//! the second derivatives in closed form ([`crate::judge::classify`]). A run that spends its budget is called slow if
//! its features have rank `N` there: then the point is not critical and the loss still falls. Whether it falls to 0 is
//! not proven, since `σ_N` may fall with it.

pub mod data;
pub mod features;
pub mod full;
mod hessian;
pub mod landscape;
pub mod network;
pub mod softplus;
mod start;
mod theory;

use crate::landscape::{
    About, Critical, CriticalPoint, Invalid, Kind, Model, Parameter, Problem, Settings, Tolerance, Values, conformance,
};

/// The model; see the module's page.
#[derive(Debug)]
pub struct WideCnn;

const PARAMETERS: &[Parameter] = &[
    Parameter::seeding("filters", "T", Kind::Integer(1, 2048), "2")
        .heading()
        .about("filters of the convolutional layer"),
    Parameter::seeding("samples", "N", Kind::Integer(1, 4096), "6").heading().about("samples to be fitted"),
    Parameter::seeding("input_length", "d", Kind::Integer(1, 2048), "6").heading().about("numbers in a sample"),
    Parameter::seeding("filter_length", "l", Kind::Integer(1, 2048), "3").heading().about("numbers in a patch"),
    Parameter::seeding("stride", "s", Kind::Integer(1, 2048), "1")
        .about("inputs from one patch to the next; there are P = (d − l)/s + 1 patches"),
    Parameter::sharing("activation", "σ", Kind::Choice(&["softplus", "relu"]), "\"softplus\"")
        .about("softplus, which is analytic, or relu, which is not"),
    Parameter::seeding("data_seed", "", Kind::Integer(0, i64::MAX), "0")
        .about("seed of samples and targets; the experiment's seed is that of the starts alone"),
    Parameter::seeding("start_filter_scale", "", Kind::Positive, "1.0")
        .about("standard deviation of a filter's weight times √l"),
    Parameter::seeding("start_bias_scale", "", Kind::Real(0.0, f64::INFINITY), "0.0")
        .about("standard deviation of a bias"),
    Parameter::seeding("start_output_scale", "", Kind::Positive, "1.0")
        .about("standard deviation of a read-out weight times √n_1"),
    Parameter::sharing("rest_gradient", "", Kind::Positive, "1e-8")
        .about("largest norm of the gradient at which a run is at rest, if rounding allows it"),
];

impl Model for WideCnn {
    fn about(&self) -> About {
        About {
            name: "wide_cnn",
            summary: "CNN with one wide layer fitting finitely many samples (Nguyen, Hein 2018)",
            description: include_str!("wide_cnn/description.txt"),
            parameters: PARAMETERS,
            forms: &[("full", "w_1 … w_T, then b_11 … b_TP, v_11 … v_TP and c")],
            // A loss below 10⁻⁴ for 20 samples.
            tolerance: Tolerance {
                default: 1e-5,
                about: "largest loss, as a share of that of predicting 0, at which the training error counts as zero",
            },
            step_groups: &["weights"],
        }
    }

    fn problem(&self, _: &str, values: &Values, settings: &Settings) -> Result<Problem, Invalid> {
        Ok(full::Full::new(values, settings)?.problem())
    }

    /// There is none: targets are random numbers.
    fn teacher(&self, _: &Values) -> Result<Vec<f64>, Invalid> {
        Err(Invalid {
            key: "model".into(),
            value: "wide_cnn".into(),
            problem: "has no teacher: its targets are drawn at random".into(),
            remedy: "leave --teacher out".into(),
        })
    }

    conformance! {
        [filters = 1, samples = 3, input_length = 1, filter_length = 1],
        [samples = 4, input_length = 5, stride = 2, activation = "relu"],
        [filters = 3, samples = 5, input_length = 4, filter_length = 4, data_seed = 7],
        [
            filters = 4, samples = 4, filter_length = 2, stride = 2, start_filter_scale = 2.0,
            start_bias_scale = 0.5, start_output_scale = 0.3
        ],
        ; critical: &[Critical { name: "mean of the targets", form: "full", at: mean }]
    }
}

/// All weights 0 but the constant, which is the targets' mean: features that are alike for all samples tell nothing of
/// them.
fn mean(values: &Values) -> Option<CriticalPoint> {
    let data = data::Data::new(values).ok()?;
    let network = network::Network::new(values).ok()?;
    let mean = data.targets().iter().sum::<f64>() / data.samples as f64;
    let mut state = vec![0.0; network.dim()];
    *state.last_mut()? = mean;
    Some(CriticalPoint::critical(state, 0.5 * data.targets().iter().map(|y| (y - mean) * (y - mean)).sum::<f64>()))
}
