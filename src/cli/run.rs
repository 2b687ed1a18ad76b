//! `spurious run`

use super::below::Below;
use super::{Interrupted, SpecArguments, print, say};
use spurious::descent::backend::{Backend, BackendError};
use spurious::experiment::plan::Plan;
use spurious::experiment::run::{self, Details, ExperimentError, Finished, Heard};
use spurious::experiment::spec::Spec;
use spurious::result::folder::manifest::Manifest;
use spurious::result::folder::{Folder, Stored};
use spurious::result::tables::Summary;
use spurious::show::progress::{Progress, clock, si};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Runs of a cell: [runs] per_cell is a fixed number. Instead, half_width asks for an exact interval of that half-width for \
                  the probability in question, relative_half_width for one of that part of the estimate, seconds for as many \
                  runs as a cell can make in that time; half_width and seconds together give the smaller number, and \
                  per_cell is then the most [1000000000]. A pilot with starts of its own decides each number before the first run \
                  is counted and none of its runs is, so the interval covers the probability at least as often as its level says, \
                  as for a fixed number (two stages, after Stein 1945). The numbers, kept in pilot.csv, are the same on every machine, \
                  except with seconds."
)]
pub(super) struct Arguments {
    #[command(flatten)]
    spec: SpecArguments,
    /// Result folder [default: results/NAME of the experiment]. The same command goes on where it stopped
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Show no progress
    #[arg(long, short)]
    quiet: bool,
}

/// How the work ended, if nothing failed.
enum Ended {
    /// Every run is done; the table.
    Complete(String),
    /// The user stopped it; what is kept.
    Interrupted(String),
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let spec = arguments.spec.load()?;
    let plan = Plan::new(&spec)?;
    let out = arguments.out.clone().unwrap_or_else(|| Path::new("results").join(&spec.name));
    let cancel = Arc::new(AtomicBool::new(false));
    let flag = cancel.clone();
    ctrlc::set_handler(move || {
        if flag.swap(true, Ordering::Relaxed) {
            // Asked twice: whole parts are on disk, nothing is lost by leaving at once.
            std::process::exit(130);
        }
    })?;
    let work = || work(&spec, &plan, &out, arguments.quiet, &cancel);
    match run::on_threads(&spec.compute, work)?? {
        Ended::Complete(table) => print(table.as_bytes()),
        Ended::Interrupted(kept) => {
            Err(Interrupted(format!("interrupted; {kept} in {}, the same command goes on from there", out.display()))
                .into())
        }
    }
}

/// Does what is left to do and returns the table.
fn work(spec: &Spec, plan: &Plan, out: &Path, quiet: bool, cancel: &AtomicBool) -> Result<Ended, ExperimentError> {
    let backend = run::backend(&spec.compute)?;
    run::check(spec, plan, &*backend)?;
    let mut folder = Folder::open(out, spec, Manifest::new(&spec.name, &*backend))?;
    let (spec, mut plan) = folder.own(spec, plan);
    if plan.sampling.is_some()
        && let Some(kept) = decide(&spec, plan.to_mut(), &mut folder, &*backend, quiet, cancel)?
    {
        return Ok(Ended::Interrupted(kept));
    }
    let (spec, plan) = (&*spec, &*plan);
    if folder.is_complete() {
        if !quiet {
            say(&format!("{} is complete; its table:", out.display()));
        }
        let stored = Stored::read(out)?;
        let summary = Summary::new(spec, plan, &stored.tallies, spec.output.level);
        let Stored { families, groups, checks, .. } = &stored;
        let below = Below { plan, families, groups, checks };
        below.warn(out);
        return Ok(Ended::Complete(summary.text() + &below.text(spec.output.level)));
    }
    let todo = folder.todo(plan);
    let (before, steps_before) = (folder.runs_done(), folder.steps_done());
    let total = plan.runs();
    if !quiet {
        let kept = if before > 0 { format!(", {before} of them already done") } else { String::new() };
        say(&format!(
            "{}: {}{kept}, on {} in {}",
            spec.name,
            how_many(plan),
            backend.description(),
            backend.precision().name()
        ));
    }
    let began = Instant::now();
    let mut progress = Progress::new(before, total, quiet);
    let details = Details::of(&spec.output);
    let sink = |wave: Vec<Finished>| -> Result<(), ExperimentError> {
        let runs = wave.iter().map(|f| f.tally.runs()).sum();
        folder.add(wave)?;
        progress.add(runs);
        Ok(())
    };
    let result = run::execute(plan, &*backend, spec.compute.batch, &todo, details, cancel, sink);
    progress.finish();
    if let Err(error) = result {
        // A failure to note the time worked is not worth more than the reason for stopping.
        let noted = folder.suspend();
        if !matches!(error, ExperimentError::Backend(BackendError::Cancelled)) {
            return Err(error);
        }
        noted?;
        return Ok(Ended::Interrupted(format!("{} of {total} runs are kept", folder.runs_done())));
    }
    folder.finish(spec, plan)?;
    let tallies = folder.tallies(plan);
    if !quiet {
        let steps: u64 = tallies.iter().map(|t| t.steps).sum();
        let seconds = began.elapsed();
        say(&format!(
            "{} runs, {} steps in all; {} now, {} runs/s, {} run-steps/s; tables in {}",
            total,
            si(steps as f64),
            if seconds.as_secs() < 10 { format!("{:.2} s", seconds.as_secs_f64()) } else { clock(seconds) },
            si((total - before) as f64 / seconds.as_secs_f64()),
            si((steps - steps_before) as f64 / seconds.as_secs_f64()),
            out.display()
        ));
    }
    let summary = Summary::new(spec, plan, &tallies, spec.output.level);
    let (families, checks) = (folder.families(spec, plan), folder.checks(plan));
    let below = Below { plan, families: &families, groups: folder.groups(), checks: &checks };
    below.warn(out);
    Ok(Ended::Complete(summary.text() + &below.text(spec.output.level)))
}

