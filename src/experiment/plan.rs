//! Spec to cells: the grid, and how much there is to do. Pure: nothing is computed or written here.

use crate::descent::plane::Plane;
use crate::experiment::grid::Grid;
use crate::experiment::paired;
use crate::experiment::sampling::Size;
use crate::experiment::{Sampling, Spec, SpecError};
use crate::landscape::{Invalid, Prediction, Problem, Settings, StepSize, Value, Values};
use crate::numerics::text::number;
use crate::numerics::{CellSeed, Method};
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

/// One cell of the grid.
#[derive(Clone)]
pub struct Cell {
    /// Position in the grid, from 0; the last axis runs fastest.
    pub index: usize,
    /// Values of the model's parameters, none relative to another.
    pub values: Values,
    /// The form of the model.
    pub form: &'static str,
    /// Descent settings.
    pub settings: Settings,
    /// The landscape with its starts.
    pub problem: Problem,
    /// The experiment's seed, or that of its seeds which is this cell's.
    pub experiment_seed: u64,
    /// Source of its starts.
    pub seed: CellSeed,
    /// Where its starts are laid out instead of drawn.
    pub plane: Option<Arc<Plane>>,
    /// Its runs; the most that it may have until the pilot of [`Plan::sampling`] has decided.
    pub runs: u64,
}

impl Cell {
    /// The starts of the runs from `first` on, as [`Engine::starts`](crate::landscape::problem::Engine::starts):
    /// drawn, or laid out in a plane.
    pub fn starts(&self, first: u64, width: usize, out: &mut [f64]) {
        match &self.plane {
            None => self.problem.starts(self.seed, first, width, out),
            Some(plane) => plane.starts(&self.problem, first, width, out),
        }
    }

    /// What theory says about the cell, and what its first starts look like.
    pub fn theory(&self) -> Vec<Prediction> {
        self.problem.theory(Some(self.seed))
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
    /// How a pilot decides the runs of each cell, where they are not a fixed number.
    pub sampling: Option<Sampling>,
    /// What it has decided, a size per cell; empty before, and where there is none.
    pub sizes: Vec<Size>,
    /// Names of the parameters that take several values, in lists of their own or with what they are relative to; but
    /// not those whose default follows another.
    pub axes: Vec<&'static str>,
    /// Which lists besides those of parameters have several values.
    pub sweeps: Sweeps,
}

/// Which lists besides those of parameters have several values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sweeps {
    /// Seeds.
    pub seed: bool,
    /// Forms.
    pub form: bool,
    /// Step sizes.
    pub step: bool,
}

/// Most cells that a grid may have.
const MAX_CELLS: usize = 1 << 20;

impl Plan {
    /// Builds every cell of the grid.
    ///
    /// # Errors
    /// A combination of values that the model refuses, a relative value that is out of bounds or makes two cells the
    /// same, or a grid that is too large.
    pub fn new(spec: &Spec) -> Result<Self, SpecError> {
        let grid = Grid::of(spec);
        let count = grid.cells();
        if count > MAX_CELLS {
            return Err(spec.refuse(Invalid {
                key: "params".into(),
                value: String::new(),
                problem: format!("the lists make {count} cells, more than {MAX_CELLS}"),
                remedy: "shorten them or split the experiment".into(),
            }));
        }
        let mut cells = Vec::with_capacity(count);
        // Values of a list differ, so only those that are relative to others can make two cells the same.
        let relative = spec.params.iter().any(|(_, values)| values.len() > 1 && values.iter().any(is_relative));
        let mut seen = HashMap::new();
        for index in 0..count {
            let choice = grid.choose(index);
            let values = spec.params.iter().zip(&choice.params).map(|((name, values), i)| (*name, values[*i].clone()));
            let mut values = Values(values.collect());
            values.resolve(spec.model.parameters()).map_err(|e| spec.refuse(e))?;
            if relative {
                let texts: Vec<String> = values.0.iter().map(|(_, value)| value.identity()).collect();
                if let Some(first) = seen.insert((texts, choice.others()), index) {
                    let first = grid.choose(first).params;
                    return Err(spec.refuse(same_cell(spec, &first, &choice.params, &values)));
                }
            }
            let settings = Settings {
                step: spec.step[choice.step].clone(),
                max_steps: spec.max_steps,
                tolerance: spec.tolerance,
                verdicts: spec.verdicts,
            };
            let (form, experiment_seed) = (spec.forms[choice.form], spec.seeds[choice.seed]);
            let problem = spec.model.problem(form, &values, &settings).map_err(|e| spec.refuse(e))?;
            check_starts(spec, index, &problem).map_err(|e| spec.refuse(e))?;
            let seed = CellSeed::new(experiment_seed, &spec.model.identity(&values));
            let runs = spec.runs_per_cell;
            cells.push(Cell { index, values, form, settings, problem, experiment_seed, seed, plane: None, runs });
        }
        // A default that is relative to another parameter varies with it and says nothing by itself.
        let usual = |name: &str, cell: &Cell| {
            spec.model.parameters().iter().any(|p| p.name == name && p.is_default(&cell.values))
        };
        let mut plan = Plan {
            cells,
            sampling: spec.sampling(),
            sizes: Vec::new(),
            axes: Vec::new(),
            sweeps: Sweeps { seed: spec.seeds.len() > 1, form: spec.forms.len() > 1, step: spec.step.len() > 1 },
        };
        let varies = |name: &&str| !plan.is_fixed(name) && !plan.cells.iter().all(|cell| usual(name, cell));
        plan.axes = spec.params.iter().map(|(name, _)| *name).filter(varies).collect();
        plan.check_output(spec).map_err(|e| spec.refuse(e))?;
        Ok(plan)
    }

