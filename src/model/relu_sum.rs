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
//! (arc-cosine kernel of order 1, Cho & Saul 2009; the paper's section on the closed form of the objective). The sine is
//! `√((1−cos t)(1+cos t))`, never the sine of an arc cosine: an error of the angle then moves the gradient only in second
//! order. A neuron shorter than 10⁻¹⁵ counts as having no direction, `û = 0`; elsewhere `F` is twice continuously
//! differentiable, parallel vectors included.
//!
//! # When a run is over
//! It comes to rest where `max_i ‖∂F/∂w_i‖ ≤ max(tolerance, ε (√d/η + √(n+k)))` with `ε = 2⁻²⁴` in f32 and `2⁻⁵³` in f64: a weight
//! below 2 cannot move once `η` times its slope is under half a unit in its last place, `ε`, and `d` such slopes make a norm of
//! `√d ε/η`; the second term is the rounding of the gradient itself, a sum of `n + k` terms. What a run at rest has found is
//! then decided by the curvature there, never by its loss or gradient alone (see [`crate::classify`]).

pub mod hessian;
pub mod landscape;
pub mod theory;

use crate::descent::Rule;
use crate::model::{
    Form, Invalid, Kernel, Kind, Model, Parameter, Prediction, Problem, Rest, Settings, StepSize, Tolerance, Values,
};
use crate::points::Points;
use crate::real::{Precision, Real};
use crate::refine;
use crate::seed::{CellSeed, Draws, on_sphere};
use crate::symmetry::Overlaps;
use landscape::{Constants, Over};
use std::f64::consts::PI;
use std::sync::Arc;

/// The model; see the module's page.
#[derive(Debug)]
pub struct ReluSum;

const PARAMETERS: &[Parameter] = &[
    Parameter {
        name: "teachers",
        symbol: "k",
        about: "teacher neurons",
        kind: Kind::Integer(1, MOST),
        default: "6",
        seeds: true,
        heading: true,
    },
    Parameter {
        name: "neurons",
        symbol: "n",
        about: "student neurons",
        kind: Kind::Relative { base: "teachers", low: 1, high: MOST },
        default: "\"teachers\"",
        seeds: true,
        heading: true,
    },
    Parameter {
        name: "input_dim",
        symbol: "d",
        about: "dimension of the input, at least the number of orthonormal teachers",
        kind: Kind::Relative { base: "teachers", low: 1, high: MOST_INPUTS },
        default: "\"teachers\"",
        seeds: true,
        heading: false,
    },
    Parameter {
        name: "teacher",
        symbol: "v",
        about: "the teachers: orthonormal (the first unit vectors, or teacher_file), independent and uniform on the unit sphere, \
                with independent N(0, 1/d) entries, or any that teacher_file holds",
        kind: Kind::Choice(&["orthonormal", "sphere", "gaussian", "file"]),
        default: "\"orthonormal\"",
        seeds: true,
        heading: false,
    },
    Parameter {
        name: "teacher_file",
        symbol: "",
        about: "the teachers, a row each, for teacher = \"file\" or \"orthonormal\"",
        kind: Kind::Points,
        default: "\"\"",
        seeds: true,
        heading: false,
    },
    Parameter {
        name: "teacher_seed",
        symbol: "",
        about: "seed of teachers drawn at random; the experiment's seed is that of the starts alone",
        kind: Kind::Integer(0, i64::MAX),
        default: "0",
        seeds: true,
        heading: false,
    },
    Parameter {
        name: "start",
        symbol: "",
        about: "law of the start: each weight N(0, start_scale/k), the points of start_file (a run each), or Gaussian around them",
        kind: Kind::Choice(&["gaussian", "file", "around"]),
        default: "\"gaussian\"",
        seeds: true,
        heading: false,
    },
    Parameter {
        name: "start_scale",
        symbol: "",
        about: "variance of a weight times k, for start = \"gaussian\"",
        kind: Kind::Positive,
        default: "1.0",
        seeds: true,
        heading: false,
    },
    Parameter {
        name: "start_file",
        symbol: "",
        about: "points w₁, then w₂ … w_n, a row each: run r starts at, or around, row r modulo their number",
        kind: Kind::Points,
        default: "\"\"",
        seeds: true,
        heading: false,
    },
    Parameter {
        name: "start_radius",
        symbol: "",
        about: "standard deviation of a weight around the given point, for start = \"around\"",
        kind: Kind::Positive,
        default: "0.1",
        seeds: true,
        heading: false,
    },
    Parameter {
        name: "global_exit",
        symbol: "",
        about: "whether a run ends as global once its loss is below global_loss; auto: if n > k, where descent reaches the global \
                minima only like 1/t³",
        kind: Kind::Choice(&["auto", "always", "never"]),
        default: "\"auto\"",
        seeds: false,
        heading: false,
    },
    Parameter {
        name: "global_loss",
        symbol: "",
        about: "loss below which an endpoint is global; every spurious minimum known for k ≤ 40 orthonormal teachers has more than 0.006",
        kind: Kind::Positive,
        default: "0.001",
        seeds: false,
        heading: false,
    },
];

