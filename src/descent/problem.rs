//! Every form is a problem: evaluated and advanced with the vectors that the processor has.

use super::tile;
use crate::landscape::endpoint::{Outcome, Stop};
use crate::landscape::form::Form;
use crate::landscape::model::{Coordinate, Evaluation, Kernel, Landmark, Prediction, Problem, Rest, Work};
use crate::landscape::path::{Observable, PathTheory, Traced};
use crate::landscape::proof::Provable;
use crate::landscape::starts;
use crate::landscape::surface::{Landscape, Rule};
use crate::landscape::symmetry::Overlaps;
use crate::landscape::theorem::{Claim, Theorem};
use crate::numerics::real::wide::{self, F32s, F64s, Pair, Vectorised};
use crate::numerics::real::{Precision, Real};
use crate::numerics::seed::CellSeed;

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
        tile::descend(&self.form.over::<R>(), &rule, self.work.queue, self.work.cancel)
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
        starts::draw(self, seed, first, width, out);
    }
    fn distinct_starts(&self) -> Option<u64> {
        Form::distinct_starts(self)
    }
    fn rule(&self) -> Rule {
        Form::rule(self)
    }
    fn endpoint_loss(&self, start: &[f64], state: &[f64], steps: u32) -> f64 {
        Form::endpoint_loss(self, start, state, steps).unwrap_or_else(|| self.evaluate(Precision::F64, state).loss)
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
    fn theorems(&self) -> Vec<Theorem> {
        Form::theorems(self)
    }
    fn claim(&self, start: &[f64], claims: &mut [Claim]) {
        Form::claim(self, start, claims);
    }
    fn observables(&self, start: &[f64], state: &[f64], steps: u32) -> Vec<Observable> {
        Form::observables(self, start, state, steps)
    }
    fn path_theory(&self, traced: &Traced<'_>) -> PathTheory {
        Form::path_theory(self, traced)
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
