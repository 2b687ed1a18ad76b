//! Models: landscapes with named parameters, and the one list of them.
//!
//! A [`Model`] describes itself (parameters, forms, formulas) and builds a [`Problem`] for given values: one cell as the
//! backends see it. The mathematics of a form is written once, generic over the number type, as a
//! [`Landscape`](crate::landscape::surface::Landscape); [`Form`](crate::landscape::form::Form) ties it to its starts, and every form is a `Problem`.
//!
//! A model is added with one Rust file, one WGSL file of the same stem and one line in [`MODELS`].

pub use crate::landscape::parameter::{Kind, Parameter, Value, Values};

use crate::landscape::conformance::Conformance;
use crate::landscape::endpoint::{Outcome, Stop};
use crate::landscape::path::{Observable, PathTheory, Traced};
use crate::landscape::proof::Provable;
use crate::landscape::queue::Queue;
use crate::landscape::surface::Rule;
use crate::landscape::symmetry::Overlaps;
use crate::landscape::theorem::{Claim, Theorem};
use crate::numerics::real::Precision;
use crate::numerics::seed::CellSeed;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// How a model's step sizes are chosen.
#[derive(Clone, Debug, PartialEq)]
pub enum StepSize {
    /// By the model's own rule, which `models NAME` prints.
    Auto,
    /// One number for all weights.
    One(f64),
    /// A number for each of the model's step groups, in the model's order.
    Groups(Vec<f64>),
}

impl StepSize {
    /// The step size of a model whose weights are one group; `auto` is asked for the model's own rule.
    pub fn single(&self, auto: impl FnOnce() -> f64) -> f64 {
        match self {
            StepSize::Auto => auto(),
            StepSize::One(step) => *step,
            StepSize::Groups(steps) => steps[0],
        }
    }
}

/// Settings of the descent that a cell is built with.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Step sizes.
    pub step: StepSize,
    /// Step budget of a run.
    pub max_steps: u32,
    /// What counts as converged; see [`Model::tolerance`].
    pub tolerance: f64,
    /// Whether runs stop at a proof of their outcome.
    pub verdicts: bool,
}

/// A value that a model or a backend refuses: which, why, and what to do.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{key}{}: {problem}; {remedy}", if value.is_empty() { String::new() } else { format!(" = {value}") })]
pub struct Invalid {
    /// Path of the key in the spec, for example `params.ratio`.
    pub key: String,
    /// The refused value; empty where several make the fault.
    pub value: String,
    /// Why it is refused.
    pub problem: String,
    /// What to do.
    pub remedy: String,
}

/// A number that theory predicts for a cell.
#[derive(Clone, Debug, PartialEq)]
pub struct Prediction {
    /// Name in tables.
    pub name: &'static str,
    /// The number; `None` where the theory has none for this cell.
    pub value: Option<f64>,
    /// Meaning, one sentence.
    pub about: &'static str,
    /// Whether tables show it beside the estimate: a success probability, or what success depends on.
    pub beside_estimate: bool,
    /// Whether it is the probability of global, exactly or in a limit: figures draw it over the estimate.
    pub is_success: bool,
    /// The parameter whose critical value it is: figures draw it as a boundary.
    pub boundary: Option<&'static str>,
}

impl Prediction {
    /// A number that only `cells.csv` shows.
    pub fn new(name: &'static str, value: Option<f64>, about: &'static str) -> Self {
        Prediction { name, value, about, beside_estimate: false, is_success: false, boundary: None }
    }

    /// A probability of global, which tables and figures show beside the estimate.
    pub fn success(name: &'static str, value: Option<f64>, about: &'static str) -> Self {
        Prediction { beside_estimate: true, is_success: true, ..Prediction::new(name, value, about) }
    }

    /// The same number as the value of a parameter at which the landscape changes.
    #[must_use]
    pub fn critical(self, parameter: &'static str) -> Self {
        Prediction { boundary: Some(parameter), ..self }
    }
}

impl Invalid {
    /// A value of a model's parameter that is refused.
    pub fn parameter(name: &str, value: impl ToString, problem: impl Into<String>, remedy: impl Into<String>) -> Self {
        let key = format!("params.{name}");
        Invalid { key, value: value.to_string(), problem: problem.into(), remedy: remedy.into() }
    }
}

/// What a model's tolerance means.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tolerance {
    /// Value where the spec names none.
    pub default: f64,
    /// Meaning, one sentence.
    pub about: &'static str,
}

