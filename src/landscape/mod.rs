//! What a landscape is: the contracts that models fulfil and that everything else relies on.
//!
//! In come numbers; out go traits and plain data. A [`model`] with its [`parameter`]s builds a [`problem`] for given
//! values: a core and [`capability`]s. Its mathematics is a [`form`] over a [`surface`], or follows from an
//! [`objective`]. An [`endpoint`] is where a run stopped, a [`theorem`] speaks of starts, a [`path`] of steps, a
//! [`proof`] of critical points.
//!
//! May import: `numerics`.

pub mod capability;
pub mod conformance;
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
