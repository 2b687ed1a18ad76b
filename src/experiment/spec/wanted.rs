//! What a key takes, and how a value that it does not take is told: what is wrong with it, once, and what to write.

use crate::landscape::Kind;
use crate::landscape::text::nearest;
use toml::Value;

/// What a key takes.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    /// In words, to follow "write": `a whole number from 1 to 4096`.
    pub(super) text: String,
    /// Bounds of the numbers that it takes, if it takes any.
    pub(super) bounds: Option<(f64, f64)>,
    /// Whether the numbers are whole.
    pub(super) whole: bool,
    /// The words that it takes.
    pub(super) words: Vec<&'static str>,
    /// Whether it also takes a list.
    pub(super) list: bool,
}

impl Wanted {
    pub(super) fn new(text: impl Into<String>) -> Self {
        Wanted { text: text.into(), bounds: None, whole: false, words: Vec::new(), list: false }
    }

    /// A whole number between bounds, inclusive.
    pub(super) fn whole(low: u64, high: u64) -> Self {
        let text = format!("a whole number from {low} to {high}");
        Wanted { bounds: Some((low as f64, high as f64)), whole: true, ..Self::new(text) }
    }

    /// A number between bounds, excluded.
    pub(super) fn inside(low: f64, high: f64) -> Self {
        let text = if high.is_infinite() {
            format!("a number greater than {low}")
        } else {
            format!("a number between {low} and {high}, both excluded")
        };
        Wanted { bounds: Some((low, high)), ..Self::new(text) }
    }

    /// One of some words.
    pub(super) fn one_of(words: &[&'static str]) -> Self {
        Wanted { words: words.to_vec(), ..Self::new(format!("one of \"{}\"", words.join("\", \""))) }
    }

    /// What a parameter takes.
    pub(super) fn of(kind: Kind) -> Self {
        let (bounds, whole) = match kind {
            Kind::Integer(low, high) | Kind::Relative { low, high, .. } => (Some((low as f64, high as f64)), true),
            Kind::Real(low, high) => (Some((low, high)), false),
            Kind::Positive => (Some((0.0, f64::INFINITY)), false),
            Kind::Choice(_) | Kind::Points => (None, false),
        };
        let words = if let Kind::Choice(words) = kind { words.to_vec() } else { Vec::new() };
        Wanted { text: kind.to_string(), bounds, whole, words, list: true }
    }

    /// The same, of which a list makes an axis.
    pub(super) fn or_list(self) -> Self {
        Wanted { list: true, ..self }
    }

    /// What is wrong with a value that is not taken.
    pub(super) fn problem(&self, value: &Value) -> &'static str {
        match (value, self.bounds) {
            (Value::Integer(_) | Value::Float(_), Some((low, high))) => {
                let x = as_number(value);
                match x {
                    _ if x.is_nan() => "is not a number",
                    _ if x.is_infinite() => "is not finite",
                    _ if self.whole && x.fract() != 0.0 => "is not whole",
                    _ if x >= high => "is too large",
                    _ if x <= low => "is too small",
                    _ => "does not fit",
                }
            }
            (Value::String(text), _) if !self.words.is_empty() && text.is_empty() => "is empty",
            (Value::String(_), _) if !self.words.is_empty() => "is not known",
            (Value::String(text), Some(_)) if self.list && looks_like_list(text) => "is text, not a list",
            (Value::String(_), _) => "is text",
            (Value::Integer(_) | Value::Float(_), None) => "is a number",
            (Value::Boolean(_), _) => "is true or false",
            (Value::Datetime(_), _) => "is a date",
            (Value::Array(list), _) if list.is_empty() => "is an empty list",
            (Value::Array(_), _) => "is a list",
            (Value::Table(_), _) => "is a table",
        }
    }

    /// What to write instead of it.
    pub(super) fn remedy(&self, value: &Value) -> String {
        let write = format!("write {}", self.text);
        let Some((low, high)) = self.bounds else {
            return match value {
                Value::String(text) => match nearest(text, self.words.iter().copied()) {
                    Some(word) => format!("did you mean \"{word}\"? It is {}", self.text),
                    None if ["true", "false"].contains(&text.as_str()) => format!("{write}, without quotes"),
                    None => write,
                },
                _ => write,
            };
        };
        let fits = |x: f64| x >= low && x <= high && (!self.whole || x.fract() == 0.0);
        match value {
            Value::String(text) => {
                let text = text.trim();
                if let Some(part) = text.strip_suffix('%').and_then(|t| percent(t.trim())).filter(|x| fits(*x)) {
                    return format!("{write}: {part} for {text}");
                }
                if text.parse().is_ok_and(fits) {
                    return format!("{write}, without quotes");
                }
                if self.list && looks_like_list(text) {
                    return format!("{write}; a list of them is written [10, 20], an axis \"range(10, 100, 10)\"");
                }
                write
            }
            Value::Integer(_) | Value::Float(_) if high <= 1.0 && as_number(value) > high => {
                match percent(&value.to_string()).filter(|x| fits(*x)) {
                    Some(part) => format!("{write}: {part} for {value} %"),
                    None => write,
                }
            }
            Value::Array(_) if !self.list => format!("{write}; this key takes no list"),
            _ => write,
        }
    }
}

fn as_number(value: &Value) -> f64 {
    match value {
        Value::Integer(i) => *i as f64,
        Value::Float(x) => *x,
        _ => f64::NAN,
    }
}

/// A number of percent as a part of 1, without the rounding of a division in the last digit.
fn percent(text: &str) -> Option<f64> {
    let x: f64 = text.parse().ok().filter(|x: &f64| (0.0..=100.0).contains(x))?;
    format!("{:.12}", x / 100.0).parse().ok()
}

/// Whether a text is several values, as a list is.
fn looks_like_list(text: &str) -> bool {
    text.starts_with(['[', '(', '{']) || text.split([',', ';']).filter(|item| !item.trim().is_empty()).count() > 1
}
