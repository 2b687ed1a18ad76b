//! Loss and gradient of given states, by the kernels' own text.

use super::Gpu;
use super::layout::Control;
use super::memory::{decode, words};
use super::shader::{Entry, MAX_GROUPS};
use crate::descent::backend::BackendError;
use crate::landscape::{Evaluation, Problem, Stop};

impl Gpu {
    /// Loss, gradient and class of given states, computed by the kernel's own text.
    ///
    /// # Errors
    /// As [`crate::descent::backend::Backend::run`].
    pub fn evaluate(&self, problem: &Problem, states: &[f64]) -> Result<Vec<Evaluation>, BackendError> {
        let dim = problem.dim();
        let runs = states.len() / dim;
        if runs == 0 {
            return Ok(Vec::new());
        }
        let program = problem.program(self.options.precision);
        let shape = self.shape_of(&program, dim, runs as u64)?;
        let pipeline = self.pipeline(&program, shape, Entry::Evaluate)?;
        let device = &self.opened.device;
        let control = Control { queued: runs as u32, capacity: runs as u32, ..Control::default() };
        let precision = self.options.precision;
        let states = problem.layout().origin.for_gradient(precision, states, dim);
        let buffers = self.upload(&program, shape, &states, control);
        let losses = self.empty(runs * precision.bytes(), "losses");
        let codes = self.empty(runs * 4, "codes");
        let group = self.bind(&pipeline, &buffers, &[&losses, &codes]);
        let mut encoder = device.create_command_encoder(&Default::default());
        {
            let mut pass = encoder.begin_compute_pass(&Default::default());
            pass.set_pipeline(&pipeline);
            pass.set_bind_group(0, &group, &[]);
            let groups = (runs as u32).div_ceil(shape.runs_per_workgroup());
            pass.dispatch_workgroups(groups.min(MAX_GROUPS), groups.div_ceil(MAX_GROUPS), 1);
        }
        self.opened.queue.submit([encoder.finish()]);
        self.check_cuts(&bytemuck::pod_read_unaligned(&self.read(&buffers.control)?[..size_of::<Control>()]))?;
        let gradient = decode(&self.read(&buffers.state)?, precision);
        let losses = decode(&self.read(&losses)?, precision);
        let codes: Vec<u32> = words(&self.read(&codes)?);
        Ok((0..runs)
            .map(|run| Evaluation {
                loss: losses[run],
                gradient: (0..dim).map(|i| gradient[i * runs + run]).collect(),
                stop: (codes[run] != 0).then(|| Stop::from_code(codes[run], 0)),
            })
            .collect())
    }
}
