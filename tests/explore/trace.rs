//! Traces: paths past their verdict, what the models see there, and what theory draws beside them.

mod figure;

use crate::support::{for_all_cells, problem, settings, settings_of, values};
use spurious::experiment::Cell;
use spurious::explore::stepper::{Every, Track, replay};
use spurious::explore::trace::{Extent, Trace, trace, trace_from};
use spurious::landscape::{CurveKind, Outcome, Settings, Status, StepSize};
use spurious::models;
use spurious::numerics::CellSeed;
use spurious::numerics::real::Precision::{self, F32, F64};

trials![
    modules(figure),
    is_the_run_up_to_its_end,
    marks_verdicts_that_are_not_given,
    of_either_form_agree,
    keeps_the_steps_that_it_is_asked_for,
    every_model_can_be_traced,
    finds_a_verdict_that_is_wrong,
];

/// A cell of a model with some parameters and settings, and starts of seed 1.
pub(crate) fn cell_of(model: &str, form: &str, set: &[(&str, &str)], settings: Settings) -> Cell {
    let values = values(model, set);
    let of = models::find(model).unwrap();
    let seed = CellSeed::new(1, &of.identity(&values));
    let problem = problem(model, form, set, &settings).into();
    let settings = settings.into();
    let (form, _) = of.forms().iter().find(|(name, _)| *name == form).unwrap();
    Cell { index: 0, problem, values, form, settings, experiment_seed: 1, seed, plane: None, runs: 1000 }
}

/// A cell of `cnn` with one step size.
pub(crate) fn cnn(form: &str, set: &[(&str, &str)], step: f64) -> Cell {
    cell_of("cnn", form, set, Settings { step: StepSize::One(step), ..settings() })
}

pub(crate) fn track<'a>(model: &'a str, form: &'a str, cell: &'a Cell, precision: Precision) -> Track<'a> {
    Track { model: models::find(model).unwrap(), form, cell, precision }
}

/// Every step that a trace keeps by itself.
pub(crate) const USUAL: Extent = Extent { every: Every::Fine, low: 0, high: None, weights: false };

/// A trace of `cnn` in f64.
pub(crate) fn traced(form: &str, cell: &Cell, run: u64, extent: Extent) -> Trace {
    trace(track("cnn", form, cell, F64), run, extent).unwrap()
}

/// A trace of `cnn` in reduced form from a start `x, y, A₁, A₂, A₃`.
pub(crate) fn traced_from(cell: &Cell, start: [f64; 5], extent: Extent) -> Trace {
    trace_from(track("cnn", "reduced", cell, F64), start.to_vec(), extent).unwrap()
}

pub(crate) fn column(trace: &Trace, name: &str) -> Vec<f64> {
    let column = trace.traced().column(name);
    assert!(column.iter().any(|x| !x.is_nan()), "no column {name}");
    column
}

/// Every point of a replay is a point of the trace, to the last bit, with everything that is seen there; then the trace
/// goes on.
fn is_the_run_up_to_its_end() {
    let mut on = 0;
    for (form, precision) in [("full", F64), ("full", F32), ("reduced", F64), ("reduced", F32)] {
        let cell = cnn(form, &[("patches", "25"), ("ratio", "4.0")], 0.05);
        for run in 0..6 {
            let track = track("cnn", form, &cell, precision);
            let one = Extent { every: Every::Steps(1), weights: true, ..USUAL };
            let extent = Extent { high: Some(2_000), ..one };
            let (path, trace) =
                (replay(track, run, Every::Steps(1), true).unwrap(), trace(track, run, extent).unwrap());
            assert_eq!(path.stop.status, Status::Verdict, "{form} {precision:?} {run}");
            assert_eq!(
                (trace.stop, trace.found.outcome),
                (path.stop, path.found.outcome),
                "{form} {precision:?} {run}"
            );
            assert_eq!(
                trace.trace_points[..path.trace_points.len()],
                path.trace_points[..],
                "{form} {precision:?} {run}"
            );
            assert_eq!(trace.observables, path.observables);
            let verdict = trace.verdict.as_ref().unwrap();
            assert_eq!((verdict.step, Some(verdict.outcome)), (path.stop.steps, path.stop.found));
            // A start is kept as it was drawn; a run in f32 rounds it.
            let last = &path.trace_points.last().unwrap().state;
            let rounded = |x: &f64| if precision == F32 { f64::from(*x as f32) } else { *x };
            assert!(
                verdict.state.iter().eq(last.iter().map(rounded).collect::<Vec<_>>().iter()),
                "{form} {precision:?} {run}"
            );
            assert!(trace.end.steps > path.stop.steps + 100 && !trace.contradicts_verdict());
            on += usize::from(trace.end.status == Status::Converged);
        }
    }
    assert!(on >= 12, "{on} of 24 traces go on until they have converged");
}

