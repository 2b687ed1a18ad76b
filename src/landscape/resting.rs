//! Landscapes that compute loss and gradient in one look at the weights, and whose runs end at rest, to be judged by
//! the curvature there, or at a loss that counts as the global one. Twin of `shaders/resting.wgsl`.

use super::device::{DeviceProgram, constants};
use super::endpoint::{Outcome, Status, Stop};
use super::surface::{Landscape, found};
use crate::numerics::Real;

constants! {
    /// When a run ends, and how it moves, in the format it is meant for.
    pub struct Ends {
        /// Loss up to which a run has found the global minimum; below every loss where none is known.
        global_loss,
        /// Steepness at which a run is at rest.
        rest_square,
        /// Size from which on a run can be at rest. Below it, beside a saddle at zero, a small gradient says only that
        /// the weights are small; negative where there is no such saddle.
        least_size,
        /// Size at which a run has diverged.
        size_limit,
        /// Step size `η`.
        step,
    }
}

impl Ends<f64> {
    /// A program with these ends: the text that all landscapes of this kind share goes before its own, and so do the
    /// constants.
    pub fn complete(&self, mut program: DeviceProgram) -> DeviceProgram {
        program.texts.insert(0, include_str!("../../shaders/resting.wgsl").into());
        program.constants = self.named().into_iter().chain(program.constants).collect();
        program
    }
}

/// What is known of a point.
#[derive(Clone, Copy, Debug)]
pub struct Measured<R> {
    /// Loss.
    pub loss: R,
    /// Squared norm of the gradient, or of its largest part.
    pub steepness: R,
    /// A measure of the weights' size.
    pub size: R,
}

/// Loss and gradient over a number type.
pub trait ValueAndGradient<R: Real> {
    /// Room for what leads to the gradient.
    type Scratch;
    /// Room for one descent.
    fn scratch(&self) -> Self::Scratch;
    /// Surveys the weights `x` and writes the gradient, as long as they are.
    fn value_and_gradient(&self, x: &[R], scratch: &mut Self::Scratch, gradient: &mut [R]) -> Measured<R>;
}

/// The landscape of a surface.
#[derive(Debug)]
pub struct Resting<R, S> {
    ends: Ends<R>,
    surface: S,
    dim: usize,
}

impl<R: Real, S: ValueAndGradient<R>> Resting<R, S> {
    /// The landscape of a surface over `dim` weights.
    pub fn new(ends: &Ends<f64>, surface: S, dim: usize) -> Self {
        Resting { ends: ends.over(), surface, dim }
    }

    #[inline(always)]
    fn is_at_rest(&self, seen: &Measured<R>) -> R::Mask {
        seen.steepness.le(self.ends.rest_square) & self.ends.least_size.lt(seen.size)
    }
}

/// The gradient, and room for what leads to it.
#[derive(Debug)]
pub struct Scratch<R, T> {
    gradient: Vec<R>,
    room: T,
}

/// Sum of squares.
#[inline(always)]
pub fn sum_of_squares<R: Real>(x: &[R]) -> R {
    let mut sum = R::zero();
    for &x in x {
        sum = x.mul_add(x, sum);
    }
    sum
}

impl<R: Real, S: ValueAndGradient<R>> Landscape<R> for Resting<R, S> {
    type Pass = Measured<R>;
    type Survey = Measured<R>;
    type Scratch = Scratch<R, S::Scratch>;

    fn scratch(&self) -> Self::Scratch {
        Scratch { gradient: vec![R::zero(); self.dim], room: self.surface.scratch() }
    }

    #[inline(always)]
    fn pass(&self, x: &[R], scratch: &mut Self::Scratch) -> Measured<R> {
        self.surface.value_and_gradient(x, &mut scratch.room, &mut scratch.gradient)
    }

    #[inline(always)]
    fn survey(&self, _: &[R], pass: &Measured<R>) -> Measured<R> {
        *pass
    }

    #[inline(always)]
    fn loss(&self, _: &[R], seen: &Measured<R>) -> R {
        seen.loss
    }

    #[inline(always)]
    fn gradient(&self, _: &[R], _: &Measured<R>, scratch: &Self::Scratch, out: &mut [R]) {
        out.copy_from_slice(&scratch.gradient);
    }

    #[inline(always)]
    fn step(&self, x: &mut [R], _: &Measured<R>, scratch: &mut Self::Scratch) -> Option<Measured<R>> {
        for (w, &slope) in x.iter_mut().zip(&scratch.gradient) {
            *w = (-self.ends.step).mul_add(slope, *w);
        }
        None
    }

    #[inline(always)]
    fn may_end(&self, seen: &Measured<R>) -> R::Mask {
        let bounded = seen.size.lt(self.ends.size_limit);
        self.is_at_rest(seen) | seen.loss.le(self.ends.global_loss) | !bounded
    }

    #[inline(always)]
    fn decide(&self, seen: &Measured<R>) -> R {
        let at_rest = R::splat(f64::from(Stop::code(Status::Converged, None)));
        let code = R::select(self.is_at_rest(seen), at_rest, R::zero());
        R::select(seen.loss.le(self.ends.global_loss), found(Status::Converged, Outcome::Global), code)
    }

    #[inline(always)]
    fn is_bounded(&self, seen: &Measured<R>) -> R::Mask {
        seen.size.lt(self.ends.size_limit)
    }
}
