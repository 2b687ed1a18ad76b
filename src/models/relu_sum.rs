//! `relu_sum`: a sum of ReLU neurons that learns a sum of ReLU neurons, the landscape of Safran and Shamir, "Spurious
//! Local Minima are Common in Two-Layer ReLU Neural Networks" (ICML 2018, arXiv 1712.08968).
//!
//! For standard normal input `x ∈ R^d`, students `w_1 … w_n` and teachers `v_1 … v_k`
//!
//! ```text
//! F(W)    = ½ E ( Σ_i relu(w_iᵀx) − Σ_j relu(v_jᵀx) )²
//!         = ½ Σ_{i,j} f(w_i, w_j) − Σ_{i,j} f(w_i, v_j) + ½ Σ_{i,j} f(v_i, v_j)
//! f(u, v) = ‖u‖‖v‖ (sin t + (π − t) cos t)/2π,   t = ∠(u, v)
//! ∂F/∂w_i = w_i/2 + Σ_{j≠i} g(w_i, w_j) − Σ_j g(w_i, v_j)
//! g(u, v) = (‖v‖ sin t û + (π − t) v)/2π,   û = u/‖u‖
//! ```
//!
//! (arc-cosine kernel of order 1, Cho & Saul 2009; the paper's section on the closed form of the objective). The sine
//! is `√((1−cos t)(1+cos t))`, never the sine of an arc cosine: an error of the angle then moves the gradient only in
//! second order. A neuron of length 0 has no direction, `û = 0`; elsewhere `F` is twice continuously
//! differentiable, parallel vectors included. Its direction counts down to the smallest number
//! ([`crate::landscape::origin`]).
//!
//! # When a run is over
//! It comes to rest where `max_i ‖∂F/∂w_i‖ ≤ max(tolerance, β ε (√d/η + √(n+k)))`, with `ε = 2⁻²⁴` in f32 and `2⁻⁵³` in
//! f64 and `β` the power of 2 at or below the longest teacher's norm, at least 1. A weight between `β` and `2β` no
//! longer moves once `η` times its slope is under half a unit in its last place, `βε`, and `d` such slopes make a norm
//! of `√d βε/η`; the second term is the rounding of the gradient itself, a sum of `n + k` terms. (Smaller weights still
//! move: f32 stalls at about a third of this.) What a run at rest has found is then decided by the curvature there,
//! never by its gradient alone (see [`crate::judge::classify`]).
//!
//! With more neurons than orthonormal teachers descent reaches the global minima, which are no strict minima, only like
//! `1/t³` in the loss; there a run ends as global once its loss is below `global_loss`, as in the paper's protocol.
//! That is a convention and no proof: it rests on every spurious minimum known having a larger loss. Other teachers can
//! have spurious minima of any small loss, so for them the exit is off unless it is asked for.

pub mod full;
pub mod hessian;
pub mod landscape;
mod proof;
mod start;
pub mod symmetric;
pub mod teachers;
pub mod theory;

use crate::landscape::{
    About, Critical, CriticalPoint, Invalid, Kind, Model, Parameter, Problem, Provable, Settings, Tolerance, Values,
    conformance,
};
use serde_json::Value;
use std::f64::consts::PI;

/// The model; see the module's page.
#[derive(Debug)]
pub struct ReluSum;

