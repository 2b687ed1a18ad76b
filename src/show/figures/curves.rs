//! Curves over one axis, a curve for each value of another list.

use super::Context;
use crate::result::tables::Row;
use crate::show::figure::{Along, Dash, Figure, Ink, Layer, Mark, Panel, Shape, Style};

/// Curves of rows over the list `x`, one for each value of the list `curves`; `None` without rows.
pub(super) fn figure(result: &Context<'_>, rows: &[&Row], x: usize, curves: Option<usize>) -> Option<Figure> {
    let axis = &result.lists[x];
    let (low, high) = result.range(rows);
    let y = crate::show::figure::Axis::new(result.quantity()).range(low, high);
    let mut along = axis.axis(false);
    // Critical values may lie far from the runs.
    along.range = axis.ascending().first().copied().zip(axis.ascending().last().copied());
    let mut panel = Panel::new(along, y);
    let mut figure = result.figure(rows);
    let series: Vec<(String, Vec<&Row>)> = match curves.map(|i| &result.lists[i]) {
        None => vec![(String::new(), rows.to_vec())],
        Some(list) => {
            let of = |at: usize| rows.iter().copied().filter(|row| list.at(row.cell) == at).collect();
            list.order().into_iter().map(|at| (list.in_symbols(at), of(at))).collect()
        }
    };
    let alone = series.len() == 1;
    for (i, (name, rows)) in series.iter().enumerate() {
        let mut rows = rows.clone();
        rows.sort_by(|a, b| axis.number(a.cell).total_cmp(&axis.number(b.cell)));
        panel.layers.extend(one(result, &rows, x, if alone { None } else { Some((i, name)) }));
    }
    panel.layers.extend(boundary(result, rows, x, &series, (low, high)));
    if !alone {
        panel.layers.extend(keys(result, rows));
        figure.notes.push(format!("Bars: {} Wilson intervals.", result.percent()));
    }
    figure.panels.push(panel);
    Some(figure).filter(|_| !rows.is_empty())
}

/// Layers of one curve: the only one, or one of several with its index and name.
fn one(result: &Context<'_>, rows: &[&Row], x: usize, several: Option<(usize, &String)>) -> Vec<Layer> {
    let axis = &result.lists[x];
    let place = |row: &Row| axis.number(row.cell);
    let (index, name) = several.map_or((0, None), |(i, name)| (i, Some(name.clone())));
    let style = Style::series(index);
    let label = name.clone().unwrap_or_else(|| format!("estimate with {} interval", result.percent()));
    let mut layers = Vec::new();

    if several.is_none() {
        let band = |row: &&Row| {
            let interval = row.probability.map(|_| row.interval);
            (place(row), interval.map_or(f64::NAN, |i| i.low), interval.map_or(f64::NAN, |i| i.high))
        };
        let points = rows.iter().map(band).collect();
        layers.push(Layer::Band { points, style, label: label.clone() });
    }
    for (i, prediction) in result.success_names(rows).into_iter().enumerate() {
        let points = rows.iter().map(|row| (place(row), result.theory(row, prediction).unwrap_or(f64::NAN))).collect();
        let ink = if several.is_some() { style.ink } else { Ink::Text };
        let dash = if i == 0 { Dash::Dashed } else { Dash::Dotted };
        let label = if several.is_some() { String::new() } else { theory_label(prediction) };
        layers.push(Layer::Line { points, style: Style::new(ink).dash(dash).width(1.1), label });
    }
    if let Some(source) = result.source(rows) {
        let mark = |row: &&Row| {
            let interval = result.published_interval(row.published?)?;
            Some(Mark::new(place(row), row.published?).between(interval.low, interval.high))
        };
        let points = rows.iter().filter_map(mark).collect();
        let (ink, label) = if several.is_some() { (style.ink, String::new()) } else { (Ink::Text, source) };
        let style = Style::new(ink);
        layers.push(Layer::Marks { points, along: Along::Y, shape: Shape::Circle, style, label });
    }
    // A cell without a success has no estimate on the line: it shows a limit.
    let on_line = |row: &Row| row.probability.filter(|p| *p > 0.0).unwrap_or(f64::NAN);
    let points = rows.iter().map(|row| (place(row), on_line(row))).collect();
    layers.push(Layer::Line { points, style: style.width(1.2), label: label.clone() });
    let mark = |row: &&Row| {
        let at = row.probability.filter(|p| *p > 0.0)?;
        Some(Mark::new(place(row), at).between(row.interval.low, row.interval.high))
    };
    let points = rows.iter().filter_map(mark).collect();
    layers.push(Layer::Marks { points, along: Along::Y, shape: Shape::series(index), style, label });
    let limit = |row: &&Row| {
        let is_zero = row.probability == Some(0.0);
        is_zero.then(|| Mark::new(place(row), row.interval.high).between(0.0, row.interval.high))
    };
    let limits: Vec<Mark> = rows.iter().filter_map(limit).collect();
    let named = result.limits(limits, Along::Y, style);
    layers.extend(named.into_iter().map(|layer| if several.is_none() { layer } else { unnamed(layer) }));
    layers
}

