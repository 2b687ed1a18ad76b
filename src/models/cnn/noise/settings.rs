//! What a cell says of its noise: parameters, and what is refused.

use super::Shake;
use crate::landscape::{Invalid, Kind, Parameter, Settings, Values};
use crate::models::cnn::landscape::Constants;
use crate::models::cnn::{CnnCell, NEVER, PARAMETERS, TeacherNetwork, theory};
use crate::numerics::random::WHOLE;
use std::f64::consts::PI;
use std::sync::Arc;

/// Weights of the form that draws a noise for each; it is the check of the other.
const MOST_WEIGHTS: usize = 512;

/// Where runs start.
pub(in crate::models::cnn) const START: Parameter =
    Parameter::seeding("start", "", Kind::Choice(&["random", "spurious"]), "\"random\"")
        .about("perturbed forms only: random as the parameters above say, or at the spurious minimum, with ‖v₀‖ = r₀");

/// Radius of the first epoch's noise on the filter.
pub(in crate::models::cnn) const NOISE_FILTER: Parameter =
    Parameter::sharing("noise_filter", "r_v", Kind::Real(0.0, f64::INFINITY), "0.0")
        .about("perturbed forms only: radius of the ball of the noise on v in the first epoch");

/// Radius of the first epoch's noise on the output weights.
pub(in crate::models::cnn) const NOISE_OUTPUT: Parameter =
    Parameter::sharing("noise_output", "r_a", Kind::Real(0.0, f64::INFINITY), "0.0")
        .about("perturbed forms only: radius of the ball of the noise on a in the first epoch");

/// Steps of an epoch.
pub(in crate::models::cnn) const NOISE_EPOCH: Parameter =
    Parameter::sharing("noise_epoch", "", Kind::Integer(1, WHOLE as i64), "1000")
        .about("perturbed forms only: steps of an epoch, in which the radii stay as they are");

/// Epochs with noise.
pub(in crate::models::cnn) const NOISE_EPOCHS: Parameter =
    Parameter::sharing("noise_epochs", "", Kind::Integer(1, 1024), "10")
        .about("perturbed forms only: epochs with noise; after them there is none");

/// Factor of the radii from one epoch to the next.
pub(in crate::models::cnn) const NOISE_DECAY: Parameter =
    Parameter::sharing("noise_decay", "", Kind::Real(1e-3, 1.0), "0.5")
        .about("perturbed forms only: factor of both radii from one epoch to the next");

/// When a run may end.
pub(in crate::models::cnn) const NOISE_STOP: Parameter =
    Parameter::sharing("noise_stop", "", Kind::Choice(&["annealed", "escape"]), "\"annealed\"").about(
        "perturbed forms only: a run may end once the noise has (annealed), or also at the first step from which \
         descent without noise would provably reach the global minimum (escape)",
    );

/// Whether the filter keeps its norm.
pub(in crate::models::cnn) const FILTER_CONSTRAINT: Parameter =
    Parameter::sharing("filter_constraint", "", Kind::Choice(&["none", "sphere"]), "\"none\"")
        .about("perturbed forms only: none, or v put back on the sphere of radius r₀ after each step");

/// The parameters that only perturbed forms use.
const OWN: [&str; 8] = [
    START.name,
    NOISE_FILTER.name,
    NOISE_OUTPUT.name,
    NOISE_EPOCH.name,
    NOISE_EPOCHS.name,
    NOISE_DECAY.name,
    NOISE_STOP.name,
    FILTER_CONSTRAINT.name,
];

fn invalid(values: &Values, name: &str, problem: impl Into<String>, remedy: impl Into<String>) -> Invalid {
    let value = values.get(name).map_or_else(String::new, ToString::to_string);
    Invalid::parameter(name, value, problem, remedy)
}

/// Whether a cell's value is the default.
fn is_default(values: &Values, name: &str) -> bool {
    PARAMETERS.iter().any(|parameter| parameter.name == name && parameter.is_default(values))
}

/// Refuses what only perturbed forms use.
pub(in crate::models::cnn) fn refuse(values: &Values, form: &str) -> Result<(), Invalid> {
    OWN.iter().find(|name| !is_default(values, name)).map_or(Ok(()), |name| {
        let problem = format!("the form {form} descends without noise, so it has no effect");
        Err(invalid(values, name, problem, "leave it out, or choose the form perturbed"))
    })
}

/// The noise of a cell.
#[derive(Clone, Debug)]
pub struct Noise {
    filter: f64,
    output: f64,
    pub(super) epoch: u32,
    /// Factors of the radii, epoch by epoch.
    pub(super) factors: Arc<[f64]>,
    pub(in crate::models::cnn) escape: bool,
    pub(super) on_sphere: bool,
    /// Whether runs start at the spurious minimum.
    pub(in crate::models::cnn) from_spurious: bool,
}

impl Noise {
    pub(in crate::models::cnn) fn new(cell: &CnnCell, form: &str, values: &Values) -> Result<Self, Invalid> {
        let settings = &cell.settings;
        let noise = Noise {
            filter: values.real(NOISE_FILTER.name),
            output: values.real(NOISE_OUTPUT.name),
            epoch: values.integer(NOISE_EPOCH.name) as u32,
            factors: factors(values.integer(NOISE_EPOCHS.name) as i32, values.real(NOISE_DECAY.name)),
            escape: values.choice(NOISE_STOP.name) == "escape",
            on_sphere: values.choice(FILTER_CONSTRAINT.name) == "sphere",
            from_spurious: values.choice(START.name) == "spurious",
        };
        let weights = cell.teacher.filter_size + cell.teacher.patches;
        if form == "perturbed_full" && weights > MOST_WEIGHTS {
            return Err(Invalid {
                key: "params.filter_size, params.patches".into(),
                value: format!("{}, {}", cell.teacher.filter_size, cell.teacher.patches),
                problem: format!("the form {form} takes at most {MOST_WEIGHTS} weights"),
                remedy: "choose the form perturbed, whose law is the same".into(),
            });
        }
        noise.check_steps(values, settings)?;
        if noise.on_sphere && cell.gaussian_filter {
            let problem = "there is no one sphere on which Gaussian filters start";
            return Err(invalid(values, FILTER_CONSTRAINT.name, problem, "choose start_filter = \"sphere\""));
        }
        if noise.from_spurious {
            check_start(&cell.teacher, values)?;
        }
        if noise.escape {
            check_escape(cell, values)?;
        }
        Ok(noise)
    }

