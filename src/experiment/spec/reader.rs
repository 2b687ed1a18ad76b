//! Reads typed values out of a TOML table and remembers which keys were asked for, so that every error names the file,
//! the key, the value and the remedy, and a key that nobody asked for is an error too.

pub(super) use crate::landscape::parameter::number;

use toml::{Table, Value};

/// What is wrong with a spec, in one line.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{file}: {key}{}: {problem}; {remedy}", if value.is_empty() { String::new() } else { format!(" = {value}") })]
pub struct SpecError {
    /// The file, or `--set` for a value from the command line.
    pub file: String,
    /// Path of the key.
    pub key: String,
    /// The value as written; empty if there is none.
    pub value: String,
    /// What is wrong.
    pub problem: String,
    /// What to do.
    pub remedy: String,
}

/// One table of a spec while it is read.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    file: &'a str,
    /// Path of the table, empty at the top.
    path: String,
    table: Option<&'a Table>,
    asked: Vec<&'static str>,
}

impl<'a> Reader<'a> {
    pub(super) fn top(file: &'a str, table: &'a Table) -> Self {
        Self::at(file, "", Some(table))
    }

    /// The table at a path.
    pub(super) fn at(file: &'a str, path: &str, table: Option<&'a Table>) -> Self {
        Reader { file, path: path.into(), table, asked: Vec::new() }
    }

    pub(super) fn error(
        &self,
        key: &str,
        value: &str,
        problem: impl Into<String>,
        remedy: impl Into<String>,
    ) -> SpecError {
        SpecError {
            file: self.file.into(),
            key: self.key(key),
            value: value.into(),
            problem: problem.into(),
            remedy: remedy.into(),
        }
    }

    fn key(&self, key: &str) -> String {
        match (self.path.is_empty(), key.is_empty()) {
            (true, _) => key.into(),
            (false, true) => self.path.clone(),
            (false, false) => format!("{}.{key}", self.path),
        }
    }

    /// Whether the file has this table at all.
    pub(super) fn present(&self) -> bool {
        self.table.is_some()
    }

    /// Whether the file has a key of this table.
    pub(super) fn has(&self, key: &str) -> bool {
        self.table.is_some_and(|table| table.contains_key(key))
    }

    /// The value of a key, if it is there.
    pub(super) fn value(&mut self, key: &'static str) -> Option<&'a Value> {
        self.asked.push(key);
        self.table?.get(key)
    }

    /// A table under this one; an absent table reads as an empty one.
    pub(super) fn table(&mut self, key: &'static str) -> Result<Reader<'a>, SpecError> {
        let table = match self.value(key) {
            None => None,
            Some(Value::Table(table)) => Some(table),
            Some(other) => return Err(self.error(key, &short(other), "is not a table", format!("write [{key}]"))),
        };
        Ok(Reader::at(self.file, &self.key(key), table))
    }

    /// A value of a type, or the default.
    pub(super) fn get<T>(
        &mut self,
        key: &'static str,
        default: T,
        expected: &str,
        convert: impl Fn(&Value) -> Option<T>,
    ) -> Result<T, SpecError> {
        match self.value(key) {
            None => Ok(default),
            Some(value) => convert(value).ok_or_else(|| {
                self.error(key, &short(value), format!("is not {expected}"), format!("write {expected}"))
            }),
        }
    }

    pub(super) fn text(&mut self, key: &'static str, default: &str) -> Result<String, SpecError> {
        self.get(key, default.into(), "a text in quotes", |v| v.as_str().map(String::from))
    }

    pub(super) fn flag(&mut self, key: &'static str, default: bool) -> Result<bool, SpecError> {
        self.get(key, default, "true or false", Value::as_bool)
    }

    /// A whole number from `low` to `high`.
    pub(super) fn integer(&mut self, key: &'static str, default: u64, low: u64, high: u64) -> Result<u64, SpecError> {
        self.get(key, default, &format!("a whole number from {low} to {high}"), |v| {
            v.as_integer().and_then(|i| u64::try_from(i).ok()).filter(|i| (low..=high).contains(i))
        })
    }

    /// A whole number from `low` to `high`, or `"auto"` for 0.
    pub(super) fn auto_integer(&mut self, key: &'static str, high: u64) -> Result<u64, SpecError> {
        self.get(key, 0, &format!("\"auto\" or a whole number from 1 to {high}"), |v| match v {
            Value::String(text) => (text == "auto").then_some(0),
            _ => v.as_integer().and_then(|i| u64::try_from(i).ok()).filter(|i| (1..=high).contains(i)),
        })
    }

    /// One of some words.
    pub(super) fn choice(&mut self, key: &'static str, words: &[&'static str]) -> Result<&'static str, SpecError> {
        self.get(key, words[0], &format!("one of \"{}\"", words.join("\", \"")), |v| {
            v.as_str().and_then(|text| words.iter().copied().find(|w| *w == text))
        })
    }

    /// A number inside bounds, both excluded.
    pub(super) fn number(&mut self, key: &'static str, default: f64, low: f64, high: f64) -> Result<f64, SpecError> {
        let expected = if high.is_infinite() {
            format!("a number greater than {low}")
        } else {
            format!("a number between {low} and {high}, both excluded")
        };
        self.get(key, default, &expected, |v| number(v).filter(|x| *x > low && *x < high))
    }

    /// Refuses keys that nobody asked for.
    pub(super) fn finish(&self) -> Result<(), SpecError> {
        let Some(table) = self.table else { return Ok(()) };
        for (key, value) in table {
            if !self.asked.iter().any(|a| a == key) {
                return Err(self.error(key, &short(value), "is not a known key", self.nearest(key)));
            }
        }
        Ok(())
    }

    fn nearest(&self, key: &str) -> String {
        let best = self.asked.iter().min_by_key(|a| distance(a, key));
        match best {
            Some(best) if distance(best, key) <= 1 + key.len() / 3 => format!("did you mean {}?", self.key(best)),
            _ => format!("known here: {}", self.asked.join(", ")),
        }
    }
}

/// A value on one line, cut where it is long.
pub(super) fn short(value: &Value) -> String {
    let text = value.to_string().replace('\n', " ");
    match text.char_indices().nth(60) {
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text,
    }
}

/// Levenshtein distance.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let substitute = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = substitute.min(row[j] + 1).min(row[j + 1] + 1);
        }
    }
    row[b.len()]
}
