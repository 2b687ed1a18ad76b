//! The teacher: weights `W*`, a neuron per row.

use crate::landscape::{Invalid, Points, Values};
use crate::numerics::CellSeed;
use crate::numerics::vector::dot;

/// The teacher of a cell.
#[derive(Clone, Debug)]
pub struct TeacherMatrix {
    /// Number of rows.
    pub rank: usize,
    /// `d`
    pub input_dim: usize,
    /// `W*`, row by row.
    pub rows: Vec<f64>,
}

impl TeacherMatrix {
    pub(super) fn new(values: &Values) -> Result<Self, Invalid> {
        let rank = values.integer("teacher_rank") as usize;
        let input_dim = values.integer("input_dim") as usize;
        let law = values.choice("teacher");
        let scale = values.real("teacher_scale");
        let seed = values.integer("teacher_seed") as u64;
        if rank > input_dim && law == "orthonormal" {
            return Err(Invalid::parameter(
                "teacher_rank",
                rank,
                format!("no {rank} directions of {input_dim} inputs are orthonormal"),
                format!("choose teacher_rank <= {input_dim}, a larger input_dim, or teacher = \"gaussian\""),
            ));
        }
        let file = values.points("teacher_file");
        let rows = match (law, file) {
            ("file", None) => {
                return Err(Invalid::parameter(
                    "teacher",
                    law,
                    "needs teacher_file",
                    "name a file of teacher neurons in teacher_file",
                ));
            }
            ("file", Some(points)) => given(points, rank, input_dim, seed)?.iter().map(|x| scale * x).collect(),
            (_, Some(points)) => {
                return Err(Invalid::parameter(
                    "teacher_file",
                    points,
                    format!("has no effect with teacher = \"{law}\""),
                    "remove it, or set teacher = \"file\"",
                ));
            }
            (_, None) => draw(law, seed, rank, input_dim, scale),
        };
        if rows.iter().all(|x| *x == 0.0) {
            return Err(Invalid::parameter(
                "teacher",
                law,
                "all its weights are 0: there is nothing to learn",
                "give at least one weight that is not 0",
            ));
        }
        Ok(TeacherMatrix { rank, input_dim, rows })
    }

    /// `A = W*ᵀW*`, row by row.
    pub(super) fn gram(&self) -> Vec<f64> {
        gram(&self.rows, self.input_dim)
    }

    /// `‖W* x‖²`
    pub(super) fn label(&self, x: &[f64]) -> f64 {
        self.rows.chunks_exact(self.input_dim).map(|row| dot(row, x).powi(2)).sum()
    }
}

/// The neurons of a file.
fn given(points: &Points, rank: usize, input_dim: usize, seed: u64) -> Result<&[f64], Invalid> {
    points.expect_width(input_dim, "inputs").map_err(|e| e.of_parameter("teacher_file", points))?;
    if points.count() != rank {
        return Err(Invalid::parameter(
            "teacher_file",
            points,
            format!("holds {} neurons, not {rank}", points.count()),
            format!("set teacher_rank = {}", points.count()),
        ));
    }
    if seed != 0 {
        return Err(Invalid::parameter(
            "teacher_seed",
            seed,
            "has no effect with teacher = \"file\"",
            "remove it, or set teacher = \"orthonormal\" or \"gaussian\"",
        ));
    }
    Ok(points.values())
}

/// `WᵀW` of weights with rows of `dim` numbers.
pub(super) fn gram(weights: &[f64], dim: usize) -> Vec<f64> {
    let mut gram = vec![0.0; dim * dim];
    for row in weights.chunks_exact(dim) {
        for (out, x) in gram.chunks_exact_mut(dim).zip(row) {
            out.iter_mut().zip(row).for_each(|(entry, y)| *entry += x * y);
        }
    }
    gram
}

/// Draws a teacher: normal numbers row by row, then made orthonormal, or of variance `1/d`; then scaled. Only
/// additions, multiplications, divisions and roots in a fixed order, so that a seed is one teacher on every machine.
fn draw(law: &str, seed: u64, rank: usize, dim: usize, scale: f64) -> Vec<f64> {
    let mut draws = CellSeed::new(seed, &format!("quadratic teacher;{law};{dim}")).run(0);
    let mut rows: Vec<f64> = (0..rank * dim).map(|_| draws.normal()).collect();
    if law == "gaussian" {
        let factor = scale / (dim as f64).sqrt();
        rows.iter_mut().for_each(|x| *x *= factor);
        return rows;
    }
    for j in 0..rank {
        let (before, rest) = rows.split_at_mut(j * dim);
        let row = &mut rest[..dim];
        // Twice, so that what rounding leaves of the others is gone too.
        for _ in 0..2 {
            for other in before.chunks_exact(dim) {
                let along = product(other, row);
                row.iter_mut().zip(other).for_each(|(x, e)| *x -= along * e);
            }
            let norm = product(row, row).sqrt();
            row.iter_mut().for_each(|x| *x /= norm);
        }
    }
    rows.iter_mut().for_each(|x| *x *= scale);
    rows
}

/// Inner product, from the first component to the last.
fn product(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).fold(0.0, |sum, (x, y)| sum + x * y)
}
