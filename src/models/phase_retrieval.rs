//! `phase_retrieval`: a neuron with square activation learns another one, the population loss of Chen, Chi, Fan and Ma,
//! "Gradient Descent with Random Initialization: Fast Global Convergence for Nonconvex Phase Retrieval" (Mathematical
//! Programming 176, 2019, arXiv 1803.07726).
//!
//! ```text
//! ℓ(w)    = ¼ E ((wᵀx)² − (w*ᵀx)²)² = ¼ (3‖w‖⁴ + 3‖w*‖⁴ − 2‖w‖²‖w*‖² − 4(w·w*)²) = ¾ (‖w‖² − ‖w*‖²)² + ‖w*‖² ‖w_⊥‖²
//! ∇ℓ(w)   = (3‖w‖² − ‖w*‖²) w − 2 (w·w*) w*
//! ∇²ℓ(w)  = (3‖w‖² − ‖w*‖²) I + 6 w wᵀ − 2 w* w*ᵀ
//! ```
//!
//! with `w_⊥` the part of `w` across `w*`, and `w* = ‖w*‖ e₁` without loss of generality. Critical points are `±w*`, of
//! loss 0, the maximum 0, and the saddles `‖w‖² = ‖w*‖²/3, w ⟂ w*`, of index 1, a sphere of dimension `d − 2`.

use crate::landscape::resting::sum_of_squares;
use crate::landscape::{
    About, Critical, CriticalPoint, Curvature, DeviceProgram, Invalid, Kind, Model, Objective, Origin, Outcome,
    Parameter, Prediction, Problem, Settings, Symmetry, Tolerance, Values, conformance,
};
use crate::numerics::vector::norm;
use crate::numerics::{Real, StartLaw};
use std::sync::Arc;

/// The model; see the module's page.
#[derive(Debug)]
pub struct PhaseRetrieval;

const PARAMETERS: &[Parameter] = &[
    Parameter::seeding("input_dim", "d", Kind::Integer(1, 256), "10").heading().about("dimension of the input"),
    Parameter::seeding("teacher_norm", "‖w*‖", Kind::Positive, "1.0").about("norm of the teacher"),
    Parameter::seeding("start", "", Kind::Choice(&["gaussian", "sphere"]), "\"gaussian\"")
        .about("law of w₀: independent normal weights, or uniform on a sphere"),
    Parameter::seeding("start_scale", "", Kind::Positive, "1.0")
        .about("root mean square of the norm of a Gaussian start, or radius of the sphere, relative to ‖w*‖"),
];

const DESCRIPTION: &str = "\
Network    f(x) = (wᵀx)², one neuron with square activation; the teacher is (w*ᵀx)², x ~ N(0, I) in R^d, w* = ‖w*‖ e₁
Loss       ℓ = ¼ E (f − f*)² = ¾ (‖w‖² − ‖w*‖²)² + ‖w*‖² ‖w_⊥‖², w_⊥ the part of w across w*
Gradient   ∇ℓ = (3‖w‖² − ‖w*‖²) w − 2 (w·w*) w*
Start      w₀ entries N(0, (start_scale ‖w*‖)²/d), or uniform on the sphere of radius start_scale ‖w*‖
Step       \"auto\" is half of 1/λ, λ the largest curvature at norms of ‖w*‖ and of a start that one in 10¹² exceeds

Theory     The minima are ±w*, of loss 0. 0 is a maximum; across w* lie saddles of norm ‖w*‖/√3 and index 1. Only starts
           exactly across w* do not end in a minimum: a null set.
Ends       A run stops as global where ℓ ≤ max(10⁻¹⁰, 16 ε) ℓ₀, ℓ₀ the mean loss of a start, ε = 2⁻²⁴ in f32 and
           2⁻⁵³ in f64. It is at rest where ‖∇ℓ‖ ≤ max(descent.tolerance ℓ₀/‖w*‖, ε ‖w*‖ √d/η).
Outcomes   global      loss 0 to that tolerance
           saddle      at rest beside a critical point with a negative eigenvalue
           undecided   the step budget was spent

Source     Chen, Chi, Fan, Ma, \"Gradient descent with random initialization: fast global convergence for nonconvex
           phase retrieval\", Mathematical Programming 176, 2019, arXiv 1803.07726
";

impl Model for PhaseRetrieval {
    fn about(&self) -> About {
        About {
            name: "phase_retrieval",
            summary: "a neuron with square activation learning another one (Chen, Chi, Fan, Ma 2019)",
            description: DESCRIPTION,
            parameters: PARAMETERS,
            forms: &[("full", "w ∈ R^d, along w* first")],
            tolerance: Tolerance {
                default: 1e-9,
                about: "norm of the gradient at which a run is at rest, relative to ℓ₀/‖w*‖",
            },
            step_groups: &["weights"],
        }
    }

