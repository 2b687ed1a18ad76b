//! Figures of traces: panels one above another over a common axis of steps, runs coloured by their outcome, with what
//! theory draws beside them.
//!
//! Bounds are drawn for a single run; for several only where runs of an outcome tend to. Curves of many points are
//! thinned to the first, last, lowest and highest of each [`BINS`]th of the axis, which looks the same.

use super::{Trace, words};
use crate::experiment::plan::step_words;
use crate::experiment::{Cell, Spec};
use crate::landscape::{CurveKind, Drawn, Outcome, ReferenceCurve};
use crate::show::figure::{Along, Aspect, Axis, Dash, Figure, Ink, Layer, Mark, Panel, Scale, Shape, Style};

/// Parts of the step axis within which a curve keeps four points.
pub const BINS: usize = 500;
/// Steps up to which the axis of a figure without spurious runs is linear by itself.
pub const LINEAR_STEPS: u32 = 5000;

/// Height of one of many panels.
const LOW: f64 = 128.0;
/// Series of what runs tend to: green, the colour of saddles, to which no theory here tends.
const ASYMPTOTE: usize = 2;

/// How steps are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepAxis {
    /// In proportion: for the phases of a run to the global minimum.
    Linear,
    /// By logarithms, from step 1: for tails.
    Log,
}

/// What a figure shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Options {
    /// Axis of the steps; `None`: linear for at most [`LINEAR_STEPS`] steps of runs none of which is spurious, else
    /// logarithmic.
    pub axis: Option<StepAxis>,
    /// Columns of the table that are shown, a panel each; empty: loss, what the model wants shown, and the norm of the
    /// gradient.
    pub panels: Vec<String>,
}

/// A panel for a column that there is not.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("--panels: there is no column {name}; choose from {known}")]
pub struct UnknownPanel {
    /// What was asked for.
    pub name: String,
    /// What there is.
    pub known: String,
}

/// Outcome that a run tends to: its verdict's, or what it found.
fn tends_to(trace: &Trace) -> Outcome {
    trace.verdict.as_ref().map_or(trace.found.outcome, |verdict| verdict.outcome)
}

/// Colour and pattern of the runs of an outcome.
fn style(outcome: Outcome) -> Style {
    let at = Outcome::ALL.iter().position(|other| *other == outcome).unwrap_or(0);
    Style::series(at)
}

/// A column that can be shown.
struct Column {
    name: &'static str,
    label: &'static str,
    logarithmic: bool,
    shown: bool,
    /// The only outcome whose runs are shown.
    only: Option<Outcome>,
}

/// Every column that can be shown; which are by themselves depends on where the runs tend to.
fn columns(traces: &[(u64, Trace)]) -> Vec<Column> {
    let any = |outcome: Outcome| traces.iter().any(|(_, trace)| tends_to(trace) == outcome);
    let always = |name, label| Column { name, label, logarithmic: true, shown: true, only: None };
    let seen = traces.first().map_or(&[][..], |(_, trace)| &trace.observables);
    let mut columns = vec![always("loss", "loss")];
    columns.extend(seen.iter().map(|seen| Column {
        name: seen.name,
        label: seen.label,
        logarithmic: seen.logarithmic,
        shown: match seen.drawn {
            Drawn::Always => true,
            Drawn::Towards(outcome) => any(outcome),
            Drawn::OnRequest => false,
        },
        only: match seen.drawn {
            Drawn::Towards(outcome) => Some(outcome),
            Drawn::Always | Drawn::OnRequest => None,
        },
    }));
    columns.push(always("grad_norm", "gradient norm"));
    columns
}

/// The columns that are shown, in order.
fn chosen(traces: &[(u64, Trace)], wanted: &[String]) -> Result<Vec<Column>, UnknownPanel> {
    let mut all = columns(traces);
    if wanted.is_empty() {
        all.retain(|column| column.shown);
        return Ok(all);
    }
    let known: Vec<&str> = all.iter().map(|column| column.name).collect();
    let known = known.join(", ");
    wanted
        .iter()
        .map(|name| {
            let at = all.iter().position(|column| column.name == name);
            at.map(|at| all.swap_remove(at)).ok_or_else(|| UnknownPanel { name: name.clone(), known: known.clone() })
        })
        .collect()
}

