//! The landscapes, and the one list of them. In come the contracts of [`crate::landscape`] and [`crate::numerics`]; out
//! go [`Model`]s. How a landscape is added is told in CONTRIBUTING.md.

pub use file::LandscapeFile;

use crate::landscape::Model;
use std::sync::{PoisonError, RwLock};

/// Declares the module of every model, and the list of them.
macro_rules! landscapes {
    ($($module:ident::$model:ident,)+) => {
        $(pub mod $module;)+

        /// Every model. The command line, the checks, the help and the tests walk this list.
        pub const MODELS: &[&dyn Model] = &[$(&$module::$model),+];
    };
}

pub mod file;

landscapes! {
    cnn::Cnn,
    relu_sum::ReluSum,
    pooled_cnn::PooledCnn,
    quadratic::Quadratic,
    linear_residual::LinearResidual,
    wide_cnn::WideCnn,
    phase_retrieval::PhaseRetrieval,
}

/// Models of programs that use this crate.
static ADDED: RwLock<Vec<&'static dyn Model>> = RwLock::new(Vec::new());

/// Makes a model of one's own known by its name, to experiment files and result folders too, for as long as the program
/// runs. Its name should differ from all others: of two with the same name the first is found.
pub fn add(model: &'static dyn Model) {
    ADDED.write().unwrap_or_else(PoisonError::into_inner).push(model);
}

/// Every model that is known: [`MODELS`], then those that were [added](add).
pub fn all() -> Vec<&'static dyn Model> {
    let added = ADDED.read().unwrap_or_else(PoisonError::into_inner);
    MODELS.iter().chain(added.iter()).copied().collect()
}

/// The model of a given name.
pub fn find(name: &str) -> Option<&'static dyn Model> {
    all().into_iter().find(|m| m.name() == name)
}
