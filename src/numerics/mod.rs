//! Numbers and nothing else.

pub mod arc_cosine;
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
pub mod vector;
