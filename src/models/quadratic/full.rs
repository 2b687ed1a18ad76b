//! The form of the paper: state `w_1 … w_k`, one neuron after another, for either loss.

use super::theory::{self, Known};
use crate::landscape::origin::near_saddle;
use crate::landscape::{
    AtRest, Core, Cost, Curvature, DeviceProgram, Ends, Engine, Evaluation, Form, Invalid, Layout, Observable, Origin,
    Outcome, Overlaps, PathFacts, Prediction, Problem, Rest, Resting, Rule, Settings, SlowPaths, Symmetry,
    ValueAndGradient, Values,
};
use crate::numerics::dense;
use crate::numerics::vector::norm;
use crate::numerics::{CellSeed, Precision, Real, StartLaw, Streams};
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
    /// Root of the mean of `‖W_0‖²`.
    pub start_scale: f64,
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
    /// About how large `‖W‖²` is at an optimum.
    pub size: f64,
}

impl Goal {
    /// The loss up to which a run has found the global minimum, in a format; see the module's page.
    fn exit(&self, precision: Precision) -> f64 {
        self.value + self.tolerance.max(ROUNDINGS * precision.roundoff() * self.terms)
    }
}

/// One of the two losses, with its second derivatives.
pub trait Loss: Curvature + Clone + 'static {
    /// The loss over a number type.
    type Over<R: Real>: ValueAndGradient<R>;

    /// The loss over a number type.
    fn over<R: Real>(&self, frame: &Frame) -> Self::Over<R>;
    /// What a run is measured against.
    fn goal(&self, frame: &Frame) -> Goal;
    /// The inverse of the automatic step size, for starts with this mean of `‖W_0‖²`.
    fn sharpness(&self, start: f64) -> f64;
    /// What a device needs beside the sizes of the state and the weights; a number takes so many bytes.
    fn program(&self, frame: &Frame, bytes: usize) -> DeviceProgram;
    /// See [`Core::cost`].
    fn cost(&self, frame: &Frame) -> Cost;
    /// See [`SlowPaths::late`].
    fn late(full: &Full<Self>, state: &[f64]) -> Outcome;
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
        let start_scale = values.real("start_scale");
        let step = settings.step.single(|| 1.0 / loss.sharpness(start_scale.powi(2)));
        Ok(Full { frame: Frame { neurons, input_dim, step, start_scale, settings: settings.clone() }, loss })
    }

    /// The cell with what its landscape can say.
    pub(super) fn problem(self) -> Problem {
        let form = Arc::new(self);
        let problem = Problem::of(&form).with_at_rest(form.clone()).with_slow_paths(form.clone());
        let problem = problem.with_curvature(Arc::new(form.loss.clone()));
        problem.with_symmetry(form.clone()).with_path_facts(form)
    }

    fn dim(&self) -> usize {
        self.frame.neurons * self.frame.input_dim
    }

    /// The norm of the gradient that counts as rest in a format; see the module's page.
    fn still(&self, goal: &Goal, precision: Precision) -> f64 {
        let weights = (self.frame.neurons * self.frame.input_dim) as f64;
        // Weights are about as large as an optimum's, and the units in their last places grow with them.
        let binade = goal.size.sqrt().max(1.0).log2().floor().exp2();
        self.frame.settings.tolerance.max(binade * precision.roundoff() * weights.sqrt() / self.frame.step)
    }

    fn ends(&self, precision: Precision) -> Ends<f64> {
        let goal = self.loss.goal(&self.frame);
        Ends {
            global_loss: goal.exit(precision),
            rest_square: self.still(&goal, precision).powi(2),
            least_size: near_saddle(precision) * goal.size,
            // A stable run stays near the size of its start and of an optimum; three orders of margin for a weight.
            size_limit: 1e6 * (1.0 + self.frame.start_scale.powi(2) + goal.size),
            step: self.frame.step,
        }
    }
}

impl<L: Loss> Core for Full<L> {
    fn layout(&self) -> Layout {
        Layout { origin: Origin::Saddle, ..Layout::of(self.dim()) }
    }

    fn rule(&self) -> Rule {
        Rule::uniform(self.frame.step, self.dim(), self.frame.settings.max_steps)
    }

    fn program(&self, precision: Precision) -> DeviceProgram {
        let mut program = self.loss.program(&self.frame, precision.bytes());
        program.shareable = true;
        program.texts.insert(0, include_str!("../../../shaders/model/quadratic.wgsl").into());
        let sizes = [("NEURONS", self.frame.neurons as u32), ("INPUT_DIM", self.frame.input_dim as u32)];
        program.shape.splice(0..0, sizes);
        program.memory.insert(0, ("weights", self.dim() as u32));
        self.ends(precision).complete(program)
    }

    fn cost(&self, _: Precision) -> Cost {
        self.loss.cost(&self.frame)
    }

    fn theory(&self, _: Option<CellSeed>) -> Vec<Prediction> {
        let goal = self.loss.goal(&self.frame);
        let exit = goal.exit(Precision::F64);
        theory::predictions(&self.loss.known(&self.frame), goal.value, goal.gap, exit, self.frame.step)
    }
}

impl<L: Loss> Form for Full<L> {
    type Over<R: Real> = Resting<R, L::Over<R>>;

    fn over<R: Real>(&self) -> Self::Over<R> {
        Resting::new(&self.ends(R::PRECISION), self.loss.over(&self.frame), self.dim())
    }

    #[inline(always)]
    fn draw(&self, draws: &mut Streams, _: usize, out: &mut [f64]) {
        let (scale, dim) = (self.frame.start_scale, self.dim() as f64);
        let variance = scale.powi(2) / dim;
        // The root of the variance for ever, where that is a number.
        let deviation = if variance.is_normal() { variance.sqrt() } else { scale / dim.sqrt() };
        StartLaw::Gaussian(deviation).draw(draws, out);
    }
}

impl<L: Loss> AtRest for Full<L> {
    /// Endpoints of one family differ by a rotation of the neurons; see [`Symmetry::image`].
    fn rest(&self) -> Rest {
        let exit = self.loss.goal(&self.frame).exit(Precision::F64);
        Rest { zero: exit, near: exit, late: false, families: true }
    }
}

impl<L: Loss> SlowPaths for Full<L> {
    fn late(&self, state: &[f64]) -> Outcome {
        L::late(self, state)
    }
}

impl<L: Loss> Symmetry for Full<L> {
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

    /// The triangular factor of `W`, `W = Q R`, with a diagonal that is not negative: weights with the same `WᵀW` have
    /// the same, and no rotation of two of them brings them closer than these are apart.
    fn image(&self, state: &[f64]) -> Overlaps {
        let (k, d) = (self.frame.neurons, self.frame.input_dim);
        Overlaps { rows: k, columns: d, movable: 0, entries: triangular(state, k, d) }
    }
}

impl<L: Loss> PathFacts for Full<L> {
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

/// The triangular factor of a `rows` × `columns` matrix, its diagonal not negative, row by row. By Householder's
/// reflections.
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
