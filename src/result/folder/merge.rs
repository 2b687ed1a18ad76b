//! Shards joined to the experiment that they are of: every part of every shard, then the tables.
//!
//! Parts have the same bytes whoever computes them, so that joining is copying: a part that is there already is
//! compared with, and counts once. The folder that comes out is the one that a single process would have made.

use super::error::{CHECK_PERMISSIONS, StoreError, io};
use super::files::{has_manifest, write_with};
use super::identity::Identity;
use super::manifest::{Manifest, State};
use super::part::{self, CHECKPOINT, Fault};
use super::parts::{self, PARTS};
use super::state::{own_spec, require};
use super::{Folder, SetAside};
use crate::experiment::run;
use crate::experiment::{Plan, Record, Shard, Spec};
use crate::landscape::points::io_reason;
use crate::result::Results;
use crate::result::conduct::Keeper;
use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Folder of the shards, in the folder of the experiment.
pub const SHARDS: &str = "shards";

/// Why folders cannot be joined.
#[derive(Debug, thiserror::Error)]
pub enum MergeError {
    /// A folder cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is nothing to join.
    #[error("{folder}: holds neither shards nor results; name a folder that `spurious run --shard` filled")]
    Nothing {
        /// The folder.
        folder: String,
    },
    /// Two folders are of different experiments.
    #[error("{folder}: holds another experiment than {first} ({difference}); merge the shards of one experiment")]
    Other {
        /// The folder.
        folder: String,
        /// The first folder.
        first: String,
        /// What differs.
        difference: String,
    },
    /// The same runs have ended in different ways.
    #[error(
        "{part} and {other}: the same runs, with different results; one of the machines computes wrongly, or not with \
         this version: run `spurious check` on both shards, and compute these runs again on a third machine"
    )]
    Contradiction {
        /// A part.
        part: String,
        /// The other.
        other: String,
    },
    /// A part cannot be used.
    #[error("{part}: {reason}; run its shard again (the damaged part is set aside there and its runs are repeated)")]
    Damaged {
        /// Which.
        part: String,
        /// Why.
        reason: String,
    },
}

/// What is missing of an experiment after its shards were joined.
#[derive(Debug, Default)]
pub struct Missing {
    /// Runs that no shard has.
    pub runs: u64,
    /// Whether the pilot is not over in any of them.
    pub pilot: bool,
    /// The shards that they belong to, of the number of shards that most folders have; empty if there are none.
    pub shards: Vec<Shard>,
}

impl Missing {
    /// Whether nothing is.
    pub fn is_none(&self) -> bool {
        self.runs == 0 && !self.pilot
    }
}

/// A folder to be joined.
#[derive(Debug)]
struct Source {
    path: PathBuf,
    manifest: Manifest,
    spec: Spec,
}

/// The folders of results at and below some paths: each itself, or its shards.
///
/// # Errors
/// There are none at one of them.
pub fn sources(paths: &[PathBuf]) -> Result<Vec<PathBuf>, MergeError> {
    let mut all = Vec::new();
    for path in paths {
        let before = all.len();
        let shards = path.join(SHARDS);
        let at = if shards.is_dir() { &shards } else { path };
        if has_manifest(path)? && !shards.is_dir() {
            all.push(path.clone());
            continue;
        }
        for entry in fs::read_dir(at).map_err(io(at, "read", CHECK_PERMISSIONS))?.flatten() {
            let name = entry.file_name();
            // A shard that was killed before it had begun has no manifest yet.
            if Shard::of_folder(&name.to_string_lossy()).is_some() && has_manifest(&entry.path())? {
                all.push(entry.path());
            }
        }
        if all.len() == before {
            return Err(MergeError::Nothing { folder: path.display().to_string() });
        }
    }
    all.sort();
    all.dedup();
    Ok(all)
}

