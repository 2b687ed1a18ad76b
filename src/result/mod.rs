//! What an experiment found, for keeping.
//!
//! In come records, out go files: the [`folder`] with its state, the [`tables`] that are rendered from it, and
//! [`certificate`]s.
//!
//! May import: all rooms down to `experiment`.

pub mod certificate;
pub mod checkpoint;
pub mod conduct;
pub mod folder;
mod results;
pub mod tables;

pub use conduct::run;
pub use results::Results;
