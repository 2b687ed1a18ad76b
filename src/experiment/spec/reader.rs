//! Reads typed values out of a TOML table and remembers which keys were asked for, so that every error names the file,
//! the place, the key, the value and the remedy, and a key that nobody asked for is an error too.

use super::elsewhere;
use super::places::{Place, Places};
use super::wanted::Wanted;
use crate::landscape::text::nearest;
use crate::numerics::decimal::whole;
use toml::{Table, Value};

pub(super) use crate::landscape::parameter::number;

/// What is wrong with a spec, in one line.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{file}: {}", self.rest())]
pub struct SpecError {
    /// The file, or `--set` for a value from the command line.
    pub file: String,
    /// Where in the file, for example `line 3, column 11`; empty where that says nothing.
    pub place: String,
    /// Path of the key; empty where it is the whole file.
    pub key: String,
    /// The value as written; empty if there is none.
    pub value: String,
    /// What is wrong.
    pub problem: String,
    /// What to do.
    pub remedy: String,
}

impl SpecError {
    /// The message without the file.
    fn rest(&self) -> String {
        let SpecError { place, key, value, problem, remedy, .. } = self;
        let value = if value.is_empty() { String::new() } else { format!(" = {value}") };
        let parts = [place.clone(), format!("{key}{value}"), format!("{problem}; {remedy}")];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(": ")
    }

    /// The same with the place of its key, or with the flag that set it.
    pub(super) fn at(self, places: &Places) -> Self {
        let place = places.of(&self.key);
        self.standing(place)
    }

    fn standing(mut self, place: Place) -> Self {
        match place {
            Place::Flag => (self.file, self.place) = ("--set".into(), String::new()),
            Place::Line(line, column) => self.place = format!("line {line}, column {column}"),
            Place::Unknown => {}
        }
        self
    }
}

/// One table of a spec while it is read.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    file: &'a str,
    places: &'a Places,
    /// Path of the table, empty at the top.
    path: String,
    table: Option<&'a Table>,
    asked: Vec<&'static str>,
}

impl<'a> Reader<'a> {
    pub(super) fn top(file: &'a str, places: &'a Places, table: &'a Table) -> Self {
        Self::at(file, places, "", Some(table))
    }

    /// The table at a path.
    pub(super) fn at(file: &'a str, places: &'a Places, path: &str, table: Option<&'a Table>) -> Self {
        Reader { file, places, path: path.into(), table, asked: Vec::new() }
    }

    /// The error for a value that stands nowhere as it is shown.
    pub(super) fn error(
        &self,
        key: &str,
        value: &str,
        problem: impl Into<String>,
        remedy: impl Into<String>,
    ) -> SpecError {
        let (file, place) = (self.file.into(), String::new());
        let (key, value) = (self.key(key), value.into());
        SpecError { file, place, key, value, problem: problem.into(), remedy: remedy.into() }.at(self.places)
    }

    /// The error for a key's value, or for an item of its list, as it was written.
    pub(super) fn refuse(
        &self,
        key: &str,
        item: Option<usize>,
        value: &Value,
        problem: impl Into<String>,
        remedy: impl Into<String>,
    ) -> SpecError {
        let path = item.map_or_else(|| self.key(key), |i| format!("{}[{i}]", self.key(key)));
        let error = self.error(key, &self.shown(&path, value), problem, remedy);
        error.standing(self.places.of(&path))
    }

    /// The error for a value that is not what its key takes.
    pub(super) fn mismatch(&self, key: &str, item: Option<usize>, value: &Value, wanted: &Wanted) -> SpecError {
        self.refuse(key, item, value, wanted.problem(value), wanted.remedy(value))
    }

    /// A value as it was written, on one line.
    fn shown(&self, path: &str, value: &Value) -> String {
        match self.places.written(path).filter(|_| !value.is_table()) {
            Some(text) => cut(text),
            None => short(value),
        }
    }

    pub(super) fn key(&self, key: &str) -> String {
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

    /// Whether a flag set a key of this table.
    pub(super) fn is_set(&self, key: &str) -> bool {
        self.places.is_set(&self.key(key))
    }

    /// Keys of this table that nobody has asked for.
    pub(super) fn unknown(&self) -> impl Iterator<Item = (&'a String, &'a Value)> {
        self.table.into_iter().flatten().filter(|(key, _)| !self.asked.iter().any(|asked| asked == key))
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
            Some(other) => return Err(self.refuse(key, None, other, "is not a table", format!("write [{key}]"))),
        };
        Ok(Reader::at(self.file, self.places, &self.key(key), table))
    }

