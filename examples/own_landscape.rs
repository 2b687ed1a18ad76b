//! Adds a landscape outside the crate, a tilted double well in `d` dimensions, and asks how often descent finds the
//! deeper well:
//!
//! ```text
//! ℓ(w) = (w₁² − 1)² + tilt · w₁ + ½ Σ_{i>1} w_i²
//! ```
//!
//! `cargo run --release --example own_landscape`

#![allow(clippy::print_stdout)]

use spurious::experiment::Spec;
use spurious::landscape::{
    About, DeviceProgram, Invalid, Kind, Model, Objective, Outcome, Parameter, Problem, Settings, Tolerance, Values,
};
use spurious::models;
use spurious::numerics::{Real, StartLaw};

/// The same loss for a GPU: `down` takes the gradient.
const SHADER: &str = "
fn value_and_gradient(x: ptr<function, Components>) -> real {
    let w = (*x)[0];
    let well = fma(w, w, -ONE);
    var rest = ZERO;
    for (var j = 0u; j < PER_LANE; j++) {
        if (j > 0u) {
            rest = fma((*x)[j], (*x)[j], rest);
        }
        down[j] = (*x)[j];
    }
    down[0] = fma(real(4.0) * well, w, constants.tilt);
    return fma(well, well, fma(constants.tilt, w, HALF * rest));
}
";

/// The landscape of one cell.
#[derive(Clone)]
struct DoubleWell {
    dim: usize,
    tilt: f64,
    deviation: f64,
}

impl Objective for DoubleWell {
    fn dim(&self) -> usize {
        self.dim
    }

    fn start_law(&self) -> StartLaw {
        StartLaw::Gaussian(self.deviation)
    }

    fn scale(&self) -> f64 {
        1.0
    }

    /// Newton's method finds the bottom of the deeper well, near −1.
    fn least_loss(&self) -> f64 {
        let mut w = -1.0f64;
        for _ in 0..50 {
            w -= (4.0 * (w * w - 1.0) * w + self.tilt) / (12.0 * w * w - 4.0);
        }
        (w * w - 1.0).powi(2) + self.tilt * w
    }

    #[inline(always)]
    fn value_and_gradient<R: Real>(&self, x: &[R], gradient: &mut [R]) -> R {
        let tilt = R::splat(self.tilt);
        let well = x[0].mul_add(x[0], R::splat(-1.0));
        let mut rest = R::zero();
        for &w in &x[1..] {
            rest = w.mul_add(w, rest);
        }
        gradient.copy_from_slice(x);
        gradient[0] = (R::splat(4.0) * well).mul_add(x[0], tilt);
        well.mul_add(well, tilt.mul_add(x[0], R::splat(0.5) * rest))
    }

    fn program(&self) -> DeviceProgram {
        DeviceProgram { constants: vec![("tilt", self.tilt)], ..DeviceProgram::of([SHADER]) }
    }

    fn operations(&self) -> f64 {
        self.dim as f64 + 8.0
    }
}

/// The model.
struct Wells;

const PARAMETERS: &[Parameter] = &[
    Parameter::seeding("dimension", "d", Kind::Integer(1, 64), "2").about("number of weights"),
    Parameter::sharing("tilt", "", Kind::Real(0.0, 1.5), "0.3").about("how much deeper the left well is"),
    Parameter::seeding("start_scale", "", Kind::Positive, "1.0").about("standard deviation of a weight"),
];

impl Model for Wells {
    fn about(&self) -> About {
        About {
            name: "double_well",
            summary: "a tilted double well",
            description: "Loss       ℓ(w) = (w₁² − 1)² + tilt w₁ + ½ Σ_{i>1} w_i²\n",
            parameters: PARAMETERS,
            forms: &[("full", "w₁ … w_d")],
            tolerance: Tolerance { default: 1e-9, about: "norm of the gradient at which a run is at rest" },
            step_groups: &["weights"],
        }
    }

    fn problem(&self, _: &str, values: &Values, settings: &Settings) -> Result<Problem, Invalid> {
        let dim = values.integer("dimension") as usize;
        DoubleWell { dim, tilt: values.real("tilt"), deviation: values.real("start_scale") }.problem(settings)
    }
}

pub(crate) fn main() -> Result<(), Box<dyn std::error::Error>> {
    models::add(&Wells);
    let text = "
        [model]
        name = 'double_well'
        [params]
        tilt = [0.1, 0.5, 1]
        [runs]
        per_cell = 20_000
        [compute]
        backend = 'cpu'
    ";
    let results = spurious::result::run(&Spec::parse(text, "example", &[])?)?;
    println!("{}", results.summary().text());
    // A start is in the deeper well if it is left of the hill between them, which the tilt moves to the right.
    assert!(results.probability(2, Outcome::Global) > results.probability(0, Outcome::Global));
    Ok(())
}
