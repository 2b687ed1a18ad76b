//! What was found: the results, the folder, the tables, the certificates.

pub mod certificate;
pub mod conduct;
pub mod folder;
mod results;
pub mod tables;

pub use conduct::run;
pub use results::Results;
