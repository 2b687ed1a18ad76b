//! Parameters of models: what they are called and mean, which values they take, and the values of one cell.

use crate::landscape::{Invalid, Points, PointsError};
use crate::numerics::{decimal, text};
use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// Value of a parameter.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A whole number.
    Integer(i64),
    /// A whole number relative to another parameter: that one's name, and how much is added to its value. A cell holds
    /// the sum, see [`Values::resolve`].
    Above(&'static str, i64),
    /// A real number.
    Real(f64),
    /// One of a parameter's choices.
    Choice(String),
    /// Points from a file, or none.
    Points(Option<Points>),
}

impl Value {
    /// Text that stands for the value in [`Model::identity`](crate::landscape::model::Model::identity): for points
    /// their contents and not their path, for anything else the value as it is written.
    pub fn identity(&self) -> String {
        match self {
            Value::Points(Some(points)) => points.identity(),
            // Without an exponent, whatever tables write: this text seeds.
            Value::Real(x) => format!("{x}"),
            value => value.to_string(),
        }
    }
}

impl fmt::Display for Value {
    /// Shortest text that reads back as the same value; the path of points.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Integer(i) => write!(f, "{i}"),
            Value::Above(base, 0) => f.write_str(base),
            Value::Above(base, extra) => write!(f, "{base}{extra:+}"),
            Value::Real(x) => f.write_str(&text::number(*x)),
            Value::Choice(text) => f.write_str(text),
            Value::Points(points) => points.as_ref().map_or(Ok(()), |points| points.fmt(f)),
        }
    }
}

/// What values a parameter takes.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// Whole numbers between two bounds, inclusive.
    Integer(i64, i64),
    /// Whole numbers between two bounds, inclusive, written as they are or relative to another parameter.
    Relative {
        /// Name of that parameter, of kind [`Kind::Integer`].
        base: &'static str,
        /// Least value.
        low: i64,
        /// Greatest value.
        high: i64,
    },
    /// Real numbers between two bounds, inclusive.
    Real(f64, f64),
    /// Real numbers greater than 0.
    Positive,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// Points from a file, see [`crate::landscape::points`], or none.
    Points,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Kind::Integer(low, high) => write!(f, "a whole number from {low} to {high}"),
            Kind::Relative { base, low, high } => {
                write!(f, "a whole number from {low} to {high}, or \"{base}\", \"{base}+1\", …")
            }
            Kind::Real(low, high) if high.is_infinite() => write!(f, "a number of at least {low}"),
            Kind::Real(low, high) => write!(f, "a number from {low} to {high}"),
            Kind::Positive => write!(f, "a number greater than 0"),
            Kind::Choice(words) => {
                write!(f, "one of \"{}\"", words.join("\", \""))
            }
            Kind::Points => write!(f, "the path of a CSV file of points (point,x0,x1,…), or \"\" for none"),
        }
    }
}

impl Kind {
    /// Reads a value of this kind, or says nothing fits. Points are looked for in the current folder; a file of points
    /// that cannot be read does not fit, and [`Kind::load`] says why.
    pub fn accept(&self, value: &toml::Value) -> Option<Value> {
        self.load(value, Path::new("")).ok()?
    }

    /// Reads a value of this kind; `None` if nothing fits. A relative path of points starts from `folder`.
    ///
    /// # Errors
    /// A file of points cannot be read or is malformed.
    pub fn load(&self, value: &toml::Value, folder: &Path) -> Result<Option<Value>, PointsError> {
        Ok(match (self, value) {
            (
                Kind::Integer(low, high) | Kind::Relative { low, high, .. },
                toml::Value::Integer(_) | toml::Value::Float(_),
            ) => whole(value).filter(|i| (low..=high).contains(&i)).map(Value::Integer),
            (Kind::Relative { base, .. }, toml::Value::String(text)) => relative(base, text),
            (Kind::Real(low, high), value) => number(value).filter(|x| (low..=high).contains(&x)).map(Value::Real),
            (Kind::Positive, value) => number(value).filter(|x| *x > 0.0).map(Value::Real),
            (Kind::Choice(words), toml::Value::String(text)) => {
                words.contains(&text.as_str()).then(|| Value::Choice(text.clone()))
            }
            (Kind::Points, toml::Value::String(path)) if path.is_empty() => Some(Value::Points(None)),
            (Kind::Points, toml::Value::String(path)) => Some(Value::Points(Some(Points::read(path, folder)?))),
            _ => None,
        })
    }
}

/// A finite TOML number, whole or not.
pub(crate) fn number(value: &toml::Value) -> Option<f64> {
    match value {
        toml::Value::Integer(i) => Some(*i as f64),
        toml::Value::Float(x) => Some(*x).filter(|x| x.is_finite()),
        _ => None,
    }
}

