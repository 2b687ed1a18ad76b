//! One cell as everything behind the models sees it: a core that every landscape has, and the capabilities that it has
//! besides.

use super::capability::{AtRest, Chart, Curvature, PathFacts, Proofs, Rest, SlowPaths, Symmetry, Theorems};
use super::device::{Cost, DeviceProgram};
use super::endpoint::{Outcome, Stop};
use super::form::Form;
use super::origin::Origin;
use super::path::Observable;
use super::queue::Queue;
use super::surface::Rule;
use super::symmetry::Overlaps;
use super::theorem::Theorem;
use super::theory::Prediction;
use crate::expression::{ExpressionError, Recording};
use crate::numerics::{CellSeed, Precision};
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Loss, gradient and class of one point.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluation {
    /// Population loss.
    pub loss: f64,
    /// Its gradient.
    pub gradient: Vec<f64>,
    /// What the stop rule says at this point; `None` where it would go on.
    pub stop: Option<Stop>,
}

/// Runs handed to the CPU: starts in, endpoints out.
#[derive(Clone, Copy, Debug)]
pub struct Work<'a, 'q> {
    /// The runs; threads may share them.
    pub queue: &'a Queue<'q>,
    /// Format of the arithmetic.
    pub precision: Precision,
    /// Advance one run at a time instead of vectors of runs. The results are the same.
    pub one_by_one: bool,
    /// Step budget of these runs, where it is not the cell's.
    pub budget: Option<u32>,
    /// Raised to hold the runs where they are.
    pub hold: &'a AtomicBool,
}

/// What a run's state and start consist of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Numbers in a state.
    pub dim: usize,
    /// How many of them are weights, the first ones: after them stand whole numbers from which a run's random numbers
    /// are made.
    pub weights: usize,
    /// Numbers in a start: the state, then what stays on the host.
    pub start_dim: usize,
    /// Number of different starts; `None` where no two runs share one.
    pub distinct_starts: Option<u64>,
    /// What else than the start is drawn for every run, so that a probability is one over that too.
    pub drawn_for_each_run: Option<&'static str>,
    /// What the landscape is like near zero, where starts may be shorter than a format can square.
    pub origin: Origin,
}

impl Layout {
    /// So many weights and nothing else.
    pub fn of(dim: usize) -> Self {
        Layout {
            dim,
            weights: dim,
            start_dim: dim,
            distinct_starts: None,
            drawn_for_each_run: None,
            origin: Origin::Other,
        }
    }
}

/// What a model says of every cell.
pub trait Core: Engine {
    /// What a run's state and start consist of.
    fn layout(&self) -> Layout;
    /// Step sizes and budget.
    fn rule(&self) -> Rule;
    /// Description for a device that computes in the given format.
    fn program(&self, precision: Precision) -> DeviceProgram;
    /// What a step costs in the given format.
    fn cost(&self, precision: Precision) -> Cost;
    /// What theory says about this cell; with the seed of its starts also what the first of them look like, where it
    /// speaks of starts.
    fn theory(&self, starts: Option<CellSeed>) -> Vec<Prediction>;
    /// The outcomes that the stop rule itself can find, without a look at the curvature.
    fn found_by_rule(&self) -> &'static [Outcome] {
        &[Outcome::Global, Outcome::Spurious]
    }
    /// Whether the question is what a run finds within its budget, so that one that has spent it has given its answer.
    fn asks_by_when(&self) -> bool {
        false
    }
    /// Loss at the endpoint of a run, in f64, from its start, final state and number of steps.
    fn endpoint_loss(&self, _start: &[f64], state: &[f64], _steps: u32) -> f64 {
        self.evaluate(Precision::F64, state).loss
    }
}

/// What is computed of every cell on the host. Every [`Form`] does so, with the vectors that the processor has (see
/// [`crate::descent`]).
pub trait Engine: Send + Sync {
    /// Draws the starts of the runs from `first` on, one after another, as many as `out` has room for. Of each it takes
    /// the first `width` numbers: those of the state, or all of [`Layout::start_dim`].
    fn starts(&self, seed: CellSeed, first: u64, width: usize, out: &mut [f64]);
    /// Loss, gradient and class of a state.
    fn evaluate(&self, precision: Precision, state: &[f64]) -> Evaluation;
    /// The graph of loss and gradient in a format, of at most `limit` nodes: first the loss, then its derivative by
    /// each number of the state.
    ///
    /// # Errors
    /// The graph becomes too large, or the landscape looks at the values of its numbers.
    fn recorded(&self, precision: Precision, limit: usize) -> Result<Recording, ExpressionError>;
    /// Advances runs to their ends until none is left; `false` if the work was abandoned.
    fn descend(&self, work: Work<'_, '_>) -> bool;
}

