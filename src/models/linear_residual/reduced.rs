//! The exact image of a trajectory in the eigenvalues of layers and target, for symmetric targets and the identity as
//! start. Twin of `shaders/model/linear_residual_reduced.wgsl`.
//!
//! The state is `θ_1 … θ_d`, then `λ_1 … λ_d` where every run has its own target. The loss is that of the full form,
//! its gradient `∂ℓ/∂θ = L θ^{L−1} (θ^L − λ)`: the recursion of the module's page is descent with step `η/L`. Powers
//! are made by squaring, `x^n = Π x^{2^b}` over the bits `b` of `n` from the lowest on.

use super::landscape::resting;
use super::shared::{Constants, ResidualCell, may_rest};
use super::theory;
use crate::landscape::surface::found;
use crate::landscape::{
    Core, Cost, DeviceProgram, Drawn, Engine, Form, Invalid, Landscape, Layout, Observable, Outcome, PathFacts,
    Prediction, Problem, Rule, SlowPaths, Status,
};
use crate::numerics::{CellSeed, Precision, Real, Streams};
use std::sync::Arc;

/// One cell in reduced form.
#[derive(Debug)]
pub struct Reduced {
    cell: ResidualCell,
    /// What a device reads of it: the target's eigenvalues, if all runs share them.
    data: Arc<[f64]>,
}

impl Reduced {
    /// The cell with what its landscape can say.
    pub(super) fn problem(self) -> Problem {
        let form = Arc::new(self);
        Problem::of(&form).with_slow_paths(form.clone()).with_path_facts(form)
    }

    pub(super) fn new(cell: ResidualCell) -> Result<Self, Invalid> {
        if !cell.target.is_symmetric() {
            return Err(Invalid {
                key: "model.form".into(),
                value: "reduced".into(),
                problem: "takes targets with known eigenvalues only".into(),
                remedy: "set form = \"full\", or target = \"spd\", \"symmetric\" or a file of a diagonal".into(),
            });
        }
        if cell.sigma != 0.0 {
            return Err(Invalid::parameter(
                "start_sigma",
                cell.sigma,
                "leaves the identity, from which alone the reduced form starts",
                "remove it, or set form = \"full\"",
            ));
        }
        let data = cell.target.fixed_eigenvalues.clone().unwrap_or_else(|| vec![0.0]).into();
        Ok(Reduced { cell, data })
    }

    /// Eigenvalues of a run's target.
    fn eigenvalues<'a>(&'a self, state: &'a [f64]) -> &'a [f64] {
        self.cell.target.fixed_eigenvalues.as_deref().unwrap_or(&state[self.cell.dim..])
    }

    fn least_saddle(&self, state: &[f64]) -> f64 {
        let smallest = self.eigenvalues(state).iter().fold(f64::INFINITY, |least, x| least.min(x.abs()));
        theory::least_saddle(Some((smallest, self.cell.target.norm)))
    }
}

/// What is known of a point.
#[derive(Clone, Copy, Debug)]
pub struct Survey<R> {
    loss: R,
    /// Squared norm of the full form's gradient, `L Σ (θ^{L−1} (θ^L − λ))²`.
    steepest: R,
    /// `L Σ θ² + ℓ`
    size: R,
    /// Largest of what the verdict asks to be below 1 of each eigenvalue.
    worst: R,
    /// `min λ`
    lowest: R,
}

/// The landscape over a number type.
#[derive(Debug)]
pub struct Over<R> {
    constants: Constants<R>,
    layers: u32,
    dim: usize,
    /// The eigenvalues where all runs share them; else they follow in the state.
    target: Option<Vec<R>>,
}

/// `x^n`
#[inline(always)]
fn power<R: Real>(x: R, n: u32) -> R {
    let mut result = R::splat(1.0);
    let mut square = x;
    let mut rest = n;
    while rest > 0 {
        if rest & 1 == 1 {
            result = result * square;
        }
        square = square * square;
        rest >>= 1;
    }
    result
}

