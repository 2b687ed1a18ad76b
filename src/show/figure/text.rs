//! Widths of text, line breaks, and characters that XML gives a meaning to.
//!
//! Widths are sums of the advance widths of DejaVu Sans 2.37, without kerning (which makes text a little narrower in
//! places). A viewer without that font falls back to Helvetica or Arial, which are narrower, so that what fits here
//! fits there.

use skrifa::instance::{LocationRef, Size};
use skrifa::{FontRef, MetadataProvider};

/// Fonts in the order of preference; the first is the one that is measured, and set in PNG.
pub const FAMILIES: &str = "DejaVu Sans, Verdana, Helvetica, Arial, sans-serif";

/// Width of a character that the font does not have, and of every one if the font could not be read, in sizes.
const UNKNOWN: f64 = 0.7;

/// Width of a line of text in units, set in `size` units.
pub fn width(text: &str, size: f64) -> f64 {
    let Ok(font) = FontRef::new(dejavu::sans::regular()) else {
        return text.chars().count() as f64 * UNKNOWN * size;
    };
    let (characters, metrics) = (font.charmap(), font.glyph_metrics(Size::new(1.0), LocationRef::default()));
    let advance = |c: char| characters.map(c).and_then(|glyph| metrics.advance_width(glyph));
    text.chars().map(|c| advance(c).map_or(UNKNOWN, f64::from)).sum::<f64>() * size
}

/// Whether the font has a glyph for every character.
pub fn is_covered(text: &str) -> bool {
    FontRef::new(dejavu::sans::regular()).is_ok_and(|font| text.chars().all(|c| font.charmap().map(c).is_some()))
}

/// Lines of at most `room` units, broken between words, and within words that are wider than that.
pub fn wrap(text: &str, size: f64, room: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        let joined = if line.is_empty() { word.to_string() } else { format!("{line} {word}") };
        if width(&joined, size) <= room {
            line = joined;
            continue;
        }
        if !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        for c in word.chars() {
            line.push(c);
            if width(&line, size) > room && line.chars().count() > 1 {
                line.pop();
                lines.push(std::mem::replace(&mut line, c.to_string()));
            }
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// The text with `&`, `<`, `>` and quotes escaped, and without control characters, which XML does not allow.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&apos;"),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}
