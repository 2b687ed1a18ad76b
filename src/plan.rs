//! Spec to cells: the grid, and how much there is to do. Pure: nothing is computed or written here.

use crate::model::{Invalid, Prediction, Problem, Settings, StepSize, Value, Values};
use crate::paired;
use crate::seed::CellSeed;
use crate::spec::{Spec, SpecError};
use std::collections::HashMap;
use std::sync::Arc;

/// One cell of the grid.
#[derive(Clone)]
pub struct Cell {
    /// Position in the grid, from 0; the last axis runs fastest.
    pub index: usize,
    /// Values of the model's parameters, none relative to another.
    pub values: Values,
    /// Descent settings.
    pub settings: Settings,
    /// The landscape with its starts.
    pub problem: Arc<dyn Problem>,
    /// Source of its starts.
    pub seed: CellSeed,
}

impl Cell {
    /// What theory says about the cell, and what its first starts look like.
    pub fn theory(&self) -> Vec<Prediction> {
        let mut theory = self.problem.theory();
        theory.extend(self.problem.at_start(self.seed));
        theory
    }
}

impl std::fmt::Debug for Cell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "cell {} {:?} {:?}", self.index, self.values, self.settings)
    }
}

/// A grid of cells with the runs of each.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The cells, in order.
    pub cells: Vec<Cell>,
    /// Runs in each.
    pub runs_per_cell: u64,
    /// Names of the parameters that take several values, in lists of their own or with what they are relative to; but not those
    /// whose default follows another.
    pub axes: Vec<&'static str>,
    /// Whether the step size takes several values.
    pub sweeps_step: bool,
}

/// Most cells that a grid may have.
const MAX_CELLS: usize = 1 << 20;

impl Plan {
    /// Builds every cell of the grid.
    ///
    /// # Errors
    /// A combination of values that the model refuses, a relative value that is out of bounds or makes two cells the same, or
    /// a grid that is too large.
    pub fn new(spec: &Spec) -> Result<Self, SpecError> {
        let sizes = spec.params.iter().map(|(_, values)| values.len()).chain([spec.step.len()]);
        let count = sizes.clone().try_fold(1usize, |n, size| n.checked_mul(size)).unwrap_or(usize::MAX);
        if count > MAX_CELLS {
            return Err(spec.refuse(Invalid {
                key: "params".into(),
                value: String::new(),
                problem: format!("the lists make {count} cells, more than {MAX_CELLS}"),
                remedy: "shorten them or split the experiment".into(),
            }));
        }
        let sizes: Vec<usize> = sizes.collect();
        let mut cells = Vec::with_capacity(count);
        // Values of a list differ, so only those that are relative to others can make two cells the same.
        let relative = spec.params.iter().any(|(_, values)| values.len() > 1 && values.iter().any(is_relative));
        let mut seen = HashMap::new();
        for index in 0..count {
            let choice = choose(index, &sizes);
            let values = spec.params.iter().zip(&choice).map(|((name, values), i)| (*name, values[*i].clone()));
            let mut values = Values(values.collect());
            values.resolve(spec.model.parameters()).map_err(|e| spec.refuse(e))?;
            let step = choice[sizes.len() - 1];
            if relative {
                let texts: Vec<String> = values.0.iter().map(|(_, value)| value.identity()).collect();
                if let Some(first) = seen.insert((texts, step), index) {
                    return Err(spec.refuse(same_cell(spec, &choose(first, &sizes), &choice, &values)));
                }
            }
            let settings = Settings {
                step: spec.step[step].clone(),
                max_steps: spec.max_steps,
                tolerance: spec.tolerance,
                verdicts: spec.verdicts,
            };
            let problem = spec.model.problem(spec.form, &values, &settings).map_err(|e| spec.refuse(e))?;
            if let Some(starts) = problem.distinct_starts().filter(|starts| spec.runs_per_cell > *starts) {
                return Err(spec.refuse(Invalid {
                    key: "runs.per_cell".into(),
                    value: spec.runs_per_cell.to_string(),
                    problem: format!("cell {index} has {starts} starts: the others would repeat them"),
                    remedy: format!("set it to {starts} at most"),
                }));
            }
            let seed = CellSeed::new(spec.seed, &spec.model.identity(&values));
            cells.push(Cell { index, values, settings, problem, seed });
        }
        // A default that is relative to another parameter varies with it and says nothing by itself.
        let usual = |name: &str, cell: &Cell| {
            spec.model.parameters().iter().any(|p| p.name == name && p.is_default(&cell.values))
        };
        let mut plan =
            Plan { cells, runs_per_cell: spec.runs_per_cell, axes: Vec::new(), sweeps_step: spec.step.len() > 1 };
        let varies = |name: &&str| !plan.is_fixed(name) && !plan.cells.iter().all(|cell| usual(name, cell));
        plan.axes = spec.params.iter().map(|(name, _)| *name).filter(varies).collect();
        plan.check_output(spec).map_err(|e| spec.refuse(e))?;
        Ok(plan)
    }

