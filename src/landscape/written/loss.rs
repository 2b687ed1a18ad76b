//! Loss and gradient of a written landscape, computed by a program over every number type and by its text on a device.

use super::refused::{of_expression, refused};
use super::starts::Starts;
use crate::expression::{Programs, Single, wgsl};
use crate::landscape::derived::Loss;
use crate::landscape::resting::sum_of_squares;
use crate::landscape::{DeviceProgram, Measured, Prediction, ValueAndGradient};
use crate::numerics::{Precision, Real, Streams};

/// Largest state that a device is given: one invocation holds it, and what leads to its gradient, in its registers.
const DEVICE_NUMBERS: usize = 128;
/// Bytes of a tile of 64 runs beyond which it leaves the cache that a core has for itself.
const CACHE: usize = 512 << 10;
/// Runs of a wide vector.
const RUNS: usize = 64;

/// A program of loss and gradient over a number type.
#[derive(Clone, Debug)]
pub(super) struct Computed(pub(super) Programs);

impl<R: Real> ValueAndGradient<R> for Computed {
    type Scratch = Single<R>;

    fn scratch(&self) -> Single<R> {
        self.0.single()
    }

    #[inline(always)]
    fn value_and_gradient(&self, x: &[R], room: &mut Single<R>, gradient: &mut [R]) -> Measured<R> {
        let loss = room.compute(x, gradient);
        Measured { loss, steepness: sum_of_squares(gradient), size: sum_of_squares(x) }
    }
}

/// A loss that is a graph, and what its cell knows beside.
#[derive(Clone, Debug)]
pub(super) struct WrittenLoss {
    pub(super) computed: Computed,
    pub(super) starts: Starts,
    pub(super) scale: f64,
    pub(super) least: f64,
    pub(super) places: Vec<Vec<f64>>,
    pub(super) step: Option<f64>,
    pub(super) theory: Vec<Prediction>,
}

impl Loss for WrittenLoss {
    type Over<R: Real> = Computed;
    const WIDE: bool = true;

    fn over<R: Real>(&self) -> Computed {
        self.computed.clone()
    }

    fn dim(&self) -> usize {
        self.starts.dim()
    }

    #[inline(always)]
    fn draw(&self, draws: &mut Streams, out: &mut [f64]) {
        self.starts.draw(draws, out);
    }

    fn reach(&self) -> f64 {
        self.starts.reach()
    }

    fn scale(&self) -> f64 {
        self.scale
    }

    fn least_loss(&self) -> f64 {
        self.least
    }

    fn program(&self, precision: Precision) -> DeviceProgram {
        let dim = self.dim();
        let empty = DeviceProgram::of([]);
        if dim > DEVICE_NUMBERS {
            let problem = format!("has {dim} numbers, and a device takes {DEVICE_NUMBERS} of a landscape in a file");
            return DeviceProgram { refused: Some(refused("state", problem, "choose --backend cpu")), ..empty };
        }
        match wgsl::function(self.computed.0.of(precision), "value_and_gradient") {
            Ok(text) => DeviceProgram { texts: vec![text.into()], ..empty },
            Err(error) => DeviceProgram { refused: Some(of_expression("loss", &error)), ..empty },
        }
    }

    fn operations(&self) -> f64 {
        self.computed.0.of(Precision::F32).instructions() as f64
    }

    fn distinct_starts(&self) -> Option<u64> {
        self.starts.distinct()
    }

    fn places(&self) -> &[Vec<f64>] {
        &self.places
    }

    fn step(&self) -> Option<f64> {
        self.step
    }

    fn is_long(&self) -> bool {
        let program = self.computed.0.of(Precision::F64);
        (program.dim() + program.registers()) * RUNS * size_of::<f64>() <= CACHE
    }

    fn has_families(&self) -> bool {
        true
    }

    fn theory(&self) -> Vec<Prediction> {
        self.theory.clone()
    }
}
