//! What a trial of some runs says of an experiment: steps, outcomes, rate.

use rayon::prelude::*;
use spurious::descent::backend::cpu::Cpu;
use spurious::descent::backend::{Backend, BackendError, Batch};
use spurious::experiment::run::{self, Details};
use spurious::experiment::sampling::Size;
use spurious::experiment::{Plan, Record, Spec, Tally};
use spurious::landscape::{Outcome, Settings, Status, Stop};
use spurious::numerics::Precision;
use spurious::numerics::text::counted;
use spurious::show::progress::{clock, si};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Runs of each cell that are tried for the forecast, in stages: large states may not get beyond the first.
const STAGES: [u64; 4] = [16, 128, 512, 2048];
/// Cells that are tried at once.
const CELLS: usize = 64;
/// Time that the trial may take.
const TIME: Duration = Duration::from_secs(1);
/// Steps after which many runs have ended.
const ENOUGH: u32 = 10_000;
/// Cells that are tried however dear their steps are, if there are so many.
const FEWEST: usize = 4;
/// What stands for the outcome of runs that have not ended.
const UNDER_WAY: Outcome = Outcome::Undecided;

/// What a trial of some runs has found, on the CPU.
pub(super) struct Trial {
    /// A tally for each cell that was tried.
    tallies: HashMap<usize, Tally>,
    /// Run-steps a second, of the stage that was fastest: small stages wait for their longest run.
    rate: f64,
    /// Runs a second of that stage.
    runs_rate: f64,
    /// The first steps of a few runs, where no whole run could be tried.
    beginning: Option<Beginning>,
}

/// The first steps of a few runs.
struct Beginning {
    runs: u64,
    cells: usize,
    /// How many of them have ended.
    ended: u64,
    /// Steps after which the others were left.
    budget: u32,
    /// Steps of a run, if runs go on to end as often as they did.
    expected: f64,
}

/// What all runs come to.
struct Work {
    runs: f64,
    steps: f64,
    seconds: f64,
}

impl Trial {
    /// Tries some runs of each cell for a limited time.
    pub(super) fn of(spec: &Spec, plan: &Plan, backend: &dyn Backend) -> Result<Self, BackendError> {
        let cpu = Cpu::new(if backend.name() == "cpu" { backend.precision() } else { Precision::F64 });
        let mut trial = Trial { tallies: HashMap::new(), rate: 0.0, runs_rate: 0.0, beginning: None };
        // Where a pilot is going to decide, the trial sees its runs.
        let all = || plan.cells.iter().map(|cell| (cell.index, 0..cell.runs)).collect::<Vec<_>>();
        let of_pilot = plan.sampling.map(|_| plan.of_pilot(&all()));
        let plan = of_pilot.as_ref().unwrap_or(plan);
        trial.whole_runs(plan, &cpu)?;
        if trial.tallies.is_empty() {
            trial.first_steps(spec, plan, &cpu)?;
        }
        Ok(trial)
    }

