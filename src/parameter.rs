//! Parameters of models: what they are called and mean, which values they take, and the values of one cell.

use std::fmt;

/// Value of a parameter.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A whole number.
    Integer(i64),
    /// A real number.
    Real(f64),
    /// One of a parameter's choices.
    Choice(String),
}

impl fmt::Display for Value {
    /// Shortest text that reads back as the same value.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Integer(i) => write!(f, "{i}"),
            Value::Real(x) => write!(f, "{x}"),
            Value::Choice(text) => f.write_str(text),
        }
    }
}

/// What values a parameter takes.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// Whole numbers between two bounds, inclusive.
    Integer(i64, i64),
    /// Real numbers between two bounds, inclusive.
    Real(f64, f64),
    /// Real numbers greater than 0.
    Positive,
    /// One of these words.
    Choice(&'static [&'static str]),
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Kind::Integer(low, high) => write!(f, "a whole number from {low} to {high}"),
            Kind::Real(low, high) if high.is_infinite() => write!(f, "a number of at least {low}"),
            Kind::Real(low, high) => write!(f, "a number from {low} to {high}"),
            Kind::Positive => write!(f, "a number greater than 0"),
            Kind::Choice(words) => {
                write!(f, "one of \"{}\"", words.join("\", \""))
            }
        }
    }
}

impl Kind {
    /// Reads a value of this kind, or says nothing fits.
    pub fn accept(&self, value: &toml::Value) -> Option<Value> {
        match (self, value) {
            (Kind::Integer(low, high), toml::Value::Integer(i)) => {
                (low..=high).contains(&i).then_some(Value::Integer(*i))
            }
            (Kind::Real(..) | Kind::Positive, toml::Value::Integer(i)) => self.accept(&toml::Value::Float(*i as f64)),
            (Kind::Real(low, high), toml::Value::Float(x)) => {
                (x.is_finite() && (low..=high).contains(&x)).then_some(Value::Real(*x))
            }
            (Kind::Positive, toml::Value::Float(x)) => (x.is_finite() && *x > 0.0).then_some(Value::Real(*x)),
            (Kind::Choice(words), toml::Value::String(text)) => {
                words.contains(&text.as_str()).then(|| Value::Choice(text.clone()))
            }
            _ => None,
        }
    }
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
    /// Whether the value takes part in the seed of a cell's starts (see [`crate::seed`]).
    pub seeds: bool,
    /// Whether the heading of a table names it even at its default.
    pub heading: bool,
}

impl Parameter {
    /// The default. The texts are constants of the models; a test reads every one of them.
    pub fn default_value(&self) -> Value {
        format!("x = {}", self.default)
            .parse::<toml::Table>()
            .ok()
            .and_then(|table| self.kind.accept(table.get("x")?))
            .unwrap_or(Value::Real(f64::NAN))
    }
}

/// Values of a model's parameters for one cell, in the model's order.
#[derive(Clone, Debug, PartialEq)]
pub struct Values(pub Vec<(&'static str, Value)>);

impl Values {
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

    /// Value by name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|(n, _)| *n == name).map(|(_, v)| v)
    }
}
