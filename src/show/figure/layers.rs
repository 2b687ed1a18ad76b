//! How each layer is drawn.

use super::canvas::{Anchor, Area, Canvas, n, through};
use super::color::{contrast, hex};
use super::extent::Extent;
use super::text::width;
use super::ticks::number;
use super::{Along, Colors, Ink, Layer, Mark, Scale, Shape, Style, contour, raster};
use std::fmt::Write;

/// Filling of a band.
pub(super) const PALE: &str = r#" fill-opacity="0.2""#;
/// Size of text beside marks and on lines.
const SIZE: f64 = 11.0;
/// Smallest size of a text in a rectangle of a heat map.
const SMALLEST: f64 = 9.0;
/// Height of a line of such a text, in sizes.
const CELL_LINE: f64 = 1.2;
/// Radius of a mark.
const RADIUS: f64 = 3.2;

/// A line of text in a cell of a heat map.
#[derive(Clone, Debug)]
pub(super) struct CellText {
    pub(super) place: (f64, f64),
    pub(super) size: f64,
    /// Its colour, and that of the cell.
    pub(super) ink: String,
    pub(super) ground: String,
    pub(super) line: String,
}

/// A panel while it is drawn.
#[derive(Debug)]
pub(super) struct Frame {
    /// Axis along the lower edge.
    pub(super) x: Extent,
    /// Axis along the left edge.
    pub(super) y: Extent,
    /// What lies between the axes.
    pub(super) area: Area,
    /// Attribute that cuts off what leaves the area.
    pub(super) clip: String,
    /// Where there is text already.
    pub(super) taken: Vec<Area>,
    /// Texts in their middle that are painted over all layers.
    pub(super) late: Vec<((f64, f64), Ink, String)>,
    /// Texts in the cells of heat maps, painted over all layers too.
    pub(super) cell_texts: Vec<CellText>,
    /// What could not be drawn, for the notes.
    pub(super) problems: Vec<String>,
    /// Whether there are areas of colour, from which marks stand out by a rim.
    pub(super) coloured: bool,
}

impl Frame {
    /// Whether an area lies on another text.
    fn meets(&self, area: &Area) -> bool {
        self.taken.iter().any(|other| {
            area.left < other.right() + 4.0
                && other.left < area.right() + 4.0
                && area.top < other.bottom() + 2.0
                && other.top < area.bottom() + 2.0
        })
    }

    /// The first of some places for the middle of a line's left end at which a text of a width lies on no other, and
    /// takes it; the first of all if there is none.
    fn take(&mut self, wide: f64, places: &[(f64, f64)]) -> Option<(f64, f64)> {
        let area = |place: &(f64, f64)| Area { left: place.0, top: place.1 - 7.0, width: wide, height: 14.0 };
        let inside = |at: &Area| at.top >= self.area.top && at.bottom() <= self.area.bottom();
        let free = |place: &&(f64, f64)| inside(&area(place)) && !self.meets(&area(place));
        let place = *places.iter().find(free).or(places.first())?;
        self.taken.push(area(&place));
        Some(place)
    }

    fn place(&self, (x, y): (f64, f64)) -> (f64, f64) {
        (self.x.place(x), self.y.place(y))
    }
}

