//! The measurements: interleaved repetitions of every row, and fresh programs for what only they show.

use super::even::Line;
use super::subject::Subject;
use super::{Machine, Row};
use crate::descent::backend::{Backend, BackendError, Batch};
use crate::experiment::run::{self, Details};
use crate::experiment::{Record, Tally};
use crate::numerics::Precision;
use crate::numerics::start_law::BLOCK;
use rayon::prelude::*;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

/// How to measure.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Numbers of runs of every row; empty for [`case_runs`].
    pub runs: Vec<u64>,
    /// Repetitions; the first comes after a round that does not count.
    pub repeat: usize,
    /// Runs in a batch; 0 as the backend likes.
    pub batch: usize,
}

/// Work of the larger default number of runs, operations: for each thread of the CPU, …
const CPU_WORK: f64 = 2e9;
/// … for a discrete GPU, …
const GPU_WORK: f64 = 5e11;
/// … and for any other adapter.
const SMALL_GPU_WORK: f64 = 5e10;
/// The larger default number of runs over the smaller.
const SPREAD: u64 = 16;

/// Fresh programs whose start-up is measured at the most.
const STARTS: usize = 5;

/// Numbers of runs by default: a power of two that keeps a usual device of the kind busy for some tenths of a second at
/// a tenth of its peak, and a sixteenth of it. It depends on the kind of device alone, so that two benches can be
/// compared row by row.
pub fn case_runs(subject: &Subject, machine: &Machine) -> Vec<u64> {
    let work = match machine {
        Machine::Cpu(_) => CPU_WORK * rayon::current_num_threads() as f64,
        Machine::Gpu(gpu) if gpu.adapter().kind == "discrete" => GPU_WORK,
        Machine::Gpu(gpu) if gpu.adapter().is_hardware() => SMALL_GPU_WORK,
        Machine::Gpu(_) => CPU_WORK,
    };
    let rule = subject.problem().rule();
    let operations = subject.problem().cost(machine.precision()).operations * f64::from(rule.max_steps);
    let large = (work / operations).log2().round().clamp(0.0, 40.0).exp2() as u64;
    let mut runs = vec![(large / SPREAD).max(1), large];
    runs.dedup();
    runs
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

/// A row that is being measured.
struct Case<'a> {
    subject: usize,
    machine: usize,
    cell: &'a Subject,
    backend: &'a dyn Backend,
    runs: u64,
    /// Starts of one batch.
    starts: Vec<f64>,
    whole: Vec<Timed>,
    kernel: Vec<Timed>,
}

/// Time and the steps taken in it.
#[derive(Clone, Copy, Debug)]
struct Timed {
    seconds: f64,
    steps: u64,
}

impl Timed {
    fn rate(self) -> f64 {
        self.steps as f64 / self.seconds.max(1e-9)
    }
}

/// Measures every cell on every machine, in the current pool of threads. `fresh` starts a program of its own that calls
/// [`fresh`] and ends; where it returns `None`, start-up and memory are left out. A cell that a machine cannot take is
/// left out, and `left_out` is told why.
///
/// # Errors
/// A device failure.
pub fn measure(
    subjects: &[Subject],
    machines: &[Machine],
    settings: &Settings,
    fresh: impl Fn(Start) -> Option<Fresh>,
    left_out: impl FnMut(String),
) -> Result<Vec<Row>, BackendError> {
    let mut cases = cases(subjects, machines, settings, left_out);
    let mut peaks = vec![0.0f64; machines.len()];
    for round in 0..=settings.repeat {
        for (i, machine) in machines.iter().enumerate() {
            // One device is measured once, however many numbers of lanes are.
            match machines[..i].iter().position(|known| same_device(known, machine)) {
                Some(known) => peaks[i] = peaks[known],
                None => peaks[i] = peaks[i].max(machine.peak()?),
            }
        }
        for case in &mut cases {
            let kernel = kernel(case)?;
            // The first round compiles and fills caches; it need not be long.
            let runs = if round == 0 { (case.starts.len() / case.cell.problem().dim()) as u64 } else { case.runs };
            let whole = whole(case.cell, case.backend, runs, settings.batch)?;
            if round > 0 {
                case.kernel.extend(kernel);
                case.whole.push(whole);
            }
        }
    }
    let mut rows: Vec<Row> = Vec::new();
    for case in &cases {
        let mut row = row(case, &machines[case.machine], peaks[case.machine], settings.repeat);
        let start = |runs, steps| Start { subject: case.subject, machine: case.machine, runs, steps };
        row.start_up_s = match rows.iter().find(|known| known.same_line(&row)) {
            Some(known) => known.start_up_s,
            None => {
                let mut took: Vec<f64> = (0..settings.repeat.min(STARTS))
                    .filter_map(|_| Some(fresh(start(1, 1))?.took.as_secs_f64()))
                    .collect();
                took.sort_by(f64::total_cmp);
                took.get(took.len() / 2).copied()
            }
        };
        row.peak_memory_bytes = fresh(start(case.runs, 0)).and_then(|shown| shown.peak_memory);
        rows.push(row);
    }
    compare(&mut rows);
    Ok(rows)
}

