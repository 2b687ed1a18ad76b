//! How far folders have come, many at once, while all of them are written, and what their runs have ended in so far.

use super::error::StoreError;
use super::manifest::{Manifest, State};
use super::parts::{self, PARTS};
use super::state::{own_spec, require};
use crate::experiment::shard::usual_number;
use crate::experiment::{Plan, Shard};
use crate::result::Results;
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
    #[serde(rename = "seconds_since_sign_of_life")]
    pub age: u64,
    /// Runs a second of the process that works there, once it has kept some; it is not known of one that has ended.
    #[serde(rename = "runs_per_second")]
    pub rate: Option<f64>,
    /// What computes them, or has computed them.
    pub backends: Vec<String>,
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
    // Whoever goes on in a folder writes the manifest, with the runs that there are.
    let began = written(&folder.join("manifest.json"));
    let newest = files.iter().filter_map(|path| written(path)).chain(began).max();
    let age = newest.and_then(|newest| SystemTime::now().duration_since(newest).ok()).unwrap_or_default();
    let state = match done {
        true => Doing::Done,
        false if age.as_secs_f64() > PATIENCE * spec.output.keep_every + GRACE => Doing::Stale,
        false => Doing::Running,
    };
    let took = newest.zip(began).and_then(|(newest, began)| newest.duration_since(began).ok()).unwrap_or_default();
    let more = runs.saturating_sub(manifest.runs);
    let rate = (state == Doing::Running && more > 0 && !took.is_zero()).then(|| more as f64 / took.as_secs_f64());
    let folder = folder.display().to_string();
    let backends = manifest.backends;
    Ok(Progress { folder, shard: manifest.shard, state, runs, of, age: age.as_secs(), rate, backends })
}

/// Most records that are read for what there is so far: of more, the tables are a matter for [`merge`](super::merge).
const MOST_RECORDS: usize = 1 << 17;

/// What the runs that are kept in some folders of one experiment have ended in so far, as far as it can be told which
/// they are: of the shards of the number that most folders have, or of the folder of the whole experiment that has
/// come farthest. `None` if they are too many to be read in passing, of different experiments, or none is kept yet.
///
/// # Errors
/// A folder is damaged.
pub fn so_far(all: &[Progress]) -> Result<Option<Results>, StoreError> {
    let number = |one: &Progress| one.shard.map_or(1, |shard| shard.of);
    let Some(of) = usual_number(all.iter().map(number)) else { return Ok(None) };
    let mut chosen: Vec<&Progress> = all.iter().filter(|one| number(one) == of && one.runs > 0).collect();
    chosen.sort_by_key(|one| (one.shard, std::cmp::Reverse(one.runs)));
    // Of one shard there may be copies.
    chosen.dedup_by_key(|one| one.shard);
    let mut sum: Option<Results> = None;
    for one in &chosen {
        let mut found = Results::read(Path::new(&one.folder))?;
        if found.plan.awaits_pilot() {
            continue;
        }
        if found.plan.cells.len() * chosen.len() > MOST_RECORDS {
            return Ok(None);
        }
        let Some(sum) = &mut sum else {
            found.shard = None;
            sum = Some(found);
            continue;
        };
        let same = |a: &Results, b: &Results| {
            let identity = |results: &Results| results.provenance.as_ref().map(|manifest| manifest.identity.clone());
            identity(a) == identity(b) && a.plan.cells.len() == b.plan.cells.len()
        };
        if !same(sum, &found) {
            return Ok(None);
        }
        sum.records.iter_mut().zip(found.records).for_each(|(all, more)| all.add(more));
        sum.set_aside.append(&mut found.set_aside);
    }
    Ok(sum)
}
