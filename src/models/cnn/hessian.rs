//! Second derivatives of the loss in closed form, in f64.
//!
//! With `r = ‖v‖`, `u = v/r`, `e = w*/s`, `T = aᵀa*`, `n = e − cos φ u`, which is `sin φ` long, and its direction `m`,
//! the gradient of the model's page is `∂ℓ/∂v = −(sT/2πr) (π − φ) n`. As `v` moves, `dφ = −mᵀdv/r`, `dr = uᵀdv`,
//! `dn = −(nᵀdv) u/r − cos φ (I − uuᵀ) dv/r`, hence
//!
//! ```text
//! ∂²ℓ/∂v∂v = (sT/2πr²) { (π − φ) ( cos φ (I − uuᵀ) + u nᵀ + n uᵀ ) − sin φ m mᵀ }
//! ∂²ℓ/∂v∂a = −(s/2πr) (π − φ) n a*ᵀ
//! ∂²ℓ/∂a∂a = (11ᵀ + (π−1) I)/2π
//! ```
//!
//! The loss does not change with `r`: as a filter is made `c` times as long the blocks are divided by `c²`, `c` and 1,
//! and `∂²ℓ/∂v∂v v = −∂ℓ/∂v`. At `φ = 0` and `φ = π` there is no `m`, and its term is 0. With `w* = s e₁` and `t` the
//! direction of the components of `v` across, `u = cos φ e₁ + sin φ t`, `n = sin² φ e₁ − sin φ cos φ t` and
//! `m = sin φ e₁ − cos φ t`, so that nothing cancels near the axis.

use crate::numerics::vector::dot;
use std::f64::consts::PI;

/// Euclidean norm of numbers of any size.
fn length(numbers: &[f64]) -> f64 {
    numbers.iter().fold(0.0, |norm, x| libm::hypot(norm, *x))
}

/// The Hessian at a filter `v` and output weights `a` for a teacher `s e₁`, `a*`, row by row, `v` first; NaN where the
/// filter is zero.
pub(super) fn hessian(filter: &[f64], output: &[f64], filter_norm: f64, teacher: &[f64]) -> Vec<f64> {
    let (p, dim) = (filter.len(), filter.len() + output.len());
    let across = length(&filter[1..]);
    let r = libm::hypot(filter[0], across);
    if r == 0.0 {
        return vec![f64::NAN; dim * dim];
    }
    let (cosine, sine) = (filter[0] / r, across / r);
    // π − φ
    let supplement = libm::atan2(across, -filter[0]);
    // The vector with these components along e₁ and t.
    let turned = |along: f64, around: f64| -> Vec<f64> {
        let scale = if across > 0.0 { around / across } else { 0.0 };
        let rest = filter[1..].iter().map(|v| if scale.is_finite() { scale * v } else { around * (v / across) });
        std::iter::once(along).chain(rest).collect()
    };
    let (u, m) = (turned(cosine, sine), turned(sine, -cosine));
    let half = 0.5 * filter_norm / PI;
    let own = half * dot(output, teacher) / r / r;
    let mut matrix = vec![0.0; dim * dim];
    for i in 0..p {
        for j in 0..=i {
            let identity = if i == j { 1.0 } else { 0.0 };
            let around = cosine * (identity - u[i] * u[j]) + sine * (u[i] * m[j] + m[i] * u[j]);
            let entry = own * (supplement * around - sine * m[i] * m[j]);
            (matrix[i * dim + j], matrix[j * dim + i]) = (entry, entry);
        }
        for (j, target) in teacher.iter().enumerate() {
            let entry = -half * supplement * sine * m[i] * target / r;
            (matrix[i * dim + p + j], matrix[(p + j) * dim + i]) = (entry, entry);
        }
    }
    for i in p..dim {
        matrix[i * dim + p..(i + 1) * dim].fill(0.5 / PI);
        matrix[i * dim + i] = 0.5;
    }
    matrix
}
