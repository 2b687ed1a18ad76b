//! `spurious status`: how far the shards of an experiment have come.

use super::{Format, below, print};
use serde_json::{Value, json};
use spurious::experiment::shard::usual_number;
use spurious::numerics::text::{counted, grouped};
use spurious::result::folder::merge;
use spurious::result::folder::status::{Doing, Progress, progress, so_far};
use spurious::result::tables::Summary;
use spurious::result::tables::rows::Rows;
use spurious::show::progress::{clock, si};
use std::path::PathBuf;
use std::time::Duration;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "A shard is done, running, or stale: then runs are missing and nothing has been written for long, \
                        so that its process has ended or hangs. The rate is that of the processes at work, since each \
                        began; the time left is for all runs that are missing, at that rate. The estimates are of the \
                        runs that are kept: slow runs are kept later than fast ones, and what is found slowly is \
                        underestimated until all are."
)]
pub(super) struct Arguments {
    /// Folder that holds shards in shards/, or result folders
    #[arg(required = true)]
    dirs: Vec<PathBuf>,
    /// Format: text, or csv or json for programs
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

pub(super) fn status(arguments: &Arguments) -> anyhow::Result<()> {
    let folders = merge::sources(&arguments.dirs)?;
    let all: Vec<Progress> = folders.iter().map(|folder| progress(folder)).collect::<Result<_, _>>()?;
    let whole = Whole::of(all);
    match arguments.format {
        Format::Json => {
            // Plain values always serialise.
            print((serde_json::to_string_pretty(&whole.json()?).unwrap_or_default() + "\n").as_bytes())
        }
        Format::Csv => print(&whole.csv()),
        Format::Text | Format::Md => print(whole.text()?.as_bytes()),
    }
}

/// All folders, and what they come to.
struct Whole {
    all: Vec<Progress>,
    /// Shards that the experiment is cut into; 0 if it is not.
    shards: u64,
    /// Which of them have no folder yet.
    not_begun: Vec<u64>,
    /// Runs that are kept.
    runs: u64,
    /// Runs of all shards, those that have not begun included.
    of: u64,
    /// Runs a second.
    rate: f64,
}

impl Whole {
    fn of(all: Vec<Progress>) -> Self {
        let shards = usual_number(all.iter().filter_map(|one| one.shard).map(|shard| shard.of)).unwrap_or(0);
        let there: Vec<u64> = all
            .iter()
            .filter_map(|one| one.shard)
            .filter(|shard| shard.of == shards)
            .map(|shard| shard.index)
            .collect();
        let not_begun: Vec<u64> = (1..=shards).filter(|index| !there.contains(index)).collect();
        let sum = |number: fn(&Progress) -> u64| all.iter().map(number).sum::<u64>();
        let (runs, of) = (sum(|one| one.runs), sum(|one| one.of));
        // Shards are of nearly the same size.
        let each = of as f64 / all.len().max(1) as f64;
        let of = of + (each * not_begun.len() as f64).round() as u64;
        // The sum of nothing is −0.
        let rate = all.iter().filter_map(|one| one.rate).fold(0.0, |sum, rate| sum + rate);
        Whole { all, shards, not_begun, runs, of, rate }
    }

    /// Seconds until all runs are done at this rate.
    fn left(&self) -> Option<f64> {
        let missing = self.of.saturating_sub(self.runs);
        (self.rate > 0.0 && missing > 0).then(|| missing as f64 / self.rate)
    }

    fn json(&self) -> anyhow::Result<Value> {
        let estimates = so_far(&self.all)?.map(|results| {
            let summary = results.summary();
            let row = |row: &spurious::result::tables::Row| {
                let columns = row.columns.iter().map(|(name, value)| (name.to_string(), json!(value)));
                let numbers = [
                    ("runs", json!(row.tally.runs())),
                    (summary.outcome.name(), json!(row.tally.count(summary.outcome))),
                    ("probability", json!(row.probability)),
                    ("low", json!(row.interval.low)),
                    ("high", json!(row.interval.high)),
                ];
                let numbers = numbers.map(|(name, value)| (name.to_string(), value));
                Value::Object(columns.chain(numbers).collect())
            };
            summary.rows.iter().map(row).collect::<Vec<_>>()
        });
        Ok(json!({
            "folders": self.all,
            "shards": self.shards,
            "not_begun": self.not_begun,
            "runs": self.runs,
            "of": self.of,
            "runs_per_second": self.rate,
            "seconds_left": self.left(),
            "estimates": estimates,
        }))
    }

    fn csv(&self) -> Vec<u8> {
        let columns =
            ["folder", "shard", "state", "runs", "of", "seconds_since_sign_of_life", "runs_per_second", "backends"];
        let mut table = Rows::new(columns);
        table.rows.extend(self.all.iter().map(|one| {
            let shard = one.shard.map_or(String::new(), |shard| shard.to_string());
            let rate = one.rate.map_or(String::new(), |rate| rate.to_string());
            let numbers = [one.runs, one.of, one.age].map(|number| number.to_string());
            let front = vec![one.folder.clone(), shard, one.state.name().into()];
            [front, numbers.to_vec(), vec![rate, one.backends.join("; ")]].concat()
        }));
        table.csv()
    }

    fn text(&self) -> anyhow::Result<String> {
        let mut text = String::new();
        for one in &self.all {
            let (runs, most, age) = (grouped(one.runs), grouped(one.of), clock(Duration::from_secs(one.age)));
            let rate = one.rate.map_or(String::new(), |rate| format!(", {} runs/s", si(rate)));
            let (folder, state, on) = (&one.folder, one.state.name(), one.backends.join("; "));
            text.push_str(&format!(
                "{folder}: {state}, {runs} of {most} runs{rate}, last sign of life {age} ago, on {on}\n"
            ));
        }
        let count = |doing: Doing| self.all.iter().filter(|one| one.state == doing).count();
        let (done, running, stale) = (count(Doing::Done), count(Doing::Running), count(Doing::Stale));
        let (runs, of) = (grouped(self.runs), grouped(self.of));
        let folders = counted(self.all.len() as u64, "folder");
        text.push_str(&format!("{folders}: {done} done, {running} running, {stale} stale; {runs} of {of} runs"));
        if let Some(left) = self.left() {
            let left = clock(Duration::from_secs_f64(left.min(1e15)));
            text.push_str(&format!(", {} runs/s, about {left} left at that rate", si(self.rate)));
        }
        text.push('\n');
        if !self.not_begun.is_empty() {
            let of = self.shards;
            let some: Vec<String> = self.not_begun.iter().take(20).map(|index| format!("{index}/{of}")).collect();
            let more = if self.not_begun.len() > some.len() { ", …" } else { "" };
            text.push_str(&format!(
                "not begun: {}: {}{more}\n",
                counted(self.not_begun.len() as u64, "shard"),
                some.join(", ")
            ));
        }
        if let Some(results) = so_far(&self.all)? {
            below::left_out(&results);
            text.push_str(&format!("\nSo far:\n{}", Summary::in_short(&results, results.spec.output.level).text()));
        }
        Ok(text)
    }
}
