//! The lists of an experiment: which are axes, where a cell is in each, and how an axis is drawn.

use crate::experiment::grid::Grid;
use crate::experiment::plan::{numeric, step_words};
use crate::experiment::{Cell, Plan, Spec};
use crate::landscape::{Parameter, StepSize, Value};
use crate::show::figure::ticks::number;
use crate::show::figure::{Axis, Scale};

/// Most values that have a tick each.
const MOST_TICKS: usize = 10;

/// A list of values of an experiment.
#[derive(Clone, Debug)]
pub(super) struct List {
    /// Name of the parameter, or `step`.
    pub(super) name: &'static str,
    /// Name for people with the symbol of the formulas.
    pub(super) label: String,
    symbol: &'static str,
    /// The values as text, in the order of the experiment.
    texts: Vec<String>,
    /// The values, where they measure something.
    pub(super) numbers: Option<Vec<f64>>,
    /// How many cells lie between one value and the next.
    stride: usize,
}

/// The axes of several values, in the order of the grid. Lists that go together are one: it has the numbers of the
/// first that measures something and has each only once.
pub(super) fn lists(spec: &Spec, plan: &Plan) -> Vec<List> {
    let grid = Grid::of(spec);
    let together = |names: &[&'static str]| {
        let all: Vec<List> = names.iter().map(|name| one(spec, name)).collect();
        let main = all.iter().position(List::measures).unwrap_or(0);
        let mut axis = all[main].clone();
        for other in all.iter().enumerate().filter(|(i, _)| *i != main).map(|(_, other)| other) {
            let also = |(text, i): (&mut String, usize)| text.push_str(&format!(", {}", other.in_words(i)));
            axis.texts.iter_mut().zip(0..).for_each(also);
        }
        let others: Vec<String> = names.iter().filter(|n| **n != axis.name).map(|n| n.replace('_', " ")).collect();
        if !others.is_empty() {
            axis.label.push_str(&format!(" (together with {})", others.join(", ")));
        }
        axis.numbers = axis.numbers.filter(|_| all[main].measures());
        axis
    };
    let mut lists: Vec<List> = grid.axes().map(together).collect();
    let mut stride = 1;
    for list in lists.iter_mut().rev() {
        list.stride = stride;
        stride *= list.texts.len();
    }
    debug_assert_eq!(stride, plan.cells.len());
    lists
}

/// A value with the number in place of what is relative to a parameter that has one value in all cells.
fn absolute(spec: &Spec, value: &Value) -> Value {
    let Value::Above(base, extra) = value else { return value.clone() };
    match spec.params.iter().find(|(name, _)| name == base).map(|(_, values)| values.as_slice()) {
        Some([Value::Integer(only)]) => Value::Integer(only + extra),
        _ => value.clone(),
    }
}

/// The step sizes for people.
fn steps_in_words(spec: &Spec) -> Vec<String> {
    spec.step.iter().map(|step| step_words(step, spec.model.about().step_groups)).collect()
}

/// The list of a name.
fn one(spec: &Spec, name: &'static str) -> List {
    let symbol_of = |name: &str| spec.model.parameters().iter().find(|p| p.name == name).map_or("", symbol);
    match name {
        "seed" => List::new(name, "", spec.seeds.iter().map(u64::to_string).collect(), None),
        "form" => List::new(name, "", spec.forms.iter().map(ToString::to_string).collect(), None),
        "step" => {
            let numbers = spec.step.iter().map(|step| match step {
                StepSize::One(x) => Some(*x),
                StepSize::Auto | StepSize::Groups(_) => None,
            });
            List::new(name, "η", steps_in_words(spec), numbers.collect())
        }
        _ => {
            let values = spec.params.iter().find(|(known, _)| *known == name).map_or(&[][..], |(_, values)| values);
            let values: Vec<Value> = values.iter().map(|value| absolute(spec, value)).collect();
            let texts = values.iter().map(ToString::to_string).collect();
            List::new(name, symbol_of(name), texts, values.iter().map(numeric).collect())
        }
    }
}

/// The symbol of a parameter, where it is one and not a word.
fn symbol(parameter: &Parameter) -> &'static str {
    if parameter.symbol == parameter.name { "" } else { parameter.symbol }
}

impl List {
    fn new(name: &'static str, symbol: &'static str, texts: Vec<String>, numbers: Option<Vec<f64>>) -> Self {
        let label = format!("{} {symbol}", name.replace('_', " ")).trim_end().to_string();
        // Seeds are numbers that measure nothing.
        let numbers = numbers.filter(|_| name != "seed" && !name.ends_with("_seed"));
        List { name, label, symbol, texts, numbers, stride: 1 }
    }