/// Most neurons and teachers.
const MOST: i64 = 128;
/// Largest input dimension.
const MOST_INPUTS: i64 = 1024;
/// Most weights, `n d`: the Hessian of more does not fit into memory.
const MOST_WEIGHTS: usize = 16_384;
/// Squared norm from which a neuron has a direction.
const SMALLEST_SQUARE: f64 = 1e-30;
/// Step size of the paper.
const STEP: f64 = 0.1;
/// Norm from which neurons are taken to leave the span of the teachers: far above what rounding leaves there.
const OUTSIDE: f64 = 1e-4;
/// Largest distance from orthonormality of teachers that are to be orthonormal: rounding of a file with 12 digits.
const ORTHONORMAL: f64 = 1e-10;

impl Model for ReluSum {
    fn name(&self) -> &'static str {
        "relu_sum"
    }

    fn summary(&self) -> &'static str {
        "sum of ReLU neurons learning a sum of ReLU neurons (Safran, Shamir 2018)"
    }

    fn description(&self) -> &'static str {
        include_str!("relu_sum/description.txt")
    }

    fn parameters(&self) -> &'static [Parameter] {
        PARAMETERS
    }

    fn forms(&self) -> &'static [(&'static str, &'static str)] {
        &[("full", "w₁ ∈ R^d, then w₂ … w_n")]
    }

    fn step_groups(&self) -> &'static [&'static str] {
        &["weights"]
    }

    /// The authors' code stops at `2π max_i ‖∂F/∂w_i‖ ≤ 10⁻⁹`.
    fn tolerance(&self) -> Tolerance {
        Tolerance { default: 1e-9 / (2.0 * PI), about: "largest norm of a neuron's gradient at which a run is at rest" }
    }

    fn problem(&self, _: &str, values: &Values, settings: &Settings) -> Result<Arc<dyn Problem>, Invalid> {
        Ok(Arc::new(Full::new(values, settings)?))
    }

    fn teacher(&self, values: &Values) -> Result<Vec<f64>, Invalid> {
        Ok(Teachers::new(values)?.rows)
    }
}

/// The teachers of a cell.
#[derive(Clone, Debug)]
pub struct Teachers {
    /// `k`
    pub count: usize,
    /// `d`
    pub input_dim: usize,
    /// `v_1 … v_k`, row by row.
    pub rows: Vec<f64>,
    /// `‖v_j‖`
    pub norms: Vec<f64>,
    /// Whether they are the first k unit vectors.
    pub unit: bool,
    /// Whether they are orthonormal.
    pub orthonormal: bool,
    /// For orthonormal teachers that are not unit vectors: an orthonormal basis that begins with them, row by row.
    pub basis: Option<Vec<f64>>,
}

fn invalid(key: &str, value: impl ToString, problem: impl Into<String>, remedy: impl Into<String>) -> Invalid {
    Invalid { key: format!("params.{key}"), value: value.to_string(), problem: problem.into(), remedy: remedy.into() }
}

