//! One panel: its margins, axes, ticks, layers, colour bars and legend.

use super::canvas::{Anchor, Area, Canvas, n};
use super::extent::{Extent, nearest};
use super::layers::{self, Frame};
use super::layout::LINE;
use super::text::{width, wrap};
use super::ticks::Tick;
use super::{Along, Aspect, Axis, Colors, Ink, Layer, Panel, Scale, WIDTH, legend};

/// Size of the texts of axes.
const LABEL: f64 = 12.5;
/// Size of the texts of ticks.
pub(super) const TICK: f64 = 11.0;
/// Length of a tick.
const TICK_LENGTH: f64 = 4.0;
/// Widest text of a tick on the left, as a share of the figure's width.
const WIDEST_LEFT: f64 = 0.36;
/// Width of a colour bar, and its distance from the panel.
const BAR: (f64, f64) = (13.0, 16.0);
/// Highest panel whose axes have the same unit.
const HIGHEST: f64 = 500.0;

/// The paper that a figure is drawn on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Sheet {
    /// Its width.
    pub(super) width: f64,
    /// Its margin left and right.
    pub(super) edge: f64,
}

impl Sheet {
    /// The middle of a text of a half width, moved so that it stays on the paper.
    fn hold(self, x: f64, half: f64) -> f64 {
        x.min(self.width - 1.0 - half).max(1.0 + half)
    }

    /// Height that looks well on this paper where `height` does on one of [`WIDTH`]: a narrow figure is lower, but
    /// not in proportion.
    fn height(self, height: f64) -> f64 {
        if self.width < WIDTH { 0.8 * height } else { height }
    }
}

/// A panel with all that has to be known before it is drawn.
#[derive(Debug)]
pub(super) struct Plan<'a> {
    pub(super) panel: &'a Panel,
    pub(super) sheet: Sheet,
    pub(super) x: Extent,
    pub(super) y: Extent,
    pub(super) height: f64,
    pub(super) entries: Vec<legend::Entry>,
    /// Colour bars with their ticks.
    pub(super) bars: Vec<(&'a Colors, Vec<Tick>)>,
    /// Room that is needed left and right of the area between the axes.
    pub(super) left: f64,
    pub(super) right: f64,
}

/// Width and height of an area in which both axes have the same unit.
pub(super) fn equal(wide: f64, x: f64, y: f64) -> (f64, f64) {
    let height = (wide * y / x).min(HIGHEST);
    ((height * x / y).min(wide).max(80.0), height.max(60.0))
}

/// What a panel needs.
pub(super) fn plan<'a>(panel: &'a Panel, many: bool, sheet: Sheet) -> Plan<'a> {
    let (x, y) = (Extent::new(&panel.x, panel, Along::X), Extent::new(&panel.y, panel, Along::Y));
    let height = match panel.aspect {
        Aspect::Auto if many => sheet.height(210.0),
        Aspect::Auto => sheet.height(320.0),
        Aspect::Height(height) => sheet.height(height.clamp(60.0, 20_000.0)),
        Aspect::Rows => rows_height(&y, &panel.y, sheet),
        // Whatever the width will be, ticks are chosen for about this height.
        Aspect::Equal => equal(0.7 * sheet.width, x.span(), y.span()).1,
    };
    let ticks = left_ticks(&y, &panel.y, height, sheet);
    let widest = ticks.iter().flat_map(|(_, lines)| lines).map(|line| width(line, TICK)).fold(0.0, f64::max);
    let left = label_height(&panel.y, height) + widest + TICK_LENGTH + 4.0;
    let bar = |layer: &'a Layer| match layer {
        Layer::Heat { colors, .. } => {
            let extent = Extent::exact(colors.low, colors.high, colors.scale);
            Some((colors, extent.ticks(&Axis::default(), ((height / 30.0) as usize).clamp(2, 10))))
        }
        _ => None,
    };
    let bars: Vec<(&Colors, Vec<Tick>)> = panel.layers.iter().filter_map(bar).collect();
    let right = bars.iter().map(|(colors, ticks)| bar_width(colors, ticks, height)).sum();
    Plan { panel, sheet, x, y, height, entries: legend::entries(&panel.layers), bars, left, right }
}