impl<R: Real> Over<R> {
    /// What the verdict asks to be below 1 of one eigenvalue; see the module's page.
    #[inline(always)]
    fn doubt(&self, theta: R, lambda: R, low: R, full: R) -> R {
        let c = &self.constants;
        let even = self.layers.is_multiple_of(2);
        let f = c.step * low * (full - lambda);
        let falls = if even { R::splat(0.5) * f } else { R::select(R::zero().lt(theta), f, R::splat(2.0)) };
        let most = R::max(R::splat(1.0), R::max(full, lambda));
        let holds = c.rate * (most * most);
        let holds = if even { holds } else { R::select(theta.lt(R::zero()), R::splat(2.0), holds) };
        R::select(lambda.lt(R::zero()), falls, holds)
    }
}

impl<R: Real> Landscape<R> for Over<R> {
    type Pass = Survey<R>;
    type Survey = Survey<R>;
    /// `θ^{L−1} (θ^L − λ)` of each eigenvalue.
    type Scratch = Vec<R>;

    fn scratch(&self) -> Vec<R> {
        vec![R::zero(); self.dim]
    }

    #[inline(always)]
    fn pass(&self, x: &[R], scratch: &mut Vec<R>) -> Survey<R> {
        let (thetas, own) = x.split_at(self.dim);
        let target: &[R] = self.target.as_deref().unwrap_or(own);
        let (mut loss, mut steepest, mut size) = (R::zero(), R::zero(), R::zero());
        let mut worst = R::zero();
        let mut lowest = R::zero();
        for j in 0..self.dim {
            let (theta, lambda) = (thetas[j], target[j]);
            let low = power(theta, self.layers.saturating_sub(2));
            let below = if self.layers == 1 { low } else { low * theta };
            let full = below * theta;
            let residual = full - lambda;
            let slope = below * residual;
            scratch[j] = slope;
            loss = residual.mul_add(residual, loss);
            steepest = slope.mul_add(slope, steepest);
            size = theta.mul_add(theta, size);
            worst = R::max(worst, self.doubt(theta, lambda, low, full));
            lowest = R::min(lowest, lambda);
        }
        let layers = R::splat(f64::from(self.layers));
        loss = R::splat(0.5) * loss;
        Survey { loss, steepest: layers * steepest, size: layers.mul_add(size, loss), worst, lowest }
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
    fn gradient(&self, _: &[R], _: &Survey<R>, scratch: &Vec<R>, out: &mut [R]) {
        let layers = R::splat(f64::from(self.layers));
        let (thetas, own) = out.split_at_mut(self.dim);
        for j in 0..self.dim {
            thetas[j] = layers * scratch[j];
        }
        own.fill(R::zero());
    }

    #[inline(always)]
    fn step(&self, x: &mut [R], _: &Survey<R>, scratch: &mut Vec<R>) -> Option<Survey<R>> {
        let layers = R::splat(f64::from(self.layers));
        for j in 0..self.dim {
            x[j] = (-self.constants.reduced_step).mul_add(layers * scratch[j], x[j]);
        }
        None
    }

    #[inline(always)]
    fn may_end(&self, survey: &Survey<R>) -> R::Mask {
        let c = &self.constants;
        may_rest(c, survey.loss, survey.steepest)
            | (survey.worst.lt(c.certain) & survey.lowest.lt(R::zero()))
            | !survey.size.lt(c.size_limit)
    }

    #[inline(always)]
    fn decide(&self, survey: &Survey<R>) -> R {
        let c = &self.constants;
        let certain = survey.worst.lt(c.certain) & survey.lowest.lt(R::zero());
        let code = resting(c, survey.loss, survey.steepest);
        R::select(certain & !survey.loss.le(c.tolerance), found(Status::Verdict, Outcome::Saddle), code)
    }

    #[inline(always)]
    fn is_bounded(&self, survey: &Survey<R>) -> R::Mask {
        survey.size.lt(self.constants.size_limit)
    }
}

/// Arithmetic instructions of a step: for each eigenvalue the products of the power, 6 for residual, slope and sums, 9
/// for what the verdict asks, which a run without verdicts does not need, and 2 for the update.
fn operations(layers: usize, dim: usize) -> f64 {
    let exponent = layers.saturating_sub(2);
    let squares = if exponent == 0 { 0 } else { exponent.ilog2() };
    let products = squares + exponent.count_ones().saturating_sub(1) + 2;
    (dim * (products as usize + 8)) as f64
}

impl Core for Reduced {
    fn layout(&self) -> Layout {
        self.cell.layout(self.cell.dim + self.cell.target.numbers(self.cell.dim))
    }

