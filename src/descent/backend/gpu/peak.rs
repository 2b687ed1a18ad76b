//! The peak of a device, measured: independent fused multiply-adds and nothing else.

use super::clock::{Busy, Clock};
use super::memory::encode;
use super::pipeline::{Use, compile};
use super::shader::{self, MAX_GROUPS};
use super::{Gpu, checks};
use crate::descent::backend::BackendError;
use std::time::{Duration, Instant};

/// A dispatch should take this long: where the device has no clock, what it costs to submit it and to hear of its end
/// is then well below one percent.
const DISPATCH: Duration = Duration::from_millis(40);
/// Dispatches of that length; the fastest counts.
const TRIALS: usize = 3;

impl Gpu {
    /// Fused multiply-adds a second that the device does at the most, as `shaders/peak.wgsl` shows it.
    ///
    /// # Errors
    /// A device failure.
    pub fn peak(&self) -> Result<f64, BackendError> {
        let precision = self.options.precision;
        let (bindings, text) = ([Use::Read, Use::Write], shader::peak(precision));
        let pipeline = compile(&self.opened, "peak", &bindings, &text, checks(&self.opened, &self.options))?;
        let factors = self.filled(&encode(&[0.75, 0.25], precision), wgpu::BufferUsages::STORAGE, "factors");
        let kept = self.empty(precision.bytes(), "kept");
        let group = self.group(&pipeline, &[&factors, &kept]);
        let clock = self.timed().then(|| Clock::new(&self.opened));
        let time = |groups: u32| -> Result<Duration, BackendError> {
            let mut encoder = self.opened.device.create_command_encoder(&Default::default());
            {
                let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor {
                    label: None,
                    timestamp_writes: clock.as_ref().and_then(|clock| clock.writes(true, true)),
                });
                pass.set_pipeline(&pipeline);
                pass.set_bind_group(0, &group, &[]);
                pass.dispatch_workgroups(groups, 1, 1);
            }
            let times = clock.as_ref().map(|clock| clock.resolve(&mut encoder));
            let began = Instant::now();
            self.opened.queue.submit([encoder.finish()]);
            self.read(&kept)?;
            let Some(times) = times else { return Ok(began.elapsed()) };
            let times: Vec<u64> = bytemuck::pod_collect_to_vec(&self.read(times)?);
            let mut busy = Busy::default();
            busy.add(times[0], times[1]);
            Ok(busy.time(self.opened.queue.get_timestamp_period()))
        };
        let mut groups = 16;
        while groups < MAX_GROUPS && time(groups)? < DISPATCH {
            groups = (groups * 2).min(MAX_GROUPS);
        }
        let operations = f64::from(groups) * shader::PEAK_OPERATIONS;
        let mut peak = 0.0f64;
        for _ in 0..TRIALS {
            peak = peak.max(operations / time(groups)?.as_secs_f64().max(1e-9));
        }
        Ok(peak)
    }
}
