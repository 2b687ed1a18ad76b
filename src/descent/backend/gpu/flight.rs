//! Submissions in flight: the device works on one while the host looks at what the one before has left.

use super::Gpu;
use super::clock::Clock;
use super::layout::Control;
use crate::descent::backend::BackendError;
use std::collections::VecDeque;
use std::sync::PoisonError;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// Submissions that a batch has in flight, so that the device never waits for the host.
const IN_FLIGHT: usize = 2;
/// A submission should keep the device busy for about this long: watchdogs stop longer ones, shorter ones cost more.
const SUBMISSION: Duration = Duration::from_millis(60);
/// Most segments in a submission: what is left of them when the last run has ended is dispatched for nothing.
const MOST_SEGMENTS: u64 = 16;

/// How many segments the next submission holds, and how many steps the longest of them, from the time that submissions
/// take.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Segments in a submission.
    pub segments: u64,
    /// Steps in a segment at most.
    pub longest: u32,
    bounds: (u32, u32),
}

impl Pace {
    /// Begins with one segment; `bounds` are the fewest and the most steps that a segment may be limited to.
    pub fn new(bounds: (u32, u32)) -> Self {
        Pace { segments: 1, longest: bounds.0.max(bounds.1.min(64)), bounds }
    }

    /// Goes by the time that a submission took: more segments while it is short, then longer ones; the other way round
    /// at once where it is long.
    pub fn follow(&mut self, took: Duration) {
        if took < SUBMISSION / 2 {
            if self.segments < MOST_SEGMENTS {
                self.segments *= 2;
            } else {
                self.longest = self.longest.saturating_mul(2).min(self.bounds.1);
            }
        } else if took > 2 * SUBMISSION {
            if self.segments > 1 {
                self.segments /= 2;
            } else {
                self.longest = (self.longest / 2).max(self.bounds.0);
            }
        }
    }
}

/// A buffer that brings a submission's control words, and its times, to the host.
struct Landing {
    staging: wgpu::Buffer,
    clock: Option<Clock>,
}

/// A submission that has not been looked at.
struct Submission {
    index: wgpu::SubmissionIndex,
    landing: Landing,
    mapped: Receiver<Result<(), wgpu::BufferAsyncError>>,
}

/// The submissions of one batch.
pub(super) struct Flight<'a> {
    gpu: &'a Gpu,
    control: &'a wgpu::Buffer,
    submitted: VecDeque<Submission>,
    free: Vec<Landing>,
    last: Instant,
    /// How large the next one should be.
    pub(super) pace: Pace,
}

impl<'a> Flight<'a> {
    pub(super) fn new(gpu: &'a Gpu, control: &'a wgpu::Buffer, pace: Pace) -> Self {
        let free = (0..IN_FLIGHT).map(|_| Landing {
            staging: gpu.opened.device.create_buffer(&wgpu::BufferDescriptor {
                label: Some("control read-back"),
                size: control.size() + Clock::BYTES,
                usage: wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST,
                mapped_at_creation: false,
            }),
            clock: gpu.timed().then(|| Clock::new(&gpu.opened)),
        });
        Flight { gpu, control, submitted: VecDeque::new(), free: free.collect(), last: Instant::now(), pace }
    }

    /// Whether another submission may follow.
    pub(super) fn has_room(&self) -> bool {
        !self.free.is_empty()
    }

    /// Submits segments, each recorded by `segment` into the pass that it is given.
    pub(super) fn submit(&mut self, count: u64, mut segment: impl FnMut(&mut wgpu::ComputePass<'_>)) {
        let Some(landing) = self.free.pop() else { return };
        let mut encoder = self.gpu.opened.device.create_command_encoder(&Default::default());
        for i in 0..count {
            let writes = landing.clock.as_ref().and_then(|clock| clock.writes(i == 0, i + 1 == count));
            let descriptor = wgpu::ComputePassDescriptor { label: None, timestamp_writes: writes };
            segment(&mut encoder.begin_compute_pass(&descriptor));
        }
        encoder.copy_buffer_to_buffer(self.control, 0, &landing.staging, 0, self.control.size());
        if let Some(clock) = &landing.clock {
            let times = clock.resolve(&mut encoder);
            encoder.copy_buffer_to_buffer(times, 0, &landing.staging, self.control.size(), Clock::BYTES);
        }
        if self.submitted.is_empty() {
            self.last = Instant::now();
        }
        let index = self.gpu.opened.queue.submit([encoder.finish()]);
        let mapped = self.gpu.map(&landing.staging);
        self.submitted.push_back(Submission { index, landing, mapped });
    }

    /// Waits for the oldest submission and returns the control words that it left; `None` if there is none.
    pub(super) fn land(&mut self) -> Result<Option<Control>, BackendError> {
        let Some(Submission { index, landing, mapped }) = self.submitted.pop_front() else { return Ok(None) };
        let gpu = self.gpu;
        gpu.wait(index, &mapped)?;
        let now = Instant::now();
        self.pace.follow(now - self.last);
        self.last = now;
        let control = {
            let view = landing.staging.get_mapped_range(..).map_err(|e| gpu.failure(e))?;
            let size = size_of::<Control>();
            if landing.clock.is_some() {
                let times = &view[self.control.size() as usize..];
                let times: Vec<u64> = bytemuck::pod_collect_to_vec(times);
                gpu.busy.lock().unwrap_or_else(PoisonError::into_inner).add(times[0], times[1]);
            }
            bytemuck::pod_read_unaligned(&view[..size])
        };
        landing.staging.unmap();
        self.free.push(landing);
        Ok(Some(control))
    }
}

impl Gpu {
    /// Asks for a buffer to be mapped once the submissions that write to it are over.
    pub(super) fn map(&self, staging: &wgpu::Buffer) -> Receiver<Result<(), wgpu::BufferAsyncError>> {
        let (sender, receiver) = channel();
        staging.map_async(wgpu::MapMode::Read, .., move |result| {
            // Whoever waits may have given up, by an error of its own or because the user asked to stop.
            let _ = sender.send(result);
        });
        receiver
    }

    /// Waits for a submission and for the mapping that was asked for behind it.
    pub(super) fn wait(
        &self,
        index: wgpu::SubmissionIndex,
        mapped: &Receiver<Result<(), wgpu::BufferAsyncError>>,
    ) -> Result<(), BackendError> {
        let polled = self.opened.device.poll(wgpu::PollType::Wait { submission_index: Some(index), timeout: None });
        polled.map_err(|e| self.failure(e))?;
        let complaints = std::mem::take(&mut *self.complaints.lock().unwrap_or_else(PoisonError::into_inner));
        if !complaints.is_empty() {
            return Err(self.failure(complaints.join("; ").replace('\n', " ")));
        }
        // Another thread's poll may be the one that calls back.
        mapped.recv().map_err(|e| self.failure(e))?.map_err(|e| self.failure(e))
    }
}
