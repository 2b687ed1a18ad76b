//! The GPU: a batch goes to device buffers once, is advanced segment by segment, and comes back once.
//!
//! Every queued run has taken the same number of steps. A segment advances the queue by at most `segment` steps; runs
//! that end write their code and leave the queue, the others are appended to the next queue, and a small kernel sizes
//! the next dispatch to them (`advance`). Host and device meet only to learn how many runs are left.

mod advance;
pub mod clock;
pub mod device;
mod evaluate;
mod fit;
pub mod flight;
pub mod lanes;
pub mod layout;
mod memory;
mod peak;
mod pipeline;
pub mod shader;
pub mod unroll;

use super::{Backend, BackendError, Batch};
use crate::landscape::{DeviceProgram, Endpoints, Invalid, Problem};
use crate::numerics::Precision;
use clock::Busy;
use device::{AdapterReport, Opened, Wanted};
use memory::Resident;
use pipeline::{SCHEDULE_BINDINGS, bindings, compile};
use shader::{Entry, Shape};
use std::collections::HashMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Bytes of state in a batch, unless the device allows less.
const BATCH_BYTES: usize = 64 << 20;
/// Runs in a batch at most.
const BATCH_RUNS: usize = 1 << 20;
/// Batches on the device at once: one comes up and one goes down while one computes.
const BATCHES_IN_FLIGHT: usize = 3;

/// What the GPU backend is opened with.
#[derive(Clone, Debug)]
pub struct Options {
    /// Which adapter.
    pub adapter: Wanted,
    /// Number type of the kernels.
    pub precision: Precision,
    /// Lanes that share a run; 0 lets the size of the state decide.
    pub lanes: u32,
    /// Steps in a segment; 0 for the default.
    pub segment: u32,
    /// Whether the device times its kernels for [`Backend::busy`]; ignored where it cannot.
    pub timing: bool,
    /// Whether kernels are compiled with the checks that texts of unknown origin need: of every index, and of the
    /// iterations of every loop. By default on software adapters only: on hardware they cost more than what they check,
    /// and keep compilers from writing loops out and from reading four numbers at once.
    pub checks: Option<bool>,
    /// Changes the kernel's text before it is compiled. Only tests set it, to see a wrong kernel fail.
    pub edit: Option<fn(String) -> String>,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            adapter: Wanted::default(),
            precision: Precision::F32,
            lanes: 0,
            segment: 0,
            timing: false,
            checks: None,
            edit: None,
        }
    }
}

/// The GPU backend.
#[derive(Debug)]
pub struct Gpu {
    opened: Opened,
    options: Options,
    schedule: wgpu::ComputePipeline,
    /// Compiled kernels by their text.
    compiled: Mutex<HashMap<String, Arc<wgpu::ComputePipeline>>>,
    /// What the device has complained about outside of any call that could return it.
    complaints: Arc<Mutex<Vec<String>>>,
    busy: Mutex<Busy>,
    data: Mutex<Vec<Resident>>,
}

impl Gpu {
    /// Opens an adapter.
    ///
    /// # Errors
    /// See [`device::open`].
    pub fn open(options: Options) -> Result<Self, BackendError> {
        let opened = device::open(&options.adapter, options.precision, options.timing)?;
        Self::on(opened, options)
    }

    /// Opens every adapter that fits, at least one.
    ///
    /// # Errors
    /// See [`device::open_all`].
    pub fn open_all(options: &Options) -> Result<Vec<Self>, BackendError> {
        let all = device::open_all(&options.adapter, options.precision, options.timing)?;
        all.into_iter().map(|opened| Self::on(opened, options.clone())).collect()
    }

    fn on(opened: Opened, options: Options) -> Result<Self, BackendError> {
        let complaints = Arc::new(Mutex::new(Vec::new()));
        let heard = complaints.clone();
        opened.device.on_uncaptured_error(Arc::new(move |error: wgpu::Error| {
            heard.lock().unwrap_or_else(PoisonError::into_inner).push(error.to_string());
        }));
        let schedule = compile(&opened, "schedule", SCHEDULE_BINDINGS, &shader::schedule(), checks(&opened, &options))?;
        let (compiled, busy, data) = (Mutex::default(), Mutex::default(), Mutex::default());
        Ok(Gpu { opened, options, schedule, compiled, complaints, busy, data })
    }

    /// The adapter in use.
    pub fn adapter(&self) -> &AdapterReport {
        &self.opened.report
    }

    /// Whether kernels are timed: wanted, and possible.
    fn timed(&self) -> bool {
        self.options.timing && self.opened.report.timestamps
    }

    fn pipeline(
        &self,
        program: &DeviceProgram,
        shape: Shape,
        entry: Entry,
    ) -> Result<Arc<wgpu::ComputePipeline>, BackendError> {
        let mut text = shader::assemble(program, shape, entry);
        if let Some(edit) = self.options.edit {
            text = edit(text);
        }
        let mut compiled = self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pipeline) = compiled.get(&text) {
            return Ok(pipeline.clone());
        }
        let pipeline = Arc::new(compile(
            &self.opened,
            entry.name(),
            &bindings(entry, shape.constant_data(program)),
            &text,
            checks(&self.opened, &self.options),
        )?);
        compiled.insert(text, pipeline.clone());
        Ok(pipeline)
    }
}

/// What is checked in kernels of a device.
fn checks(opened: &Opened, options: &Options) -> wgpu::ShaderRuntimeChecks {
    match options.checks.unwrap_or(!opened.report.is_hardware()) {
        true => wgpu::ShaderRuntimeChecks::checked(),
        false => wgpu::ShaderRuntimeChecks::unchecked(),
    }
}

impl Backend for Gpu {
    fn name(&self) -> &'static str {
        "gpu"
    }

    fn description(&self) -> String {
        let report = &self.opened.report;
        format!("{} ({}, {})", report.name, report.driver, report.interface)
    }

    fn is_software(&self) -> bool {
        !self.opened.report.is_hardware()
    }

    fn precision(&self) -> Precision {
        self.options.precision
    }

    fn batch_size(&self, problem: &Problem) -> usize {
        let bytes = BATCH_BYTES.min(self.opened.report.max_binding as usize);
        (bytes / (problem.dim() * self.options.precision.bytes())).clamp(1, BATCH_RUNS)
    }

    fn largest_batch(&self, problem: &Problem) -> usize {
        // The state is the largest buffer, but for states of one number, where the stops are.
        let bytes = (problem.dim() * self.options.precision.bytes()).max(8);
        (self.opened.report.max_binding.min(1 << 30) as usize / bytes).max(1)
    }

    fn in_flight(&self) -> usize {
        BATCHES_IN_FLIGHT
    }

    fn busy(&self) -> Option<Duration> {
        let busy = *self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        self.timed().then(|| busy.time(self.opened.queue.get_timestamp_period()))
    }

    fn batch_bytes(&self, problem: &Problem, runs: usize) -> usize {
        // State; two queues of one word and a stop of two words a run.
        runs * (problem.dim() * self.options.precision.bytes() + 16)
    }

    fn fits(&self, problem: &Problem) -> Result<(), Invalid> {
        self.fit(problem)
    }

    fn advance(&self, batch: Batch<'_>, hold: &AtomicBool) -> Result<Endpoints, BackendError> {
        self.advance_in_groups(batch, hold)
    }
}
