//! Every form is evaluated and advanced with the vectors that the processor has.

use super::{starts, tile};
use crate::expression::{ExpressionError, Recorded, Recording, record};
use crate::landscape::{Engine, Evaluation, Form, Landscape, Rule, Stop, Work};
use crate::numerics::real::wide::{self, F32s, F64s, Pair, Vectorised};
use crate::numerics::{CellSeed, Precision, Real};

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
        let state = self.form.layout().origin.for_gradient(self.precision, self.state, self.state.len());
        let x: Vec<R> = state.iter().map(|&value| R::splat(value)).collect();
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

/// The graph of loss and gradient in the format of `P`.
fn recorded<P: Real, F: Form + ?Sized>(form: &F, limit: usize) -> Result<Recording, ExpressionError> {
    record::<P>(form.layout().dim, limit, |x| {
        let landscape = form.over::<Recorded<P>>();
        let mut gradient = vec![Recorded::zero(); x.len()];
        let mut scratch = landscape.scratch();
        let pass = landscape.pass(x, &mut scratch);
        let survey = landscape.survey(x, &pass);
        landscape.gradient(x, &survey, &scratch, &mut gradient);
        std::iter::once(landscape.loss(x, &survey)).chain(gradient).collect()
    })
}

/// Eight vectors that share what an instruction costs.
type Eight<R> = Pair<Pair<Pair<R>>>;

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
        tile::descend(&self.form.over::<R>(), &rule, self.work.queue, self.work.hold)
    }

    /// Whether there are runs for more than a pair of vectors, and long ones.
    fn fills<S: pulp::Simd>(&self) -> bool {
        let lanes = if self.work.precision == Precision::F32 { S::F32_LANES } else { S::F64_LANES };
        self.form.is_long() && self.work.queue.share() > 2 * lanes
    }
}

/// The same with eight vectors at once.
struct Widely<'a, 'q, F>(Descend<'a, 'q, F>);

impl<F: Form> Vectorised for Widely<'_, '_, F> {
    type Output = bool;

    #[inline(always)]
    fn with<S: pulp::Simd>(self) -> bool {
        match self.0.work.precision {
            Precision::F64 => self.0.over::<Eight<F64s<S>>>(),
            Precision::F32 => self.0.over::<Eight<F32s<S>>>(),
        }
    }
}

impl<F: Form> Vectorised for Descend<'_, '_, F> {
    type Output = bool;

    #[inline(always)]
    fn with<S: pulp::Simd>(self) -> bool {
        match (self.work.precision, self.work.one_by_one) {
            (Precision::F64, true) => self.over::<f64>(),
            (Precision::F32, true) => self.over::<f32>(),
            (_, false) if const { F::WIDE } && self.fills::<S>() => wide::apart::<S, _>(Widely(self)),
            (Precision::F64, false) if const { F::PAIRS && !F::WIDE } && self.form.is_long() => {
                self.over::<Pair<F64s<S>>>()
            }
            (Precision::F32, false) if const { F::PAIRS && !F::WIDE } && self.form.is_long() => {
                self.over::<Pair<F32s<S>>>()
            }
            (Precision::F64, false) => self.over::<F64s<S>>(),
            (Precision::F32, false) => self.over::<F32s<S>>(),
        }
    }
}

impl<F: Form> Engine for F {
    fn starts(&self, seed: CellSeed, first: u64, width: usize, out: &mut [f64]) {
        starts::draw(self, seed, first, width, out);
    }
    fn evaluate(&self, precision: Precision, state: &[f64]) -> Evaluation {
        wide::dispatch(Evaluate { form: self, precision, state })
    }
    fn recorded(&self, precision: Precision, limit: usize) -> Result<Recording, ExpressionError> {
        match precision {
            Precision::F32 => recorded::<f32, F>(self, limit),
            Precision::F64 => recorded::<f64, F>(self, limit),
        }
    }
    fn descend(&self, work: Work<'_, '_>) -> bool {
        wide::dispatch(Descend { form: self, work })
    }
}
