//! The landscapes, and the one list of them. In come the contracts of [`crate::landscape`] and [`crate::numerics`]; out go
//! [`Model`]s. How a landscape is added is told in CONTRIBUTING.md.

use crate::landscape::model::Model;

/// Declares the module of every model, and the list of them.
macro_rules! landscapes {
    ($($module:ident::$model:ident,)+) => {
        $(pub mod $module;)+

        /// Every model. The command line, the checks, the help and the tests walk this list.
        pub const MODELS: &[&dyn Model] = &[$(&$module::$model),+];
    };
}

landscapes! {
    cnn::Cnn,
    relu_sum::ReluSum,
    pooled_cnn::PooledCnn,
    quadratic::Quadratic,
    linear_residual::LinearResidual,
    wide_cnn::WideCnn,
}

/// The model of a given name.
pub fn find(name: &str) -> Option<&'static dyn Model> {
    MODELS.iter().copied().find(|m| m.name() == name)
}