    fn problem(&self, _: &str, values: &Values, settings: &Settings) -> Result<Problem, Invalid> {
        let (dim, teacher_norm) = (values.integer("input_dim") as usize, values.real("teacher_norm"));
        let radius = values.real("start_scale") * teacher_norm;
        let start = match values.choice("start") {
            "sphere" => StartLaw::Sphere(radius),
            _ => StartLaw::Gaussian(radius / (dim as f64).sqrt()),
        };
        let loss = Arc::new(PhaseLoss { dim, teacher_norm, start });
        Ok(loss.problem(settings)?.with_curvature(loss.clone()).with_symmetry(loss))
    }

    fn teacher(&self, values: &Values) -> Result<Vec<f64>, Invalid> {
        Ok(along(values, 0, 1.0))
    }

    conformance! {
        [input_dim = 1],
        [input_dim = 2, teacher_norm = 2.0, start = "sphere", start_scale = 8.0],
        [input_dim = 33, teacher_norm = 0.5, start_scale = 2.0];
        critical: CRITICAL
    }
}

const CRITICAL: &[Critical] = &[
    Critical { name: "the teacher", form: "full", at: |values| Some(CriticalPoint::global(along(values, 0, 1.0))) },
    Critical { name: "its opposite", form: "full", at: |values| Some(CriticalPoint::global(along(values, 0, -1.0))) },
    Critical {
        name: "across",
        form: "full",
        at: |values| {
            let loss = 2.0 / 3.0 * values.real("teacher_norm").powi(4);
            let saddle = || CriticalPoint::critical(along(values, 1, 1.0 / 3.0f64.sqrt()), loss);
            (values.integer("input_dim") > 1).then(|| saddle().of_index(1).found(Outcome::Saddle))
        },
    },
];

/// A point on an axis, at this multiple of the teacher's norm.
fn along(values: &Values, axis: usize, multiple: f64) -> Vec<f64> {
    let mut point = vec![0.0; values.integer("input_dim") as usize];
    point[axis] = multiple * values.real("teacher_norm");
    point
}

/// The loss of one cell.
#[derive(Clone, Debug)]
pub struct PhaseLoss {
    dim: usize,
    teacher_norm: f64,
    start: StartLaw,
}

impl Objective for PhaseLoss {
    fn dim(&self) -> usize {
        self.dim
    }

    fn start_law(&self) -> StartLaw {
        self.start
    }

    fn scale(&self) -> f64 {
        self.teacher_norm
    }

    fn least_loss(&self) -> f64 {
        0.0
    }

    #[inline(always)]
    fn value_and_gradient<R: Real>(&self, x: &[R], gradient: &mut [R]) -> R {
        let three = R::splat(3.0);
        let across = sum_of_squares(&x[1..]);
        let target_square = R::splat(self.teacher_norm) * R::splat(self.teacher_norm);
        let excess = x[0].mul_add(x[0], across) - target_square;
        let pull = three.mul_add(excess, R::splat(2.0) * target_square);
        for (slope, &w) in gradient.iter_mut().zip(x) {
            *slope = pull * w;
        }
        gradient[0] = three * excess * x[0];
        (R::splat(0.75) * excess).mul_add(excess, target_square * across)
    }

    fn program(&self) -> DeviceProgram {
        DeviceProgram {
            constants: vec![("teacher_norm", self.teacher_norm)],
            ..DeviceProgram::of([include_str!("../../shaders/model/phase_retrieval.wgsl")])
        }
    }

    fn origin(&self) -> Origin {
        Origin::Saddle
    }

    /// A sum of squares and the product with `w`, and 8 for what they have in common.
    fn operations(&self) -> f64 {
        (2 * self.dim + 8) as f64
    }

    fn theory(&self) -> Vec<Prediction> {
        vec![Prediction::success("success", Some(1.0), "probability of global: all starts but a null set")]
    }
}

impl Curvature for PhaseLoss {
    fn hessian(&self, state: &[f64]) -> Vec<f64> {
        let (d, target_square) = (self.dim, self.teacher_norm.powi(2));
        let round = 3.0 * state.iter().map(|w| w * w).sum::<f64>() - target_square;
        let mut hessian: Vec<f64> = (0..d * d).map(|i| 6.0 * state[i / d] * state[i % d]).collect();
        (0..d).for_each(|a| hessian[a * d + a] += round);
        hessian[0] -= 2.0 * target_square;
        hessian
    }
}

impl Symmetry for PhaseLoss {
    /// Rotations around the teacher, where something is across.
    fn flat_directions(&self, state: &[f64]) -> Vec<(&'static str, Vec<f64>)> {
        let across = norm(&state[1..]);
        if across <= 1e-8 * self.teacher_norm {
            return Vec::new();
        }
        let tangent = |a: usize| {
            let mut direction: Vec<f64> = state.iter().map(|w| -w * state[a] / (across * across)).collect();
            (direction[0], direction[a]) = (0.0, direction[a] + 1.0);
            ("rotation around the teacher", direction)
        };
        // Of these d − 1 tangents of a sphere of dimension d − 2 one follows from the others: leave out the most
        // radial.
        let radial = (1..self.dim).max_by(|a, b| state[*a].abs().total_cmp(&state[*b].abs()));
        (1..self.dim).filter(|a| Some(*a) != radial).map(tangent).collect()
    }
}
