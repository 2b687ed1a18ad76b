//! `quadratic`: a sum of squares of linear neurons, the landscape of Du and Lee, "On the Power of Over-parametrization
//! in Neural Networks with Quadratic Activation" (ICML 2018, arXiv 1803.01206).
//!
//! ```text
//! f(x; W) = Σ_j (w_jᵀx)² = xᵀWᵀW x,   W ∈ R^{k×d}
//! ```
//!
//! with one of two losses: the mean square over given samples, with weight decay and the small linear perturbation of
//! the paper's smoothed analysis ([`empirical`]), or over all standard normal inputs, for the labels of a quadratic
//! teacher ([`population`]). Both are functions of `Z = WᵀW` alone, in which they are convex: rotations of the neurons,
//! `W → O W`, change nothing, and `k ≥ d` neurons have the whole cone of `Z ⪰ 0` to choose from.
//!
//! # When a run is over
//! It has found the global minimum once `L ≤ L* + tolerance`. `L*` is the least loss of `k` neurons for the population
//! loss, in closed form ([`theory`]), and a certified lower bound of the loss of any number of neurons for the
//! empirical one ([`mod@reference`]). The tolerance is `params.global_loss_population` and `params.global_loss` times
//! the loss without weights, but no less than `16 ε` times the terms that cancel in the loss of an optimum, `ε = 2⁻²⁴`
//! in f32 and `2⁻⁵³` in f64.
//!
//! It comes to rest where `‖∂L/∂W‖ ≤ max(descent.tolerance, β ε √(kd)/η)`, with `β` the power of 2 at or below the norm
//! of an optimum, at least 1: a weight between `β` and `2β` no longer moves once `η` times its slope is under half a
//! unit in its last place. What it has found is then decided by the curvature there, modulo rotations of the neurons.
//!
//! Where neurons are to spare the global minima are degenerate and descent reaches them only like `1/t²` in the loss. A
//! run whose budget ends on that way is slow: [`population::Population`] and [`empirical::Empirical`] say in `late` how
//! it is known.

mod critical;
pub mod data;
pub mod empirical;
pub mod full;
pub mod landscape;
pub mod population;
pub mod reference;
pub mod teacher;
pub mod theory;

use crate::landscape::{About, Invalid, Kind, Model, Parameter, Problem, Settings, Tolerance, Values, conformance};

/// The model; see the module's page.
#[derive(Debug)]
pub struct Quadratic;

const PARAMETERS: &[Parameter] = &[
    Parameter::seeding("risk", "", Kind::Choice(&["empirical", "population"]), "\"empirical\"")
        .heading()
        .about("which loss: the mean square over given samples, or over all standard normal inputs"),
    Parameter::seeding("neurons", "k", Kind::Integer(1, MOST), "2").heading().about("student neurons"),
    Parameter::seeding("input_dim", "d", Kind::Integer(1, MOST), "10").heading().about("dimension of the input"),
    Parameter::seeding("samples", "n", Kind::Integer(1, 1_000_000), "30").about("samples of the empirical loss"),
    Parameter::seeding("labels", "y", Kind::Choice(&["teacher", "gaussian", "file"]), "\"teacher\"").about(
        "labels of the empirical loss: the teacher's outputs, independent standard normal numbers, or those of \
         data_file",
    ),
    Parameter::seeding("data_file", "", Kind::Points, "\"\"").about(
        "samples and labels, a row each with the label last, for labels = \"file\"; else samples are standard normal",
    ),
    Parameter::seeding("data_seed", "", Kind::Integer(0, i64::MAX), "0")
        .about("seed of samples, Gaussian labels and perturbation; the experiment's seed is that of the starts alone"),
    Parameter::seeding("teacher", "W*", Kind::Choice(&["orthonormal", "gaussian", "file"]), "\"orthonormal\"").about(
        "the teacher: orthonormal neurons in random directions, neurons with independent N(0, 1/d) entries, or \
         those of teacher_file; times teacher_scale",
    ),
    Parameter::seeding("teacher_rank", "k*", Kind::Integer(1, MOST), "1").about("teacher neurons"),
    Parameter::seeding("teacher_scale", "", Kind::Positive, "1.0").about("factor of the teacher's weights"),
    Parameter::seeding("teacher_file", "", Kind::Points, "\"\"")
        .about("the teacher's neurons, a row each, for teacher = \"file\""),
    Parameter::seeding("teacher_seed", "", Kind::Integer(0, i64::MAX), "0").about("seed of a teacher drawn at random"),
    Parameter::sharing("weight_decay", "λ", Kind::Real(0.0, f64::INFINITY), "0.0")
        .about("weight decay of the empirical loss"),
    Parameter::sharing("perturbation", "‖C‖", Kind::Real(0.0, f64::INFINITY), "0.0")
        .about("Frobenius norm of the random symmetric C of the empirical loss"),
    Parameter::seeding("start_scale", "", Kind::Positive, "1.0")
        .about("root mean square of the norm of all weights at the start: each is N(0, start_scale²/kd)"),
    Parameter::sharing("global_loss", "", Kind::Positive, "0.001").about(
        "excess over the reference value up to which an empirical loss counts as global, relative to ½ mean(y²)",
    ),
    Parameter::sharing("global_loss_population", "", Kind::Positive, "1e-10")
        .about("the same of the population loss, relative to ‖A‖² + ½ (tr A)², A = W*ᵀW*"),
];

