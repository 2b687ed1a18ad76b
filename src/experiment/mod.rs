//! Experiments: from a file to runs that have ended.
//!
//! In comes an experiment file ([`spec`]); out go records of what its runs ended in. A [`plan`] is the grid of cells
//! with their runs, [`sampling`] decides how many where that is asked for, [`mod@run`] ties starts, backend and judge
//! together, a [`tally`] counts, and [`paired`] joins outcomes over the same draws.
//!
//! May import: all rooms down to `judge`.

pub mod cell;
pub mod grid;
pub mod paired;
pub mod plan;
pub mod record;
pub mod run;
pub mod sampling;
pub mod shard;
pub mod spec;
pub mod tally;
pub use cell::Cell;
pub use plan::Plan;
pub use record::Record;
pub use sampling::Sampling;
pub use shard::Shard;
pub use spec::{Spec, SpecError, naming};
pub use tally::Tally;