    fn whole_runs(&mut self, plan: &Plan, cpu: &Cpu) -> Result<(), BackendError> {
        let cancel = AtomicBool::new(false);
        let began = Instant::now();
        let count = plan.cells.len();
        // Cells from all over the grid, in case there is no time for every one.
        let stride = (0..).map(|i| 7919 + i).find(|s| gcd(*s, count) == 1).unwrap_or(1);
        let most = plan.runs_of_cells().1;
        std::thread::scope(|scope| -> Result<(), BackendError> {
            let (ended, wait) = std::sync::mpsc::channel::<()>();
            scope.spawn(|| {
                // Either the trial is over and hangs up, or its time is.
                if wait.recv_timeout(TIME) == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
                    cancel.store(true, Ordering::Relaxed);
                }
                drop(wait);
            });
            let _ended = ended;
            let mut first_run = 0;
            for stage in STAGES.map(|runs| runs.min(most)) {
                let (stage_began, mut done) = (Instant::now(), Tally::default());
                // Cells side by side, as in a real run: one at a time would wait for the slowest run of each.
                for first in (0..count).step_by(CELLS) {
                    let last = count.min(first + CELLS);
                    let todo: Vec<_> = (first..last).map(|i| (i * stride % count, first_run..stage)).collect();
                    let sink = |wave: Vec<Record>| {
                        for record in wave {
                            self.tallies.entry(record.cell).or_default().add(&record.tally);
                            done.add(&record.tally);
                        }
                        Ok::<(), BackendError>(())
                    };
                    match run::execute(plan, cpu, 0, &todo, Details::default(), &cancel, sink) {
                        Err(BackendError::Cancelled) => return Ok(()),
                        other => other?,
                    }
                    let seconds = stage_began.elapsed().as_secs_f64();
                    self.note_rate(done.steps as f64 / seconds, done.runs() as f64 / seconds);
                    if began.elapsed() > TIME {
                        return Ok(());
                    }
                }
                if first_run == most {
                    break;
                }
                first_run = stage;
            }
            Ok(())
        })
    }

    fn note_rate(&mut self, rate: f64, runs_rate: f64) {
        if runs_rate > self.runs_rate {
            (self.rate, self.runs_rate) = (rate, runs_rate);
        }
    }

    /// Tries the first steps of a few runs, ten times as many each time, until a tenth of the time is spent on them.
    fn first_steps(&mut self, spec: &Spec, plan: &Plan, cpu: &Cpu) -> Result<(), BackendError> {
        let mut few = plan.cells.len().min(CELLS);
        let mut budget = 1u32;
        loop {
            let cells = (0..few).map(|i| &plan.cells[i * plan.cells.len() / few]);
            let round = Instant::now();
            let mut seen: Vec<Tally> = Vec::new();
            for cell in cells {
                let settings = Settings { max_steps: budget, ..(*cell.settings).clone() };
                // A model may refuse a budget that is too short for what it does.
                let Ok(problem) = spec.model.problem(cell.form, &cell.values, &settings) else { continue };
                let mut states = vec![0.0; STAGES[0].min(cell.runs) as usize * problem.dim()];
                cell.starts(0, problem.dim(), &mut states);
                let batch = Batch { problem: &problem, states, taken: Vec::new(), of: cell.runs, keep_states: false };
                let ends = cpu.run(batch, &AtomicBool::new(false))?;
                let ended = |stop: &Stop| if stop.status == Status::OutOfSteps { UNDER_WAY } else { Outcome::Global };
                seen.push(Tally::of(ends.stops.iter().map(|stop| (stop, ended(stop)))));
            }
            let seconds = round.elapsed().as_secs_f64();
            let is_last = seconds > TIME.as_secs_f64() / 10.0 || budget >= spec.max_steps;
            if is_last && !seen.is_empty() {
                let all: Tally = seen.iter().sum();
                let ended = all.count(Outcome::Global);
                let most = f64::from(spec.max_steps);
                let mean = seen.iter().map(|cell| expected(cell, most, ended > 0)).sum::<f64>() / seen.len() as f64;
                self.rate = all.steps as f64 / seconds;
                self.runs_rate = self.rate / mean;
                self.beginning = Some(Beginning { runs: all.runs(), cells: seen.len(), ended, budget, expected: mean });
            }
            if is_last {
                return Ok(());
            }
            // Where steps are dear, rather more of them than more cells.
            let left = TIME.as_secs_f64() * f64::from(budget) / (seconds * f64::from(ENOUGH)) * few as f64;
            few = few.min((left as usize).max(FEWEST));
            budget = budget.saturating_mul(10).min(spec.max_steps);
        }
    }

    fn runs(&self) -> u64 {
        self.tallies.values().map(Tally::runs).sum()
    }

    fn steps(&self) -> u64 {
        self.tallies.values().map(|tally| tally.steps).sum()
    }

    /// The plan with the sizes that its pilot can be expected to decide, taking the shares of the trial for
    /// probabilities; `None` where no pilot decides, and where there was no time to try anything. A cell that was not
    /// tried has the mean size.
    pub(super) fn expected(&self, spec: &Spec, plan: &Plan) -> Option<Plan> {
        let sampling = plan.sampling.filter(|_| self.runs() > 0)?;
        let size = |tally: &Tally| {
            let runs = tally.runs() as f64;
            let share = tally.count(spec.outcome()) as f64 / runs;
            sampling.expect(share, self.rate * runs / tally.steps.max(1) as f64)
        };
        let sizes: Vec<Option<Size>> = (0..plan.cells.len())
            .into_par_iter()
            .map(|cell| self.tallies.get(&cell).filter(|tally| tally.runs() > 0).map(size))
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

    /// What the trial says of all runs of a plan; nothing where nothing could be tried, or a pilot has still to decide.
    pub(super) fn seconds(&self, plan: &Plan) -> Option<f64> {
        let tried = self.beginning.is_some() || self.runs() > 0;
        (tried && !plan.awaits_pilot()).then(|| self.work(plan).seconds)
    }

    /// The work of all runs of a plan.
    fn work(&self, plan: &Plan) -> Work {
        if let Some(Beginning { expected, .. }) = self.beginning {
            let (runs, steps) = (plan.runs() as f64, expected * plan.runs() as f64);
            return Work { runs, steps, seconds: steps / self.rate };
        }
        let mean = self.steps() as f64 / self.runs() as f64;
        let in_cell = |cell: usize| {
            self.tallies.get(&cell).filter(|tally| tally.runs() > 0).map_or(mean, |t| t.steps as f64 / t.runs() as f64)
        };
        // Runs of the pilot take their time too. A fixed number weighs all cells alike, so that a mean over the trial
        // will do.
        if plan.sizes.is_empty() {
            let runs = plan.runs() as f64;
            return Work { runs, steps: mean * runs, seconds: runs / self.runs_rate };
        }
        let each = plan.sizes.iter().enumerate().map(|(cell, size)| (size.runs + size.pilot, in_cell(cell)));
        let sums = each.map(|(runs, steps)| (runs as f64 * steps, runs as f64));
        let (steps, runs) = sums.fold((0.0, 0.0), |sum, next| (sum.0 + next.0, sum.1 + next.1));
        // Cells have different numbers of runs, so that the rate of their steps counts.
        Work { runs, steps, seconds: steps / self.rate }
    }

    /// What the trial says of steps and time.
    pub(super) fn forecast(&self, plan: &Plan, backend: &dyn Backend) -> String {
        let elsewhere = if backend.name() == "cpu" { "" } else { " on this CPU" };
        let time = |seconds: f64| clock(Duration::from_secs_f64(seconds.clamp(1.0, 1e15)));
        if let Some(Beginning { runs, cells, ended, budget, expected }) = &self.beginning {
            let limit = if *ended == 0 { "at most " } else { "" };
            let (of, cells, budget) = (counted(*runs, "run"), of_cells(*cells), counted(u64::from(*budget), "step"));
            let seen = match *ended {
                0 => format!("none of {of} of {cells} had ended after {budget}"),
                ended if ended < *runs => {
                    format!("{ended} of {of} of {cells} had ended after {budget}; if the others end as often")
                }
                _ => format!("from {of} of {cells}"),
            };
            let text = format!("forecast     {limit}{expected:.0} steps a run ({seen})");
            if plan.awaits_pilot() {
                return text + "\n";
            }
            let Work { steps, seconds, .. } = self.work(plan);
            let (steps, time) = (si(steps), time(seconds));
            return format!(
                "{text}, {steps} steps in all\n             {limit}about {time}{elsewhere} at the rate of these steps\n"
            );
        }
        let runs = self.runs();
        if runs == 0 {
            return String::new();
        }
        let Work { runs: many, steps: all, seconds } = self.work(plan);
        format!(
            "forecast     {:.0} steps a run (from {runs} runs of {}, longest {}), {} steps in all\n             \
             about {}{elsewhere} at the trial's rate\n",
            all / many,
            of_cells(self.tallies.len()),
            self.tallies.values().map(|tally| tally.longest).max().unwrap_or(0),
            si(all),
            time(seconds),
        )
    }
}

/// Steps of a run of a cell, if its runs go on to end as often as they did; of one where none has ended, half an end is
/// counted, or none where that is so in all cells.
fn expected(cell: &Tally, most: f64, some_ended: bool) -> f64 {
    let ended = cell.count(Outcome::Global) as f64;
    let often = (if ended == 0.0 && some_ended { 0.5 } else { ended }) / cell.steps.max(1) as f64;
    if often == 0.0 { most } else { (1.0 - (-often * most).exp()) / often }
}

fn of_cells(cells: usize) -> String {
    counted(cells as u64, "cell")
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}
