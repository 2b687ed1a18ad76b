//! Loss and gradient of the full form over every number type. Twin of `shaders/model/linear_residual_full.wgsl`.

use super::shared::{Constants, may_rest};
use crate::landscape::surface::found;
use crate::landscape::{Landscape, Outcome, Status, Stop};
use crate::numerics::Real;
use crate::numerics::blocks::{BLOCK, for_blocks};

/// What is known of a point.
#[derive(Clone, Copy, Debug)]
pub struct Survey<R> {
    loss: R,
    /// `Σ_i ‖∂ℓ/∂Θ_i‖_F²`
    steepest: R,
    /// `Σ_i ‖Θ_i‖_F² + ℓ`
    size: R,
}

/// Products of layers, and the gradient that follows from them.
#[derive(Debug)]
pub struct Scratch<R> {
    /// `P_1 … P_L`
    prefixes: Vec<R>,
    /// `M_i`, and `M_{i−1}` while it is made.
    residuals: [Vec<R>; 2],
    gradient: Vec<R>,
}

/// The landscape over a number type.
#[derive(Debug)]
pub struct Over<R> {
    constants: Constants<R>,
    layers: usize,
    dim: usize,
    /// `Φ` where all runs share it; else it follows the layers in the state.
    target: Option<Vec<R>>,
}

/// Writes a block of `out = A B`; entry `(i, k)` of `A` is `a[i * rows + k * columns]`.
#[inline(always)]
fn multiply_block<R: Real, const A: usize, const B: usize>(
    a: &[R],
    (rows, columns): (usize, usize),
    b: &[R],
    dim: usize,
    (row, column): (usize, usize),
    out: &mut [R],
) {
    let mut sums = [[R::zero(); B]; A];
    for (k, others) in b.chunks_exact(dim).enumerate() {
        let others = &others[column..][..B];
        for r in 0..A {
            let factor = a[(row + r) * rows + k * columns];
            for c in 0..B {
                sums[r][c] = factor.mul_add(others[c], sums[r][c]);
            }
        }
    }
    for r in 0..A {
        out[(row + r) * dim + column..][..B].copy_from_slice(&sums[r]);
    }
}

/// `out = A B`, or `AᵀB`.
#[inline(always)]
fn multiply<R: Real>(a: &[R], transposed: bool, b: &[R], dim: usize, out: &mut [R]) {
    let order = if transposed { (1, dim) } else { (dim, 1) };
    for_blocks!(row, ROWS in dim => {
        for_blocks!(column, COLUMNS in dim => {
            multiply_block::<R, ROWS, COLUMNS>(a, order, b, dim, (row, column), out);
        });
    });
}

/// Writes a block of `out = A Bᵀ`.
#[inline(always)]
fn overlap_block<R: Real, const A: usize, const B: usize>(
    a: &[R],
    b: &[R],
    dim: usize,
    (row, column): (usize, usize),
    out: &mut [R],
) {
    let (a, b) = (&a[row * dim..][..A * dim], &b[column * dim..][..B * dim]);
    let mut sums = [[R::zero(); B]; A];
    for k in 0..dim {
        for r in 0..A {
            let factor = a[r * dim + k];
            for c in 0..B {
                sums[r][c] = factor.mul_add(b[c * dim + k], sums[r][c]);
            }
        }
    }
    for r in 0..A {
        out[(row + r) * dim + column..][..B].copy_from_slice(&sums[r]);
    }
}

/// `out = A Bᵀ`
#[inline(always)]
fn overlap<R: Real>(a: &[R], b: &[R], dim: usize, out: &mut [R]) {
    for_blocks!(row, ROWS in dim => {
        for_blocks!(column, COLUMNS in dim => {
            overlap_block::<R, ROWS, COLUMNS>(a, b, dim, (row, column), out);
        });
    });
}

/// `Σ x²`, in several sums that do not wait for each other.
#[inline(always)]
fn sum_of_squares<R: Real>(x: &[R]) -> R {
    let mut sums = [R::zero(); BLOCK];
    let blocks = x.chunks_exact(BLOCK);
    for (sum, &x) in sums.iter_mut().zip(blocks.remainder()) {
        *sum = x * x;
    }
    for block in blocks {
        for c in 0..BLOCK {
            sums[c] = block[c].mul_add(block[c], sums[c]);
        }
    }
    (sums[0] + sums[1]) + (sums[2] + sums[3])
}

