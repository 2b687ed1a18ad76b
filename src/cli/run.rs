//! `spurious run`

use super::{Interrupted, SpecArguments, Usage, below, print, say, warn_of_software};
use spurious::experiment::run;
use spurious::experiment::{Plan, Spec, Tally};
use spurious::result::Results;
use spurious::result::conduct::{Milestone, RunError, conduct};
use spurious::result::folder::Folder;
use spurious::result::folder::manifest::Manifest;
use spurious::show::progress::{Progress, clock, si};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Runs of a cell: [runs] per_cell is a fixed number. Instead, half_width asks for an exact interval \
                  of that half-width for the probability in question, relative_half_width for one of that part of the \
                  estimate, seconds for as many runs as a cell can make in that time; half_width and seconds together \
                  give the smaller number, and per_cell is then the most [1000000000]. A pilot with starts of its own \
                  decides each number before the first run is counted and none of its runs is, so the interval covers \
                  the probability at least as often as its level says, as for a fixed number (two stages, after Stein \
                  1945). The numbers, kept in pilot.csv, are the same on every machine, except with seconds."
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

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let spec = arguments.spec.load()?;
    let plan = Plan::new(&spec)?;
    let out = arguments.out.clone().unwrap_or_else(|| Path::new("results").join(&spec.name));
    if out.as_os_str() == "-" {
        let problem = "--out = -: is standard output, and results are a folder; name a folder, ./- for one called -";
        return Err(Usage(problem.into()).into());
    }
    let cancel = Arc::new(AtomicBool::new(false));
    let flag = cancel.clone();
    ctrlc::set_handler(move || {
        if flag.swap(true, Ordering::Relaxed) {
            // Asked twice: whole parts are on disk, nothing is lost by leaving at once.
            std::process::exit(130);
        }
    })?;
    match run::on_threads(&spec.compute, || work(&spec, plan, &out, arguments.quiet, &cancel))? {
        Ok(results) => {
            below::warn(&results, &out);
            print((results.summary().text() + &below::text(&results, spec.output.level)).as_bytes())
        }
        Err(stopped @ RunError::Interrupted { .. }) => {
            Err(Interrupted(format!("{stopped} in {}, the same command goes on from there", out.display())).into())
        }
        Err(error) => Err(error.into()),
    }
}

/// Does what is left to do.
fn work(spec: &Spec, plan: Plan, out: &Path, quiet: bool, cancel: &AtomicBool) -> Result<Results, RunError> {
    let backend = run::backend(&spec.compute)?;
    run::check(spec, &plan, &*backend)?;
    warn_of_software(&*backend);
    let (mut folder, results) = Folder::open(out, spec, plan, Manifest::new(&spec.name, &*backend))?;
    if folder.is_complete() {
        if !quiet {
            say(&format!("{} is complete; its table:", out.display()));
        }
        return Ok(results);
    }
    let place = format!("{} in {}", backend.description(), backend.precision().name());
    let mut watch = Watch { quiet, place, began: Instant::now(), before: Tally::default(), progress: None };
    let ended = conduct(results, &*backend, &mut folder, &mut |event| watch.see(&event), cancel);
    watch.finish();
    ended.inspect(|results| watch.sum_up(results, out))
}

/// Says on stderr how the work gets on.
struct Watch {
    quiet: bool,
    /// Where it is done.
    place: String,
    /// When the pilot, or the runs, began.
    began: Instant,
    /// What the runs that were done before have ended in.
    before: Tally,
    progress: Option<Progress>,
}

impl Watch {
    fn say(&self, line: &str) {
        if !self.quiet {
            say(line);
        }
    }

    fn finish(&self) {
        self.progress.iter().for_each(Progress::finish);
    }

    fn see(&mut self, event: &Milestone<'_>) {
        match event {
            Milestone::Pilot(results) => {
                let before = results.pilot.runs();
                self.began = Instant::now();
                let kept = if before > 0 { format!(", {before} of its runs already done") } else { String::new() };
                let rule = results.plan.sampling.map_or(String::new(), |sampling| sampling.text());
                let cells = results.plan.cells.len();
                self.say(&format!("{}: a pilot decides the runs of {cells} cells{kept}: {rule}", results.spec.name));
            }
            Milestone::Round(runs) => {
                self.finish();
                self.progress = Some(Progress::new(0, *runs, self.quiet));
            }
            Milestone::Decided(runs) => {
                self.finish();
                let seconds = self.began.elapsed().as_secs_f64();
                self.say(&format!("pilot of {runs} runs in {seconds:.2} s; they are not counted"));
            }
            Milestone::Begin(results, before) => {
                (self.began, self.before) = (Instant::now(), *before);
                let done = before.runs();
                let kept = if done > 0 { format!(", {done} of them already done") } else { String::new() };
                self.say(&format!("{}: {}{kept}, on {}", results.spec.name, how_many(&results.plan), self.place));
                self.progress = Some(Progress::new(done, results.plan.runs(), self.quiet));
            }
            Milestone::Runs(runs) => self.progress.iter_mut().for_each(|progress| progress.add(*runs)),
        }
    }

    /// What was done in all, and how fast.
    fn sum_up(&self, results: &Results, out: &Path) {
        let (all, took) = (results.tally(), self.began.elapsed());
        let rate = |all: u64, before: u64| si((all - before) as f64 / took.as_secs_f64());
        self.say(&format!(
            "{} runs, {} steps in all; {} now, {} runs/s, {} run-steps/s; tables in {}",
            all.runs(),
            si(all.steps as f64),
            if took.as_secs() < 10 { format!("{:.2} s", took.as_secs_f64()) } else { clock(took) },
            rate(all.runs(), self.before.runs()),
            rate(all.steps, self.before.steps),
            out.display()
        ));
    }
}

/// Cells and their runs.
fn how_many(plan: &Plan) -> String {
    let cells = plan.cells.len();
    match plan.runs_of_cells() {
        (least, most) if least == most => format!("{cells} cells x {most} runs"),
        (least, most) => format!("{cells} cells, {least} to {most} runs each, {} in all", plan.runs()),
    }
}
