//! Curves over one axis, a curve for each value of another list.

mod overlap;

use super::{Context, POSSIBLE, sentence};
use crate::result::tables::Row;
use crate::show::figure::{Along, Axis, Dash, Figure, Ink, Layer, Mark, Panel, Shape, Style};
use overlap::{Curve, Piece, Shift};

/// Curves of rows over the list `x`, one for each value of the list `curves`; `None` without rows.
pub(super) fn figure(result: &Context<'_>, rows: &[&Row], x: usize, curves: Option<usize>) -> Option<Figure> {
    let axis = &result.lists[x];
    let (low, high) = result.range(rows);
    let y = Axis::new(result.quantity()).range(low, high);
    let mut along = axis.axis(false);
    // Critical values may lie far from the runs.
    along.range = axis.ascending().first().copied().zip(axis.ascending().last().copied());
    let mut panel = Panel::new(along, y);
    let mut figure = result.figure(rows);
    let list = curves.map(|i| &result.lists[i]);
    let series: Vec<(String, Vec<&Row>)> = match list {
        None => vec![(String::new(), rows.to_vec())],
        Some(list) => {
            let of = |at: usize| rows.iter().copied().filter(|row| list.at(row.cell) == at).collect();
            list.order().into_iter().map(|at| (list.in_symbols(at), of(at))).collect()
        }
    };
    let alone = series.len() == 1;
    let drawn = series.iter().map(|(name, rows)| Curve::new(result, rows, x, name)).collect::<Vec<_>>();
    let shift = Shift::new(&axis.ascending(), axis.scale(), drawn.len());
    for (i, curve) in drawn.iter().enumerate() {
        let places = overlap::side_by_side(&drawn, i, shift, high - low);
        panel.layers.extend(if alone {
            areas(curve, i, result)
        } else {
            columns(curve, i, &places, shift, result).into_iter().collect()
        });
        panel.layers.extend(if alone { Vec::new() } else { theory(&drawn, i, result, rows, high - low) });
        panel.layers.extend(published(curve, i, alone, result));
        panel.layers.extend(estimates(&drawn, i, &places, high - low, result));
    }
    if alone {
        // Over the curve: dashes on a line show both.
        panel.layers.extend(drawn.first().map_or_else(Vec::new, |curve| only_theory(curve, result, rows)));
    }
    panel.layers.extend(boundary(result, rows, x, &series, (low, high)));
    if !alone {
        panel.layers.extend(keys(result, rows));
    }
    let each =
        list.filter(|_| !alone).map_or(String::new(), |list| format!(", a curve for each value of {}", list.label));
    let bars = if alone { "Band and bars" } else { "Bars" };
    figure.caption = format!(
        "{} over {}{each}. {bars}: {}.{}",
        sentence(&result.quantity()),
        axis.label,
        result.intervals(),
        result.published_words(rows)
    );
    if overlap::any(&drawn, high - low) {
        figure.caption.push_str(" Where curves coincide, their marks stand side by side and their lines are broken.");
    }
    figure.panels.push(panel);
    Some(figure).filter(|_| !rows.is_empty())
}

/// Look of a curve.
fn look(index: usize) -> Style {
    Style::series(index)
}

/// Pale areas of the only curve: what is possible, and its intervals.
fn areas(curve: &Curve<'_>, index: usize, result: &Context<'_>) -> Vec<Layer> {
    let nan = f64::NAN;
    let mut layers = Vec::new();
    if curve.rows.iter().any(|row| result.possible(row).is_some()) {
        let point = |row: &&Row| {
            let probability = row.probability.unwrap_or(nan);
            (curve.place(row), probability, result.possible(row).unwrap_or(probability))
        };
        let points: Vec<(f64, f64, f64)> = curve.rows.iter().map(point).collect();
        let style = Style::new(Ink::Faint);
        // The upper edge shows it where it is no wider than a line.
        let edge = points.iter().map(|p| (p.0, p.2)).collect();
        layers.push(Layer::Band { points, style, label: POSSIBLE.into() });
        layers.push(Layer::Line { points: edge, style: style.dash(Dash::Dotted).width(1.0), label: POSSIBLE.into() });
    }
    let band = |row: &&Row| {
        let interval = row.probability.map(|_| row.interval);
        (curve.place(row), interval.map_or(nan, |i| i.low), interval.map_or(nan, |i| i.high))
    };
    let points = curve.rows.iter().map(band).collect();
    layers.push(Layer::Band { points, style: look(index), label: own_label(result) });
    layers
}

/// What is possible at each point of one of several curves: pale columns, for areas would run into each other.
fn columns(curve: &Curve<'_>, index: usize, places: &[f64], shift: Shift, result: &Context<'_>) -> Option<Layer> {
    let column = |(row, place): (&&Row, &f64)| {
        let (low, high) = (row.probability?, result.possible(row)?);
        let [left, right] = [-0.4, 0.4].map(|steps| shift.by(*place, steps));
        Some([(left, low, high), (right, low, high), (f64::NAN, f64::NAN, f64::NAN)])
    };
    let points: Vec<(f64, f64, f64)> = curve.rows.iter().zip(places).filter_map(column).flatten().collect();
    (!points.is_empty()).then(|| Layer::Band { points, style: look(index), label: String::new() })
}

/// Name of the only curve in the legend.
fn own_label(result: &Context<'_>) -> String {
    format!("estimate with {} interval", result.percent())
}

