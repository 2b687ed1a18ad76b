//! The target `Φ`: its law, what is known of all targets of the law, and how one is drawn.
//!
//! A run draws, in this order: for symmetric targets `d` uniforms, one an eigenvalue, and for a random basis the `d²`
//! normals that become its rows; for the other laws `d²` normals, anew until the target is of the class that is asked
//! for.

use super::class::Class;
use super::matrix;
use crate::landscape::{Invalid, Values};
use crate::numerics::elementary::{exp, log};
use crate::numerics::seed::to_sphere;
use crate::numerics::start_law::BLOCK;
use crate::numerics::{CellSeed, Streams};

/// Targets that are drawn to see which share is of a class.
const SAMPLE: usize = 1000;
/// How many of them must be of that class.
const ENOUGH: usize = 5;
/// Targets that a run draws at most until one is of its class. Of a class of one in a thousand the chance to find none
/// is 2e-9; such a run starts from no numbers and ends as `non_finite`.
const TRIES: usize = 20_000;
/// Smallest ratio of singular values that those of the squared matrix show.
const RESOLVED: f64 = 1e-6;

/// Law of a target that is drawn.
#[derive(Clone, Debug)]
enum Law {
    /// Symmetric, with |eigenvalues| `norm κ^{u−1}`.
    Symmetric { low: f64, log_condition: f64, norm: f64, pinned: bool, negatives: usize, rotated: bool },
    /// `I + E`, `‖E‖_F = δ`.
    NearIdentity { distance: f64, class: Class },
    /// Uniform on a sphere.
    Sphere { norm: f64, class: Class },
}

/// The target of a cell: one, or the law of one per run.
#[derive(Clone, Debug)]
pub(super) struct Target {
    /// `d`
    pub(super) dim: usize,
    law: Option<Law>,
    /// The target that all runs share, row by row.
    pub(super) fixed: Option<Vec<f64>>,
    /// Its eigenvalues, where it is diagonal or drawn by them.
    pub(super) fixed_eigenvalues: Option<Vec<f64>>,
    /// Bound on `‖Φ‖` of every target.
    pub(super) norm: f64,
    /// Bound below the smallest singular value of every target; 0 where none is known.
    pub(super) smallest: f64,
    /// Negative eigenvalues of a symmetric target; `None` for others.
    pub(super) negatives: Option<usize>,
    /// Share of the law's targets that are of the class, of [`SAMPLE`] drawn ones.
    pub(super) share: Option<f64>,
}

/// Refuses values that have no effect: a name, whether it is as usual, the targets that it shapes.
fn refuse_idle(values: &Values) -> Result<(), Invalid> {
    let law = values.choice("target");
    let symmetric = &["spd", "symmetric"][..];
    let checks: [(&str, bool, &[&str]); 9] = [
        ("target_norm", values.real("target_norm") == 3.162_277_660_168_379_5, &["spd", "symmetric", "sphere"]),
        ("condition", values.real("condition") == 10.0, symmetric),
        ("extremes", values.choice("extremes") == "pinned", symmetric),
        ("negatives", values.integer("negatives") == 1, &["symmetric"]),
        ("basis", values.choice("basis") == "rotated", symmetric),
        ("target_distance", values.real("target_distance") == 0.5, &["near_identity"]),
        ("target_class", values.choice("target_class") == "any", &["near_identity", "sphere"]),
        ("target_file", values.points("target_file").is_none(), &["file"]),
        ("target_drawn", values.choice("target_drawn") == "per_run", &["spd", "symmetric", "near_identity", "sphere"]),
    ];
    for (name, usual, users) in checks {
        if !usual && !users.contains(&law) {
            let value = values.get(name).map(ToString::to_string).unwrap_or_default();
            let users: Vec<String> = users.iter().map(|user| format!("\"{user}\"")).collect();
            return Err(Invalid::parameter(
                name,
                value,
                format!("has no effect with target = \"{law}\""),
                format!("remove it, or set target = {}", users.join(" or ")),
            ));
        }
    }
    if values.integer("target_seed") != 0 && values.choice("target_drawn") != "once" {
        return Err(Invalid::parameter(
            "target_seed",
            values.integer("target_seed"),
            "has no effect where every run draws its target",
            "remove it, or set target_drawn = \"once\"",
        ));
    }
    Ok(())
}

