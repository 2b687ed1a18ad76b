//! What to measure: cells with a fixed number of steps.

use crate::experiment::{Plan, Spec, SpecError, naming};
use crate::landscape::Model;
use crate::models::MODELS;
use crate::numerics::CellSeed;

/// A cell that is measured unless others are asked for: model, form and settings.
pub type Standard = (&'static str, &'static str, &'static [&'static str]);

/// The cells that are measured unless others are asked for: the smallest state, two of the paper's form, two with
/// noise, and one whose state is a matrix.
pub const STANDARD: &[Standard] = &[
    ("cnn", "reduced", &["params.patches=25"]),
    ("cnn", "full", &["params.patches=25", "params.filter_size=10"]),
    ("cnn", "full", &["params.patches=100", "params.filter_size=8"]),
    ("cnn", "perturbed", &["params.patches=25", "params.noise_filter=1", "params.noise_output=1"]),
    ("cnn", "perturbed_full", &["params.patches=25", "params.noise_filter=1", "params.noise_output=1"]),
    ("relu_sum", "full", &["params.teachers=20"]),
];

/// A tolerance that no run meets within a bench's steps, and that f32 still holds when it is multiplied by constants of
/// the models.
const NO_TOLERANCE: &str = "1e-30";

/// One cell to measure.
#[derive(Clone, Debug)]
pub struct Subject {
    /// The cell, alone in its grid.
    pub plan: Plan,
    /// Its experiment.
    pub spec: Spec,
    /// Names of the parameters that were set.
    set: Vec<&'static str>,
}

impl Subject {
    /// The cells that `sets` (texts of `--set`) make of a model's form, each of `steps` steps. With `verdicts` runs may
    /// end earlier, as those of an experiment do.
    ///
    /// # Errors
    /// A setting that the model refuses.
    pub fn new(
        model: &'static dyn Model,
        form: &str,
        sets: &[String],
        steps: u32,
        verdicts: bool,
    ) -> Result<Vec<Self>, SpecError> {
        let tolerance = if verdicts { String::new() } else { format!(", tolerance = {NO_TOLERANCE}") };
        let text = format!(
            "model = {{ {}, form = '{form}' }}\nruns = {{ per_cell = 1 }}\n\
             descent = {{ max_steps = {steps}, verdicts = {verdicts}{tolerance} }}\n",
            naming(model)
        );
        let spec = Spec::parse(&text, "bench", sets)?;
        let plan = Plan::new(&spec)?;
        let is_set = |name: &str| sets.iter().any(|set| set.trim_start().starts_with(&format!("params.{name}=")));
        let set: Vec<&'static str> = model.parameters().iter().map(|p| p.name).filter(|name| is_set(name)).collect();
        let alone = |index: usize| {
            let mut cell = plan.cells[index].clone();
            cell.index = 0;
            let plan = Plan { cells: vec![cell], ..plan.clone() };
            Subject { plan, spec: spec.clone(), set: set.clone() }
        };
        Ok((0..plan.cells.len()).map(alone).collect())
    }

    /// The standard cells of a model, all models for `None`, in a form, all forms for `None`; `sets` are applied to
    /// each. A model without standard cells is measured at its defaults.
    ///
    /// # Errors
    /// As [`Subject::new`].
    pub fn standard(
        only: Option<&'static dyn Model>,
        form: Option<&str>,
        sets: &[String],
        steps: u32,
        verdicts: bool,
    ) -> Result<Vec<Self>, SpecError> {
        let mut all = Vec::new();
        let models = only.map_or_else(|| MODELS.to_vec(), |model| vec![model]);
        for model in models {
            let own: Vec<&Standard> = STANDARD.iter().filter(|cell| cell.0 == model.name()).collect();
            let defaults: Vec<Standard> = match own.is_empty() {
                true => model.forms().iter().map(|(form, _)| (model.name(), *form, &[] as &[&str])).collect(),
                false => own.into_iter().copied().collect(),
            };
            for (_, cell_form, own) in defaults.into_iter().filter(|cell| form.is_none_or(|form| form == cell.1)) {
                let both: Vec<String> = own.iter().map(ToString::to_string).chain(sets.iter().cloned()).collect();
                all.extend(Subject::new(model, cell_form, &both, steps, verdicts)?);
            }
        }
        Ok(all)
    }

    /// The landscape.
    pub fn problem(&self) -> &crate::landscape::Problem {
        &self.plan.cells[0].problem
    }

    /// Source of its starts.
    pub(super) fn seed(&self) -> CellSeed {
        self.plan.cells[0].seed
    }

    /// Names and texts of the parameters, and whether each is worth a column: set, or not at its default.
    pub fn parameters(&self) -> Vec<(&'static str, String, bool)> {
        let values = &self.plan.cells[0].values;
        let usual = |name: &str| self.spec.model.parameters().iter().any(|p| p.name == name && p.is_default(values));
        let each = values.iter();
        each.map(|(name, value)| (name, value.to_string(), self.set.contains(&name) || !usual(name))).collect()
    }

    /// What it is, in a few words.
    pub fn name(&self) -> String {
        let columns = self.parameters().into_iter().filter(|(.., shown)| *shown);
        let listed: Vec<String> = columns.map(|(name, value, _)| format!(" {name}={value}")).collect();
        format!("{} {}{}", self.spec.model.name(), self.spec.forms[0], listed.concat())
    }
}
