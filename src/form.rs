//! Forms: one coordinate system of a model each, its mathematics generic over the number type. Every [`Form`] is a [`Problem`],
//! computed with the vectors that the processor has.

use crate::certify::Provable;
use crate::descent::{self, Landscape, Rule};
use crate::endpoint::{Outcome, Stop};
use crate::model::{Coordinate, Evaluation, Kernel, Landmark, Prediction, Problem, Rest, Work};
use crate::observable::{Guides, Observable, Walk};
use crate::promise::{Claim, Promise};
use crate::real::wide::{self, F32s, F64s, Pair, Vectorised};
use crate::real::{Precision, Real};
use crate::seed::{CellSeed, Streams};
use crate::symmetry::Overlaps;

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
    /// Draws a block of at most [`crate::starts::BLOCK`] starts into `out`, of each the first `width` numbers; what belongs to none of
    /// these need not be computed. To be inlined always, so that it is compiled for the CPU's instructions.
    fn starts(&self, draws: &mut Streams, width: usize, out: &mut [f64]);
    /// See [`Problem::distinct_starts`].
    fn distinct_starts(&self) -> Option<u64> {
        None
    }
    /// See [`Problem::rule`].
    fn rule(&self) -> Rule;
    /// See [`Problem::endpoint_loss`].
    fn endpoint_loss(&self, _start: &[f64], state: &[f64], _steps: u32) -> f64 {
        wide::dispatch(Evaluate { form: self, precision: Precision::F64, state }).loss
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
    /// See [`Problem::promises`].
    fn promises(&self) -> Vec<Promise> {
        Vec::new()
    }
    /// See [`Problem::promised`].
    fn promised(&self, _start: &[f64], _claims: &mut [Claim]) {}
    /// See [`Problem::observables`].
    fn observables(&self, _start: &[f64], _state: &[f64], _steps: u32) -> Vec<Observable> {
        Vec::new()
    }
    /// See [`Problem::guides`].
    fn guides(&self, _walk: &Walk<'_>) -> Guides {
        Guides::default()
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

/// Loss, gradient and class of one state.
struct Evaluate<'a, F: ?Sized> {
    form: &'a F,
    precision: Precision,
    state: &'a [f64],
}

impl<F: Form + ?Sized> Evaluate<'_, F> {
    #[inline(always)]
    fn over<R: Real>(self) -> Evaluation {
        let landscape = self.form.over::<R>();
        let x: Vec<R> = self.state.iter().map(|&value| R::splat(value)).collect();
        let mut gradient = vec![R::zero(); x.len()];
        let mut scratch = landscape.scratch();
        let pass = landscape.pass(&x, &mut scratch);
        let survey = landscape.survey(&x, &pass);
        landscape.gradient(&x, &survey, &scratch, &mut gradient);
        let code = landscape.decide(&survey).lane(0) as u32;
        Evaluation {
            loss: landscape.loss(&x, &survey).lane(0),
            gradient: gradient.iter().map(|g| g.lane(0)).collect(),
            stop: (code != 0).then(|| Stop::from_code(code, 0)),
        }
    }
}

impl<F: Form + ?Sized> Vectorised for Evaluate<'_, F> {
    type Output = Evaluation;

    // One state fills no vector, but the processor's fused operations are worth their while.
    #[inline(always)]
    fn with<S: pulp::Simd>(self) -> Evaluation {
        match self.precision {
            Precision::F32 => self.over::<f32>(),
            Precision::F64 => self.over::<f64>(),
        }
    }
}

/// Runs advanced to their ends.
struct Descend<'a, 'q, F> {
    form: &'a F,
    work: Work<'a, 'q>,
}

impl<F: Form> Descend<'_, '_, F> {
    #[inline(always)]
    fn over<R: Real>(self) -> bool {
        let rule = self.form.rule();
        let rule = Rule { max_steps: self.work.budget.unwrap_or(rule.max_steps), ..rule };
        descent::descend(&self.form.over::<R>(), &rule, self.work.queue, self.work.cancel)
    }
}

impl<F: Form> Vectorised for Descend<'_, '_, F> {
    type Output = bool;