/// A whole TOML number in any notation: `100`, `1e2`.
fn whole(value: &toml::Value) -> Option<i64> {
    match value {
        toml::Value::Integer(i) => Some(*i),
        toml::Value::Float(x) => {
            let size = decimal::whole(x.abs())? as i64;
            Some(if *x < 0.0 { -size } else { size })
        }
        _ => None,
    }
}

/// Reads `base`, `base+1`, `base-1`, …
fn relative(base: &'static str, text: &str) -> Option<Value> {
    let rest = text.trim().strip_prefix(base)?.trim_start();
    if rest.is_empty() {
        return Some(Value::Above(base, 0));
    }
    let (sign, digits) = match rest.strip_prefix('+') {
        Some(digits) => (1, digits),
        None => (-1, rest.strip_prefix('-')?),
    };
    // Without the check a second sign would be read.
    let digits = digits.trim_start();
    let extra: i64 = digits.parse().ok().filter(|_| digits.starts_with(|c: char| c.is_ascii_digit()))?;
    Some(Value::Above(base, sign * extra))
}

/// One parameter of a model.
#[derive(Clone, Copy, Debug)]
pub struct Parameter {
    /// Name in specs, tables and help.
    pub name: &'static str,
    /// Symbol in the formulas.
    pub symbol: &'static str,
    /// Meaning, one sentence.
    pub about: &'static str,
    /// Values it takes.
    pub kind: Kind,
    /// Value when the spec does not name it, written as in TOML.
    pub default: &'static str,
    /// Whether the value takes part in the seed of a cell's starts (see [`crate::numerics::seed`]).
    pub seeds: bool,
    /// Whether the heading of a table names it even at its default.
    pub heading: bool,
}

impl Parameter {
    /// A parameter whose value takes part in the seed of a cell's starts: where it differs, starts are drawn anew. It
    /// still wants to be told what it is [`about`](Parameter::about).
    pub const fn seeding(name: &'static str, symbol: &'static str, kind: Kind, default: &'static str) -> Self {
        Parameter { name, symbol, about: "", kind, default, seeds: true, heading: false }
    }

    /// The same of a parameter that does not: cells that differ only in its value start alike.
    pub const fn sharing(name: &'static str, symbol: &'static str, kind: Kind, default: &'static str) -> Self {
        Parameter { seeds: false, ..Self::seeding(name, symbol, kind, default) }
    }

    /// The same with its meaning.
    pub const fn about(self, about: &'static str) -> Self {
        Parameter { about, ..self }
    }

    /// The same, named by the heading of a table even at its default.
    pub const fn heading(self) -> Self {
        Parameter { heading: true, ..self }
    }

    /// The default, as it is written. The texts are constants of the models; a test reads every one of them.
    pub fn default_value(&self) -> Value {
        self.plain_default().unwrap_or_else(|| {
            format!("x = {}", self.default)
                .parse::<toml::Table>()
                .ok()
                .and_then(|table| self.kind.accept(table.get("x")?))
                .unwrap_or(Value::Real(f64::NAN))
        })
    }

    /// The same of a number or a word, without TOML: the default is asked for in every cell of a grid.
    fn plain_default(&self) -> Option<Value> {
        let is_word = |text: &&str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        match self.kind {
            Kind::Integer(low, high) => {
                self.default.parse().ok().filter(|i| (low..=high).contains(i)).map(Value::Integer)
            }
            Kind::Real(low, high) => self.default.parse().ok().filter(|x| (low..=high).contains(x)).map(Value::Real),
            Kind::Positive => {
                self.default.parse().ok().filter(|x| (0.0..=f64::MAX).contains(x) && *x > 0.0).map(Value::Real)
            }
            Kind::Choice(words) => {
                let word = self.default_word().filter(is_word)?;
                words.contains(&word).then(|| Value::Choice(word.into()))
            }
            Kind::Points if self.default == "\"\"" => Some(Value::Points(None)),
            Kind::Points | Kind::Relative { .. } => None,
        }
    }

    /// Whether a cell's value is the default, which may be relative to another value of the cell.
    pub fn is_default(&self, values: &Values) -> bool {
        match values.get(self.name) {
            None => false,
            Some(Value::Choice(text)) => self.default_word().is_some_and(|word| word == text),
            Some(value @ Value::Above(..)) => values.absolute(value) == values.absolute(&self.default_value()),
            Some(value) => *value == values.absolute(&self.default_value()),
        }
    }

    /// The default of a choice.
    fn default_word(&self) -> Option<&'static str> {
        self.default.strip_prefix('"')?.strip_suffix('"')
    }

    /// Whether the line below a title names the value: sizes of the landscape, and whatever is not as usual.
    pub fn is_told(&self, values: &Values) -> bool {
        let sizes = matches!(self.kind, Kind::Integer(..) | Kind::Real(..)) && !self.symbol.is_empty();
        self.heading || sizes && self.seeds || !self.is_default(values)
    }
}

