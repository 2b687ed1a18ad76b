//! What an experiment found, as figures.
//!
//! The lists of an experiment decide which figures there are. A list of numbers that measure something is an axis;
//! words, seeds and values relative to another parameter only name cells. The experiment has
//!
//! * no axis: a row per cell, each probability with its interval (`success`);
//! * one axis: curves over it, a curve for each value of another list (`success`);
//! * two axes: a map (`map`), curves where one of the two has few values (`success`), and the differences from
//!   published figures (`difference`).
//!
//! What is left over makes further figures of the same kind, `success-2` and so on, a combination of values each.
//! Intervals are those of the [`Summary`], and the caption names their method; published figures have Wilson intervals
//! of the same level for the runs behind them. A cell without runs is shown as missing, and one without a success by
//! the upper end of its interval. Where runs are undecided or slow, a pale area reaches from the estimate to what it
//! would be if all of them were successes.

mod axes;
mod cells;
mod curves;
mod map;

use crate::experiment::{Plan, Spec};
use crate::landscape::{Outcome, Prediction};
use crate::numerics::{Interval, Method};
use crate::result::tables::{Row, Summary};
use crate::show::figure::ticks::number;
use crate::show::figure::{Along, Figure, Layer, Mark, Shape, Style};
use axes::{List, lists};

/// Most combinations of left-over values that have figures of their own.
const MOST_COMBINATIONS: usize = 8;

/// Most values of a list that are told apart by curves.
const MOST_CURVES: usize = 7;

/// How the intervals of published figures are made.
const PUBLISHED_METHOD: Method = Method::Wilson;

/// What the area of undecided and slow runs is called in legends.
const POSSIBLE: &str = "possible: undecided and slow runs counted as successes";

/// A figure with its name.
#[derive(Clone, Debug, PartialEq)]
pub struct Named {
    /// Stem of its files: small letters, digits, `-`.
    pub name: String,
    /// The figure.
    pub figure: Figure,
}

/// The figures of a table; none for a table without cells.
pub fn of(spec: &Spec, plan: &Plan, summary: &Summary) -> Vec<Named> {
    let lists = lists(spec, plan);
    let result = Context { plan, summary, lists };
    let (axes, names) = result.roles();
    let all: Vec<&Row> = summary.rows.iter().collect();
    if all.is_empty() {
        return Vec::new();
    }
    let Some(x) = axes.first().copied() else {
        return numbered("success", cells::figures(&result, &all));
    };
    let y = axes.get(1).copied();
    let is_few = |list: usize| result.lists[list].len() <= MOST_CURVES;
    // Which list the curves stand for: the second axis if it is short, else the last short one of the names.
    let curves = y.filter(|y| is_few(*y)).or_else(|| names.iter().copied().rfind(|i| y.is_none() && is_few(*i)));
    let is_map = y.is_some_and(|y| result.lists[y].len() >= 3 && result.lists[x].len() >= 3);
    let mut named = Vec::new();
    if curves.is_some() || !is_map {
        let parts = result.parts(&[Some(x), curves]);
        named.extend(numbered("success", parts.figures(|rows| curves::figure(&result, rows, x, curves))));
    }
    if let Some(y) = y.filter(|_| is_map) {
        let parts = result.parts(&[Some(x), Some(y)]);
        named.extend(numbered("map", parts.figures(|rows| map::figure(&result, rows, x, y))));
        named.extend(numbered("difference", parts.figures(|rows| map::difference(&result, rows, x, y))));
    }
    named
}

/// Names in their order, each once.
fn unique(names: impl Iterator<Item = &'static str>) -> Vec<&'static str> {
    let mut all = Vec::new();
    for name in names {
        if !all.contains(&name) {
            all.push(name);
        }
    }
    all
}

/// The intervals of a method in words, after their level.
fn method_words(method: Method) -> &'static str {
    match method {
        Method::Wilson => "Wilson score intervals",
        Method::ClopperPearson => "exact (Clopper–Pearson) intervals",
    }
}

/// A text with a capital at its beginning.
fn sentence(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().map_or(String::new(), |first| first.to_uppercase().chain(rest).collect())
}

/// Names for figures of one kind: the first has the kind's name.
fn numbered(kind: &str, figures: Vec<Figure>) -> Vec<Named> {
    let name = |i: usize| if i == 0 { kind.to_string() } else { format!("{kind}-{}", i + 1) };
    figures.into_iter().enumerate().map(|(i, figure)| Named { name: name(i), figure }).collect()
}

/// A table with the lists that its cells are combinations of.
#[derive(Debug)]
struct Context<'a> {
    plan: &'a Plan,
    summary: &'a Summary,
    lists: Vec<List>,
}

