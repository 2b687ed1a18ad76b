//! What is wrong with a written landscape, as a model says it of a value.

use crate::expression::ExpressionError;
use crate::landscape::Invalid;

/// A part of a landscape that is refused.
pub(super) fn refused(key: impl Into<String>, problem: impl Into<String>, remedy: impl Into<String>) -> Invalid {
    Invalid { key: key.into(), value: String::new(), problem: problem.into(), remedy: remedy.into() }
}

/// An expression that is refused, of a part of a landscape.
pub(super) fn of_expression(key: impl Into<String>, error: &ExpressionError) -> Invalid {
    let text = error.to_string();
    let (problem, remedy) = text.split_once("; ").unwrap_or((&text, "write another expression"));
    refused(key, problem, remedy)
}
