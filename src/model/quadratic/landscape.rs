//! The descent over every number type, whatever the loss. Twin of `shaders/model/quadratic.wgsl`.

use crate::descent::{Landscape, found};
use crate::endpoint::{Outcome, Status, Stop};
use crate::model::constants;
use crate::real::Real;

constants! {
    /// Constants of the stop rule and the step, in the format they are meant for.
    pub struct Constants {
        /// Loss up to which a run has found the global minimum.
        global_exit,
        /// Squared norm of the gradient at which a run is at rest.
        rest_square,
        /// `‖W‖²` at which a run has diverged.
        size_limit,
        /// Step size `η`.
        step,
    }
}

/// What is known of a point.
#[derive(Clone, Copy, Debug)]
pub struct Survey<R> {
    /// Loss.
    pub loss: R,
    /// Squared Frobenius norm of the gradient.
    pub square: R,
    /// `‖W‖²`
    pub size: R,
}

/// The gradient, and room for what leads to it.
#[derive(Debug)]
pub struct Scratch<R> {
    /// Gradient, as long as the state.
    pub gradient: Vec<R>,
    /// As many numbers as [`Surface::room`] says.
    pub room: Vec<R>,
}

/// One of the two losses over a number type.
pub trait Surface<R: Real> {
    /// Numbers that it needs beside the gradient.
    fn room(&self) -> usize;
    /// Surveys the weights `x` and leaves the gradient in the scratch memory.
    fn look(&self, x: &[R], scratch: &mut Scratch<R>) -> Survey<R>;
}

/// The landscape over a number type.
#[derive(Debug)]
pub struct Over<R, S> {
    constants: Constants<R>,
    surface: S,
    dim: usize,
}

impl<R: Real, S: Surface<R>> Over<R, S> {
    pub(super) fn new(constants: &Constants<f64>, surface: S, dim: usize) -> Self {
        Over { constants: constants.over(), surface, dim }
    }
}

impl<R: Real, S: Surface<R>> Landscape<R> for Over<R, S> {
    type Pass = Survey<R>;
    type Survey = Survey<R>;
    type Scratch = Scratch<R>;

    fn scratch(&self) -> Scratch<R> {
        Scratch { gradient: vec![R::zero(); self.dim], room: vec![R::zero(); self.surface.room()] }
    }

    #[inline(always)]
    fn pass(&self, x: &[R], scratch: &mut Scratch<R>) -> Survey<R> {
        self.surface.look(x, scratch)
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
        out.copy_from_slice(&scratch.gradient);
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
        let bounded = survey.size.lt(self.constants.size_limit);
        survey.square.le(self.constants.rest_square) | survey.loss.le(self.constants.global_exit) | !bounded
    }

    #[inline(always)]
    fn decide(&self, survey: &Survey<R>) -> R {
        let at_rest = R::splat(f64::from(Stop::code(Status::Converged, None)));
        let code = R::select(survey.square.le(self.constants.rest_square), at_rest, R::zero());
        let global = survey.loss.le(self.constants.global_exit);
        R::select(global, found(Status::Converged, Outcome::Global), code)
    }

    #[inline(always)]
    fn size(&self, survey: &Survey<R>) -> R {
        survey.size
    }

    #[inline(always)]
    fn size_limit(&self) -> R {
        self.constants.size_limit
    }
}

/// Rows, columns and samples that are taken together: each number that is fetched is then used this often.
pub(super) const BLOCK: usize = 4;

/// Covers `0 .. count` with blocks of [`BLOCK`], then of one: `$size` is a constant.
macro_rules! for_blocks {
    ($first:ident, $size:ident in $count:expr => $body:block) => {{
        let whole = $count / $crate::model::quadratic::landscape::BLOCK * $crate::model::quadratic::landscape::BLOCK;
        for $first in (0..whole).step_by($crate::model::quadratic::landscape::BLOCK) {
            const $size: usize = $crate::model::quadratic::landscape::BLOCK;
            $body
        }
        for $first in whole..$count {
            const $size: usize = 1;
            $body
        }
    }};
}
pub(super) use for_blocks;

/// Adds `W B`, for weights of `rows` rows and a symmetric matrix `B` of `dim` rows, to `out`.
#[inline(always)]
pub(super) fn add_product<R: Real>(x: &[R], matrix: &[R], dim: usize, out: &mut [R]) {
    let rows = x.len() / dim;
    for_blocks!(first, ROWS in rows => {
        let weights: [&[R]; ROWS] = std::array::from_fn(|a| &x[(first + a) * dim..][..dim]);
        for_blocks!(start, COLUMNS in dim => {
            let mut sums = [[R::zero(); COLUMNS]; ROWS];
            for (a, sums) in sums.iter_mut().enumerate() {
                sums.copy_from_slice(&out[(first + a) * dim + start..][..COLUMNS]);
            }
            for b in 0..dim {
                let row: &[R] = &matrix[b * dim + start..][..COLUMNS];
                for (sums, weights) in sums.iter_mut().zip(&weights) {
                    for (sum, &entry) in sums.iter_mut().zip(row) {
                        *sum = weights[b].mul_add(entry, *sum);
                    }
                }
            }
            for (a, sums) in sums.iter().enumerate() {
                out[(first + a) * dim + start..][..COLUMNS].copy_from_slice(sums);
            }
        });
    });
}

/// Sum of squares.
#[inline(always)]
pub(super) fn square<R: Real>(x: &[R]) -> R {
    let mut sum = R::zero();
    for &x in x {
        sum = x.mul_add(x, sum);
    }
    sum
}
