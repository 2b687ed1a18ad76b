//! `cnn`: the one-hidden-layer convolutional network with weight normalisation of Du, Lee, Tian, Póczos and Singh,
//! "Gradient Descent Learns One-hidden-layer CNN: Don't be Afraid of Spurious Local Minima" (ICML 2018,
//! arXiv 1712.00779).
//!
//! The input is `k` disjoint patches `Z_j ∈ R^p` with standard normal entries. The student
//! `f(Z; v, a) = Σ_j a_j relu(vᵀZ_j / ‖v‖)` learns a teacher `f(Z; w*, a*)` of the same shape without normalisation.
//! With `φ = ∠(v, w*)`, `g = (π − φ) cos φ + sin φ`, `s = ‖w*‖`, `b = a − s a*` the population loss and its gradient
//! are (Theorems 3.1 and 3.2)
//!
//! ```text
//! ℓ(v, a) = ½ E (f(Z; v, a) − f(Z; w*, a*))²
//!         = (1/4π) { (1ᵀb)² + (π−1)‖b‖² + 2 (π − g) s aᵀa* }
//! ∂ℓ/∂v   = −(π−φ)/(2π‖v‖) · aᵀa* · (I − vvᵀ/‖v‖²) w*
//! ∂ℓ/∂a   = (1/2π) { (11ᵀ + (π−1)I) a − s (11ᵀ + (g−1)I) a* }
//! ```
//!
//! Only `p`, `k`, `q = (1ᵀa*)²/‖a*‖²`, `‖a*‖` and `‖w*‖` matter, so the teacher is canonical: `w* = s e₁` and
//! `a* = (B₁/√k) 1 + B₂ e₂` with `B₁ = ‖a*‖√(q/k)`, `B₂ = ‖a*‖√(1−q/k)` and `e₂` the lowest cosine vector,
//! `e₂ⱼ = √(2/k) cos(π(2j+1)/2k)`, which is a unit vector orthogonal to `1`.
//!
//! # Verdicts
//! With `E = (s1ᵀa* − 1ᵀa) 1ᵀa* / (s‖a*‖²)` a run can only end in the global minimum once `aᵀa* > 0` and
//! `g − 1 + min(E, 0) ≥ 0`, and only in the spurious one once `aᵀa* < 0` and `g − 1 + max(E, qπ/(k+π−1)) < 0`. Both
//! regions are forward invariant if `η_a ≤ 2π/(k+π−1)` and `η_v T ≤ 2‖v‖²`, where
//! `T = s|B₁| max(ρ, s|B₁|) + s|B₂| max(ρ, s|B₂|)` bounds `s|aᵀa*|` along the run for starts in a ball of radius `ρ`:
//! the gap `D = 1 − 1ᵀa/(s1ᵀa*)` obeys `D' = (1−κ)D + κ(π−g)/(k+π−1)`, `κ = η_a(k+π−1)/2π`, the overlap
//! `(aᵀa*)' = (1−c) aᵀa* + (η_a s‖a*‖²/2π)(E + g − 1)`, `c = η_a(π−1)/2π`, and the angle moves monotonically with the
//! sign of the overlap without crossing 0 or π. The gradient norm decides nothing: towards the spurious minimum
//! `π − φ ~ 1/t`.
//!
//! What Theorems 4.1 to 4.3 say of a start is in [`theorems`], the four sign choices of Theorem 4.2 in [`signs`].

mod bounds;
mod chart;
mod critical;
pub mod full;
mod hessian;
pub mod kept;
pub mod landscape;
mod late;
pub mod noise;
mod observables;
mod path_theory;
pub mod perturbed;
pub mod perturbed_full;
mod proof;
pub mod reduced;
pub mod signs;
mod teacher;
pub mod theorems;
pub mod theory;

pub use teacher::TeacherNetwork;

use crate::landscape::{
    About, Invalid, Kind, Model, Parameter, Problem, Provable, Rule, Settings, StepSize, Tolerance, Values, conformance,
};
use crate::numerics::Precision;
use crate::numerics::text::number;
use serde_json::Value;
use signs::Signs;
use std::f64::consts::PI;

/// The model; see the module's page.
#[derive(Debug)]
pub struct Cnn;

