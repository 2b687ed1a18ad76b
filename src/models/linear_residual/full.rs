//! The form of the paper: state `Θ_1 … Θ_L` row by row, then `Φ` where every run has its own.

use super::landscape::Over;
use super::shared::ResidualCell;
use super::{matrix, theory};
use crate::landscape::{
    Core, Cost, DeviceProgram, Drawn, Engine, Form, Layout, Observable, Outcome, PathFacts, Prediction, Problem, Rule,
    SlowPaths,
};
use crate::numerics::{CellSeed, Precision, Real, Streams};
use std::sync::Arc;

/// One cell in full form.
#[derive(Debug)]
pub struct Full {
    cell: ResidualCell,
    /// What a device reads of it: the target, if all runs share it.
    data: Arc<[f64]>,
}

impl Full {
    pub(super) fn new(cell: ResidualCell) -> Self {
        let data = cell.target.fixed.clone().unwrap_or_else(|| vec![0.0]).into();
        Full { cell, data }
    }

    /// The cell with what its landscape can say.
    pub(super) fn problem(self) -> Problem {
        let form = Arc::new(self);
        Problem::of(&form).with_slow_paths(form.clone()).with_path_facts(form)
    }

    /// `L d²`
    fn weights(&self) -> usize {
        self.cell.layers * self.cell.dim * self.cell.dim
    }

    /// The target of a run.
    fn target<'a>(&'a self, state: &'a [f64]) -> &'a [f64] {
        self.cell.target.fixed.as_deref().unwrap_or(&state[self.weights()..])
    }

    /// Loss at which the run of a state cannot end but in a global minimum: `½ σ_min²` of its own target.
    fn least_saddle(&self, state: &[f64]) -> f64 {
        theory::least_saddle(matrix::singular_values(self.target(state), self.cell.dim))
    }

    /// The product of the layers.
    fn product(&self, state: &[f64]) -> Vec<f64> {
        let dim = self.cell.dim;
        let mut layers = state[..self.weights()].chunks_exact(dim * dim);
        let mut product = layers.next().unwrap_or_default().to_vec();
        for layer in layers {
            let entry = |i: usize| (0..dim).map(|k| layer[i / dim * dim + k] * product[k * dim + i % dim]).sum();
            product = (0..dim * dim).map(entry).collect();
        }
        product
    }
}

/// Arithmetic instructions of a step of `L` layers of `d × d`:
///
/// ```text
/// products   L−1 for the prefixes, L−1 for the residuals, L−1 for the gradient, of d³ fused multiply-adds each
/// residual   2 d² for the difference and the loss
/// the rest   3 L d² for the norms of gradient and weights and the update
/// ```
fn operations(layers: usize, dim: usize) -> f64 {
    let (l, d) = (layers as f64, dim as f64);
    3.0 * (l - 1.0) * d.powi(3) + (3.0 * l + 2.0) * d * d
}

impl Core for Full {
    fn layout(&self) -> Layout {
        self.cell.layout(self.weights() + self.cell.target.numbers(self.cell.dim * self.cell.dim))
    }

    fn rule(&self) -> Rule {
        let mut steps = vec![self.cell.step; self.weights()];
        steps.resize(self.layout().dim, 0.0);
        Rule { steps, max_steps: self.cell.settings.max_steps }
    }

    fn program(&self, precision: Precision) -> DeviceProgram {
        let (layers, dim) = (self.cell.layers as u32, self.cell.dim as u32);
        let one = dim * dim;
        DeviceProgram {
            shareable: true,
            shape: vec![
                ("LAYERS", layers),
                ("DIMENSION", dim),
                ("ONE_LAYER", one),
                ("WEIGHTS", layers * one),
                ("OWN_TARGET", u32::from(self.cell.target.fixed.is_none())),
            ],
            constants: self.cell.constants(precision).named(),
            // The gradient takes the place of the prefixes.
            memory: vec![("staged", self.layout().dim as u32), ("prefixes", layers * one), ("residuals", 2 * one)],
            data: self.data.clone(),
            ..DeviceProgram::of([
                include_str!("../../../shaders/model/linear_residual.wgsl"),
                include_str!("../../../shaders/model/linear_residual_full.wgsl"),
            ])
        }
    }

    fn found_by_rule(&self) -> &'static [Outcome] {
        &[Outcome::Global, Outcome::Saddle]
    }

    fn cost(&self, _: Precision) -> Cost {
        let (layers, dim) = (self.cell.layers, self.cell.dim);
        Cost { iterations: (3 * layers * dim * dim * dim) as u32, operations: operations(layers, dim) }
    }

    fn theory(&self, _: Option<CellSeed>) -> Vec<Prediction> {
        theory::predictions(&self.cell)
    }
}

impl Form for Full {
    type Over<R: Real> = Over<R>;

    fn over<R: Real>(&self) -> Over<R> {
        Over::new(
            self.cell.layers,
            self.cell.dim,
            self.cell.target.fixed.as_deref(),
            &self.cell.constants(R::PRECISION),
        )
    }

    #[inline(always)]
    fn draw(&self, draws: &mut Streams, width: usize, out: &mut [f64]) {
        let (runs, weights, dim) = (draws.runs(), self.weights(), self.cell.dim);
        if self.cell.sigma > 0.0 {
            let deviation = self.cell.sigma / (dim as f64).sqrt();
            let mut noise = vec![0.0; runs * weights];
            draws.normals(&mut noise);
            for (out, noise) in out.chunks_exact_mut(width).zip(noise.chunks_exact(weights)) {
                for (x, z) in out.iter_mut().zip(noise) {
                    *x = deviation * z;
                }
            }
        } else {
            out.fill(0.0);
        }
        for out in out.chunks_exact_mut(width) {
            for layer in out[..weights].chunks_exact_mut(dim * dim) {
                (0..dim).for_each(|i| layer[i * dim + i] += 1.0);
            }
        }
        if width > weights {
            let mut targets = vec![0.0; runs * (width - weights)];
            self.cell.target.draw(draws, &mut targets);
            for (out, target) in out.chunks_exact_mut(width).zip(targets.chunks_exact(width - weights)) {
                out[weights..].copy_from_slice(target);
            }
        }
    }
}

impl SlowPaths for Full {
    /// Below the loss of every saddle there is only the way to loss 0.
    fn late(&self, state: &[f64]) -> Outcome {
        let loss = self.evaluate(Precision::F64, state).loss;
        if loss < self.least_saddle(state) { Outcome::Slow } else { Outcome::Undecided }
    }
}

impl PathFacts for Full {
    fn observables(&self, _: &[f64], state: &[f64], _: u32) -> Vec<Observable> {
        let dim = self.cell.dim;
        let product = self.product(state);
        let target = self.target(state);
        let least = self.least_saddle(state);
        let loss = self.evaluate(Precision::F64, state).loss;
        let product_sign = matrix::determinant_sign(&product, dim);
        let target_sign = matrix::determinant_sign(target, dim);
        let sigma = (2.0 * least).sqrt();
        vec![
            Observable::new("product_det_sign", "sign of the product's determinant", product_sign),
            Observable::new("target_det_sign", "sign of the target's determinant", target_sign).drawn(Drawn::OnRequest),
            Observable::new("target_sigma_min", "target's smallest singular value", sigma).drawn(Drawn::OnRequest),
            Observable::new("loss_over_least_saddle", "loss over that of the least saddle", loss / least).logarithmic(),
        ]
    }
}
