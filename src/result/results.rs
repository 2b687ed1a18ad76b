//! What an experiment found, in one shape: what a run in memory returns, what a finished folder holds and what an
//! unfinished one does. Tables, pages and figures are rendered from it, and nothing is read back from them.

use super::folder::SetAside;
use super::folder::manifest::Manifest;
use super::tables::Summary;
use super::tables::families::FamilyTable;
use super::tables::paired::PairedTable;
use super::tables::theorems::TheoremTable;
use crate::experiment::paired::Group;
use crate::experiment::run::Stages;
use crate::experiment::{Plan, Record, Shard, Spec, Tally};
use crate::landscape::Outcome;

/// What an experiment found, or what of it there is so far.
#[derive(Clone, Debug)]
pub struct Results {
    /// The experiment.
    pub spec: Spec,
    /// Its grid, with the runs of each cell that a pilot has decided.
    pub plan: Plan,
    /// The record of each cell.
    pub records: Vec<Record>,
    /// Outcomes over the same draws, if [`Output::paired`](crate::experiment::spec::Output::paired).
    pub groups: Vec<Group>,
    /// The stages of the pilot, where one decides the runs.
    pub pilot: Stages,
    /// Where the numbers come from, if they are in a folder.
    pub provenance: Option<Manifest>,
    /// The shard of the experiment that these are of, if it was cut.
    pub shard: Option<Shard>,
    /// Files of the folder that are not what was written, and whose runs are missing here for that.
    pub set_aside: Vec<SetAside>,
}

impl Results {
    /// Those of an experiment before its first run.
    pub fn new(spec: Spec, plan: Plan) -> Self {
        let records = (0..plan.cells.len()).map(Record::of_cell).collect();
        let pilot = Stages::new(plan.cells.len(), spec.outcome());
        Results { spec, plan, records, groups: Vec::new(), pilot, provenance: None, shard: None, set_aside: Vec::new() }
    }

    /// Tables with intervals of the spec's confidence level.
    pub fn summary(&self) -> Summary {
        Summary::new(self, self.spec.output.level)
    }

    /// The table of the families, with intervals of the spec's confidence level.
    pub fn families(&self) -> FamilyTable<'_> {
        FamilyTable::new(self, self.spec.output.level)
    }

    /// Tables of the outcomes over the same draws, with intervals of the spec's confidence level.
    pub fn paired(&self) -> PairedTable<'_> {
        PairedTable::new(self, self.spec.output.level)
    }

    /// The table of the theorems.
    pub fn theorems(&self) -> TheoremTable<'_> {
        TheoremTable::new(self)
    }

    /// Runs that are to be done: those of the plan, or of the shard.
    pub fn runs(&self) -> u64 {
        self.shard.map_or_else(|| self.plan.runs(), |shard| shard.size(&self.plan))
    }

    /// Whether every run of the plan is done.
    pub fn is_complete(&self) -> bool {
        !self.plan.awaits_pilot() && self.tally().runs() == self.plan.runs()
    }

    /// Share of the runs of a cell that ended in an outcome.
    pub fn probability(&self, cell: usize, outcome: Outcome) -> f64 {
        let tally = &self.records[cell].tally;
        tally.count(outcome) as f64 / tally.runs() as f64
    }

    /// What the runs of all cells ended in.
    pub fn tally(&self) -> Tally {
        self.records.iter().map(|record| &record.tally).sum()
    }
}