impl Teachers {
    fn new(values: &Values) -> Result<Self, Invalid> {
        let count = values.integer("teachers") as usize;
        let input_dim = values.integer("input_dim") as usize;
        let law = values.choice("teacher");
        let mut rows = vec![0.0; count * input_dim];
        let file = values.points("teacher_file");
        match (law, file) {
            ("file", None) => {
                return Err(invalid("teacher", law, "needs teacher_file", "name a file of teachers in teacher_file"));
            }
            ("sphere" | "gaussian", Some(points)) => {
                return Err(invalid(
                    "teacher_file",
                    points,
                    format!("has no effect with teacher = \"{law}\""),
                    "remove it, or set teacher = \"file\"",
                ));
            }
            _ => {}
        }
        let unit = law == "orthonormal" && file.is_none();
        if law == "orthonormal" && count > input_dim {
            return Err(invalid(
                "input_dim",
                input_dim,
                format!("cannot hold {count} orthonormal teachers"),
                format!("choose input_dim >= {count}, fewer teachers, or teacher = \"sphere\""),
            ));
        }
        let seed = values.integer("teacher_seed") as u64;
        let mut draws = CellSeed::new(seed, &format!("relu_sum teacher;{law};{count};{input_dim}")).run(0);
        for (j, row) in rows.chunks_exact_mut(input_dim).enumerate() {
            match law {
                "sphere" => on_sphere(&mut draws, 1.0, row),
                "gaussian" => row.fill_with(|| draws.normal() / (input_dim as f64).sqrt()),
                _ if unit => row[j] = 1.0,
                _ => {}
            }
        }
        if let Some(points) = file {
            points.expect_width(input_dim, "inputs").map_err(|e| e.of_parameter("teacher_file", points))?;
            if points.count() != count {
                return Err(invalid(
                    "teacher_file",
                    points,
                    format!("holds {} teachers, not {count}", points.count()),
                    format!("set teachers = {}", points.count()),
                ));
            }
            rows.copy_from_slice(points.values());
        }
        let norms: Vec<f64> = rows.chunks_exact(input_dim).map(refine::norm).collect();
        if let (Some(points), Some(j)) = (file, norms.iter().position(|norm| norm.powi(2) <= SMALLEST_SQUARE)) {
            let problem = format!("line {}: the teacher is zero", points.line(j));
            return Err(invalid("teacher_file", points, problem, "remove it and set teachers to one less"));
        }
        let mut basis = None;
        if let (Some(points), "orthonormal") = (file, law) {
            let row = |i: usize| &rows[i * input_dim..][..input_dim];
            let pairs = (0..count).flat_map(|i| (0..=i).map(move |j| (i, j)));
            let off = |(i, j)| (refine::dot(row(i), row(j)) - f64::from(u8::from(i == j))).abs();
            if let Some((i, j)) = pairs.clone().find(|pair| off(*pair) > ORTHONORMAL) {
                let product = refine::dot(row(i), row(j));
                return Err(invalid(
                    "teacher_file",
                    points,
                    format!(
                        "teachers {} and {} have the inner product {product}: they are not orthonormal",
                        j + 1,
                        i + 1
                    ),
                    "correct the file to 10 digits, or set teacher = \"file\"",
                ));
            }
            basis = Some(complete(&rows, input_dim));
        }
        let orthonormal = law == "orthonormal";
        Ok(Teachers { count, input_dim, rows, norms, unit, orthonormal, basis })
    }

    fn inverses(&self) -> Vec<f64> {
        self.norms.iter().map(|norm| 1.0 / norm).collect()
    }

    /// `½ Σ f(v_i, v_j)`
    fn loss(&self) -> f64 {
        let k = self.count as f64;
        if self.orthonormal {
            return k / 4.0 + k * (k - 1.0) / (4.0 * PI);
        }
        let row = |i: usize| &self.rows[i * self.input_dim..][..self.input_dim];
        let mut sum = 0.0;
        for i in 0..self.count {
            for j in 0..i {
                let scale = self.norms[i] * self.norms[j];
                let cosine = row(i).iter().zip(row(j)).map(|(x, y)| x * y).sum::<f64>() / scale;
                let sine = ((1.0 - cosine) * (1.0 + cosine)).max(0.0).sqrt();
                sum += scale * (sine + libm::atan2(sine, -cosine) * cosine);
            }
            sum += 0.5 * PI * self.norms[i] * self.norms[i];
        }
        sum * 0.5 / PI
    }
}

/// An orthonormal basis of the inputs that begins with given orthonormal rows.
fn complete(rows: &[f64], dim: usize) -> Vec<f64> {
    let mut units = vec![0.0; dim * dim];
    (0..dim).for_each(|a| units[a * dim + a] = 1.0);
    refine::orthonormal(rows.chunks_exact(dim).chain(units.chunks_exact(dim))).concat()
}

/// Law of the start.
#[derive(Clone, Debug)]
enum Start {
    /// Independent normal weights of this standard deviation.
    Gaussian(f64),
    /// Independent normal weights of this standard deviation around the points of a file; 0 for the points themselves.
    Around(Points, f64),
}

