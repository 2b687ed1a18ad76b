//! A spec back to TOML: the resolved file of a result folder, and what tells one experiment from another.
//!
//! Two experiments that read files of the same contents are the same, wherever the files are.

use super::{ModelFile, Published, Spec, runs};
use crate::landscape::{StepSize, Value};
use toml::Table;

impl Spec {
    /// The resolved experiment as a file that can itself be run. Values that are relative to others and paths are as
    /// they were written.
    pub fn to_toml(&self) -> String {
        let mut top = self.table(to_toml, |file| file.path.clone());
        if let Some(toml::Value::Table(experiment)) = top.get_mut("experiment") {
            experiment.insert("title".into(), self.title.clone().into());
        }
        if let Some(published) = &self.published {
            top.insert("published".into(), published_table(published).into());
        }
        let auto = |n: u64| if n == 0 { "auto".into() } else { toml::Value::Integer(n as i64) };
        let compute = table_of(vec![
            ("backend", self.compute.backend.into()),
            ("adapter", self.compute.adapter.clone().into()),
            ("precision", self.compute.precision.into()),
            ("lanes", auto(u64::from(self.compute.lanes))),
            ("batch", auto(self.compute.batch as u64)),
            ("segment", auto(u64::from(self.compute.segment))),
            ("threads", auto(self.compute.threads as u64)),
        ]);
        top.insert("compute".into(), compute.into());
        if let Some(toml::Value::Table(output)) = top.get_mut("output") {
            output.insert("keep_every".into(), self.output.keep_every.into());
        }
        // A table of plain values always serialises.
        toml::to_string(&top).unwrap_or_default()
    }

    /// What decides the numbers in a result folder: all but `[compute]`, the title and the published table. A hash of
    /// their contents stands for files. The outcome in question counts where its probability decides the number of
    /// runs.
    pub fn identity_table(&self) -> Table {
        let contents = |value: &Value| match value {
            Value::Points(_) => value.identity().into(),
            value => to_toml(value),
        };
        let mut top = self.table(contents, |file| file.sha256.clone());
        if self.rule.is_some() {
            top.insert("published".into(), table_of(vec![("outcome", self.outcome().name().into())]).into());
        }
        top
    }

    /// What the runs of every cell share of [`Spec::identity_table`]: all but the lists of the grid, whose values tell
    /// the cells apart, and the number of runs, which may both grow.
    pub(crate) fn shared_table(&self) -> Table {
        let mut top = self.identity_table();
        let lists = [("experiment", "seed"), ("model", "form"), ("descent", "step"), ("runs", "per_cell")];
        // Where a pilot decides, the most runs of a cell are part of its rule.
        for (section, key) in &lists[..if self.rule.is_some() { 3 } else { 4 }] {
            if let Some(toml::Value::Table(section)) = top.get_mut(*section) {
                section.remove(*key);
            }
        }
        top.remove("params");
        top.remove("grid");
        top
    }

    /// The first thing in which another experiment differs of what decides the numbers in a result folder, if any: the
    /// key with its value `there`, in this experiment, and `here`, in the other.
    pub fn difference(&self, other: &Spec) -> Option<String> {
        if let (Some(there), Some(here)) = (&self.model_file, &other.model_file)
            && there.sha256 != here.sha256
        {
            let (there, here) = (&there.path, &here.path);
            return Some(format!("model.file: the contents of {there} there are not those of {here} here"));
        }
        let is_file = |value: &Value| matches!(value, Value::Points(_));
        // Paths say more than hashes.
        let files = self.params.iter().filter(|(_, there)| there.iter().any(is_file)).find_map(|(name, there)| {
            let (_, here) = other.params.iter().find(|(n, here)| n == name && here != there)?;
            let pairs = there.iter().zip(here).filter(|_| there.len() == here.len());
            let changed = pairs.filter(|pair| pair.0 != pair.1).find_map(|pair| match pair {
                (Value::Points(Some(there)), Value::Points(Some(here))) => Some((there, here)),
                _ => None,
            });
            let list = |values: &[Value]| one_or_list(values.iter().map(to_toml));
            Some(match changed {
                Some((there, here)) => {
                    format!("params.{name}: the contents of {there} there are not those of {here} here")
                }
                None => format!("params.{name} is {} there, {} here", list(there), list(here)),
            })
        });
        files.or_else(|| difference("", &self.identity_table().into(), &other.identity_table().into()))
    }

    /// What keeps this experiment from growing into another, which has more runs in each cell, or more values in its
    /// lists, and all that this one has: the key with its value `there`, in this experiment, and `here`. `None` if
    /// nothing does.
    pub(crate) fn in_the_way_of(&self, larger: &Spec) -> Option<String> {
        let mut grown = self.clone();
        // What a pilot decides depends on all cells, or on time.
        if self.rule.is_none() && larger.rule.is_none() {
            grown.runs_per_cell = self.runs_per_cell.max(larger.runs_per_cell);
            grow(&mut grown.seeds, &larger.seeds, u64::eq);
            grow(&mut grown.forms, &larger.forms, |a, b| a == b);
            grow(&mut grown.step, &larger.step, StepSize::eq);
            for ((name, values), (other, more)) in grown.params.iter_mut().zip(&larger.params) {
                if name == other {
                    grow(values, more, |a, b| a.identity() == b.identity());
                }
            }
        }
        grown.difference(larger)
    }

