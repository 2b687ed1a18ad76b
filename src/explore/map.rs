//! Maps: where the runs from a plane of starts end, and after how many steps.
//!
//! A map is an experiment of one cell whose starts are laid out in a [`Plane`] instead of drawn: the same backends
//! advance them and the same rules classify their endpoints.

mod figure;

use crate::descent::backend::{Backend, BackendError};
use crate::descent::plane::Plane;
use crate::experiment::run::{self, Details};
use crate::experiment::{Cell, Plan, Record};
use crate::judge::family::Families;
use crate::landscape::{Chart, Outcome};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Most points along a side of a map.
pub const LARGEST_SIDE: usize = crate::show::figure::IMAGE_SIDE_MAX;

/// What is coloured in the picture of a map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shade {
    /// What each run found.
    Outcome,
    /// Its gradient steps.
    Steps,
}

/// A critical point in the plane of a map.
#[derive(Clone, Debug, PartialEq)]
pub struct Mark {
    /// What it is.
    pub name: String,
    /// The outcome of a run that ends there.
    pub kind: Outcome,
    /// Its two coordinates; the others may differ from the plane's.
    pub at: (f64, f64),
}

/// Outcomes over a plane of starts.
#[derive(Clone, Debug)]
pub struct Map {
    /// The plane.
    pub plane: Arc<Plane>,
    /// What each run found, row by row from the smallest value up.
    pub outcomes: Vec<Outcome>,
    /// Gradient steps of each run.
    pub steps: Vec<u32>,
    /// Critical points whose coordinates lie in the plane: those that are known in closed form, and those that runs
    /// ended in.
    pub marks: Vec<Mark>,
}

impl Map {
    /// Runs every start of a plane to its end. `progress` hears of runs that have ended.
    ///
    /// # Errors
    /// The cell does not fit the backend, a device failure, or the wish to stop.
    pub fn compute(
        cell: &Cell,
        plane: Plane,
        backend: &dyn Backend,
        batch: usize,
        cancel: &AtomicBool,
        mut progress: impl FnMut(u64) + Send,
    ) -> Result<Self, BackendError> {
        backend.fits(&cell.problem)?;
        let plane = Arc::new(plane);
        let cell = Cell { index: 0, plane: Some(plane.clone()), ..cell.clone() };
        let problem = cell.problem.clone();
        let plan = Plan::of_one(cell, plane.runs());
        let mut outcomes = vec![Outcome::Undecided; plane.runs() as usize];
        let mut steps = vec![0; outcomes.len()];
        let mut families = Families::default();
        let details = Details { runs: true, ..Details::default() };
        let sink = |wave: Vec<Record>| -> Result<(), BackendError> {
            for finished in wave {
                progress(finished.tally.runs());
                families.merge(&finished.families);
                for (run, end) in finished.runs.zip(&finished.ends) {
                    outcomes[run as usize] = end.outcome;
                    steps[run as usize] = end.stop.steps;
                }
            }
            Ok(())
        };
        run::execute(&plan, backend, batch, &run::everything(&plan), details, cancel, sink)?;
        let known = problem.chart().map_or_else(Vec::new, Chart::landmarks);
        let mut marks: Vec<Mark> = known
            .iter()
            .map(|point| Mark { name: point.name.into(), kind: point.kind, at: plane.position(&problem, &point.state) })
            .collect();
        // Of the others those are marked that runs ended in, if no permutation may have moved their representative.
        let movable = |point: &[f64]| {
            let image = problem.image(point);
            image.rows > 1 || image.movable > 0
        };
        for family in families.all().iter().filter(|family| !movable(&family.point)) {
            let at = plane.position(&problem, &family.point);
            if !marks.iter().any(|mark| plane.is_near(mark.at, at)) {
                marks.push(Mark { name: kind_name(family.outcome).into(), kind: family.outcome, at });
            }
        }
        marks.retain(|mark| plane.shows(mark.at));
        Ok(Map { plane, outcomes, steps, marks })
    }

    /// Runs of each outcome that occurs, in the order of tables.
    pub fn counts(&self) -> Vec<(Outcome, u64)> {
        let count = |outcome: Outcome| self.outcomes.iter().filter(|o| **o == outcome).count() as u64;
        Outcome::ALL.into_iter().map(|outcome| (outcome, count(outcome))).filter(|(_, count)| *count > 0).collect()
    }
}

/// What a critical point is called that runs of an outcome end in.
fn kind_name(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Global => "global minimum",
        Outcome::Spurious => "spurious minimum",
        _ => "saddle",
    }
}
