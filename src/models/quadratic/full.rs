//! The form of the paper: state `w_1 … w_k`, one neuron after another, for either loss.

use super::theory::{self, Known};
use crate::landscape::endpoint::Outcome;
use crate::landscape::form::Form;
use crate::landscape::model::{Evaluation, Invalid, Kernel, Prediction, Problem, Rest, Settings, Values};
use crate::landscape::path::Observable;
use crate::landscape::resting::{Ends, Resting, ValueAndGradient};
use crate::landscape::surface::Rule;
use crate::landscape::symmetry::Overlaps;
use crate::numerics::dense;
use crate::numerics::real::{Precision, Real};
use crate::numerics::seed::Streams;
use crate::numerics::vector::norm;
use std::sync::Arc;

/// Most weights, `k d`: the Hessian of more does not fit into memory.
const MOST_WEIGHTS: usize = 16_384;
/// Roundings of a loss that its tolerance is widened by, in units of the last place of its largest term.
const ROUNDINGS: f64 = 16.0;
/// Norm below which a direction of a rotation is rounding's.
const ROTATED: f64 = 1e-6;
/// Eigenvalues of `WᵀW` above this share of the largest count for its rank.
const RANK: f64 = 1e-6;

/// What a cell has whatever its loss.
#[derive(Clone, Debug)]
pub struct Frame {
    /// `k`
    pub neurons: usize,
    /// `d`
    pub input_dim: usize,
    /// Step size `η`.
    pub step: f64,
    /// Mean of `‖W_0‖²`.
    pub start: f64,
    /// Settings of the descent.
    pub settings: Settings,
}

/// What a run is measured against.
#[derive(Clone, Copy, Debug)]
pub struct Goal {
    /// Loss that no weights have less of, to `gap`.
    pub value: f64,
    /// How far that is from the least, at most.
    pub gap: f64,
    /// Excess up to which a loss counts as the least.
    pub tolerance: f64,
    /// Size of the terms that cancel in the loss of an optimum.
    pub terms: f64,
}

