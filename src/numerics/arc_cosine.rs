//! The arc-cosine kernel: correlation of two ReLU units under Gaussian input. Twin of `shaders/arc_cosine.wgsl`.
//!
//! For `x ~ N(0, I)` and two directions at angle `φ`, `E[relu(u·x) relu(v·x)] = ‖u‖‖v‖ g(φ) / 2π` with
//! `g(φ) = (π − φ) cos φ + sin φ` (Cho & Saul 2009, arc-cosine kernel of order 1; Du et al. 2018, Theorem 3.1).
//!
//! The angle comes from our own arc tangent: shading languages guarantee only 4096 ulp for `atan2`, which would move
//! the point a descent converges to. Half-angle reduction, `φ = 2 atan(y / (r + x))`, and a minimax polynomial keep it
//! to a few ulp in either format.

use crate::numerics::{Precision, Real};
use std::f64::consts::PI;

/// The angle of a planar vector from the positive x axis, with its supplement.
#[derive(Clone, Copy, Debug)]
pub struct Angle<R> {
    /// `φ` in `[0, π]`, radians.
    pub angle: R,
    /// `π − φ`, computed without cancellation near `φ = π`.
    pub supplement: R,
    /// The smaller of the two.
    pub acute: R,
}

/// Angle of the point `(x, y)` with `y >= 0` and `r = hypot(x, y) > 0`.
///
/// Both results are accurate to a few ulp of themselves: `angle` near 0 and `supplement` near 0 keep full relative
/// precision. NaN if `r` is 0 or not finite.
#[inline(always)]
pub fn angle_of<R: Real>(x: R, y: R, r: R) -> Angle<R> {
    let across = x.abs();
    let near = R::min(across, y);
    let far = R::max(across, y);
    // tan of half the angle to the nearer axis; at most tan(π/8).
    let t = near / (r + far);
    let z = t * t;
    let polynomial = atan_polynomial(z);
    let half = t * polynomial;
    let to_axis = half + half;
    let acute = R::select(across.lt(y), R::splat(0.5 * PI) - to_axis, to_axis);
    let obtuse = R::splat(PI) - acute;
    let left = x.lt(R::zero());
    Angle { angle: R::select(left, obtuse, acute), supplement: R::select(left, acute, obtuse), acute }
}

/// `atan(t)/t` of `z = t²` by Horner's rule; the many terms of f64 as even and odd powers of `z`, so that one sum need
/// not wait for the other.
#[inline(always)]
fn atan_polynomial<R: Real>(z: R) -> R {
    let coefficients = R::PRECISION.atan_coefficients();
    let (stride, power) = match R::PRECISION {
        Precision::F32 => (1, z),
        Precision::F64 => (2, z * z),
    };
    let mut sums = [R::zero(); 2];
    for (first, sum) in sums.iter_mut().enumerate().take(stride) {
        let last = coefficients.len() - stride + first;
        *sum = R::splat(coefficients[last]);
        for i in (0..last / stride).rev() {
            *sum = sum.mul_add(power, R::splat(coefficients[i * stride + first]));
        }
    }
    let [even, odd] = sums;
    match R::PRECISION {
        Precision::F32 => even,
        Precision::F64 => odd.mul_add(z, even),
    }
}

/// `π − g(φ) = π (1 − cos φ) − (sin φ − φ cos φ)` without cancellation near `φ = 0`, where it is `≈ (π/2) φ²`.
///
/// Arguments as in [`angle_of`], with its result.
#[inline(always)]
pub fn kernel_deficit<R: Real>(x: R, y: R, r: R, angle: R) -> R {
    let right = R::zero().le(x);
    // 1 − x/r = y² / (r (r + x)), safe for x >= 0.
    let versine = R::select(right, y * y / (r * (r + x.abs())), R::splat(1.0) - x / r);
    R::splat(PI) * versine - sine_excess(x, y, r, angle)
}

/// `sin φ − φ cos φ`, by its Taylor series where the difference would cancel.
#[inline(always)]
fn sine_excess<R: Real>(x: R, y: R, r: R, angle: R) -> R {
    let z = angle * angle;
    // Σ_{m>=1} (−1)^{m+1} 2m φ^{2m+1} / (2m+1)!: at φ < 0.35 the first term left out is below 2e-16 relative.
    let mut series = R::splat(-12.0 / 6_227_020_800.0);
    for c in [10.0 / 39_916_800.0, -8.0 / 362_880.0, 6.0 / 5_040.0, -4.0 / 120.0, 2.0 / 6.0] {
        series = series * z + R::splat(c);
    }
    let direct = (y - angle * x) / r;
    R::select(angle.lt(R::splat(0.35)), series * z * angle, direct)
}