/// A landscape with named parameters.
pub trait Model: Sync {
    /// Name in specs and on the command line.
    fn name(&self) -> &'static str;
    /// One line: what it is, with its source.
    fn summary(&self) -> &'static str;
    /// Formulas, step rule, outcomes and verdicts, as `models NAME` prints them.
    fn description(&self) -> &'static str;
    /// Parameters, in the order of tables.
    fn parameters(&self) -> &'static [Parameter];
    /// Forms and what each is; the first is the form of the paper, in which points are given.
    fn forms(&self) -> &'static [(&'static str, &'static str)];
    /// Groups of weights that can have step sizes of their own.
    fn step_groups(&self) -> &'static [&'static str];
    /// Meaning and default of `descent.tolerance`.
    fn tolerance(&self) -> Tolerance;
    /// Tolerance to which a trace follows a run on that has converged in the experiment's sense; `None` for no further.
    fn trace_tolerance(&self, _precision: Precision) -> Option<f64> {
        None
    }
    /// Builds one cell.
    ///
    /// # Errors
    /// A value that is impossible together with the others.
    fn problem(&self, form: &str, values: &Values, settings: &Settings) -> Result<Arc<dyn Problem>, Invalid>;
    /// The teacher's weights in the order of the paper's form. They need not be a point where the loss is 0: a student's
    /// filter may be normalised where the teacher's is not.
    ///
    /// # Errors
    /// As [`Model::problem`].
    fn teacher(&self, values: &Values) -> Result<Vec<f64>, Invalid>;
    /// The loss that a certificate holds.
    ///
    /// # Errors
    /// What does not fit, or that the model has no certificates.
    fn provable(&self, _landscape: &serde_json::Value) -> Result<Box<dyn Provable>, String> {
        Err("the model has no certificates".into())
    }
    /// What the tests that every model passes take this one through, besides its default cell.
    fn conformance(&self) -> Conformance {
        Conformance::NONE
    }
    /// Text that stands for the law of the starts of these values: two cells with the same text share their starts.
    ///
    /// Parameters at their default are left out, so that a parameter added later does not change the starts of cells that do
    /// not use it. The default of a parameter that seeds must therefore never change. A value that is relative to another
    /// stands for its number, a file for its contents.
    fn identity(&self, values: &Values) -> String {
        let mut text = self.name().to_string();
        for (parameter, (name, value)) in self.parameters().iter().zip(&values.0) {
            if parameter.seeds && !parameter.is_default(values) {
                text.push_str(&format!(";{name}={}", values.absolute(value).identity()));
            }
        }
        text
    }
}