    /// The grid of one cell.
    pub fn of_one(cell: Cell, runs: u64) -> Self {
        let cells = vec![Cell { index: 0, runs, ..cell }];
        Plan { cells, sampling: None, sizes: Vec::new(), axes: Vec::new(), sweeps: Sweeps::default() }
    }

    /// Refuses outputs that no cell of the plan could have.
    fn check_output(&self, spec: &Spec) -> Result<(), Invalid> {
        if spec.output.paired {
            let unseeded = spec.model.parameters().iter().filter(|p| !p.seeds).map(|p| p.name);
            paired::check(self, &unseeded.collect::<Vec<_>>())?;
        }
        if spec.output.spectra && !self.cells.iter().any(|cell| cell.problem.rest().is_some_and(|rest| rest.families)) {
            return Err(Invalid {
                key: "output.spectra".into(),
                value: "true".into(),
                problem: format!("is for families of endpoints, and {} has none here", spec.model.name()),
                remedy: "leave it out".into(),
            });
        }
        if spec.output.simultaneous && self.sampling.is_some() {
            return Err(Invalid {
                key: "output.simultaneous".into(),
                value: "true".into(),
                problem: "stands beside a width or a time, which are wanted of each cell by itself".into(),
                remedy: "set runs.per_cell instead, or leave it out".into(),
            });
        }
        if spec.output.theorems && self.cells.iter().all(|cell| cell.problem.theorems().is_none()) {
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
        self.cells.iter().fold(0, |sum, cell| sum.saturating_add(cell.runs))
    }

    /// Least and most runs of a cell.
    pub fn runs_of_cells(&self) -> (u64, u64) {
        let runs = || self.cells.iter().map(|cell| cell.runs);
        (runs().min().unwrap_or(0), runs().max().unwrap_or(0))
    }

    /// Whether the runs of the cells are still to be decided by a pilot.
    pub fn awaits_pilot(&self) -> bool {
        self.sampling.is_some() && self.sizes.is_empty()
    }

    /// Takes over what a pilot has decided, a size per cell.
    pub fn decide(&mut self, sizes: Vec<Size>) {
        for (cell, size) in self.cells.iter_mut().zip(&sizes) {
            cell.runs = size.runs;
        }
        self.sizes = sizes;
    }

    /// Some cells as their pilot sees them, numbered anew: with starts of its own, and with the runs of its stages so
    /// far.
    pub fn of_pilot(&self, stages: &[(usize, Range<u64>)]) -> Self {
        let cell = |(index, (cell, runs)): (usize, &(usize, Range<u64>))| {
            let cell = &self.cells[*cell];
            Cell { index, seed: cell.seed.pilot(), runs: runs.end, ..cell.clone() }
        };
        Plan {
            cells: stages.iter().enumerate().map(cell).collect(),
            sampling: self.sampling,
            sizes: Vec::new(),
            axes: self.axes.clone(),
            sweeps: self.sweeps,
        }
    }

    /// How tables make their intervals: exactly where a width or a time was asked for, since more than a mean coverage
    /// is guaranteed there; else by Wilson's score.
    pub fn method(&self) -> Method {
        if self.sampling.is_some() { Method::ClopperPearson } else { Method::Wilson }
    }

    /// Names and texts of the columns that tell the cells apart: the parameters, and seed, form and step size where
    /// there are several.
    pub fn columns(&self, cell: &Cell) -> Vec<(&'static str, String)> {
        let mut columns = Vec::new();
        if self.sweeps.seed {
            columns.push(("seed", cell.experiment_seed.to_string()));
        }
        if self.sweeps.form {
            columns.push(("form", cell.form.to_string()));
        }
        columns.extend(cell.values.0.iter().map(|(name, value)| (*name, value.to_string())));
        if self.sweeps.step {
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
        self.axes.contains(&column) || ["seed", "form", "step"].contains(&column)
    }
}

/// Refuses more runs of a cell than it has starts, and samples of given ones.
fn check_starts(spec: &Spec, index: usize, problem: &Problem) -> Result<(), Invalid> {
    if let (Some(starts), Some(sampling)) = (problem.layout().distinct_starts, spec.sampling()) {
        return Err(Invalid {
            key: format!("runs.{}", sampling.key()),
            value: String::new(),
            problem: format!(
                "asks for a sample, and cell {index} has {starts} given {}",
                if starts == 1 { "start" } else { "starts" }
            ),
            remedy: format!("write per_cell = {starts} instead"),
        });
    }
    if let Some(starts) = problem.layout().distinct_starts.filter(|starts| spec.runs_per_cell > *starts) {
        return Err(Invalid {
            key: "runs.per_cell".into(),
            value: spec.runs_per_cell.to_string(),
            problem: format!("cell {index} has {starts} starts: the others would repeat them"),
            remedy: format!("set it to {starts} at most"),
        });
    }
    Ok(())
}

fn is_relative(value: &Value) -> bool {
    matches!(value, Value::Above(..))
}

/// The error for two choices from the lists of a spec that make the same cell. Such cells would share every start and
/// look like independent confirmation.
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

/// A step size for people: where groups of weights have their own, each with its name.
pub fn step_words(step: &StepSize, groups: &[&str]) -> String {
    match step {
        StepSize::Groups(steps) if steps.len() > 1 && steps.len() == groups.len() => {
            let named = groups.iter().zip(steps).map(|(group, step)| format!("{step} ({group})"));
            named.collect::<Vec<_>>().join(" and ")
        }
        step => step_text(step),
    }
}

/// A step size as text, as the tables in CSV have it.
pub fn step_text(step: &StepSize) -> String {
    match step {
        StepSize::Auto => "auto".into(),
        StepSize::One(x) => number(*x),
        StepSize::Groups(steps) => steps.iter().map(|x| number(*x)).collect::<Vec<_>>().join("/"),
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