    /// A value of a type, or the default.
    pub(super) fn get<T>(
        &mut self,
        key: &'static str,
        default: T,
        wanted: &Wanted,
        convert: impl Fn(&Value) -> Option<T>,
    ) -> Result<T, SpecError> {
        match self.value(key) {
            None => Ok(default),
            Some(value) => convert(value).ok_or_else(|| self.mismatch(key, None, value, wanted)),
        }
    }

    pub(super) fn text(&mut self, key: &'static str, default: &str) -> Result<String, SpecError> {
        self.get(key, default.into(), &Wanted::new("a text in quotes"), |v| v.as_str().map(String::from))
    }

    pub(super) fn flag(&mut self, key: &'static str, default: bool) -> Result<bool, SpecError> {
        self.get(key, default, &Wanted::new("true or false"), Value::as_bool)
    }

    /// A whole number from `low` to `high`.
    pub(super) fn integer(&mut self, key: &'static str, default: u64, low: u64, high: u64) -> Result<u64, SpecError> {
        self.get(key, default, &Wanted::whole(low, high), |v| whole_value(v).filter(|i| (low..=high).contains(i)))
    }

    /// A whole number from `low` to `high`, or `"auto"` for 0.
    pub(super) fn auto_integer(&mut self, key: &'static str, high: u64) -> Result<u64, SpecError> {
        let wanted = Wanted { text: format!("\"auto\" or {}", Wanted::whole(1, high).text), ..Wanted::whole(1, high) };
        self.get(key, 0, &wanted, |v| match v {
            Value::String(text) => (text == "auto").then_some(0),
            _ => whole_value(v).filter(|i| (1..=high).contains(i)),
        })
    }

    /// One of some words.
    pub(super) fn choice(&mut self, key: &'static str, words: &[&'static str]) -> Result<&'static str, SpecError> {
        self.get(key, words[0], &Wanted::one_of(words), |v| {
            v.as_str().and_then(|text| words.iter().copied().find(|w| *w == text))
        })
    }

    /// A number inside bounds, both excluded.
    pub(super) fn number(&mut self, key: &'static str, default: f64, low: f64, high: f64) -> Result<f64, SpecError> {
        self.get(key, default, &Wanted::inside(low, high), |v| number(v).filter(|x| *x > low && *x < high))
    }

    /// Refuses keys that nobody asked for.
    pub(super) fn finish(&self) -> Result<(), SpecError> {
        let Some((key, value)) = self.unknown().next() else { return Ok(()) };
        Err(self.unknown_key(key, value, "is not a known key", self.meant(key)))
    }

    /// The error for a key that is not known here.
    pub(super) fn unknown_key(
        &self,
        key: &str,
        value: &Value,
        problem: impl Into<String>,
        remedy: impl Into<String>,
    ) -> SpecError {
        self.refuse(key, None, value, problem, remedy).standing(self.places.of_key(&self.key(key)))
    }

    /// What to write in the place of an unknown key.
    fn meant(&self, key: &str) -> String {
        if let Some(there_is) = elsewhere::instead(&self.path, key) {
            return there_is;
        }
        match nearest(key, self.asked.iter().copied()) {
            Some(best) => format!("did you mean {}?", self.key(best)),
            None => match elsewhere::known(key) {
                Some(path) => format!("did you mean {path}?"),
                None => format!("known here: {}", self.asked.join(", ")),
            },
        }
    }
}

/// A value as a whole number from 0 on, in any notation: `10000`, `1e4`.
pub(super) fn whole_value(value: &Value) -> Option<u64> {
    match value {
        Value::Integer(i) => u64::try_from(*i).ok(),
        Value::Float(x) => whole(*x),
        _ => None,
    }
}

/// A value on one line, cut where it is long.
pub(super) fn short(value: &Value) -> String {
    cut(&value.to_string())
}

/// A text on one line, cut where it is long.
pub(super) fn cut(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match text.char_indices().nth(60) {
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text,
    }
}
