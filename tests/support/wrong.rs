//! A model for tests whose theorem is wrong: it claims the spurious minimum for every filter that
//! points away from the teacher's, whatever the output weights are.

use crate::support::values;
use spurious::landscape::capability::Theorems;
use spurious::landscape::endpoint::Outcome;
use spurious::landscape::model::{Invalid, Model, Parameter, Problem, Settings, Tolerance, Values};
use spurious::landscape::theorem::{Claim, Theorem};
use spurious::models;
use std::sync::Arc;

/// The model: `cnn` at its defaults, and no parameters.
pub(crate) struct Wrong;

fn cnn() -> &'static dyn Model {
    models::find("cnn").unwrap()
}

impl Model for Wrong {
    fn name(&self) -> &'static str {
        "wrong"
    }
    fn summary(&self) -> &'static str {
        "for tests"
    }
    fn description(&self) -> &'static str {
        "for tests"
    }
    fn parameters(&self) -> &'static [Parameter] {
        &[]
    }
    fn forms(&self) -> &'static [(&'static str, &'static str)] {
        cnn().forms()
    }
    fn step_groups(&self) -> &'static [&'static str] {
        cnn().step_groups()
    }
    fn tolerance(&self) -> Tolerance {
        cnn().tolerance()
    }
    fn problem(&self, form: &str, _: &Values, settings: &Settings) -> Result<Problem, Invalid> {
        Ok(cnn().problem(form, &values("cnn", &[]), settings)?.with_theorems(Arc::new(Forgetful)))
    }
    fn teacher(&self, _: &Values) -> Result<Vec<f64>, Invalid> {
        cnn().teacher(&values("cnn", &[]))
    }
}

/// A theorem that forgets a condition.
struct Forgetful;

impl Theorems for Forgetful {
    fn list(&self) -> Vec<Theorem> {
        vec![Theorem { name: "wrong", outcome: Some(Outcome::Spurious), about: "φ₀ > π/2 is enough" }]
    }
    fn claim(&self, start: &[f64], claims: &mut [Claim]) {
        claims[0] = if start[0] < 0.0 { Claim::Ends(Outcome::Spurious) } else { Claim::Silent };
    }
}