    /// Refuses outputs that no cell of the plan could have.
    fn check_output(&self, spec: &Spec) -> Result<(), Invalid> {
        if spec.output.paired {
            let unseeded = spec.model.parameters().iter().filter(|p| !p.seeds).map(|p| p.name);
            paired::check(self, &unseeded.collect::<Vec<_>>())?;
        }
        if spec.output.theorems && self.cells.iter().all(|cell| cell.problem.promises().is_empty()) {
            return Err(Invalid {
                key: "output.theorems".into(),
                value: "true".into(),
                problem: format!("model {} has no theorem that can be checked", spec.model.name()),
                remedy: "leave it out".into(),
            });
        }
        Ok(())
    }

    /// Runs in all cells.
    pub fn runs(&self) -> u64 {
        self.runs_per_cell.saturating_mul(self.cells.len() as u64)
    }

    /// Names and texts of the columns that tell the cells apart: the parameters, and the step size where it is swept.
    pub fn columns(&self, cell: &Cell) -> Vec<(&'static str, String)> {
        let mut columns: Vec<_> = cell.values.0.iter().map(|(name, value)| (*name, value.to_string())).collect();
        if self.sweeps_step {
            columns.push(("step", step_text(&cell.settings.step)));
        }
        columns
    }

    /// Whether a parameter has one value in all cells.
    pub fn is_fixed(&self, parameter: &str) -> bool {
        self.cells.iter().all(|cell| cell.values.get(parameter) == self.cells[0].values.get(parameter))
    }

    /// Whether a column of [`Plan::columns`] tells cells apart.
    pub fn varies(&self, column: &str) -> bool {
        self.axes.contains(&column) || column == "step"
    }
}

/// Which value of each list makes a cell; the last list runs fastest.
fn choose(index: usize, sizes: &[usize]) -> Vec<usize> {
    let mut rest = index;
    let mut choice = vec![0; sizes.len()];
    for (slot, size) in choice.iter_mut().zip(sizes).rev() {
        *slot = rest % size;
        rest /= size;
    }
    choice
}

fn is_relative(value: &Value) -> bool {
    matches!(value, Value::Above(..))
}

/// The error for two choices from the lists of a spec that make the same cell. Such cells would share every start and look
/// like independent confirmation.
fn same_cell(spec: &Spec, first: &[usize], second: &[usize], values: &Values) -> Invalid {
    // The first list from which the two take different values.
    let at = first.iter().zip(second).position(|(a, b)| a != b).unwrap_or(0);
    let (name, list) = &spec.params[at];
    let (a, b) = (&list[first[at]], &list[second[at]]);
    let text = |name: &str| values.get(name).map_or(String::new(), Value::to_string);
    let bases = [a, b].into_iter().find_map(|value| match value {
        Value::Above(base, _) => Some(format!(" at {base} = {}", text(base))),
        _ => None,
    });
    Invalid {
        key: format!("params.{name}"),
        value: text(name),
        problem: format!("is listed twice, as {a} and as {b}{}", bases.unwrap_or_default()),
        remedy: "remove one, or split the experiment".into(),
    }
}

/// A step size as text.
pub fn step_text(step: &StepSize) -> String {
    match step {
        StepSize::Auto => "auto".into(),
        StepSize::One(x) => x.to_string(),
        StepSize::Groups(steps) => steps.iter().map(f64::to_string).collect::<Vec<_>>().join("/"),
    }
}

/// A parameter's value as a number, where it is one.
pub fn numeric(value: &Value) -> Option<f64> {
    match value {
        Value::Integer(i) => Some(*i as f64),
        Value::Real(x) => Some(*x),
        Value::Above(..) | Value::Choice(_) | Value::Points(_) => None,
    }
}
