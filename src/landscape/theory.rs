//! What theory says of a cell, as numbers.

/// A number that theory predicts for a cell.
#[derive(Clone, Debug, PartialEq)]
pub struct Prediction {
    /// Name in tables.
    pub name: &'static str,
    /// The number; `None` where the theory has none for this cell.
    pub value: Option<f64>,
    /// Meaning, one sentence.
    pub about: &'static str,
    /// Whether tables show it beside the estimate: a success probability, or what success depends on.
    pub beside_estimate: bool,
    /// Whether it is the probability of global, exactly or in a limit: figures draw it over the estimate.
    pub is_success: bool,
    /// The parameter whose critical value it is: figures draw it as a boundary.
    pub boundary: Option<&'static str>,
}

impl Prediction {
    /// A number that only `cells.csv` shows.
    pub fn new(name: &'static str, value: Option<f64>, about: &'static str) -> Self {
        Prediction { name, value, about, beside_estimate: false, is_success: false, boundary: None }
    }

    /// A probability of global, which tables and figures show beside the estimate.
    pub fn success(name: &'static str, value: Option<f64>, about: &'static str) -> Self {
        Prediction { beside_estimate: true, is_success: true, ..Prediction::new(name, value, about) }
    }

    /// The same number as the value of a parameter at which the landscape changes.
    #[must_use]
    pub fn critical(self, parameter: &'static str) -> Self {
        Prediction { boundary: Some(parameter), ..self }
    }
}