/// Values of a model's parameters for one cell, in the model's order.
///
/// Cells of a grid share the list of the values that they have in common; each holds only those that are its own. A
/// clone shares both.
#[derive(Clone)]
pub struct Values {
    common: Arc<[(&'static str, Value)]>,
    /// Places in the list and the values that stand there instead.
    own: Arc<[(usize, Value)]>,
}

impl Values {
    /// These values, with their names.
    pub fn new(values: Vec<(&'static str, Value)>) -> Self {
        Values { common: values.into(), own: Arc::default() }
    }

    /// The same with other values in some places.
    #[must_use]
    pub fn with(&self, own: Vec<(usize, Value)>) -> Self {
        let kept = self.own.iter().filter(|(place, _)| !own.iter().any(|(other, _)| other == place));
        let own = kept.cloned().chain(own.iter().cloned()).collect();
        Values { common: self.common.clone(), own }
    }

    /// Names and values, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &Value)> {
        self.common.iter().enumerate().map(|(place, (name, value))| (*name, self.own(place).unwrap_or(value)))
    }

    /// The value that stands in a place instead of the common one.
    fn own(&self, place: usize) -> Option<&Value> {
        self.own.iter().find(|(other, _)| *other == place).map(|(_, value)| value)
    }

    /// Changes some values: `change` says by what one is replaced.
    pub fn replace(&mut self, change: impl Fn(&Value) -> Option<Value>) {
        let own: Vec<(usize, Value)> =
            self.iter().enumerate().filter_map(|(place, (_, value))| Some((place, change(value)?))).collect();
        if !own.is_empty() {
            *self = self.with(own);
        }
    }

    /// Puts whole numbers in the place of those that are relative to another value.
    ///
    /// # Errors
    /// The number is outside the bounds that `parameters` say for it.
    pub fn resolve(&mut self, parameters: &[Parameter]) -> Result<(), Invalid> {
        for place in 0..self.common.len() {
            let (name, common) = &self.common[place];
            let value = self.own(place).unwrap_or(common);
            let Value::Above(base, _) = value else { continue };
            let kind = parameters.iter().find(|p| p.name == *name).map(|p| p.kind);
            let (low, high) = match kind {
                Some(Kind::Relative { low, high, .. } | Kind::Integer(low, high)) => (low, high),
                _ => (i64::MIN, i64::MAX),
            };
            let absolute = self.absolute(value);
            let Value::Integer(number) = absolute else {
                return Err(Invalid {
                    key: format!("params.{name}"),
                    value: value.to_string(),
                    problem: format!(
                        "is no whole number at {base} = {}",
                        self.get(base).map_or("?".into(), Value::to_string)
                    ),
                    remedy: "write a whole number".into(),
                });
            };
            if !(low..=high).contains(&number) {
                let size = if number > high { "smaller" } else { "larger" };
                return Err(Invalid {
                    key: format!("params.{name}"),
                    value: format!("{value} = {number}"),
                    problem: format!("is not a whole number from {low} to {high}"),
                    remedy: format!("choose a {size} {name}, or a {size} {base}"),
                });
            }
            *self = self.with(vec![(place, absolute)]);
        }
        Ok(())
    }

    /// A value, with the number in its place if it is relative to one of these values.
    pub fn absolute(&self, value: &Value) -> Value {
        match value {
            Value::Above(base, extra) => match self.get(base) {
                Some(Value::Integer(i)) => i.checked_add(*extra).map_or_else(|| value.clone(), Value::Integer),
                _ => value.clone(),
            },
            value => value.clone(),
        }
    }

    /// Value of a whole-number parameter; 0 if the model has none of that name.
    pub fn integer(&self, name: &str) -> i64 {
        match self.get(name) {
            Some(Value::Integer(i)) => *i,
            _ => 0,
        }
    }

    /// Value of a real parameter; NaN if the model has none of that name.
    pub fn real(&self, name: &str) -> f64 {
        match self.get(name) {
            Some(Value::Real(x)) => *x,
            Some(Value::Integer(i)) => *i as f64,
            _ => f64::NAN,
        }
    }

    /// Value of a choice; empty if the model has none of that name.
    pub fn choice(&self, name: &str) -> &str {
        match self.get(name) {
            Some(Value::Choice(text)) => text,
            _ => "",
        }
    }

    /// Points of a parameter; `None` if it has none, or the model has no parameter of that name.
    pub fn points(&self, name: &str) -> Option<&Points> {
        match self.get(name) {
            Some(Value::Points(points)) => points.as_ref(),
            _ => None,
        }
    }

    /// Value by name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        let place = self.common.iter().position(|(known, _)| *known == name)?;
        Some(self.own(place).unwrap_or(&self.common[place].1))
    }
}

impl PartialEq for Values {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl fmt::Debug for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}
