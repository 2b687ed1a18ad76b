//! Spec to cells: the grid, and how much there is to do. Pure: nothing is computed or written here.

use crate::experiment::cell::{OnDemand, Recipe};
use crate::experiment::grid::{Choice, Grid};
use crate::experiment::paired;
use crate::experiment::sampling::Size;
use crate::experiment::{Cell, Sampling, Spec, SpecError};
use crate::landscape::{Invalid, Problem, Settings, StepSize, Value, Values};
use crate::numerics::text::number;
use crate::numerics::{CellSeed, Method};
use rayon::prelude::*;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

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
    /// Formats of the arithmetic that the runs of a cell were computed in, where shards of several were joined.
    pub formats: Option<String>,
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
/// Most cells of a grid whose problems are all kept. Those of larger grids are made for each piece of work: they would
/// fill the memory, and each cell has few runs.
const KEPT: usize = 1 << 12;
/// Cells that are made at once, side by side.
const AT_ONCE: usize = 1 << 14;

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
        let maker = Maker::new(spec, count <= KEPT);
        for first in (0..count).step_by(AT_ONCE) {
            let made = |index: usize| (grid.choose(index), index);
            let make = |(choice, index): (Choice, usize)| (maker.cell(index, &choice), choice);
            let some = first..count.min(first + AT_ONCE);
            // A few are not worth waking other threads for.
            let some: Vec<_> = match count < 256 {
                true => some.map(made).map(make).collect(),
                false => some.into_par_iter().map(made).map(make).collect(),
            };
            for (cell, choice) in some {
                let cell = cell.map_err(|e| spec.refuse(e))?;
                if relative {
                    let texts: Vec<String> = cell.values.iter().map(|(_, value)| value.identity()).collect();
                    if let Some(first) = seen.insert((texts, choice.others()), cell.index) {
                        let first = grid.choose(first).params;
                        return Err(spec.refuse(same_cell(spec, &first, &choice.params, &cell.values)));
                    }
                }
                cells.push(cell);
            }
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
            formats: None,
        };
        let varies = |name: &&str| !plan.is_fixed(name) && !plan.cells.iter().all(|cell| usual(name, cell));
        // One value for all cells needs no look at them, unless it is relative to another.
        let may_vary = |(_, values): &&(_, Vec<Value>)| values.len() > 1 || is_relative(&values[0]);
        plan.axes = spec.params.iter().filter(may_vary).map(|(name, _)| *name).filter(varies).collect();
        plan.check_output(spec).map_err(|e| spec.refuse(e))?;
        Ok(plan)
    }

    /// The grid of one cell.
    pub fn of_one(cell: Cell, runs: u64) -> Self {
        let cells = vec![Cell { index: 0, runs, ..cell }];
        Plan { cells, sampling: None, sizes: Vec::new(), axes: Vec::new(), sweeps: Sweeps::default(), formats: None }
    }

    /// Refuses outputs that no cell of the plan could have.
    fn check_output(&self, spec: &Spec) -> Result<(), Invalid> {
        if spec.output.paired {
            let unseeded = spec.model.parameters().iter().filter(|p| !p.seeds).map(|p| p.name);
            paired::check(self, &unseeded.collect::<Vec<_>>())?;
        }
        let has_families = |cell: &Cell| cell.lent().problem.rest().is_some_and(|rest| rest.families);
        if spec.output.spectra && !self.cells.iter().any(has_families) {
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
        if spec.output.theorems && self.cells.iter().all(|cell| cell.lent().problem.theorems().is_none()) {
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
            formats: self.formats.clone(),
        }
    }

    /// How tables make their intervals: exactly where a width or a time was asked for, since more than a mean coverage
    /// is guaranteed there; else by Wilson's score.
    pub fn method(&self) -> Method {
        if self.sampling.is_some() { Method::ClopperPearson } else { Method::Wilson }
    }

    /// Names and texts of the columns that tell the cells apart: the parameters, and seed, form and step size where
    /// there are several; then `precision`, where shards of several formats of the arithmetic were joined.
    pub fn columns(&self, cell: &Cell) -> Vec<(&'static str, String)> {
        let mut columns = Vec::new();
        if self.sweeps.seed {
            columns.push(("seed", cell.experiment_seed.to_string()));
        }
        if self.sweeps.form {
            columns.push(("form", cell.form.to_string()));
        }
        columns.extend(cell.values.iter().map(|(name, value)| (name, value.to_string())));
        if self.sweeps.step {
            columns.push(("step", step_text(&cell.settings.step)));
        }
        columns.extend(self.formats.iter().map(|formats| ("precision", formats.clone())));
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

/// Makes the cells of a grid; what they have in common is shared.
struct Maker<'a> {
    spec: &'a Spec,
    /// The first value of every list.
    common: Values,
    /// Settings with each step size.
    settings: Vec<Arc<Settings>>,
    /// Whether cells keep their problems.
    keep: bool,
}

impl<'a> Maker<'a> {
    fn new(spec: &'a Spec, keep: bool) -> Self {
        let settings = |step: &StepSize| Settings {
            step: step.clone(),
            max_steps: spec.max_steps,
            tolerance: spec.tolerance,
            verdicts: spec.verdicts,
        };
        Maker {
            spec,
            common: Values::new(spec.params.iter().map(|(name, values)| (*name, values[0].clone())).collect()),
            settings: spec.step.iter().map(settings).map(Arc::new).collect(),
            keep,
        }
    }

    fn cell(&self, index: usize, choice: &Choice) -> Result<Cell, Invalid> {
        let spec = self.spec;
        let lists = spec.params.iter().map(|(_, values)| values).zip(&choice.params).enumerate();
        let own = lists.filter(|(_, (_, at))| **at > 0).map(|(place, (values, at))| (place, values[*at].clone()));
        let mut values = self.common.with(own.collect());
        values.resolve(spec.model.parameters())?;
        let (form, experiment_seed) = (spec.forms[choice.form], spec.seeds[choice.seed]);
        let settings = self.settings[choice.step].clone();
        let recipe = Recipe { model: spec.model, form, values: values.clone(), settings: settings.clone() };
        let problem = OnDemand::new(recipe, self.keep, |problem| check_starts(spec, index, problem))?;
        let seed = CellSeed::new(experiment_seed, &spec.model.identity(&values));
        Ok(Cell {
            index,
            values,
            form,
            settings,
            problem,
            experiment_seed,
            seed,
            plane: None,
            runs: spec.runs_per_cell,
        })
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
