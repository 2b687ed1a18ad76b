//! Why a result folder cannot be used, in one line.

use crate::experiment::SpecError;
use crate::landscape::points::io_reason;
use std::path::Path;

/// Why a result folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A file or folder cannot be read or written.
    #[error("{path}: cannot be {action} ({reason}); {remedy}")]
    Io {
        /// Which.
        path: String,
        /// `created`, `read`, `written`, …
        action: &'static str,
        /// The system's reason.
        reason: String,
        /// What to do.
        remedy: &'static str,
    },
    /// The folder holds another experiment.
    #[error("{folder}: holds another experiment ({difference}); choose another folder with --out, or remove this one")]
    OtherExperiment {
        /// The folder.
        folder: String,
        /// The first key that differs, with both values.
        difference: String,
    },
    /// The folder holds a part of the experiment, which may grow.
    #[error(
        "{folder}: holds a smaller experiment ({difference}); add --extend to compute what is missing there, or choose \
         another folder with --out"
    )]
    SmallerExperiment {
        /// The folder.
        folder: String,
        /// The first key that differs, with both values.
        difference: String,
    },
    /// The folder was begun in another format.
    #[error(
        "{folder}: was begun in {there}, this would go on in {here}; add --precision {there}, or choose another \
         folder with --out"
    )]
    OtherPrecision {
        /// The folder.
        folder: String,
        /// Its format.
        there: String,
        /// This one's.
        here: String,
    },
    /// The folder is of another version of the result folders' format.
    #[error(
        "{folder}: was made by another version of spurious{program}: its format is {there}, this program reads and \
         writes format {here}; read it with that version, or run its spec.toml again into a new folder"
    )]
    OtherFormat {
        /// The folder.
        folder: String,
        /// Version of the program that made it, in parentheses; empty if it does not say.
        program: String,
        /// Version of its format.
        there: u64,
        /// Version of this program's.
        here: u32,
    },
    /// The folder is not a result folder.
    #[error("{folder}: is not a result folder ({reason}); {remedy}")]
    NotResults {
        /// The folder.
        folder: String,
        /// What is missing or in the way.
        reason: String,
        /// What to do.
        remedy: &'static str,
    },
    /// Another process works in the folder.
    #[error("{folder}: is in use by another process; wait for it to end, or choose another folder with --out")]
    InUse {
        /// The folder.
        folder: String,
    },
    /// A file is not what was written.
    #[error("{path}: is damaged ({reason}); {remedy}")]
    Damaged {
        /// The file.
        path: String,
        /// How that shows.
        reason: String,
        /// What to do.
        remedy: String,
    },
    /// The folder's own experiment file is wrong.
    #[error(transparent)]
    Spec(#[from] SpecError),
}

/// The error of an input or output operation.
pub(super) fn io(path: &Path, action: &'static str, remedy: &'static str) -> impl FnOnce(std::io::Error) -> StoreError {
    let path = path.display().to_string();
    move |error| StoreError::Io { path, action, reason: io_reason(&error), remedy }
}

/// A file is not what was written.
pub(super) fn damaged(path: &Path, reason: impl Into<String>, remedy: impl Into<String>) -> StoreError {
    StoreError::Damaged { path: path.display().to_string(), reason: reason.into(), remedy: remedy.into() }
}

pub(super) const CHECK_PERMISSIONS: &str = "check the path, its permissions and the free space";
