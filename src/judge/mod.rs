//! What an endpoint is.

pub mod classify;
pub mod family;
pub mod refine;