    fn rule(&self) -> Rule {
        let mut steps = vec![self.cell.step / self.cell.layers as f64; self.cell.dim];
        steps.resize(self.layout().dim, 0.0);
        Rule { steps, max_steps: self.cell.settings.max_steps }
    }

    fn program(&self, precision: Precision) -> DeviceProgram {
        let (layers, dim) = (self.cell.layers as u32, self.cell.dim as u32);
        DeviceProgram {
            shape: vec![
                ("LAYERS", layers),
                ("DIMENSION", dim),
                ("OWN_TARGET", u32::from(self.cell.target.fixed.is_none())),
            ],
            constants: self.cell.constants(precision).named(),
            data: self.data.clone(),
            ..DeviceProgram::of([
                include_str!("../../../shaders/model/linear_residual.wgsl"),
                include_str!("../../../shaders/model/linear_residual_reduced.wgsl"),
            ])
        }
    }

    fn found_by_rule(&self) -> &'static [Outcome] {
        &[Outcome::Global, Outcome::Saddle]
    }

    fn cost(&self, _: Precision) -> Cost {
        let dim = self.cell.dim;
        Cost { iterations: 8 * dim as u32, operations: operations(self.cell.layers, dim) }
    }

    fn theory(&self, _: Option<CellSeed>) -> Vec<Prediction> {
        theory::predictions(&self.cell)
    }
}

impl Form for Reduced {
    type Over<R: Real> = Over<R>;
    const PAIRS: bool = true;

    fn over<R: Real>(&self) -> Over<R> {
        let target = &self.cell.target.fixed_eigenvalues;
        Over {
            constants: self.cell.constants(R::PRECISION).over(),
            layers: self.cell.layers as u32,
            dim: self.cell.dim,
            target: target.as_ref().map(|values| values.iter().map(|&x| R::splat(x)).collect()),
        }
    }

    #[inline(always)]
    fn draw(&self, draws: &mut Streams, width: usize, out: &mut [f64]) {
        for out in out.chunks_exact_mut(width) {
            out[..self.cell.dim].fill(1.0);
        }
        if width > self.cell.dim {
            self.cell.target.draw_eigenvalues(draws, out, width, self.cell.dim);
        }
    }
}

impl SlowPaths for Reduced {
    /// Below the loss of every saddle there is only the way to loss 0.
    fn late(&self, state: &[f64]) -> Outcome {
        let loss = self.evaluate(Precision::F64, state).loss;
        if loss < self.least_saddle(state) { Outcome::Slow } else { Outcome::Undecided }
    }
}

impl PathFacts for Reduced {
    fn observables(&self, _: &[f64], state: &[f64], _: u32) -> Vec<Observable> {
        let loss = self.evaluate(Precision::F64, state).loss;
        let failure: f64 = self.eigenvalues(state).iter().filter(|x| **x < 0.0).map(|x| 0.5 * x * x).sum();
        let lowest = state[..self.cell.dim].iter().fold(f64::INFINITY, |least, x| least.min(*x));
        vec![
            Observable::new("theta_min", "least eigenvalue of a layer θ", lowest),
            Observable::new("saddle_loss", "loss of the saddle ahead", failure).drawn(Drawn::OnRequest),
            Observable::new("loss_over_saddle_loss", "loss over that of the saddle ahead", loss / failure)
                .logarithmic(),
        ]
    }
}