/// The figure of traced runs of a cell, each with its number.
///
/// # Errors
/// A panel for a column that there is not, or the same one twice.
pub fn of(spec: &Spec, cell: &Cell, traces: &[(u64, Trace)], options: &Options) -> Result<Figure, UnknownPanel> {
    let chosen = chosen(traces, &options.panels)?;
    let spurious = traces.iter().any(|(_, trace)| tends_to(trace) == Outcome::Spurious);
    let ends = traces.iter().filter_map(|(_, trace)| Some(trace.trace_points.last()?.step));
    let starts = traces.iter().filter_map(|(_, trace)| Some(trace.trace_points.first()?.step));
    let (first, last) = (starts.min().unwrap_or(0), ends.max().unwrap_or(0).max(2));
    let linear = !spurious && last <= LINEAR_STEPS;
    let axis = options.axis.unwrap_or(if linear { StepAxis::Linear } else { StepAxis::Log });
    let span = Span { axis, first: if axis == StepAxis::Log { first.max(1) } else { first }, last };
    let mut figure = Figure::new(if spec.title.is_empty() { &spec.name } else { &spec.title });
    figure.subtitle = subtitle(spec, cell, traces);
    let lowest = chosen.len().saturating_sub(1);
    for (at, column) in chosen.iter().enumerate() {
        let scale = if axis == StepAxis::Log { Scale::Log } else { Scale::Linear };
        let range = (f64::from(span.first), f64::from(span.last));
        let x = Axis::new(if at == lowest { "gradient step" } else { "" }).scale(scale).range(range.0, range.1);
        let y = Axis::new(column.label).scale(if column.logarithmic { Scale::Log } else { Scale::Linear });
        let mut panel = Panel::new(x, y);
        let only = column.only.filter(|_| options.panels.is_empty());
        let painter = Painter { column: column.name, span, is_first: at == 0, only };
        panel.layers = match traces {
            [(_, trace)] => painter.one(trace),
            _ => painter.several(traces),
        };
        panel = panel.aspect(if chosen.len() > 2 { Aspect::Height(LOW) } else { Aspect::Auto });
        figure = figure.with(panel);
    }
    figure.notes = notes(traces, &chosen, span);
    Ok(figure)
}

fn subtitle(spec: &Spec, cell: &Cell, traces: &[(u64, Trace)]) -> String {
    let parameters = spec.model.parameters().iter().filter(|p| p.is_told(&cell.values));
    let values = parameters.filter_map(|p| Some(format!("{} {}", p.name, cell.values.get(p.name)?)));
    let runs = match traces {
        [(run, _)] => format!("run {run}"),
        _ => format!("{} runs", traces.len()),
    };
    let mut parts = vec![format!("{}, {} form", spec.model.name(), cell.form)];
    parts.extend(values);
    parts.push(format!("step {}", step_words(&cell.settings.step, spec.model.about().step_groups)));
    parts.push(format!("{runs} of cell {}, seed {}", cell.index, cell.experiment_seed));
    parts.join(", ")
}

/// The steps that a figure shows.
#[derive(Clone, Copy)]
struct Span {
    axis: StepAxis,
    first: u32,
    last: u32,
}

impl Span {
    fn holds(self, step: u32) -> bool {
        (self.first..=self.last).contains(&step)
    }

    /// A curve, thinned.
    fn line(self, trace: &Trace, values: &[f64], style: Style, label: impl Into<String>) -> Layer {
        let points = trace.trace_points.iter().zip(values).filter(|(point, _)| self.holds(point.step));
        let points: Vec<(f64, f64)> = points.map(|(point, value)| (f64::from(point.step), *value)).collect();
        let place = |x: f64| match self.axis {
            StepAxis::Linear => (x - f64::from(self.first)) / f64::from(self.last - self.first),
            StepAxis::Log => {
                libm::log(x / f64::from(self.first)) / libm::log(f64::from(self.last) / f64::from(self.first))
            }
        };
        let bin = |point: &(f64, f64)| (place(point.0) * BINS as f64) as usize;
        let bins = points.chunk_by(|a, b| bin(a) == bin(b));
        Layer::Line { points: bins.flat_map(thin).collect(), style, label: label.into() }
    }
}

/// First, lowest, highest and last of some points, in their order; gaps stay.
fn thin(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    if points.len() <= 4 || points.iter().any(|(_, y)| y.is_nan()) {
        return points.to_vec();
    }
    let by = |at: &usize, other: &usize| points[*at].1.total_cmp(&points[*other].1);
    let low = (0..points.len()).min_by(by).unwrap_or(0);
    let high = (0..points.len()).max_by(by).unwrap_or(0);
    let mut kept = vec![0, low, high, points.len() - 1];
    kept.sort_unstable();
    kept.dedup();
    kept.into_iter().map(|at| points[at]).collect()
}

fn curve_style(curve: &ReferenceCurve, nth: usize) -> Style {
    let dash = if nth == 0 { Dash::Dashed } else { Dash::Dotted };
    match curve.kind {
        CurveKind::Upper { .. } => Style::new(Ink::Text).dash(dash).width(1.0),
        CurveKind::Asymptote | CurveKind::Slope => Style::series(ASYMPTOTE).dash(Dash::Dashed).width(1.2),
        CurveKind::Target => Style::new(Ink::Faint).dash(Dash::Dotted).width(1.0),
    }
}

fn path_theory<'a>(trace: &'a Trace, column: &'a str) -> impl Iterator<Item = (usize, &'a ReferenceCurve)> {
    let here = move |curve: &&ReferenceCurve| curve.of == column && curve.values.iter().any(|value| !value.is_nan());
    trace.path_theory.curves.iter().filter(here).enumerate()
}

/// What is painted in one panel. What is the same in every panel is named in the legend of the first alone.
struct Painter<'a> {
    column: &'a str,
    span: Span,
    is_first: bool,
    only: Option<Outcome>,
}