/// Declares the capabilities of a [`Problem`] once: its fields, and of each a builder and an accessor.
macro_rules! capabilities {
    ($($(#[$meta:meta])* $name:ident, $with:ident: $capability:ident;)+) => {
        /// One cell: a core, and what else its landscape can say.
        #[derive(Clone)]
        pub struct Problem {
            core: Arc<dyn Core>,
            $($name: Option<Arc<dyn $capability>>,)+
        }

        impl Problem {
            /// A form without further capabilities.
            pub fn of<F: Form + 'static>(form: &Arc<F>) -> Self {
                Problem::of_core(form.clone())
            }

            /// A core without further capabilities.
            pub fn of_core(core: Arc<dyn Core>) -> Self {
                Problem { core, $($name: None,)+ }
            }

            /// The same capabilities around another core.
            #[must_use]
            pub fn with_core(self, core: Arc<dyn Core>) -> Self {
                Problem { core, ..self }
            }

            $(
                $(#[$meta])*
                pub fn $name(&self) -> Option<&dyn $capability> {
                    self.$name.as_deref()
                }

                /// The same cell with this capability.
                #[must_use]
                pub fn $with(self, capability: Arc<dyn $capability>) -> Self {
                    Problem { $name: Some(capability), ..self }
                }
            )+
        }
    };
}

capabilities! {
    /// How runs at rest are judged; `None` where none is judged by its curvature.
    at_rest, with_at_rest: AtRest;
    /// What is known of runs that spend their budget.
    slow_paths, with_slow_paths: SlowPaths;
    /// Second derivatives in closed form; `None` where only differences are to be had.
    curvature, with_curvature: Curvature;
    /// Transformations that keep the loss.
    symmetry, with_symmetry: Symmetry;
    /// Theorems about starts.
    theorems, with_theorems: Theorems;
    /// Named coordinates and critical points.
    chart, with_chart: Chart;
    /// What is worth seeing on a path.
    path_facts, with_path_facts: PathFacts;
    /// Proofs of critical points.
    proofs, with_proofs: Proofs;
}

impl Deref for Problem {
    type Target = dyn Core;

    fn deref(&self) -> &Self::Target {
        &*self.core
    }
}

impl std::fmt::Debug for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "problem with {:?}", self.layout())
    }
}

/// What a landscape says that lacks a capability.
impl Problem {
    /// Numbers in a run's state.
    pub fn dim(&self) -> usize {
        self.layout().dim
    }

    /// Weights in it.
    pub fn weights(&self) -> usize {
        self.layout().weights
    }

    /// Numbers in a run's start.
    pub fn start_dim(&self) -> usize {
        self.layout().start_dim
    }

    /// The whole start of one run: the block of one.
    #[must_use]
    pub fn start(&self, seed: CellSeed, run: u64) -> Vec<f64> {
        let mut start = vec![0.0; self.start_dim()];
        self.starts(seed, run, self.start_dim(), &mut start);
        start
    }

    /// See [`Rest`]; `None` where no endpoint is judged by its curvature.
    pub fn rest(&self) -> Option<Rest> {
        self.at_rest().map(AtRest::rest)
    }

    /// The Hessian at a state, row by row; `None` where only differences are to be had.
    pub fn hessian(&self, state: &[f64]) -> Option<Vec<f64>> {
        self.curvature().map(|curvature| curvature.hessian(state))
    }

    /// See [`Curvature::hessian_lipschitz`].
    pub fn hessian_lipschitz(&self, state: &[f64], radius: f64) -> f64 {
        self.curvature().map_or(f64::INFINITY, |curvature| curvature.hessian_lipschitz(state, radius))
    }

    /// See [`Symmetry::flat_directions`].
    pub fn flat_directions(&self, state: &[f64]) -> Vec<(&'static str, Vec<f64>)> {
        self.symmetry().map_or_else(Vec::new, |symmetry| symmetry.flat_directions(state))
    }

    /// See [`Symmetry::image`].
    pub fn image(&self, state: &[f64]) -> Overlaps {
        self.symmetry().map_or_else(|| Overlaps::plain(state), |symmetry| symmetry.image(state))
    }

    /// See [`Symmetry::state_of`].
    pub fn state_of(&self, image: &[f64]) -> Vec<f64> {
        self.symmetry().map_or_else(|| image.to_vec(), |symmetry| symmetry.state_of(image))
    }

    /// See [`Symmetry::overlaps`].
    pub fn overlaps(&self, state: &[f64]) -> Overlaps {
        self.symmetry().map_or_else(|| Overlaps::plain(state), |symmetry| symmetry.overlaps(state))
    }

    /// The theorems that speak of its starts.
    pub fn theorem_list(&self) -> Vec<Theorem> {
        self.theorems().map_or_else(Vec::new, Theorems::list)
    }

    /// See [`PathFacts::observables`].
    pub fn observables(&self, start: &[f64], state: &[f64], steps: u32) -> Vec<Observable> {
        self.path_facts().map_or_else(Vec::new, |facts| facts.observables(start, state, steps))
    }
}
