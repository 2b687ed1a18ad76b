//! Outcomes over the same draws as tables: `paired.csv`, a row a group and outcome, and `pairs.csv`, a row a pair of
//! cells and outcome.
//!
//! Intervals of shares are Clopper and Pearson's, those of differences Newcombe's, p-values McNemar's exact ones; see
//! [`crate::numerics::interval`] and [`crate::numerics::interval::paired`].

use super::layout::{Grid, probability_text};
use crate::experiment::Plan;
use crate::experiment::paired::{Group, Joint, Pair};
use crate::numerics::Method;
use crate::numerics::interval::paired::Fourfold;
use crate::result::Results;
use crate::result::tables::plain::{field, number, to_csv};

/// Groups of an experiment with the parameters of their cells.
#[derive(Clone, Debug)]
pub struct PairedTable<'a> {
    plan: &'a Plan,
    groups: &'a [Group],
    level: f64,
    /// Columns that have one value in every group.
    between: Vec<&'static str>,
    /// Columns that tell the cells of some group apart.
    within: Vec<&'static str>,
}

/// Most pairs that are printed below the table of outcomes.
const FEW: usize = 24;

impl<'a> PairedTable<'a> {
    /// The tables of the groups, with intervals of confidence level `level`.
    pub fn new(results: &'a Results, level: f64) -> Self {
        let Results { plan, groups, .. } = results;
        let mut table = PairedTable { plan, groups, level, between: Vec::new(), within: Vec::new() };
        let differs = |name: &'static str| {
            let values = |group: &Group| group.cells.iter().map(|cell| table.value(*cell, name)).collect::<Vec<_>>();
            groups.iter().map(values).any(|values| values.iter().any(|value| *value != values[0]))
        };
        let names = plan.cells.first().map_or(Vec::new(), |cell| plan.columns(cell));
        let (within, between) = names.into_iter().map(|(name, _)| name).partition(|name| differs(name));
        (table.within, table.between) = (within, between);
        table
    }

    /// Whether there are no groups.
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// Value of a column in a cell.
    fn value(&self, cell: usize, column: &str) -> String {
        let columns = self.plan.cells.get(cell).map_or(Vec::new(), |cell| self.plan.columns(cell));
        columns.into_iter().find(|(name, _)| *name == column).map_or(String::new(), |(_, value)| value)
    }

    /// Values of columns in a cell.
    fn values(&self, cell: usize, columns: &[&'static str]) -> Vec<String> {
        columns.iter().map(|name| self.value(cell, name)).collect()
    }

    /// Every group with every outcome.
    fn joints(&self) -> impl Iterator<Item = (usize, &Group, &Joint)> {
        self.groups.iter().enumerate().flat_map(|(i, group)| group.outcomes.iter().map(move |joint| (i, group, joint)))
    }

    /// Every pair of cells with every outcome.
    fn pairs(&self) -> impl Iterator<Item = (usize, &Group, &Joint, &Pair)> {
        self.joints().flat_map(|(i, group, joint)| joint.pairs.iter().map(move |pair| (i, group, joint, pair)))
    }

    /// Share of the draws with its exact interval: count, share and both ends.
    fn share(&self, count: u64, draws: u64) -> (Option<f64>, f64, f64) {
        let interval = Method::ClopperPearson.interval(count, draws, self.level);
        ((draws > 0).then(|| count as f64 / draws as f64), interval.low, interval.high)
    }

    /// `paired.csv`
    pub fn csv(&self) -> Vec<u8> {
        let mut header = vec!["group", "cells"];
        header.extend(&self.between);
        header.extend(["outcome", "draws", "any", "any_probability", "any_low", "any_high"]);
        header.extend(["all", "all_probability", "all_low", "all_high", "level"]);
        let rows = self.joints().map(|(i, group, joint)| {
            let mut row = vec![i.to_string(), cells_text(group)];
            row.extend(self.values(group.cells[0], &self.between));
            row.extend([joint.outcome.name().to_string(), group.draws.to_string()]);
            for count in [joint.any, joint.all] {
                let (share, low, high) = self.share(count, group.draws);
                row.extend([count.to_string(), field(share), number(low), number(high)]);
            }
            row.push(number(self.level));
            row
        });
        to_csv(&header, rows)
    }

    /// `pairs.csv`
    pub fn pairs_csv(&self) -> Vec<u8> {
        let mut header: Vec<String> = vec!["group".into()];
        header.extend(self.between.iter().map(ToString::to_string));
        header.extend(["outcome", "first", "second"].map(String::from));
        for which in ["first", "second"] {
            header.extend(self.within.iter().map(|name| format!("{which}_{name}")));
        }
        let counts = ["draws", "both", "only_first", "only_second", "neither"];
        header.extend(counts.map(String::from));
        header.extend(["difference", "low", "high", "level", "mcnemar_p"].map(String::from));
        let rows = self.pairs().map(|(i, group, joint, pair)| {
            let cells = pair.cells.map(|place| group.cells[place]);
            let mut row = vec![i.to_string()];
            row.extend(self.values(cells[0], &self.between));
            row.push(joint.outcome.name().into());
            row.extend(cells.map(|cell| cell.to_string()));
            cells.iter().for_each(|cell| row.extend(self.values(*cell, &self.within)));
            let Fourfold { both, only_first, only_second, neither } = pair.counts;
            row.extend([group.draws, both, only_first, only_second, neither].map(|count| count.to_string()));
            let interval = pair.counts.interval(self.level);
            let difference = (group.draws > 0).then(|| pair.counts.difference());
            row.extend([field(difference), number(interval.low), number(interval.high)]);
            row.extend([number(self.level), number(pair.counts.mcnemar())]);
            row
        });
        to_csv(&header, rows)
    }

    /// Tables for a terminal, below that of the outcomes; empty without groups.
    pub fn text(&self) -> String {
        self.grids().iter().map(Grid::text).collect()
    }

    /// Tables for people: of the groups, and of their pairs where these are few.
    pub(crate) fn grids(&self) -> Vec<Grid> {
        if self.groups.is_empty() {
            return Vec::new();
        }
        let shown: Vec<&'static str> = self.between.iter().copied().filter(|name| self.plan.varies(name)).collect();
        let percent = format!("{} % interval", number(self.level * 100.0));
        let mut header: Vec<String> = shown.iter().map(ToString::to_string).collect();
        header.extend(["cells", "draws", "outcome", "any", &percent, "every", &percent].map(String::from));
        let rows = self.joints().map(|(_, group, joint)| {
            let mut row = self.values(group.cells[0], &shown);
            row.extend([cells_text(group), group.draws.to_string(), joint.outcome.name().into()]);
            for count in [joint.any, joint.all] {
                let (share, low, high) = self.share(count, group.draws);
                row.push(share.map_or("–".into(), probability_text));
                row.push(format!("{}–{}", probability_text(low), probability_text(high)));
            }
            row
        });
        let caption = format!(
            "Over the same draws, for cells that differ in {}: draws in which any of them found an outcome, or every \
             one.",
            self.within.join(", ")
        );
        let groups = Grid { caption, header, rows: rows.collect(), note: String::new() };
        let pairs = match self.pairs().count() {
            n if n > FEW => Grid {
                caption: format!("{n} comparisons of two cells over the same draws: pairs.csv"),
                ..Grid::default()
            },
            _ => self.pairs_grid(&shown, percent),
        };
        vec![groups, pairs]
    }

    fn pairs_grid(&self, shown: &[&'static str], percent: String) -> Grid {
        let mut header: Vec<String> = shown.iter().map(ToString::to_string).collect();
        let names = ["outcome", "first", "second", "both", "only first", "only second", "neither", "difference"];
        header.extend(names.map(String::from));
        header.extend([percent, "p".into()]);
        let rows = self.pairs().map(|(_, group, joint, pair)| {
            let cells = pair.cells.map(|place| group.cells[place]);
            let mut row = self.values(cells[0], shown);
            row.push(joint.outcome.name().into());
            row.extend(cells.map(|cell| self.label(cell)));
            let Fourfold { both, only_first, only_second, neither } = pair.counts;
            row.extend([both, only_first, only_second, neither].map(|count| count.to_string()));
            let interval = pair.counts.interval(self.level);
            row.push(if group.draws > 0 { format!("{:+.4}", pair.counts.difference()) } else { "–".into() });
            row.extend([format!("{:+.4} to {:+.4}", interval.low, interval.high), p_text(pair.counts.mcnemar())]);
            row
        });
        let caption =
            "Two cells over the same draws: first minus second with Newcombe's interval, McNemar's exact p:".into();
        Grid { caption, header, rows: rows.collect(), note: String::new() }
    }

    /// What tells a cell from others of its group.
    fn label(&self, cell: usize) -> String {
        self.values(cell, &self.within).join(" ")
    }
}

fn cells_text(group: &Group) -> String {
    group.cells.iter().map(usize::to_string).collect::<Vec<_>>().join(" ")
}

fn p_text(p: f64) -> String {
    if p >= 1e-3 || p == 0.0 { format!("{p:.3}") } else { format!("{p:.0e}") }
}
