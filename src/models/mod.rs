//! The landscapes, and the one list of them.

pub mod cnn;
pub mod linear_residual;
pub mod pooled_cnn;
pub mod quadratic;
pub mod relu_sum;
pub mod wide_cnn;

use crate::landscape::model::Model;

/// Every model. The command line, the checks, the help and the tests walk this list.
pub const MODELS: &[&dyn Model] = &[
    &cnn::Cnn,
    &relu_sum::ReluSum,
    &pooled_cnn::PooledCnn,
    &quadratic::Quadratic,
    &linear_residual::LinearResidual,
    &wide_cnn::WideCnn,
];

/// The model of a given name.
pub fn find(name: &str) -> Option<&'static dyn Model> {
    MODELS.iter().copied().find(|m| m.name() == name)
}
