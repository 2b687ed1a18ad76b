//! The loss on `n` samples. Twin of `shaders/model/quadratic_empirical.wgsl`.
//!
//! ```text
//! L = (1/2n) Σ r_i² + (λ/2) ‖W‖² + ⟨C, WᵀW⟩,   r_i = ‖W x_i‖² − y_i
//! ∂L/∂W = (2/n) Σ r_i (W x_i) x_iᵀ + λ W + 2 W C
//! ∂²L/∂w_j∂w_l = δ_jl ((2/n) Σ r_i x_i x_iᵀ + λ I + 2 C) + (4/n) Σ (w_jᵀx_i)(w_lᵀx_i) x_i x_iᵀ
//! ```

use super::data::Data;
use super::full::{Frame, Full, Goal, Loss};
use super::landscape::{add_product, for_blocks};
use super::reference::{self, Failure, Reference};
use super::theory::{Known, sure_rank};
use crate::landscape::resting::sum_of_squares;
use crate::landscape::{
    Cost, Curvature, DeviceProgram, Engine, Invalid, Measured, Outcome, Queue, Settings, Stop, ValueAndGradient,
    Values, Work, constants,
};
use crate::numerics::vector::{dot, norm};
use crate::numerics::{Precision, Real};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Most samples: the certificate takes their cube.
const MOST_SAMPLES: usize = 1000;
/// Share of the tolerance that the certified gap may take.
const GAP_SHARE: f64 = 0.1;
/// How many times its budget a run may take and still count as slow.
const PATIENCE: u32 = 10;
/// Most steps that a run is led on for.
const MOST_STEPS: u32 = 200_000;
/// Bytes of a block's products and residuals that a run takes on a device at most: with them eight runs fit into the
/// memory of the smallest workgroups.
const BLOCK_BYTES: usize = 2 << 10;

constants! {
    /// Constants of the loss.
    pub struct Weights {
        /// `1/2n`
        half_share,
        /// `2/n`
        slope_share,
        /// `λ`
        decay,
    }
}

/// The empirical loss of one cell.
#[derive(Clone, Debug)]
pub struct Empirical {
    data: Arc<Data>,
    reference: Arc<Reference>,
    /// Samples, labels and, where there is a perturbation, `2C`: what a device needs.
    packed: Arc<[f64]>,
    tolerance: f64,
}

impl Empirical {
    pub(super) fn new(values: &Values) -> Result<Self, Invalid> {
        let count = values.integer("samples") as usize;
        if count > MOST_SAMPLES {
            return Err(Invalid::parameter(
                "samples",
                count,
                format!("the reference value is certified for at most {MOST_SAMPLES} samples"),
                format!("choose samples <= {MOST_SAMPLES}"),
            ));
        }
        let data = Data::new(values)?;
        let share = values.real("global_loss");
        let reference = Reference::new(&data, reference::GAP.min(GAP_SHARE * share)).map_err(|e| match e {
            Failure::Unbounded => Invalid::parameter(
                "perturbation",
                values.real("perturbation"),
                format!("the loss of {count} samples has no lower bound that can be certified"),
                "choose a smaller perturbation, more samples or a weight_decay of twice the perturbation",
            ),
            Failure::Lost => Invalid::parameter(
                "samples",
                count,
                "no lower bound of the loss of these samples could be certified",
                "choose other samples or another scale of the labels",
            ),
        })?;
        let gap = reference.gap / data.scale();
        if gap > GAP_SHARE * share {
            return Err(Invalid::parameter(
                "global_loss",
                share,
                format!("the reference value could be certified to {gap:.1e} of the loss without weights only"),
                format!("choose global_loss >= {:.1e}", 1.1 * gap / GAP_SHARE),
            ));
        }
        let doubled = data.perturbation.iter().flatten().map(|x| 2.0 * x);
        let packed = data.samples.iter().chain(&data.labels).copied().chain(doubled).collect();
        let tolerance = share * data.scale();
        Ok(Empirical { data: Arc::new(data), reference: Arc::new(reference), packed, tolerance })
    }