/// Cells and their runs.
fn how_many(plan: &Plan) -> String {
    let cells = plan.cells.len();
    match plan.runs_of_cells() {
        (least, most) if least == most => format!("{cells} cells x {most} runs"),
        (least, most) => format!("{cells} cells, {least} to {most} runs each, {} in all", plan.runs()),
    }
}

/// Gives every cell its number of runs: what the folder says, or what a pilot finds. If the user stops it, what is kept.
fn decide(
    spec: &Spec,
    plan: &mut Plan,
    folder: &mut Folder,
    backend: &dyn Backend,
    quiet: bool,
    cancel: &AtomicBool,
) -> Result<Option<String>, ExperimentError> {
    if let Some(sizes) = folder.sizes(plan)? {
        plan.decide(sizes);
        return Ok(None);
    }
    let mut stages = folder.stages(spec, plan)?;
    let before = stages.runs();
    if let Some(sampling) = plan.sampling.filter(|_| !quiet) {
        let kept = if before > 0 { format!(", {before} of its runs already done") } else { String::new() };
        let rule = sampling.text();
        say(&format!("{}: a pilot decides the runs of {} cells{kept}: {rule}", spec.name, plan.cells.len()));
    }
    let began = Instant::now();
    let mut progress: Option<Progress> = None;
    let heard = |heard: Heard<'_>| -> Result<(), ExperimentError> {
        match heard {
            Heard::Round(runs) => {
                progress.iter().for_each(Progress::finish);
                progress = Some(Progress::new(0, runs, quiet));
            }
            Heard::Runs(runs) => progress.iter_mut().for_each(|progress| progress.add(runs)),
            Heard::Stage(stage) => folder.keep_stage(stage)?,
        }
        Ok(())
    };
    let result = run::pilot(plan, backend, spec.compute.batch, &mut stages, cancel, heard);
    progress.iter().for_each(Progress::finish);
    match result {
        Ok(sizes) => {
            folder.keep_sizes(spec, plan, &stages, &sizes)?;
            plan.decide(sizes);
            if !quiet {
                let (now, seconds) = (stages.runs() - before, began.elapsed().as_secs_f64());
                say(&format!("pilot of {now} runs in {seconds:.2} s; they are not counted"));
            }
            Ok(None)
        }
        Err(error) => {
            // As for the runs that follow: the reason for stopping comes first.
            let noted = folder.suspend();
            if !matches!(error, ExperimentError::Backend(BackendError::Cancelled)) {
                return Err(error);
            }
            noted?;
            Ok(Some(format!("{} runs of the pilot are kept", stages.runs())))
        }
    }
}