/// Most neurons and inputs.
const MOST: i64 = 128;

/// Parameters of samples: without effect on the population loss.
const OF_SAMPLES: &[&str] =
    &["samples", "labels", "data_file", "data_seed", "weight_decay", "perturbation", "global_loss"];
/// Parameters of the teacher: without effect where labels are not its.
const OF_TEACHER: &[&str] = &["teacher", "teacher_rank", "teacher_scale", "teacher_file", "teacher_seed"];

/// Refuses values, other than the defaults, of parameters that have no effect.
fn refuse_idle(values: &Values, names: &[&'static str], with: &str, remedy: &str) -> Result<(), Invalid> {
    for parameter in PARAMETERS.iter().filter(|p| names.contains(&p.name)) {
        if !parameter.is_default(values) {
            let value = values.get(parameter.name).map_or_else(String::new, ToString::to_string);
            return Err(Invalid::parameter(
                parameter.name,
                value,
                format!("has no effect with {with}"),
                format!("remove it, or set {remedy}"),
            ));
        }
    }
    Ok(())
}

/// Refuses what the other values leave without effect.
fn check(values: &Values) -> Result<(), Invalid> {
    if values.choice("risk") == "population" {
        return refuse_idle(values, OF_SAMPLES, "risk = \"population\"", "risk = \"empirical\"");
    }
    refuse_idle(values, &["global_loss_population"], "risk = \"empirical\"", "risk = \"population\"")?;
    match values.choice("labels") {
        "teacher" => Ok(()),
        labels => refuse_idle(values, OF_TEACHER, &format!("labels = \"{labels}\""), "labels = \"teacher\""),
    }
}

impl Model for Quadratic {
    fn about(&self) -> About {
        About {
            name: "quadratic",
            summary: "sum of squared linear neurons, on samples or in expectation (Du, Lee 2018)",
            description: include_str!("quadratic/description.txt"),
            parameters: PARAMETERS,
            forms: &[("full", "w₁ ∈ R^d, then w₂ … w_k")],
            // On the slow path of the population loss the tolerance of the loss is met first: there a gradient of 10⁻⁸
            // has a loss of about 10⁻¹¹.
            tolerance: Tolerance { default: 1e-8, about: "norm of the gradient at which a run is at rest" },
            step_groups: &["weights"],
        }
    }

    fn problem(&self, _: &str, values: &Values, settings: &Settings) -> Result<Problem, Invalid> {
        check(values)?;
        Ok(match values.choice("risk") {
            "population" => full::Full::new(values, settings, population::Population::new(values)?)?.problem(),
            _ => full::Full::new(values, settings, empirical::Empirical::new(values)?)?.problem(),
        })
    }

    fn teacher(&self, values: &Values) -> Result<Vec<f64>, Invalid> {
        check(values)?;
        match (values.choice("risk"), values.choice("labels")) {
            ("empirical", labels @ ("gaussian" | "file")) => {
                Err(Invalid::parameter("labels", labels, "there is no teacher", "set labels = \"teacher\""))
            }
            _ => Ok(teacher::TeacherMatrix::new(values)?.rows),
        }
    }

    // Tolerances that no run of a few steps meets.
    conformance! {
        [
            risk = "population", neurons = 3, input_dim = 6, teacher_rank = 2, teacher_seed = 1,
            global_loss_population = 1e-14
        ],
        [risk = "population", neurons = 1, input_dim = 1, teacher_scale = 0.5, global_loss_population = 1e-14],
        [risk = "population", neurons = 5, input_dim = 4, teacher = "gaussian", teacher_rank = 6],
        [neurons = 5, input_dim = 3, samples = 6, labels = "gaussian", global_loss = 1e-7],
        [
            neurons = 3, input_dim = 5, samples = 17, labels = "gaussian", data_seed = 3, weight_decay = 0.1,
            perturbation = 0.2, start_scale = 0.7, global_loss = 1e-7
        ],
        [neurons = 1, input_dim = 7, samples = 4, teacher_rank = 2, global_loss = 1e-7],
        ; critical: critical::CRITICAL
    }
}
