//! What an experiment found.

pub mod certificate;
pub mod folder;
pub mod tables;
