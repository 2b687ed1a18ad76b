//! Results for people.

pub mod figure;
pub mod figures;
pub mod page;
pub mod progress;
