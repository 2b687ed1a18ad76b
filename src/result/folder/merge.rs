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
use crate::experiment::shard::usual_number;
use crate::experiment::{Plan, Record, Shard, Spec};
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
    /// Two folders were computed in different formats of the arithmetic.
    #[error(
        "{folder}: was computed in {here}, {first} in {there}; rounding decides how a run ends that starts at the edge \
         of a basin, so these are not the results of one machine: `spurious merge --mixed` joins them all the same, \
         and every table says so"
    )]
    OtherPrecision {
        /// The folder.
        folder: String,
        /// Its format.
        here: String,
        /// The first folder.
        first: String,
        /// The format there.
        there: String,
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
/// all are. Folders in different formats of the arithmetic are joined if they may be `mixed`; every table then has a
/// column that says so.
///
/// # Errors
/// The folders are of different experiments or versions, contradict each other, or are damaged; `out` cannot be
/// written.
pub fn merge(folders: &[PathBuf], out: &Path, mixed: bool) -> Result<(Results, Missing), MergeError> {
    let sources: Vec<Source> = folders.iter().map(|path| Source::open(path)).collect::<Result<_, _>>()?;
    let Some(first) = sources.first() else {
        return Err(MergeError::Nothing { folder: out.display().to_string() });
    };
    for source in &sources[1..] {
        source.compare(first, mixed)?;
    }
    let manifest =
        sources[1..].iter().fold(first.manifest.clone().of_all(), |all, source| all.joined(&source.manifest));
    let (mut plan, shards) = (Plan::new(&first.spec).map_err(StoreError::from)?, shards(&sources));
    plan.formats = manifest.formats();
    // Folders of one format hold one experiment.
    let mut identities: BTreeMap<&str, Identity> = BTreeMap::new();
    for precision in sources.iter().map(|source| source.manifest.precision.as_str()).chain([&*manifest.precision]) {
        identities.entry(precision).or_insert_with(|| Identity::of(&first.spec, &plan, precision));
    }
    let (folder, results) = Folder::open(out, &first.spec, plan.clone(), manifest.clone())?;
    if folder.is_complete() {
        return Ok((results, Missing::default()));
    }
    drop(folder);
    for source in sources.iter().filter(|source| source.path != out) {
        let of = |precision: &str| &identities[precision];
        source.copy_parts(&out.join(PARTS), &plan, (of(&source.manifest.precision), of(&manifest.precision)))?;
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
    let of = usual_number(sources.iter().filter_map(|source| source.manifest.shard).map(|shard| shard.of)).unwrap_or(0);
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

    /// Refuses another experiment than the first, and another format of the arithmetic unless they may be mixed.
    fn compare(&self, other: &Source, mixed: bool) -> Result<(), MergeError> {
        let (folder, first) = (self.path.display().to_string(), other.path.display().to_string());
        if let Some(difference) = other.spec.difference(&self.spec) {
            return Err(MergeError::Other { folder, first, difference });
        }
        let (here, there) = (self.manifest.precision.clone(), other.manifest.precision.clone());
        if here == there || mixed { Ok(()) } else { Err(MergeError::OtherPrecision { folder, here, first, there }) }
    }

    /// Copies the parts into a folder, for the identity that they have here as those of another: parts of a finished
    /// folder are made of its tables.
    fn copy_parts(&self, target: &Path, plan: &Plan, (own, joined): (&Identity, &Identity)) -> Result<(), MergeError> {
        if self.manifest.state == State::Complete {
            let results = Results::new(self.spec.clone(), plan.clone());
            super::extend::unfinish((&self.path, target), results, joined, &self.manifest)?;
            return Ok(());
        }
        for path in parts::files(&self.path.join(PARTS))? {
            let Some(name) = path.file_name().filter(|name| *name != CHECKPOINT) else { continue };
            let damaged = |reason: String| MergeError::Damaged { part: path.display().to_string(), reason };
            let (part, mut bytes) = match part::load(&path, &own.experiment) {
                Ok(loaded) => loaded,
                // A shard that is at work may have moved it.
                Err(Fault::Gone) => continue,
                Err(Fault::Bad(reason)) => return Err(damaged(reason)),
            };
            let mut name = name.to_os_string();
            if own.experiment != joined.experiment {
                let renamed = part.for_another(&bytes, &joined.experiment, |key| Some(joined.key(own.cell(key)?)));
                let (of_joined, text) = renamed.ok_or_else(|| damaged(parts::NO_SUCH_CELL.into()))?;
                (name, bytes) = (of_joined.into(), text);
            }
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
