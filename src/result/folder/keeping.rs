//! What an experiment finds, kept in its folder: what has ended becomes a part every few seconds, and all of it the
//! tables in the end.

use super::error::{CHECK_PERMISSIONS, StoreError, io};
use super::files::{sync_file, sync_folder, write_through};
use super::manifest::State;
use super::part::{self, CHECKPOINT, Kind};
use super::parts::{self, PARTS, Parts, remove_parts};
use super::state::{self, Pilot};
use super::{Folder, SPEC, details, pilot};
use crate::experiment::run::Stage;
use crate::experiment::{Record, Tally};
use crate::result::conduct::Keeper;
use crate::result::{Results, tables};
use std::fs;
use std::time::{Duration, Instant};

/// About how many bytes may wait before they become a part, whatever the time.
pub(super) const MOST_WAITING: usize = 64 << 20;

/// What has ended and is not kept yet.
#[derive(Debug)]
pub(super) struct Waiting {
    records: Vec<Record>,
    stages: Vec<Stage>,
    /// About how many bytes they take in a part.
    bytes: usize,
    since: Instant,
    every: Duration,
    /// Whether the files that were there before the first part are on the disk too.
    begun: bool,
}

impl Waiting {
    /// Nothing; it becomes a part so often.
    pub(super) fn new(every: Duration) -> Self {
        let (records, stages) = (Vec::new(), Vec::new());
        Waiting { records, stages, bytes: 0, since: Instant::now(), every, begun: false }
    }

    fn is_due(&self) -> bool {
        self.bytes >= MOST_WAITING || self.since.elapsed() >= self.every
    }
}

/// About how many bytes a record takes in a part.
fn size(record: &Record) -> usize {
    let numbers: usize = record.families.all().iter().map(|f| f.point.len() + f.spectrum.len() + 8).sum();
    400 + 20 * (numbers + record.states.len()) + 80 * record.ends.len() + record.outcomes.len()
}

impl Folder {
    /// Makes a part of everything that waits, on the disk when this returns.
    fn keep(&mut self) -> Result<(), StoreError> {
        let parts = self.path.join(PARTS);
        let Waiting { records, stages, bytes, since, begun, .. } = &mut self.waiting;
        if records.is_empty() && stages.is_empty() {
            *since = Instant::now();
            return Ok(());
        }
        if !*begun {
            let mut known = self.manifest.files.keys().map(String::as_str).chain(["manifest.json"]);
            known.try_for_each(|name| sync_file(&self.path.join(name)))?;
            sync_folder(&self.path).map_err(io(&self.path, "written", CHECK_PERMISSIONS))?;
            *begun = true;
        }
        if !stages.is_empty() {
            stages.sort_by_key(|stage| (stage.cell, stage.runs.start));
            pilot::write_stages(&parts, &self.identity, stages)?;
            stages.clear();
        }
        if !records.is_empty() {
            records.sort_by_key(|record| (record.cell, record.runs.start));
            self.parts.append(parts::write_records(&parts, &self.identity, records)?);
            *records = Vec::new();
        }
        (*bytes, *since) = (0, Instant::now());
        Ok(())
    }

    /// Notes the runs that are kept in the manifest.
    pub(super) fn note_done(&mut self) {
        self.manifest.pause(self.parts.records.iter().map(|part| &part.tally).sum());
    }

    /// Keeps the parts of a shard, which [`merge`] joins to others.
    fn finish_shard(&mut self, results: &mut Results) -> Result<(), StoreError> {
        self.keep()?;
        self.parts.arrange(&results.plan);
        results.records = state::of_cells(self.parts.records.clone(), results.plan.cells.len());
        if self.details.outcomes {
            results.groups = details::join_outcomes(&self.parts, &results.plan)?;
        }
        self.manifest.pause(results.tally());
        self.manifest.state = State::Kept;
        self.manifest.write(&self.path)?;
        // Nothing is under way any more; a leftover does no harm.
        let _ = fs::remove_file(self.path.join(PARTS).join(CHECKPOINT));
        results.provenance = Some(self.manifest.clone());
        Ok(())
    }
}

