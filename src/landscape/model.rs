//! Models: landscapes with named parameters.
//!
//! A [`Model`] describes itself (parameters, forms, formulas) and builds a [`Problem`] for given values: one cell as
//! backends and judges see it. The mathematics of a form is written once, generic over the number type, as a
//! [`Landscape`](super::surface::Landscape); a [`Form`](super::form::Form) ties it to its starts.

use super::conformance::Conformance;
use super::parameter::{Parameter, Values};
use super::problem::Problem;
use super::proof::Provable;
use crate::numerics::Precision;

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
    /// What counts as converged; see [`About::tolerance`].
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

/// What a model says of itself.
#[derive(Clone, Copy, Debug)]
pub struct About {
    /// Name in specs and on the command line.
    pub name: &'static str,
    /// One line: what it is, with its source.
    pub summary: &'static str,
    /// Formulas, step rule, outcomes and verdicts, as `models NAME` prints them.
    pub description: &'static str,
    /// Parameters, in the order of tables.
    pub parameters: &'static [Parameter],
    /// Forms and what each is; the first is the form of the paper, in which points are given.
    pub forms: &'static [(&'static str, &'static str)],
    /// Groups of weights that can have step sizes of their own.
    pub step_groups: &'static [&'static str],
    /// Meaning and default of `descent.tolerance`.
    pub tolerance: Tolerance,
}

/// A landscape with named parameters.
pub trait Model: Sync {
    /// What it is.
    fn about(&self) -> About;
    /// Its name.
    fn name(&self) -> &'static str {
        self.about().name
    }
    /// Its parameters.
    fn parameters(&self) -> &'static [Parameter] {
        self.about().parameters
    }
    /// Its forms.
    fn forms(&self) -> &'static [(&'static str, &'static str)] {
        self.about().forms
    }
    /// Tolerance to which a trace follows a run on that has converged in the experiment's sense; `None` for no further.
    fn trace_tolerance(&self, _precision: Precision) -> Option<f64> {
        None
    }
    /// Builds one cell.
    ///
    /// # Errors
    /// A value that is impossible together with the others.
    fn problem(&self, form: &str, values: &Values, settings: &Settings) -> Result<Problem, Invalid>;
    /// The teacher's weights in the order of the paper's form. They need not be a point where the loss is 0: a
    /// student's filter may be normalised where the teacher's is not.
    ///
    /// # Errors
    /// As [`Model::problem`], or that the model has none.
    fn teacher(&self, _values: &Values) -> Result<Vec<f64>, Invalid> {
        Err(Invalid {
            key: "model".into(),
            value: self.name().into(),
            problem: "has no teacher".into(),
            remedy: "leave --teacher out".into(),
        })
    }
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
    /// Parameters at their default are left out, so that a parameter added later does not change the starts of cells
    /// that do not use it. The default of a parameter that seeds must therefore never change. A value that is relative
    /// to another stands for its number, a file for its contents.
    fn identity(&self, values: &Values) -> String {
        let mut text = self.name().to_string();
        for (parameter, (name, value)) in self.parameters().iter().zip(values.iter()) {
            if parameter.seeds && !parameter.is_default(values) {
                text.push_str(&format!(";{name}={}", values.absolute(value).identity()));
            }
        }
        text
    }
}