const PARAMETERS: &[Parameter] = &[
    Parameter::seeding("filter_size", "p", Kind::Integer(2, 1 << 20), "5")
        .heading()
        .about("length of a patch and of the shared filter"),
    Parameter::seeding("patches", "k", Kind::Integer(1, 4096), "25").about("number of patches, and of output weights"),
    Parameter::seeding("ratio", "q", Kind::Real(0.0, 4096.0), "4.0")
        .about("(1ᵀa*)²/‖a*‖² of the teacher's output weights, from 0 to k"),
    Parameter::seeding("teacher_norm", "‖a*‖", Kind::Positive, "1.0").about("norm of the teacher's output weights"),
    Parameter::seeding("filter_norm", "s", Kind::Positive, "1.0").about("norm of the teacher's filter, ‖w*‖"),
    Parameter::seeding("start_filter", "", Kind::Choice(&["sphere", "gaussian"]), "\"sphere\"")
        .about("law of v₀: uniform on the sphere, or Gaussian with independent entries"),
    Parameter::seeding("start_filter_scale", "r₀", Kind::Positive, "1.0")
        .about("radius of that sphere, or standard deviation of an entry; from 1e-9 to 1e9"),
    Parameter::seeding("start_output_scale", "", Kind::Real(0.0, LENGTHS.1), "1.0")
        .about("a₀ is uniform in the ball of radius start_output_scale · |1ᵀa*| · ‖w*‖ / √k"),
    Parameter::sharing("start_signs", "", Kind::Choice(signs::CHOICES), "\"as_drawn\"").about(
        "the start as it is drawn, or with the sign of a₀, of v₀ or of both flipped: cells that differ in it only \
         share their draws (Theorem 4.2)",
    ),
    Parameter::sharing("start_reduced", "", Kind::Choice(&["law", "projected"]), "\"law\"").about(
        "reduced form only: start drawn from its exact law, or projected from the full form's start of the same \
         run (run by run the same descent)",
    ),
    noise::settings::START,
    noise::settings::NOISE_FILTER,
    noise::settings::NOISE_OUTPUT,
    noise::settings::NOISE_EPOCH,
    noise::settings::NOISE_EPOCHS,
    noise::settings::NOISE_DECAY,
    noise::settings::NOISE_STOP,
    noise::settings::FILTER_CONSTRAINT,
];

/// Filters that descent can start from: the gradient holds ‖v‖⁻³, the stop rule ‖v‖², in f32 too.
const LENGTHS: (f64, f64) = (1e-9, 1e9);
/// Fraction of the stability limit that the automatic step size takes.
const AUTO_FRACTION: f64 = 0.2;

/// A radius² that no run reaches, in any format: where it stands, no verdict is given.
const NEVER: f64 = 1e37;
/// Component of the filter across `w*`, for a filter of length 1, below which it rests.
const STILL: f64 = 1e-18;

impl Model for Cnn {
    fn about(&self) -> About {
        About {
            name: "cnn",
            summary: "one-hidden-layer CNN with weight normalisation (Du, Lee, Tian, Póczos, Singh 2018)",
            description: include_str!("cnn/description.txt"),
            parameters: PARAMETERS,
            forms: &[
                ("full", "v ∈ R^p, then a ∈ R^k, as in the paper"),
                ("reduced", "x, y, A₁, A₂: the exact image of the same trajectory in 4 numbers, whatever p and k"),
                (
                    "perturbed",
                    "x, y, A₁, A₂, A₃ under noise, exact in law; then a key of random numbers, and steps with noise",
                ),
                ("perturbed_full", "v ∈ R^p, then a ∈ R^k, with a noise for each; then the same"),
            ],
            step_groups: &["filter", "output"],
            tolerance: Tolerance {
                default: 1e-2,
                about: "relative distance from a known minimum at which a run has converged",
            },
        }
    }

    /// Far enough for the late slope, and not so far that rounding is in the way.
    fn trace_tolerance(&self, precision: Precision) -> Option<f64> {
        Some(match precision {
            Precision::F32 => 1e-4,
            Precision::F64 => 1e-10,
        })
    }

    fn problem(&self, form: &str, values: &Values, settings: &Settings) -> Result<Problem, Invalid> {
        let cell = CnnCell::new(values, settings)?;
        if form.starts_with("perturbed") {
            let noise = noise::Noise::new(&cell, form, values)?;
            return Ok(match form {
                "perturbed" => perturbed::Perturbed::new(cell, noise).problem(),
                _ => perturbed_full::PerturbedFull::new(cell, noise).problem(),
            });
        }
        noise::settings::refuse(values, form)?;
        Ok(match form {
            "full" => full::Full::new(cell).problem(),
            _ => reduced::Reduced::new(cell).problem(),
        })
    }

    fn teacher(&self, values: &Values) -> Result<Vec<f64>, Invalid> {
        let teacher = TeacherNetwork::new(values)?;
        let mut point = vec![0.0; teacher.filter_size];
        point[0] = teacher.filter_norm;
        point.extend(teacher.output());
        Ok(point)
    }

    fn provable(&self, landscape: &Value) -> Result<Box<dyn Provable>, String> {
        proof::Network::read(landscape)
    }