/// One of the two losses.
pub trait Loss: Clone + Send + Sync + 'static {
    /// The loss over a number type.
    type ValueAndGradient<R: Real>: ValueAndGradient<R>;

    /// The loss over a number type.
    fn surface<R: Real>(&self, frame: &Frame) -> Self::ValueAndGradient<R>;
    /// What a run is measured against.
    fn goal(&self, frame: &Frame) -> Goal;
    /// The inverse of the automatic step size, for starts with this mean of `‖W_0‖²`.
    fn curvature(&self, start: f64) -> f64;
    /// About how large `‖W‖²` is at an optimum.
    fn size(&self) -> f64;
    /// Shader texts.
    fn texts(&self) -> [&'static str; 2];
    /// Whole numbers that shape the kernel, beside the state's; a number takes so many bytes.
    fn sizes(&self, frame: &Frame, bytes: usize) -> Vec<(&'static str, u32)>;
    /// Real constants beside those of the stop rule.
    fn constants(&self) -> Vec<(&'static str, f64)>;
    /// Memory of a run beside the weights; a number takes so many bytes.
    fn memory(&self, frame: &Frame, bytes: usize) -> Vec<(&'static str, u32)>;
    /// What a device reads.
    fn data(&self) -> Arc<[f64]>;
    /// See [`Kernel::work`].
    fn work(&self, frame: &Frame) -> u32;
    /// See [`Kernel::operations`].
    fn operations(&self, frame: &Frame) -> f64;
    /// See [`Form::late`].
    fn late(full: &Full<Self>, state: &[f64]) -> Outcome;
    /// See [`Form::hessian`].
    fn hessian(&self, state: &[f64]) -> Vec<f64>;
    /// See [`Form::hessian_lipschitz`].
    fn lipschitz(&self, state: &[f64], radius: f64) -> f64;
    /// `∂L/∂Z` in `Z = WᵀW`, row by row.
    fn slack(&self, state: &[f64]) -> Vec<f64>;
    /// What theory says.
    fn known(&self, frame: &Frame) -> Known;
}

/// One cell.
#[derive(Clone, Debug)]
pub struct Full<L> {
    pub(super) frame: Frame,
    pub(super) loss: L,
}

impl<L: Loss> Full<L> {
    pub(super) fn new(values: &Values, settings: &Settings, loss: L) -> Result<Self, Invalid> {
        let neurons = values.integer("neurons") as usize;
        let input_dim = values.integer("input_dim") as usize;
        if neurons * input_dim > MOST_WEIGHTS {
            return Err(Invalid::parameter(
                "neurons",
                neurons,
                format!("makes {} weights, more than {MOST_WEIGHTS}", neurons * input_dim),
                "choose fewer neurons or a smaller input_dim",
            ));
        }
        let start = values.real("start_scale").powi(2);
        let step = settings.step.single(|| 1.0 / loss.curvature(start));
        Ok(Full { frame: Frame { neurons, input_dim, step, start, settings: settings.clone() }, loss })
    }

    /// The loss up to which a run has found the global minimum, in a format; see the module's page.
    fn exit(&self, precision: Precision) -> f64 {
        let Goal { value, tolerance, terms, .. } = self.loss.goal(&self.frame);
        value + tolerance.max(ROUNDINGS * precision.roundoff() * terms)
    }

    /// The norm of the gradient that counts as rest in a format; see the module's page.
    fn still(&self, precision: Precision) -> f64 {
        let weights = (self.frame.neurons * self.frame.input_dim) as f64;
        // Weights are about as large as an optimum's, and the units in their last places grow with them.
        let binade = self.loss.size().sqrt().max(1.0).log2().floor().exp2();
        self.frame.settings.tolerance.max(binade * precision.roundoff() * weights.sqrt() / self.frame.step)
    }

    fn ends(&self, precision: Precision) -> Ends<f64> {
        Ends {
            global_loss: self.exit(precision),
            rest_square: self.still(precision).powi(2),
            // A stable run stays near the size of its start and of an optimum; three orders of margin for a weight.
            size_limit: 1e6 * (1.0 + self.frame.start + self.loss.size()),
            step: self.frame.step,
        }
    }
}

impl<L: Loss> Form for Full<L> {
    type Over<R: Real> = Resting<R, L::ValueAndGradient<R>>;

    fn over<R: Real>(&self) -> Self::Over<R> {
        Resting::new(&self.ends(R::PRECISION), self.loss.surface(&self.frame), Form::dim(self))
    }

    fn dim(&self) -> usize {
        self.frame.neurons * self.frame.input_dim
    }

    #[inline(always)]
    fn starts(&self, draws: &mut Streams, _: usize, out: &mut [f64]) {
        let deviation = (self.frame.start / Form::dim(self) as f64).sqrt();
        draws.normals(out);
        out.iter_mut().for_each(|x| *x *= deviation);
    }

    fn rule(&self) -> Rule {
        Rule { steps: vec![self.frame.step; Form::dim(self)], max_steps: self.frame.settings.max_steps }
    }

    fn kernel(&self, precision: Precision) -> Kernel {
        let (frame, loss, bytes) = (&self.frame, &self.loss, precision.bytes());
        let sizes = [("NEURONS", frame.neurons as u32), ("INPUT_DIM", frame.input_dim as u32)];
        let weights = ("weights", Form::dim(self) as u32);
        Kernel {
            texts: [include_str!("../../../shaders/resting.wgsl")].into_iter().chain(loss.texts()).collect(),
            shareable: true,
            shape: sizes.into_iter().chain(loss.sizes(frame, bytes)).collect(),
            constants: self.ends(precision).named().into_iter().chain(loss.constants()).collect(),
            memory: [weights].into_iter().chain(loss.memory(frame, bytes)).collect(),
            data: loss.data(),
            work: loss.work(frame),
            operations: loss.operations(frame),
        }
    }

    /// Endpoints of one family differ by a rotation of the neurons; see [`Form::image`].
    fn rest(&self) -> Option<Rest> {
        let exit = self.exit(Precision::F64);
        Some(Rest { zero: exit, near: exit, late: false, families: true })
    }

    fn knows_slow_paths(&self) -> bool {
        true
    }

    fn late(&self, state: &[f64]) -> Outcome {
        L::late(self, state)
    }

    fn hessian(&self, state: &[f64]) -> Option<Vec<f64>> {
        Some(self.loss.hessian(state))
    }

    fn hessian_lipschitz(&self, state: &[f64], radius: f64) -> f64 {
        self.loss.lipschitz(state, radius)
    }

    /// `A W` for antisymmetric `A`: rotations of the neurons.
    fn flat_directions(&self, state: &[f64]) -> Vec<(&'static str, Vec<f64>)> {
        let d = self.frame.input_dim;
        let mut directions = Vec::new();
        for j in 0..self.frame.neurons {
            for l in 0..j {
                let mut direction = vec![0.0; state.len()];
                for a in 0..d {
                    direction[j * d + a] = state[l * d + a];
                    direction[l * d + a] = -state[j * d + a];
                }
                if norm(&direction) > ROTATED {
                    directions.push(("rotation of the neurons", direction));
                }
            }
        }
        directions
    }

    /// The triangular factor of `W`, `W = Q R`, with a diagonal that is not negative: weights with the same `WᵀW` have the same,
    /// and no rotation of two of them brings them closer than these are apart.
    fn image(&self, state: &[f64]) -> Overlaps {
        let (k, d) = (self.frame.neurons, self.frame.input_dim);
        Overlaps { rows: k, columns: d, movable: 0, entries: triangular(state, k, d) }
    }

    fn theory(&self) -> Vec<Prediction> {
        let goal = self.loss.goal(&self.frame);
        let exit = self.exit(Precision::F64);
        theory::predictions(&self.loss.known(&self.frame), goal.value, goal.gap, exit, self.frame.step)
    }

    fn observables(&self, _: &[f64], state: &[f64], _: u32) -> Vec<Observable> {
        let d = self.frame.input_dim;
        let Evaluation { loss, .. } = self.evaluate(Precision::F64, state);
        let squares = dense::eigenvalues(&super::teacher::gram(state, d), d).unwrap_or_default();
        let largest = squares.last().copied().unwrap_or(f64::NAN);
        let rank = squares.iter().filter(|x| **x > RANK * largest).count();
        let slack = dense::eigenvalues(&self.loss.slack(state), d).unwrap_or_default();
        vec![
            Observable::new("excess", "loss above its lower bound", loss - self.loss.goal(&self.frame).value)
                .logarithmic(),
            Observable::new("weight_square", "weights ‖W‖²", squares.iter().sum()),
            Observable::new("rank", "rank of W", rank as f64),
            Observable::new("least_slack", "least eigenvalue of the slack", slack.first().copied().unwrap_or(f64::NAN)),
        ]
    }
}

/// The triangular factor of a `rows` × `columns` matrix, its diagonal not negative, row by row. By Householder's reflections.
fn triangular(matrix: &[f64], rows: usize, columns: usize) -> Vec<f64> {
    let mut r = matrix.to_vec();
    for c in 0..rows.min(columns) {
        let length = (c..rows).map(|i| r[i * columns + c].powi(2)).sum::<f64>().sqrt();
        if length == 0.0 {
            continue;
        }
        // The reflection that takes the column to `±length e_c`, of the sign that does not cancel.
        let head = r[c * columns + c];
        let target = if head > 0.0 { -length } else { length };
        let mut normal: Vec<f64> = (c..rows).map(|i| r[i * columns + c]).collect();
        normal[0] -= target;
        let square: f64 = normal.iter().map(|x| x * x).sum();
        for b in c..columns {
            let along: f64 = normal.iter().enumerate().map(|(i, x)| x * r[(c + i) * columns + b]).sum();
            let factor = 2.0 * along / square;
            normal.iter().enumerate().for_each(|(i, x)| r[(c + i) * columns + b] -= factor * x);
        }
        for i in c + 1..rows {
            r[i * columns + c] = 0.0;
        }
        if r[c * columns + c] < 0.0 {
            r[c * columns..][..columns].iter_mut().for_each(|x| *x = -*x);
        }
    }
    r
}
