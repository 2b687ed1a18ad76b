//! `spurious plan`

use super::{SpecArguments, print};
use spurious::backend::cpu::Cpu;
use spurious::backend::{Backend, BackendError};
use spurious::classify::Classifier;
use spurious::experiment::{self, Details};
use spurious::interval::Method;
use spurious::model::Value;
use spurious::plan::{Plan, step_text};
use spurious::progress::{clock, si};
use spurious::real::Precision;
use spurious::spec::Spec;
use spurious::tally::Tally;
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
    let text = experiment::on_threads(&spec.compute, || describe(&spec, &plan))??;
    print(text.as_bytes())
}

fn describe(spec: &Spec, plan: &Plan) -> anyhow::Result<String> {
    let backend = experiment::backend(&spec.compute)?;
    experiment::check(spec, plan, &*backend)?;
    let mut text = format!(
        "{}\nmodel {}, {} form\ncells        {}\nruns a cell  {}\nruns         {}\n",
        if spec.title.is_empty() { &spec.name } else { &spec.title },
        spec.model.name(),
        spec.form,
        plan.cells.len(),
        plan.runs_per_cell,
        plan.runs()
    );
    for (name, values) in spec.params.iter().filter(|(_, values)| values.len() > 1) {
        let shown = |value: &Value| Some(value.to_string()).filter(|text| !text.is_empty()).unwrap_or("\"\"".into());
        let list: Vec<String> = values.iter().map(shown).collect();
        writeln!(text, "axis         {name} = {}", list.join(", "))?;
    }
    if plan.sweeps_step {
        let list: Vec<String> = spec.step.iter().map(step_text).collect();
        writeln!(text, "axis         step = {}", list.join(", "))?;
    }
    writeln!(text, "backend      {} in {}", backend.description(), backend.precision().name())?;
    let size = |cell: &spurious::plan::Cell| {
        experiment::batch_runs(&*backend, &*cell.problem, spec.compute.batch).min(plan.runs_per_cell as usize)
    };
    // On the CPU one wave of batches advances while the next is seeded and the one before is classified; a device has several
    // batches in flight, one waits for it and one is classified.
    let memory = |cell: &spurious::plan::Cell| {
        let liked = backend.batch_size(&*cell.problem) as u64;
        let (starts, waves) = match backend.in_flight() {
            0 => (liked.min(plan.runs()) as usize, if Classifier::new(&*cell.problem).needs_states() { 3 } else { 2 }),
            in_flight => (size(cell), in_flight + 2),
        };
        waves * starts * cell.problem.start_dim() * size_of::<f64>()
            + backend.in_flight().max(1) * backend.batch_bytes(&*cell.problem, starts)
            + Classifier::bytes(&*cell.problem, rayon::current_num_threads())
    };
    let largest = plan.cells.iter().map(memory).max().unwrap_or(0);
    let batch = plan.cells.iter().map(size).max().unwrap_or(0);
    writeln!(text, "batch        {batch} runs; memory about {}B", si(largest as f64))?;
    text.push_str(&forecast(spec, plan, &*backend)?);
    Ok(text)
}

/// Tries some runs of each cell on the CPU, for a limited time, and extrapolates.
fn forecast(spec: &Spec, plan: &Plan, backend: &dyn Backend) -> anyhow::Result<String> {
    let pilot = Cpu::new(if backend.name() == "cpu" { backend.precision() } else { Precision::F64 });
    let cancel = AtomicBool::new(false);
    let began = Instant::now();
    let mut tally = Tally::default();
    let mut cells = 0;
    // Cells from all over the grid, in case there is no time for every one.
    let stride = (0..).map(|i| 7919 + i).find(|s| gcd(*s, plan.cells.len()) == 1).unwrap_or(1);
    std::thread::scope(|scope| -> Result<(), BackendError> {
        let (ended, wait) = std::sync::mpsc::channel::<()>();
        scope.spawn(|| {
            // Either the pilot is over and hangs up, or its time is.
            if wait.recv_timeout(PILOT_TIME) == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
                cancel.store(true, Ordering::Relaxed);
            }
            drop(wait);
        });
        let _ended = ended;
        let mut first_run = 0;
        for stage in PILOT_STAGES.map(|runs| runs.min(plan.runs_per_cell)) {
            // Cells side by side, as in a real run: one at a time would wait for the slowest run of each.
            for first in (0..plan.cells.len()).step_by(PILOT_CELLS) {
                let last = plan.cells.len().min(first + PILOT_CELLS);
                let todo: Vec<_> = (first..last).map(|i| (i * stride % plan.cells.len(), first_run..stage)).collect();
                let sink = |wave: Vec<experiment::Finished>| {
                    wave.iter().for_each(|f| tally.add(&f.tally));
                    Ok::<(), BackendError>(())
                };
                match experiment::execute(plan, &pilot, 0, &todo, Details::default(), &cancel, sink) {
                    Err(BackendError::Cancelled) => return Ok(()),
                    other => other?,
                }
                cells = cells.max(last);
                if began.elapsed() > PILOT_TIME {
                    return Ok(());
                }
            }
            first_run = stage;
        }
        Ok(())
    })?;
    if tally.runs() == 0 {
        let first = PILOT_STAGES[0].min(plan.runs_per_cell);
        return Ok(format!("forecast     {first} runs of a cell take longer than {}\n", clock(PILOT_TIME)));
    }
    let steps = tally.steps as f64 / tally.runs() as f64;
    let all = steps * plan.runs() as f64;
    let mut text = format!(
        "forecast     {steps:.0} steps a run (from {} runs of {cells} {}, longest {}), {} steps in all\n",
        tally.runs(),
        if cells == 1 { "cell" } else { "cells" },
        tally.longest,
        si(all)
    );
    let seconds = began.elapsed().as_secs_f64() / tally.runs() as f64 * plan.runs() as f64;
    let time = clock(Duration::from_secs_f64(seconds.clamp(1.0, 1e15)));
    let elsewhere = if backend.name() == "cpu" { "" } else { " on this CPU" };
    writeln!(text, "             at most about {time}{elsewhere} at the pilot's rate, which larger batches exceed")?;
    let level = spec.output.level;
    let interval = Method::Wilson.interval(plan.runs_per_cell / 2, plan.runs_per_cell, level);
    let half = 0.5 * (interval.high - interval.low);
    writeln!(text, "precision    probabilities to ±{half:.2} or better at level {level}", half = Digits(half))?;
    Ok(text)
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
