//! A result folder, finished or not, as it is read.

use super::manifest::{Manifest, State};
use super::{CHECK_PERMISSIONS, StoreError, io, outcomes, own_spec, part, pilot};
use crate::experiment::paired::Group;
use crate::experiment::plan::Plan;
use crate::experiment::spec::Spec;
use crate::experiment::tally::Tally;
use crate::landscape::theorem::Check;
use crate::result::tables::families::{self, FamilyRow};
use crate::result::tables::plain;
use crate::result::tables::{paired, theorems};
use std::fs;
use std::path::Path;

/// What a result folder holds, for reading.
#[derive(Debug)]
pub struct Stored {
    /// The experiment.
    pub spec: Spec,
    /// Its grid.
    pub plan: Plan,
    /// What the runs of each cell ended in.
    pub tallies: Vec<Tally>,
    /// The families that they ended in, most runs of a cell first; none where the model's runs end in known points only.
    pub families: Vec<FamilyRow>,
    /// A polished point of each.
    pub family_points: Vec<Vec<f64>>,
    /// Outcomes over the same draws, if the experiment asks for them.
    pub groups: Vec<Group>,
    /// How the theorems have fared in each cell, if the experiment asks for that.
    pub checks: Vec<Vec<Check>>,
    /// Where the numbers come from.
    pub manifest: Manifest,
}

impl Stored {
    /// Reads a result folder, finished or not.
    ///
    /// # Errors
    /// The folder holds no results, or a file in it is damaged.
    pub fn read(path: &Path) -> Result<Self, StoreError> {
        if !path.join("manifest.json").exists() {
            let reason = if path.exists() { "it holds no manifest.json" } else { "it does not exist" };
            let remedy = "name the folder that `spurious run` filled";
            return Err(StoreError::NotResults { folder: path.display().to_string(), reason: reason.into(), remedy });
        }
        let manifest = Manifest::read(path)?;
        manifest.verify(path)?;
        let spec = own_spec(path)?;
        let mut plan = Plan::new(&spec)?;
        pilot::sizes(path, &plan)?.into_iter().for_each(|sizes| plan.decide(sizes));
        let mut this = Stored {
            tallies: Vec::new(),
            families: Vec::new(),
            family_points: Vec::new(),
            groups: Vec::new(),
            checks: vec![Vec::new(); plan.cells.len()],
            spec,
            plan,
            manifest,
        };
        if this.manifest.state == State::Complete {
            this.read_tables(path)?
        } else {
            this.read_parts(path)?
        }
        Ok(this)
    }

    /// What a complete folder holds.
    fn read_tables(&mut self, path: &Path) -> Result<(), StoreError> {
        let plan = &self.plan;
        let damaged = |name: &str| StoreError::Damaged {
            path: path.join(name).display().to_string(),
            reason: "it is cut short or was changed".into(),
            remedy: "run the experiment again into a new folder".into(),
        };
        let read = |name: &str| {
            let file = path.join(name);
            fs::read(&file).map_err(io(&file, "read", CHECK_PERMISSIONS))
        };
        self.tallies = plain::read_counts(&read("counts.csv")?, plan).ok_or_else(|| damaged("counts.csv"))?;
        if path.join("families.csv").exists() {
            self.families = families::read(&read("families.csv")?).ok_or_else(|| damaged("families.csv"))?;
            let points = families::read_points(&read("family_points.csv")?);
            let width = |row: &FamilyRow| plan.cells.get(row.cell).map(|cell| cell.problem.dim());
            let fit = |points: &Vec<Vec<f64>>| {
                points.iter().map(|point| Some(point.len())).eq(self.families.iter().map(width))
            };
            self.family_points = points.filter(fit).ok_or_else(|| damaged("family_points.csv"))?;
        }
        if self.spec.output.paired {
            let groups = paired::read(&read("paired.csv")?, &read("pairs.csv")?, plan);
            self.groups = groups.ok_or_else(|| damaged("paired.csv"))?;
        }
        if self.spec.output.theorems {
            self.checks = theorems::read(&read("theorems.csv")?, plan).ok_or_else(|| damaged("theorems.csv"))?;
        }
        Ok(())
    }

    /// What the parts of an unfinished folder hold.
    fn read_parts(&mut self, path: &Path) -> Result<(), StoreError> {
        let plan = &self.plan;
        let parts = part::read_all(path, self.spec.output.theorems)?;
        self.tallies = part::tallies(&parts, plan);
        let found = part::families(&parts, plan);
        self.families = families::rows(plan, &self.tallies, &found, self.spec.output.level);
        self.family_points = found.iter().flat_map(families::points_of).cloned().collect();
        self.checks = part::checks(&parts, plan);
        if self.spec.output.paired {
            self.groups = outcomes::join(path, &parts, plan)?;
        }
        Ok(())
    }
}