/// Draws a layer.
pub(super) fn paint(canvas: &mut Canvas, layer: &Layer, frame: &mut Frame) {
    match layer {
        Layer::Line { points, style, .. } => {
            let path = through(points.iter().map(|p| frame.place(*p)));
            canvas.stroke(&path, *style, &frame.clip);
        }
        Layer::Band { points, style, .. } => {
            let more = format!("{PALE}{}", frame.clip);
            canvas.fill(&band(points, frame), style.ink, &more);
        }
        Layer::Marks { points, along, shape, style, .. } => {
            points.iter().for_each(|point| one_mark(canvas, point, *along, (*shape, *style), frame));
        }
        Layer::Rule { upright, at, style, .. } => {
            let Area { left, top, .. } = frame.area;
            let (right, bottom) = (frame.area.right(), frame.area.bottom());
            let (x, y) = frame.place((*at, *at));
            if *upright && frame.x.has(*at) {
                canvas.stroke(&through([(x, bottom), (x, top)]), *style, "");
            } else if !*upright && frame.y.has(*at) {
                canvas.stroke(&through([(left, y), (right, y)]), *style, "");
            }
        }
        Layer::Text { x, y, text, style } => {
            if frame.x.has(*x) && frame.y.has(*y) {
                let wide = width(text, SIZE);
                let (x, y) = frame.place((*x, *y));
                let x = x.min(frame.area.right() - wide - 2.0).max(frame.area.left + 2.0);
                let y = y.clamp(frame.area.top + 7.0, frame.area.bottom() - 7.0);
                // Where there is text already, a line lower or higher.
                let places = [0.0, 17.0, -17.0, 34.0, -34.0, 51.0, -51.0].map(|by| (x, y + by));
                if let Some(place) = frame.take(wide, &places) {
                    canvas.text_rimmed(place, Anchor::Start, SIZE, style.ink, text);
                }
            }
        }
        Layer::Heat { x_edges, y_edges, values, texts, colors } => {
            heat(canvas, (x_edges, y_edges), (values, texts), colors, frame);
        }
        Layer::Image { x, y, width, height, pixels, palette } => {
            match raster::indexed(*width, *height, pixels, palette) {
                Ok(png) => image(canvas, (*x, *y), (*width, *height), &png, frame),
                Err(problem) => frame.problems.push(format!("An image is left out: {problem}.")),
            }
        }
        Layer::Contour { xs, ys, values, levels, style, .. } => {
            let (xs, ys): (Vec<f64>, Vec<f64>) =
                (xs.iter().map(|x| frame.x.place(*x)).collect(), ys.iter().map(|y| frame.y.place(*y)).collect());
            if values.len() != xs.len() * ys.len() || xs.iter().chain(&ys).any(|place| place.is_nan()) {
                frame.problems.push("Contours are left out: their grid and values do not fit together.".into());
                return;
            }
            let lines: Vec<(f64, Vec<contour::Point>)> = levels
                .iter()
                .flat_map(|level| contour::lines(&xs, &ys, values, *level).into_iter().map(|line| (*level, line)))
                .collect();
            let path: String = lines.iter().map(|(_, line)| through(line.iter().copied())).collect();
            cased(canvas, &path, *style, &frame.clip);
            lines.iter().for_each(|(level, line)| level_text(&number(*level, 4), line, *style, frame));
        }
    }
}