/// Without verdicts the run ends where it has converged, and the trace still knows where the proof was.
fn marks_verdicts_that_are_not_given() {
    let set = [("patches", "25"), ("ratio", "4.0")];
    let with = cnn("reduced", &set, 0.05);
    let without =
        cell_of("cnn", "reduced", &set, Settings { step: StepSize::One(0.05), verdicts: false, ..settings() });
    for run in 0..6 {
        let (with, without) = (traced("reduced", &with, run, USUAL), traced("reduced", &without, run, USUAL));
        assert_eq!(with.verdict.as_ref().unwrap().step, without.verdict.as_ref().unwrap().step);
        assert_eq!((with.end, &with.trace_points), (without.end, &without.trace_points), "{run}");
        assert_ne!(without.stop.status, Status::Verdict);
        if with.verdict.as_ref().unwrap().outcome == Outcome::Global {
            assert_eq!((without.stop.status, without.stop.found), (Status::Converged, Some(Outcome::Global)));
            assert!(without.stop.steps > with.stop.steps && without.stop.steps < without.end.steps);
        }
    }
}

/// The reduced form is an image of the full one: what is seen and what theory says are the same along the whole path.
fn of_either_form_agree() {
    let sets: [&[(&str, &str)]; 3] = [
        &[("patches", "20"), ("filter_size", "25"), ("start_reduced", "\"projected\"")],
        &[("patches", "7"), ("ratio", "1.0"), ("filter_norm", "0.7"), ("start_reduced", "\"projected\"")],
        &[("patches", "30"), ("ratio", "30.0"), ("teacher_norm", "1.3"), ("start_reduced", "\"projected\"")],
    ];
    let (mut numbers, mut bounded) = (0, 0);
    for set in sets {
        let [full, reduced] = ["full", "reduced"].map(|form| cnn(form, set, 0.05));
        for run in 0..6 {
            let extent = Extent { high: Some(1_500), ..USUAL };
            let (a, b) = (traced("full", &full, run, extent), traced("reduced", &reduced, run, extent));
            let what = format!("{set:?}, run {run}");
            // The last step of a decay may differ by one; the paths before it do not.
            assert!(
                a.end.steps.abs_diff(b.end.steps) <= 1
                    && a.verdict.as_ref().map(|p| p.step) == b.verdict.as_ref().map(|p| p.step)
            );
            let names: Vec<&str> = a.observables.iter().map(|seen| seen.name).collect();
            assert_eq!(names, b.observables.iter().map(|seen| seen.name).collect::<Vec<_>>());
            for (p, q) in a.trace_points.iter().zip(&b.trace_points).filter(|(p, q)| p.step == q.step) {
                for ((name, x), y) in names.iter().zip(&p.observables).zip(&q.observables) {
                    // Rounding of a contracting recursion in 2 to 50 numbers of order 1, see
                    // `landscape::reduced_equals_full`.
                    assert!(
                        (x - y).abs() <= 1e-12 || x.is_nan() && y.is_nan(),
                        "{what}, step {}: {name} {x:e} {y:e}",
                        p.step
                    );
                    numbers += 1;
                }
            }
            for (x, y) in a.path_theory.curves.iter().zip(&b.path_theory.curves) {
                assert_eq!((x.name, x.of), (y.name, y.of));
                let last = a.trace_points.len().min(b.trace_points.len()) - 1;
                // Bounds begin with a small overlap that has few digits; a slope goes through the last point, a
                // difference of numbers of order 1 that is 1e-10 large.
                let tolerance = if x.kind == CurveKind::Slope { 1e-5 } else { 1e-9 };
                for (a, b) in x.values[..last].iter().zip(&y.values).filter(|(a, b)| !a.is_nan() && !b.is_nan()) {
                    assert!((a - b).abs() <= tolerance * (1.0 + a.abs()), "{what}: {} {a:e} {b:e}", x.name);
                    bounded += 1;
                }
            }
        }
    }
    assert!(numbers > 40_000 && bounded > 5_000, "{numbers} {bounded}");
}

