//! A model for tests whose theorem is wrong: it claims the spurious minimum for every filter that
//! points away from the teacher's, whatever the output weights are.

use crate::support::values;
use spurious::landscape::endpoint::Outcome;
use spurious::landscape::model::{
    Coordinate, DeviceProgram, Evaluation, Invalid, Landmark, Model, Parameter, Prediction, Problem, Rest, Settings,
    Tolerance, Values, Work,
};
use spurious::landscape::path::{Observable, PathTheory, Traced};
use spurious::landscape::proof::Provable;
use spurious::landscape::surface::Rule;
use spurious::landscape::symmetry::Overlaps;
use spurious::landscape::theorem::{Claim, Theorem};
use spurious::models;
use spurious::numerics::real::Precision;
use spurious::numerics::seed::CellSeed;
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
        Ok(Arc::new(Wrongly(cnn().problem(form, &values("cnn", &[]), settings)?)))
    }
    fn teacher(&self, _: &Values) -> Result<Vec<f64>, Invalid> {
        cnn().teacher(&values("cnn", &[]))
    }
}

/// The landscape of `cnn` with another theorem.
struct Wrongly(Problem);

/// Passes methods on to the true problem.
macro_rules! pass_on {
    ($(fn $name:ident(&self $(, $argument:ident: $type:ty)*) $(-> $result:ty)?;)+) => {
        $(fn $name(&self $(, $argument: $type)*) $(-> $result)? {
            self.0.$name($($argument),*)
        })+
    };
}

impl Problem for Wrongly {
    fn theorems(&self) -> Vec<Theorem> {
        vec![Theorem { name: "wrong", outcome: Some(Outcome::Spurious), about: "φ₀ > π/2 is enough" }]
    }
    fn claim(&self, start: &[f64], claims: &mut [Claim]) {
        claims[0] = if start[0] < 0.0 { Claim::Ends(Outcome::Spurious) } else { Claim::Silent };
    }
    pass_on! {
        fn dim(&self) -> usize;
        fn start_dim(&self) -> usize;
        fn starts(&self, seed: CellSeed, first: u64, width: usize, out: &mut [f64]);
        fn distinct_starts(&self) -> Option<u64>;
        fn rule(&self) -> Rule;
        fn endpoint_loss(&self, start: &[f64], state: &[f64], steps: u32) -> f64;
        fn evaluate(&self, precision: Precision, state: &[f64]) -> Evaluation;
        fn descend(&self, work: Work<'_, '_>) -> bool;
        fn kernel(&self, precision: Precision) -> DeviceProgram;
        fn theory(&self) -> Vec<Prediction>;
        fn at_start(&self, seed: CellSeed) -> Vec<Prediction>;
        fn drawn_for_each_run(&self) -> Option<&'static str>;
        fn coordinates(&self) -> Vec<Coordinate>;
        fn coordinate(&self, name: &str, state: &[f64]) -> Option<f64>;
        fn place(&self, name: &str, value: f64, start: &mut [f64]);
        fn landmarks(&self) -> Vec<Landmark>;
        fn observables(&self, start: &[f64], state: &[f64], steps: u32) -> Vec<Observable>;
        fn path_theory(&self, traced: &Traced<'_>) -> PathTheory;
        fn provable(&self) -> Option<Box<dyn Provable>>;
        fn rest(&self) -> Option<Rest>;
        fn is_global(&self, minimum: &[f64], loss: f64) -> bool;
        fn knows_slow_paths(&self) -> bool;
        fn late(&self, state: &[f64]) -> Outcome;
        fn hessian(&self, state: &[f64]) -> Option<Vec<f64>>;
        fn flat_directions(&self, state: &[f64]) -> Vec<(&'static str, Vec<f64>)>;
        fn hessian_lipschitz(&self, state: &[f64], radius: f64) -> f64;
        fn image(&self, state: &[f64]) -> Overlaps;
        fn state_of(&self, image: &[f64]) -> Vec<f64>;
        fn overlaps(&self, state: &[f64]) -> Overlaps;
    }
}
