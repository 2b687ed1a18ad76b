//! Numbers as text, one rule for programs and one for people; and what of a text a terminal may have.

use std::borrow::Cow;

/// For programs: the shortest text that reads back as the same number: `4`, `0.25`, `1e-20`, `inf`; never `-0`.
pub fn number(x: f64) -> String {
    if x == 0.0 {
        return "0".into();
    }
    if x == x.trunc() && x.abs() < 1e15 { format!("{x}") } else { format!("{x:?}") }
}

/// For people: the same, with the digits of whole numbers in groups of three, `∞`, and `–` for a number that is
/// missing.
pub fn readable(x: f64) -> String {
    match x {
        x if x.is_nan() => "–".into(),
        x if x.is_infinite() => if x > 0.0 { "∞" } else { "−∞" }.into(),
        x if x == x.trunc() && x.abs() < 1e15 => {
            let sign = if x < 0.0 { "-" } else { "" };
            format!("{sign}{}", grouped(x.abs() as u64))
        }
        x => number(x),
    }
}

/// A count with its digits in groups of three: `100,000`.
pub fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().filter_map(|group| std::str::from_utf8(group).ok()).collect();
    groups.join(",")
}

/// So many things of a name: `1 cell`, `2,000 cells`.
pub fn counted(count: u64, name: &str) -> String {
    format!("{} {name}{}", grouped(count), if count == 1 { "" } else { "s" })
}

/// A text as a terminal may have it: control characters, which could move the cursor or colour the screen, and those
/// that turn the direction of writing are written as JSON writes them, `\u001b`. Ends of lines and tabs stay.
pub fn harmless(text: &str) -> Cow<'_, str> {
    let harms = |c: char| {
        c.is_control() && c != '\n' && c != '\t' || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if !text.contains(harms) {
        return Cow::Borrowed(text);
    }
    let each = |c: char| if harms(c) { format!("\\u{:04x}", u32::from(c)) } else { c.to_string() };
    Cow::Owned(text.chars().map(each).collect())
}
