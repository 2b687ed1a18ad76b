//! Traces as one table: a row per trace point, run after run.

use super::Trace;
use crate::result::tables::plain::{field, number};
use crate::result::tables::rows::Rows;

/// The table of traced runs of one cell, each with its number: `cell`, `run`, `step`, `loss`, `grad_norm`, then the
/// observables, then the curves of theory, then the weights if the traces have them.
pub fn rows(cell: usize, traces: &[(u64, Trace)]) -> Rows {
    let mut header: Vec<String> = ["cell", "run", "step", "loss", "grad_norm"].map(String::from).into();
    if let Some((_, first)) = traces.first() {
        header.extend(first.observables.iter().map(|seen| seen.name.to_string()));
        header.extend(first.path_theory.curves.iter().map(|curve| curve.name.to_string()));
        let weights = first.trace_points.first().map_or(0, |point| point.state.len());
        header.extend((0..weights).map(|i| format!("x{i}")));
    }
    let rows = traces.iter().flat_map(|(run, trace)| {
        trace.trace_points.iter().enumerate().map(move |(at, point)| {
            let mut row = vec![cell.to_string(), run.to_string(), point.step.to_string()];
            row.extend([point.loss, point.gradient_norm].map(|value| field(Some(value))));
            row.extend(point.observables.iter().map(|value| field(Some(*value))));
            row.extend(trace.path_theory.curves.iter().map(|curve| field(curve.values.get(at).copied())));
            row.extend(point.state.iter().map(|x| number(*x)));
            row
        })
    });
    Rows { header, rows: rows.collect() }
}