/// Pattern of a prediction's lines.
fn theory_style(ink: Ink, prediction: usize) -> Style {
    Style::new(ink).dash(if prediction == 0 { Dash::Dashed } else { Dash::Dotted }).width(1.1)
}

/// Predictions beside the only curve; a cell without a value breaks the line.
fn only_theory(curve: &Curve<'_>, result: &Context<'_>, rows: &[&Row]) -> Vec<Layer> {
    let line = |(i, name): (usize, &'static str)| {
        let points = curve.rows.iter().map(|row| (curve.place(row), result.theory(row, name).unwrap_or(f64::NAN)));
        Layer::Line { points: points.collect(), style: theory_style(Ink::Text, i), label: theory_label(name) }
    };
    result.success_names(rows).into_iter().enumerate().map(line).collect()
}

/// Predictions of one curve in its colour; what it has in common with others is drawn once, as text is.
fn theory(curves: &[Curve<'_>], index: usize, result: &Context<'_>, rows: &[&Row], height: f64) -> Vec<Layer> {
    let mut layers = Vec::new();
    for (i, name) in result.success_names(rows).into_iter().enumerate() {
        let value = |row: &Row| result.theory(row, name).unwrap_or(f64::NAN);
        let (own, first) = (|p: Piece| p.before + p.after == 0, |p: Piece| p.before == 0 && p.after > 0);
        let parts = overlap::parts(curves, index, &value, height, (&own, &first));
        for (points, ink) in [(parts.own, look(index).ink), (parts.shared, Ink::Text)] {
            if !points.is_empty() {
                layers.push(Layer::Line { points, style: theory_style(ink, i), label: String::new() });
            }
        }
    }
    layers
}

/// Published figures of a curve with their intervals.
fn published(curve: &Curve<'_>, index: usize, alone: bool, result: &Context<'_>) -> Option<Layer> {
    let source = result.source(&curve.rows)?;
    let mark = |row: &&Row| {
        let interval = result.published_interval(row.published?)?;
        Some(Mark::new(curve.place(row), row.published?).between(interval.low, interval.high))
    };
    let points = curve.rows.iter().filter_map(mark).collect();
    let (ink, label) = if alone { (Ink::Text, source) } else { (look(index).ink, String::new()) };
    Some(Layer::Marks { points, along: Along::Y, shape: Shape::Circle, style: Style::new(ink), label })
}

/// A curve's line and marks; marks at `places`.
fn estimates(curves: &[Curve<'_>], index: usize, places: &[f64], height: f64, result: &Context<'_>) -> Vec<Layer> {
    let curve = &curves[index];
    let alone = curves.len() == 1;
    let style = look(index);
    let label = if alone { own_label(result) } else { curve.name.to_string() };
    // A cell without a success has no estimate on the line: it shows a limit.
    let on_line = |row: &Row| row.probability.filter(|p| *p > 0.0).unwrap_or(f64::NAN);
    // The first of lines that coincide is whole, and those over it leave gaps.
    let over = |dash: Dash, wanted: &dyn Fn(Piece) -> bool| {
        let parts = overlap::parts(curves, index, &on_line, height, (&|p| p.before == 0, wanted));
        (parts.own, Layer::Line { points: parts.shared, style: style.width(1.2).dash(dash), label: String::new() })
    };
    let (points, second) = over(Dash::Dashed, &|p| p.before == 1);
    let (_, third) = over(Dash::Dotted, &|p| p.before > 1);
    let mut layers = vec![Layer::Line { points, style: style.width(1.2), label: label.clone() }];
    let has_points = |layer: &Layer| matches!(layer, Layer::Line { points, .. } if !points.is_empty());
    layers.extend([second, third].into_iter().filter(has_points));
    let rows = || curve.rows.iter().zip(places);
    let mark = |(row, place): (&&Row, &f64)| {
        let at = row.probability.filter(|p| *p > 0.0)?;
        Some(Mark::new(*place, at).between(row.interval.low, row.interval.high))
    };
    let (along, shape) = (Along::Y, Shape::series(index));
    layers.push(Layer::Marks { points: rows().filter_map(mark).collect(), along, shape, style, label });
    let limit = |(row, place): (&&Row, &f64)| {
        let is_zero = row.probability == Some(0.0);
        is_zero.then(|| Mark::new(*place, row.interval.high).between(0.0, row.interval.high))
    };
    let limits: Vec<Mark> = rows().filter_map(limit).collect();
    let named = result.limits(limits, Along::Y, style);
    layers.extend(named.into_iter().map(|layer| if alone { layer } else { unnamed(layer) }));
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
        let style = theory_style(Ink::Text, i);
        Layer::Line { points: Vec::new(), style, label: theory_label(name) }
    });
    let mut layers: Vec<Layer> = theory.collect();
    if rows.iter().any(|row| result.possible(row).is_some()) {
        layers.push(Layer::Band { points: Vec::new(), style: Style::default(), label: POSSIBLE.into() });
    }
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
        // Those beyond the axis are not drawn, nor named.
        let axis = result.lists[x].ascending();
        let ends = axis.first().copied().zip(axis.last().copied()).unwrap_or((f64::NAN, f64::NAN));
        let on_axis = |at: &f64| (ends.0..=ends.1).contains(at);
        let found = series.iter().map(|(_, rows)| result.boundary(rows, name).filter(on_axis));
        let found: Vec<Option<f64>> = found.collect();
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
