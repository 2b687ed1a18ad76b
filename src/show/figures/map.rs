//! Maps over two axes: the probability with its contours, and the differences from published figures.

use super::Context;
use crate::result::tables::Row;
use crate::show::figure::{Along, Colors, Dash, Figure, Layer, Map, Mark, Panel, Shape, Style, ticks};

/// Levels of which contours are drawn where they say something.
const LEVELS: [f64; 6] = [0.1, 0.25, 0.5, 0.75, 0.9, 0.99];

/// Most cells without a success that are marked each.
const MOST_LIMITS: usize = 60;

/// Cells of rows in the order of a map: row by row from the lowest y.
fn grid<'a>(result: &Context<'_>, rows: &[&'a Row], x: usize, y: usize) -> Vec<Option<&'a Row>> {
    let (xs, ys) = (&result.lists[x], &result.lists[y]);
    let (across, up) = (xs.order(), ys.order());
    let mut grid = vec![None; across.len() * up.len()];
    let rank = |order: &[usize], at: usize| order.iter().position(|i| *i == at).unwrap_or(0);
    for row in rows {
        let (column, line) = (rank(&across, xs.at(row.cell)), rank(&up, ys.at(row.cell)));
        grid[line * across.len() + column] = Some(*row);
    }
    grid
}

/// The probability over the lists `x` and `y`.
pub(super) fn figure(result: &Context<'_>, rows: &[&Row], x: usize, y: usize) -> Option<Figure> {
    let (xs, ys) = (&result.lists[x], &result.lists[y]);
    let grid = grid(result, rows, x, y);
    let value = |row: &Option<&Row>| row.and_then(|row| row.probability).unwrap_or(f64::NAN);
    let values: Vec<f64> = grid.iter().map(value).collect();
    let (low, high) = result.range(rows);
    let mut colors = Colors::new(low, high, result.quantity());
    colors.missing = "no runs yet".into();
    let mut panel = Panel::new(xs.axis(true), ys.axis(true));
    let (x_edges, y_edges) = (xs.edges(), ys.edges());
    panel.layers.push(Layer::Heat { x_edges, y_edges, values: values.clone(), colors });
    panel.layers.extend(boundaries(result, rows, x, y));
    let levels = levels(rows);
    if !levels.is_empty() {
        let (style, label) = (Style::default().width(1.0), "contours of the estimate".to_string());
        panel.layers.push(Layer::Contour { xs: xs.ascending(), ys: ys.ascending(), values, levels, style, label });
    }
    let mut figure = result.figure(rows);
    let zero: Vec<&&Row> = rows.iter().filter(|row| row.probability == Some(0.0)).collect();
    if !zero.is_empty() && zero.len() <= MOST_LIMITS {
        let points = zero.iter().map(|row| Mark::new(xs.number(row.cell), ys.number(row.cell))).collect();
        let (shape, style, label) = (Shape::Limit, Style::default(), "no success in any run".to_string());
        panel.layers.push(Layer::Marks { points, along: Along::Y, shape, style, label });
    }
    if let Some(most) = zero.iter().map(|row| row.interval.high).reduce(f64::max) {
        let cells = if zero.len() == 1 { "1 cell".to_string() } else { format!("{} cells", zero.len()) };
        let end = ticks::number(most, 2);
        let percent = result.percent();
        figure.notes.push(format!("No success in {cells}: the {percent} intervals there reach up to {end} at most."));
    }
    figure.panels.push(panel);
    Some(figure)
}

/// Levels that a twentieth of the cells are surely below and another surely above: any other contour would show noise.
fn levels(rows: &[&Row]) -> Vec<f64> {
    let known = || rows.iter().filter(|row| row.probability.is_some());
    // Of the cells of a plateau some are by chance as sure.
    let enough = (known().count() / 20).max(1);
    let below = |level: f64| known().filter(|row| row.interval.high < level).count() >= enough;
    let above = |level: f64| known().filter(|row| row.interval.low > level).count() >= enough;
    let says = |level: &f64| below(*level) && above(*level);
    LEVELS.into_iter().filter(says).collect()
}

/// Critical values of one axis along the other.
fn boundaries(result: &Context<'_>, rows: &[&Row], x: usize, y: usize) -> Vec<Layer> {
    let mut layers = Vec::new();
    for (critical, along) in [(x, y), (y, x)] {
        let list = &result.lists[along];
        for name in result.boundary_names(rows, critical) {
            let point = |at: usize| {
                let rows: Vec<&Row> = rows.iter().copied().filter(|row| list.at(row.cell) == at).collect();
                let (value, place) = (result.boundary(&rows, name)?, list.number(rows.first()?.cell));
                Some(if critical == x { (value, place) } else { (place, value) })
            };
            let points: Vec<(f64, f64)> =
                list.order().into_iter().map(|at| point(at).unwrap_or((f64::NAN, f64::NAN))).collect();
            if points.iter().any(|p| p.0.is_finite()) {
                let style = Style::series(1).dash(Dash::Dashed).width(2.0);
                layers.push(Layer::Line { points, style, label: format!("{} (theory)", name.replace('_', " ")) });
            }
        }
    }
    layers
}

/// The standardised differences from published figures; `None` where there are none.
pub(super) fn difference(result: &Context<'_>, rows: &[&Row], x: usize, y: usize) -> Option<Figure> {
    let source = result.source(rows)?;
    let (xs, ys) = (&result.lists[x], &result.lists[y]);
    let value = |row: &Option<&Row>| row.and_then(|row| row.difference).unwrap_or(f64::NAN);
    let values: Vec<f64> = grid(result, rows, x, y).iter().map(value).collect();
    let largest = values.iter().filter(|v| v.is_finite()).fold(0.0f64, |m, v| m.max(v.abs()));
    let end = largest.ceil().max(3.0);
    let mut colors = Colors::new(-end, end, "(estimate − published)/σ");
    (colors.map, colors.missing) = (Map::Difference, "nothing to compare".into());
    let (x_edges, y_edges) = (xs.edges(), ys.edges());
    let panel = Panel::new(xs.axis(true), ys.axis(true));
    let mut figure = result.figure(rows).with(panel.with(Layer::Heat { x_edges, y_edges, values, colors }));
    figure.title = format!("{}: differences from published figures", figure.title);
    figure.notes.push(format!("Published: {source}. σ has the sampling errors of both and the published rounding."));
    Some(figure)
}
