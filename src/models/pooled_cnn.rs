//! `pooled_cnn`: a convolutional network with one filter and average pooling, that of Brutzkus and Globerson, "Globally
//! Optimal Gradient Descent for a ConvNet with Gaussian Inputs" (ICML 2017, arXiv 1702.07966).
//!
//! The input has `k` patches of length `m`, each `s` numbers after the one before, of one standard normal signal. With
//! `w_i` the filter `w` moved to patch `i`
//!
//! ```text
//! f(x; w) = (1/k) Σ_i relu(w_iᵀx)
//! ℓ(w)    = E (f(x; w) − f(x; w*))² = (1/k²) Σ_ij { g(w_i, w_j) − 2 g(w_i, w*_j) + g(w*_i, w*_j) }
//! g(u, v) = ‖u‖‖v‖ κ(∠(u, v))/2π,   κ(θ) = sin θ + (π − θ) cos θ
//! ```
//!
//! (the plain mean square, without ½; arc-cosine kernel of order 1, Cho & Saul 2009). Only the distance `δ = j − i` of
//! two patches matters, and `k − |δ|` pairs share it. With `(S_δ v)_p = v_{p−δs}` inside the filter, 0 outside,
//! `r = ‖w‖`, `R = ‖w*‖`, `θ_δ = ∠(w, S_δ w)`, `φ_δ = ∠(w, S_δ w*)` by `cos θ_δ = wᵀS_δ w/r²` and
//! `cos φ_δ = wᵀS_δ w*/rR`
//!
//! ```text
//! ∂ℓ/∂w = (1/πk²) Σ_{|δ|<k} (k − |δ|) { (r sin θ_δ − R sin φ_δ) w/r + (π − θ_δ) S_δ w − (π − φ_δ) S_δ w* }
//! ```
//!
//! Patches with `|δ|s ≥ m` share no number: both angles are right ones and all such pairs make one term. A step
//! therefore costs the same whatever `k` is: `2⌈m/s⌉ − 1` distances of `m` numbers. The case `s ≥ m` is the paper's
//! network without overlap.
//!
//! # Without overlap
//! The critical points are `w*`, the degenerate saddle `−c w*` with `c = (k−1)/(k+π−1)`, and the corner at 0. Every
//! start that is not exactly opposite to the teacher leads to `w*`; beside the saddle, at an angle `ψ` from it, that
//! takes `πkc/(ηψ)` steps, since the angle grows like its square. The gradient there is of the order of `ψ²` and says
//! nothing: a run is at rest only once its angle is acute.
//!
//! # Verdict
//! In a ball around `w*` with the radius `ρ`, `ρL < λ`, where `λ` is the smallest eigenvalue of the Hessian at `w*` and
//! `L` its Lipschitz constant in the ball (module [`hessian`]), the loss is strictly convex and descent with a step
//! below 2 over the largest eigenvalue in it comes closer to `w*` with every step: such a run can only end there.

mod critical;
mod ends;
pub mod full;
pub mod hessian;
pub mod landscape;
mod proof;
pub mod reduced;
pub mod teacher;
pub mod theory;

use crate::landscape::{
    About, Invalid, Kind, Model, Parameter, Problem, Provable, Settings, Tolerance, Values, conformance,
};
use crate::numerics::seed::to_sphere;
use crate::numerics::{Precision, Streams};
use serde_json::Value;
use teacher::TeacherFilter;

/// The model; see the module's page.
#[derive(Debug)]
pub struct PooledCnn;

