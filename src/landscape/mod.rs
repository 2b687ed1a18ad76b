//! What a landscape is.

pub mod capability;
pub mod device;
pub mod endpoint;
pub mod form;
pub mod model;
pub mod objective;
pub mod parameter;
pub mod path;
pub mod points;
pub mod problem;
pub mod proof;
pub mod queue;
pub mod resting;
pub mod surface;
pub mod symmetry;
pub mod theorem;
pub mod theory;
