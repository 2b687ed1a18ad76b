//! `spurious check`

use super::{print, run, say};
use clap::ValueEnum;
use spurious::numerics::text::{counted, grouped};
use spurious::result::folder::check::{self, Check, Finding, Mend};
use std::path::PathBuf;

/// Format of what was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Lines for people
    Text,
    /// One JSON document
    Json,
}

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Looks at every byte of every file: the manifest by its own checksum, spec.toml and inputs by the \
                  manifest's, parts by theirs, and tables by what results.json makes of them. Changes nothing without \
                  --repair. Exit codes: 0 all is as it was written, or was mended; 1 something is damaged or \
                  missing; 2 no result folder. Runs that have not been done yet are no damage."
)]
pub(super) struct Arguments {
    /// Result folder of `spurious run`, finished or not
    dir: PathBuf,
    /// Mend what can be mended: tables are rendered again; damaged parts are set aside and the experiment is run to its
    /// end
    #[arg(long)]
    repair: bool,
    /// Format of what was found
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

/// Something is not what was written; it has been said.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Unsound(String);

pub(super) fn check(arguments: &Arguments) -> anyhow::Result<()> {
    let folder = &arguments.dir;
    let mut found = check::check(folder)?;
    if arguments.repair && !found.is_sound() {
        found.findings.iter().for_each(|finding| say(&line(finding)));
        check::render_again(folder, &found)?;
        let all = |mend| found.findings.iter().all(|finding: &Finding| finding.mend == mend);
        if found.complete == Some(false) && all(Mend::Compute) {
            run::finish(folder)?;
        }
        found = check::check(folder)?;
    }
    match arguments.format {
        Format::Text => print(text(&found).as_bytes())?,
        // Plain values always serialise.
        Format::Json => {
            let mut document = serde_json::to_value(&found).unwrap_or_default();
            document["sound"] = found.is_sound().into();
            document["missing_runs"] = found.missing_runs().into();
            print((serde_json::to_string_pretty(&document).unwrap_or_default() + "\n").as_bytes())?;
        }
    }
    if found.is_sound() {
        return Ok(());
    }
    let count = counted(found.findings.len() as u64, "file");
    let remedy = remedy(&found, arguments.repair);
    Err(Unsound(format!("{}: {count} not as written; {remedy}", found.folder)).into())
}

/// What was found, for people.
fn text(found: &Check) -> String {
    let state = match found.complete {
        Some(true) => format!("finished, {}", counted(found.runs, "run")),
        Some(false) => format!("unfinished, {} of {} done", grouped(found.sound_runs), counted(found.runs, "run")),
        None => "its manifest is damaged".into(),
    };
    let files = counted(found.files as u64, "file");
    let verdict = if found.is_sound() { ", all as they were written" } else { "" };
    let mut text = format!("{}: {state}; {files}{verdict}\n", found.folder);
    found.findings.iter().for_each(|finding| text.push_str(&(line(finding) + "\n")));
    if found.set_aside > 0 {
        let files = counted(found.set_aside as u64, "file");
        text.push_str(&format!("{}/parts/damaged: {files} set aside before; nothing needs them\n", found.folder));
    }
    text
}

fn line(Finding { path, problem, mend }: &Finding) -> String {
    let mend = match mend {
        Mend::Render => "it can be rendered again",
        Mend::Compute => "its runs have to be computed again",
        Mend::RunAgain => "the experiment has to be run again",
        Mend::Restore => "only a copy can take its place",
    };
    format!("{path}: {problem}; {mend}")
}

/// What to do, and what it takes.
fn remedy(found: &Check, tried: bool) -> String {
    let folder = &found.folder;
    let has = |mend| found.findings.iter().any(|finding| finding.mend == mend);
    if has(Mend::Restore) {
        "restore what is named from a copy, or run the experiment again into a new folder".into()
    } else if has(Mend::RunAgain) {
        let runs = counted(found.runs, "run");
        format!("run {folder}/spec.toml again into a new folder: {runs}")
    } else if tried {
        "see above what stands in the way".into()
    } else if has(Mend::Compute) {
        let runs = counted(found.missing_runs(), "run");
        format!("spurious check {folder} --repair computes what is missing: {runs}")
    } else {
        format!("spurious check {folder} --repair renders it again, without a run")
    }
}