const PARAMETERS: &[Parameter] = &[
    Parameter::seeding("filter_length", "m", Kind::Integer(1, LONGEST), "4")
        .heading()
        .about("length of the filter, and of a patch"),
    Parameter::seeding("patches", "k", Kind::Integer(1, 1 << 20), "10").heading().about("number of patches"),
    Parameter::seeding(
        "stride",
        "s",
        Kind::Relative { base: "filter_length", low: 1, high: LONGEST },
        "\"filter_length\"",
    )
    .heading()
    .about("distance from one patch to the next; patches overlap where it is less than filter_length"),
    Parameter::seeding("teacher", "w*", Kind::Choice(&["sphere", "each_run", "angle", "file"]), "\"sphere\"").about(
        "uniform on the sphere, drawn once for the cell (sphere) or with the start of every run (each_run: the \
         probability is then one over both); at teacher_angle in the plane (angle, filter_length = 2); or that of \
         teacher_file (file)",
    ),
    Parameter::seeding("teacher_seed", "", Kind::Integer(0, i64::MAX), "0")
        .about("seed of a teacher drawn for the cell; the experiment's seed is that of the starts"),
    Parameter::seeding("teacher_angle", "ψ", Kind::Real(-360.0, 360.0), "135.0")
        .about("w* = R (cos ψ, sin ψ), in degrees"),
    Parameter::seeding("teacher_file", "", Kind::Points, "\"\"").about("the teacher, one row, for teacher = \"file\""),
    Parameter::seeding("teacher_norm", "R", Kind::Positive, "1.0").about("norm of the teacher, unless a file gives it"),
    Parameter::seeding("start", "", Kind::Choice(&["sphere", "gaussian"]), "\"sphere\"")
        .about("law of w₀: uniform on the sphere, or Gaussian with independent entries"),
    Parameter::seeding("start_scale", "", Kind::Positive, "1.0")
        .about("radius of that sphere, or standard deviation of an entry"),
    Parameter::sharing("start_reduced", "", Kind::Choice(&["law", "projected"]), "\"law\"").about(
        "reduced form only: start drawn from its exact law, or projected from the full form's start of the same \
         run (run by run the same descent)",
    ),
];

/// Longest filter.
const LONGEST: i64 = 1024;
/// Longest filter of patches that overlap: endpoints are judged by Hessians of as many rows.
const LONGEST_OVERLAPPING: usize = 256;
/// Length up to which a given teacher counts as zero.
const SHORTEST_TEACHER: f64 = 1e-15;
/// The automatic step size: the Hessian at `w*` is `2 E ∇f ∇fᵀ`, at most the identity, for every filter, stride and
/// number of patches.
const STEP: f64 = 1.0;

impl Model for PooledCnn {
    fn about(&self) -> About {
        About {
            name: "pooled_cnn",
            summary: "average-pooled CNN with one filter, with or without overlap (Brutzkus, Globerson 2017)",
            description: include_str!("pooled_cnn/description.txt"),
            parameters: PARAMETERS,
            forms: &[
                ("full", "w ∈ R^m, then w* where teacher = \"each_run\""),
                (
                    "reduced",
                    "without overlap: w along w* and across, the exact image of the same trajectory in 2 numbers",
                ),
            ],
            step_groups: &["filter"],
            tolerance: Tolerance { default: 1e-9, about: "norm of the gradient at which a run is at rest" },
        }
    }

    fn problem(&self, form: &str, values: &Values, settings: &Settings) -> Result<Problem, Invalid> {
        let cell = PooledCell::new(values, settings)?;
        Ok(match form {
            "full" => full::Full::new(cell).problem(),
            _ => reduced::Reduced::new(cell)?.problem(),
        })
    }

    fn teacher(&self, values: &Values) -> Result<Vec<f64>, Invalid> {
        let teacher = TeacherFilter::new(values)?;
        let drawn = || {
            Invalid::parameter(
                "teacher",
                "each_run",
                "there is a teacher for every run, and none for the cell",
                "set teacher = \"sphere\", \"angle\" or \"file\"",
            )
        };
        teacher.filter.ok_or_else(drawn)
    }

    fn provable(&self, landscape: &Value) -> Result<Box<dyn Provable>, String> {
        proof::Pooled::read(landscape)
    }

    conformance! {
        [filter_length = 3, patches = 25],
        [filter_length = 2, patches = 15, teacher_norm = 2.5],
        [filter_length = 6, patches = 40, teacher = "each_run", start = "gaussian"],
        [filter_length = 2, patches = 20, stride = 1, teacher = "angle"],
        [filter_length = 16, patches = 3, stride = 1, teacher_norm = 0.5, start_scale = 2.0],
        [filter_length = 7, patches = 30, stride = 2, teacher = "each_run"],
        ; critical: critical::CRITICAL
        ; alike: [start_reduced = "projected"]
    }
}

/// Shape of the network: which patches overlap, and how many pairs of them are how far apart.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// `m`
    pub filter_length: usize,
    /// `k`
    pub patches: usize,
    /// `s`
    pub stride: usize,
    /// The largest distance of patches that overlap, `min(⌈m/s⌉, k) − 1`.
    pub reach: usize,
}

