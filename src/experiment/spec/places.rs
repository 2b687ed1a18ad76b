//! TOML with the places of its values: the line and column of a file, or the flag that set them. Every error about a
//! key can say where its value was written, and as what.

use super::SpecError;
use crate::numerics::decimal;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use toml::de::{DeTable, DeValue};
use toml::{Spanned, Table, Value};

/// Where the values of an experiment were written.
#[derive(Clone, Debug, Default)]
pub struct Places {
    text: Arc<str>,
    spots: BTreeMap<String, Spot>,
}

/// Where one value was written.
#[derive(Clone, Debug)]
enum Spot {
    /// In the file: the bytes of its key and of the value.
    File { key: Range<usize>, value: Range<usize> },
    /// In the text of a flag: the value as it was written.
    Flag(String),
}

/// Where a value was written, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Line and column of the file, from 1.
    Line(usize, usize),
    /// A flag.
    Flag,
    /// Nowhere: it is a default, or the text is not known.
    Unknown,
}

impl Places {
    /// The places of values that flags have put into a table whose text is not known.
    pub(super) fn of_sets(sets: &[String]) -> Self {
        let mut places = Places::default();
        for (key, value) in sets.iter().filter_map(|set| set.split_once('=')) {
            places.spots.insert(key.trim().into(), Spot::Flag(value.trim().into()));
        }
        places
    }

    /// Whether a flag set the value of a key, alone or with the table that it is in.
    pub(super) fn is_set(&self, key: &str) -> bool {
        matches!(self.nearest(key), Some(Spot::Flag(_)))
    }

    /// The place of a key, or of the table that it would be in; a flag that set any part of it comes first.
    pub(super) fn of(&self, key: &str) -> Place {
        let below = format!("{key}.");
        if self.spots.range(below.clone()..).take_while(|(path, _)| path.starts_with(&below)).any(|(_, s)| s.is_flag())
        {
            return Place::Flag;
        }
        match self.nearest(key) {
            None => Place::Unknown,
            Some(Spot::Flag(_)) => Place::Flag,
            Some(Spot::File { value, .. }) => self.line(value.start),
        }
    }

    /// The place of the key itself.
    pub(super) fn of_key(&self, key: &str) -> Place {
        match self.spots.get(key) {
            Some(Spot::File { key, .. }) => self.line(key.start),
            _ => self.of(key),
        }
    }

    /// The value of a key as it was written, on one line.
    pub(super) fn written(&self, key: &str) -> Option<&str> {
        match self.spots.get(key)? {
            Spot::Flag(text) => Some(text),
            Spot::File { value, .. } => self.text.get(value.clone()),
        }
    }

    /// The spot of a key, of the list or of the tables that it is in.
    fn nearest(&self, key: &str) -> Option<&Spot> {
        let mut path = key;
        loop {
            if let Some(spot) = self.spots.get(path) {
                return Some(spot);
            }
            path = &path[..path.rfind(['.', '['])?];
        }
    }

    fn line(&self, byte: usize) -> Place {
        let (line, column) = line_and_column(&self.text, byte);
        Place::Line(line, column)
    }

