//! Forms: one coordinate system of a model each, its mathematics generic over the number type.

use super::problem::Core;
use super::surface::Landscape;
use crate::numerics::{Real, Streams};

/// One coordinate system of a model: its landscape over every number type, and the law of its starts.
/// [`crate::descent`] computes every form with the vectors that the processor has.
pub trait Form: Core {
    /// The landscape over a number type.
    type Over<R: Real>: Landscape<R>;
    /// Whether a step is one chain of operations, so that a CPU had better compute two vectors of runs in turns, if
    /// runs are long.
    const PAIRS: bool = false;
    /// Whether a step costs much beside its arithmetic, such as reading instructions, so that eight vectors of runs had
    /// better share that on a CPU, if runs are long.
    const WIDE: bool = false;

    /// The landscape over a number type.
    fn over<R: Real>(&self) -> Self::Over<R>;
    /// Numbers that are drawn and kept for a start at once; where they are many, blocks have fewer runs.
    fn drawn(&self) -> usize {
        self.layout().start_dim
    }
    /// Draws a block of at most [`BLOCK`](crate::numerics::start_law::BLOCK) starts into `out`, of each the first
    /// `width` numbers; what belongs to none of these need not be computed. To be inlined always, so that it is
    /// compiled for the CPU's instructions.
    fn draw(&self, draws: &mut Streams, width: usize, out: &mut [f64]);
    /// Whether runs take many steps: vectors whose runs seldom end pay for being wide.
    fn is_long(&self) -> bool {
        true
    }
}
