//! The measurements: interleaved repetitions of the rows of a cell, and fresh programs for what only they show.

use super::even::compare;
use super::repetition::try_runs;
use super::spread::spread;
use super::subject::Subject;
use super::{Label, Machine, Row};
use crate::descent::backend::{Backend, BackendError, Batch};
use crate::experiment::run::{self, Details};
use crate::experiment::{Record, Tally};
use crate::numerics::start_law::BLOCK;
use rayon::prelude::*;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

/// The larger default number of runs over the smaller, where a break-even is asked for.
const APART: u64 = 16;
/// Fresh programs whose start-up is measured at the most.
const STARTS: usize = 3;
/// How often a peak is measured again that a kernel was seen to exceed.
const SECOND_LOOKS: usize = 3;

/// How to measure.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Numbers of runs of every row; empty for as many as take about
    /// [`REPETITION`](super::repetition::REPETITION), and, if a GPU is among the machines, a sixteenth of that.
    pub runs: Vec<u64>,
    /// Repetitions; the first comes after a round that does not count.
    pub repeat: usize,
    /// Runs in a batch; 0 as the backend likes.
    pub batch: usize,
}

/// A fresh program to be started: the row's cell by its position, its machine by its position, and how much to do
/// there.
#[derive(Clone, Copy, Debug)]
pub struct Start {
    /// Position of the cell.
    pub subject: usize,
    /// Position of the machine.
    pub machine: usize,
    /// Runs.
    pub runs: u64,
    /// Steps of a run; 0 for the cell's own.
    pub steps: u32,
}

/// What a fresh program has shown.
#[derive(Clone, Copy, Debug)]
pub struct Fresh {
    /// Time from its start to its end.
    pub took: Duration,
    /// Its largest resident set, where the system says.
    pub peak_memory: Option<u64>,
}

/// Cells and machines to be measured, in the current pool of threads.
#[derive(Debug)]
pub struct Bench<'a> {
    subjects: &'a [Subject],
    machines: &'a [Machine],
    settings: Settings,
    /// Of each machine the highest peak that was seen.
    peaks: Vec<f64>,
}

/// What there is to be measured of a cell.
#[derive(Debug)]
pub struct Cases<'a> {
    /// One for each row to be.
    pub cases: Vec<Case<'a>>,
    /// What a machine cannot take, and why.
    pub left_out: Vec<String>,
}

/// A row that is being measured.
#[derive(Debug)]
pub struct Case<'a> {
    /// Position of its cell.
    pub subject: usize,
    /// Position of its machine.
    pub machine: usize,
    /// Runs.
    pub runs: u64,
    /// Runs of the descent alone: one batch at the most.
    pub kernel_runs: u64,
    cell: &'a Subject,
    on: &'a Machine,
    /// Lanes that share a run on a GPU.
    lanes: Option<u32>,
    /// Starts of the descent alone.
    starts: Vec<f64>,
    whole: Vec<Timed>,
    kernel: Vec<Timed>,
    start_ups: Vec<f64>,
}

/// Time and the steps taken in it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Timed {
    pub(super) seconds: f64,
    steps: u64,
}

impl Timed {
    fn rate(self) -> f64 {
        self.steps as f64 / self.seconds.max(1e-9)
    }
}

impl<'a> Bench<'a> {
    /// Nothing is measured yet.
    pub fn new(subjects: &'a [Subject], machines: &'a [Machine], settings: Settings) -> Self {
        Bench { subjects, machines, settings, peaks: vec![0.0; machines.len()] }
    }

    /// Repetitions.
    pub fn repeat(&self) -> usize {
        self.settings.repeat
    }