    /// Takes a value over with the places of all that is in it.
    fn take(&mut self, path: &str, key: Range<usize>, value: &Spanned<DeValue<'_>>, flag: Option<&str>) -> Taken {
        let span = value.span();
        self.spots.insert(
            path.into(),
            match flag {
                Some(text) => Spot::Flag(text.get(span.clone()).unwrap_or(text).into()),
                None => Spot::File { key, value: span.clone() },
            },
        );
        Ok(match value.get_ref() {
            DeValue::String(text) => Value::String(text.to_string()),
            DeValue::Boolean(flag) => Value::Boolean(*flag),
            DeValue::Datetime(time) => Value::Datetime(*time),
            DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
                Ok(number) => Value::Integer(number),
                // TOML's whole numbers end at 2^63; a seed may be larger.
                Err(_) => match u64::from_str_radix(number.as_str(), number.radix()) {
                    Ok(number) if path.starts_with(SEED) => Value::String(number.to_string()),
                    _ => Value::Float(
                        u128::from_str_radix(number.as_str(), number.radix())
                            .map_or_else(|_| number.as_str().parse().unwrap_or(f64::INFINITY), |number| number as f64),
                    ),
                },
            },
            DeValue::Float(number) => match decimal::read(number.as_str()) {
                Ok(number) => Value::Float(number),
                // `inf` and `nan`, which the reader of the key refuses.
                Err(decimal::Fault::NotFinite) => Value::Float(number.as_str().parse().unwrap_or(f64::NAN)),
                Err(fault) => return Err((path.into(), fault)),
            },
            DeValue::Array(list) => {
                let item = |(i, item): (usize, &Spanned<DeValue<'_>>)| {
                    self.take(&format!("{path}[{i}]"), item.span(), item, flag)
                };
                Value::Array(list.iter().enumerate().map(item).collect::<Result<_, _>>()?)
            }
            DeValue::Table(table) => Value::Table(self.take_table(path, table, flag)?),
        })
    }

    fn take_table(
        &mut self,
        path: &str,
        table: &DeTable<'_>,
        flag: Option<&str>,
    ) -> Result<Table, (String, decimal::Fault)> {
        let mut taken = Table::new();
        for (key, value) in table {
            let inner = if path.is_empty() { key.get_ref().to_string() } else { format!("{path}.{}", key.get_ref()) };
            taken.insert(key.get_ref().to_string(), self.take(&inner, key.span(), value, flag)?);
        }
        Ok(taken)
    }

    /// Notes that a flag set a key: what was there before is gone.
    pub(super) fn set(&mut self, path: &str, text: &str) -> Result<Value, SpecError> {
        self.spots.retain(|key, _| {
            !key.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        });
        match DeValue::parse(text) {
            Ok(value) => self.take(path, 0..0, &value, Some(text)).map_err(|fault| self.out_of_range("--set", fault)),
            Err(_) => {
                self.spots.insert(path.into(), Spot::Flag(text.into()));
                Ok(Value::String(text.into()))
            }
        }
    }

    fn out_of_range(&self, file: &str, (key, fault): (String, decimal::Fault)) -> SpecError {
        let value = self.written(&key).unwrap_or_default().into();
        SpecError {
            file: file.into(),
            place: String::new(),
            key,
            value,
            problem: fault.to_string(),
            remedy: fault.remedy().into(),
        }
        .at(self)
    }
}

/// The key whose whole numbers go beyond those of TOML.
const SEED: &str = "experiment.seed";

/// A value, or the key of a number that f64 does not hold.
type Taken = Result<Value, (String, decimal::Fault)>;

impl Spot {
    fn is_flag(&self) -> bool {
        matches!(self, Spot::Flag(_))
    }
}

/// Reads a file's text.
pub(super) fn parse(text: &str, file: &str) -> Result<(Table, Places), SpecError> {
    let syntax = |place: String, problem: String, remedy: &str| SpecError {
        file: file.into(),
        place,
        key: String::new(),
        value: String::new(),
        problem,
        remedy: remedy.into(),
    };
    if let Some(byte) = text.match_indices('\r').map(|(i, _)| i).find(|i| text.as_bytes().get(i + 1) != Some(&b'\n')) {
        let line = text[..byte].matches('\n').count() + 1;
        let problem = "a line ends in CR alone".to_string();
        return Err(syntax(format!("line {line}"), problem, "save the file with line ends LF or CR LF"));
    }
    let parsed = DeTable::parse(text).map_err(|error| {
        let place = error.span().map_or(String::new(), |span| {
            let (line, column) = line_and_column(text, span.start);
            format!("line {line}, column {column}")
        });
        let problem = format!("is not TOML ({})", error.message().replace('\n', " "));
        syntax(place, problem, "correct the syntax of that line")
    })?;
    let mut places = Places { text: text.into(), spots: BTreeMap::new() };
    let table = places.take_table("", parsed.get_ref(), None).map_err(|fault| places.out_of_range(file, fault))?;
    Ok((table, places))
}

/// Line and column of a byte, both from 1, columns in characters.
fn line_and_column(text: &str, byte: usize) -> (usize, usize) {
    let before = text.get(..byte).unwrap_or(text);
    let start = before.rfind('\n').map_or(0, |i| i + 1);
    (before.matches('\n').count() + 1, before[start..].chars().count() + 1)
}
