//! Runs under way as bytes: a line of JSON that says whose they are, then their steps and states, little-endian.

use crate::experiment::run::Held;
use crate::experiment::{Plan, Record};
use crate::landscape::Stop;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// The first line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    /// Cells of the experiment, whose numbers the runs are told by.
    cells: usize,
    /// What computes: its steps go on in no other arithmetic.
    backend: String,
    held: Vec<Runs>,
}

/// Runs of one cell.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Runs {
    cell: usize,
    runs: Vec<Range<u64>>,
    /// Numbers in a state.
    dim: usize,
}

/// The bytes of runs under way.
pub fn encode(plan: &Plan, backend: &str, held: &[Held<'_>]) -> Vec<u8> {
    let runs = |held: &Held<'_>| Runs {
        cell: held.cell,
        runs: held.runs.to_vec(),
        dim: held.states.len() / held.stops.len().max(1),
    };
    let header = Header { cells: plan.cells.len(), backend: backend.into(), held: held.iter().map(runs).collect() };
    // Plain values always serialise.
    let mut bytes = serde_json::to_vec(&header).unwrap_or_default();
    bytes.push(b'\n');
    bytes.reserve(held.iter().map(|held| 8 * (held.stops.len() + held.states.len())).sum());
    for held in held {
        for stop in held.stops.iter() {
            let code = if stop.has_ended() { Stop::code(stop.status, stop.found) } else { 0 };
            bytes.extend(code.to_le_bytes());
            bytes.extend(stop.steps.to_le_bytes());
        }
        held.states.iter().for_each(|x| bytes.extend(x.to_le_bytes()));
    }
    bytes
}

/// The runs under way of a plan, without those that have ended since and are `kept`; none where the bytes are of
/// another backend or of a plan with other cells, so that the runs begin anew.
pub fn decode(plan: &Plan, backend: &str, kept: &[Record], bytes: &[u8]) -> Vec<Held<'static>> {
    read(plan, backend, bytes)
        .unwrap_or_default()
        .into_iter()
        .filter_map(|held| {
            let first = kept.partition_point(|record| record.cell < held.cell);
            let here = kept[first..].iter().take_while(|record| record.cell == held.cell);
            let done: Vec<Range<u64>> = here.map(|record| record.runs.clone()).collect();
            held.without(&done)
        })
        .collect()
}

fn read(plan: &Plan, backend: &str, bytes: &[u8]) -> Option<Vec<Held<'static>>> {
    let line = bytes.iter().position(|byte| *byte == b'\n')?;
    let header: Header = serde_json::from_slice(&bytes[..line]).ok()?;
    if header.cells != plan.cells.len() || header.backend != backend {
        return None;
    }
    let mut rest = &bytes[line + 1..];
    let mut take = |count: usize| {
        let (taken, left) = rest.split_at_checked(count.checked_mul(8)?)?;
        rest = left;
        Some(taken.chunks_exact(8))
    };
    let mut all = Vec::new();
    for Runs { cell, runs, dim } in header.held {
        let lengths = runs.iter().map(|range| range.end.checked_sub(range.start));
        let count = usize::try_from(lengths.sum::<Option<u64>>()?).ok()?;
        let word = |bytes: &[u8]| u32::from_le_bytes(bytes.try_into().unwrap_or_default());
        let stop = |bytes: &[u8]| Stop::from_code(word(&bytes[..4]), word(&bytes[4..]));
        let stops: Vec<Stop> = take(count)?.map(stop).collect();
        let number = |bytes: &[u8]| f64::from_le_bytes(bytes.try_into().unwrap_or_default());
        let states: Vec<f64> = take(count.checked_mul(dim)?)?.map(number).collect();
        let held = Held { cell, runs: runs.into(), stops: stops.into(), states: states.into() };
        all.push(Some(held).filter(|held| held.fits(plan))?);
    }
    rest.is_empty().then_some(all)
}