impl<R: Real> Over<R> {
    pub(super) fn new(layers: usize, dim: usize, target: Option<&[f64]>, constants: &Constants<f64>) -> Self {
        let target = target.map(|target| target.iter().map(|&x| R::splat(x)).collect());
        Over { constants: constants.over(), layers, dim, target }
    }
}

impl<R: Real> Landscape<R> for Over<R> {
    type Pass = Survey<R>;
    type Survey = Survey<R>;
    type Scratch = Scratch<R>;

    fn scratch(&self) -> Scratch<R> {
        let one = self.dim * self.dim;
        let zeros = |count: usize| vec![R::zero(); count];
        Scratch {
            prefixes: zeros(self.layers * one),
            residuals: [zeros(one), zeros(one)],
            gradient: zeros(self.layers * one),
        }
    }

    #[inline(always)]
    fn pass(&self, x: &[R], scratch: &mut Scratch<R>) -> Survey<R> {
        let (dim, one) = (self.dim, self.dim * self.dim);
        let (weights, own) = x.split_at(self.layers * one);
        let target: &[R] = self.target.as_deref().unwrap_or(own);
        let Scratch { prefixes, residuals: [residual, next], gradient } = scratch;
        prefixes[..one].copy_from_slice(&weights[..one]);
        for i in 1..self.layers {
            let (before, here) = prefixes.split_at_mut(i * one);
            multiply(&weights[i * one..][..one], false, &before[(i - 1) * one..], dim, &mut here[..one]);
        }
        let product = &prefixes[(self.layers - 1) * one..][..one];
        for ((residual, &product), &target) in residual.iter_mut().zip(product).zip(target) {
            *residual = product - target;
        }
        let loss = R::splat(0.5) * sum_of_squares(residual);
        for i in (1..self.layers).rev() {
            overlap(residual, &prefixes[(i - 1) * one..][..one], dim, &mut gradient[i * one..][..one]);
            multiply(&weights[i * one..][..one], true, residual, dim, next);
            std::mem::swap(residual, next);
        }
        gradient[..one].copy_from_slice(residual);
        Survey { loss, steepest: sum_of_squares(gradient), size: sum_of_squares(weights) + loss }
    }

    #[inline(always)]
    fn survey(&self, _: &[R], pass: &Survey<R>) -> Survey<R> {
        *pass
    }

    #[inline(always)]
    fn loss(&self, _: &[R], survey: &Survey<R>) -> R {
        survey.loss
    }

    #[inline(always)]
    fn gradient(&self, _: &[R], _: &Survey<R>, scratch: &Scratch<R>, out: &mut [R]) {
        let (weights, own) = out.split_at_mut(scratch.gradient.len());
        weights.copy_from_slice(&scratch.gradient);
        own.fill(R::zero());
    }

    #[inline(always)]
    fn step(&self, x: &mut [R], _: &Survey<R>, scratch: &mut Scratch<R>) -> Option<Survey<R>> {
        for (w, &slope) in x.iter_mut().zip(&scratch.gradient) {
            *w = (-self.constants.step).mul_add(slope, *w);
        }
        None
    }

    #[inline(always)]
    fn may_end(&self, survey: &Survey<R>) -> R::Mask {
        may_rest(&self.constants, survey.loss, survey.steepest) | !survey.size.lt(self.constants.size_limit)
    }

    #[inline(always)]
    fn decide(&self, survey: &Survey<R>) -> R {
        resting(&self.constants, survey.loss, survey.steepest)
    }

    #[inline(always)]
    fn is_bounded(&self, survey: &Survey<R>) -> R::Mask {
        survey.size.lt(self.constants.size_limit)
    }
}

/// Code of a run that is global or at rest, given its loss and the squared norm of its gradient.
#[inline(always)]
pub(super) fn resting<R: Real>(c: &Constants<R>, loss: R, steepest: R) -> R {
    let at_rest = R::splat(f64::from(Stop::code(Status::Converged, None)));
    let global = found(Status::Converged, Outcome::Global);
    let still = R::select(R::zero().lt(c.near), found(Status::Converged, Outcome::Saddle), at_rest);
    let code = R::select(steepest.le(c.still_square), still, R::zero());
    let near = steepest.le(c.rest_square) & loss.lt(c.near);
    R::select(near | loss.le(c.tolerance), global, code)
}