/// Height in which the texts of the upright axis have room, a row for each.
fn rows_height(y: &Extent, axis: &Axis, sheet: Sheet) -> f64 {
    let lines = axis.ticks.iter().map(|t| wrap(&t.1, TICK, WIDEST_LEFT * sheet.width).len()).max().unwrap_or(1);
    ((lines as f64 * TICK * LINE + 8.0) * y.span() / nearest(axis)).clamp(60.0, 20_000.0)
}

/// The label of an axis; where equal lengths are equal ratios it says so.
fn label(axis: &Axis) -> String {
    told(&axis.label, axis.scale)
}

/// The name of a quantity with its scale, where that is logarithmic.
fn told(label: &str, scale: Scale) -> String {
    if scale == Scale::Log && !label.is_empty() { format!("{label} (log scale)") } else { label.into() }
}

/// Room for the label of an axis that is `length` long.
fn label_height(axis: &Axis, length: f64) -> f64 {
    let lines = wrap(&label(axis), LABEL, length).len() as f64;
    if lines > 0.0 { lines * LABEL * LINE + 4.0 } else { 0.0 }
}

/// Room for a colour bar with its ticks and label.
fn bar_width(colors: &Colors, ticks: &[Tick], height: f64) -> f64 {
    let widest = ticks.iter().map(|t| width(&t.text, TICK)).fold(0.0, f64::max);
    let label = wrap(&told(&colors.label, colors.scale), LABEL, height).len() as f64 * LABEL * LINE;
    BAR.1 + BAR.0 + 6.0 + widest + 4.0 + label
}

/// Ticks of the upright axis with the lines of their texts, without texts where there is no room.
fn left_ticks(y: &Extent, axis: &Axis, height: f64, sheet: Sheet) -> Vec<(f64, Vec<String>)> {
    let most = ((height / 26.0) as usize).clamp(2, 10);
    let placed = y.placed(height, 0.0);
    let mut ticks: Vec<(f64, Vec<String>)> =
        y.ticks(axis, most).into_iter().map(|t| (t.at, wrap(&t.text, TICK, WIDEST_LEFT * sheet.width))).collect();
    ticks.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut free = f64::INFINITY;
    for (at, lines) in &mut ticks {
        let half = lines.len() as f64 * TICK * LINE / 2.0;
        let middle = beside(placed.place(*at), lines.len(), 0.0, height);
        if middle + half > free {
            lines.clear();
        }
        if !lines.is_empty() {
            free = middle - half + 1.0;
        }
    }
    ticks
}

/// Middle of the lines of a tick's text on the left: at the tick, or nearer to the middle of the panel, so that they do
/// not leave it by more than half a line.
fn beside(place: f64, lines: usize, top: f64, height: f64) -> f64 {
    let slack = (lines as f64 - 1.0).max(0.0) * TICK * LINE / 2.0;
    if 2.0 * slack < height { place.clamp(top + slack, top + height - slack) } else { top + height / 2.0 }
}

/// Ticks of the level axis between two places with the lines of their texts, without texts where there is no room.
fn bottom_ticks(x: &Extent, axis: &Axis, (left, length): (f64, f64), sheet: Sheet) -> Vec<(f64, Vec<String>)> {
    let placed = x.placed(left, left + length);
    let gap = 8.0;
    if axis.ticks.is_empty() {
        let most = |most| {
            let ticks = x.ticks(axis, most);
            let texts = ticks.iter().filter(|t| !t.text.is_empty());
            let ends = texts.map(|t| {
                let half = width(&t.text, TICK) / 2.0;
                (sheet.hold(placed.place(t.at), half), half)
            });
            let ends: Vec<(f64, f64)> = ends.collect();
            let fits = ends.windows(2).all(|w| w[0].0 + w[0].1 + gap <= w[1].0 - w[1].1);
            fits.then_some(ticks)
        };
        let ticks = (1..=10).rev().find_map(most).unwrap_or_default();
        let lines = |text: String| if text.is_empty() { Vec::new() } else { vec![text] };
        return ticks.into_iter().map(|t| (t.at, lines(t.text))).collect();
    }
    let mut ticks = x.ticks(axis, 0);
    ticks.sort_by(|a, b| a.at.total_cmp(&b.at));
    let places: Vec<f64> = ticks.iter().map(|t| placed.place(t.at)).collect();
    let near = places.windows(2).map(|w| w[1] - w[0]).fold(length, f64::min);
    // Long texts, of named values, are broken into lines as wide as a step.
    let room = if near >= 50.0 { near - gap } else { f64::INFINITY };
    let mut free = f64::NEG_INFINITY;
    let lines = |(tick, place): (Tick, f64)| {
        // The outermost texts stay on the paper.
        let side = (sheet.width - 4.0 - place).min(place - 4.0);
        let lines = wrap(&tick.text, TICK, room.min(2.0 * side).max(30.0));
        let half = lines.iter().map(|line| width(line, TICK)).fold(0.0, f64::max) / 2.0;
        if place - half < free {
            return (tick.at, Vec::new());
        }
        free = place + half + gap.min(5.0);
        (tick.at, lines)
    };
    ticks.into_iter().zip(places).map(lines).collect()
}