    /// Measures a cell, by its position, on every machine. `fresh` starts a program of its own that calls [`fresh`] and
    /// ends; where it returns `None`, start-up and memory are left out. Returns the rows, and what a machine cannot
    /// take, with the reason.
    ///
    /// # Errors
    /// A device failure.
    pub fn cell(
        &mut self,
        subject: usize,
        fresh: impl Fn(Start) -> Option<Fresh>,
    ) -> Result<(Vec<Row>, Vec<String>), BackendError> {
        let Cases { mut cases, left_out } = self.cases(subject)?;
        for round in 0..=self.settings.repeat {
            if round == 0 || round == self.settings.repeat {
                self.look_at_peaks(&cases)?;
            }
            for i in 0..cases.len() {
                let first = !cases[..i].iter().any(|other| other.same_line(&cases[i]));
                let case = &mut cases[i];
                let kernel = case.time_kernel()?;
                // The first round compiles and fills caches; it need not be long.
                let runs = if round == 0 { case.kernel_runs.min(case.runs) } else { case.runs };
                let whole = whole(case.cell, case.on.backend(), runs, self.settings.batch)?;
                if round == 0 {
                    continue;
                }
                case.kernel.extend(kernel);
                case.whole.push(whole);
                if first && round <= STARTS {
                    let shown = fresh(Start { subject, machine: case.machine, runs: 1, steps: 1 });
                    case.start_ups.extend(shown.map(|shown| shown.took.as_secs_f64()));
                }
            }
        }
        let exceeds = |case: &Case<'_>, peaks: &[f64]| {
            let problem = case.cell.problem();
            let limit = peaks[case.machine] / problem.cost(case.on.precision()).operations;
            case.kernel.iter().any(|timed| timed.rate() > limit)
        };
        for _ in 0..SECOND_LOOKS {
            if cases.iter().any(|case| exceeds(case, &self.peaks)) {
                self.look_at_peaks(&cases)?;
            }
        }
        let mut rows: Vec<Row> = Vec::new();
        for case in &cases {
            let mut row = case.row(self.peaks[case.machine], self.settings.repeat);
            if case.start_ups.is_empty() {
                let known = rows.iter().find(|known| known.label.same_line(&row.label));
                row.start_up_s = known.and_then(|known| known.start_up_s);
            }
            let start = Start { subject, machine: case.machine, runs: case.runs, steps: 0 };
            row.peak_memory_bytes = fresh(start).and_then(|shown| shown.peak_memory);
            rows.push(row);
        }
        compare(&mut rows);
        Ok((rows, left_out))
    }

    /// Measures the peaks of the machines that some rows are measured on, and keeps the highest of each.
    fn look_at_peaks(&mut self, cases: &[Case<'_>]) -> Result<(), BackendError> {
        for (i, machine) in self.machines.iter().enumerate() {
            // One device is measured once, however many lanes and checks there are.
            match self.machines[..i].iter().position(|known| same_device(known, machine)) {
                Some(known) => self.peaks[i] = self.peaks[known],
                None if cases.iter().any(|case| same_device(&self.machines[case.machine], machine)) => {
                    self.peaks[i] = self.peaks[i].max(machine.peak()?);
                }
                None => {}
            }
        }
        Ok(())
    }

    /// The rows that are to be measured of a cell, in order, with their numbers of runs.
    ///
    /// # Errors
    /// A device failure while numbers of runs are tried.
    pub fn cases(&self, subject: usize) -> Result<Cases<'a>, BackendError> {
        let (machines, settings, cell) = (self.machines, &self.settings, &self.subjects[subject]);
        let mut cases: Vec<Case<'a>> = Vec::new();
        let mut left_out = Vec::new();
        let mut tried: Vec<(&Machine, u64, u64)> = Vec::new();
        for (index, machine) in machines.iter().enumerate() {
            let backend = machine.backend();
            if let Err(invalid) = backend.fits(cell.problem()) {
                left_out.push(format!("{} on {}: {invalid}", cell.name(), backend.description()));
                continue;
            }
            let batch = run::batch_runs(backend, cell.problem(), settings.batch) as u64;
            let counts: Vec<(u64, u64)> = if settings.runs.is_empty() {
                // Rows that differ in lanes or checks take the same runs.
                let known = tried.iter().find(|(known, ..)| same_device(known, machine));
                let (large, kernel) = match known {
                    Some((_, large, kernel)) => (*large, *kernel),
                    None => try_runs(cell, backend, settings.batch, batch)?,
                };
                tried.push((machine, large, kernel));
                let gpu = machines.iter().any(|machine| machine.checks().is_some());
                let mut both = vec![(large, kernel)];
                if gpu && large > 1 {
                    both.insert(0, ((large / APART).max(1), (kernel / APART).max(1)));
                }
                both
            } else {
                settings.runs.iter().map(|runs| (*runs, batch.min(*runs))).collect()
            };
            for (runs, kernel_runs) in counts {
                // The automatic number of lanes may be one that was asked for as well.
                let lanes = machine.lanes(cell.problem(), runs);
                let twin = |other: &Case<'_>| {
                    let known = &machines[other.machine];
                    (other.runs, other.lanes) == (runs, lanes)
                        && known.checks() == machine.checks()
                        && same_device(known, machine)
                };
                if lanes.is_none() || !cases.iter().any(twin) {
                    let starts = starts(cell, kernel_runs);
                    let (whole, kernel, start_ups) = (Vec::new(), Vec::new(), Vec::new());
                    cases.push(Case {
                        subject,
                        machine: index,
                        runs,
                        kernel_runs,
                        cell,
                        on: &machines[index],
                        lanes,
                        starts,
                        whole,
                        kernel,
                        start_ups,
                    });
                }
            }
        }
        Ok(Cases { cases, left_out })
    }
}

