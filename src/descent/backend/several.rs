//! Several devices of one machine: each batch goes to the one with the fewest in flight.
//!
//! What a run ends in does not depend on its batch, so that devices of one kind give the same results together as one
//! of them alone.

use super::{Backend, BackendError, Batch};
use crate::landscape::{Endpoints, Invalid, Problem};
use crate::numerics::Precision;
use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Devices that share the batches.
#[derive(Debug)]
pub struct Several<B> {
    first: B,
    others: Vec<B>,
    /// Batches in flight on each.
    busy: Mutex<Vec<usize>>,
}

impl<B: Backend> Several<B> {
    /// Devices that compute in the same format; at least one.
    pub fn new(first: B, others: Vec<B>) -> Self {
        let busy = Mutex::new(vec![0; 1 + others.len()]);
        Several { first, others, busy }
    }

    fn all(&self) -> impl Iterator<Item = &B> {
        std::iter::once(&self.first).chain(&self.others)
    }

    /// Takes a place on a device; returns which.
    fn board(&self) -> usize {
        let mut busy = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        let freest = (0..busy.len()).min_by_key(|i| busy[*i]).unwrap_or(0);
        busy[freest] += 1;
        freest
    }

    fn leave(&self, device: usize) {
        self.busy.lock().unwrap_or_else(PoisonError::into_inner)[device] -= 1;
    }
}

impl<B: Backend> Backend for Several<B> {
    fn name(&self) -> &'static str {
        self.first.name()
    }

    fn description(&self) -> String {
        self.all().map(Backend::description).collect::<Vec<_>>().join(" + ")
    }

    fn precision(&self) -> Precision {
        self.first.precision()
    }

    fn batch_size(&self, problem: &Problem) -> usize {
        self.all().map(|device| device.batch_size(problem)).min().unwrap_or(1)
    }

    fn largest_batch(&self, problem: &Problem) -> usize {
        self.all().map(|device| device.largest_batch(problem)).min().unwrap_or(1)
    }

    fn in_flight(&self) -> usize {
        self.all().map(Backend::in_flight).sum()
    }

    fn batch_bytes(&self, problem: &Problem, runs: usize) -> usize {
        self.all().map(|device| device.batch_bytes(problem, runs)).max().unwrap_or(0)
    }

    fn fits(&self, problem: &Problem) -> Result<(), Invalid> {
        self.all().try_for_each(|device| device.fits(problem))
    }

    fn advance(&self, batch: Batch<'_>, hold: &AtomicBool) -> Result<Endpoints, BackendError> {
        let device = self.board();
        let result = self.all().nth(device).unwrap_or(&self.first).advance(batch, hold);
        self.leave(device);
        result
    }

    fn busy(&self) -> Option<Duration> {
        self.all().map(Backend::busy).sum()
    }
}
