//! The device's own clock: how long its kernels have run.

use super::device::Opened;
use std::time::Duration;

/// The queries of one submission: when its first pass begins and when its last ends.
#[derive(Debug)]
pub(super) struct Clock {
    queries: wgpu::QuerySet,
    resolved: wgpu::Buffer,
}

impl Clock {
    /// Bytes of the two timestamps of a submission.
    pub(super) const BYTES: u64 = 16;

    pub(super) fn new(opened: &Opened) -> Self {
        let queries = opened.device.create_query_set(&wgpu::QuerySetDescriptor {
            label: Some("clock"),
            ty: wgpu::QueryType::Timestamp,
            count: 2,
        });
        let resolved = opened.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("clock"),
            size: Self::BYTES,
            usage: wgpu::BufferUsages::QUERY_RESOLVE | wgpu::BufferUsages::COPY_SRC,
            mapped_at_creation: false,
        });
        Clock { queries, resolved }
    }

    /// What a pass writes that is the first of its submission, the last, or both.
    pub(super) fn writes(&self, first: bool, last: bool) -> Option<wgpu::ComputePassTimestampWrites<'_>> {
        (first || last).then_some(wgpu::ComputePassTimestampWrites {
            query_set: &self.queries,
            beginning_of_pass_write_index: first.then_some(0),
            end_of_pass_write_index: last.then_some(1),
        })
    }

    /// Makes the timestamps readable; returns the buffer that holds them.
    pub(super) fn resolve(&self, encoder: &mut wgpu::CommandEncoder) -> &wgpu::Buffer {
        encoder.resolve_query_set(&self.queries, 0..2, &self.resolved, 0);
        &self.resolved
    }
}

/// Time for which a device has been busy, from the intervals of its submissions.
#[derive(Clone, Copy, Debug, Default)]
pub struct Busy {
    ticks: u64,
    /// End of the latest interval.
    until: u64,
}

impl Busy {
    /// Counts an interval, less what an earlier one covers: submissions of several batches may overlap.
    pub fn add(&mut self, begin: u64, end: u64) {
        self.ticks += end.saturating_sub(begin.max(self.until));
        self.until = self.until.max(end);
    }

    /// The time, where a tick takes `period` nanoseconds.
    pub fn time(&self, period: f32) -> Duration {
        Duration::from_nanos((self.ticks as f64 * f64::from(period)) as u64)
    }
}
