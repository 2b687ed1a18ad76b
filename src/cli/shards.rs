//! `--shard` and `spurious merge`: an experiment on many machines.

use super::{Usage, below, print, say};
use spurious::experiment::{Shard, Spec};
use spurious::numerics::text::counted;
use spurious::result::folder::merge::{self, Missing, SHARDS};
use std::path::{Path, PathBuf};

/// Where a scheduler says which of its tasks this is, where it says of how many, and what the first is called; the
/// number is read where it can be trusted, else `SPURIOUS_SHARDS` says it.
const SCHEDULERS: [(&str, Option<&str>, u64); 9] = [
    ("SLURM_ARRAY_TASK_ID", None, 1),
    ("JOB_COMPLETION_INDEX", None, 0),
    ("AWS_BATCH_JOB_ARRAY_INDEX", Some("AWS_BATCH_JOB_ARRAY_SIZE"), 0),
    ("BATCH_TASK_INDEX", Some("BATCH_TASK_COUNT"), 0),
    ("CLOUD_RUN_TASK_INDEX", Some("CLOUD_RUN_TASK_COUNT"), 0),
    ("PBS_ARRAY_INDEX", None, 1),
    ("LSB_JOBINDEX", None, 1),
    ("SGE_TASK_ID", None, 1),
    ("HQ_TASK_ID", None, 0),
];

/// The shard that a flag or a scheduler names: `3/16`, or `auto`.
pub(super) fn shard(text: &str) -> Result<Shard, Usage> {
    let refuse = |problem: String| Usage(format!("--shard = {text}: {problem}"));
    if text != "auto" {
        return text.parse().map_err(refuse);
    }
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty() && value != "undefined");
    let found = SCHEDULERS.iter().find_map(|(name, of, first)| Some((*name, variable(name)?, *of, *first)));
    let Some((name, value, size, first)) = found else {
        let names: Vec<&str> = SCHEDULERS.iter().map(|(name, ..)| *name).collect();
        return Err(refuse(format!("none of {} is set; write for example --shard 3/16", names.join(", "))));
    };
    let number = |name: &str, value: &str| {
        value.parse::<u64>().map_err(|_| refuse(format!("{name} = {value:?} is no whole number")))
    };
    let index = number(name, &value)?;
    // An array of two tasks that were missing says two, whatever the number of shards.
    let of = match (variable("SPURIOUS_SHARDS"), size.and_then(|size| Some((size, variable(size)?)))) {
        (Some(of), _) => number("SPURIOUS_SHARDS", &of)?,
        (None, Some((size, of))) => number(size, &of)?,
        (None, None) => {
            let problem = format!("{name} is {value}, and SPURIOUS_SHARDS, the number of shards, is not set");
            return Err(refuse(format!("{problem}; set it, or write for example --shard 3/16")));
        }
    };
    let index = index.saturating_add(1 - first);
    let shard = Shard::new(index, of).map_err(|problem| refuse(format!("{name} = {value}: {problem}")))?;
    say(&format!("shard {shard}, from {name} = {value}"));
    Ok(shard)
}

/// Refuses to cut an experiment whose size hangs on the clock.
pub(super) fn can_be_cut(spec: &Spec) -> Result<(), Usage> {
    match spec.rule.is_some_and(|rule| rule.seconds.is_some()) {
        false => Ok(()),
        true => Err(Usage(
            "--shard: runs.seconds decides the runs of a cell by the clock, on which machines do not agree; set \
             runs.per_cell or runs.half_width"
                .into(),
        )),
    }
}

/// Folder of a shard.
pub(super) fn folder(out: &Path, shard: Shard) -> PathBuf {
    out.join(SHARDS).join(shard.folder())
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Any set of shards, in any order and as often as one likes: parts that are there already are \
                        compared and count once. The result is, byte for byte, that of one machine, but for the \
                        manifest, which names them all. Exit codes: 0 the tables are written; 1 runs are missing, or \
                        a shard cannot be used; 2 wrong usage, or different experiments.")]
pub(super) struct MergeArguments {
    /// Folders that `spurious run --shard` has filled, or that hold several of them in shards/
    #[arg(required = true)]
    dirs: Vec<PathBuf>,
    /// Folder of the result [default: DIR, if it is one with shards/]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Print a table of what there is, though runs are missing
    #[arg(long)]
    partial: bool,
    /// Join results in f64 and in f32, as of CPU and GPU; every table then says so
    #[arg(long)]
    mixed: bool,
}

/// Runs are missing; which has been said.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Incomplete(String);

pub(super) fn merge(arguments: &MergeArguments) -> anyhow::Result<()> {
    // Where there is nothing to join it does not matter where to.
    let folders = merge::sources(&arguments.dirs)?;
    let out = match (&arguments.out, &arguments.dirs[..]) {
        (Some(out), _) => out,
        (None, [dir]) if dir.join(SHARDS).is_dir() => dir,
        _ => return Err(Usage("--out: which folder the result goes to; write for example --out whole".into()).into()),
    };
    let (results, missing) = merge::merge(&folders, out, arguments.mixed)?;
    if !missing.is_none() && !arguments.partial {
        let shards: Vec<String> = missing.shards.iter().take(20).map(|shard| format!("--shard {shard}")).collect();
        let more = missing.shards.len().saturating_sub(shards.len());
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let which = match shards.is_empty() {
            true => format!("`spurious run {}/spec.toml --out {}` computes them", out.display(), out.display()),
            false => {
                format!("run these again, with the same SPEC and --out as the others: {}{more}", shards.join(", "))
            }
        };
        let said = found(&missing);
        return Err(Incomplete(format!("{said}; {which}; --partial prints the table of what there is")).into());
    }
    say(&format!("{} joined in {}: {}", counted(folders.len() as u64, "folder"), out.display(), found(&missing)));
    below::left_out(&results);
    print((results.summary().text() + &below::text(&results, results.spec.output.level)).as_bytes())
}

fn found(missing: &Missing) -> String {
    match missing {
        Missing { pilot: true, .. } => "the pilot is over in none of them".into(),
        missing if missing.is_none() => "nothing is missing".into(),
        Missing { runs, .. } => format!("{} missing", counted(*runs, "run")),
    }
}
