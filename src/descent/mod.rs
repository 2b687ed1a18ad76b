//! Gradient descent: many runs at once, on CPU or GPU.
//!
//! In come problems and the seeds of their starts; out go endpoints. [`starts`] are drawn in blocks or laid out in a
//! [`plane`]; a [`backend`] takes a batch of them. Every form is computed here with the vectors that the processor has.
//! Nothing here knows what an outcome means.
//!
//! May import: `numerics`, `landscape`, `models`; of these it needs no model.

pub mod backend;
mod engine;
pub mod plane;
pub mod starts;
mod tile;