/// Rows by combinations of the values that no axis and no curve stands for.
struct Parts<'a> {
    /// In words; empty if there is only one.
    parts: Vec<(String, Vec<&'a Row>)>,
    /// What is not shown.
    left_out: Option<String>,
}

impl<'a> Parts<'a> {
    /// A figure of each part, as far as there is one.
    fn figures(&self, draw: impl Fn(&[&'a Row]) -> Option<Figure>) -> Vec<Figure> {
        let titled = |(words, rows): &(String, Vec<&'a Row>)| {
            let mut figure = draw(rows)?;
            if !words.is_empty() {
                figure.title = format!("{}: {words}", figure.title);
                figure.caption = format!("{}. {}", sentence(words), figure.caption);
            }
            figure.notes.extend(self.left_out.clone());
            Some(figure)
        };
        self.parts.iter().filter_map(titled).collect()
    }
}

impl<'a> Context<'a> {
    /// Axes with most values first, then the lists that only name cells, in their order.
    fn roles(&self) -> (Vec<usize>, Vec<usize>) {
        let (mut axes, names): (Vec<usize>, Vec<usize>) =
            (0..self.lists.len()).partition(|i| self.lists[*i].numbers.is_some());
        // Of lists of one length the later one lies along the lower edge: it is the inner loop of the table too.
        axes.sort_by_key(|i| (std::cmp::Reverse(self.lists[*i].len()), std::cmp::Reverse(*i)));
        (axes, names)
    }

    /// The rows by what the given lists do not tell apart.
    fn parts(&self, shown: &[Option<usize>]) -> Parts<'a> {
        let rest: Vec<usize> = (0..self.lists.len()).filter(|i| !shown.contains(&Some(*i))).collect();
        let mut parts: Vec<(Vec<usize>, String, Vec<&'a Row>)> = Vec::new();
        for row in &self.summary.rows {
            let key: Vec<usize> = rest.iter().map(|i| self.lists[*i].at(row.cell)).collect();
            match parts.iter_mut().find(|part| part.0 == key) {
                Some(part) => part.2.push(row),
                None => {
                    let words = rest.iter().zip(&key).map(|(i, at)| self.lists[*i].in_words(*at));
                    let words = words.collect::<Vec<_>>().join(", ");
                    parts.push((key, words, vec![row]));
                }
            }
        }
        let more = parts.len().saturating_sub(MOST_COMBINATIONS);
        let names: Vec<&str> = rest.iter().map(|i| self.lists[*i].name).collect();
        let left_out = (more > 0).then(|| {
            format!("Without figures: {more} further combinations of {}; the table has all.", names.join(", "))
        });
        let parts = parts.into_iter().take(MOST_COMBINATIONS).map(|(_, words, rows)| (words, rows)).collect();
        Parts { parts, left_out }
    }

    /// A figure of the table without panels, with the notes that belong to all.
    fn figure(&self, rows: &[&Row]) -> Figure {
        let summary = self.summary;
        let mut figure = Figure::new(&summary.title);
        figure.subtitle = summary.subject.clone();
        figure.notes.extend(summary.unfinished_note());
        let missing = rows.iter().filter(|row| row.probability.is_none()).count();
        if missing > 0 {
            let cells = if missing == 1 { "1 cell has".to_string() } else { format!("{missing} cells have") };
            figure.notes.push(format!("{cells} no runs yet."));
        }
        figure
    }

    /// The quantity that is estimated.
    fn quantity(&self) -> String {
        match self.summary.outcome {
            Outcome::Global => "probability of the global minimum".into(),
            Outcome::Spurious => "probability of a spurious minimum".into(),
            Outcome::Saddle => "probability of a saddle".into(),
            other => format!("probability of the outcome {}", other.name()),
        }
    }

    /// The level of the intervals in words: `95 %`.
    fn percent(&self) -> String {
        format!("{} %", number(self.summary.level * 100.0, 6))
    }

    /// The intervals in words: `95 % Wilson score intervals`.
    fn intervals(&self) -> String {
        format!("{} {}", self.percent(), method_words(self.plan.method()))
    }

    /// A sentence on the marks of published figures, where there are any among the rows.
    fn published_words(&self, rows: &[&Row]) -> String {
        let Some((source, published)) = self.source(rows).zip(self.summary.published.as_ref()) else {
            return String::new();
        };
        let (method, runs) = (method_words(PUBLISHED_METHOD), published.runs_per_cell);
        format!(" Rings: {source}, with {} {method} for the {runs} runs behind each.", self.percent())
    }

    /// The share of a row's runs that may have the outcome: those that have it, and those that are undecided or slow.
    /// `None` where all runs are decided, and where the question is about such runs.
    fn possible(&self, row: &Row) -> Option<f64> {
        row.possible.filter(|_| row.open > 0)
    }

    /// The interval of a published figure, from the runs behind it.
    fn published_interval(&self, figure: f64) -> Option<Interval> {
        let runs = self.summary.published.as_ref()?.runs_per_cell;
        let hits = (figure * runs as f64).round().max(0.0) as u64;
        Some(PUBLISHED_METHOD.interval(hits, runs, self.summary.level))
    }

    /// The source of the published figures, where there are any among the rows.
    fn source(&self, rows: &[&Row]) -> Option<String> {
        let published = self.summary.published.as_ref()?;
        rows.iter()
            .any(|row| row.published.is_some())
            .then(|| if published.source.is_empty() { "published".to_string() } else { published.source.clone() })
    }

    /// Range of an axis of probabilities: all of them, or, where all intervals lie in a part, that part in steps of a
    /// twentieth. Rare events have a finer one.
    fn range(&self, rows: &[&Row]) -> (f64, f64) {
        let known = || rows.iter().filter(|row| row.probability.is_some());
        let mut low = known().map(|row| row.interval.low).fold(1.0, f64::min);
        let mut high = known().map(|row| row.interval.high).fold(0.0, f64::max);
        let published = || rows.iter().filter_map(|row| self.published_interval(row.published?));
        low = published().map(|i| i.low).fold(low, f64::min);
        high = published().map(|i| i.high).fold(high, f64::max);
        let theory = || rows.iter().flat_map(|row| &row.theory).filter(|p| p.is_success).filter_map(|p| p.value);
        (low, high) = (theory().fold(low, f64::min), theory().fold(high, f64::max));
        high = known().filter_map(|row| self.possible(row)).fold(high, f64::max);
        if low > high {
            return (0.0, 1.0);
        }
        if high < 0.1 && high > 0.0 {
            let unit = 10f64.powf(high.log10().floor());
            return (0.0, (high / unit).ceil() * unit);
        }
        // From 0 unless that would leave a third empty, and up to 1 likewise.
        let low = if low < 0.3 { 0.0 } else { (low * 20.0).floor() / 20.0 };
        let high = if high > 0.7 { 1.0 } else { (high * 20.0).ceil() / 20.0 };
        if high - low < 0.15 { ((high - 0.2).max(0.0), (high - 0.2).max(0.0) + 0.2) } else { (low, high) }
    }

    /// Names of the predictions of success that are made for any of the rows.
    fn success_names(&self, rows: &[&Row]) -> Vec<&'static str> {
        // A prediction may be made for some cells only.
        let made = rows.iter().flat_map(|row| &row.theory).filter(|p| p.is_success && p.value.is_some());
        unique(made.map(|p| p.name))
    }

    /// A prediction of success for a row.
    fn theory(&self, row: &Row, name: &str) -> Option<f64> {
        row.theory.iter().find(|p| p.name == name && p.is_success)?.value
    }

    /// Names of the predictions that are critical values of a list.
    fn boundary_names(&self, rows: &[&Row], list: usize) -> Vec<&'static str> {
        let is_its = |p: &Prediction| p.boundary == Some(self.lists[list].name) && p.value.is_some();
        let cells = rows.iter().filter_map(|row| self.plan.cells.get(row.cell));
        unique(cells.flat_map(|cell| cell.lent().problem.theory(None)).filter(is_its).map(|p| p.name))
    }

    /// A critical value that all of some rows have in common.
    fn boundary(&self, rows: &[&Row], name: &str) -> Option<f64> {
        let of = |row: &&Row| {
            let theory = self.plan.cells.get(row.cell)?.lent().problem.theory(None);
            theory.into_iter().find(|p| p.name == name)?.value
        };
        let first = rows.first().and_then(of)?;
        rows.iter().all(|row| of(row) == Some(first)).then_some(first)
    }

    /// Marks of cells without a success, at the upper ends of their intervals; none if there are no such cells.
    fn limits(&self, points: Vec<Mark>, along: Along, style: Style) -> Option<Layer> {
        (!points.is_empty()).then(|| self.limit_marks(points, along, style))
    }

    /// The same marks, or, without points, their entry in the legend.
    fn limit_marks(&self, points: Vec<Mark>, along: Along, style: Style) -> Layer {
        let label = format!("no success: upper end of the {} interval", self.percent());
        Layer::Marks { points, along, shape: Shape::Limit, style, label }
    }
}