/// What a device needs to know of a problem: the texts, sizes and numbers from which its kernel is built.
#[derive(Clone, Debug)]
pub struct Kernel {
    /// Shader texts that define the landscape, in order.
    pub texts: Vec<&'static str>,
    /// Whether several lanes can share a run; otherwise each lane holds a whole state.
    pub shareable: bool,
    /// Whole numbers that shape the kernel; they become constants of the text.
    pub shape: Vec<(&'static str, u32)>,
    /// Real numbers; a sweep over them never recompiles.
    pub constants: Vec<(&'static str, f64)>,
    /// Memory that the lanes of a run share and that `survey` fills: names and numbers of real values for each run. A model's text
    /// writes every word before it reads it.
    pub memory: Vec<(&'static str, u32)>,
    /// Read-only data shared by all runs.
    pub data: Arc<[f64]>,
    /// About how many loop iterations a step takes, over all lanes of a run.
    pub work: u32,
    /// Fewest arithmetic instructions of one gradient step of one run, verdicts left out: a fused multiply-add, addition,
    /// multiplication, comparison, selection, minimum, division or root is one.
    pub operations: f64,
}

/// A number that a start can be placed by, in a plane of starts.
#[derive(Clone, Debug, PartialEq)]
pub struct Coordinate {
    /// Name on the command line and in tables.
    pub name: String,
    /// Meaning, symbol and unit.
    pub label: String,
    /// The range that a map shows where none is named.
    pub range: (f64, f64),
}

/// A critical point that is known in closed form, for maps.
#[derive(Clone, Debug, PartialEq)]
pub struct Landmark {
    /// What it is.
    pub name: &'static str,
    /// The outcome of a run that ends there.
    pub kind: Outcome,
    /// The point.
    pub state: Vec<f64>,
}

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
    /// Raised to abandon the work.
    pub cancel: &'a AtomicBool,
}

/// One cell as the backends see it.
pub trait Problem: Send + Sync {
    /// Numbers in a run's state.
    fn dim(&self) -> usize;
    /// How many of them are weights, the first ones: after them stand whole numbers from which a run's random numbers are made.
    fn weights(&self) -> usize {
        self.dim()
    }
    /// Numbers in a run's start: the state, then what stays on the host.
    fn start_dim(&self) -> usize;
    /// Draws the starts of the runs from `first` on, one after another, as many as `out` has room for. Of each it takes the
    /// first `width` numbers: [`Problem::dim`] of them, the state, or all [`Problem::start_dim`].
    fn starts(&self, seed: CellSeed, first: u64, width: usize, out: &mut [f64]);
    /// Number of different starts; `None` where no two runs share one.
    fn distinct_starts(&self) -> Option<u64>;
    /// Step sizes and budget.
    fn rule(&self) -> Rule;
    /// Loss at the endpoint of a run, in f64, from its start, final state and number of steps.
    fn endpoint_loss(&self, start: &[f64], state: &[f64], steps: u32) -> f64;
    /// Loss, gradient and class of a state.
    fn evaluate(&self, precision: Precision, state: &[f64]) -> Evaluation;
    /// Advances runs to their ends until none is left; `false` if the work was abandoned.
    fn descend(&self, work: Work<'_, '_>) -> bool;
    /// Description for a device that computes in the given format.
    fn kernel(&self, precision: Precision) -> Kernel;
    /// What theory says about this cell.
    fn theory(&self) -> Vec<Prediction>;
    /// What the first starts of a cell look like, where its theory speaks of starts.
    fn at_start(&self, seed: CellSeed) -> Vec<Prediction>;
    /// Theorems that say of some starts where descent ends; the same for all cells of a model.
    fn theorems(&self) -> Vec<Theorem>;
    /// What each of [`Problem::theorems`] says of a start, from its state alone, written to `claims` in their order.
    fn claim(&self, start: &[f64], claims: &mut [Claim]);
    /// What else than the start is drawn for every run, so that a probability is one over that too.
    fn drawn_for_each_run(&self) -> Option<&'static str>;
    /// Numbers that say where a state is and can be chosen independently of each other, besides its components.
    fn coordinates(&self) -> Vec<Coordinate>;
    /// Value of one of the coordinates.
    fn coordinate(&self, name: &str, state: &[f64]) -> Option<f64>;
    /// Moves a start to another value of one of the coordinates and leaves the others as they are.
    fn place(&self, name: &str, value: f64, start: &mut [f64]);
    /// Critical points that are known in closed form.
    fn landmarks(&self) -> Vec<Landmark>;
    /// What else is worth knowing of the state of a run, from its start, that state and the number of steps: the same names for every
    /// state.
    fn observables(&self, start: &[f64], state: &[f64], steps: u32) -> Vec<Observable>;
    /// What theory has to say of the path of a run.
    fn path_theory(&self, traced: &Traced<'_>) -> PathTheory;
    /// The loss as proofs see it; `None` where its critical points cannot be proved.
    fn provable(&self) -> Option<Box<dyn Provable>>;
    /// See [`Rest`]; `None` where no endpoint is judged by its curvature.
    fn rest(&self) -> Option<Rest>;
    /// Whether a strict minimum is the global one.
    fn is_global(&self, minimum: &[f64], loss: f64) -> bool;
    /// Whether [`Problem::late`] says more than undecided of any run.
    fn knows_slow_paths(&self) -> bool;
    /// What a run was on its way to that has spent its budget: undecided, or slow.
    fn late(&self, state: &[f64]) -> Outcome;
    /// Second derivatives of the loss at a state, row by row; `None` where only differences are to be had.
    fn hessian(&self, state: &[f64]) -> Option<Vec<f64>>;
    /// Directions at a state along which a symmetry keeps the loss constant, each with the symmetry's name.
    fn flat_directions(&self, state: &[f64]) -> Vec<(&'static str, Vec<f64>)>;
    /// A Lipschitz constant of the Hessian in the ball of this radius around a state; infinite where none is known.
    fn hessian_lipschitz(&self, state: &[f64], radius: f64) -> f64;
    /// An isometric image of a state whose rows, and whose movable columns, may be permuted without changing the loss.
    fn image(&self, state: &[f64]) -> Overlaps;
    /// The state of an image.
    fn state_of(&self, image: &[f64]) -> Vec<f64>;
    /// What of the image no symmetry changes but those permutations.
    fn overlaps(&self, state: &[f64]) -> Overlaps;
}

/// How an endpoint of a run that came to rest is judged (see [`crate::judge::classify`]).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rest {
    /// Loss up to which a strict minimum is the global one: rounding of a loss of 0.
    pub zero: f64,
    /// Loss below which an endpoint without a strict minimum counts as global.
    pub near: f64,
    /// Whether runs that spent their budget are judged too, where they are in the convex surroundings of a minimum.
    pub late: bool,
    /// Whether endpoints of different runs can be the same critical point, so that they are told apart by families.
    pub families: bool,
}

/// Declares the real constants of a landscape once: a struct over the number type, its rounding to any format, and the
/// named list from which a shader's constants are generated.
macro_rules! constants {
    ($(#[$meta:meta])* $visibility:vis struct $name:ident { $($(#[$field_meta:meta])* $field:ident,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug)]
        $visibility struct $name<R> { $($(#[$field_meta])* $visibility $field: R,)+ }

        impl $name<f64> {
            /// The same constants, rounded to another format.
            $visibility fn over<R: $crate::numerics::real::Real>(&self) -> $name<R> {
                $name { $($field: R::splat(self.$field),)+ }
            }
            /// Names and values, in order.
            $visibility fn named(&self) -> Vec<(&'static str, f64)> {
                vec![$((stringify!($field), self.$field),)+]
            }
        }
    };
}
pub(crate) use constants;