impl Painter<'_> {
    fn named(&self, label: impl Into<String>) -> String {
        if self.is_first { label.into() } else { String::new() }
    }

    fn curve(&self, trace: &Trace, (nth, curve): (usize, &ReferenceCurve)) -> Layer {
        self.span.line(trace, &curve.values, curve_style(curve, nth), curve.label)
    }

    fn rule(&self, at: f64, dash: Dash, label: String) -> Layer {
        let style = Style::new(Ink::Faint).dash(dash).width(1.0);
        Layer::Rule { upright: true, at, style, label: self.named(label) }
    }

    /// One run, with everything that theory says: bounds below it, what it tends to above.
    fn one(&self, trace: &Trace) -> Vec<Layer> {
        let (column, span) = (self.column, self.span);
        let outcome = tends_to(trace);
        let values = trace.traced().column(column);
        let (above, below): (Vec<_>, Vec<_>) = path_theory(trace, column)
            .partition(|(_, curve)| matches!(curve.kind, CurveKind::Asymptote | CurveKind::Slope));
        let mut layers: Vec<Layer> = below.into_iter().map(|curve| self.curve(trace, curve)).collect();
        let label = self.named(format!("run, {}", outcome.name()));
        layers.push(span.line(trace, &values, style(outcome).width(1.8), label));
        layers.extend(above.into_iter().map(|curve| self.curve(trace, curve)));
        if let Some(verdict) = trace.verdict.as_ref().filter(|verdict| span.holds(verdict.step)) {
            layers.push(self.rule(f64::from(verdict.step), Dash::Solid, format!("verdict, step {}", verdict.step)));
        }
        for event in trace.path_theory.events.iter().filter(|event| span.holds(event.by)) {
            layers.push(self.rule(f64::from(event.by), Dash::Dashed, format!("{}, step {}", event.label, event.by)));
        }
        for (label, at) in trace.path_theory.scales.iter().filter(|(_, at)| *at <= f64::from(span.last)) {
            layers.push(self.rule(*at, Dash::Dotted, (*label).into()));
        }
        layers
    }

    /// Several runs: thin lines in the colour of their outcome, and what runs of an outcome tend to.
    fn several(&self, traces: &[(u64, Trace)]) -> Vec<Layer> {
        let (column, span) = (self.column, self.span);
        let mut layers = Vec::new();
        let mut marks = Vec::new();
        let shown = |trace: &Trace| self.only.is_none_or(|only| only == tends_to(trace));
        for (_, trace) in traces.iter().filter(|(_, trace)| shown(trace)) {
            let outcome = tends_to(trace);
            let values = trace.traced().column(column);
            layers.push(span.line(trace, &values, style(outcome).width(0.8), self.named(outcome.name())));
            if let Some(verdict) = trace.verdict.as_ref().filter(|verdict| span.holds(verdict.step)) {
                let there = trace.trace_points.iter().zip(&values).find(|(point, _)| point.step == verdict.step);
                marks.extend(there.map(|(point, value)| Mark::new(f64::from(point.step), *value)));
            }
        }
        for outcome in Outcome::ALL {
            let Some((_, trace)) = traces.iter().find(|(_, trace)| tends_to(trace) == outcome) else { continue };
            let tends = path_theory(trace, column).filter(|(_, curve)| curve.is_shared());
            layers.extend(tends.map(|curve| self.curve(trace, curve)));
        }
        if !marks.is_empty() {
            let style = Style::new(Ink::Text).width(0.8);
            let label = self.named("verdict");
            layers.push(Layer::Marks { points: marks, along: Along::Y, shape: Shape::Circle, style, label });
        }
        layers
    }
}

/// What stands below: sources of the curves, scales beyond the axis, and whether bounds are kept.
fn notes(traces: &[(u64, Trace)], chosen: &[Column], span: Span) -> Vec<String> {
    let [(_, trace)] = traces else {
        let bounded = traces.iter().filter(|(_, trace)| words::verdict_on_bounds(trace).is_some());
        let broken = traces.iter().filter(|(_, trace)| trace.first_break().is_some()).count();
        return match (bounded.count(), broken) {
            (0, 0) => Vec::new(),
            (runs, 0) => vec![format!("Certified bounds, not drawn, are kept by all {runs} runs that have them.")],
            (_, broken) => vec![format!("{broken} runs break a certified bound: a defect of the program.")],
        };
    };
    let mut notes = Vec::new();
    for column in chosen {
        for (_, curve) in path_theory(trace, column.name).filter(|(_, curve)| !curve.source.is_empty()) {
            let note = format!("{}: {}", curve.label, curve.source);
            if !notes.contains(&note) {
                notes.push(note);
            }
        }
    }
    for (label, at) in trace.path_theory.scales.iter().filter(|(_, at)| *at > f64::from(span.last)) {
        notes.push(format!("{label}: step {at:.0}, beyond the axis"));
    }
    notes.extend(words::equal_readings(trace));
    notes.extend(words::verdict_on_bounds(trace));
    notes
}
