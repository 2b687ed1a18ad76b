//! A row per cell: where no list is an axis.

use super::axes::List;
use super::{Context, POSSIBLE, sentence};
use crate::result::tables::Row;
use crate::show::figure::{Along, Aspect, Axis, Dash, Figure, Ink, Layer, Mark, Panel, Shape, Style};

/// Most rows of one figure.
const MOST_ROWS: usize = 48;

/// Half the height of the pale area of a row, in rows.
const HALF_BAND: f64 = 0.3;

const FAINT: Style = Style::new(Ink::Faint);

/// Most figures.
const MOST_FIGURES: usize = 8;

/// The cells in the order of the plan from top to bottom, as many to a figure as are easily read.
pub(super) fn figures(result: &Context<'_>, rows: &[&Row]) -> Vec<Figure> {
    let range = result.range(rows);
    let more = rows.len().saturating_sub(MOST_ROWS * MOST_FIGURES);
    let shown = rows.chunks(MOST_ROWS).take(MOST_FIGURES);
    let mut figures: Vec<Figure> = shown.map(|rows| figure(result, rows, range)).collect();
    if let Some(last) = figures.last_mut().filter(|_| more > 0) {
        last.notes.push(format!("Without figures: {more} further cells; the table has all."));
    }
    figures
}

fn figure(result: &Context<'_>, rows: &[&Row], range: (f64, f64)) -> Figure {
    let last = rows.len() - 1;
    let name = |row: &Row| {
        let cell = result.plan.cells.get(row.cell);
        let words = |list: &List| cell.map_or_else(|| list.in_words(list.at(row.cell)), |cell| list.of_cell(cell));
        let words: Vec<String> = result.lists.iter().map(words).collect();
        if words.is_empty() { "all runs".to_string() } else { words.join(", ") }
    };
    let ticks = rows.iter().enumerate().map(|(i, row)| ((last - i) as f64, name(row))).collect();
    let y = Axis::new("").ticks(ticks);
    let x = Axis::new(result.quantity()).range(range.0, range.1);
    let mut panel = Panel::new(x, y).aspect(Aspect::Rows);
    let places = || rows.iter().enumerate().map(|(i, row)| ((last - i) as f64, *row));
    let mut figure = result.figure(rows);
    let (quantity, intervals) = (sentence(&result.quantity()), result.intervals());
    figure.caption = format!("{quantity} in each cell. Bars: {intervals}.{}", result.published_words(rows));

    let possible = places().filter_map(|(y, row)| Some((row.probability?, result.possible(row)?, y)));
    for (i, (from, to, y)) in possible.enumerate() {
        let (low, high) = (y - HALF_BAND, y + HALF_BAND);
        let label = if i == 0 { POSSIBLE.to_string() } else { String::new() };
        panel.layers.push(Layer::Band { points: vec![(from, low, high), (to, low, high)], style: FAINT, label });
    }

    if let Some(source) = result.source(rows) {
        let mark = |(y, row): (f64, &Row)| {
            let interval = result.published_interval(row.published?)?;
            Some(Mark::new(row.published?, y).between(interval.low, interval.high))
        };
        let points = places().filter_map(mark).collect();
        let (style, label) = (Style::new(Ink::Text), source);
        panel.layers.push(Layer::Marks { points, along: Along::X, shape: Shape::Circle, style, label });
    }
    for name in result.success_names(rows) {
        let points = places().filter_map(|(y, row)| Some(Mark::new(result.theory(row, name)?, y))).collect();
        let (style, label) = (Style::series(1), format!("{} (theory)", name.replace('_', " ")));
        panel.layers.push(Layer::Marks { points, along: Along::X, shape: Shape::Diamond, style, label });
    }
    let ours = |has_success: bool| {
        places()
            .filter(move |(_, row)| row.probability.is_some_and(|p| (p > 0.0) == has_success))
            .map(|(y, row)| {
                let at = if has_success { row.probability.unwrap_or(f64::NAN) } else { row.interval.high };
                Mark::new(at, y).between(row.interval.low, row.interval.high)
            })
            .collect::<Vec<_>>()
    };
    let label = format!("estimate with {} interval", result.percent());
    let style = Style::series(0);
    panel.layers.push(Layer::Marks { points: ours(true), along: Along::X, shape: Shape::Dot, style, label });
    panel.layers.extend(result.limits(ours(false), Along::X, style));
    let missing: Vec<f64> = places().filter(|(_, row)| row.probability.is_none()).map(|(y, _)| y).collect();
    let style = Style::new(Ink::Faint).dash(Dash::Dotted).width(1.0);
    for (i, at) in missing.into_iter().enumerate() {
        let label = if i == 0 { "no runs yet".to_string() } else { String::new() };
        panel.layers.push(Layer::Rule { upright: false, at, style, label });
    }
    figure.panels.push(panel);
    figure
}
