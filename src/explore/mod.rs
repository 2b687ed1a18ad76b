//! Single runs, planes of starts and speed.

pub mod bench;
pub mod map;
pub mod stepper;
pub mod trace;