impl Start {
    fn new(values: &Values, weights: usize) -> Result<Self, Invalid> {
        let law = values.choice("start");
        let points = values.points("start_file");
        match (law, points) {
            ("gaussian", None) => {
                Ok(Start::Gaussian((values.real("start_scale") / values.integer("teachers") as f64).sqrt()))
            }
            ("gaussian", Some(points)) => Err(invalid(
                "start_file",
                points,
                "has no effect with start = \"gaussian\"",
                "remove it, or set start = \"file\" or \"around\"",
            )),
            (_, None) => Err(invalid("start", law, "needs start_file", "name a file of points in start_file")),
            (_, Some(points)) => {
                points.expect_width(weights, "weights").map_err(|e| e.of_parameter("start_file", points))?;
                let deviation = if law == "file" { 0.0 } else { values.real("start_radius") };
                Ok(Start::Around(points.clone(), deviation))
            }
        }
    }
}

/// One cell.
#[derive(Debug)]
pub struct Full {
    neurons: usize,
    teachers: Teachers,
    start: Start,
    step: f64,
    settings: Settings,
    global_loss: f64,
    exits: bool,
}

impl Full {
    fn new(values: &Values, settings: &Settings) -> Result<Self, Invalid> {
        let teachers = Teachers::new(values)?;
        let neurons = values.integer("neurons") as usize;
        if neurons < teachers.count {
            return Err(invalid(
                "neurons",
                neurons,
                format!("with fewer neurons than teachers ({}) the global minimum is not known", teachers.count),
                format!("choose neurons >= {}", teachers.count),
            ));
        }
        if neurons * teachers.input_dim > MOST_WEIGHTS {
            return Err(invalid(
                "neurons",
                neurons,
                format!("makes {} weights, more than {MOST_WEIGHTS}", neurons * teachers.input_dim),
                "choose fewer neurons or a smaller input_dim",
            ));
        }
        let step = match &settings.step {
            StepSize::Auto => auto_step(neurons),
            StepSize::One(step) => *step,
            StepSize::Groups(steps) => steps[0],
        };
        let exits = match values.choice("global_exit") {
            "always" => true,
            "never" => false,
            _ => neurons > teachers.count,
        };
        Ok(Full {
            neurons,
            start: Start::new(values, neurons * teachers.input_dim)?,
            step,
            settings: settings.clone(),
            global_loss: values.real("global_loss"),
            exits,
            teachers,
        })
    }

    /// The largest norm of a neuron's gradient that counts as rest in a format; see the module's page.
    fn rest(&self, precision: Precision) -> f64 {
        let unit = match precision {
            Precision::F32 => 0.5 * f64::from(f32::EPSILON),
            Precision::F64 => 0.5 * f64::EPSILON,
        };
        let still = (self.teachers.input_dim as f64).sqrt() / self.step;
        let noise = ((self.neurons + self.teachers.count) as f64).sqrt();
        self.settings.tolerance.max(unit * (still + noise))
    }

    fn constants(&self, precision: Precision) -> Constants<f64> {
        let t = &self.teachers;
        // A stable run stays near the size of its start and of the teachers; four orders of margin.
        let largest = match &self.start {
            Start::Gaussian(deviation) => *deviation,
            Start::Around(points, deviation) => points.values().iter().fold(*deviation, |most, x| most.max(x.abs())),
        };
        let start = self.neurons as f64 * largest * (t.input_dim as f64).sqrt();
        Constants {
            teacher_loss: t.loss(),
            smallest_square: SMALLEST_SQUARE,
            global_exit: if self.exits { self.global_loss } else { -1.0 },
            rest_square: self.rest(precision).powi(2),
            size_limit: 1e4 * (1.0 + start + t.norms.iter().sum::<f64>()),
            step: self.step,
        }
    }

    /// Rows of a block on a device: all, if a run's share of the workgroup's memory stays below 16 KiB in f32, which every
    /// adapter has; else as many as do, but enough to keep the lanes busy.
    fn block(&self) -> usize {
        let partners = self.neurons + self.teachers.count;
        let weights = self.neurons * self.teachers.input_dim + 3 * self.neurons;
        (4096usize.saturating_sub(weights) / (2 * partners)).clamp(4.min(self.neurons), self.neurons)
    }
}

/// The automatic step size: 0.1 as in the paper, or half the stability limit at the global minimum of as many teachers as
/// there are neurons, where 0.1 comes within a tenth of that limit.
fn auto_step(neurons: usize) -> f64 {
    let limit = theory::step_limit(neurons);
    if STEP < 0.9 * limit { STEP } else { 0.5 * limit }
}

impl Form for Full {
    type Over<R: Real> = Over<R>;

    fn over<R: Real>(&self) -> Over<R> {
        Over::new(self.neurons, &self.teachers, &self.constants(R::PRECISION))
    }

    fn dim(&self) -> usize {
        self.neurons * self.teachers.input_dim
    }

