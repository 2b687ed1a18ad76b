//! Maps over two axes: the probability with its contours or its values, and the differences from published figures.

use super::axes::List;
use super::{Context, sentence};
use crate::result::tables::Row;
use crate::show::figure::{Along, Axis, Colors, Dash, Figure, Layer, Map, Mark, Panel, Shape, Style, ticks};

/// Levels of which contours are drawn where they say something.
const LEVELS: [f64; 6] = [0.1, 0.25, 0.5, 0.75, 0.9, 0.99];

/// Fewest values along each axis between which contours are drawn: between fewer they would be invented.
const FEWEST_FOR_CONTOURS: usize = 8;

/// Most values along each axis whose cells are of one size, with the value in each.
const MOST_TOLD: usize = 10;

/// Most cells without a success that are marked each.
const MOST_LIMITS: usize = 60;

/// How the two axes of a map are drawn.
struct Sides<'a> {
    x: Side<'a>,
    y: Side<'a>,
}

/// One of them.
struct Side<'a> {
    list: &'a List,
    /// Whether cells are of one size, not to scale.
    is_even: bool,
}

impl<'a> Sides<'a> {
    fn new(x: &'a List, y: &'a List) -> Self {
        let is_small = x.len().min(y.len()) < FEWEST_FOR_CONTOURS;
        let is_even = is_small && x.len().max(y.len()) <= MOST_TOLD;
        Sides { x: Side { list: x, is_even }, y: Side { list: y, is_even } }
    }

    /// Whether the value is written in each cell.
    fn tells(&self) -> bool {
        self.x.is_even
    }

    /// Whether there are enough values for contours.
    fn is_fine(&self) -> bool {
        self.x.list.len().min(self.y.list.len()) >= FEWEST_FOR_CONTOURS
    }
}

impl Side<'_> {
    fn axis(&self) -> Axis {
        if !self.is_even {
            return self.list.axis(true);
        }
        let ticks = self.list.ascending().into_iter().enumerate();
        let ticks = ticks.map(|(i, value)| (i as f64, ticks::number(value, 6))).collect();
        Axis::new(&self.list.label).ticks(ticks)
    }

    fn edges(&self) -> Vec<f64> {
        if self.is_even { (0..=self.list.len()).map(|i| i as f64 - 0.5).collect() } else { self.list.edges() }
    }

    /// Where a value lies on the axis: between its neighbours in proportion, NaN beyond the outermost cells.
    fn place(&self, value: f64) -> f64 {
        if !self.is_even {
            return value;
        }
        let values = self.list.ascending();
        let Some(last) = values.len().checked_sub(2) else { return f64::NAN };
        let i = values.partition_point(|other| *other <= value).saturating_sub(1).min(last);
        let place = i as f64 + (value - values[i]) / (values[i + 1] - values[i]);
        if (-0.5..=last as f64 + 1.5).contains(&place) { place } else { f64::NAN }
    }
}

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

/// A probability in two digits; `<0.01` and `>0.99` for what is near 0 and 1 without being it.
fn two_digits(p: f64) -> String {
    match format!("{p:.2}").as_str() {
        _ if p == 0.0 || p == 1.0 => format!("{p:.0}"),
        "0.00" => "<0.01".into(),
        "1.00" => ">0.99".into(),
        text => text.into(),
    }
}

/// What is written in the cell of a row: its estimate, and up to where it may go if runs are undecided or slow.
fn value_text(result: &Context<'_>, row: &Row) -> String {
    let Some(p) = row.probability else { return String::new() };
    match result.possible(row) {
        None => two_digits(p),
        Some(most) => format!("{}–\n{}", two_digits(p), two_digits(most)),
    }
}