    /// Whether the values are numbers that differ.
    fn measures(&self) -> bool {
        let differ = |numbers: &Vec<f64>| (1..numbers.len()).all(|i| !numbers[..i].contains(&numbers[i]));
        self.numbers.as_ref().is_some_and(differ)
    }

    /// Number of values.
    pub(super) fn len(&self) -> usize {
        self.texts.len()
    }

    /// Position of a cell's value.
    pub(super) fn at(&self, cell: usize) -> usize {
        cell / self.stride % self.texts.len()
    }

    /// A cell's value on an axis; NaN if the list is none.
    pub(super) fn number(&self, cell: usize) -> f64 {
        self.numbers.as_ref().map_or(f64::NAN, |numbers| numbers[self.at(cell)])
    }

    /// A value with its name, for a title: `layers 3`, `neurons = teachers+1`.
    pub(super) fn in_words(&self, at: usize) -> String {
        let text = &self.texts[at];
        // Beside the name of another parameter the words would run together.
        let joint = if self.numbers.is_none() && text.contains(['+', '-']) { " = " } else { " " };
        format!("{}{joint}{text}", self.name.replace('_', " "))
    }

    /// A cell's value with its name, with the number in place of what is relative to another value of the cell.
    pub(super) fn of_cell(&self, cell: &Cell) -> String {
        match cell.values.get(self.name) {
            Some(value) => format!("{} {value}", self.name.replace('_', " ")),
            None => self.in_words(self.at(cell.index)),
        }
    }

    /// A number with its symbol, for a legend: `k = 25`; a word with its name.
    pub(super) fn in_symbols(&self, at: usize) -> String {
        if self.symbol.is_empty() || self.numbers.is_none() {
            self.in_words(at)
        } else {
            format!("{} = {}", self.symbol, self.texts[at])
        }
    }

    /// Positions of the values: ascending where they are numbers, else as listed.
    pub(super) fn order(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.len()).collect();
        if let Some(numbers) = &self.numbers {
            order.sort_by(|a, b| numbers[*a].total_cmp(&numbers[*b]));
        }
        order
    }

    /// The numbers, ascending; none if the list is no axis.
    pub(super) fn ascending(&self) -> Vec<f64> {
        let numbers = self.numbers.as_deref().unwrap_or_default();
        self.order().into_iter().filter_map(|i| numbers.get(i).copied()).collect()
    }

    /// Logarithmic if the values are positive, span a factor of 8, and are nearer to equal ratios than to equal
    /// differences.
    pub(super) fn scale(&self) -> Scale {
        let numbers = self.ascending();
        let (Some(first), Some(last)) = (numbers.first(), numbers.last()) else { return Scale::Linear };
        if numbers.len() < 3 || *first <= 0.0 || last / first < 8.0 {
            return Scale::Linear;
        }
        let spread = |of: &dyn Fn(f64, f64) -> f64| {
            let steps: Vec<f64> = numbers.windows(2).map(|w| of(w[0], w[1])).collect();
            let mean = steps.iter().sum::<f64>() / steps.len() as f64;
            steps.iter().map(|step| (step / mean - 1.0).powi(2)).sum::<f64>()
        };
        let (ratios, differences) = (spread(&|a, b| (b / a).ln()), spread(&|a, b| b - a));
        if ratios < differences { Scale::Log } else { Scale::Linear }
    }

    /// The axis, with a tick at every value if they are few and whole, or `at_values` or the scale asks for it.
    pub(super) fn axis(&self, at_values: bool) -> Axis {
        let scale = self.scale();
        let numbers = self.ascending();
        let is_whole = numbers.iter().all(|x| *x == x.trunc());
        let own = (at_values || is_whole || scale == Scale::Log) && numbers.len() <= MOST_TICKS;
        let ticks = if own { numbers.iter().map(|x| (*x, number(*x, 6))).collect() } else { Vec::new() };
        Axis::new(&self.label).scale(scale).ticks(ticks)
    }

    /// Edges of cells around the values: halfway between neighbours as the axis is drawn, and as far beyond the first
    /// and the last.
    pub(super) fn edges(&self) -> Vec<f64> {
        let is_log = self.scale() == Scale::Log;
        let straight = |x: f64| if is_log { x.ln() } else { x };
        let places: Vec<f64> = self.ascending().into_iter().map(straight).collect();
        let [first, second, ..] = places[..] else { return Vec::new() };
        let (last, before) = (places[places.len() - 1], places[places.len() - 2]);
        let mut edges = vec![first - 0.5 * (second - first)];
        edges.extend(places.windows(2).map(|w| 0.5 * (w[0] + w[1])));
        edges.push(last + 0.5 * (last - before));
        edges.into_iter().map(|x| if is_log { x.exp() } else { x }).collect()
    }
}