    fn weights(&self) -> Weights<f64> {
        let n = self.data.count() as f64;
        Weights { half_share: 0.5 / n, slope_share: 2.0 / n, decay: self.data.decay }
    }

    /// `r_1 … r_n`
    fn residuals(&self, state: &[f64]) -> Vec<f64> {
        let d = self.data.input_dim;
        let output = |x: &[f64]| state.chunks_exact(d).map(|w| dot(w, x).powi(2)).sum::<f64>();
        self.data.rows().zip(&self.data.labels).map(|(x, y)| output(x) - y).collect()
    }

    /// `(4/n) Σ ‖x_i‖² x_iᵀZx_i`, which bounds the curvature where the residuals vanish.
    fn steepness(&self, z: &[f64]) -> f64 {
        let d = self.data.input_dim;
        let image = |x: &[f64]| z.chunks_exact(d).zip(x).map(|(row, u)| u * dot(row, x)).sum::<f64>();
        4.0 * self.data.rows().map(|x| dot(x, x) * image(x)).sum::<f64>() / self.data.count() as f64
    }
}

/// The loss over a number type.
#[derive(Debug)]
pub struct OverEmpirical<R> {
    weights: Weights<R>,
    dim: usize,
    neurons: usize,
    samples: Vec<R>,
    labels: Vec<R>,
    /// `2C`
    doubled: Option<Vec<R>>,
}

impl<R: Real> OverEmpirical<R> {
    /// Takes `S` samples from `first` on: adds what they give to the gradient, and returns the sum of their squared
    /// residuals.
    #[inline(always)]
    fn add_samples<const S: usize>(&self, first: usize, x: &[R], gradient: &mut [R], products: &mut [R]) -> R {
        let (k, d) = (self.neurons, self.dim);
        let samples: [&[R]; S] = std::array::from_fn(|s| &self.samples[(first + s) * d..][..d]);
        let mut residuals = [R::zero(); S];
        for (s, residual) in residuals.iter_mut().enumerate() {
            *residual = -self.labels[first + s];
        }
        for_blocks!(row, ROWS in k => {
            let weights: [&[R]; ROWS] = std::array::from_fn(|a| &x[(row + a) * d..][..d]);
            let mut sums = [[R::zero(); S]; ROWS];
            for c in 0..d {
                for (sums, weights) in sums.iter_mut().zip(&weights) {
                    for (sum, sample) in sums.iter_mut().zip(&samples) {
                        *sum = weights[c].mul_add(sample[c], *sum);
                    }
                }
            }
            for (a, sums) in sums.iter().enumerate() {
                for (s, &sum) in sums.iter().enumerate() {
                    residuals[s] = sum.mul_add(sum, residuals[s]);
                    products[(row + a) * S + s] = sum;
                }
            }
        });
        let mut squares = R::zero();
        let mut factors = [R::zero(); S];
        for s in 0..S {
            squares = residuals[s].mul_add(residuals[s], squares);
            factors[s] = self.weights.slope_share * residuals[s];
        }
        for_blocks!(row, ROWS in k => {
            let mut shares = [[R::zero(); S]; ROWS];
            for (a, shares) in shares.iter_mut().enumerate() {
                for (s, share) in shares.iter_mut().enumerate() {
                    *share = factors[s] * products[(row + a) * S + s];
                }
            }
            for c in 0..d {
                for (a, shares) in shares.iter().enumerate() {
                    let mut sum = gradient[(row + a) * d + c];
                    for (&share, sample) in shares.iter().zip(&samples) {
                        sum = share.mul_add(sample[c], sum);
                    }
                    gradient[(row + a) * d + c] = sum;
                }
            }
        });
        squares
    }
}

impl<R: Real> ValueAndGradient<R> for OverEmpirical<R> {
    /// Products of a block of samples with the weights.
    type Scratch = Vec<R>;

    fn scratch(&self) -> Vec<R> {
        vec![R::zero(); self.neurons * super::landscape::BLOCK]
    }