    conformance! {
        [filter_size = 2, patches = 1, ratio = 1.0, teacher_norm = 1.3],
        [filter_size = 3, patches = 2, ratio = 0.0, filter_norm = 0.5],
        [filter_size = 6, patches = 7, ratio = 7.0, start_filter_scale = 1.5],
        [filter_size = 25, patches = 20, ratio = 1.0, start_filter = "gaussian"],
        [filter_size = 8, patches = 100, ratio = 9.0, teacher_norm = 2.0, filter_norm = 1.5],
        // Noise for longer than any comparison of steps, on filters and balls of few dimensions and of more.
        [
            filter_size = 6, patches = 7, ratio = 2.0, noise_filter = 0.8, noise_output = 0.6, noise_epoch = 20
        ] for ["perturbed", "perturbed_full"],
        [
            filter_size = 2, patches = 3, ratio = 1.0, start_filter_scale = 0.7, noise_filter = 0.5,
            noise_output = 0.3, noise_epoch = 150, noise_epochs = 1, filter_constraint = "sphere"
        ] for ["perturbed", "perturbed_full"],
        [
            filter_size = 3, patches = 1, ratio = 1.0, teacher_norm = 1.5, noise_output = 0.4, noise_decay = 0.9,
            noise_epoch = 11
        ] for ["perturbed", "perturbed_full"],
        ; critical: critical::CRITICAL
        ; alike: [start_reduced = "projected"]
    }
}

/// One cell: teacher, law of the start, step sizes and stop rule.
#[derive(Clone, Debug)]
pub struct CnnCell {
    teacher: TeacherNetwork,
    gaussian_filter: bool,
    filter_scale: f64,
    /// Radius of the ball from which `a₀` is drawn.
    output_radius: f64,
    signs: Signs,
    projected: bool,
    filter_step: f64,
    output_step: f64,
    settings: Settings,
}

impl CnnCell {
    fn new(values: &Values, settings: &Settings) -> Result<Self, Invalid> {
        let teacher = TeacherNetwork::new(values)?;
        let filter_scale = values.real("start_filter_scale");
        if !(LENGTHS.0..=LENGTHS.1).contains(&filter_scale) {
            return Err(Invalid::parameter(
                "start_filter_scale",
                number(filter_scale),
                "makes ‖v₀‖² or ‖v₀‖⁻³, of which the gradient is made, a number beyond f32",
                "choose one from 1e-9 to 1e9; how much faster the filter moves than the output weights is also a \
                 matter of descent.step and teacher_norm",
            ));
        }
        let output_radius = values.real("start_output_scale") * teacher.along.abs() * teacher.filter_norm;
        let auto = auto_step(&teacher, filter_scale);
        let (filter_step, output_step) = match &settings.step {
            StepSize::Auto => (auto, auto),
            StepSize::One(step) => (*step, *step),
            StepSize::Groups(steps) => (steps[0], steps[1]),
        };
        let limit = 4.0 * PI / teacher.stiffness();
        if output_step >= limit {
            let key = match settings.step {
                StepSize::Groups(_) => "descent.step.output",
                _ => "descent.step",
            };
            return Err(Invalid {
                key: key.into(),
                value: output_step.to_string(),
                problem: format!(
                    "descent on the output weights is unstable from 4π/(k+π−1) = {limit:.6} at patches = {}",
                    teacher.patches
                ),
                remedy: format!("choose at most {:.6} (verdicts need it), or \"auto\" = {auto:.6}", limit / 2.0),
            });
        }
        Ok(CnnCell {
            teacher,
            gaussian_filter: values.choice("start_filter") == "gaussian",
            filter_scale,
            output_radius,
            signs: Signs::of(values.choice("start_signs")),
            projected: values.choice("start_reduced") == "projected",
            filter_step,
            output_step,
            settings: settings.clone(),
        })
    }

    fn rule(&self, dims: [usize; 2]) -> Rule {
        let mut steps = vec![self.filter_step; dims[0]];
        steps.extend(vec![self.output_step; dims[1]]);
        Rule { steps, max_steps: self.settings.max_steps }
    }
}

/// The automatic step size, `0.2 · min(2π/(k+π−1), 2r₀²/(‖a*‖²‖w*‖²))`: a fifth of what the verdicts allow.
pub fn auto_step(teacher: &TeacherNetwork, filter_scale: f64) -> f64 {
    let product = teacher.norm * teacher.filter_norm;
    AUTO_FRACTION * f64::min(2.0 * PI / teacher.stiffness(), 2.0 * (filter_scale / product).powi(2))
}

/// The direction in which a state's filter, its first `size` components, grows: the loss is constant along it.
fn scale_direction(state: &[f64], size: usize) -> Vec<(&'static str, Vec<f64>)> {
    let mut direction = vec![0.0; state.len()];
    direction[..size].copy_from_slice(&state[..size]);
    vec![("scale of the filter", direction)]
}