impl Target {
    pub(super) fn new(values: &Values) -> Result<Self, Invalid> {
        refuse_idle(values)?;
        let dim = values.integer("dimension") as usize;
        let mut target = match values.choice("target") {
            "near_identity" => Self::near_identity(values, dim)?,
            "sphere" => Self::on_sphere(values, dim)?,
            "file" => return Self::from_file(values, dim),
            name => Self::symmetric(values, dim, name)?,
        };
        if values.choice("target_drawn") == "once" || !target.varies() {
            let text = format!("linear_residual target;{};{dim}", values.choice("target"));
            let seed = CellSeed::new(values.integer("target_seed") as u64, &text);
            let mut fixed = vec![0.0; dim * dim];
            target.draw(&mut Streams::new(seed, 0, 1), &mut fixed);
            if matches!(target.law, Some(Law::Symmetric { .. })) {
                let mut eigenvalues = vec![0.0; dim];
                target.draw_eigenvalues(&mut Streams::new(seed, 0, 1), &mut eigenvalues, dim, 0);
                target.fixed_eigenvalues = Some(eigenvalues);
            } else if let Some((smallest, largest)) = matrix::singular_values(&fixed, dim) {
                target.smallest = if smallest > RESOLVED * largest { smallest } else { 0.0 };
            }
            target.fixed = Some(fixed);
        }
        Ok(target)
    }

    fn symmetric(values: &Values, dim: usize, name: &str) -> Result<Self, Invalid> {
        let (norm, condition) = (values.real("target_norm"), values.real("condition"));
        let pinned = values.choice("extremes") == "pinned";
        if pinned && dim == 1 && condition > 1.0 {
            return Err(Invalid::parameter(
                "extremes",
                "pinned",
                "one eigenvalue cannot be the smallest and the largest",
                "set extremes = \"free\", condition = 1 or a larger dimension",
            ));
        }
        let negatives = if name == "spd" { 0 } else { values.integer("negatives") as usize };
        if negatives > dim {
            return Err(Invalid::parameter(
                "negatives",
                negatives,
                format!("a target of dimension {dim} has fewer eigenvalues"),
                "choose fewer negatives or a larger dimension",
            ));
        }
        Ok(Target {
            dim,
            law: Some(Law::Symmetric {
                low: norm / condition,
                log_condition: log(condition),
                norm,
                pinned,
                negatives,
                rotated: values.choice("basis") == "rotated" && dim > 1,
            }),
            fixed: None,
            fixed_eigenvalues: None,
            norm,
            smallest: norm / condition,
            negatives: Some(negatives),
            share: None,
        })
    }