/// The rows that are to be measured, in order.
fn cases<'a>(
    subjects: &'a [Subject],
    machines: &'a [Machine],
    settings: &Settings,
    mut left_out: impl FnMut(String),
) -> Vec<Case<'a>> {
    let mut cases = Vec::new();
    let mut known: Vec<(usize, &Machine, u64, Option<u32>)> = Vec::new();
    for (subject, cell) in subjects.iter().enumerate() {
        for (index, machine) in machines.iter().enumerate() {
            let backend = machine.backend();
            if let Err(invalid) = backend.fits(cell.problem()) {
                left_out(format!("{} on {}: {invalid}", cell.name(), backend.description()));
                continue;
            }
            let counts = if settings.runs.is_empty() { case_runs(cell, machine) } else { settings.runs.clone() };
            for runs in counts {
                // The automatic number of lanes may be one that was asked for as well.
                let lanes = machine.lanes(cell.problem(), runs);
                let twin = |(other, known, count, lanes_there): &(usize, &Machine, u64, Option<u32>)| {
                    (*other, *count, *lanes_there) == (subject, runs, lanes) && same_device(known, machine)
                };
                if lanes.is_some() && known.iter().any(twin) {
                    continue;
                }
                known.push((subject, machine, runs, lanes));
                let first = runs.min(run::batch_runs(backend, cell.problem(), settings.batch) as u64);
                let starts = starts(cell, first);
                let (whole, kernel) = (Vec::new(), Vec::new());
                cases.push(Case { subject, machine: index, cell, backend, runs, starts, whole, kernel });
            }
        }
    }
    cases
}

/// Whether two machines are the same adapter and compute in the same format.
fn same_device(a: &Machine, b: &Machine) -> bool {
    a.precision() == b.precision() && a.backend().description() == b.backend().description()
}

/// Starts of the first runs of a cell, states only.
fn starts(cell: &Subject, runs: u64) -> Vec<f64> {
    let (problem, dim) = (cell.problem(), cell.problem().dim());
    let mut states = vec![0.0; runs as usize * dim];
    let tasks = states.par_chunks_mut(BLOCK * dim).enumerate();
    tasks.for_each(|(task, states)| problem.starts(cell.seed(), (task * BLOCK) as u64, dim, states));
    states
}

/// Time of the descent alone; `None` where the device cannot time its work.
fn kernel(case: &Case<'_>) -> Result<Option<Timed>, BackendError> {
    let batch = Batch { problem: case.cell.problem(), starts: case.starts.clone(), of: case.runs, keep_states: false };
    let busy = case.backend.busy();
    let began = Instant::now();
    let ends = case.backend.run(batch, &AtomicBool::new(false))?;
    let took = began.elapsed();
    let seconds = match (busy, case.backend.busy()) {
        (Some(before), Some(after)) => Some((after - before).as_secs_f64()),
        _ if case.backend.name() == "cpu" => Some(took.as_secs_f64()),
        _ => None,
    };
    let steps = ends.stops.iter().map(|stop| u64::from(stop.steps)).sum();
    Ok(seconds.filter(|seconds| *seconds > 0.0).map(|seconds| Timed { seconds, steps }))
}

/// Time of everything from seeding to tally.
fn whole(cell: &Subject, backend: &dyn Backend, runs: u64, batch: usize) -> Result<Timed, BackendError> {
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

fn row(case: &Case<'_>, machine: &Machine, peak: f64, repeat: usize) -> Row {
    let problem = case.cell.problem();
    let precision: Precision = machine.precision();
    let middle = median(&case.whole, |timed| timed.seconds).unwrap_or(Timed { seconds: f64::NAN, steps: 0 });
    Row {
        model: case.cell.spec.model.name(),
        form: case.cell.spec.forms[0],
        parameters: case.cell.parameters(),
        verdicts: case.cell.spec.verdicts,
        backend: case.backend.name(),
        adapter: case.backend.description(),
        precision,
        lanes: machine.lanes(problem, case.runs),
        threads: rayon::current_num_threads(),
        runs: case.runs,
        steps: problem.rule().max_steps,
        run_steps: middle.steps,
        repeat,
        median_s: middle.seconds,
        min_s: case.whole.iter().map(|timed| timed.seconds).fold(f64::INFINITY, f64::min),
        run_steps_per_s: middle.rate(),
        kernel_run_steps_per_s: median(&case.kernel, |timed| timed.seconds).map(Timed::rate),
        operations: problem.cost(precision).operations,
        peak_per_s: peak,
        start_up_s: None,
        peak_memory_bytes: None,
        gpu_over_cpu: None,
        break_even_runs: None,
    }
}

/// Sets what GPU rows say about the CPU: that of the same format where it was measured, else the faster.
fn compare(rows: &mut [Row]) {
    let all = rows.to_vec();
    let most =
        |of: &Row| all.iter().filter(|row| row.same_line(of)).max_by_key(|row| row.runs).map(|row| row.run_steps_per_s);
    let line = |of: &Row| {
        let points: Vec<(f64, f64)> =
            all.iter().filter(|row| row.same_line(of)).map(|row| (row.runs as f64, row.median_s)).collect();
        let line = Line::fit(&points)?;
        Some(Line { overhead: line.overhead + of.start_up_s.unwrap_or(0.0), ..line })
    };
    for row in rows.iter_mut().filter(|row| row.backend == "gpu") {
        let cpus = || all.iter().filter(|cpu| cpu.backend == "cpu" && cpu.same_cell(row));
        let rate = |cpu: &&Row| most(cpu).unwrap_or(0.0);
        let fastest = cpus().max_by(|a, b| rate(a).total_cmp(&rate(b)));
        let Some(cpu) = cpus().find(|cpu| cpu.precision == row.precision).or(fastest) else { continue };
        row.gpu_over_cpu = most(row).zip(most(cpu)).map(|(gpu, cpu)| gpu / cpu);
        row.break_even_runs = line(row).zip(line(cpu)).map(|(gpu, cpu)| gpu.pays_against(&cpu));
    }
}
