//! Laws that starts are drawn by, for blocks of runs at once.

use super::elementary::log;
use super::seed::{Streams, on_circle, one_minus_power, to_ball, to_sphere};

/// Most runs of a block.
pub const BLOCK: usize = 128;

/// Draws of each run a vector of `dim` numbers by the two that rotations leave: its component along a fixed direction,
/// into `along`, and the norm of the rest, into `across`, which come in filled with 0. The vector is uniform on the
/// sphere of radius `scale`, or has normal entries of that standard deviation.
#[inline(always)]
pub fn along_and_across(
    draws: &mut Streams,
    dim: usize,
    gaussian: bool,
    scale: f64,
    along: &mut [f64],
    across: &mut [f64],
) {
    if gaussian {
        // N(0, 1) and χ_{dim−1}; χ²_{2m} is −2 times the sum of m logarithms of uniforms.
        draws.normals(along);
        along.iter_mut().for_each(|x| *x *= scale);
        if dim.is_multiple_of(2) {
            draws.normals(across);
            across.iter_mut().for_each(|y| *y *= *y);
        }
        let mut uniforms = [0.5; BLOCK];
        for _ in 0..(dim - 1) / 2 {
            draws.uniforms(&mut uniforms);
            for (square, &u) in across.iter_mut().zip(&uniforms) {
                *square -= 2.0 * log(u);
            }
        }
        across.iter_mut().for_each(|y| *y = scale * y.sqrt());
        return;
    }
    draws.uniforms(along);
    if dim == 1 {
        along.iter_mut().for_each(|u| *u = if *u < 0.5 { -scale } else { scale });
        return;
    }
    // A two-dimensional projection of the sphere has radius² = 1 − U^{2/(dim−2)} and a uniform direction.
    draws.uniforms(across);
    if dim == 2 {
        along.fill(1.0);
    } else {
        along.iter_mut().for_each(|u| *u = one_minus_power(*u, 2.0 / (dim - 2) as f64));
    }
    for (x, y) in along.iter_mut().zip(across) {
        let (square, (cos, sin)) = (*x, on_circle(*y));
        *x = scale * square.sqrt() * cos;
        *y = scale * ((1.0 - square) + square * sin * sin).sqrt();
    }
}

/// A law of starts that no rotation changes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum StartLaw {
    /// Independent normal numbers of mean 0 and this standard deviation.
    Gaussian(f64),
    /// Uniform on the sphere of this radius.
    Sphere(f64),
    /// Uniform in the ball of this radius.
    Ball(f64),
}

/// Chance that a start is longer than [`StartLaw::reach`].
const BEYOND: f64 = 1e-12;

impl StartLaw {
    /// Draws the starts of a block of runs, all numbers of each.
    #[inline(always)]
    pub fn draw(self, draws: &mut Streams, out: &mut [f64]) {
        let dim = out.len() / draws.runs();
        draws.normals(out);
        match self {
            StartLaw::Gaussian(deviation) => out.iter_mut().for_each(|x| *x *= deviation),
            StartLaw::Sphere(radius) => to_sphere(out, dim, 0..dim, radius),
            StartLaw::Ball(radius) => {
                let mut uniforms = [0.0; BLOCK];
                let uniforms = &mut uniforms[..draws.runs()];
                draws.uniforms(uniforms);
                to_ball(out, dim, 0..dim, radius, uniforms);
            }
        }
    }

    /// A norm that a start of `dim` numbers exceeds with probability 10⁻¹² at most: for normal numbers by
    /// `χ²_n ≤ n + 2 √(n t) + 2 t` but for a chance of `e^{−t}` (Laurent & Massart, Annals of Statistics 28, 2000,
    /// lemma 1).
    pub fn reach(self, dim: usize) -> f64 {
        match self {
            StartLaw::Gaussian(deviation) => {
                let (n, t) = (dim as f64, -BEYOND.ln());
                deviation * (n + 2.0 * (n * t).sqrt() + 2.0 * t).sqrt()
            }
            StartLaw::Sphere(radius) | StartLaw::Ball(radius) => radius,
        }
    }
}
