//! Second derivatives of the loss in closed form, in f64, and how fast they can change.
//!
//! With the words of the model's page, `ŵ = w/r`, `t_δ = (S_δ + S_{−δ}) ŵ − 2 cos θ_δ ŵ` and
//! `q_δ = S_δ w*/R − cos φ_δ ŵ`, which is no longer than `sin φ_δ`,
//!
//! ```text
//! πk² ∂²ℓ/∂w∂w = kπ I + Σ_{0<δ} (k−δ) { 2 sin θ_δ I + (π − θ_δ)(S_δ + S_{−δ}) + t_δ t_δᵀ/sin θ_δ } + n₀ I
//!              − (R/r) { Σ_δ (k−|δ|) [ sin φ_δ (I − ŵŵᵀ) + q_δ q_δᵀ/sin φ_δ ] + n₀ (I − ŵŵᵀ) }
//! ```
//!
//! with `n₀` pairs of patches that share no number. A filter and a shifted copy of it are never parallel, so that
//! `sin θ_δ` does not vanish; where `sin φ_δ` does, `q_δ` does too and its term is 0.

use super::Shape;
use crate::numerics::vector::{dot, norm, polar};
use std::f64::consts::PI;

/// `S_δ v`
fn shifted(v: &[f64], by: isize) -> Vec<f64> {
    let at = |p: usize| usize::try_from(p as isize - by).ok().and_then(|q| v.get(q)).copied().unwrap_or(0.0);
    (0..v.len()).map(at).collect()
}

/// Squared norm of the components of `v` that a shift takes out of the filter.
fn outside(v: &[f64], by: isize) -> f64 {
    let leaves = |p: usize| usize::try_from(p as isize + by).map_or(true, |q| q >= v.len());
    v.iter().enumerate().filter(|(p, _)| leaves(*p)).map(|(_, x)| x * x).sum()
}

/// Adds `scale · v vᵀ`.
fn add_square(matrix: &mut [f64], v: &[f64], scale: f64) {
    for (row, x) in matrix.chunks_exact_mut(v.len()).zip(v) {
        row.iter_mut().zip(v).for_each(|(entry, y)| *entry += scale * x * y);
    }
}

/// The Hessian at `w` for the teacher `w*`, row by row; NaN where the filter has no direction.
pub(super) fn hessian(shape: &Shape, w: &[f64], teacher: &[f64]) -> Vec<f64> {
    let m = w.len();
    let Some((r, unit)) = polar(w) else { return vec![f64::NAN; m * m] };
    let norm_teacher = norm(teacher);
    let (weights, apart) = (shape.weights(), shape.apart());
    let mut matrix = vec![0.0; m * m];
    // Factors of I and of ŵŵᵀ.
    let mut round = weights[0] * PI + apart - norm_teacher / r * apart;
    let mut radial = norm_teacher / r * apart;
    for (distance, weight) in weights.iter().enumerate() {
        let by = (distance * shape.stride) as isize;
        if distance > 0 {
            let both: Vec<f64> = shifted(&unit, by).iter().zip(shifted(&unit, -by)).map(|(a, b)| a + b).collect();
            let cosine = (0.5 * dot(&unit, &both)).clamp(-1.0, 1.0);
            let sine = ((1.0 - cosine) * (1.0 + cosine)).sqrt();
            let supplement = libm::atan2(sine, -cosine);
            round += 2.0 * weight * sine;
            for p in distance * shape.stride..m {
                let q = p - distance * shape.stride;
                matrix[p * m + q] += weight * supplement;
                matrix[q * m + p] += weight * supplement;
            }
            let t: Vec<f64> = both.iter().zip(&unit).map(|(b, x)| b - 2.0 * cosine * x).collect();
            add_square(&mut matrix, &t, weight / sine);
        }
        for by in if distance > 0 { vec![by, -by] } else { vec![0] } {
            let moved = shifted(teacher, by);
            let cosine = dot(&unit, &moved) / norm_teacher;
            let q: Vec<f64> = moved.iter().zip(&unit).map(|(v, u)| v / norm_teacher - cosine * u).collect();
            // The length of q and of what the shift takes out of the filter, which keep their digits where the two are
            // nearly parallel.
            let sine = (dot(&q, &q) + outside(teacher, by) / (norm_teacher * norm_teacher)).sqrt();
            let scale = weight * norm_teacher / r;
            round -= scale * sine;
            radial += scale * sine;
            if sine > 0.0 {
                add_square(&mut matrix, &q, -scale / sine);
            }
        }
    }
    add_square(&mut matrix, &unit, radial);
    (0..m).for_each(|p| matrix[p * m + p] += round);
    matrix
}

/// Lipschitz constant of the Hessian where the filter's norm is at least `low`; infinite unless that is positive.
///
/// Along a unit vector `a` the third derivative of `g(u, v)` in `u` is at most `(3√3/4) ‖v‖/(π‖u‖²)`. That of
/// `g(w_i, w_j)`, in which both move, has this term twice, with `‖u‖ = ‖v‖ = r`, and
/// `3 E δ(uᵀx) 1(vᵀx > 0) (aᵀx)² (bᵀx)` twice: the density of `uᵀx` at 0 is `1/(r√2π)`, and by Hölder's inequality a
/// moment of third order of the rest, over half of the space, is at most `½ E|z|³ = √(2/π)`, which makes `3/(πr)`.
/// Patches that share no number have a constant angle: only `‖w‖`, whose third derivative is at most `2/(√3 r²)`, is
/// left of them. The Lipschitz constant of a matrix in the operator norm is the largest third derivative along a single
/// direction (Banach).
pub(super) fn lipschitz(shape: &Shape, norm_teacher: f64, low: f64) -> f64 {
    if low.is_nan() || low <= 0.0 {
        return f64::INFINITY;
    }
    let alone = 0.75 * 3f64.sqrt();
    let own = PI * shape.weights()[0];
    let apart = PI * shape.apart();
    let students = (1.0 - own - apart).max(0.0) * (2.0 * alone + 6.0) / low;
    let teachers = 2.0 * (alone * (1.0 - apart) + apart / 3f64.sqrt()) * norm_teacher / (low * low);
    (students + teachers) / PI
}
