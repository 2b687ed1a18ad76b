//! Batches for the threads that call a backend: in waves, of which one advances while the next is seeded and the one
//! before is judged.

use super::Host;
use super::batches;
use super::underway::Underway;
use super::{BackendError, Done};
use rayon::prelude::*;
use std::ops::Range;

/// Sends every batch, and runs that were held, through the backend and hands over what has finished.
pub(super) fn run<'a, E: From<BackendError> + Send>(
    host: &Host<'a, '_>,
    todo: &[(usize, Range<u64>)],
    held: Vec<Underway<'a>>,
    sink: &mut dyn FnMut(Done<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let mut waves = batches::waves(host.plan, host.backend, host.how.batch, todo);
    let prepare = |wave: Vec<(usize, Range<u64>)>| -> Vec<Underway<'a>> {
        wave.into_par_iter().filter_map(|batch| host.prepare(batch)).collect()
    };
    let mut seeded = if held.is_empty() { waves.next().map(prepare).unwrap_or_default() } else { held };
    // The wave after that, once it has been seeded.
    let mut waiting: Vec<Underway<'a>> = Vec::new();
    let mut advanced: Vec<Underway<'a>> = Vec::new();
    while !(seeded.is_empty() && waiting.is_empty() && advanced.is_empty()) {
        if seeded.is_empty() {
            seeded = std::mem::take(&mut waiting);
        }
        let following = if waiting.is_empty() && !seeded.is_empty() { waves.next() } else { None };
        let (done, ((records, unjudged), next)) = rayon::join(
            || seeded.into_par_iter().map(|batch| host.advance(batch)).collect::<Result<Vec<_>, BackendError>>(),
            || rayon::join(|| host.conclude(std::mem::take(&mut advanced)), || following.map(prepare)),
        );
        // What came back before a failure is kept.
        host.hand_over(records, sink)?;
        waiting.extend(next.unwrap_or_default());
        advanced = done?;
        seeded = Vec::new();
        if unjudged.is_empty() && advanced.iter().all(Underway::has_ended) && !host.clock.is_over() {
            continue;
        }
        // All runs are held. What has ended is judged before what has not is kept.
        let (records, rest) = host.conclude(std::mem::take(&mut advanced));
        host.hand_over(records, sink)?;
        seeded = unjudged.into_iter().chain(rest).collect();
        host.keep(&seeded, sink)?;
        // A wave that is nearly over goes on with the next one, so that it does not wait for its last runs.
        let numbers = |wave: &[Underway<'_>]| wave.iter().map(Underway::numbers).sum::<u64>();
        if 2 * numbers(&seeded) <= numbers(&waiting) {
            seeded.append(&mut waiting);
        }
    }
    // Once the work is to stop nothing is seeded any more, and what was to come is not done.
    if host.clock.is_over() { host.keep(&[], sink) } else { Ok(()) }
}
