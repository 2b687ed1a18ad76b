//! Batches for a device: several are in flight at once, while the host seeds the next and judges what has come back.

use super::batches::batches;
use super::underway::Underway;
use super::{BackendError, Done, Host};
use std::collections::VecDeque;
use std::ops::Range;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, PoisonError};

/// Sends batches through the backend, one after another, until no more come.
fn serve<'a>(
    host: &Host<'a, '_>,
    seeded: &Mutex<Receiver<Underway<'a>>>,
    to_host: &Sender<Result<Underway<'a>, BackendError>>,
) {
    loop {
        let next = seeded.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(batch) = next else { break };
        // Nobody listens once another batch has failed.
        if to_host.send(host.advance(batch)).is_err() {
            break;
        }
    }
}

/// Sends every batch, and runs that were held, through the backend and hands over what has finished, as it comes back.
///
/// Each batch in flight has a thread of its own, which does nothing but wait for the device; seeding and judging happen
/// on the threads that this is called from.
pub(super) fn run<'a, E: From<BackendError> + Send>(
    host: &Host<'a, '_>,
    todo: &[(usize, Range<u64>)],
    held: Vec<Underway<'a>>,
    sink: &mut dyn FnMut(Done<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let in_flight = host.backend.in_flight().max(1);
    let (to_device, seeded) = channel::<Underway<'a>>();
    let seeded = Mutex::new(seeded);
    let (to_host, advanced) = channel();
    std::thread::scope(|scope| {
        for _ in 0..in_flight {
            let (seeded, to_host) = (&seeded, to_host.clone());
            scope.spawn(move || serve(host, seeded, &to_host));
        }
        drop(to_host);
        let to_device = to_device;
        let mut batches = batches(host.plan, host.backend, host.how.batch, todo);
        let mut waiting = batches.next();
        // Runs that go on after they were held.
        let mut rest: VecDeque<Underway<'a>> = held.into();
        let mut on_device = 0;
        let mut back: Option<Underway<'a>> = None;
        let mut failed: Option<BackendError> = None;
        loop {
            // Once the work is to stop nothing is seeded any more.
            let holds = failed.is_some() || host.clock.hold.load(Ordering::Relaxed) || host.clock.is_over();
            if back.is_none() && on_device == 0 {
                if let Some(error) = failed {
                    return Err(error.into());
                }
                if holds {
                    host.keep(rest.make_contiguous(), sink)?;
                    continue;
                }
                if waiting.is_none() && rest.is_empty() {
                    return Ok(());
                }
            }
            // One batch waits behind those in flight, so that no thread of the device does; more would only fill the
            // memory.
            let has_room = !holds && on_device < in_flight + 1;
            // The threads listen until this end hangs up.
            if let Some(batch) = if has_room { rest.pop_front() } else { None } {
                let _ = to_device.send(batch);
                on_device += 1;
                continue;
            }
            let next = if has_room { waiting.take() } else { None };
            if next.is_none() && back.is_none() {
                let Ok(result) = advanced.recv() else { return Ok(()) };
                on_device -= 1;
                match result {
                    Ok(batch) => back = Some(batch),
                    Err(error) => failed = failed.or(Some(error)),
                }
                continue;
            }
            let (prepared, (records, unjudged)) = rayon::join(
                || next.and_then(|batch| host.prepare(batch)),
                || host.conclude(back.take().into_iter().collect()),
            );
            if waiting.is_none() {
                waiting = batches.next();
            }
            if let Some(batch) = prepared {
                let _ = to_device.send(batch);
                on_device += 1;
            }
            rest.extend(unjudged);
            host.hand_over(records, sink)?;
        }
    })
}
