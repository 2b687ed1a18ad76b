//! Rungs 2 and 3: the kernels' values and steps against the CPU.
//!
//! f64 on the CPU is the reference, f32 on the CPU the twin. A kernel may fuse and reorder what the twin computes, so
//! it is allowed eight times the twin's own largest error, and some roundings where that error happens to vanish.

use crate::support::subject::{Cell, Subject};
use crate::support::{
    conditioning, distance, gpu, largest, problem, random_point, round_to_f32, run, seed, settings, starts,
};
use spurious::descent::backend::Backend;
use spurious::descent::backend::cpu::Cpu;
use spurious::descent::backend::gpu::Gpu;
use spurious::landscape::{Endpoints, Evaluation, Problem, Settings, Status};
use spurious::numerics::CellSeed;
use spurious::numerics::real::Precision::{self, F32, F64};

/// Points and runs of a comparison.
const COUNT: usize = 300;

/// Lanes that are tried: alone, several runs per workgroup, one run per workgroup.
pub(crate) fn lanes(problem: &Problem) -> &'static [u32] {
    if problem.program(F32).shareable { &[1, 8, 64] } else { &[1] }
}

/// Runs a comparison for every cell and number of lanes.
fn for_all_lanes(
    subject: &Subject,
    precision: Precision,
    compare: impl Fn(&str, &Gpu, &Problem, Cell<'_>) -> Result<(), String>,
) {
    for lane in [1, 8, 64] {
        // Opened where a cell takes these lanes.
        let mut opened = None;
        subject.for_cells(|what, set| {
            let problem = subject.problem(set, &subject.settings());
            if lanes(&problem).contains(&lane) {
                let gpu = opened.get_or_insert_with(|| gpu(precision, lane));
                let what = format!("{what} lanes={lane}");
                compare(&what, gpu, &problem, subject.cell(set)).unwrap_or_else(|e| panic!("{e}"));
            }
        });
    }
}

pub(crate) fn values_in_f32(subject: &Subject) {
    for_all_lanes(subject, F32, |what, gpu, p, cell| compare_values(what, gpu, p, cell, COUNT));
}

pub(crate) fn values_in_f64(subject: &Subject) {
    for_all_lanes(subject, F64, |what, gpu, p, cell| compare_values(what, gpu, p, cell, COUNT));
}

pub(crate) fn steps_in_f32(subject: &Subject) {
    for_all_lanes(subject, F32, |what, gpu, _, cell| compare_steps(what, gpu, cell, COUNT));
}

pub(crate) fn steps_in_f64(subject: &Subject) {
    for_all_lanes(subject, F64, |what, gpu, _, cell| compare_steps(what, gpu, cell, COUNT));
}

/// Random points and starts of a cell, with what is true of them and how far a kernel may be from it.
pub(crate) struct Reference {
    /// One after another.
    pub(crate) states: Vec<f64>,
    /// Of each: truth, and errors of loss and gradient.
    allowed: Vec<(Evaluation, f64, f64)>,
}

impl Reference {
    /// `count` starts and as many random points, for kernels that compute in a format.
    pub(crate) fn new(
        what: &str,
        precision: Precision,
        problem: &Problem,
        cell: Cell<'_>,
        count: usize,
    ) -> Result<Reference, String> {
        let dim = problem.dim();
        let mut draws = CellSeed::new(seed(), "parity::values").run(0);
        let mut states = starts(cell.0, cell.2, problem, seed(), count);
        for _ in 0..count {
            states.extend(random_point(&mut draws, 1.0, dim));
        }
        round_to_f32(&mut states);
        // Error of the twin relative to what rounding may do to each point: one factor for all points, at least 1/16.
        let epsilon = [f64::from(f32::EPSILON), f64::EPSILON][usize::from(precision == F64)];
        let mut allowed = Vec::new();
        let mut factor: f64 = 1.0 / 16.0;
        for state in states.chunks_exact(dim) {
            let exact = problem.evaluate(F64, state);
            let twin = problem.evaluate(F32, state);
            let (loss, gradient) = conditioning(problem, state, f64::from(f32::EPSILON), &mut draws);
            factor = factor.max((twin.loss - exact.loss).abs() / loss);
            factor = factor.max(distance(&twin.gradient, &exact.gradient) / gradient);
            let to_format = epsilon / f64::from(f32::EPSILON);
            allowed.push((exact, loss * to_format, gradient * to_format));
        }
        if factor > 1.0 {
            return Err(format!("{what}: the twin itself is off by {factor} times what rounding allows"));
        }
        allowed
            .iter_mut()
            .for_each(|(_, loss, gradient)| (*loss, *gradient) = (8.0 * factor * *loss, 8.0 * factor * *gradient));
        Ok(Reference { states, allowed })
    }

    /// Whether what a kernel found is within its errors.
    pub(crate) fn check(&self, what: &str, found: &[Evaluation]) -> Result<(), String> {
        assert_eq!(self.allowed.len(), found.len());
        for (run, ((exact, loss, gradient), found)) in self.allowed.iter().zip(found).enumerate() {
            let what = format!("{what}, seed {}, point {run}", seed());
            let off = (found.loss - exact.loss).abs();
            if off.is_nan() || off > *loss {
                return Err(format!("{what}: loss {:e}, not {:e}", found.loss, exact.loss));
            }
            let off = distance(&found.gradient, &exact.gradient);
            if off > *gradient {
                return Err(format!("{what}: gradient off by {off:e}, allowed {gradient:e}"));
            }
            if found.stop != exact.stop {
                return Err(format!("{what}: stops with {:?}, not {:?}", found.stop, exact.stop));
            }
        }
        Ok(())
    }
}

/// Loss, gradient and class of random points and of starts, on the GPU and in f64.
pub(crate) fn compare_values(
    what: &str,
    gpu: &Gpu,
    problem: &Problem,
    cell: Cell<'_>,
    count: usize,
) -> Result<(), String> {
    let reference = Reference::new(what, gpu.precision(), problem, cell, count)?;
    let found = gpu.evaluate(problem, &reference.states).map_err(|e| format!("{what}: {e}"))?;
    reference.check(what, &found)
}

/// States after 1, 10 and 100 steps, run by run, with a stop rule that nothing meets, and most runs moving: on its
/// default cell a landscape may be at rest sooner, as long as most of its runs take a step.
pub(crate) fn compare_steps(what: &str, gpu: &dyn Backend, cell: Cell<'_>, runs: usize) -> Result<(), String> {
    let precision = gpu.precision();
    for steps in [1, 10, 100] {
        let settings = Settings { max_steps: steps, tolerance: 1e-12, verdicts: false, ..settings() };
        let problem = problem(cell.0, cell.1, cell.2, &settings);
        let dim = problem.dim();
        let mut from = starts(cell.0, cell.2, &problem, seed(), runs);
        round_to_f32(&mut from);
        let exact = run(&Cpu::new(F64), &problem, &from);
        let twin = run(&Cpu::new(F32), &problem, &from);
        let found = run(gpu, &problem, &from);
        // Runs of a small landscape may come to rest, or to a minimum, before. For another reason they stop only all at
        // once.
        let mut resting = vec![false; runs];
        let stop_of = |ends: &Endpoints, run: usize| (ends.stops[run].status, ends.stops[run].steps);
        for (run, resting) in resting.iter_mut().enumerate() {
            let together = [&twin, &found].iter().all(|ends| stop_of(ends, run) == stop_of(&exact, run));
            for (name, ends) in [("f64", &exact), ("twin", &twin), ("GPU", &found)] {
                let stop = ends.stops[run];
                if stop.status == Status::Converged || together && stop.status != Status::OutOfSteps {
                    *resting = true;
                } else if (stop.status, stop.steps) != (Status::OutOfSteps, steps) {
                    return Err(format!("{what}, {steps} steps: {name} run {run} stopped with {stop:?}"));
                }
            }
        }
        let demanded = steps == 1 || !cell.2.is_empty();
        if demanded && 2 * resting.iter().filter(|r| **r).count() > runs {
            return Err(format!("{what}, {steps} steps: most runs are at rest"));
        }
        // Of each component, over all runs: the twin's error, which grows with the steps, and its magnitude.
        let column = |states: &[f64], i: usize| {
            let moving = states.iter().skip(i).step_by(dim).zip(&resting).filter(|(_, resting)| !**resting);
            moving.map(|(x, _)| *x).collect::<Vec<f64>>()
        };
        for i in 0..dim {
            let [exact, twin, found] = [&exact, &twin, &found].map(|ends| column(&ends.states, i));
            let few = 4.0 * f64::from(f32::EPSILON) * largest(&exact);
            let f32_error = 8.0 * distance(&twin, &exact) + few;
            let (against, allowed) = match precision {
                F32 => (&twin, f32_error),
                // In f64 the errors shrink as the unit roundoff does, but its arc tangent has twice the terms.
                F64 => (&exact, 2.0 * f32_error * f64::EPSILON / f64::from(f32::EPSILON)),
            };
            let off = distance(&found, against);
            if off > allowed {
                return Err(format!("{what}, seed {}, {steps} steps, component {i}: {off:e} > {allowed:e}", seed()));
            }
        }
    }
    Ok(())
}

/// The text with one place changed; panics unless there is exactly one such place.
pub(crate) fn replaced(text: &str, from: &str, to: &str) -> String {
    assert_eq!(text.matches(from).count(), 1, "places with {from}");
    assert_ne!(from, to);
    text.replace(from, to)
}
