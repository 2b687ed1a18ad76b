//! Where everything of a figure goes: title, panels with their margins, legends, notes.

use super::canvas::{Anchor, Area, Canvas, n};
use super::panel::{Plan, Sheet, draw_panel, equal, plan};
use super::text::{FAMILIES, escape, wrap};
use super::{Aspect, Figure, Ink, Medium, NARROW, WIDTH, describe, legend};

/// Margin of the whole.
pub(super) const EDGE: f64 = 16.0;
const TITLE: f64 = 15.0;
const SUBTITLE: f64 = 12.0;
const NOTE: f64 = 10.5;
/// Height of a line of text, in sizes.
pub(super) const LINE: f64 = 1.32;
/// The SVG of a figure, and its height.
pub(super) fn draw(figure: &Figure, medium: &Medium) -> (String, f64) {
    let mut canvas = Canvas::new(medium);
    let on_paper = *medium == Medium::Paper;
    let page = if matches!(medium, Medium::Page { narrow: true, .. }) { NARROW } else { WIDTH };
    // On a page the column has margins of its own.
    let edge = if on_paper { EDGE } else { 2.0 };
    let room = page - 2.0 * edge;
    let mut top = if on_paper { EDGE } else { 0.0 };
    for (text, size, ink) in [(&figure.title, TITLE, Ink::Text), (&figure.subtitle, SUBTITLE, Ink::Faint)] {
        if on_paper {
            top = paragraph(&mut canvas, text, size, ink, (edge, top), room) + if text.is_empty() { 0.0 } else { 3.0 };
        }
    }
    let many = figure.panels.len() > 1;
    let plans: Vec<Plan<'_>> =
        figure.panels.iter().map(|panel| plan(panel, many, Sheet { width: page, edge })).collect();
    // Common margins, so that the panels' edges are in line.
    let left = plans.iter().map(|p| p.left).fold(0.0, f64::max);
    let bars = plans.iter().map(|p| p.right).fold(10.0, f64::max);
    let column = plans.iter().map(|p| legend::column(&p.entries).0).fold(0.0, f64::max);
    let fits = |p: &Plan<'_>| p.entries.is_empty() || legend::column(&p.entries).1 <= p.height;
    // A narrow figure has no room beside its panels.
    let beside = page >= WIDTH
        && plans.iter().any(|p| !p.entries.is_empty())
        && plans.iter().all(|p| p.bars.is_empty() && fits(p) || p.entries.is_empty());
    let right = if beside { bars.max(16.0 + column) } else { bars };
    let mut problems = Vec::new();
    for (i, plan) in plans.iter().enumerate() {
        top += if i > 0 { 16.0 } else { 10.0 };
        let mut area = Area { left: edge + left, top, width: (room - left - right).max(80.0), height: plan.height };
        if plan.panel.aspect == Aspect::Equal {
            (area.width, area.height) = equal(area.width, plan.x.span(), plan.y.span());
        }
        top = draw_panel(&mut canvas, plan, i, area, beside, &mut problems);
    }
    top += 8.0;
    let said = [&figure.caption].into_iter().chain(&figure.notes).filter(|note| on_paper && !note.is_empty());
    for note in said.chain(&problems) {
        top = paragraph(&mut canvas, note, NOTE, Ink::Faint, (edge, top), room) + 2.0;
    }
    let height = (top + if on_paper { EDGE - 6.0 } else { 0.0 }).ceil();
    (document(figure, medium, &canvas, (page, height)), height)
}

/// The SVG around what has been drawn.
fn document(figure: &Figure, medium: &Medium, canvas: &Canvas, (width, height): (f64, f64)) -> String {
    let (title, about) = (escape(&figure.title), escape(&describe::describe(figure)));
    let (title_id, about_id, hatch) = (canvas.id("title"), canvas.id("desc"), canvas.id("hatch"));
    let (paper, faint, font) = (canvas.ink(Ink::Paper), canvas.ink(Ink::Faint), FAMILIES);
    let (w, h) = (n(width), n(height));
    let size = match medium {
        Medium::Paper => format!(r#"width="{w}" height="{h}" font-family="{font}""#),
        Medium::Page { .. } => format!(r#"style="font-family:{font}""#),
    };
    let ground = match medium {
        Medium::Paper => format!("<rect width=\"{w}\" height=\"{h}\" fill=\"{paper}\"/>\n"),
        Medium::Page { .. } => String::new(),
    };
    let named = format!(r#"role="img" aria-labelledby="{title_id} {about_id}""#);
    let turned = r#"patternUnits="userSpaceOnUse" patternTransform="rotate(45)""#;
    let lines = format!(r#"<rect width="5" height="5" fill="{paper}"/><rect width="1" height="5" fill="{faint}"/>"#);
    format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {w} {h}" {size} {named}>
<title id="{title_id}">{title}</title>
<desc id="{about_id}">{about}</desc>
<defs><pattern id="{hatch}" width="5" height="5" {turned}>{lines}</pattern></defs>
{ground}{}</svg>
"#,
        canvas.body()
    )
}

/// Lines of text from the left edge on; where the next may begin.
fn paragraph(canvas: &mut Canvas, text: &str, size: f64, ink: Ink, (left, mut top): (f64, f64), room: f64) -> f64 {
    for line in wrap(text, size, room) {
        canvas.text((left, top + size * LINE / 2.0), Anchor::Start, size, ink, &line);
        top += size * LINE;
    }
    top
}