    /// The tables of [`Spec::identity_table`], with the values of parameters written by `write`, and the file of the
    /// model by `file`.
    fn table(&self, write: impl Fn(&Value) -> toml::Value, file: impl Fn(&ModelFile) -> String) -> Table {
        let entry = |pairs: Vec<(&str, toml::Value)>| toml::Value::from(table_of(pairs));
        let mut top = Table::new();
        top.insert(
            "experiment".into(),
            entry(vec![("name", self.name.clone().into()), ("seed", one_or_list(self.seeds.iter().map(seed)))]),
        );
        let forms = one_or_list(self.forms.iter().map(|form| (*form).into()));
        let model = match &self.model_file {
            Some(read) => ("file", file(read).into()),
            None => ("name", self.model.name().into()),
        };
        top.insert("model".into(), entry(vec![model, ("form", forms)]));
        let params = self.params.iter().map(|(name, values)| (*name, one_or_list(values.iter().map(&write)))).collect();
        top.insert("params".into(), entry(params));
        let steps = one_or_list(self.step.iter().map(|step| match step {
            StepSize::Auto => "auto".into(),
            StepSize::One(x) => (*x).into(),
            StepSize::Groups(steps) => {
                entry(self.model.about().step_groups.iter().copied().zip(steps.iter().map(|x| (*x).into())).collect())
            }
        }));
        top.insert(
            "descent".into(),
            entry(vec![
                ("step", steps),
                ("max_steps", i64::from(self.max_steps).into()),
                ("tolerance", self.tolerance.into()),
                ("verdicts", self.verdicts.into()),
            ]),
        );
        if !self.zip.is_empty() {
            let groups: Vec<toml::Value> = self.zip.iter().map(|group| group.clone().into()).collect();
            top.insert("grid".into(), entry(vec![("zip", one_or_list(groups.into_iter()))]));
        }
        top.insert("runs".into(), runs::table(self.runs_per_cell, self.rule).into());
        top.insert(
            "output".into(),
            entry(vec![
                ("runs", self.output.runs.into()),
                ("endpoints", self.output.endpoints.into()),
                ("paired", self.output.paired.into()),
                ("spectra", self.output.spectra.into()),
                ("theorems", self.output.theorems.into()),
                ("level", self.output.level.into()),
                ("simultaneous", self.output.simultaneous.into()),
            ]),
        );
        top
    }
}

/// Makes a list the larger one, if that has all its values.
fn grow<T: Clone>(values: &mut Vec<T>, larger: &[T], same: impl Fn(&T, &T) -> bool) {
    if values.iter().all(|value| larger.iter().any(|other| same(value, other))) {
        *values = larger.to_vec();
    }
}

fn table_of(pairs: Vec<(&str, toml::Value)>) -> Table {
    pairs.into_iter().map(|(key, value)| (key.to_string(), value)).collect()
}

fn published_table(published: &Published) -> Table {
    let rows: Vec<toml::Value> = published.rows.iter().map(|row| row.clone().into()).collect();
    table_of(vec![
        ("source", published.source.clone().into()),
        ("note", published.note.clone().into()),
        ("outcome", published.outcome.name().into()),
        ("runs_per_cell", (published.runs_per_cell as i64).into()),
        ("rounding", published.rounding.into()),
        ("columns", published.columns.clone().into()),
        ("rows", rows.into()),
    ])
}

/// A seed, in quotes where it is beyond the whole numbers of TOML.
fn seed(seed: &u64) -> toml::Value {
    i64::try_from(*seed).map_or_else(|_| seed.to_string().into(), toml::Value::from)
}

fn to_toml(value: &Value) -> toml::Value {
    match value {
        Value::Integer(i) => (*i).into(),
        Value::Real(x) => (*x).into(),
        Value::Choice(text) => text.clone().into(),
        Value::Above(..) | Value::Points(_) => value.to_string().into(),
    }
}

fn one_or_list(values: impl Iterator<Item = toml::Value>) -> toml::Value {
    let mut values: Vec<toml::Value> = values.collect();
    if values.len() == 1 { values.remove(0) } else { values.into() }
}

/// First key in which two specs differ.
fn difference(path: &str, there: &toml::Value, here: &toml::Value) -> Option<String> {
    match (there, here) {
        (toml::Value::Table(a), toml::Value::Table(b)) => {
            let keys = a.keys().chain(b.keys().filter(|k| !a.contains_key(*k)));
            keys.filter_map(|key| {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                let nothing = toml::Value::String("not set".into());
                difference(&path, a.get(key).unwrap_or(&nothing), b.get(key).unwrap_or(&nothing))
            })
            .next()
        }
        (a, b) if a == b => None,
        (a, b) => Some(format!("{path} is {a} there, {b} here").replace('\n', " ")),
    }
}
