//! What a landscape is.

pub mod conformance;
pub mod endpoint;
pub mod form;
pub mod model;
pub mod parameter;
pub mod path;
pub mod points;
pub mod proof;
pub mod queue;
pub mod resting;
pub mod surface;
pub mod symmetry;
pub mod theorem;
