//! A spec back to TOML: the resolved file of a result folder, and what tells one experiment from another.

use super::{Published, Spec};
use crate::model::{StepSize, Value};
use toml::Table;

impl Spec {
    /// The resolved experiment as a file that can itself be run.
    pub fn to_toml(&self) -> String {
        let mut top = self.identity_table();
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
        // A table of plain values always serialises.
        toml::to_string(&top).unwrap_or_default()
    }

    /// What decides the numbers in a result folder: all but `[compute]`, the title and the published table.
    pub fn identity_table(&self) -> Table {
        let entry = |pairs: Vec<(&str, toml::Value)>| toml::Value::from(table_of(pairs));
        let mut top = Table::new();
        top.insert(
            "experiment".into(),
            entry(vec![("name", self.name.clone().into()), ("seed", (self.seed as i64).into())]),
        );
        top.insert("model".into(), entry(vec![("name", self.model.name().into()), ("form", self.form.into())]));
        let params =
            self.params.iter().map(|(name, values)| (*name, one_or_list(values.iter().map(to_toml)))).collect();
        top.insert("params".into(), entry(params));
        let steps = one_or_list(self.step.iter().map(|step| match step {
            StepSize::Auto => "auto".into(),
            StepSize::One(x) => (*x).into(),
            StepSize::Groups(steps) => {
                entry(self.model.step_groups().iter().copied().zip(steps.iter().map(|x| (*x).into())).collect())
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
        top.insert("runs".into(), entry(vec![("per_cell", (self.runs_per_cell as i64).into())]));
        top.insert(
            "output".into(),
            entry(vec![
                ("runs", self.output.runs.into()),
                ("endpoints", self.output.endpoints.into()),
                ("level", self.output.level.into()),
            ]),
        );
        top
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

fn to_toml(value: &Value) -> toml::Value {
    match value {
        Value::Integer(i) => (*i).into(),
        Value::Real(x) => (*x).into(),
        Value::Choice(text) => text.clone().into(),
    }
}

fn one_or_list(values: impl Iterator<Item = toml::Value>) -> toml::Value {
    let mut values: Vec<toml::Value> = values.collect();
    if values.len() == 1 { values.remove(0) } else { values.into() }
}
