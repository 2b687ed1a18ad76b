//! What shards of an experiment take, each and joined, and what all runs cost.

use spurious::experiment::run::Details;
use spurious::experiment::{Plan, Shard, Spec};
use spurious::numerics::text::{counted, grouped};
use spurious::show::progress::{clock, si};
use std::time::Duration;

/// Bytes of a record in a part, without families, and of the rest of a part.
const RECORD: f64 = 210.0;
/// Families that a record has, where there are some, more or less.
const FAMILIES: f64 = 4.0;
/// Bytes of a row of `runs.csv`.
const RUN: f64 = 60.0;
/// Bytes of a number of `endpoints.csv`.
const NUMBER: f64 = 20.0;
/// Seconds that a merge takes for a part and for a record in it, measured with 1,000 shards of 1,000 cells on two cores
/// and a local disk: a part is read twice and written once.
const MERGED_PART: f64 = 1e-3;
/// See [`MERGED_PART`].
const MERGED_RECORD: f64 = 4e-6;
/// Bytes a second that a merge reads and writes.
const MERGED_BYTES: f64 = 100e6;

/// What a number of shards take, and what the runs cost, as far as it was asked for. `seconds` is what all runs take on
/// one machine, where it could be told.
pub(super) fn text(spec: &Spec, plan: &Plan, seconds: Option<f64>, asked: (Option<u64>, Option<f64>)) -> String {
    let (shards, price) = asked;
    let mut text = shards.map_or(String::new(), |of| each(spec, plan, seconds, of));
    if let Some(price) = price {
        text.push_str(&match seconds {
            Some(seconds) => {
                let hours = seconds / 3600.0;
                format!(
                    "cost         about {:.2} for {hours:.2} machine hours at {price} an hour, start-up and waits not \
                     counted\n",
                    hours * price
                )
            }
            None => "cost         cannot be told without a forecast of the time\n".into(),
        });
    }
    text
}

fn each(spec: &Spec, plan: &Plan, seconds: Option<f64>, of: u64) -> String {
    let sizes: Vec<u64> = ends(of).map(|index| Shard { index, of }.size(plan)).collect();
    let (least, most) = (sizes.iter().min().copied().unwrap_or(0), sizes.iter().max().copied().unwrap_or(0));
    let runs = if least == most { grouped(most) } else { format!("{} to {}", grouped(least), grouped(most)) };
    let mut text = format!("shards       {of}, of {runs} runs each");
    let Some(seconds) = seconds else { return text + "\n" };
    let share = seconds / of as f64;
    // One part every few seconds, or one at the end.
    let parts = (share / spec.output.keep_every.max(1.0)).ceil().max(1.0);
    // Every part has a record of each cell that was at work meanwhile; each cell has one at least.
    let cells = plan.cells.len() as f64;
    let records = (most as f64).min(cells).max(parts);
    let bytes = parts * RECORD + records * of_record(plan) + most as f64 * of_run(spec, plan);
    let all = of as f64;
    let merge = all * (parts * MERGED_PART + records * MERGED_RECORD + bytes / MERGED_BYTES);
    let time = |seconds: f64| clock(Duration::from_secs_f64(seconds.clamp(1.0, 1e15)));
    text.push_str(&format!(
        ":\n             about {}, {}B and {} each; all together {}B, merged in about {}\n",
        time(share),
        si(bytes),
        counted(parts as u64, "part"),
        si(bytes * all),
        time(merge),
    ));
    text
}

/// Shards whose sizes are looked at: all of a few, else some of both ends.
fn ends(of: u64) -> impl Iterator<Item = u64> {
    (1..=of.min(16)).chain(of.saturating_sub(16).max(of.min(16)) + 1..=of)
}

/// Bytes of a record, with the point and the spectrum of each family.
fn of_record(plan: &Plan) -> f64 {
    let Some(cell) = plan.cells.first().map(|cell| cell.lent()) else { return RECORD };
    match cell.problem.rest().is_some_and(|rest| rest.families) {
        true => RECORD + FAMILIES * (RECORD + 2.0 * NUMBER * cell.problem.dim() as f64),
        false => RECORD,
    }
}

/// Bytes that are kept of a run.
fn of_run(spec: &Spec, plan: &Plan) -> f64 {
    let details = Details::of(&spec.output);
    let numbers = plan.cells.first().map_or(0, |cell| cell.lent().problem.dim());
    let kept = |wanted: bool, bytes: f64| if wanted { bytes } else { 0.0 };
    kept(details.runs, RUN) + kept(details.endpoints, NUMBER * numbers as f64) + kept(details.outcomes, 1.0)
}