    fn check_steps(&self, values: &Values, settings: &Settings) -> Result<(), Invalid> {
        let (epochs, all) = (self.factors.len(), u64::from(self.epoch) * self.factors.len() as u64);
        if all > u64::from(WHOLE) {
            let problem =
                format!("{epochs} epochs make {all} steps with noise, more than {WHOLE}, to which runs count");
            return Err(invalid(values, NOISE_EPOCH.name, problem, "choose shorter or fewer epochs"));
        }
        // Without verdicts states are looked at, not outcomes, and noise may well last to the end.
        if self.steps() > 0 && !self.escape && settings.verdicts && self.steps() >= settings.max_steps {
            return Err(Invalid {
                key: "descent.max_steps".into(),
                value: settings.max_steps.to_string(),
                problem: format!(
                    "the noise lasts for {all} steps ({epochs} epochs of {}), so that no run could end",
                    self.epoch
                ),
                remedy: "allow more steps, make less noise, or choose noise_stop = \"escape\"".into(),
            });
        }
        Ok(())
    }

    /// Steps with noise; 0 if the radii are.
    pub(in crate::models::cnn) fn steps(&self) -> u32 {
        if self.filter == 0.0 && self.output == 0.0 { 0 } else { self.epoch * self.factors.len() as u32 }
    }

    /// Factors of the radii, for a shader.
    pub(in crate::models::cnn) fn factors(&self) -> Arc<[f64]> {
        self.factors.clone()
    }

    pub(in crate::models::cnn) fn constants(&self, cell: &CnnCell) -> Shake<f64> {
        let (p, k) = (cell.teacher.filter_size, cell.teacher.patches);
        let flag = |yes: bool| f64::from(u8::from(yes));
        let one_over = |n: usize, less: usize| if n > less { 1.0 / (n - less) as f64 } else { 0.0 };
        Shake {
            noise_filter: self.filter,
            noise_output: self.output,
            noise_steps: f64::from(self.steps()),
            noise_epoch: f64::from(self.epoch),
            escape: flag(self.escape),
            on_sphere: flag(self.on_sphere),
            sphere_radius: cell.filter_scale,
            reach_rate: 0.5 * cell.filter_step * cell.teacher.filter_norm,
            filter_exponent: one_over(p, 0),
            filter_rest_exponent: one_over(p, 2),
            filter_rest: flag(p > 2),
            output_exponent: one_over(k, 0),
            output_second: flag(k > 1),
            rest_exponent: one_over(k, 2),
            rest_first: flag(k > 2),
            rest_second: flag(k > 3),
            last_exponent: one_over(k, 4),
            last: flag(k > 4),
        }
    }

    /// The constants of the landscape for perturbed forms: their verdicts look at the weights, not at the law of the
    /// start.
    pub(in crate::models::cnn) fn landscape(&self, cell: &CnnCell) -> Constants<f64> {
        let constants = cell.constants();
        let noisy = CnnCell { output_radius: cell.output_radius + self.output, ..cell.clone() }.constants();
        let never = constants.verdict_square >= NEVER;
        Constants {
            verdict_square: if never { NEVER } else { 0.0 },
            size_limit: noisy.size_limit,
            spread_limit: noisy.spread_limit,
            spread_of_square: noisy.spread_of_square,
            ..constants
        }
    }
}

/// Factors of the radii, epoch by epoch.
fn factors(epochs: i32, decay: f64) -> Arc<[f64]> {
    (0..epochs).map(|epoch| decay.powi(epoch)).collect()
}

fn check_start(teacher: &TeacherNetwork, values: &Values) -> Result<(), Invalid> {
    if !theory::has_spurious_minimum(teacher) {
        let problem = format!(
            "ratio = {} is not below the critical ratio {:.6}, so there is no spurious minimum",
            teacher.ratio,
            theory::critical_ratio(teacher)
        );
        return Err(invalid(values, START.name, problem, "choose a smaller ratio or more patches"));
    }
    let unused = ["start_filter", "start_output_scale", "start_reduced"];
    unused.iter().find(|name| !is_default(values, name)).map_or(Ok(()), |name| {
        Err(invalid(values, name, "every run starts at the spurious minimum, so it has no effect", "leave it out"))
    })
}

fn check_escape(cell: &CnnCell, values: &Values) -> Result<(), Invalid> {
    if !cell.settings.verdicts {
        let problem = "an escape is known by the verdict, and descent.verdicts is false";
        return Err(invalid(values, NOISE_STOP.name, problem, "set descent.verdicts = true"));
    }
    let limit = 2.0 * PI / cell.teacher.stiffness();
    if cell.output_step > limit {
        let problem = format!(
            "an escape is known by the verdict, which needs an output step of at most 2π/(k+π−1) = {limit:.6}, not {}",
            cell.output_step
        );
        return Err(invalid(values, NOISE_STOP.name, problem, "choose a smaller step"));
    }
    Ok(())
}
