//! Forms: one coordinate system of a model each, its mathematics generic over the number type. Every [`Form`] is a [`Problem`],
//! computed with the vectors that the processor has.

use crate::landscape::endpoint::Outcome;
use crate::landscape::model::{Coordinate, Kernel, Landmark, Prediction, Rest};
use crate::landscape::path::{Observable, PathTheory, Traced};
use crate::landscape::proof::Provable;
use crate::landscape::surface::{Landscape, Rule};
use crate::landscape::symmetry::Overlaps;
use crate::landscape::theorem::{Claim, Theorem};
use crate::numerics::real::{Precision, Real};
use crate::numerics::seed::{CellSeed, Streams};

/// One coordinate system of a model: its landscape over every number type, and its starts.
pub trait Form: Send + Sync {
    /// The landscape over a number type.
    type Over<R: Real>: Landscape<R>;
    /// Whether a step is one chain of operations, so that a CPU had better compute two vectors of runs in turns, if runs are long.
    const PAIRS: bool = false;

    /// The landscape over a number type.
    fn over<R: Real>(&self) -> Self::Over<R>;
    /// See [`Problem::dim`].
    fn dim(&self) -> usize;
    /// See [`Problem::weights`].
    fn weights(&self) -> usize {
        self.dim()
    }
    /// See [`Problem::start_dim`].
    fn start_dim(&self) -> usize {
        self.dim()
    }
    /// Numbers that are drawn and kept for a start at once; where they are many, blocks have fewer runs.
    fn drawn(&self) -> usize {
        self.start_dim()
    }
    /// Draws a block of at most [`crate::numerics::start_law::BLOCK`] starts into `out`, of each the first `width` numbers; what belongs to none of
    /// these need not be computed. To be inlined always, so that it is compiled for the CPU's instructions.
    fn starts(&self, draws: &mut Streams, width: usize, out: &mut [f64]);
    /// See [`Problem::distinct_starts`].
    fn distinct_starts(&self) -> Option<u64> {
        None
    }
    /// See [`Problem::rule`].
    fn rule(&self) -> Rule;
    /// See [`Problem::endpoint_loss`].
    fn endpoint_loss(&self, _start: &[f64], _state: &[f64], _steps: u32) -> Option<f64> {
        None
    }
    /// Whether runs take many steps: vectors whose runs seldom end pay for being wide.
    fn is_long(&self) -> bool {
        true
    }
    /// See [`Problem::kernel`].
    fn kernel(&self, precision: Precision) -> Kernel;
    /// See [`Problem::theory`].
    fn theory(&self) -> Vec<Prediction>;
    /// See [`Problem::at_start`].
    fn at_start(&self, _seed: CellSeed) -> Vec<Prediction> {
        Vec::new()
    }
    /// See [`Problem::drawn_for_each_run`].
    fn drawn_for_each_run(&self) -> Option<&'static str> {
        None
    }
    /// See [`Problem::coordinates`].
    fn coordinates(&self) -> Vec<Coordinate> {
        Vec::new()
    }
    /// See [`Problem::coordinate`].
    fn coordinate(&self, _name: &str, _state: &[f64]) -> Option<f64> {
        None
    }
    /// See [`Problem::place`].
    fn place(&self, _name: &str, _value: f64, _start: &mut [f64]) {}
    /// See [`Problem::landmarks`].
    fn landmarks(&self) -> Vec<Landmark> {
        Vec::new()
    }
    /// See [`Problem::theorems`].
    fn theorems(&self) -> Vec<Theorem> {
        Vec::new()
    }
    /// See [`Problem::claim`].
    fn claim(&self, _start: &[f64], _claims: &mut [Claim]) {}
    /// See [`Problem::observables`].
    fn observables(&self, _start: &[f64], _state: &[f64], _steps: u32) -> Vec<Observable> {
        Vec::new()
    }
    /// See [`Problem::path_theory`].
    fn path_theory(&self, _walk: &Traced<'_>) -> PathTheory {
        PathTheory::default()
    }
    /// See [`Problem::provable`].
    fn provable(&self) -> Option<Box<dyn Provable>> {
        None
    }
    /// See [`Problem::rest`].
    fn rest(&self) -> Option<Rest> {
        None
    }
    /// See [`Problem::is_global`]: here by its loss.
    fn is_global(&self, _minimum: &[f64], loss: f64) -> bool {
        Form::rest(self).is_some_and(|rest| loss <= rest.zero)
    }
    /// See [`Problem::knows_slow_paths`].
    fn knows_slow_paths(&self) -> bool {
        false
    }
    /// See [`Problem::late`].
    fn late(&self, _state: &[f64]) -> Outcome {
        Outcome::Undecided
    }
    /// See [`Problem::hessian`].
    fn hessian(&self, _state: &[f64]) -> Option<Vec<f64>> {
        None
    }
    /// See [`Problem::flat_directions`].
    fn flat_directions(&self, _state: &[f64]) -> Vec<(&'static str, Vec<f64>)> {
        Vec::new()
    }
    /// See [`Problem::hessian_lipschitz`].
    fn hessian_lipschitz(&self, _state: &[f64], _radius: f64) -> f64 {
        f64::INFINITY
    }
    /// See [`Problem::image`].
    fn image(&self, state: &[f64]) -> Overlaps {
        Overlaps { rows: 1, columns: state.len(), movable: 0, entries: state.to_vec() }
    }
    /// See [`Problem::state_of`].
    fn state_of(&self, image: &[f64]) -> Vec<f64> {
        image.to_vec()
    }
    /// See [`Problem::overlaps`].
    fn overlaps(&self, state: &[f64]) -> Overlaps {
        Form::image(self, state)
    }
}
