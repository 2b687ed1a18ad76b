//! Gradient descent: many runs at once, on CPU or GPU.

pub mod backend;
mod compute;
pub mod plane;
pub mod starts;
mod tile;