/// A line on a rim of paper, to be seen on any colour.
pub(super) fn cased(canvas: &mut Canvas, path: &str, style: Style, more: &str) {
    let rim = Style::new(Ink::Paper).width(style.width + 1.6);
    canvas.stroke(path, rim, &format!(r#" stroke-opacity="0.75"{more}"#));
    canvas.stroke(path, style, more);
}

/// Outline of a band: of each piece there and back. Ends beyond the axis lie on its end.
fn band(points: &[(f64, f64, f64)], frame: &Frame) -> String {
    let mut path = String::new();
    let place = |p: &(f64, f64, f64)| (frame.x.place(p.0), frame.y.place_within(p.1), frame.y.place_within(p.2));
    let places: Vec<(f64, f64, f64)> = points.iter().map(place).collect();
    for piece in places.split(|p| p.0.is_nan() || p.1.is_nan() || p.2.is_nan()).filter(|piece| piece.len() > 1) {
        let there = piece.iter().map(|p| (p.0, p.2));
        let back = piece.iter().rev().map(|p| (p.0, p.1));
        for (i, (x, y)) in there.chain(back).enumerate() {
            let _ = write!(path, "{}{} {}", if i == 0 { "M" } else { "L" }, n(x), n(y));
        }
        path.push('Z');
    }
    path
}

fn one_mark(canvas: &mut Canvas, point: &Mark, along: Along, (shape, style): (Shape, Style), frame: &mut Frame) {
    if !(frame.x.has(point.x) && frame.y.has(point.y)) {
        return;
    }
    let (x, y) = frame.place((point.x, point.y));
    let ends = (!point.low.is_nan() && !point.high.is_nan()).then(|| match along {
        Along::X => ((frame.x.place_within(point.low), y), (frame.x.place_within(point.high), y)),
        Along::Y => ((x, frame.y.place_within(point.low)), (x, frame.y.place_within(point.high))),
    });
    if frame.coloured {
        let (cx, cy, r, paper) = (n(x), n(y), n(RADIUS + 2.0), canvas.ink(Ink::Paper));
        canvas.raw(&format!(r#"<circle cx="{cx}" cy="{cy}" r="{r}" fill="{paper}"/>"#));
    }
    mark(canvas, (x, y), ends, shape, style);
    if point.text.is_empty() {
        return;
    }
    let wide = width(&point.text, SIZE);
    let right = x + RADIUS + 4.0;
    let left = (x - RADIUS - 4.0 - wide).max(frame.area.left + 1.0);
    let sides = if right + wide <= frame.area.right() { [right, left] } else { [left, left] };
    let places = [0.0, 17.0, -17.0, 34.0, -34.0].map(|by| sides.map(|left| (left, y + by)));
    if let Some(place) = frame.take(wide, places.as_flattened()) {
        canvas.text_rimmed(place, Anchor::Start, SIZE, Ink::Text, &point.text);
    }
}

/// A mark at a place, with an error bar between two places.
pub(super) fn mark(
    canvas: &mut Canvas,
    (x, y): (f64, f64),
    ends: Option<((f64, f64), (f64, f64))>,
    shape: Shape,
    style: Style,
) {
    let thin = Style { width: style.width.min(1.2), ..Style::new(style.ink) };
    if let Some((a, b)) = ends {
        // Caps at right angles to the bar.
        let (dx, dy) = if (a.1 - b.1).abs() > (a.0 - b.0).abs() { (2.5, 0.0) } else { (0.0, 2.5) };
        let cap = |p: (f64, f64)| through([(p.0 - dx, p.1 - dy), (p.0 + dx, p.1 + dy)]);
        let bar = if a == b { String::new() } else { through([a, b]) + &cap(a) + &cap(b) };
        canvas.stroke(&bar, thin, "");
    }
    let ink = canvas.ink(style.ink);
    let (cx, cy, r) = (n(x), n(y), RADIUS);
    match shape {
        Shape::Dot => canvas.raw(&format!(r#"<circle cx="{cx}" cy="{cy}" r="{r}" fill="{ink}"/>"#)),
        Shape::Circle => canvas
            .raw(&format!(r#"<circle cx="{cx}" cy="{cy}" r="4.9" fill="none" stroke="{ink}" stroke-width="1.1"/>"#)),
        Shape::Square => {
            canvas.rect(Area { left: x - 2.9, top: y - 2.9, width: 5.8, height: 5.8 }, &ink, "");
        }
        Shape::Diamond => canvas.fill(&closed([(x, y - 4.1), (x + 4.1, y), (x, y + 4.1), (x - 4.1, y)]), style.ink, ""),
        Shape::Triangle => canvas.fill(&closed([(x, y - 4.0), (x + 3.9, y + 2.9), (x - 3.9, y + 2.9)]), style.ink, ""),
        Shape::Limit => canvas.fill(&closed([(x, y + 4.0), (x + 3.9, y - 2.9), (x - 3.9, y - 2.9)]), style.ink, ""),
        Shape::Cross => {
            let strokes = through([(x - r, y - r), (x + r, y + r)]) + &through([(x - r, y + r), (x + r, y - r)]);
            canvas.stroke(&strokes, Style::new(style.ink), "");
        }
    }
}

fn closed<const N: usize>(corners: [(f64, f64); N]) -> String {
    through(corners) + "Z"
}

fn heat(
    canvas: &mut Canvas,
    edges: (&[f64], &[f64]),
    (values, texts): (&[f64], &[String]),
    colors: &Colors,
    frame: &mut Frame,
) {
    if edges.0.is_empty() && edges.1.is_empty() && values.is_empty() {
        return;
    }
    let (columns, rows) = (edges.0.len().saturating_sub(1), edges.1.len().saturating_sub(1));
    let xs: Vec<f64> = edges.0.iter().map(|x| frame.x.place(*x)).collect();
    let ys: Vec<f64> = edges.1.iter().map(|y| frame.y.place(*y)).collect();
    if columns == 0 || rows == 0 || values.len() != columns * rows || xs.iter().chain(&ys).any(|place| place.is_nan()) {
        frame.problems.push("A heat map is left out: its edges and values do not fit together.".into());
        return;
    }
    let bar = Extent::exact(colors.low, colors.high, colors.scale);
    // One group, and edges without smoothing: else pale seams show between neighbours.
    let clip = frame.clip.clone();
    canvas.raw(&format!(r#"<g shape-rendering="crispEdges"{clip}>"#));
    for (i, value) in values.iter().enumerate() {
        let (c, r) = (i % columns, i / columns);
        let paint = if value.is_nan() {
            format!("url(#{})", canvas.id("hatch"))
        } else {
            hex(colors.map.rgb(bar.place_within(*value)))
        };
        // Neighbours share their edges to the last digit, which widths would not.
        let (left, right, low, high) = (n(xs[c]), n(xs[c + 1]), n(ys[r]), n(ys[r + 1]));
        canvas.raw(&format!(r#"<path d="M{left} {low}H{right}V{high}H{left}Z" fill="{paint}"/>"#));
    }
    canvas.raw("</g>");
    for (i, (value, text)) in values.iter().zip(texts).enumerate().filter(|(_, (value, _))| !value.is_nan()) {
        let (c, r) = (i % columns, i / columns);
        let cell = Area {
            left: xs[c].min(xs[c + 1]),
            top: ys[r].min(ys[r + 1]),
            width: (xs[c + 1] - xs[c]).abs(),
            height: (ys[r + 1] - ys[r]).abs(),
        };
        cell_text(text, cell, colors.map.rgb(bar.place_within(*value)), frame);
    }
}

/// Writes the lines of a text in the middle of a rectangle of a colour, if they have room there.
fn cell_text(text: &str, cell: Area, ground: [u8; 3], frame: &mut Frame) {
    let joined = text.replace('\n', "");
    let fits = |(text, size): &(&str, f64)| {
        let wide = text.lines().map(|line| width(line, *size)).fold(0.0, f64::max);
        wide + 3.0 <= cell.width && text.lines().count() as f64 * size * CELL_LINE + 2.0 <= cell.height
    };
    let ways = [(joined.as_str(), SIZE), (text, SIZE), (joined.as_str(), SMALLEST), (text, SMALLEST)];
    let Some((text, size)) = ways.into_iter().find(fits) else { return };
    let lines: Vec<&str> = text.lines().collect();
    // Black or white, whichever stands out more: at least 4.5 to 1 on any colour.
    let ink = [[0; 3], [255; 3]].into_iter().max_by(|a, b| contrast(*a, ground).total_cmp(&contrast(*b, ground)));
    let (ink, ground) = (hex(ink.unwrap_or_default()), hex(ground));
    let (x, middle) = (cell.left + cell.width / 2.0, cell.top + cell.height / 2.0);
    for (i, line) in lines.iter().enumerate() {
        let y = middle + (i as f64 - (lines.len() - 1) as f64 / 2.0) * size * CELL_LINE;
        frame.cell_texts.push(CellText {
            place: (x, y),
            size,
            ink: ink.clone(),
            ground: ground.clone(),
            line: line.to_string(),
        });
    }
    let high = lines.len() as f64 * size * CELL_LINE;
    frame.taken.push(Area { left: cell.left, top: middle - high / 2.0, width: cell.width, height: high });
}

/// The colour bar of a heat map in an area: its bar, ticks and label.
pub(super) fn color_bar(canvas: &mut Canvas, colors: &Colors, id: &str, area: Area, texts: &[super::ticks::Tick]) {
    const STOPS: u32 = 32;
    let mut gradient = format!(r#"<defs><linearGradient id="{id}" x1="0" y1="1" x2="0" y2="0">"#);
    for i in 0..=STOPS {
        let place = f64::from(i) / f64::from(STOPS);
        let _ = write!(gradient, r#"<stop offset="{place}" stop-color="{}"/>"#, hex(colors.map.rgb(place)));
    }
    canvas.raw(&(gradient + "</linearGradient></defs>"));
    let edge = canvas.ink(Ink::Faint);
    canvas.rect(area, &format!("url(#{id})"), &format!(r#" stroke="{edge}" stroke-width="0.5""#));
    let bar = Extent::exact(colors.low, colors.high, colors.scale).placed(area.bottom(), area.top);
    for tick in texts {
        let y = bar.place(tick.at);
        canvas.line((area.right(), y), (area.right() + 3.0, y), Ink::Text, 0.8);
        canvas.text((area.right() + 6.0, y), Anchor::Start, super::panel::TICK, Ink::Text, &tick.text);
    }
}

fn image(canvas: &mut Canvas, places: ((f64, f64), (f64, f64)), size: (usize, usize), png: &[u8], frame: &mut Frame) {
    let (x0, x1) = (frame.x.place(places.0.0), frame.x.place(places.0.1));
    let (y0, y1) = (frame.y.place(places.1.0), frame.y.place(places.1.1));
    let (left, top) = (x0.min(x1), y0.min(y1));
    let (wide, high) = ((x1 - x0).abs(), (y1 - y0).abs());
    if !(wide > 0.0 && high > 0.0) {
        frame.problems.push("An image is left out: its edges have no place on the axes.".into());
        return;
    }
    // Few pixels are shown as they are; many are smoothed as they shrink.
    let few = (size.0 as f64) < 1.5 * wide && (size.1 as f64) < 1.5 * high;
    let rendering = if few { r#" image-rendering="optimizeSpeed" style="image-rendering:pixelated""# } else { "" };
    let (data, clip) = (raster::base64(png), &frame.clip);
    let (x, y, w, h) = (n(left), n(top), n(wide), n(high));
    let place = format!(r#"x="{x}" y="{y}" width="{w}" height="{h}" preserveAspectRatio="none""#);
    canvas.raw(&format!(r#"<image {place}{rendering}{clip} href="data:image/png;base64,{data}"/>"#));
}

/// Writes the level on a line, where there is room.
fn level_text(text: &str, line: &[contour::Point], style: Style, frame: &mut Frame) {
    let (wide, high) = (width(text, SIZE), 13.0);
    let length: f64 = line.windows(2).map(|p| (p[1].0 - p[0].0).hypot(p[1].1 - p[0].1)).sum();
    if length < 2.0 * wide {
        return;
    }
    for share in [0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8] {
        let Some(&(x, y)) = line.get((share * line.len() as f64) as usize) else { continue };
        let area = Area { left: x - wide / 2.0, top: y - high / 2.0, width: wide, height: high };
        let fits = area.left >= frame.area.left + 2.0
            && area.right() <= frame.area.right() - 2.0
            && area.top >= frame.area.top + 2.0
            && area.bottom() <= frame.area.bottom() - 2.0;
        if fits && !frame.meets(&area) {
            frame.late.push(((x, y), style.ink, text.to_string()));
            frame.taken.push(area);
            return;
        }
    }
}

/// How many points of a panel have no place: those not finite, those not positive on a logarithmic axis, marks outside
/// a range.
pub(super) fn left_out(layers: &[Layer], x: &Extent, y: &Extent) -> [usize; 3] {
    let mut counts = [0; 3];
    let mut count = |values: &[(f64, Scale)], is_outside: bool| {
        if values.iter().any(|v| v.0.is_nan()) {
            return;
        }
        if values.iter().any(|v| !super::extent::is_drawable(v.0, Scale::Linear)) {
            counts[0] += 1;
        } else if values.iter().any(|v| !super::extent::is_drawable(v.0, v.1)) {
            counts[1] += 1;
        } else if is_outside {
            counts[2] += 1;
        }
    };
    for layer in layers {
        match layer {
            Layer::Line { points, .. } => points.iter().for_each(|p| count(&[(p.0, x.scale), (p.1, y.scale)], false)),
            Layer::Band { points, .. } => {
                let linear = Scale::Linear;
                points.iter().for_each(|p| count(&[(p.0, x.scale), (p.1, linear), (p.2, linear)], false));
            }
            Layer::Marks { points, .. } => {
                points.iter().for_each(|p| count(&[(p.x, x.scale), (p.y, y.scale)], !(x.has(p.x) && y.has(p.y))));
            }
            _ => {}
        }
    }
    counts
}