fn keeps_the_steps_that_it_is_asked_for() {
    let cell = cnn("reduced", &[("patches", "25"), ("ratio", "4.0")], 0.05);
    let one = Extent { every: Every::Steps(1), high: Some(6_000), ..USUAL };
    let suits =
        |trace: &Trace| trace.verdict.as_ref().is_some_and(|p| !p.step.is_multiple_of(7)) && trace.end.steps < 5_000;
    let run =
        (0..50).find(|run| suits(&traced("reduced", &cell, *run, one))).expect("a global run with a late verdict");
    let steps = |extent: Extent| -> Vec<u32> {
        let trace = traced("reduced", &cell, run, extent);
        assert!(trace.traced().steps().is_sorted_by(|a, b| a < b));
        trace.trace_points.iter().map(|point| point.step).collect()
    };
    let all = traced("reduced", &cell, run, one);
    let (last, verdict) = (all.end.steps, all.verdict.as_ref().unwrap().step);
    assert!(last > 300, "{last}");
    assert!(steps(one).into_iter().eq(0..=last));
    // The verdict and the end beside the grid.
    let mut kept: Vec<u32> = (0..=last).filter(|step| step % 7 == 0 || *step == verdict || *step == last).collect();
    assert_eq!(steps(Extent { every: Every::Steps(7), ..USUAL }), kept);
    kept.retain(|step| (70..=140).contains(step) && *step != verdict);
    assert_eq!(steps(Extent { every: Every::Steps(7), low: 70, high: Some(140), weights: false }), kept);
    let fine = steps(USUAL);
    assert!(fine.iter().take(257).copied().eq(0..=256), "every step at first");
    assert!(fine.windows(2).all(|w| w[1] - w[0] <= w[1].div_ceil(128)), "some hundred in a decade");
    let usual = traced("reduced", &cell, run, USUAL);
    for point in &usual.trace_points {
        assert_eq!(point, &all.trace_points[point.step as usize], "what is kept changes nothing");
    }
}

/// Names are the same at every point, and every curve has a value for each.
fn every_model_can_be_traced() {
    for_all_cells(|what, model, form, set| {
        let cell = cell_of(model.name(), form, set, Settings { max_steps: 300, ..settings_of(model.name()) });
        let extent = Extent { every: Every::Steps(45), ..USUAL };
        let trace = trace(track(model.name(), form, &cell, F64), 0, extent).unwrap();
        let names: Vec<&str> = trace.observables.iter().map(|seen| seen.name).collect();
        let (mut different, curves) = (names.clone(), trace.path_theory.curves.iter().map(|curve| curve.name));
        different.extend(curves);
        different.extend(["cell", "run", "step", "loss", "grad_norm"]);
        different.sort_unstable();
        assert!(different.windows(2).all(|w| w[0] != w[1]), "{what}: {different:?}");
        assert!(different.iter().all(|name| name.chars().all(|c| c.is_ascii_lowercase() || c == '_')), "{different:?}");
        assert!(trace.observables.iter().all(|seen| !seen.label.is_empty()), "{what}");
        assert!(trace.trace_points.iter().all(|point| point.observables.len() == names.len()), "{what}");
        let points = trace.trace_points.len();
        assert!(trace.path_theory.curves.iter().all(|curve| curve.values.len() == points), "{what}");
        let seen = |name: &str| ["loss", "grad_norm"].contains(&name) || names.contains(&name);
        assert!(trace.path_theory.curves.iter().all(|curve| seen(curve.of)), "{what}");
        assert_eq!(trace.first_break().map(|(step, curve)| (step, curve.name)), None, "{what}");
        assert!(!trace.contradicts_verdict(), "{what}");
    });
}

/// Red: a proof of the other outcome is found out where the run ends.
fn finds_a_verdict_that_is_wrong() {
    let cell = cnn("reduced", &[("patches", "25"), ("ratio", "9.0")], 0.05);
    let mut trace = traced("reduced", &cell, 0, USUAL);
    assert_eq!((trace.end_outcome, trace.contradicts_verdict()), (Outcome::Global, false));
    trace.verdict.as_mut().unwrap().outcome = Outcome::Spurious;
    assert!(trace.contradicts_verdict());
}