/// Joins folders of one experiment, shards or whole ones, in `out`. Whatever is missing, what is there is kept in
/// `out`, and more can be joined to it later. The results are those of all runs that are there; tables are written once
/// all are.
///
/// # Errors
/// The folders are of different experiments or versions, contradict each other, or are damaged; `out` cannot be
/// written.
pub fn merge(folders: &[PathBuf], out: &Path) -> Result<(Results, Missing), MergeError> {
    let sources: Vec<Source> = folders.iter().map(|path| Source::open(path)).collect::<Result<_, _>>()?;
    let Some(first) = sources.first() else {
        return Err(MergeError::Nothing { folder: out.display().to_string() });
    };
    for source in &sources[1..] {
        source.compare(first)?;
    }
    let manifest =
        sources[1..].iter().fold(first.manifest.clone().of_all(), |all, source| all.joined(&source.manifest));
    let (plan, shards) = (Plan::new(&first.spec).map_err(StoreError::from)?, shards(&sources));
    // Of all folders: they hold one experiment.
    let identity = Identity::of(&first.spec, &plan, &first.manifest.precision);
    let (folder, results) = Folder::open(out, &first.spec, plan.clone(), manifest.clone())?;
    if folder.is_complete() {
        return Ok((results, Missing::default()));
    }
    drop(folder);
    for source in sources.iter().filter(|source| source.path != out) {
        source.copy_parts(&out.join(PARTS), &plan, &identity)?;
    }
    // What has been copied is read as any other folder is.
    let (mut folder, mut results) = Folder::open(out, &first.spec, plan, manifest)?;
    if let Some(SetAside { path, reason, .. }) = folder.set_aside().first() {
        return Err(MergeError::Damaged { part: path.clone(), reason: reason.clone() });
    }
    let missing = missing(&results, folder.kept(), &shards);
    if missing.is_none() {
        folder.finish(&mut results)?;
    } else {
        folder.suspend()?;
        drop(folder);
        results = Results::read(out)?;
    }
    Ok((results, missing))
}

/// The shards of the number that most folders are cut into.
fn shards(sources: &[Source]) -> Vec<Shard> {
    let mut counts: BTreeMap<u64, usize> = BTreeMap::new();
    sources
        .iter()
        .filter_map(|source| source.manifest.shard)
        .for_each(|shard| *counts.entry(shard.of).or_default() += 1);
    let of = counts.into_iter().max_by_key(|(_, count)| *count).map_or(0, |(of, _)| of);
    (1..=of).map(|index| Shard { index, of }).collect()
}

/// What is missing of an experiment.
fn missing(results: &Results, kept: &[Record], shards: &[Shard]) -> Missing {
    if results.plan.awaits_pilot() {
        return Missing { runs: 0, pilot: true, shards: shards.to_vec() };
    }
    let todo = run::missing(&results.plan, kept);
    let runs = todo.iter().map(|(_, range)| range.end - range.start).sum();
    let of = shards.iter().filter(|shard| !shard.share(&results.plan, &todo).is_empty()).copied();
    Missing { runs, pilot: false, shards: if runs > 0 { of.collect() } else { Vec::new() } }
}

impl Source {
    fn open(path: &Path) -> Result<Self, MergeError> {
        require(path)?;
        let manifest = Manifest::read(path)?;
        let spec = own_spec(path, &manifest)?;
        Ok(Source { path: path.into(), manifest, spec })
    }

    /// Refuses another experiment than the first.
    fn compare(&self, first: &Source) -> Result<(), MergeError> {
        let difference = if self.manifest.precision != first.manifest.precision {
            Some(format!("{} there, {} here", first.manifest.precision, self.manifest.precision))
        } else {
            first.spec.difference(&self.spec)
        };
        let (folder, first) = (self.path.display().to_string(), first.path.display().to_string());
        difference.map_or(Ok(()), |difference| Err(MergeError::Other { folder, first, difference }))
    }

    /// Copies the parts into a folder: those of a finished one are made of its tables.
    fn copy_parts(&self, target: &Path, plan: &Plan, identity: &Identity) -> Result<(), MergeError> {
        if self.manifest.state == State::Complete {
            let results = Results::new(self.spec.clone(), plan.clone());
            super::extend::unfinish((&self.path, target), results, identity, &self.manifest)?;
            return Ok(());
        }
        for path in parts::files(&self.path.join(PARTS))? {
            let Some(name) = path.file_name().filter(|name| *name != CHECKPOINT) else { continue };
            let damaged = |reason: String| MergeError::Damaged { part: path.display().to_string(), reason };
            match part::read(&path, &identity.experiment) {
                Ok(_) => {}
                // A shard that is at work may have moved it.
                Err(Fault::Gone) => continue,
                Err(Fault::Bad(reason)) => return Err(damaged(reason)),
            }
            let bytes = fs::read(&path).map_err(|error| damaged(io_reason(&error)))?;
            let there = target.join(name);
            match fs::read(&there) {
                Ok(other) if other == bytes => {}
                Ok(_) => {
                    let (part, other) = (path.display().to_string(), there.display().to_string());
                    return Err(MergeError::Contradiction { part, other });
                }
                Err(_) => write_with(&there, false, |file| file.write_all(&bytes))?,
            }
        }
        Ok(())
    }
}
