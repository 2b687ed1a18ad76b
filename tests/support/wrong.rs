//! A model for tests whose theorem is wrong: it claims the spurious minimum for every filter that
//! points away from the teacher's, whatever the output weights are.

use crate::support::values;
use spurious::landscape::{About, Claim, Invalid, Model, Outcome, Problem, Settings, Theorem, Theorems, Values};
use spurious::models;
use std::sync::Arc;

/// The model: `cnn` at its defaults, and no parameters.
pub(crate) struct Wrong;

fn cnn() -> &'static dyn Model {
    models::find("cnn").unwrap()
}

impl Model for Wrong {
    fn about(&self) -> About {
        About {
            name: "wrong",
            summary: "for tests",
            description: "for tests",
            parameters: &[],
            forms: cnn().forms(),
            step_groups: cnn().about().step_groups,
            tolerance: cnn().about().tolerance,
        }
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