impl Shape {
    fn new(values: &Values) -> Result<Self, Invalid> {
        let [filter_length, patches, stride] =
            ["filter_length", "patches", "stride"].map(|name| values.integer(name) as usize);
        let reach = filter_length.div_ceil(stride).min(patches) - 1;
        if reach > 0 && filter_length > LONGEST_OVERLAPPING {
            return Err(Invalid::parameter(
                "filter_length",
                filter_length,
                format!("is more than {LONGEST_OVERLAPPING} where patches overlap"),
                "choose a shorter filter, or stride = \"filter_length\"",
            ));
        }
        Ok(Shape { filter_length, patches, stride, reach })
    }

    /// `(k − δ)/(πk²)` for `δ` from 0 to the reach.
    pub fn weights(&self) -> Vec<f64> {
        let k = self.patches as f64;
        (0..=self.reach).map(|distance| (k - distance as f64) / (std::f64::consts::PI * k * k)).collect()
    }

    /// The same for all pairs of patches that share no number, together.
    pub fn apart(&self) -> f64 {
        let k = self.patches as f64;
        let overlapping: f64 = (1..=self.reach).map(|distance| 2.0 * (k - distance as f64)).sum();
        (k * k - k - overlapping) / (std::f64::consts::PI * k * k)
    }

    /// Whether patches overlap.
    pub fn overlaps(&self) -> bool {
        self.reach > 0
    }
}

/// One cell: network, teacher, law of the start, step size and stop rule.
#[derive(Clone, Debug)]
pub struct PooledCell {
    shape: Shape,
    teacher: TeacherFilter,
    gaussian: bool,
    start_scale: f64,
    projected: bool,
    step: f64,
    settings: Settings,
    basin: theory::Basin,
}

impl PooledCell {
    fn new(values: &Values, settings: &Settings) -> Result<Self, Invalid> {
        let shape = Shape::new(values)?;
        let teacher = TeacherFilter::new(values)?;
        let step = settings.step.single(|| STEP);
        let basin = theory::Basin::new(&shape, &teacher);
        if basin.largest * step >= 2.0 {
            return Err(Invalid {
                key: "descent.step".into(),
                value: step.to_string(),
                problem: format!("descent cannot converge to the teacher from {:.6} on", 2.0 / basin.largest),
                remedy: "choose a smaller step, or \"auto\" = 1".into(),
            });
        }
        Ok(PooledCell {
            shape,
            gaussian: values.choice("start") == "gaussian",
            start_scale: values.real("start_scale"),
            projected: values.choice("start_reduced") == "projected",
            step,
            settings: settings.clone(),
            basin,
            teacher,
        })
    }

    /// Draws `w₀` of each run, and then its teacher where every run has one.
    #[inline(always)]
    fn full_starts(&self, draws: &mut Streams, out: &mut [f64]) {
        let m = self.shape.filter_length;
        let dim = out.len() / draws.runs();
        draws.normals(out);
        if self.gaussian {
            for row in out.chunks_exact_mut(dim) {
                row[..m].iter_mut().for_each(|x| *x *= self.start_scale);
            }
        } else {
            to_sphere(out, dim, 0..m, self.start_scale);
        }
        if dim > m {
            to_sphere(out, dim, m..dim, self.teacher.norm);
        }
    }

    /// Squared distance from `w*` at which a run has found it: none where no ball is known.
    fn basin_square(&self) -> f64 {
        if self.basin.radius > 0.0 { self.basin.radius.powi(2) } else { -1.0 }
    }

    /// The same, where it proves that the run can end nowhere else.
    fn verdict_square(&self) -> f64 {
        let proven = self.settings.verdicts && self.step * self.basin.steepest <= 2.0;
        if proven { self.basin_square() } else { -1.0 }
    }

    /// Squared norm of the gradient at rest in a format: the tolerance, or where weights no longer move
    /// and the gradient is rounding.
    fn rest_square(&self, precision: Precision) -> f64 {
        let shape = &self.shape;
        let size = self.teacher.norm.log2().floor().exp2();
        let still = (shape.filter_length as f64).sqrt() / self.step;
        let noise = (4.0 * shape.reach as f64 + 4.0).sqrt() / std::f64::consts::PI;
        self.settings.tolerance.max(size * precision.roundoff() * (still + noise)).powi(2)
    }

    /// Norm at which a run has diverged: four orders above that of any stable run.
    fn size_limit(&self) -> f64 {
        1e4 * (self.start_scale * (self.shape.filter_length as f64).sqrt() + self.teacher.norm)
    }
}