    fn start(&self, run: u64, draws: &mut Draws, out: &mut [f64]) {
        match &self.start {
            Start::Gaussian(deviation) => out.fill_with(|| deviation * draws.normal()),
            Start::Around(points, deviation) => {
                out.copy_from_slice(points.point((run % points.count() as u64) as usize));
                if *deviation > 0.0 {
                    out.iter_mut().for_each(|x| *x += deviation * draws.normal());
                }
            }
        }
    }

    /// As many as there are points, where these are the starts.
    fn distinct_starts(&self) -> Option<u64> {
        match &self.start {
            Start::Around(points, 0.0) => Some(points.count() as u64),
            _ => None,
        }
    }

    fn rule(&self) -> Rule {
        Rule { steps: vec![self.step; Form::dim(self)], max_steps: self.settings.max_steps }
    }

    fn kernel(&self, precision: Precision) -> Kernel {
        let (n, t) = (self.neurons as u32, &self.teachers);
        let block = self.block() as u32;
        let partners = n + t.count as u32;
        let data = match t.unit {
            true => [0.0].into(),
            false => [&t.rows[..], &t.norms, &t.inverses()].concat().into(),
        };
        Kernel {
            texts: vec![include_str!("../../shaders/model/relu_sum.wgsl")],
            shareable: true,
            shape: vec![
                ("NEURONS", n),
                ("TEACHERS", t.count as u32),
                ("INPUT_DIM", t.input_dim as u32),
                ("PARTNERS", partners),
                ("BLOCK", block),
                ("ORTHONORMAL", u32::from(t.unit)),
            ],
            constants: self.constants(precision).named(),
            memory: vec![
                ("weights", Form::dim(self) as u32),
                ("norms", n),
                ("inverses", n),
                ("radials", n),
                ("sines", block * partners),
                ("supplements", block * partners),
            ],
            data,
            // Products of every pair, and every component's sum over all partners.
            work: 2 * n * partners * (t.input_dim as u32 + 2),
        }
    }

    fn rest(&self) -> Option<Rest> {
        Some(Rest { zero: 1e-9 * self.teachers.loss(), near: self.global_loss })
    }

    fn hessian(&self, state: &[f64]) -> Option<Vec<f64>> {
        Some(hessian::hessian(state, &self.teachers))
    }

    fn hessian_lipschitz(&self, state: &[f64], radius: f64) -> f64 {
        hessian::lipschitz(state, &self.teachers, radius)
    }

    /// Coordinates in a basis that begins with the teachers, where they are orthonormal; else the weights themselves.
    fn image(&self, state: &[f64]) -> Overlaps {
        let t = &self.teachers;
        let movable = if t.orthonormal { t.count } else { 0 };
        let entries = match &t.basis {
            None => state.to_vec(),
            Some(basis) => {
                let rows = state.chunks_exact(t.input_dim);
                rows.flat_map(|w| basis.chunks_exact(t.input_dim).map(move |e| refine::dot(w, e))).collect()
            }
        };
        Overlaps { rows: self.neurons, columns: t.input_dim, movable, entries }
    }

    /// The overlaps with orthonormal teachers, and the norm of what is outside of their span.
    fn overlaps(&self, state: &[f64]) -> Overlaps {
        let image = Form::image(self, state);
        let Overlaps { rows, columns, movable, .. } = image;
        if movable == 0 || movable == columns {
            return image;
        }
        let row = |w: &[f64]| [&w[..movable], &[refine::norm(&w[movable..])]].concat();
        let entries = image.entries.chunks_exact(columns).flat_map(row).collect();
        Overlaps { rows, columns: movable + 1, movable, entries }
    }

    /// Rotations of the inputs that orthonormal teachers do not look at, where neurons do.
    fn flat_directions(&self, state: &[f64]) -> Vec<(&'static str, Vec<f64>)> {
        let t = &self.teachers;
        if !t.unit {
            return Vec::new();
        }
        let mut directions = Vec::new();
        for a in t.count..t.input_dim {
            for b in t.count..a {
                let mut direction = vec![0.0; state.len()];
                for (out, w) in direction.chunks_exact_mut(t.input_dim).zip(state.chunks_exact(t.input_dim)) {
                    out[a] = w[b];
                    out[b] = -w[a];
                }
                if refine::norm(&direction) > OUTSIDE {
                    directions.push(("rotation of the inputs outside the teachers' span", direction));
                }
            }
        }
        directions
    }

    fn theory(&self) -> Vec<Prediction> {
        theory::predictions(self.neurons, &self.teachers)
    }
}
