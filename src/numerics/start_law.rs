//! Laws that starts are drawn by, for blocks of runs at once.

use super::elementary::log;
use super::seed::{Streams, on_circle, one_minus_power};

/// Most runs of a block.
pub const BLOCK: usize = 128;

/// Draws of each run a vector of `dim` numbers by the two that rotations leave: its component along a fixed direction, into `along`, and
/// the norm of the rest, into `across`, which come in filled with 0. The vector is uniform on the sphere of radius `scale`, or has
/// normal entries of that standard deviation.
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
