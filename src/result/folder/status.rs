//! How far a folder has come, without reading what its runs have ended in: for many folders at once, while all of them
//! are written.

use super::error::StoreError;
use super::manifest::{Manifest, State};
use super::parts::{self, PARTS};
use super::state::{own_spec, require};
use crate::experiment::{Plan, Shard};
use serde::Serialize;
use std::fs;
use std::path::Path;
use std::time::SystemTime;

/// A folder without a sign of life for so many times the pause between two parts, and some seconds more, is stale.
const PATIENCE: f64 = 3.0;
/// The seconds more.
const GRACE: f64 = 30.0;

/// What a folder is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Doing {
    /// All its runs are done.
    Done,
    /// A process works in it, as far as one can see.
    Running,
    /// Runs are missing, and nothing has been written for long: its process has ended or hangs.
    Stale,
}

impl Doing {
    /// Name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Doing::Done => "done",
            Doing::Running => "running",
            Doing::Stale => "stale",
        }
    }
}

/// How far a folder has come.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Progress {
    /// The folder.
    pub folder: String,
    /// The shard that it is for.
    pub shard: Option<Shard>,
    /// What it is doing.
    pub state: Doing,
    /// Runs that are kept, by what the parts say of themselves.
    pub runs: u64,
    /// Of so many; of most so many, while a pilot is to decide.
    pub of: u64,
    /// Seconds since something was written.
    pub age: u64,
}

/// How far a folder has come. Nothing in it is waited for, and nothing is changed.
///
/// # Errors
/// It holds no results, or its manifest or experiment is damaged.
pub fn progress(folder: &Path) -> Result<Progress, StoreError> {
    require(folder)?;
    let manifest = Manifest::read(folder)?;
    let spec = own_spec(folder, &manifest)?;
    let plan = Plan::new(&spec)?;
    let of = manifest.shard.map_or_else(|| plan.runs(), |shard| shard.size(&plan));
    let done = manifest.state != State::Running;
    let files = parts::files(&folder.join(PARTS)).unwrap_or_default();
    let runs = if done { manifest.runs } else { files.iter().map(|path| parts::runs_in(path)).sum() };
    let written = |path: &Path| fs::metadata(path).and_then(|data| data.modified()).ok();
    let newest = files.iter().filter_map(|path| written(path)).chain(written(&folder.join("manifest.json"))).max();
    let age = newest.and_then(|newest| SystemTime::now().duration_since(newest).ok()).unwrap_or_default();
    let state = match done {
        true => Doing::Done,
        false if age.as_secs_f64() > PATIENCE * spec.output.keep_every + GRACE => Doing::Stale,
        false => Doing::Running,
    };
    Ok(Progress { folder: folder.display().to_string(), shard: manifest.shard, state, runs, of, age: age.as_secs() })
}