    #[inline(always)]
    fn with<S: pulp::Simd>(self) -> bool {
        match (self.work.precision, self.work.one_by_one) {
            (Precision::F64, true) => self.over::<f64>(),
            (Precision::F32, true) => self.over::<f32>(),
            (Precision::F64, false) if F::PAIRS && self.form.is_long() => self.over::<Pair<F64s<S>>>(),
            (Precision::F32, false) if F::PAIRS && self.form.is_long() => self.over::<Pair<F32s<S>>>(),
            (Precision::F64, false) => self.over::<F64s<S>>(),
            (Precision::F32, false) => self.over::<F32s<S>>(),
        }
    }
}

impl<F: Form> Problem for F {
    fn dim(&self) -> usize {
        Form::dim(self)
    }
    fn weights(&self) -> usize {
        Form::weights(self)
    }
    fn start_dim(&self) -> usize {
        Form::start_dim(self)
    }
    fn starts(&self, seed: CellSeed, first: u64, width: usize, out: &mut [f64]) {
        crate::starts::draw(self, seed, first, width, out);
    }
    fn distinct_starts(&self) -> Option<u64> {
        Form::distinct_starts(self)
    }
    fn rule(&self) -> Rule {
        Form::rule(self)
    }
    fn endpoint_loss(&self, start: &[f64], state: &[f64], steps: u32) -> f64 {
        Form::endpoint_loss(self, start, state, steps)
    }
    fn evaluate(&self, precision: Precision, state: &[f64]) -> Evaluation {
        wide::dispatch(Evaluate { form: self, precision, state })
    }
    fn descend(&self, work: Work<'_, '_>) -> bool {
        wide::dispatch(Descend { form: self, work })
    }
    fn kernel(&self, precision: Precision) -> Kernel {
        Form::kernel(self, precision)
    }
    fn theory(&self) -> Vec<Prediction> {
        Form::theory(self)
    }
    fn at_start(&self, seed: CellSeed) -> Vec<Prediction> {
        Form::at_start(self, seed)
    }
    fn drawn_for_each_run(&self) -> Option<&'static str> {
        Form::drawn_for_each_run(self)
    }
    fn coordinates(&self) -> Vec<Coordinate> {
        Form::coordinates(self)
    }
    fn coordinate(&self, name: &str, state: &[f64]) -> Option<f64> {
        Form::coordinate(self, name, state)
    }
    fn place(&self, name: &str, value: f64, start: &mut [f64]) {
        Form::place(self, name, value, start);
    }
    fn landmarks(&self) -> Vec<Landmark> {
        Form::landmarks(self)
    }
    fn promises(&self) -> Vec<Promise> {
        Form::promises(self)
    }
    fn promised(&self, start: &[f64], claims: &mut [Claim]) {
        Form::promised(self, start, claims);
    }
    fn observables(&self, start: &[f64], state: &[f64], steps: u32) -> Vec<Observable> {
        Form::observables(self, start, state, steps)
    }
    fn guides(&self, walk: &Walk<'_>) -> Guides {
        Form::guides(self, walk)
    }
    fn provable(&self) -> Option<Box<dyn Provable>> {
        Form::provable(self)
    }
    fn rest(&self) -> Option<Rest> {
        Form::rest(self)
    }
    fn is_global(&self, minimum: &[f64], loss: f64) -> bool {
        Form::is_global(self, minimum, loss)
    }
    fn knows_slow_paths(&self) -> bool {
        Form::knows_slow_paths(self)
    }
    fn late(&self, state: &[f64]) -> Outcome {
        Form::late(self, state)
    }
    fn hessian(&self, state: &[f64]) -> Option<Vec<f64>> {
        Form::hessian(self, state)
    }
    fn flat_directions(&self, state: &[f64]) -> Vec<(&'static str, Vec<f64>)> {
        Form::flat_directions(self, state)
    }
    fn hessian_lipschitz(&self, state: &[f64], radius: f64) -> f64 {
        Form::hessian_lipschitz(self, state, radius)
    }
    fn image(&self, state: &[f64]) -> Overlaps {
        Form::image(self, state)
    }
    fn state_of(&self, image: &[f64]) -> Vec<f64> {
        Form::state_of(self, image)
    }
    fn overlaps(&self, state: &[f64]) -> Overlaps {
        Form::overlaps(self, state)
    }
}
