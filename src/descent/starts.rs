//! Starts of consecutive runs, drawn in blocks: the way from (seed, cell, run) to weights at a high rate.
//!
//! A form draws a block with loops over its runs and numbers ([`Form::draw`]); here the loops are compiled for the
//! instructions that the CPU has. None of this changes a bit of any start: see [`crate::numerics::elementary`].

use crate::landscape::Form;
use crate::numerics::real::wide::{self, Vectorised};
use crate::numerics::start_law::BLOCK;
use crate::numerics::{CellSeed, Streams};

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
            form.draw(&mut draws, width, out);
            first = first.wrapping_add(runs as u64);
        }
    }
}

/// Draws the starts of the runs from `first` on, as many as `out` has room for; see
/// [`crate::landscape::problem::Engine::starts`].
pub fn draw<F: Form + ?Sized>(form: &F, seed: CellSeed, first: u64, width: usize, out: &mut [f64]) {
    wide::dispatch(Starts { form, seed, first, width, out });
}
