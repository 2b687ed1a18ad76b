//! The form of the paper: all weights.

use super::data::Data;
use super::features::{self, Lemma};
use super::landscape::Over;
use super::network::Network;
use super::start::Start;
use super::{hessian, softplus, theory};
use crate::landscape::{
    AtRest, Core, Cost, Curvature, DeviceProgram, Drawn, Ends, Engine, Form, Invalid, Layout, Observable, Outcome,
    PathFacts, Prediction, Problem, Rest, Resting, Rule, Settings, SlowPaths, Symmetry, Values,
};
use crate::numerics::{CellSeed, Precision, Real, Streams};
use std::sync::Arc;

/// Workgroup memory that a run should take on a device: with it even a software adapter, which has 32 KiB for a
/// workgroup, holds eight runs of eight lanes and their sums.
const RUN_BYTES: usize = 3840;

/// One cell.
#[derive(Debug)]
pub struct Full {
    network: Network,
    data: Data,
    start: Start,
    step: f64,
    settings: Settings,
    rest_gradient: f64,
}

impl Full {
    pub(super) fn new(values: &Values, settings: &Settings) -> Result<Self, Invalid> {
        let network = Network::new(values)?;
        let data = Data::new(values)?;
        let start = Start::new(values, &network);
        let step = settings.step.single(|| theory::auto_step(&network, &data, &start));
        let rest_gradient = values.real("rest_gradient");
        Ok(Full { network, data, start, step, settings: settings.clone(), rest_gradient })
    }

    /// The cell with what its landscape can say.
    pub(super) fn problem(self) -> Problem {
        let form = Arc::new(self);
        let problem = Problem::of(&form).with_at_rest(form.clone()).with_slow_paths(form.clone());
        problem.with_curvature(form.clone()).with_symmetry(form.clone()).with_path_facts(form)
    }

    /// Loss at and below which the training error counts as zero.
    fn global_loss(&self) -> f64 {
        self.settings.tolerance * self.data.zero_loss()
    }

    /// The norm of the gradient that counts as rest in a format; see the model's page.
    fn still(&self, precision: Precision) -> f64 {
        let unit = precision.roundoff();
        self.rest_gradient.max(unit * (self.network.dim() as f64).sqrt() / self.step)
    }

    fn ends(&self, precision: Precision) -> Ends<f64> {
        Ends {
            global_loss: self.global_loss(),
            rest_square: self.still(precision).powi(2),
            least_size: -1.0,
            // A stable run stays near the size of its start and of what fits the targets; four orders of margin.
            size_limit: 1e8 * (1.0 + self.start.square(&self.network) + self.data.zero_loss()),
            step: self.step,
        }
    }

    /// Samples of a block on a device: all, if a run's share of the workgroup's memory stays within [`RUN_BYTES`]; else
    /// as many as do.
    fn block(&self, precision: Precision) -> usize {
        let numbers = RUN_BYTES / precision.bytes();
        let each = 2 * self.network.width() + 1;
        (numbers.saturating_sub(self.network.dim()) / each).clamp(1, self.data.samples)
    }
}

/// Arithmetic instructions of a step:
///
/// ```text
/// features  N n_1 (l + A + 2) for the convolution, the activation with its slope, the rate and the prediction
/// gradient  N n_1 (l + 2) and N T l for the filters, biases and read-out weights, 3 N for errors, loss and the
///           read-out's bias
/// the rest  3 (T l + 2 n_1 + 1) for the norms of gradient and weights and the update
/// ```
///
/// with `A = 3` for ReLU and what [`softplus::operations`] counts else.
fn operations(network: &Network, samples: usize, precision: Precision) -> f64 {
    let activation = if network.relu { 3 } else { softplus::operations(precision) };
    let each = samples * network.width();
    let features = each * (network.filter_length + activation + 2);
    let gradient = each * (network.filter_length + 2) + samples * (network.biases() + 3);
    (features + gradient + 3 * network.dim()) as f64
}

impl Core for Full {
    fn layout(&self) -> Layout {
        Layout::of(self.network.dim())
    }

    fn rule(&self) -> Rule {
        Rule::uniform(self.step, self.network.dim(), self.settings.max_steps)
    }

