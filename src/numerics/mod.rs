//! Numbers: the bottom of the house.
//!
//! In come numbers, out go numbers. Number types ([`real`]), elementary functions and the arc cosine, linear algebra,
//! random numbers and the laws of starts, confidence intervals, enclosures for proofs. Nothing here knows what a
//! landscape is.
//!
//! May import: no other room.

pub mod arc_cosine;
pub(crate) mod blocks;
pub(crate) mod checksum;
pub mod chi_square;
pub mod decimal;
pub(crate) mod dense;
pub mod elementary;
pub mod enclosure;
pub(crate) mod fnv;
pub(crate) mod hexadecimal;
pub mod interval;
pub mod normal;
pub mod random;
pub mod real;
pub mod seed;
pub mod start_law;
pub mod text;
pub mod vector;

pub use enclosure::Enclosure;
pub use interval::{Interval, Method};
pub use real::{Precision, Real};
pub use seed::{CellSeed, Draws, Streams};
pub use start_law::StartLaw;
