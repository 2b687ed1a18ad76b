//! Results for people.
//!
//! In come results, out go a [`page`], [`figures`] and lines of [`progress`]; [`mod@figure`] draws.
//!
//! May import: all rooms down to `result`.

pub mod figure;
pub mod figures;
pub mod page;
pub mod progress;
