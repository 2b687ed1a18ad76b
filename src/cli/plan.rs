//! `spurious plan`

use super::{SpecArguments, print, warn_of_software};
use rayon::prelude::*;
use spurious::descent::backend::cpu::Cpu;
use spurious::descent::backend::{Backend, BackendError};
use spurious::experiment::plan::step_words;
use spurious::experiment::run::{self, Details};
use spurious::experiment::sampling::Size;
use spurious::experiment::{Cell, Plan, Record, Spec, Tally};
use spurious::judge::classify::Classifier;
use spurious::landscape::Value;
use spurious::numerics::Precision;
use spurious::numerics::text::{counted, grouped};
use spurious::show::progress::{clock, si};
use std::fmt::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    spec: SpecArguments,
}

/// Runs of each cell that are tried for the forecast, in stages: large states may not get beyond the first.
const PILOT_STAGES: [u64; 4] = [16, 128, 512, 2048];
/// Cells that are tried at once.
const PILOT_CELLS: usize = 64;
/// Time that the forecast may take.
const PILOT_TIME: Duration = Duration::from_secs(3);

pub(super) fn plan(arguments: &Arguments) -> anyhow::Result<()> {
    let spec = arguments.spec.load()?;
    let plan = Plan::new(&spec)?;
    let text = run::on_threads(&spec.compute, || describe(&spec, &plan))??;
    print(text.as_bytes())
}

fn describe(spec: &Spec, plan: &Plan) -> anyhow::Result<String> {
    let backend = run::backend(&spec.compute)?;
    run::check(spec, plan, &*backend)?;
    warn_of_software(&*backend);
    let tried = Tried::of(plan, &*backend)?;
    let expected = tried.expected(spec, plan);
    // Where a pilot is going to decide, what it is expected to.
    let plan = expected.as_ref().unwrap_or(plan);
    let mut text = format!(
        "{}\nmodel {}, {} {}\ncells        {}\n",
        if spec.title.is_empty() { &spec.name } else { &spec.title },
        spec.model.name(),
        spec.forms.join(", "),
        if spec.forms.len() == 1 { "form" } else { "forms" },
        plan.cells.len(),
    );
    text.push_str(&runs_text(spec, plan));
    if plan.sweeps.seed {
        let list: Vec<String> = spec.seeds.iter().map(u64::to_string).collect();
        writeln!(text, "axis         seed = {}", list.join(", "))?;
    }
    if plan.sweeps.form {
        writeln!(text, "axis         form = {}", spec.forms.join(", "))?;
    }
    for (name, values) in spec.params.iter().filter(|(_, values)| values.len() > 1) {
        let shown = |value: &Value| Some(value.to_string()).filter(|text| !text.is_empty()).unwrap_or("\"\"".into());
        let list: Vec<String> = values.iter().map(shown).collect();
        writeln!(text, "axis         {name} = {}", list.join(", "))?;
    }
    if plan.sweeps.step {
        let list: Vec<String> = spec.step.iter().map(|step| step_words(step, spec.model.about().step_groups)).collect();
        writeln!(text, "axis         step = {}", list.join(", "))?;
    }
    for group in &spec.zip {
        writeln!(text, "together     {}", group.join(", "))?;
    }
    writeln!(text, "backend      {} in {}", backend.description(), backend.precision().name())?;
    let size = |cell: &Cell| run::batch_runs(&*backend, &cell.problem, spec.compute.batch).min(cell.runs as usize);
    // On the CPU one wave of batches advances while the next is seeded and the one before is classified; a device has
    // several batches in flight, one waits for it and one is classified.
    let memory = |cell: &Cell| {
        let liked = backend.batch_size(&cell.problem) as u64;
        let (starts, waves) = match backend.in_flight() {
            0 => (liked.min(plan.runs()) as usize, if Classifier::new(&cell.problem).needs_states() { 3 } else { 2 }),
            in_flight => (size(cell), in_flight + 2),
        };
        waves * starts * cell.problem.start_dim() * size_of::<f64>()
            + backend.in_flight().max(1) * backend.batch_bytes(&cell.problem, starts)
            + Classifier::bytes(&cell.problem, rayon::current_num_threads())
    };
    let largest = plan.cells.iter().map(memory).max().unwrap_or(0);
    let batch = plan.cells.iter().map(size).max().unwrap_or(0);
    writeln!(text, "batch        {batch} runs; memory about {}B", si(largest as f64))?;
    text.push_str(&tried.forecast(plan, &*backend));
    let asked = plan.sampling.is_some_and(|sampling| sampling.rule.width.is_some());
    if tried.runs() > 0 && !asked {
        let level = spec.output.level;
        let runs = plan.runs_of_cells().0;
        let half = plan.method().interval(runs / 2, runs, level).half_width();
        writeln!(text, "precision    probabilities to ±{half:.2} or better at level {level}", half = Digits(half))?;
    }
    Ok(text)
}

