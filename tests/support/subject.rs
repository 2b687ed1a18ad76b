//! What the ladder is climbed on: every form of every model, on its default cell and on those that the model declares.

use super::{problem, settings_of, values};
use spurious::landscape::{Model, Problem, Settings, Values};
use spurious::models::{MODELS, find};

pub(crate) use spurious::landscape::conformance::Set;

/// One cell in one form: model, form and parameter values.
pub(crate) type Cell<'a> = (&'a str, &'a str, Set);

/// Cells of a model: its defaults, then the declared ones that are not for some forms only.
pub(crate) fn cells(model: &str) -> Vec<Set> {
    let declared = find(model).unwrap().conformance().cells;
    let for_all = declared.iter().filter(|cell| cell.forms.is_empty()).map(|cell| cell.values);
    [&[] as Set].into_iter().chain(for_all).collect()
}

/// A form of a model.
#[derive(Clone, Copy)]
pub(crate) struct Subject {
    pub(crate) model: &'static dyn Model,
    pub(crate) form: &'static str,
}

/// Every form of every model.
pub(crate) fn subjects() -> Vec<Subject> {
    let of = |model: &&'static dyn Model| {
        let model = *model;
        model.forms().iter().map(move |(form, _)| Subject { model, form })
    };
    MODELS.iter().flat_map(of).collect()
}

impl Subject {
    /// Whether it is the form of the paper.
    pub(crate) fn is_first(&self) -> bool {
        self.model.forms()[0].0 == self.form
    }

    /// The form's cells, the default one first. The paper's form takes every cell but those of other forms; others may
    /// refuse some, but not most.
    pub(crate) fn cells(&self) -> Vec<Set> {
        let (all, name) = (cells(self.model.name()), self.model.name());
        let fits = |set: &Set| self.model.problem(self.form, &values(name, set), &settings_of(name)).is_ok();
        let fitting: Vec<Set> = all.iter().copied().filter(fits).collect();
        let enough = fitting.len() == all.len() || !self.is_first() && 2 * fitting.len() >= all.len();
        assert!(enough, "{name}/{}: {all:?}", self.form);
        let declared = self.model.conformance().cells.iter();
        let own = declared.filter(|cell| cell.forms.contains(&self.form)).map(|cell| cell.values);
        fitting.into_iter().chain(own).collect()
    }

    /// Calls `test` with every cell: `(what, set)`.
    pub(crate) fn for_cells(&self, mut test: impl FnMut(&str, Set)) {
        for set in self.cells() {
            test(&self.what(set), set);
        }
    }

    /// A cell in words.
    pub(crate) fn what(&self, set: Set) -> String {
        let listed: Vec<String> = set.iter().map(|(name, value)| format!("{name}={value}")).collect();
        format!("{}/{}[{}]", self.model.name(), self.form, listed.join(","))
    }

    /// A cell by its names.
    pub(crate) fn cell(&self, set: Set) -> Cell<'static> {
        (self.model.name(), self.form, set)
    }

    /// Values of a cell's parameters.
    pub(crate) fn values(&self, set: &[(&str, &str)]) -> Values {
        values(self.model.name(), set)
    }

    /// Settings with the model's own tolerance.
    pub(crate) fn settings(&self) -> Settings {
        settings_of(self.model.name())
    }

    /// The problem of a cell.
    pub(crate) fn problem(&self, set: &[(&str, &str)], settings: &Settings) -> Problem {
        problem(self.model.name(), self.form, set, settings)
    }

    /// States at which runs of a cell start.
    pub(crate) fn starts(&self, set: &[(&str, &str)], problem: &Problem, runs: usize) -> Vec<f64> {
        super::starts(self.model.name(), set, problem, super::seed(), runs)
    }
}

/// Calls `test` with every model, form and cell: `(what, model, form, set)`.
pub(crate) fn for_all_cells(mut test: impl FnMut(&str, &'static dyn Model, &'static str, Set)) {
    for subject in subjects() {
        subject.for_cells(|what, set| test(what, subject.model, subject.form, set));
    }
}
