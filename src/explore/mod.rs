//! Single runs, planes of starts and speed.
//!
//! In comes a cell; out go the path of one run ([`stepper`], [`trace`]), a [`map`] of where runs end, or how fast they
//! are ([`mod@bench`]).
//!
//! May import: all rooms down to `show`.

pub mod bench;
pub mod map;
pub mod stepper;
pub mod trace;