    #[inline(always)]
    fn value_and_gradient(&self, x: &[R], products: &mut Vec<R>, gradient: &mut [R]) -> Measured<R> {
        for (slope, &w) in gradient.iter_mut().zip(x) {
            *slope = self.weights.decay * w;
        }
        if let Some(doubled) = &self.doubled {
            add_product(x, doubled, self.dim, gradient);
        }
        // Twice the part of the loss that is quadratic in the weights.
        let mut linear = R::zero();
        for (&slope, &w) in gradient.iter().zip(x) {
            linear = slope.mul_add(w, linear);
        }
        let mut squares = R::zero();
        for_blocks!(first, SAMPLES in self.labels.len() => {
            squares = squares + self.add_samples::<SAMPLES>(first, x, gradient, products);
        });
        let loss = self.weights.half_share.mul_add(squares, R::splat(0.5) * linear);
        Measured { loss, steepness: sum_of_squares(gradient), size: sum_of_squares(x) }
    }
}

impl Curvature for Empirical {
    fn hessian(&self, state: &[f64]) -> Vec<f64> {
        let d = self.data.input_dim;
        let (k, dim) = (state.len() / d, state.len());
        let n = self.data.count() as f64;
        let mut common = self.slack(state);
        common.iter_mut().for_each(|x| *x *= 2.0);
        let mut hessian = vec![0.0; dim * dim];
        for j in 0..k {
            for a in 0..d {
                hessian[(j * d + a) * dim + j * d..][..d].copy_from_slice(&common[a * d..][..d]);
            }
        }
        let mut direction = vec![0.0; dim];
        for x in self.data.rows() {
            // Half the slope of the sample's output: the second part of the Hessian is a sum of its squares.
            for (out, w) in direction.chunks_exact_mut(d).zip(state.chunks_exact(d)) {
                let product = dot(w, x);
                out.iter_mut().zip(x).for_each(|(v, x)| *v = product * x);
            }
            for (row, &u) in hessian.chunks_exact_mut(dim).zip(&direction) {
                let factor = 4.0 / n * u;
                row.iter_mut().zip(&direction).for_each(|(entry, v)| *entry += factor * v);
            }
        }
        hessian
    }

    /// `(12/n) Σ ‖x_i‖³ (‖W x_i‖ + ρ ‖x_i‖)`: along a segment the form `⟨V, H V⟩`, `‖V‖ = 1`, moves by the change of
    /// `r_i ‖V x_i‖²`, and of twice `(x_iᵀWᵀV x_i)²`.
    fn hessian_lipschitz(&self, state: &[f64], radius: f64) -> f64 {
        let d = self.data.input_dim;
        let output = |x: &[f64]| state.chunks_exact(d).map(|w| dot(w, x).powi(2)).sum::<f64>().sqrt();
        let each = self.data.rows().map(|x| norm(x).powi(3) * (output(x) + radius * norm(x)));
        12.0 * each.sum::<f64>() / self.data.count() as f64
    }
}

impl Loss for Empirical {
    type Over<R: Real> = OverEmpirical<R>;

    fn over<R: Real>(&self, frame: &Frame) -> OverEmpirical<R> {
        let over = |values: &[f64]| values.iter().map(|&x| R::splat(x)).collect::<Vec<R>>();
        let data = &self.data;
        let doubled = data.perturbation.as_ref().map(|c| c.iter().map(|&x| R::splat(2.0 * x)).collect());
        OverEmpirical {
            weights: self.weights().over(),
            dim: data.input_dim,
            neurons: frame.neurons,
            samples: over(&data.samples),
            labels: over(&data.labels),
            doubled,
        }
    }

    fn goal(&self, _: &Frame) -> Goal {
        let Reference { value, gap, optimum, .. } = &*self.reference;
        let linear = dot(&self.data.linear(), optimum);
        let squares = (value - linear).max(0.0);
        // Residuals are as exact as their labels are large.
        let terms = squares + 2.0 * (squares * self.data.scale()).sqrt() + linear.abs();
        let d = self.data.input_dim;
        let size = (0..d).map(|a| optimum[a * d + a]).sum();
        Goal { value: *value, gap: *gap, tolerance: self.tolerance, terms, size }
    }

