//! The GPU: a batch goes to device buffers once, is advanced segment by segment, and comes back once.
//!
//! Every queued run has taken the same number of steps. A segment advances the queue by at most `segment` steps; runs
//! that end write their code and leave the queue, the others are appended to the next queue, and a small kernel sizes
//! the next dispatch to them. Host and device meet only to learn how many runs are left.

pub mod clock;
pub mod device;
mod evaluate;
pub mod flight;
pub mod lanes;
pub mod layout;
mod memory;
mod peak;
mod pipeline;
pub mod shader;
pub mod unroll;

use super::{Backend, BackendError, Batch, check_range};
use crate::landscape::{DeviceProgram, Endpoints, Invalid, Problem, Status, Stop};
use crate::numerics::Precision;
use clock::Busy;
use device::{AdapterReport, Opened, Wanted};
use flight::{Flight, Pace};
use layout::{Control, Dispatch};
use memory::{Resident, rows, words};
use pipeline::{SCHEDULE_BINDINGS, bindings, compile};
use shader::{Entry, MAX_GROUPS, Shape};
use std::collections::HashMap;
use std::mem::offset_of;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Bytes of state in a batch, unless the device allows less.
const BATCH_BYTES: usize = 64 << 20;
/// Runs in a batch at most.
const BATCH_RUNS: usize = 1 << 20;
/// Batches on the device at once: one comes up and one goes down while one computes.
const BATCHES_IN_FLIGHT: usize = 3;
/// Most numbers that one invocation is allowed to hold: its registers spill to memory long before.
const SOLO_LIMIT: usize = 512;
/// Most numbers that a model may keep in memory of a single invocation on hardware, where lanes could share them: a
/// computed index moves them to the device's main memory.
const SOLO_MEMORY: u32 = 128;
/// Fewest steps in a segment by default: what scheduling costs is hidden behind them.
const SHORTEST_SEGMENT: u32 = 16;
/// Most steps in a segment by default.
const LONGEST_SEGMENT: u32 = 4096;
/// Loop iterations of an invocation that a software adapter is given in one segment: Mesa's ends all loops of a kernel
/// after 65,535 together.
const SOFTWARE_LOOPS: u32 = 40_000;
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

    /// Shape of a cell's kernel for so many runs in all, if the device can take the cell.
    ///
    /// # Errors
    /// Lanes that the model, the state's size or the device rule out; constants that the format cannot hold.
    pub fn shape(&self, problem: &Problem, runs: u64) -> Result<Shape, Invalid> {
        self.shape_of(&problem.program(self.options.precision), problem.dim(), runs)
    }

    fn shape_of(&self, program: &DeviceProgram, dim: usize, runs: u64) -> Result<Shape, Invalid> {
        check_range(program, self.options.precision)?;
        let report = &self.opened.report;
        let shape_of = |lanes| Shape::new(program, dim as u32, lanes, self.options.precision, report.subgroup());
        let lanes = match self.options.lanes {
            0 => {
                let device = lanes::Device { hardware: report.is_hardware(), subgroup: report.subgroup_size.1 };
                let chosen = lanes::lanes(program, dim as u32, runs, device);
                // More lanes per run are fewer runs per workgroup, which share its memory.
                let fits = |lanes: &u32| shape_of(*lanes).workgroup_bytes(program) <= report.workgroup_memory;
                let candidates = [chosen, 32, 64, 128, lanes::MOST_LANES].into_iter().filter(|lanes| chosen <= *lanes);
                candidates.into_iter().find(fits).unwrap_or(64)
            }
            lanes => lanes,
        };
        let shape = shape_of(lanes);
        let refuse = |problem: String, remedy: &str| {
            Err(Invalid { key: "compute.lanes".into(), value: lanes.to_string(), problem, remedy: remedy.into() })
        };
        if !lanes.is_power_of_two() {
            return refuse("is not a power of two".into(), "choose 1, 2, 4, … or \"auto\"");
        }
        if shape.per_lane() as usize > SOLO_LIMIT {
            return refuse(
                format!("leaves {} numbers of a state of {dim} to a lane, more than {SOLO_LIMIT}", shape.per_lane()),
                "choose more lanes, \"auto\", or --backend cpu",
            );
        }
        if shape.workgroup > report.workgroup_size {
            return refuse(format!("is more than {} can take", report.name), "choose fewer, or \"auto\"");
        }
        let (bytes, room) = (shape.workgroup_bytes(program), report.workgroup_memory);
        if bytes > room && self.options.lanes == 0 {
            return Err(Invalid {
                key: "compute.precision".into(),
                value: self.options.precision.name().into(),
                problem: format!("a run needs {bytes} bytes of workgroup memory, {} has {room}", report.name),
                remedy: match self.options.precision {
                    Precision::F64 => "choose f32, a smaller network, or --backend cpu".into(),
                    Precision::F32 => "choose a smaller network, or --backend cpu".into(),
                },
            });
        }
        if bytes > room {
            return refuse(
                format!("needs {bytes} bytes of workgroup memory, {} has {room}", report.name),
                match self.options.precision {
                    Precision::F64 => "choose more lanes, \"auto\", --precision f32, or --backend cpu",
                    Precision::F32 => "choose more lanes, \"auto\", or --backend cpu",
                },
            );
        }
        if lanes > 1 && !program.shareable {
            return refuse("lanes cannot share a run in this form".into(), "choose 1 or \"auto\"");
        }
        Ok(shape)
    }

    /// Whether kernels are timed: wanted, and possible.
    fn timed(&self) -> bool {
        self.options.timing && self.opened.report.timestamps
    }

    /// Refuses results of a kernel that the driver did not run to the end.
    fn check_cuts(&self, control: &Control) -> Result<(), BackendError> {
        if control.apart > 0 {
            return Err(self.failure(
                "the driver places the invocations of a subgroup in an order of its own; choose compute.lanes = 1 or \
                 --backend cpu",
            ));
        }
        match control.cut {
            0 => Ok(()),
            cut => Err(self.failure(format!(
                "the driver bounds the iterations of a kernel's loops and cut {cut} runs short; choose a smaller \
                 compute.segment, more compute.lanes, or --backend cpu"
            ))),
        }
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

    /// Steps in the shortest and in the longest segment.
    fn segments(&self, problem: &Problem, shape: Shape) -> (u32, u32) {
        match self.options.segment {
            0 if self.opened.report.is_hardware() => (SHORTEST_SEGMENT, LONGEST_SEGMENT),
            0 => {
                let work = problem.cost(self.options.precision).iterations;
                let most = (SOFTWARE_LOOPS / (work / shape.lanes).max(1)).clamp(1, LONGEST_SEGMENT);
                (SHORTEST_SEGMENT.min(most), most)
            }
            segment => (segment, segment),
        }
    }

    /// The size of the first dispatch, which the device makes smaller by itself.
    fn dispatch(&self, groups: u32) -> wgpu::Buffer {
        let dispatch = Dispatch { x: groups.min(MAX_GROUPS), y: groups.div_ceil(MAX_GROUPS), z: 1, padding: 0 };
        let usage = wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::INDIRECT;
        self.filled(bytemuck::bytes_of(&dispatch), usage, "dispatch")
    }

    /// Reads back where and why the runs of a batch have stopped.
    fn endpoints(
        &self,
        batch: &Batch<'_>,
        stops: &wgpu::Buffer,
        state: &wgpu::Buffer,
    ) -> Result<Endpoints, BackendError> {
        let (dim, runs) = (batch.problem.dim(), batch.runs());
        let codes = words(&self.read(stops)?);
        // No run ends with the code of one that runs.
        let unfinished = codes.chunks_exact(2).take(runs).filter(|stop| stop[0] == 0).count();
        if unfinished > 0 {
            return Err(self.failure(format!("{unfinished} runs have no result")));
        }
        let ended = |code: &[u32]| Stop::from_code(code[0], code[1]);
        let diverged = codes.chunks_exact(2).take(runs).any(|code| ended(code).status == Status::Diverged);
        if !batch.keep_states && !diverged {
            // The weights would only be looked at to tell how a run diverged.
            return Ok(Endpoints { stops: codes.chunks_exact(2).take(runs).map(ended).collect(), states: Vec::new() });
        }
        let bytes = self.read(state)?;
        let mut states = rows(&bytes[..runs * dim * self.options.precision.bytes()], dim, self.options.precision);
        let stops = codes
            .chunks_exact(2)
            .zip(states.chunks_exact(dim))
            .map(|(code, state)| ended(code).checked(state))
            .collect();
        if !batch.keep_states {
            states = Vec::new();
        }
        Ok(Endpoints { stops, states })
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

    fn fits(&self, problem: &Problem) -> Result<(), Invalid> {
        let program = problem.program(self.options.precision);
        let shape = self.shape_of(&program, problem.dim(), u64::MAX)?;
        let memory: u32 = program.memory.iter().map(|(_, numbers)| numbers).sum();
        let alone = shape.lanes == 1 && program.shareable && memory > SOLO_MEMORY;
        if alone && self.opened.report.is_hardware() {
            return Err(Invalid {
                key: "compute.lanes".into(),
                value: "1".into(),
                problem: format!("leaves {memory} numbers to a lane alone, which hardware keeps in its main memory"),
                remedy: "choose more lanes, \"auto\", or --backend cpu".into(),
            });
        }
        Ok(())
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

    fn run(&self, mut batch: Batch<'_>, cancel: &AtomicBool) -> Result<Endpoints, BackendError> {
        let runs = batch.runs();
        if runs == 0 {
            return Ok(Endpoints { stops: Vec::new(), states: Vec::new() });
        }
        let layout = batch.problem.layout();
        layout.origin.lengthen(self.options.precision, &mut batch.starts, layout.dim);
        let program = batch.problem.program(self.options.precision);
        let shape = self.shape_of(&program, batch.problem.dim(), batch.of)?;
        let pipeline = self.pipeline(&program, shape, Entry::Descend)?;
        let budget = batch.problem.rule().max_steps;
        let (shortest, longest) = self.segments(batch.problem, shape);
        let control = Control {
            queued: runs as u32,
            budget,
            segment: shortest,
            shortest,
            longest: shortest,
            capacity: runs as u32,
            runs_per_workgroup: shape.runs_per_workgroup(),
            ..Control::default()
        };
        let buffers = self.upload(&program, shape, &batch.starts, control);
        let stops = self.empty(runs * 8, "stops");
        let queues = [self.empty(runs * 4, "queue"), self.empty(runs * 4, "queue")];
        let dispatch = self.dispatch((runs as u32).div_ceil(shape.runs_per_workgroup()));
        let descend = [
            self.bind(&pipeline, &buffers, &[&queues[0], &queues[1], &stops]),
            self.bind(&pipeline, &buffers, &[&queues[1], &queues[0], &stops]),
        ];
        let schedule = self.group(&self.schedule, &[&buffers.control, &dispatch]);

        let mut flight = Flight::new(self, &buffers.control, Pace::new((shortest, longest)));
        let mut turn = 0;
        let mut queued = runs as u32;
        while queued > 0 {
            if cancel.load(Ordering::Relaxed) {
                return Err(BackendError::Cancelled);
            }
            while flight.has_room() {
                let limit = bytemuck::bytes_of(&flight.pace.longest);
                self.opened.queue.write_buffer(&buffers.control, offset_of!(Control, longest) as u64, limit);
                flight.submit(flight.pace.segments, |pass| {
                    pass.set_pipeline(&pipeline);
                    pass.set_bind_group(0, &descend[turn], &[]);
                    pass.dispatch_workgroups_indirect(&dispatch, 0);
                    pass.set_pipeline(&self.schedule);
                    pass.set_bind_group(0, &schedule, &[]);
                    pass.dispatch_workgroups(1, 1, 1);
                    turn = 1 - turn;
                });
            }
            let Some(control) = flight.land()? else { break };
            self.check_cuts(&control)?;
            queued = control.queued;
            // The last look at the weights, after the last step, finds the budget spent.
            if queued > 0 && control.taken > budget {
                return Err(self.failure(format!("{queued} runs did not stop at the end of their budget")));
            }
        }
        self.endpoints(&batch, &stops, &buffers.state)
    }
}
