//! The legend of a panel: entries with samples, beside the panel or in rows below it.

use super::canvas::{Anchor, Area, Canvas};
use super::color::hex;
use super::text::{width, wrap};
use super::{Along, Ink, Layer, Shape, Style, layers};

/// Size of the text.
pub(super) const SIZE: f64 = 11.5;
/// Height of a line.
pub(super) const LINE: f64 = 16.0;
/// Room for a sample and the gap after it.
const SAMPLE: f64 = 30.0;
/// Gap between entries of a row.
const GAP: f64 = 18.0;
/// Widest text beside a panel.
const WIDEST_BESIDE: f64 = 170.0;

/// What a layer looks like.
#[derive(Clone, Debug, PartialEq)]
enum Sample {
    Line(Style),
    Band(Style),
    Mark(Shape, Style, Option<Along>),
    Cased(Style),
    Swatch([u8; 3]),
    Hatch,
}

/// A text with what it stands for.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    label: String,
    samples: Vec<Sample>,
}

/// The entries of layers, in their order; equal labels make one.
pub(super) fn entries(layers: &[Layer]) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    let mut add = |label: &str, sample: Sample| {
        if label.is_empty() {
            return;
        }
        match entries.iter_mut().find(|e| e.label == label) {
            Some(entry) if entry.samples.contains(&sample) => {}
            Some(entry) => entry.samples.push(sample),
            None => entries.push(Entry { label: label.into(), samples: vec![sample] }),
        }
    };
    for layer in layers {
        match layer {
            Layer::Line { style, label, .. } | Layer::Rule { style, label, .. } => add(label, Sample::Line(*style)),
            Layer::Band { style, label, .. } => add(label, Sample::Band(*style)),
            Layer::Marks { points, along, shape, style, label } => {
                let bars = points.iter().any(|p| !p.low.is_nan() && !p.high.is_nan());
                add(label, Sample::Mark(*shape, *style, bars.then_some(*along)));
            }
            Layer::Contour { style, label, .. } => add(label, Sample::Cased(*style)),
            Layer::Heat { values, colors, .. } if values.iter().any(|v| v.is_nan()) => {
                add(&colors.missing, Sample::Hatch)
            }
            Layer::Image { palette, .. } => palette.iter().for_each(|s| add(&s.name, Sample::Swatch(s.rgb))),
            Layer::Heat { .. } | Layer::Text { .. } => {}
        }
    }
    entries
}

/// Size of the entries as a column beside a panel.
pub(super) fn column(entries: &[Entry]) -> (f64, f64) {
    let texts: Vec<Vec<String>> = entries.iter().map(|e| wrap(&e.label, SIZE, WIDEST_BESIDE)).collect();
    let widest = texts.iter().flatten().map(|line| width(line, SIZE)).fold(0.0, f64::max);
    let height: f64 = texts.iter().map(|lines| entry_height(lines.len())).sum();
    (SAMPLE + widest, height)
}

/// Height of an entry of some lines.
fn entry_height(lines: usize) -> f64 {
    LINE + 13.0 * lines.saturating_sub(1) as f64 + 2.0
}

/// Draws the entries as a column from a left upper corner on.
pub(super) fn draw_column(canvas: &mut Canvas, entries: &[Entry], left: f64, mut top: f64) {
    for entry in entries {
        let lines = wrap(&entry.label, SIZE, WIDEST_BESIDE);
        draw(canvas, entry, &lines, left, top);
        top += entry_height(lines.len());
    }
}

/// Places of entries in rows of a width: of each its place and lines; and the height of all.
fn rows(entries: &[Entry], room: f64) -> (Vec<(f64, f64, Vec<String>)>, f64) {
    let (mut x, mut y, mut row) = (0.0, 0.0, 0.0f64);
    let mut places = Vec::new();
    for entry in entries {
        let lines = wrap(&entry.label, SIZE, room - SAMPLE);
        let wide = SAMPLE + lines.iter().map(|line| width(line, SIZE)).fold(0.0, f64::max);
        if x > 0.0 && x + wide > room {
            (x, y, row) = (0.0, y + row, 0.0);
        }
        row = row.max(entry_height(lines.len()));
        places.push((x, y, lines));
        x += wide + GAP;
    }
    (places, y + row)
}

/// Height of the entries in rows of a width.
pub(super) fn rows_height(entries: &[Entry], room: f64) -> f64 {
    rows(entries, room).1
}

/// Draws the entries in rows.
pub(super) fn draw_rows(canvas: &mut Canvas, entries: &[Entry], left: f64, top: f64, room: f64) {
    for (entry, (x, y, lines)) in entries.iter().zip(rows(entries, room).0) {
        draw(canvas, entry, &lines, left + x, top + y);
    }
}

fn draw(canvas: &mut Canvas, entry: &Entry, lines: &[String], left: f64, top: f64) {
    let middle = top + LINE / 2.0;
    let box_of = |width: f64, height: f64| Area {
        left: left + (SAMPLE - 6.0 - width) / 2.0,
        top: middle - height / 2.0,
        width,
        height,
    };
    for sample in &entry.samples {
        let (from, to) = (left, left + SAMPLE - 6.0);
        let path = super::canvas::through([(from, middle), (to, middle)]);
        match sample {
            Sample::Line(style) => canvas.stroke(&path, *style, ""),
            Sample::Cased(style) => layers::cased(canvas, &path, *style, ""),
            Sample::Band(style) => {
                let paint = canvas.ink(style.ink);
                canvas.rect(box_of(24.0, 10.0), &paint, layers::PALE);
            }
            Sample::Mark(shape, style, bars) => {
                let x = (from + to) / 2.0;
                let ends = match bars {
                    None => None,
                    Some(Along::X) => Some(((x - 9.0, middle), (x + 9.0, middle))),
                    Some(Along::Y) => Some(((x, middle - 7.0), (x, middle + 7.0))),
                };
                layers::mark(canvas, (x, middle), ends, *shape, *style);
            }
            Sample::Swatch(rgb) => {
                let edge = canvas.ink(Ink::Faint);
                canvas.rect(box_of(12.0, 12.0), &hex(*rgb), &format!(r#" stroke="{edge}" stroke-width="0.5""#));
            }
            Sample::Hatch => {
                let (paint, edge) = (format!("url(#{})", canvas.id("hatch")), canvas.ink(Ink::Faint));
                canvas.rect(box_of(12.0, 12.0), &paint, &format!(r#" stroke="{edge}" stroke-width="0.5""#));
            }
        }
    }
    for (i, line) in lines.iter().enumerate() {
        canvas.text((left + SAMPLE, middle + 13.0 * i as f64), Anchor::Start, SIZE, Ink::Text, line);
    }
}

/// What the legend and the colour bars of layers name.
pub(super) fn names(layers: &[Layer]) -> Vec<String> {
    let bars = layers.iter().filter_map(|layer| match layer {
        Layer::Heat { colors, .. } if !colors.label.is_empty() => Some(colors.label.clone()),
        _ => None,
    });
    bars.chain(entries(layers).into_iter().map(|e| e.label)).collect()
}