    /// The larger of the bounds at the optimum and at a start of equal directions.
    fn sharpness(&self, start: f64) -> f64 {
        let d = self.data.input_dim;
        let isotropic: Vec<f64> = (0..d * d).map(|i| if i % (d + 1) == 0 { start / d as f64 } else { 0.0 }).collect();
        let perturbed = self.data.perturbation.as_ref().map_or(0.0, |c| 2.0 * norm(c));
        self.steepness(&self.reference.optimum).max(self.steepness(&isotropic)) + self.data.decay + perturbed
    }

    fn program(&self, frame: &Frame, bytes: usize) -> DeviceProgram {
        let block = self.block(frame, bytes);
        DeviceProgram {
            shape: vec![
                ("SAMPLES", self.data.count() as u32),
                ("BLOCK", block as u32),
                ("PERTURBED", u32::from(self.data.perturbation.is_some())),
            ],
            constants: self.weights().named(),
            memory: vec![("products", (block * frame.neurons) as u32), ("residuals", block as u32)],
            data: self.packed.clone(),
            ..DeviceProgram::of([include_str!("../../../shaders/model/quadratic_empirical.wgsl")])
        }
    }

    /// A sample takes `k d` fused multiply-adds for its products and `k d` for its share of the slopes, and `2k + 2`
    /// operations for residual and factors; the weights take 5 each for decay, norms and update, and `d` more with a
    /// perturbation.
    fn cost(&self, frame: &Frame) -> Cost {
        let (k, d, samples) = (frame.neurons, self.data.input_dim, self.data.count());
        let perturbed = if self.data.perturbation.is_some() { d } else { 0 };
        Cost {
            iterations: (k * d * (2 * samples + perturbed)) as u32,
            operations: (samples * (2 * k * d + 2 * k + 2) + k * d * (5 + perturbed)) as f64,
        }
    }

    /// The run is led on in f64, by the same steps: it was slow if it comes within the tolerance of the reference value
    /// before ten times its budget is spent, or 200,000 steps more.
    fn late(full: &Full<Self>, state: &[f64]) -> Outcome {
        let budget = full.frame.settings.max_steps;
        let max_steps = budget.saturating_mul(PATIENCE - 1).min(MOST_STEPS);
        let frame = Frame { settings: Settings { max_steps, ..full.frame.settings.clone() }, ..full.frame.clone() };
        let longer = Full { frame, loss: full.loss.clone() };
        let (mut state, mut stops) = (state.to_vec(), [Stop::START]);
        let dim = state.len();
        let queue = Queue::new(&mut state, &mut stops, dim, 1, 1);
        let never = AtomicBool::new(false);
        longer.descend(Work { queue: &queue, precision: Precision::F64, one_by_one: true, budget: None, hold: &never });
        if stops[0].found == Some(Outcome::Global) { Outcome::Slow } else { Outcome::Undecided }
    }

    /// `∂L/∂Z = (1/n) Σ r_i x_i x_iᵀ + (λ/2) I + C`
    fn slack(&self, state: &[f64]) -> Vec<f64> {
        let d = self.data.input_dim;
        let mut slack = self.data.linear();
        for (x, r) in self.data.rows().zip(self.residuals(state)) {
            let factor = r / self.data.count() as f64;
            for (row, &u) in slack.chunks_exact_mut(d).zip(x) {
                row.iter_mut().zip(x).for_each(|(entry, v)| *entry += factor * u * v);
            }
        }
        slack
    }

    fn known(&self, frame: &Frame) -> Known {
        let (k, d, n) = (frame.neurons, self.data.input_dim, self.data.count());
        let benign = if self.data.perturbation.is_none() { k >= d } else { k * (k + 1) / 2 > n };
        let optimum_rank = self.reference.rank.min(sure_rank(n)).min(d);
        Known {
            probability: benign.then_some(1.0),
            optimum_rank,
            best: (k >= optimum_rank).then_some(self.reference.value),
            root: Some((2.0 * n as f64).sqrt()),
            speed: None,
            budget: None,
        }
    }
}

impl Empirical {
    /// Samples of a block on a device.
    fn block(&self, frame: &Frame, bytes: usize) -> usize {
        let numbers = BLOCK_BYTES / bytes;
        (numbers / (frame.neurons + 1)).clamp(1, self.data.count())
    }
}
