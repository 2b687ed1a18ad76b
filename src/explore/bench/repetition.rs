//! How many runs a repetition takes, where nobody says.

use super::measure::{kernel, starts, whole};
use super::subject::Subject;
use crate::descent::backend::{Backend, BackendError};
use std::time::{Duration, Instant};

/// About what a repetition takes where no number of runs is asked for: long beside what a thread takes to start, a
/// device to be fed and a scheduler to come round, short enough for thirty rows of five repetitions in a minute.
pub const REPETITION: Duration = Duration::from_millis(100);
/// Runs are tried in numbers that grow by this factor …
const GROWTH: u64 = 16;
/// … until a repetition takes this part of what it should: the rest is a rule of three.
const ENOUGH: f64 = 0.2;

/// Numbers of runs of the whole and of the descent alone that take about [`REPETITION`] each.
pub(super) fn try_runs(
    cell: &Subject,
    backend: &dyn Backend,
    batch: usize,
    batch_runs: u64,
) -> Result<(u64, u64), BackendError> {
    // Fewer runs than threads leave some idle.
    let first = (rayon::current_num_threads() as u64).next_power_of_two();
    let large = tried(first, 1 << 40, |runs| Ok(whole(cell, backend, runs, batch)?.seconds))?;
    let most = 1 << batch_runs.max(1).ilog2();
    let kernel = tried(first.min(most), most, |runs| {
        let began = Instant::now();
        let timed = kernel(cell, backend, &starts(cell, runs), runs)?;
        Ok(timed.map_or(began.elapsed().as_secs_f64(), |timed| timed.seconds))
    })?;
    Ok((large, kernel))
}

/// A power of two at which `seconds` comes to about [`REPETITION`], between `first` and `most`, which are powers of two
/// themselves.
fn tried(
    first: u64,
    most: u64,
    mut seconds: impl FnMut(u64) -> Result<f64, BackendError>,
) -> Result<u64, BackendError> {
    let mut runs = first;
    loop {
        // The shorter of two tries: the first fills caches and compiles kernels, and either may be disturbed.
        let share = seconds(runs)?.min(seconds(runs)?) / REPETITION.as_secs_f64();
        if share >= ENOUGH || runs == most {
            let factor = (1.0 / share.max(1e-9)).log2().round().clamp(-40.0, 40.0).exp2();
            return Ok(((runs as f64 * factor) as u64).clamp(first, most));
        }
        runs = (runs * GROWTH).min(most);
    }
}
