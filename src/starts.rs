//! Starts of consecutive runs, drawn in blocks: the way from (seed, cell, run) to weights at a high rate.
//!
//! A form draws a block with loops over its runs and numbers ([`Form::starts`]); here the loops are compiled for the
//! instructions that the CPU has. None of this changes a bit of any start: see [`crate::elementary`].

use crate::elementary::log;
use crate::form::Form;
use crate::model::Problem;
use crate::real::wide::{self, Vectorised};
use crate::seed::{CellSeed, Streams, on_circle, one_minus_power};

/// Most runs of a block.
pub const BLOCK: usize = 128;

/// Numbers that a block of several runs draws at most: what fits in the fastest memory of a core.
const NUMBERS: usize = 2048;

struct Starts<'a, F: ?Sized> {
    form: &'a F,
    seed: CellSeed,
    first: u64,
    width: usize,
    out: &'a mut [f64],
}

impl<F: Form + ?Sized> Vectorised for Starts<'_, F> {
    type Output = ();

    #[inline(always)]
    fn with<S: pulp::Simd>(self) {
        let Starts { form, seed, mut first, width, out } = self;
        let runs = (NUMBERS / form.drawn()).clamp(1, BLOCK);
        for out in out.chunks_mut(runs * width) {
            let mut draws = Streams::new(seed, first, out.len() / width);
            form.starts(&mut draws, width, out);
            first = first.wrapping_add(runs as u64);
        }
    }
}

/// Draws the starts of the runs from `first` on, as many as `out` has room for; see [`crate::model::Problem::starts`].
pub fn draw<F: Form + ?Sized>(form: &F, seed: CellSeed, first: u64, width: usize, out: &mut [f64]) {
    wide::dispatch(Starts { form, seed, first, width, out });
}

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

impl dyn Problem + '_ {
    /// The whole start of one run: the block of one.
    #[must_use]
    pub fn start(&self, seed: CellSeed, run: u64) -> Vec<f64> {
        let mut start = vec![0.0; self.start_dim()];
        self.starts(seed, run, self.start_dim(), &mut start);
        start
    }
}
