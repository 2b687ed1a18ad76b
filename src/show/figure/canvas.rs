//! The text of an SVG: elements with fixed decimals, colours by medium.

use super::text::escape;
use super::{Dash, Ink, Medium, Style};
use std::fmt::Write;

/// Half the height of a capital letter, in sizes: how far below the middle of a line its baseline is.
const HALF_CAPITAL: f64 = 0.365;

/// Which point of a text its place is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// Elements written so far.
#[derive(Clone, Debug)]
pub(super) struct Canvas {
    body: String,
    page: bool,
    id: String,
}

/// A rectangle: left, top, width, height.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Area {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

impl Area {
    pub(super) fn right(&self) -> f64 {
        self.left + self.width
    }

    pub(super) fn bottom(&self) -> f64 {
        self.top + self.height
    }
}

/// A coordinate to a hundredth of a unit.
pub(super) fn n(x: f64) -> String {
    let text = format!("{x:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".into() } else { text.into() }
}

impl Canvas {
    pub(super) fn new(medium: &Medium) -> Self {
        // A page's id goes into attributes and references.
        let safe = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        let id = match medium {
            Medium::Paper => "figure".to_string(),
            Medium::Page { id, .. } => id.chars().filter(safe).collect(),
        };
        Canvas { body: String::new(), page: matches!(medium, Medium::Page { .. }), id }
    }

    /// What has been written.
    pub(super) fn body(&self) -> &str {
        &self.body
    }

    /// Name of a part of the figure.
    pub(super) fn id(&self, part: &str) -> String {
        format!("{}-{part}", self.id)
    }

    pub(super) fn ink(&self, ink: Ink) -> String {
        ink.attribute(self.page)
    }

    /// Writes an element as it is.
    pub(super) fn raw(&mut self, element: &str) {
        self.body.push_str(element);
        self.body.push('\n');
    }

    /// A straight line.
    pub(super) fn line(&mut self, (x1, y1): (f64, f64), (x2, y2): (f64, f64), ink: Ink, width: f64) {
        let (x1, y1, x2, y2, ink) = (n(x1), n(y1), n(x2), n(y2), self.ink(ink));
        let width = n(width);
        self.raw(&format!(r#"<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" stroke="{ink}" stroke-width="{width}"/>"#));
    }

    /// A path with a style's stroke and no filling; `more` are further attributes.
    pub(super) fn stroke(&mut self, path: &str, style: Style, more: &str) {
        if path.is_empty() {
            return;
        }
        let (ink, width, dash) = (self.ink(style.ink), n(style.width), dashes(style));
        let stroke = format!(r#"stroke="{ink}" stroke-width="{width}" stroke-linejoin="round"{dash}"#);
        self.raw(&format!(r#"<path d="{path}" fill="none" {stroke}{more}/>"#));
    }

    /// A filled path.
    pub(super) fn fill(&mut self, path: &str, ink: Ink, more: &str) {
        if !path.is_empty() {
            let ink = self.ink(ink);
            self.raw(&format!(r#"<path d="{path}" fill="{ink}"{more}/>"#));
        }
    }

    /// A filled rectangle, any paint.
    pub(super) fn rect(&mut self, area: Area, paint: &str, more: &str) {
        let Area { left, top, width, height } = area;
        let (x, y, w, h) = (n(left), n(top), n(width), n(height));
        self.raw(&format!(r#"<rect x="{x}" y="{y}" width="{w}" height="{h}" fill="{paint}"{more}/>"#));
    }

    /// A line of text, its place in the middle of its height.
    pub(super) fn text(&mut self, (x, y): (f64, f64), anchor: Anchor, size: f64, ink: Ink, text: &str) {
        self.text_with((x, y), anchor, size, ink, text, "");
    }

    /// A line of text around its middle in any paint on any ground, with a rim of the ground, to be read on lines.
    pub(super) fn text_on(&mut self, (x, y): (f64, f64), size: f64, (paint, ground): (&str, &str), text: &str) {
        let (x, y, size, text) = (n(x), n(y + HALF_CAPITAL * size), n(size), escape(text));
        let rim = format!(r#"paint-order="stroke" stroke="{ground}" stroke-width="3" stroke-linejoin="round""#);
        self.raw(&format!(
            r#"<text x="{x}" y="{y}" font-size="{size}" fill="{paint}" text-anchor="middle" {rim}>{text}</text>"#
        ));
    }

    /// A line of text that reads upwards, its place in its middle.
    pub(super) fn text_upwards(&mut self, (x, y): (f64, f64), size: f64, ink: Ink, text: &str) {
        let place = (0.0, 0.0);
        let turn = format!(r#" transform="translate({} {}) rotate(-90)""#, n(x), n(y));
        self.text_with(place, Anchor::Middle, size, ink, text, &turn);
    }

    /// A line of text on a rim of paper, so that it can be read on lines.
    pub(super) fn text_rimmed(&mut self, (x, y): (f64, f64), anchor: Anchor, size: f64, ink: Ink, text: &str) {
        let rim = self.ink(Ink::Paper);
        let rim = format!(r#" paint-order="stroke" stroke="{rim}" stroke-width="3" stroke-linejoin="round""#);
        self.text_with((x, y), anchor, size, ink, text, &rim);
    }

    fn text_with(&mut self, (x, y): (f64, f64), anchor: Anchor, size: f64, ink: Ink, text: &str, more: &str) {
        if text.trim().is_empty() {
            return;
        }
        let anchor = match anchor {
            Anchor::Start => "",
            Anchor::Middle => r#" text-anchor="middle""#,
            Anchor::End => r#" text-anchor="end""#,
        };
        let (x, y, size_text, ink) = (n(x), n(y + HALF_CAPITAL * size), n(size), self.ink(ink));
        let text = escape(text);
        self.raw(&format!(r#"<text x="{x}" y="{y}" font-size="{size_text}" fill="{ink}"{anchor}{more}>{text}</text>"#));
    }
}

/// The attribute of a pattern of lines.
fn dashes(style: Style) -> String {
    let unit = style.width.max(1.0);
    match style.dash {
        Dash::Solid => String::new(),
        Dash::Dashed => format!(r#" stroke-dasharray="{} {}""#, n(4.0 * unit), n(2.5 * unit)),
        Dash::Dotted => format!(r#" stroke-dasharray="{} {}""#, n(unit), n(2.0 * unit)),
    }
}

/// Commands of a path through points; points without a place break it. A point alone between two breaks is a short
/// stroke.
pub(super) fn through(points: impl IntoIterator<Item = (f64, f64)>) -> String {
    let mut path = String::new();
    // Points of the present piece, and the last of them as written.
    let mut piece: Vec<(String, String)> = Vec::new();
    let mut end = |piece: &mut Vec<(String, String)>| {
        for (i, (x, y)) in piece.iter().enumerate() {
            let _ = write!(path, "{}{x} {y}", if i == 0 { "M" } else { "L" });
        }
        if let [(_, _)] = piece.as_slice() {
            path.push_str("h0.01");
        }
        piece.clear();
    };
    for (x, y) in points {
        if x.is_nan() || y.is_nan() {
            end(&mut piece);
            continue;
        }
        let point = (n(x), n(y));
        if piece.last() != Some(&point) {
            piece.push(point);
        }
    }
    end(&mut piece);
    path
}