/// The same marks without an entry in the legend.
fn unnamed(layer: Layer) -> Layer {
    match layer {
        Layer::Marks { points, along, shape, style, .. } => {
            Layer::Marks { points, along, shape, style, label: String::new() }
        }
        layer => layer,
    }
}

fn theory_label(name: &str) -> String {
    format!("{} (theory)", name.replace('_', " "))
}

/// Entries of the legend that stand for all curves.
fn keys(result: &Context<'_>, rows: &[&Row]) -> Vec<Layer> {
    let theory = result.success_names(rows).into_iter().enumerate().map(|(i, name)| {
        let dash = if i == 0 { Dash::Dashed } else { Dash::Dotted };
        let style = Style::default().dash(dash).width(1.1);
        Layer::Line { points: Vec::new(), style, label: theory_label(name) }
    });
    let mut layers: Vec<Layer> = theory.collect();
    if rows.iter().any(|row| row.probability == Some(0.0)) {
        layers.push(result.limit_marks(Vec::new(), Along::Y, Style::default()));
    }
    if let Some(label) = result.source(rows) {
        let style = Style::default();
        layers.push(Layer::Marks { points: Vec::new(), along: Along::Y, shape: Shape::Circle, style, label });
    }
    layers
}

/// Critical values of the axis: one rule, or a stroke at the foot of the panel for each curve in its colour.
fn boundary(
    result: &Context<'_>,
    rows: &[&Row],
    x: usize,
    series: &[(String, Vec<&Row>)],
    (low, high): (f64, f64),
) -> Vec<Layer> {
    let mut layers = Vec::new();
    for name in result.boundary_names(rows, x) {
        let label = theory_label(name);
        let found: Vec<Option<f64>> = series.iter().map(|(_, rows)| result.boundary(rows, name)).collect();
        let first = found.iter().flatten().next().copied();
        // One rule where all curves have the same.
        if let Some(at) = first.filter(|at| found.iter().all(|other| *other == Some(*at))) {
            let style = Style::new(Ink::Faint).dash(Dash::Dotted);
            layers.push(Layer::Rule { upright: true, at, style, label });
            continue;
        }
        for (i, at) in found.iter().enumerate() {
            let (style, top) = (Style::new(Ink::Series(i)).width(3.0), low + 0.05 * (high - low));
            let points = |at: f64| vec![(at, low - 0.03 * (high - low)), (at, top)];
            layers.extend(at.map(|at| Layer::Line { points: points(at), style, label: String::new() }));
        }
        if first.is_some() {
            let style = Style::default().width(3.0);
            layers.push(Layer::Line { points: Vec::new(), style, label: format!("{label}, on the axis") });
        }
    }
    layers
}
