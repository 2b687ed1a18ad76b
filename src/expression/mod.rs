//! Expressions: a loss as a graph of scalar operations, its derivatives, and what computes it.
//!
//! In come operations, one by one ([`graph`]) or recorded from generic Rust text ([`mod@record`]). Out go derivatives
//! as nodes of the same graph ([`derivative`]), and evaluators: a register-allocated [`program`] over any number type,
//! [`wgsl`] text for a device, and for proofs enclosures ([`enclose`]) and [`smoothness`]. Certificates hold a graph as
//! [`mod@text`].
//!
//! # One text, one graph
//! Nothing here depends on addresses, hashes or time: the same operations in the same order give the same nodes, the
//! same program and the same text on every machine.
//!
//! # Elementary functions
//! For differentiation and for enclosures an elementary function is a node of its own: its derivative and its range are
//! those of the function itself. For a program it is *lowered* to plain operations of a format ([`lower`]): those of
//! the generic text in [`crate::numerics::elementary`], so that host and device compute the same polynomial.
//!
//! May import: `numerics`.

pub mod derivative;
pub mod enclose;
pub mod error;
pub mod graph;
pub mod lower;
pub mod program;
pub mod record;
pub mod smoothness;
pub mod text;
pub mod wgsl;

pub use crate::numerics::elementary::Function;
pub use error::ExpressionError;
pub use graph::{Graph, Node, Operation, Truth};
pub use program::{Program, Programs, Single, Tile};
pub use record::{Recorded, Recording, record};
pub use text::{Text, TextError};