/// How many runs there are going to be.
fn runs_text(spec: &Spec, plan: &Plan) -> String {
    let runs = plan.runs();
    let Some(sampling) = plan.sampling else {
        return format!("per cell     {}\nruns         {}\n", counted(spec.runs_per_cell, "run"), grouped(runs));
    };
    let mut text = format!("per cell     runs for {}, at most {}\n", sampling.text(), grouped(sampling.most));
    if plan.awaits_pilot() {
        return text;
    }
    let (least, most) = plan.runs_of_cells();
    let pilot: u64 = plan.sizes.iter().map(|size| size.pilot).sum();
    let range = if least == most { grouped(most) } else { format!("{} to {}", grouped(least), grouped(most)) };
    text.push_str(&format!(
        "             expected: {range}, and {} in all of a pilot that decides and is not counted ({:.1} % \
         more)\n",
        grouped(pilot),
        100.0 * pilot as f64 / runs as f64
    ));
    text.push_str(&format!("runs         {} expected", grouped(runs)));
    let fixed = most.saturating_mul(plan.cells.len() as u64);
    if sampling.rule.width.is_some() && least < most {
        text.push_str(&format!("; {} if every cell had as many as the one that needs most", grouped(fixed)));
    }
    text + "\n"
}

/// What a trial of some runs of each cell has found, on the CPU.
struct Tried {
    /// A tally per cell.
    tallies: Vec<Tally>,
    /// How long all of it took.
    seconds: f64,
}