    fn near_identity(values: &Values, dim: usize) -> Result<Self, Invalid> {
        let distance = values.real("target_distance");
        let name = values.choice("target_class");
        let class = Class::new(name);
        let refused = |problem: String| {
            Err(Invalid::parameter(
                "target_class",
                name,
                problem,
                "choose a larger target_distance, or target_class = \"positive\"",
            ))
        };
        if distance <= 1.0 && matches!(class, Class::Indefinite | Class::Determinant(-1.0)) {
            return refused(format!("at target_distance = {distance} every target has uᵀΦu > 0"));
        }
        let mut target = Target {
            dim,
            law: Some(Law::NearIdentity { distance, class: Class::Any }),
            fixed: None,
            fixed_eigenvalues: None,
            norm: 1.0 + distance,
            smallest: (1.0 - distance).max(0.0),
            negatives: None,
            share: None,
        };
        if class != Class::Any {
            // A law of its own: the sample is the same whatever the experiment's seed.
            let seed = CellSeed::new(0, "linear_residual sample");
            let mut sample = vec![0.0; SAMPLE * dim * dim];
            target.draw(&mut Streams::new(seed, 0, SAMPLE), &mut sample);
            let found = sample.chunks_exact(dim * dim).filter(|target| class.holds(target, dim)).count();
            if found < ENOUGH {
                let problem = format!("holds for {found} of {SAMPLE} targets at target_distance = {distance}");
                return if matches!(class, Class::Positive | Class::Determinant(1.0)) {
                    Err(Invalid::parameter("target_class", name, problem, "choose a smaller target_distance"))
                } else {
                    refused(problem)
                };
            }
            target.share = Some(found as f64 / SAMPLE as f64);
            target.law = Some(Law::NearIdentity { distance, class });
        }
        Ok(target)
    }

    fn on_sphere(values: &Values, dim: usize) -> Result<Self, Invalid> {
        let name = values.choice("target_class");
        if matches!(name, "positive" | "indefinite") {
            return Err(Invalid::parameter(
                "target_class",
                name,
                "is drawn near the identity only",
                "choose \"det_positive\" or \"det_negative\", or target = \"near_identity\"",
            ));
        }
        let norm = values.real("target_norm");
        Ok(Target {
            dim,
            law: Some(Law::Sphere { norm, class: Class::new(name) }),
            fixed: None,
            fixed_eigenvalues: None,
            norm,
            smallest: 0.0,
            negatives: None,
            share: None,
        })
    }

    fn from_file(values: &Values, dim: usize) -> Result<Self, Invalid> {
        let Some(points) = values.points("target_file") else {
            return Err(Invalid::parameter("target", "file", "needs target_file", "name a file with the target"));
        };
        if points.count() != 1 {
            return Err(Invalid::parameter(
                "target_file",
                points,
                format!("holds {} targets", points.count()),
                "write one row; sweep over files for several targets",
            ));
        }
        let diagonal = points.width() == dim;
        if !diagonal {
            points.expect_width(dim * dim, "entries").map_err(|e| e.of_parameter("target_file", points))?;
        }
        let mut fixed = vec![0.0; dim * dim];
        if diagonal {
            points.values().iter().enumerate().for_each(|(i, value)| fixed[i * dim + i] = *value);
        } else {
            fixed.copy_from_slice(points.values());
        }
        let (smallest, largest) = matrix::singular_values(&fixed, dim).unwrap_or((0.0, f64::INFINITY));
        let eigenvalues = diagonal.then(|| points.values().to_vec());
        Ok(Target {
            dim,
            law: None,
            negatives: eigenvalues.as_ref().map(|values| values.iter().filter(|x| **x < 0.0).count()),
            fixed: Some(fixed),
            fixed_eigenvalues: eigenvalues,
            norm: largest,
            smallest: if smallest > RESOLVED * largest { smallest } else { 0.0 },
            share: None,
        })
    }

    /// Whether targets of the law differ.
    fn varies(&self) -> bool {
        match &self.law {
            Some(Law::Symmetric { log_condition, pinned, rotated, .. }) => {
                let same = *log_condition == 0.0 || (*pinned && self.dim <= 2);
                *rotated || !same
            }
            Some(_) => true,
            None => false,
        }
    }

    /// Numbers of a target in the state of a run: none where all runs share it.
    pub(super) fn numbers(&self, of_each: usize) -> usize {
        if self.fixed.is_some() { 0 } else { of_each }
    }

    /// Whether the reduced form knows the target.
    pub(super) fn is_symmetric(&self) -> bool {
        self.negatives.is_some()
    }