    fn program(&self, precision: Precision) -> DeviceProgram {
        let n = &self.network;
        let block = self.block(precision);
        let sizes = [
            ("SAMPLES", self.data.samples),
            ("INPUT_LENGTH", n.input_length),
            ("FILTER_LENGTH", n.filter_length),
            ("STRIDE", n.stride),
            ("PATCHES", n.patches),
            ("WIDTH", n.width()),
            ("BIASES", n.biases()),
            ("OUTPUTS", n.outputs()),
            ("BLOCK", block),
            ("RELU", usize::from(n.relu)),
        ];
        self.ends(precision).complete(DeviceProgram {
            shareable: true,
            shape: sizes.map(|(name, size)| (name, size as u32)).to_vec(),
            memory: vec![
                ("weights", n.dim() as u32),
                ("errors", block as u32),
                ("features", (block * n.width()) as u32),
                ("rates", (block * n.width()) as u32),
            ],
            data: self.data.numbers.clone(),
            ..DeviceProgram::of([softplus::shader(precision), include_str!("../../../shaders/model/wide_cnn.wgsl")])
        })
    }

    fn cost(&self, precision: Precision) -> Cost {
        let (n, samples) = (&self.network, self.data.samples);
        Cost {
            // Every neuron's convolution, activation and share of the prediction for every sample, and the sums over
            // both of them.
            iterations: (samples * (n.width() * (2 * n.filter_length + 4) + 1)) as u32,
            operations: operations(n, samples, precision),
        }
    }

    fn theory(&self, starts: Option<CellSeed>) -> Vec<Prediction> {
        let mut theory = theory::predictions(&self.network, &self.data);
        theory.extend(starts.into_iter().flat_map(|seed| {
            features::at_start(&self.network, &self.data, |runs| {
                let mut states = vec![0.0; runs * self.network.dim()];
                self.starts(seed, 0, self.network.dim(), &mut states);
                states
            })
        }));
        theory
    }
}

impl Form for Full {
    type Over<R: Real> = Resting<R, Over>;
    const PAIRS: bool = true;

    fn over<R: Real>(&self) -> Self::Over<R> {
        Resting::new(&self.ends(R::PRECISION), Over::new(self.network, &self.data), self.network.dim())
    }

    #[inline(always)]
    fn draw(&self, draws: &mut Streams, width: usize, out: &mut [f64]) {
        self.start.draw(&self.network, draws, width, out);
    }
}

impl AtRest for Full {
    fn rest(&self) -> Rest {
        Rest { zero: self.global_loss(), near: self.global_loss(), late: false, families: false }
    }
}

impl SlowPaths for Full {
    fn late(&self, state: &[f64]) -> Outcome {
        if Lemma::at(&self.network, &self.data, state).leads_to_zero() { Outcome::Slow } else { Outcome::Undecided }
    }
}

impl Curvature for Full {
    fn hessian(&self, state: &[f64]) -> Vec<f64> {
        hessian::hessian(&self.network, &self.data, state)
    }
}

impl Symmetry for Full {
    /// ReLU is homogeneous: a filter with its biases may grow as its read-out weights shrink.
    fn flat_directions(&self, state: &[f64]) -> Vec<(&'static str, Vec<f64>)> {
        let n = &self.network;
        let filters = if n.relu { n.filters } else { 0 };
        let direction = |t: usize| {
            let mut direction = vec![0.0; state.len()];
            let parts = [
                (t * n.filter_length, n.filter_length, 1.0),
                (n.biases() + t * n.patches, n.patches, 1.0),
                (n.outputs() + t * n.patches, n.patches, -1.0),
            ];
            for (first, count, sign) in parts {
                for i in first..first + count {
                    direction[i] = sign * state[i];
                }
            }
            ("rescaling of a filter against its read-out weights", direction)
        };
        (0..filters).map(direction).collect()
    }
}

impl PathFacts for Full {
    fn observables(&self, _: &[f64], state: &[f64], _: u32) -> Vec<Observable> {
        let lemma = Lemma::at(&self.network, &self.data, state);
        let (bound, gradient) = (lemma.bound(), lemma.output_gradient);
        vec![
            Observable::new("rank", "rank of the features", lemma.rank() as f64),
            Observable::new("sigma_min", "smallest singular value of the features", lemma.sigma_min()).logarithmic(),
            Observable::new("lemma_bound", "lower bound of the output gradient", bound).drawn(Drawn::OnRequest),
            Observable::new("output_grad_norm", "norm of the output gradient", gradient).logarithmic(),
            Observable::new("lemma_ratio", "bound over output gradient", bound / gradient).drawn(Drawn::OnRequest),
        ]
    }
}
