//! `spurious run`

use super::shards;
use super::stop::Stop;
use super::{Interrupted, SpecArguments, Usage, below, print, say, warn_of_software};
use spurious::experiment::run;
use spurious::experiment::{Plan, Shard, Spec, Tally};
use spurious::result::Results;
use spurious::result::conduct::{self, Milestone, RunError};
use spurious::result::folder::Folder;
use spurious::result::folder::manifest::Manifest;
use spurious::result::tables::Summary;
use spurious::show::progress::{Progress, clock, si};
use std::path::{Path, PathBuf};
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
    /// Let the experiment of the folder grow: runs.per_cell may be larger there than it was, and lists of values
    /// longer; only what is missing is computed
    #[arg(long)]
    extend: bool,
    /// Compute one of the pieces of the experiment, `3/16` for the third of sixteen, into DIR/shards; `auto` takes its
    /// number from the scheduler (SLURM_ARRAY_TASK_ID, JOB_COMPLETION_INDEX, ...) and how many there are from
    /// SPURIOUS_SHARDS. `spurious merge DIR` joins them
    #[arg(long, value_name = "I/N", conflicts_with = "extend")]
    shard: Option<String>,
    /// Only let the pilot decide the runs of each cell, once: shards of DIR take it from there, where each would else
    /// make the same pilot of its own
    #[arg(long, conflicts_with_all = ["extend", "shard"])]
    pilot_only: bool,
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
    let Arguments { extend, pilot_only, quiet, .. } = *arguments;
    if pilot_only && plan.sampling.is_none() {
        let problem = "--pilot-only: this experiment has a fixed number of runs and no pilot; set runs.half_width, or \
                       leave it off";
        return Err(Usage(problem.into()).into());
    }
    let shard = arguments.shard.as_deref().map(shards::shard).transpose()?;
    if shard.is_some() {
        shards::can_be_cut(&spec)?;
    }
    let out = shard.map_or(out.clone(), |shard| shards::folder(&out, shard));
    let results = carry_out(&spec, plan, &out, Manner { extend, shard, pilot_only, quiet })?;
    if pilot_only {
        say(&format!("{}: the pilot is over: {}", out.display(), how_many(&results.plan)));
        return Ok(());
    }
    below::warn(&results, &out);
    let summary = Summary::in_short(&results, spec.output.level);
    print((summary.text() + &below::text(&results, spec.output.level)).as_bytes())
}

/// Carries the experiment of a folder to its end.
pub(super) fn finish(folder: &Path) -> anyhow::Result<()> {
    let Results { spec, shard, .. } = Results::read(folder)?;
    let plan = Plan::new(&spec)?;
    carry_out(&spec, plan, folder, Manner { shard, ..Manner::default() }).map(|_| ())
}

/// How an experiment is carried out.
#[derive(Clone, Copy, Debug, Default)]
struct Manner {
    /// Whether the folder may hold a smaller one.
    extend: bool,
    /// The shard that is to be computed, if not all of it.
    shard: Option<Shard>,
    /// Whether the pilot is all that is to be done.
    pilot_only: bool,
    /// Whether nothing is said of progress.
    quiet: bool,
}

/// Carries out an experiment in a folder, until it is done or a signal stops it.
fn carry_out(spec: &Spec, plan: Plan, out: &Path, manner: Manner) -> anyhow::Result<Results> {
    let stop = Stop::new()?;
    match run::on_threads(&spec.compute, || work(spec, plan, out, manner, &stop))? {
        Ok(results) => Ok(results),
        Err(stopped @ RunError::Interrupted { .. }) => {
            Err(Interrupted(format!("{stopped} in {}, the same command goes on from there", out.display())).into())
        }
        Err(error) => Err(error.into()),
    }
}

/// Does what is left to do.
fn work(spec: &Spec, plan: Plan, out: &Path, manner: Manner, stop: &Stop) -> Result<Results, RunError> {
    let Manner { extend, shard, pilot_only, quiet } = manner;
    let backend = run::backend(&spec.compute)?;
    run::check(spec, &plan, &*backend)?;
    warn_of_software(&*backend);
    let open = if extend { Folder::extend } else { Folder::open };
    let manifest = Manifest::new(&spec.name, &*backend);
    let manifest = if let Some(shard) = shard { manifest.of_shard(shard) } else { manifest };
    let (mut folder, mut results) = open(out, spec, plan, manifest)?;
    // Above DIR/shards/00003-of-00016.
    if let Some(whole) = out.ancestors().nth(2).filter(|_| shard.is_some()) {
        folder.take_pilot(whole, &mut results)?;
    }
    folder.set_aside().iter().for_each(|file| say(&file.to_string()));
    let said = folder.set_aside().len();
    if folder.is_complete() {
        if !quiet {
            say(&format!("{} is complete; its table:", out.display()));
        }
        return Ok(results);
    }
    let place = format!("{} in {}", backend.description(), backend.precision().name());
    let mut watch = Watch {
        quiet,
        place,
        stop,
        began: Instant::now(),
        before: Tally::default(),
        steps_before: None,
        progress: None,
    };
    let conduct = if pilot_only { conduct::decide } else { conduct::conduct };
    let ended = conduct(results, &*backend, &mut folder, &mut |event| watch.see(&event), stop.flag());
    watch.finish();
    folder.set_aside()[said..].iter().for_each(|file| say(&file.to_string()));
    ended.inspect(|results| {
        if !pilot_only {
            watch.sum_up(results, out);
        }
    })
}

/// Says on stderr how the work gets on.
struct Watch<'a> {
    quiet: bool,
    stop: &'a Stop,
    /// Where it is done.
    place: String,
    /// When the pilot, or the runs, began.
    began: Instant,
    /// What the runs that were done before have ended in.
    before: Tally,
    /// Steps that runs under way had taken before.
    steps_before: Option<u64>,
    progress: Option<Progress>,
}

impl Watch<'_> {
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
                self.progress = Some(Progress::new(done, results.runs(), self.quiet));
            }
            Milestone::Tables => {
                self.stop.at_once("interrupted; all runs are kept, the same command writes the tables")
            }
            Milestone::UnderWay(steps) => {
                // The first time it is said of runs that another process has begun.
                self.steps_before.get_or_insert(steps.taken);
                let share = steps.taken as f64 / steps.most.max(1) as f64;
                self.progress.iter_mut().for_each(|progress| progress.under_way(steps.runs, share));
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
            rate(all.steps, self.before.steps + self.steps_before.unwrap_or(0)),
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
