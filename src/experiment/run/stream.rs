//! Batches for a device: several are in flight at once, while the host seeds the next and classifies what has come
//! back.

use super::{Advanced, Seeded, advance};
use crate::descent::backend::{Backend, BackendError};
use crate::experiment::Record;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, PoisonError};

/// What the host does with batches, before and after the device.
pub(super) struct Host<P, C> {
    /// Seeds.
    pub(super) prepare: P,
    /// Classifies; `None` if that was stopped.
    pub(super) conclude: C,
}

/// A batch with its place in the order.
type Placed<T> = (usize, T);

/// Sends batches through the backend, one after another, until no more come.
fn serve<'a>(
    backend: &dyn Backend,
    seeded: &Mutex<Receiver<Placed<Seeded<'a>>>>,
    to_host: &Sender<Placed<Result<Advanced<'a>, BackendError>>>,
    keep: bool,
    cancel: &AtomicBool,
) {
    loop {
        let next = seeded.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok((place, batch)) = next else { break };
        // Nobody listens once another batch has failed.
        if to_host.send((place, advance(backend, batch, keep, cancel))).is_err() {
            break;
        }
    }
}

/// Out of order batches come back; in order they are handed over.
struct InOrder<'s, E> {
    early: BTreeMap<usize, Record>,
    next: usize,
    sink: &'s mut dyn FnMut(Vec<Record>) -> Result<(), E>,
}

impl<E> InOrder<'_, E> {
    fn take(&mut self, place: usize, batch: Record) -> Result<(), E> {
        self.early.insert(place, batch);
        while let Some(batch) = self.early.remove(&self.next) {
            self.next += 1;
            (self.sink)(vec![batch])?;
        }
        Ok(())
    }
}

/// Sends every batch through `host` and `backend` and hands over what has finished, in order.
///
/// Each batch in flight has a thread of its own, which does nothing but wait for the device; seeding and classification
/// happen on the threads that this is called from.
pub(super) fn run<'a, E: From<BackendError>>(
    backend: &dyn Backend,
    batches: &mut dyn Iterator<Item = (usize, Range<u64>)>,
    keep: bool,
    host: Host<impl Fn((usize, Range<u64>)) -> Seeded<'a> + Sync, impl Fn(Advanced<'a>) -> Option<Record> + Sync>,
    cancel: &AtomicBool,
    sink: &mut dyn FnMut(Vec<Record>) -> Result<(), E>,
) -> Result<(), E> {
    let in_flight = backend.in_flight().max(1);
    let (to_device, seeded) = channel::<Placed<Seeded<'a>>>();
    let seeded = Mutex::new(seeded);
    let (to_host, advanced) = channel();
    std::thread::scope(|scope| {
        for _ in 0..in_flight {
            let (seeded, to_host) = (&seeded, to_host.clone());
            scope.spawn(move || serve(backend, seeded, &to_host, keep, cancel));
        }
        drop(to_host);
        let mut ended = InOrder { early: BTreeMap::new(), next: 0, sink };
        let (mut begun, mut landed) = (0, 0);
        let mut waiting: Option<(usize, Range<u64>)> = batches.next();
        let mut to_device = Some(to_device);
        let mut back: Option<Placed<Advanced<'a>>> = None;
        let mut failed: Option<BackendError> = None;
        loop {
            // One batch waits behind those in flight, so that no thread of the device does; more would only fill the
            // memory, as would many that wait for an earlier one to be handed over.
            let room = failed.is_none() && begun < landed + in_flight + 1 && begun < ended.next + 2 * in_flight + 1;
            let next = if room { waiting.take() } else { None };
            if next.is_none() && back.is_none() {
                if waiting.is_none() || failed.is_some() {
                    to_device = None;
                }
                let Ok((place, result)) = advanced.recv() else { break };
                landed += 1;
                match result {
                    Ok(batch) => back = Some((place, batch)),
                    Err(error) => failed = failed.or(Some(error)),
                }
                continue;
            }
            let (prepared, concluded) = rayon::join(
                || next.map(|batch| (host.prepare)(batch)),
                || back.take().map(|(place, batch)| (place, (host.conclude)(batch))),
            );
            if let (Some(batch), Some(to_device)) = (prepared, &to_device) {
                // The threads listen until this end hangs up.
                let _ = to_device.send((begun, batch));
                begun += 1;
                waiting = batches.next();
            }
            match concluded {
                None => {}
                Some((_, None)) => failed = failed.or(Some(BackendError::Cancelled)),
                Some((place, Some(batch))) => ended.take(place, batch)?,
            }
        }
        failed.map_or(Ok(()), |error| Err(error.into()))
    })
}
