//! The runs of a batch, handed out to threads in blocks.

use crate::landscape::Stop;
use std::slice::ChunksMut;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// Consecutive runs: states in, endpoints out.
#[derive(Debug)]
pub struct Block<'a> {
    /// Weights of the runs, one run after another.
    pub states: &'a mut [f64],
    /// How far each run has come, then why and when it stopped.
    pub stops: &'a mut [Stop],
}

/// Runs that no thread has taken yet. Threads that share it keep their lanes full until the last run is taken.
#[derive(Debug)]
pub struct Queue<'a> {
    blocks: Mutex<std::iter::Zip<ChunksMut<'a, f64>, ChunksMut<'a, Stop>>>,
    share: usize,
    spent: AtomicU64,
}

impl<'a> Queue<'a> {
    /// A queue of runs under way with `dim` numbers each, handed out `block` at a time; a thread should hold no more
    /// than `share` at once.
    pub fn new(states: &'a mut [f64], stops: &'a mut [Stop], dim: usize, block: usize, share: usize) -> Self {
        let block = block.max(1);
        let blocks = states.chunks_mut(block * dim).zip(stops.chunks_mut(block));
        Queue { blocks: Mutex::new(blocks), share: share.max(1), spent: AtomicU64::new(0) }
    }

    /// The next runs, if there are any.
    pub fn take(&self) -> Option<Block<'a>> {
        let next = self.blocks.lock().unwrap_or_else(PoisonError::into_inner).next();
        next.map(|(states, stops)| Block { states, stops })
    }

    /// Steps that have been computed for the runs that were taken, those of lanes without a run included: against the
    /// steps that the runs took, the price of lockstep.
    pub fn spent(&self) -> u64 {
        self.spent.load(Ordering::Relaxed)
    }

    pub(crate) fn spend(&self, steps: u64) {
        self.spent.fetch_add(steps, Ordering::Relaxed);
    }

    /// Runs that one thread should hold at once.
    pub(crate) fn share(&self) -> usize {
        self.share
    }
}

/// A run that a thread has taken: its block and its position there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Taken {
    block: u32,
    run: u32,
}

/// The blocks that one thread has taken.
#[derive(Debug)]
pub(crate) struct Hand<'q, 'a> {
    queue: &'q Queue<'a>,
    blocks: Vec<Block<'a>>,
    next: usize,
    dim: usize,
}

impl<'q, 'a> Hand<'q, 'a> {
    pub(crate) fn new(queue: &'q Queue<'a>, dim: usize) -> Self {
        Hand { queue, blocks: Vec::new(), next: 0, dim }
    }

    /// The next run, if any is left.
    pub(crate) fn take(&mut self) -> Option<Taken> {
        if self.blocks.last().is_none_or(|block| self.next == block.stops.len()) {
            self.blocks.push(self.queue.take()?);
            self.next = 0;
        }
        self.next += 1;
        Some(Taken { block: self.blocks.len() as u32 - 1, run: self.next as u32 - 1 })
    }

    /// Weights of a run.
    pub(crate) fn state(&mut self, run: Taken) -> &mut [f64] {
        &mut self.blocks[run.block as usize].states[run.run as usize * self.dim..][..self.dim]
    }

    /// Steps that a run had taken before it came here.
    pub(crate) fn taken(&self, run: Taken) -> u32 {
        self.blocks[run.block as usize].stops[run.run as usize].steps
    }

    /// Notes how far a run has come that goes on later, once its weights are written.
    pub(crate) fn hold(&mut self, run: Taken, steps: u32) {
        self.blocks[run.block as usize].stops[run.run as usize] = Stop::under_way(steps);
    }

    /// Notes where and why a run stopped, once its weights are written.
    pub(crate) fn stop(&mut self, run: Taken, code: u32, steps: u32) {
        let stop = Stop::from_code(code, steps).checked(self.state(run));
        self.blocks[run.block as usize].stops[run.run as usize] = stop;
    }
}
