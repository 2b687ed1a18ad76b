//! Gradient descent: many runs at once, on CPU or GPU.

pub mod backend;
pub mod plane;
mod problem;
mod tile;