impl Case<'_> {
    /// Whether another row differs in its runs alone.
    fn same_line(&self, other: &Case<'_>) -> bool {
        (self.machine, self.lanes) == (other.machine, other.lanes)
    }

    /// What the row is about.
    pub fn label(&self) -> Label {
        Label {
            model: self.cell.spec.model.name(),
            form: self.cell.spec.forms[0],
            parameters: self.cell.parameters(),
            verdicts: self.cell.spec.verdicts,
            backend: self.on.backend().name(),
            adapter: self.on.backend().description(),
            precision: self.on.precision(),
            lanes: self.lanes,
            checks: self.on.checks(),
            threads: rayon::current_num_threads(),
            runs: self.runs,
            steps: self.cell.problem().rule().max_steps,
        }
    }

    /// Time of the descent alone; `None` where the device cannot time its work.
    fn time_kernel(&self) -> Result<Option<Timed>, BackendError> {
        kernel(self.cell, self.on.backend(), &self.starts, self.runs)
    }

    fn row(&self, peak: f64, repeat: usize) -> Row {
        let seconds = |all: &[Timed]| all.iter().map(|timed| timed.seconds).collect::<Vec<f64>>();
        let middle = median(&self.whole, |timed| timed.seconds).unwrap_or(Timed { seconds: f64::NAN, steps: 0 });
        Row {
            label: self.label(),
            run_steps: middle.steps,
            repeat,
            median_s: middle.seconds,
            min_s: seconds(&self.whole).into_iter().fold(f64::INFINITY, f64::min),
            spread: spread(&seconds(&self.whole)),
            run_steps_per_s: middle.rate(),
            kernel_runs: self.kernel_runs,
            kernel_run_steps_per_s: median(&self.kernel, |timed| timed.seconds).map(Timed::rate),
            kernel_spread: spread(&seconds(&self.kernel)),
            operations: self.cell.problem().cost(self.on.precision()).operations,
            peak_per_s: peak,
            start_up_s: median(&self.start_ups, |seconds| *seconds),
            peak_memory_bytes: None,
            gpu_over_cpu: None,
            break_even_runs: None,
        }
    }
}

/// Whether two machines are the same adapter and compute in the same format.
fn same_device(a: &Machine, b: &Machine) -> bool {
    a.precision() == b.precision() && a.backend().description() == b.backend().description()
}

/// Starts of the first runs of a cell, states only.
pub(super) fn starts(cell: &Subject, runs: u64) -> Vec<f64> {
    let (problem, dim) = (cell.problem(), cell.problem().dim());
    let mut states = vec![0.0; runs as usize * dim];
    let tasks = states.par_chunks_mut(BLOCK * dim).enumerate();
    tasks.for_each(|(task, states)| problem.starts(cell.seed(), (task * BLOCK) as u64, dim, states));
    states
}

/// Time of the descent alone from some starts, one batch of so many runs in all; `None` where the device cannot time
/// its work.
pub(super) fn kernel(
    cell: &Subject,
    backend: &dyn Backend,
    starts: &[f64],
    of: u64,
) -> Result<Option<Timed>, BackendError> {
    let batch = Batch { problem: cell.problem(), states: starts.to_vec(), taken: Vec::new(), of, keep_states: false };
    let busy = backend.busy();
    let began = Instant::now();
    let ends = backend.run(batch, &AtomicBool::new(false))?;
    let took = began.elapsed();
    let seconds = match (busy, backend.busy()) {
        (Some(before), Some(after)) => Some((after - before).as_secs_f64()),
        _ if backend.name() == "cpu" => Some(took.as_secs_f64()),
        _ => None,
    };
    let steps = ends.stops.iter().map(|stop| u64::from(stop.steps)).sum();
    Ok(seconds.filter(|seconds| *seconds > 0.0).map(|seconds| Timed { seconds, steps }))
}

/// Time of everything from seeding to tally.
pub(super) fn whole(cell: &Subject, backend: &dyn Backend, runs: u64, batch: usize) -> Result<Timed, BackendError> {
    let mut tally = Tally::default();
    let sink = |wave: Vec<Record>| {
        wave.iter().for_each(|finished| tally.add(&finished.tally));
        Ok::<(), BackendError>(())
    };
    let began = Instant::now();
    let never = AtomicBool::new(false);
    run::execute(&cell.plan, backend, batch, &[(0, 0..runs)], Details::default(), &never, sink)?;
    Ok(Timed { seconds: began.elapsed().as_secs_f64(), steps: tally.steps })
}

/// What a fresh program does: runs of one cell on one machine, from seeding to tally. Returns its largest resident set.
///
/// # Errors
/// A device failure.
pub fn fresh(cell: &Subject, machine: &Machine, runs: u64, batch: usize) -> Result<Option<u64>, BackendError> {
    whole(cell, machine.backend(), runs, batch)?;
    Ok(peak_memory())
}

/// The largest resident set that this program has had, bytes; `None` where the system does not say (it does on Linux).
pub fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes << 10)
}

/// The element in the middle, the lower of two, by a key.
fn median<T: Copy>(items: &[T], key: impl Fn(&T) -> f64) -> Option<T> {
    let mut sorted: Vec<T> = items.to_vec();
    sorted.sort_by(|a, b| key(a).total_cmp(&key(b)));
    sorted.get(sorted.len().saturating_sub(1) / 2).copied()
}