/// Draws a panel with all that belongs to it; where the next may begin.
pub(super) fn draw_panel(
    canvas: &mut Canvas,
    plan: &Plan<'_>,
    index: usize,
    area: Area,
    beside: bool,
    problems: &mut Vec<String>,
) -> f64 {
    let panel = plan.panel;
    let clip = canvas.id(&format!("clip-{index}"));
    let Area { left, top, width: w, height: h } = area;
    canvas.raw(&format!(
        r#"<clipPath id="{clip}"><rect x="{}" y="{}" width="{}" height="{}"/></clipPath>"#,
        n(left),
        n(top),
        n(w),
        n(h)
    ));
    let filled = panel.layers.iter().any(|layer| matches!(layer, Layer::Heat { .. } | Layer::Image { .. }));
    let mut frame = Frame {
        x: plan.x.placed(left, area.right()),
        y: plan.y.placed(area.bottom(), top),
        area,
        clip: format!(r#" clip-path="url(#{clip})""#),
        taken: Vec::new(),
        late: Vec::new(),
        cell_texts: Vec::new(),
        problems: Vec::new(),
        coloured: filled,
    };
    let y_ticks = left_ticks(&plan.y, &panel.y, h, plan.sheet);
    let x_ticks = bottom_ticks(&plan.x, &panel.x, (left, w), plan.sheet);
    // Small ticks of a logarithmic axis have no line of the grid.
    for (at, _) in y_ticks.iter().filter(|(_, lines)| !filled && !lines.is_empty()) {
        let y = frame.y.place(*at);
        canvas.line((left, y), (area.right(), y), Ink::Grid, 0.7);
    }
    panel.layers.iter().for_each(|layer| layers::paint(canvas, layer, &mut frame));
    for text in std::mem::take(&mut frame.cell_texts) {
        canvas.text_on(text.place, text.size, (&text.ink, &text.ground), &text.line);
    }
    for (place, ink, text) in std::mem::take(&mut frame.late) {
        canvas.text_rimmed(place, Anchor::Middle, TICK, ink, &text);
    }
    if !(plan.x.is_known && plan.y.is_known) {
        canvas.text((left + w / 2.0, top + h / 2.0), Anchor::Middle, LABEL, Ink::Faint, "no data");
    }
    axes(canvas, plan, &frame, (&x_ticks, &y_ticks), filled);
    let mut bottom = below(canvas, &panel.x, &frame, &x_ticks);
    bars(canvas, plan, index, area);
    if beside {
        legend::draw_column(canvas, &plan.entries, area.right() + 16.0, top);
    } else if !plan.entries.is_empty() {
        // A narrow figure needs all of its width.
        let Sheet { width, edge } = plan.sheet;
        let left = if width < WIDTH { edge } else { left };
        let room = width - edge - left;
        legend::draw_rows(canvas, &plan.entries, left, bottom + 6.0, room);
        bottom += 6.0 + legend::rows_height(&plan.entries, room);
    }
    problems.append(&mut frame.problems);
    problems.extend(counted(layers::left_out(&panel.layers, &plan.x, &plan.y)));
    bottom
}

/// The bars of colours beside a panel, with their labels.
fn bars(canvas: &mut Canvas, plan: &Plan<'_>, index: usize, area: Area) {
    let mut right = area.right();
    for (i, (colors, ticks)) in plan.bars.iter().enumerate() {
        let bar = Area { left: right + BAR.1, width: BAR.0, ..area };
        layers::color_bar(canvas, colors, &canvas.id(&format!("bar-{index}-{i}")), bar, ticks);
        right += bar_width(colors, ticks, area.height);
        let lines = wrap(&told(&colors.label, colors.scale), LABEL, area.height);
        for (i, line) in lines.iter().enumerate() {
            let x = right - (lines.len() - i) as f64 * LABEL * LINE + LABEL * LINE / 2.0;
            canvas.text_upwards((x, area.top + area.height / 2.0), LABEL, Ink::Text, line);
        }
    }
}

/// Lines, ticks and texts of both axes.
#[allow(clippy::type_complexity)]
fn axes(
    canvas: &mut Canvas,
    plan: &Plan<'_>,
    frame: &Frame,
    (x_ticks, y_ticks): (&[(f64, Vec<String>)], &[(f64, Vec<String>)]),
    filled: bool,
) {
    let Area { left, top, height, .. } = frame.area;
    let (right, bottom) = (frame.area.right(), frame.area.bottom());
    let line = 0.9;
    canvas.line((left, top), (left, bottom), Ink::Text, line);
    canvas.line((left, bottom), (right, bottom), Ink::Text, line);
    if filled {
        canvas.line((left, top), (right, top), Ink::Text, line);
        canvas.line((right, top), (right, bottom), Ink::Text, line);
    }
    let length = |lines: &[String]| if lines.is_empty() { 0.6 * TICK_LENGTH } else { TICK_LENGTH };
    for (at, lines) in y_ticks {
        let y = frame.y.place(*at);
        canvas.line((left - length(lines), y), (left, y), Ink::Text, line);
        for (i, text) in lines.iter().enumerate() {
            let middle = beside(y, lines.len(), top, height);
            let y = middle + (i as f64 - (lines.len() - 1) as f64 / 2.0) * TICK * LINE;
            canvas.text((left - TICK_LENGTH - 3.0, y), Anchor::End, TICK, Ink::Text, text);
        }
    }
    for (at, lines) in x_ticks {
        let x = frame.x.place(*at);
        canvas.line((x, bottom), (x, bottom + length(lines)), Ink::Text, line);
        for (i, text) in lines.iter().enumerate() {
            // The outermost texts stay on the paper.
            let half = width(text, TICK) / 2.0;
            let x = plan.sheet.hold(x, half);
            let y = bottom + TICK_LENGTH + 3.0 + (i as f64 + 0.5) * TICK * LINE;
            canvas.text((x, y), Anchor::Middle, TICK, Ink::Text, text);
        }
    }
    // At the edge of the paper, so that the labels of all panels are in line.
    for (i, text) in wrap(&label(&plan.panel.y), LABEL, height).iter().enumerate() {
        canvas.text_upwards(
            (plan.sheet.edge + (i as f64 + 0.5) * LABEL * LINE, top + height / 2.0),
            LABEL,
            Ink::Text,
            text,
        );
    }
}

/// The label below the level axis; where what follows may begin.
fn below(canvas: &mut Canvas, axis: &Axis, frame: &Frame, ticks: &[(f64, Vec<String>)]) -> f64 {
    let lines = ticks.iter().map(|(_, lines)| lines.len()).max().unwrap_or(0);
    let mut top = frame.area.bottom() + TICK_LENGTH + 4.0 + lines as f64 * TICK * LINE;
    for text in wrap(&label(axis), LABEL, frame.area.width) {
        let middle = (frame.area.left + frame.area.width / 2.0, top + LABEL * LINE / 2.0);
        canvas.text(middle, Anchor::Middle, LABEL, Ink::Text, &text);
        top += LABEL * LINE;
    }
    top
}

/// Sentences on points that have no place.
fn counted([not_finite, not_positive, outside]: [usize; 3]) -> Vec<String> {
    let points = |count: usize| if count == 1 { "1 point is".to_string() } else { format!("{count} points are") };
    let mut notes = Vec::new();
    if not_finite > 0 {
        notes.push(format!("{} left out: not finite.", points(not_finite)));
    }
    if not_positive > 0 {
        notes.push(format!("{} left out: not positive, on a logarithmic axis.", points(not_positive)));
    }
    if outside > 0 {
        notes.push(format!("{} outside the range shown.", points(outside)));
    }
    notes
}