    /// The eigenvalue smallest in size, where every target of the law has the same.
    pub(super) fn pinned_smallest(&self) -> Option<f64> {
        match (&self.law, &self.fixed_eigenvalues) {
            (_, Some(values)) => Some(values.iter().fold(f64::INFINITY, |least, x| least.min(x.abs()))),
            (Some(Law::Symmetric { low, pinned: true, .. }), None) => Some(*low),
            _ => None,
        }
    }

    /// Draws the eigenvalues of a block of runs, into each row of `width` numbers from a place on.
    #[inline(always)]
    pub(super) fn draw_eigenvalues(&self, draws: &mut Streams, out: &mut [f64], width: usize, from: usize) {
        let Some(Law::Symmetric { low, log_condition, norm, pinned, negatives, .. }) = self.law else { return };
        let mut uniforms = [0.5; BLOCK];
        for j in 0..self.dim {
            draws.uniforms(&mut uniforms);
            let sign = if j + negatives >= self.dim { -1.0 } else { 1.0 };
            for (row, &u) in out.chunks_exact_mut(width).zip(&uniforms) {
                let size = match (pinned, j) {
                    (true, 0) => low,
                    (true, 1) => norm,
                    _ => norm * exp(log_condition * (u - 1.0)),
                };
                row[from + j] = sign * size;
            }
        }
    }

    /// Draws the targets of a block of runs, one after another.
    #[inline(always)]
    pub(super) fn draw(&self, draws: &mut Streams, out: &mut [f64]) {
        let (dim, size) = (self.dim, self.dim * self.dim);
        match &self.law {
            Some(Law::Symmetric { rotated, .. }) => {
                let runs = draws.runs();
                let mut eigenvalues = vec![0.0; runs * dim];
                self.draw_eigenvalues(draws, &mut eigenvalues, dim, 0);
                let mut bases = vec![0.0; runs * size];
                if *rotated {
                    draws.normals(&mut bases);
                }
                let bases = bases.chunks_exact_mut(size).zip(eigenvalues.chunks_exact(dim));
                for (out, (basis, eigenvalues)) in out.chunks_exact_mut(size).zip(bases) {
                    if *rotated {
                        matrix::orthonormalise(basis, dim);
                        matrix::with_eigenvalues(basis, eigenvalues, out);
                    } else {
                        out.fill(0.0);
                        eigenvalues.iter().enumerate().for_each(|(i, value)| out[i * dim + i] = *value);
                    }
                }
            }
            Some(Law::Sphere { norm, class }) => {
                draws.normals(out);
                to_sphere(out, size, 0..size, *norm);
                if let Class::Determinant(sign) = class {
                    for target in out.chunks_exact_mut(size) {
                        if matrix::determinant_sign(target, dim) != *sign {
                            target[..dim].iter_mut().for_each(|x| *x = -*x);
                        }
                    }
                }
            }
            Some(Law::NearIdentity { distance, class }) => self.draw_near_identity(draws, *distance, *class, out),
            None => {}
        }
    }

    /// All runs draw until each has a target of the class; a run's first such target is its own, whatever the others
    /// still draw.
    #[inline(always)]
    fn draw_near_identity(&self, draws: &mut Streams, distance: f64, class: Class, out: &mut [f64]) {
        let (dim, size) = (self.dim, self.dim * self.dim);
        let mut tried = vec![0.0; out.len()];
        let mut missing = draws.runs();
        out.fill(f64::NAN);
        for _ in 0..TRIES {
            draws.normals(&mut tried);
            to_sphere(&mut tried, size, 0..size, distance);
            for (target, tried) in out.chunks_exact_mut(size).zip(tried.chunks_exact_mut(size)) {
                if !target[0].is_nan() {
                    continue;
                }
                (0..dim).for_each(|i| tried[i * dim + i] += 1.0);
                if class.holds(tried, dim) {
                    target.copy_from_slice(tried);
                    missing -= 1;
                }
            }
            if missing == 0 {
                return;
            }
        }
    }
}
