//! Second derivatives of the loss in closed form, in f64, and how fast they can change.
//!
//! With `f(u, v) = ‖u‖‖v‖ (sin t + (π − t) cos t)/2π`, `t = ∠(u, v)`, and the unit vector `m` in
//! `v̂ = cos t û + sin t m`,
//!
//! ```text
//! ∂²f/∂u∂u = ‖v‖ sin t (I − ûûᵀ + mmᵀ) / 2π‖u‖
//! ∂²f/∂u∂v = { (π − t) I + sin t cos t (ûûᵀ − mmᵀ) + sin² t (ûmᵀ + mûᵀ) } / 2π
//! ```
//!
//! (the same as in the paper's closed forms, with nothing divided by the sine, so that nearly parallel vectors lose no
//! digits). Where the vectors are parallel they are 0 and `(π − t) I / 2π`.

use super::teachers::Teachers;
use crate::numerics::vector::polar;
use std::f64::consts::{PI, SQRT_2};

/// A direction with its length.
struct Ray {
    norm: f64,
    unit: Vec<f64>,
}

impl Ray {
    fn of(vector: &[f64]) -> Self {
        // A neuron of length 0 has no direction, and the loss no second derivatives there.
        let (norm, unit) = polar(vector).unwrap_or_else(|| (f64::NAN, vec![f64::NAN; vector.len()]));
        Ray { norm, unit }
    }
}

/// The angle between two directions.
struct Meeting {
    cosine: f64,
    sine: f64,
    supplement: f64,
    /// `m`; zero where the vectors are parallel.
    across: Vec<f64>,
}

fn meet(u: &Ray, v: &Ray) -> Meeting {
    let cosine: f64 = u.unit.iter().zip(&v.unit).map(|(x, y)| x * y).sum();
    let mut across: Vec<f64> = u.unit.iter().zip(&v.unit).map(|(x, y)| y - cosine * x).collect();
    let sine = across.iter().map(|x| x * x).sum::<f64>().sqrt();
    let scale = if sine > 0.0 { 1.0 / sine } else { 0.0 };
    across.iter_mut().for_each(|x| *x *= scale);
    // The angle of (−cos, sin) is π − t.
    Meeting { cosine, sine, supplement: libm::atan2(sine, -cosine), across }
}

/// Adds `sign · ∂²f/∂u∂u` to a d × d block of a matrix with rows of `width` numbers.
fn add_own(block: &mut [f64], width: usize, sign: f64, u: &Ray, v: &Ray) {
    let Meeting { sine, across, .. } = meet(u, v);
    let scale = sign * v.norm * sine / (2.0 * PI * u.norm);
    for (a, (&x, &p)) in u.unit.iter().zip(&across).enumerate() {
        let row = &mut block[a * width..][..u.unit.len()];
        row[a] += scale;
        for (entry, (&y, &q)) in row.iter_mut().zip(u.unit.iter().zip(&across)) {
            *entry += scale * (p * q - x * y);
        }
    }
}

/// Writes `∂²f/∂u∂v`, a symmetric matrix, to a d × d block.
fn write_mixed(block: &mut [f64], width: usize, u: &Ray, v: &Ray) {
    let Meeting { cosine, sine, supplement, across } = meet(u, v);
    let (turn, lean) = (0.5 / PI * sine * cosine, 0.5 / PI * sine * sine);
    for (a, (&x, &p)) in u.unit.iter().zip(&across).enumerate() {
        let row = &mut block[a * width..][..u.unit.len()];
        for (entry, (&y, &q)) in row.iter_mut().zip(u.unit.iter().zip(&across)) {
            *entry = turn * (x * y - p * q) + lean * (x * q + p * y);
        }
        row[a] += 0.5 / PI * supplement;
    }
}

/// The Hessian of the loss, row by row. It does not exist where a neuron has no direction: NaN there.
pub(super) fn hessian(state: &[f64], teachers: &Teachers) -> Vec<f64> {
    let d = teachers.input_dim;
    let students: Vec<Ray> = state.chunks_exact(d).map(Ray::of).collect();
    let others: Vec<Ray> = teachers.rows.chunks_exact(d).map(Ray::of).collect();
    let width = state.len();
    let mut matrix = vec![0.0; width * width];
    for (i, u) in students.iter().enumerate() {
        for (j, v) in students.iter().enumerate() {
            let block = &mut matrix[i * d * width + j * d..];
            if i == j {
                (0..d).for_each(|a| block[a * width + a] += 0.5);
                students
                    .iter()
                    .enumerate()
                    .filter(|(m, _)| *m != i)
                    .for_each(|(_, v)| add_own(block, width, 1.0, u, v));
                others.iter().for_each(|v| add_own(block, width, -1.0, u, v));
            } else {
                write_mixed(block, width, u, v);
            }
        }
    }
    matrix
}

/// Lipschitz constant of the Hessian in a ball: `(√2 n(n−1)(W + w) + max(n, 3√3/4) k‖v‖)/(π w²)`, where the norms of
/// the neurons lie between `w` and `W` in the ball and those of the teachers are at most `‖v‖` (Safran & Shamir 2018,
/// the bound on third derivatives behind their proof). Theirs has `n` for the maximum, which a single neuron exceeds:
/// the largest third derivative of `f(·, v)` along a unit vector is `3√3/4 · ‖v‖/(π‖u‖²)`. Infinite where a neuron may
/// vanish in the ball.
pub(super) fn lipschitz(state: &[f64], teachers: &Teachers, radius: f64) -> f64 {
    let norms = state.chunks_exact(teachers.input_dim).map(|w| w.iter().map(|x| x * x).sum::<f64>().sqrt());
    let (mut low, mut high, mut n) = (f64::INFINITY, 0.0f64, 0.0f64);
    for norm in norms {
        if norm.is_nan() {
            return f64::INFINITY;
        }
        (low, high, n) = (low.min(norm), high.max(norm), n + 1.0);
    }
    let (low, high) = (low - radius, high + radius);
    if low.is_nan() || low <= 0.0 {
        return f64::INFINITY;
    }
    let longest = teachers.norms.iter().fold(0.0f64, |most, norm| most.max(*norm));
    let alone = 0.75 * 3f64.sqrt();
    let (students, teachers) = (SQRT_2 * n * (n - 1.0) * (high + low), n.max(alone) * teachers.count as f64 * longest);
    (students + teachers) / (PI * low * low)
}