impl Tried {
    /// Tries some runs of each cell for a limited time.
    fn of(plan: &Plan, backend: &dyn Backend) -> Result<Self, BackendError> {
        let pilot = Cpu::new(if backend.name() == "cpu" { backend.precision() } else { Precision::F64 });
        let cancel = AtomicBool::new(false);
        let began = Instant::now();
        let count = plan.cells.len();
        let mut tallies = vec![Tally::default(); count];
        // Where a pilot is going to decide, the trial sees its runs.
        let all: Vec<_> = plan.cells.iter().map(|cell| (cell.index, 0..cell.runs)).collect();
        let of_pilot = plan.sampling.map(|_| plan.of_pilot(&all));
        let plan = of_pilot.as_ref().unwrap_or(plan);
        // Cells from all over the grid, in case there is no time for every one.
        let stride = (0..).map(|i| 7919 + i).find(|s| gcd(*s, count) == 1).unwrap_or(1);
        std::thread::scope(|scope| -> Result<(), BackendError> {
            let (ended, wait) = std::sync::mpsc::channel::<()>();
            scope.spawn(|| {
                // Either the trial is over and hangs up, or its time is.
                if wait.recv_timeout(PILOT_TIME) == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
                    cancel.store(true, Ordering::Relaxed);
                }
                drop(wait);
            });
            let _ended = ended;
            let mut first_run = 0;
            for stage in PILOT_STAGES.map(|runs| runs.min(plan.runs_of_cells().1)) {
                // Cells side by side, as in a real run: one at a time would wait for the slowest run of each.
                for first in (0..count).step_by(PILOT_CELLS) {
                    let last = count.min(first + PILOT_CELLS);
                    let todo: Vec<_> = (first..last).map(|i| (i * stride % count, first_run..stage)).collect();
                    let sink = |wave: Vec<Record>| {
                        wave.iter().for_each(|f| tallies[f.cell].add(&f.tally));
                        Ok::<(), BackendError>(())
                    };
                    match run::execute(plan, &pilot, 0, &todo, Details::default(), &cancel, sink) {
                        Err(BackendError::Cancelled) => return Ok(()),
                        other => other?,
                    }
                    if began.elapsed() > PILOT_TIME {
                        return Ok(());
                    }
                }
                first_run = stage;
            }
            Ok(())
        })?;
        Ok(Tried { tallies, seconds: began.elapsed().as_secs_f64() })
    }

    fn runs(&self) -> u64 {
        self.tallies.iter().map(Tally::runs).sum()
    }

    fn steps(&self) -> u64 {
        self.tallies.iter().map(|tally| tally.steps).sum()
    }

    /// The plan with the sizes that its pilot can be expected to decide, taking the shares of the trial for
    /// probabilities; `None` where no pilot decides, and where there was no time to try anything. A cell that was not
    /// tried has the mean size.
    fn expected(&self, spec: &Spec, plan: &Plan) -> Option<Plan> {
        let sampling = plan.sampling.filter(|_| self.runs() > 0)?;
        let speed = self.steps() as f64 / self.seconds;
        let sizes: Vec<Option<Size>> = self
            .tallies
            .par_iter()
            .map(|tally| {
                let runs = tally.runs() as f64;
                let share = tally.count(spec.outcome()) as f64 / runs;
                (runs > 0.0).then(|| sampling.expect(share, speed * runs / tally.steps.max(1) as f64))
            })
            .collect();
        let known: Vec<Size> = sizes.iter().flatten().copied().collect();
        let mean = |of: fn(&Size) -> u64| {
            let sum = known.iter().map(|size| u128::from(of(size))).sum::<u128>();
            (sum / known.len().max(1) as u128) as u64
        };
        let usual = known.first().map(|size| Size { runs: mean(|s| s.runs), pilot: mean(|s| s.pilot), ..*size })?;
        let mut expected = plan.clone();
        expected.decide(sizes.into_iter().map(|size| size.unwrap_or(usual)).collect());
        Some(expected)
    }

    /// What the trial says of steps and time.
    fn forecast(&self, plan: &Plan, backend: &dyn Backend) -> String {
        let runs = self.runs();
        if runs == 0 {
            let first = PILOT_STAGES[0].min(plan.runs_of_cells().1);
            return format!("forecast     {first} runs of a cell take longer than {}\n", clock(PILOT_TIME));
        }
        let mean = self.steps() as f64 / runs as f64;
        let in_cell = |tally: &Tally| if tally.runs() > 0 { tally.steps as f64 / tally.runs() as f64 } else { mean };
        // Runs of the pilot take their time too. A fixed number weighs all cells alike, so that a mean over the trial
        // will do.
        let (all, many) = if plan.sizes.is_empty() {
            (mean * plan.runs() as f64, plan.runs() as f64)
        } else {
            let each =
                plan.sizes.iter().zip(&self.tallies).map(|(size, tally)| (size.runs + size.pilot, in_cell(tally)));
            let sums = each.map(|(runs, steps)| (runs as f64 * steps, runs as f64));
            sums.fold((0.0, 0.0), |sum, next| (sum.0 + next.0, sum.1 + next.1))
        };
        let cells = self.tallies.iter().filter(|tally| tally.runs() > 0).count();
        // In seconds per run, or, where cells have different numbers of runs, per step.
        let seconds = if plan.sizes.is_empty() {
            self.seconds / runs as f64 * many
        } else {
            self.seconds / self.steps().max(1) as f64 * all
        };
        let time = clock(Duration::from_secs_f64(seconds.clamp(1.0, 1e15)));
        let elsewhere = if backend.name() == "cpu" { "" } else { " on this CPU" };
        format!(
            "forecast     {:.0} steps a run (from {runs} runs of {cells} {}, longest {}), \
             {} steps in all\n             \
             at most about {time}{elsewhere} at the trial's rate, which larger batches exceed\n",
            all / many,
            if cells == 1 { "cell" } else { "cells" },
            self.tallies.iter().map(|tally| tally.longest).max().unwrap_or(0),
            si(all)
        )
    }
}

/// A number with two significant digits.
struct Digits(f64);

impl std::fmt::Display for Digits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let decimals = (1.0 - self.0.log10().floor()).clamp(0.0, 17.0) as usize;
        write!(f, "{:.decimals$}", self.0)
    }
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}
