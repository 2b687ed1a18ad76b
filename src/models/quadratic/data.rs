//! What the empirical loss is made of: samples, labels and the linear perturbation, the same for all runs of a cell.
//!
//! Sample `i` and its Gaussian label depend on `data_seed`, the dimension and `i` only: the first samples of a larger
//! set are those of a smaller one.

use super::teacher::TeacherMatrix;
use crate::landscape::{Invalid, Points, Values};
use crate::numerics::CellSeed;

/// Data of a cell.
#[derive(Clone, Debug)]
pub struct Data {
    /// `d`
    pub input_dim: usize,
    /// `x_1 … x_n`, row by row.
    pub samples: Vec<f64>,
    /// `y_1 … y_n`
    pub labels: Vec<f64>,
    /// The teacher that gave the labels.
    pub teacher: Option<TeacherMatrix>,
    /// `λ`
    pub decay: f64,
    /// `C`, symmetric, row by row; `None` where there is none.
    pub perturbation: Option<Vec<f64>>,
}

impl Data {
    pub(super) fn new(values: &Values) -> Result<Self, Invalid> {
        let dim = values.integer("input_dim") as usize;
        let count = values.integer("samples") as usize;
        let law = values.choice("labels");
        let seed = values.integer("data_seed") as u64;
        let file = values.points("data_file");
        let teacher = if law == "teacher" { Some(TeacherMatrix::new(values)?) } else { None };
        let norm = values.real("perturbation");
        if law == "file" && norm == 0.0 && seed != 0 {
            return Err(Invalid::parameter(
                "data_seed",
                seed,
                "has no effect with labels = \"file\" and no perturbation",
                "remove it",
            ));
        }
        let (samples, labels) = match (law, file) {
            ("file", None) => {
                return Err(Invalid::parameter("labels", law, "needs data_file", "name a file of data in data_file"));
            }
            ("file", Some(points)) => given(points, count, dim)?,
            (_, Some(points)) => {
                return Err(Invalid::parameter(
                    "data_file",
                    points,
                    format!("has no effect with labels = \"{law}\""),
                    "remove it, or set labels = \"file\"",
                ));
            }
            (_, None) => drawn(seed, count, dim, teacher.as_ref()),
        };
        if labels.iter().all(|y| *y == 0.0) {
            return Err(Invalid::parameter(
                "labels",
                law,
                "all are 0: there is nothing to learn",
                "give at least one label that is not 0",
            ));
        }
        let perturbation = (norm > 0.0).then(|| perturbation(seed, dim, norm));
        Ok(Data { input_dim: dim, samples, labels, teacher, decay: values.real("weight_decay"), perturbation })
    }

    /// Number of samples.
    pub(super) fn count(&self) -> usize {
        self.labels.len()
    }

    /// The samples, one after another.
    pub(super) fn rows(&self) -> impl Iterator<Item = &[f64]> {
        self.samples.chunks_exact(self.input_dim)
    }

    /// `½ mean(y²)`, the scale of the loss: what it is without weights.
    pub(super) fn scale(&self) -> f64 {
        0.5 * self.labels.iter().map(|y| y * y).sum::<f64>() / self.count() as f64
    }

    /// Whether the loss is a mean of squares and nothing else.
    pub(super) fn is_plain(&self) -> bool {
        self.decay == 0.0 && self.perturbation.is_none()
    }

    /// `Q = (λ/2) I + C`, row by row: the part of the loss that is linear in `WᵀW`.
    pub(super) fn linear(&self) -> Vec<f64> {
        let d = self.input_dim;
        let mut linear = self.perturbation.clone().unwrap_or_else(|| vec![0.0; d * d]);
        (0..d).for_each(|a| linear[a * d + a] += 0.5 * self.decay);
        linear
    }
}

/// Samples and labels of a file.
fn given(points: &Points, count: usize, dim: usize) -> Result<(Vec<f64>, Vec<f64>), Invalid> {
    let what = "numbers: the inputs of a sample, then its label";
    points.expect_width(dim + 1, what).map_err(|e| e.of_parameter("data_file", points))?;
    if points.count() != count {
        return Err(Invalid::parameter(
            "data_file",
            points,
            format!("holds {} samples, not {count}", points.count()),
            format!("set samples = {}", points.count()),
        ));
    }
    let rows = points.values().chunks_exact(dim + 1);
    Ok((rows.clone().flat_map(|row| &row[..dim]).copied().collect(), rows.map(|row| row[dim]).collect()))
}

/// Standard normal samples, with the labels of the teacher or standard normal ones.
fn drawn(seed: u64, count: usize, dim: usize, teacher: Option<&TeacherMatrix>) -> (Vec<f64>, Vec<f64>) {
    let source = CellSeed::new(seed, &format!("quadratic samples;{dim}"));
    let mut samples = vec![0.0; count * dim];
    for (i, row) in samples.chunks_exact_mut(dim).enumerate() {
        let mut draws = source.run(i as u64);
        row.fill_with(|| draws.normal());
    }
    let source = CellSeed::new(seed, "quadratic labels");
    let labels = match teacher {
        Some(teacher) => samples.chunks_exact(dim).map(|x| teacher.label(x)).collect(),
        None => (0..count as u64).map(|i| source.run(i).normal()).collect(),
    };
    (samples, labels)
}

/// A symmetric matrix of given Frobenius norm, its direction uniform: normal entries, those beside the diagonal of half
/// the variance, drawn row by row at and right of the diagonal.
fn perturbation(seed: u64, dim: usize, norm: f64) -> Vec<f64> {
    let mut draws = CellSeed::new(seed, &format!("quadratic perturbation;{dim}")).run(0);
    let mut matrix = vec![0.0; dim * dim];
    let mut square = 0.0;
    for a in 0..dim {
        for b in a..dim {
            let entry = draws.normal() * if a == b { 1.0 } else { 0.5f64.sqrt() };
            square += entry * entry * if a == b { 1.0 } else { 2.0 };
            matrix[a * dim + b] = entry;
            matrix[b * dim + a] = entry;
        }
    }
    let factor = norm / square.sqrt();
    matrix.iter_mut().for_each(|x| *x *= factor);
    matrix
}