/// The probability over the lists `x` and `y`.
pub(super) fn figure(result: &Context<'_>, rows: &[&Row], x: usize, y: usize) -> Option<Figure> {
    let (xs, ys) = (&result.lists[x], &result.lists[y]);
    let sides = Sides::new(xs, ys);
    let grid = grid(result, rows, x, y);
    let value = |row: &Option<&Row>| row.and_then(|row| row.probability).unwrap_or(f64::NAN);
    let values: Vec<f64> = grid.iter().map(value).collect();
    let text = |row: &Option<&Row>| row.map_or(String::new(), |row| value_text(result, row));
    let texts: Vec<String> = if sides.tells() { grid.iter().map(text).collect() } else { Vec::new() };
    let (low, high) = result.range(rows);
    let mut colors = Colors::new(low, high, result.quantity());
    colors.missing = "no runs yet".into();
    let mut panel = Panel::new(sides.x.axis(), sides.y.axis());
    let (x_edges, y_edges) = (sides.x.edges(), sides.y.edges());
    panel.layers.push(Layer::Heat { x_edges, y_edges, values: values.clone(), texts, colors });
    let mut figure = result.figure(rows);
    figure.caption = format!("{} over {} and {}.", sentence(&result.quantity()), xs.label, ys.label);
    panel.layers.extend(boundaries(result, rows, (x, y), &sides));
    let levels = if sides.is_fine() { levels(rows) } else { Vec::new() };
    if !levels.is_empty() {
        figure.caption.push_str(&format!(
            " Contours are drawn at levels that a twentieth of the cells or more lie below and as many above, by \
             their {}.",
            result.intervals()
        ));
        let (style, label) = (Style::default().width(1.0), "contours of the estimate".to_string());
        panel.layers.push(Layer::Contour { xs: xs.ascending(), ys: ys.ascending(), values, levels, style, label });
    }
    if sides.tells() {
        figure.caption.push_str(" The number in a cell is the estimate; cells are of one size, not to scale.");
    }
    let open: Vec<f64> = rows.iter().filter_map(|row| Some(result.possible(row)? - row.probability?)).collect();
    if let Some(most) = open.iter().copied().reduce(f64::max) {
        let cells = count(open.len());
        figure.caption.push_str(&if sides.tells() {
            " Where runs are undecided or slow, a second number says what it would be if they were successes."
                .to_string()
        } else {
            let share = two_digits(most);
            format!(
                " In {cells} runs are undecided or slow, up to {share} of a cell's: there the estimate is a lower end."
            )
        });
    }
    let zero: Vec<&&Row> = rows.iter().filter(|row| row.probability == Some(0.0)).collect();
    if !zero.is_empty() && zero.len() <= MOST_LIMITS && !sides.tells() {
        let points = zero.iter().map(|row| Mark::new(xs.number(row.cell), ys.number(row.cell))).collect();
        let (shape, style, label) = (Shape::Limit, Style::default(), "no success in any run".to_string());
        panel.layers.push(Layer::Marks { points, along: Along::Y, shape, style, label });
    }
    if let Some(most) = zero.iter().map(|row| row.interval.high).reduce(f64::max) {
        let (cells, end, intervals) = (count(zero.len()), ticks::number(most, 2), result.intervals());
        figure.notes.push(format!("No success in {cells}: the {intervals} there reach up to {end} at most."));
    }
    figure.panels.push(panel);
    Some(figure)
}

/// A number of cells in words.
fn count(cells: usize) -> String {
    if cells == 1 { "1 cell".to_string() } else { format!("{cells} cells") }
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

/// Critical values of one axis along the other; a value of the other without one breaks the line.
fn boundaries(result: &Context<'_>, rows: &[&Row], (x, y): (usize, usize), sides: &Sides<'_>) -> Vec<Layer> {
    let mut layers = Vec::new();
    for (critical, along) in [(x, y), (y, x)] {
        let list = &result.lists[along];
        for name in result.boundary_names(rows, critical) {
            let point = |at: usize| {
                let rows: Vec<&Row> = rows.iter().copied().filter(|row| list.at(row.cell) == at).collect();
                let (value, place) = (result.boundary(&rows, name)?, list.number(rows.first()?.cell));
                let (across, up) = if critical == x { (value, place) } else { (place, value) };
                Some((sides.x.place(across), sides.y.place(up)))
            };
            let points: Vec<(f64, f64)> =
                list.order().into_iter().map(|at| point(at).unwrap_or((f64::NAN, f64::NAN))).collect();
            if points.iter().any(|p| p.0.is_finite() && p.1.is_finite()) {
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
    let sides = Sides::new(xs, ys);
    let value = |row: &Option<&Row>| row.and_then(|row| row.difference).unwrap_or(f64::NAN);
    let values: Vec<f64> = grid(result, rows, x, y).iter().map(value).collect();
    let largest = values.iter().filter(|v| v.is_finite()).fold(0.0f64, |m, v| m.max(v.abs()));
    let end = largest.ceil().max(3.0);
    let mut colors = Colors::new(-end, end, "(estimate − published)/σ");
    (colors.map, colors.missing) = (Map::Difference, "nothing to compare".into());
    let (x_edges, y_edges) = (sides.x.edges(), sides.y.edges());
    let panel = Panel::new(sides.x.axis(), sides.y.axis());
    let text = |z: &f64| if z.is_nan() { String::new() } else { format!("{z:+.1}").replace('-', "−") };
    let texts = if sides.tells() { values.iter().map(text).collect() } else { Vec::new() };
    let heat = Layer::Heat { x_edges, y_edges, values, texts, colors };
    let mut figure = result.figure(rows).with(panel.with(heat));
    figure.title = format!("{}: differences from published figures", figure.title);
    figure.caption = format!(
        "Differences from published figures ({source}) over {} and {}, in standard errors σ, which hold the sampling \
         errors of both and the published rounding.",
        xs.label, ys.label
    );
    if sides.tells() {
        figure.caption.push_str(" Cells are of one size, not to scale.");
    }
    Some(figure)
}
