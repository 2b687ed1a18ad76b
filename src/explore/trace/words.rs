//! A trace in words, for stderr.

use super::Trace;
use crate::landscape::{Event, Reading, Relation, Status};

/// What became of a run, in one line.
pub fn headline(cell: usize, run: u64, trace: &Trace) -> String {
    let Trace { stop, end, verdict, .. } = trace;
    let steps = |steps: u32| format!("{steps} step{}", if steps == 1 { "" } else { "s" });
    let mut text = format!(
        "run {run} of cell {cell} in {}: {} after {}, {}",
        trace.precision.name(),
        stop.status.name(),
        steps(stop.steps),
        trace.found.outcome.name()
    );
    if let Some(verdict) = verdict.as_ref().filter(|_| stop.status != Status::Verdict) {
        text += &format!("; a verdict would be {} after {}", verdict.outcome.name(), steps(verdict.step));
    }
    if end != stop {
        text += &format!("; traced on: {} after {}", end.status.name(), steps(end.steps));
    }
    text
}

/// What theory says of a run and what was measured, a line each.
pub fn readings(trace: &Trace) -> Vec<String> {
    trace.path_theory.events.iter().map(event).chain(trace.path_theory.readings.iter().map(reading)).collect()
}

/// The numbers that theory predicts, a line each.
pub fn equal_readings(trace: &Trace) -> Vec<String> {
    trace.path_theory.readings.iter().filter(|found| found.relation == Relation::Equal).map(reading).collect()
}

fn event(event: &Event) -> String {
    let Event { label, after, by } = event;
    match after {
        Some(after) if after + 1 < *by => format!("{label}: between steps {after} and {by}"),
        _ => format!("{label}: step {by}"),
    }
}

fn reading(reading: &Reading) -> String {
    let Reading { about, basis, relation, measured, theory } = reading;
    let word = match relation {
        Relation::Equal => "predicted",
        Relation::AtMost => "at most",
        Relation::Scale => "of the order of",
    };
    let measured = measured.map_or("not reached".into(), short);
    format!("{about}: {measured}, {word} {} ({basis})", short(*theory))
}

/// Five significant digits, or a whole number.
fn short(x: f64) -> String {
    if x == x.trunc() && x.abs() < 1e9 {
        return format!("{x}");
    }
    if !(1e-4..1e6).contains(&x.abs()) {
        return format!("{x:.4e}");
    }
    let before = x.abs().log10().floor() as i32;
    format!("{x:.*}", (4 - before).max(0) as usize)
}

/// Whether every proven bound is kept, in words; `None` where the path has none.
pub fn verdict_on_bounds(trace: &Trace) -> Option<String> {
    let checked = trace.path_theory.curves.iter().map(super::checked).sum::<usize>();
    let broken = trace.first_break().map(|(step, curve)| {
        format!("{} is above its bound {} at step {step}: a defect of the program", curve.of, curve.name)
    });
    broken.or_else(|| (checked > 0).then(|| format!("bounds kept at all {checked} points")))
}
