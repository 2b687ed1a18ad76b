//! The teachers: which they are, and what of them the loss needs.

use super::SHORTEST_TEACHER;
use crate::landscape::{Invalid, Points, Values};
use crate::numerics::CellSeed;
use crate::numerics::seed::on_sphere;
use crate::numerics::vector;
use std::f64::consts::PI;

/// Largest distance from orthonormality of teachers that are to be orthonormal: rounding of a file with 12 digits.
const ORTHONORMAL: f64 = 1e-10;

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

impl Teachers {
    pub(super) fn new(values: &Values) -> Result<Self, Invalid> {
        let count = values.integer("teachers") as usize;
        let input_dim = values.integer("input_dim") as usize;
        let law = values.choice("teacher");
        let file = values.points("teacher_file");
        check(values, law, file, [count, input_dim])?;
        let mut rows = match file {
            Some(points) => given(points, count, input_dim)?,
            None => drawn(values.integer("teacher_seed") as u64, law, count, input_dim),
        };
        let mut norms: Vec<f64> = rows.chunks_exact(input_dim).map(vector::norm).collect();
        if let (Some(points), Some(j)) = (file, norms.iter().position(|norm| *norm <= SHORTEST_TEACHER)) {
            let problem = format!("line {}: the teacher is zero, or shorter than 1e-15", points.line(j));
            return Err(Invalid::parameter("teacher_file", points, problem, "remove it and set teachers to one less"));
        }
        let orthonormal = law == "orthonormal";
        let mut basis = None;
        if let Some(points) = file.filter(|_| orthonormal) {
            check_orthonormal(points, &rows, input_dim)?;
            // Orthonormal to rounding, as everything else takes them to be.
            let completed = complete(&rows, input_dim);
            rows.copy_from_slice(&completed[..count * input_dim]);
            norms.fill(1.0);
            basis = Some(completed);
        }
        let unit = orthonormal && file.is_none();
        Ok(Teachers { count, input_dim, rows, norms, unit, orthonormal, basis })
    }

    /// `1/‖v_j‖`
    pub(super) fn inverses(&self) -> Vec<f64> {
        self.norms.iter().map(|norm| 1.0 / norm).collect()
    }

    /// `½ Σ f(v_i, v_j)`
    pub(super) fn loss(&self) -> f64 {
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

/// Refuses values that contradict each other or have no effect.
fn check(values: &Values, law: &str, file: Option<&Points>, [count, input_dim]: [usize; 2]) -> Result<(), Invalid> {
    match (law, file) {
        ("file", None) => {
            return Err(Invalid::parameter(
                "teacher",
                law,
                "needs teacher_file",
                "name a file of teachers in teacher_file",
            ));
        }
        ("sphere" | "gaussian", Some(points)) => {
            return Err(Invalid::parameter(
                "teacher_file",
                points,
                format!("has no effect with teacher = \"{law}\""),
                "remove it, or set teacher = \"file\"",
            ));
        }
        _ => {}
    }
    if law == "orthonormal" && count > input_dim {
        return Err(Invalid::parameter(
            "input_dim",
            input_dim,
            format!("cannot hold {count} orthonormal teachers"),
            format!("choose input_dim >= {count}, fewer teachers, or teacher = \"sphere\""),
        ));
    }
    if values.integer("teacher_seed") != 0 && matches!(law, "orthonormal" | "file") {
        return Err(Invalid::parameter(
            "teacher_seed",
            values.integer("teacher_seed"),
            format!("has no effect with teacher = \"{law}\""),
            "remove it, or set teacher = \"sphere\" or \"gaussian\"",
        ));
    }
    Ok(())
}

/// Teachers that no file gives, row by row.
fn drawn(seed: u64, law: &str, count: usize, input_dim: usize) -> Vec<f64> {
    let mut rows = vec![0.0; count * input_dim];
    let mut draws = CellSeed::new(seed, &format!("relu_sum teacher;{law};{count};{input_dim}")).run(0);
    for (j, row) in rows.chunks_exact_mut(input_dim).enumerate() {
        match law {
            "sphere" => on_sphere(&mut draws, 1.0, row),
            "gaussian" => row.fill_with(|| draws.normal() / (input_dim as f64).sqrt()),
            _ => row[j] = 1.0,
        }
    }
    rows
}

/// The teachers of a file, row by row.
fn given(points: &Points, count: usize, input_dim: usize) -> Result<Vec<f64>, Invalid> {
    points.expect_width(input_dim, "inputs").map_err(|e| e.of_parameter("teacher_file", points))?;
    if points.count() != count {
        return Err(Invalid::parameter(
            "teacher_file",
            points,
            format!("holds {} teachers, not {count}", points.count()),
            format!("set teachers = {}", points.count()),
        ));
    }
    Ok(points.values().to_vec())
}

/// Refuses teachers of a file that are not orthonormal.
fn check_orthonormal(points: &Points, rows: &[f64], input_dim: usize) -> Result<(), Invalid> {
    let row = |i: usize| &rows[i * input_dim..][..input_dim];
    let mut pairs = (0..points.count()).flat_map(|i| (0..=i).map(move |j| (i, j)));
    let off = |(i, j)| (vector::dot(row(i), row(j)) - f64::from(u8::from(i == j))).abs();
    let Some((i, j)) = pairs.find(|pair| off(*pair) > ORTHONORMAL) else { return Ok(()) };
    let product = vector::dot(row(i), row(j));
    Err(Invalid::parameter(
        "teacher_file",
        points,
        format!("teachers {} and {} have the inner product {product}: they are not orthonormal", j + 1, i + 1),
        "correct the file to 10 digits, or set teacher = \"file\"",
    ))
}

/// An orthonormal basis of the inputs that begins with given orthonormal rows.
fn complete(rows: &[f64], dim: usize) -> Vec<f64> {
    let mut units = vec![0.0; dim * dim];
    (0..dim).for_each(|a| units[a * dim + a] = 1.0);
    vector::orthonormal(rows.chunks_exact(dim).chain(units.chunks_exact(dim))).concat()
}