impl Keeper for Folder {
    fn kept(&self) -> &[Record] {
        &self.parts.records
    }

    /// Collects consecutive runs of a cell, and makes a part of what has come in once it is time.
    fn add(&mut self, wave: Vec<Record>) -> Result<(), StoreError> {
        for record in wave {
            self.waiting.bytes += size(&record);
            match self.waiting.records.last_mut().filter(|last| last.precedes(&record)) {
                Some(last) => last.add(record),
                None => self.waiting.records.push(record),
            }
        }
        if self.waiting.is_due() { self.keep() } else { Ok(()) }
    }

    fn add_stage(&mut self, stage: &Stage) -> Result<(), StoreError> {
        self.waiting.bytes += size(&Record::default());
        self.waiting.stages.push(stage.clone());
        if self.waiting.is_due() { self.keep() } else { Ok(()) }
    }

    fn decide(&mut self, results: &Results) -> Result<(), StoreError> {
        self.keep()?;
        pilot::write_pilot(&self.path.join(PARTS), &self.identity, &Pilot::of(results))?;
        // Runs may be there already, where the decision has been lost.
        self.parts.arrange(&results.plan);
        Ok(())
    }

    fn checkpoint(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        self.keep()?;
        let bodies = [bytes, b"", b"", b""];
        part::write(&self.path.join(PARTS), &self.identity.experiment, Kind::Checkpoint, Vec::new(), bodies).map(|_| ())
    }

    fn take_checkpoint(&mut self) -> Option<Vec<u8>> {
        let parts = self.path.join(PARTS);
        parts::read_checkpoint(&parts, &self.identity).unwrap_or_else(|reason| {
            // What cannot be moved is replaced by the next one.
            self.set_aside.extend(parts::set_aside(&parts.join(CHECKPOINT), reason));
            None
        })
    }

    fn every(&self) -> Option<Duration> {
        (!self.waiting.every.is_zero()).then_some(self.waiting.every)
    }

    fn suspend(&mut self) -> Result<(), StoreError> {
        self.keep()?;
        self.note_done();
        self.manifest.write(&self.path)
    }

    fn finish(&mut self, results: &mut Results) -> Result<(), StoreError> {
        if self.manifest.shard.is_some() {
            return self.finish_shard(results);
        }
        if self.details.runs || self.details.endpoints || self.details.outcomes {
            // The tables of single runs are joined from parts.
            self.keep()?;
        }
        self.parts.append(Parts::of_records(std::mem::take(&mut self.waiting.records)));
        self.parts.arrange(&results.plan);
        if self.details.outcomes {
            // First of all: what is damaged shows here, before any table is written.
            results.groups = details::join_outcomes(&self.parts, &results.plan)?;
        }
        // Where no table of single runs is made, the records are needed only once.
        let needed = self.details.runs || self.details.endpoints || self.details.outcomes;
        results.records = match needed {
            true => state::of_cells(self.parts.records.clone(), results.plan.cells.len()),
            false => state::of_cells(std::mem::take(&mut self.parts).records, results.plan.cells.len()),
        };
        write_through(&self.path.join(state::FILE), |out| state::write(results, out))?;
        let mut files: Vec<String> = self.inputs.files().chain([SPEC, state::FILE]).map(String::from).collect();
        for (name, render) in tables::files(results) {
            write_through(&self.path.join(name), |out| render(results, out))?;
            files.push(name.into());
        }
        let joined = details::join_tables(&self.path, &self.parts, self.details, results)?;
        files.extend(joined.into_iter().map(String::from));
        let all: Tally = results.tally();
        self.manifest.complete(&self.path, &files, all)?;
        results.provenance = Some(self.manifest.clone());
        self.parts = Parts::default();
        remove_parts(&self.path);
        Ok(())
    }
}