const PARAMETERS: &[Parameter] = &[
    Parameter::seeding("teachers", "k", Kind::Integer(1, MOST), "6").heading().about("teacher neurons"),
    Parameter::seeding("neurons", "n", Kind::Relative { base: "teachers", low: 1, high: MOST }, "\"teachers\"")
        .heading()
        .about("student neurons"),
    Parameter::seeding(
        "input_dim",
        "d",
        Kind::Relative { base: "teachers", low: 1, high: MOST_INPUTS },
        "\"teachers\"",
    )
    .about("dimension of the input, at least the number of orthonormal teachers"),
    Parameter::seeding("teacher", "v", Kind::Choice(&["orthonormal", "sphere", "gaussian", "file"]), "\"orthonormal\"")
        .about(
            "the teachers: orthonormal (the first unit vectors, or teacher_file), independent and uniform on the unit \
         sphere, with independent N(0, 1/d) entries, or any that teacher_file holds",
        ),
    Parameter::seeding("teacher_file", "", Kind::Points, "\"\"")
        .about("the teachers, a row each, for teacher = \"file\" or \"orthonormal\""),
    Parameter::seeding("teacher_seed", "", Kind::Integer(0, i64::MAX), "0")
        .about("seed of teachers drawn at random; the experiment's seed is that of the starts alone"),
    Parameter::seeding("start", "", Kind::Choice(&["gaussian", "file", "around"]), "\"gaussian\"").about(
        "law of the start: each weight N(0, start_scale/k), the points of start_file (a run each), or Gaussian \
         around them",
    ),
    Parameter::seeding("start_scale", "", Kind::Positive, "1.0")
        .about("variance of a weight times k, for start = \"gaussian\""),
    Parameter::seeding("start_file", "", Kind::Points, "\"\"")
        .about("points w₁, then w₂ … w_n, a row each: run r starts at, or around, row r modulo their number"),
    Parameter::seeding("start_radius", "", Kind::Positive, "0.1")
        .about("standard deviation of a weight around the given point, for start = \"around\""),
    Parameter::sharing("global_exit", "", Kind::Choice(&["auto", "always", "never"]), "\"auto\"").about(
        "whether a run ends as global once its loss is below global_loss; auto: if n > k and the teachers are \
         orthonormal, where descent reaches the global minima only like 1/t³",
    ),
    Parameter::sharing("global_loss", "", Kind::Positive, "0.001")
        .about("that loss; every spurious minimum known for k ≤ 40 orthonormal teachers has more than 0.006"),
];

/// Length up to which a given teacher counts as zero.
const SHORTEST_TEACHER: f64 = 1e-15;
/// Most neurons and teachers.
const MOST: i64 = 128;
/// Largest input dimension.
const MOST_INPUTS: i64 = 1024;

impl Model for ReluSum {
    fn about(&self) -> About {
        About {
            name: "relu_sum",
            summary: "sum of ReLU neurons learning a sum of ReLU neurons (Safran, Shamir 2018)",
            description: include_str!("relu_sum/description.txt"),
            parameters: PARAMETERS,
            forms: &[("full", "w₁ ∈ R^d, then w₂ … w_n")],
            // The authors' code stops at `2π max_i ‖∂F/∂w_i‖ ≤ 10⁻⁹`.
            tolerance: Tolerance {
                default: 1e-9 / (2.0 * PI),
                about: "largest norm of a neuron's gradient at which a run is at rest",
            },
            step_groups: &["weights"],
        }
    }

    fn problem(&self, _: &str, values: &Values, settings: &Settings) -> Result<Problem, Invalid> {
        Ok(full::Full::new(values, settings)?.problem())
    }

    fn teacher(&self, values: &Values) -> Result<Vec<f64>, Invalid> {
        Ok(teachers::Teachers::new(values)?.rows)
    }

    fn provable(&self, landscape: &Value) -> Result<Box<dyn Provable>, String> {
        proof::Sum::read(landscape)
    }

    conformance! {
        [neurons = 1, teachers = 1, input_dim = 1],
        [neurons = 3, teachers = 2, input_dim = 5, global_exit = "never"],
        [neurons = 7, teachers = 6, input_dim = 6, start_scale = 2.0, global_exit = "never"],
        [neurons = 4, teachers = 3, input_dim = 4, teacher = "gaussian", global_exit = "never"],
        [neurons = 5, teachers = 5, input_dim = 7, teacher = "sphere"],
        ; critical: &[Critical { name: "teacher", form: "full", at: teacher }]
    }
}

/// As many neurons as teachers, at the teachers.
fn teacher(values: &Values) -> Option<CriticalPoint> {
    let teachers = teachers::Teachers::new(values).ok()?;
    (values.integer("neurons") == values.integer("teachers")).then(|| CriticalPoint::global(teachers.rows))
}
