//! The GPU: a batch goes to device buffers once, is advanced segment by segment, and comes back once.
//!
//! Every queued run has taken the same number of steps. A segment advances the queue by at most `segment` steps; runs that
//! end write their code and leave the queue, the others are appended to the next queue, and a small kernel sizes the next
//! dispatch to them. Host and device meet only to learn how many runs are left.

pub mod clock;
pub mod device;
pub mod layout;
mod memory;
mod peak;
mod pipeline;
pub mod shader;

use super::{Backend, BackendError, Batch, check_range};
use crate::endpoint::{Endpoints, Status, Stop};
use crate::model::{Evaluation, Invalid, Kernel, Problem};
use crate::real::Precision;
use clock::{Busy, Clock};
use device::{AdapterReport, Opened, Wanted};
use layout::{Control, Dispatch};
use memory::{POISON, decode, words};
use pipeline::{SCHEDULE_BINDINGS, bindings, compile};
use shader::{Entry, MAX_GROUPS, Shape};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Bytes of state in a batch, unless the device allows less.
const BATCH_BYTES: usize = 64 << 20;
/// Runs in a batch at most.
const BATCH_RUNS: usize = 1 << 20;
/// Largest state that one invocation holds by itself by default; beyond it a team shares the run.
const SOLO_DIM: usize = 128;
/// Fewest and most lanes that share a run of a model whose teams have memory of their own, where that memory allows:
/// between them, as many as the device advances in one instruction.
const SMALLEST_TEAM: u32 = 8;
const LARGEST_TEAM: u32 = 32;
/// Most numbers that one invocation is allowed to hold: its registers spill to memory long before.
const SOLO_LIMIT: usize = 512;
/// Steps in a segment by default: short enough that finished runs seldom idle, long enough to hide the scheduling.
const SEGMENT: u32 = 100;
/// Loop iterations of an invocation that a software adapter is given in one segment: Mesa's ends all loops of a kernel after
/// 65,535 together.
const SOFTWARE_LOOPS: u32 = 40_000;
/// A submission should keep the device busy for about this long: watchdogs stop longer ones, shorter ones cost more.
const SUBMISSION: Duration = Duration::from_millis(60);

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
}

impl Gpu {
    /// Opens an adapter.
    ///
    /// # Errors
    /// See [`device::open`].
    pub fn open(options: Options) -> Result<Self, BackendError> {
        let opened = device::open(&options.adapter, options.precision, options.timing)?;
        let complaints = Arc::new(Mutex::new(Vec::new()));
        let heard = complaints.clone();
        opened.device.on_uncaptured_error(Arc::new(move |error: wgpu::Error| {
            heard.lock().unwrap_or_else(PoisonError::into_inner).push(error.to_string());
        }));
        let schedule = compile(&opened, "schedule", SCHEDULE_BINDINGS, &shader::schedule())?;
        Ok(Gpu { opened, options, schedule, compiled: Mutex::new(HashMap::new()), complaints, busy: Mutex::default() })
    }

    /// The adapter in use.
    pub fn adapter(&self) -> &AdapterReport {
        &self.opened.report
    }

    /// Shape of a cell's kernel, if the device can take the cell.
    ///
    /// # Errors
    /// Lanes that the model, the state's size or the device rule out; constants that the format cannot hold.
    pub fn shape(&self, problem: &dyn Problem) -> Result<Shape, Invalid> {
        self.shape_of(&problem.kernel(self.options.precision), problem.dim())
    }

    fn shape_of(&self, kernel: &Kernel, dim: usize) -> Result<Shape, Invalid> {
        check_range(kernel, self.options.precision)?;
        let report = &self.opened.report;
        let shape_of = |lanes| Shape { dim: dim as u32, lanes, precision: self.options.precision };
        let lanes = match self.options.lanes {
            0 if !kernel.memory.is_empty() => {
                // More lanes a run are fewer runs a workgroup, which share its memory.
                let fits = |lanes: &u32| shape_of(*lanes).workgroup_bytes(kernel) <= report.workgroup_memory;
                let team = report.subgroup_size.1.clamp(SMALLEST_TEAM, LARGEST_TEAM);
                [team, 32, 64, 128, 256].into_iter().find(fits).unwrap_or(64)
            }
            0 if dim <= SOLO_DIM || !kernel.shareable => 1,
            0 => (dim / 16).next_power_of_two().clamp(32, 256) as u32,
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
        if shape.workgroup() > report.workgroup_size {
            return refuse(format!("is more than {} can take", report.name), "choose fewer, or \"auto\"");
        }
        let (bytes, room) = (shape.workgroup_bytes(kernel), report.workgroup_memory);
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
        if lanes > 1 && !kernel.shareable {
            return refuse("lanes cannot share a run in this form".into(), "choose 1 or \"auto\"");
        }
        Ok(shape)
    }

    /// Whether kernels are timed: wanted, and possible.
    fn timed(&self) -> bool {
        self.options.timing && self.opened.report.timestamps
    }

    /// Loss, gradient and class of given states, computed by the kernel's own text.
    ///
    /// # Errors
    /// As [`Backend::run`].
    pub fn evaluate(&self, problem: &dyn Problem, states: &[f64]) -> Result<Vec<Evaluation>, BackendError> {
        let dim = problem.dim();
        let runs = states.len() / dim;
        if runs == 0 {
            return Ok(Vec::new());
        }
        let kernel = problem.kernel(self.options.precision);
        let shape = self.shape_of(&kernel, dim)?;
        let pipeline = self.pipeline(&kernel, shape, Entry::Evaluate)?;
        let device = &self.opened.device;
        let control = Control { queued: runs as u32, capacity: runs as u32, ..Control::default() };
        let buffers = self.upload(&kernel, states, dim, control);
        let precision = self.options.precision;
        let losses = self.poisoned(runs * precision.bytes(), "losses");
        let codes = self.poisoned(runs * 4, "codes");
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
        self.check_cuts(&words(&self.read(&buffers.control)?))?;
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

    /// Refuses results of a kernel that the driver did not run to the end.
    fn check_cuts(&self, control: &[u32]) -> Result<(), BackendError> {
        match control[7] {
            0 => Ok(()),
            cut => Err(self.failure(format!(
                "the driver bounds the iterations of a kernel's loops and cut {cut} teams short; choose a smaller \
                 compute.segment, more compute.lanes, or --backend cpu"
            ))),
        }
    }

    fn pipeline(
        &self,
        kernel: &Kernel,
        shape: Shape,
        entry: Entry,
    ) -> Result<Arc<wgpu::ComputePipeline>, BackendError> {
        let mut text = shader::assemble(kernel, shape, entry);
        if let Some(edit) = self.options.edit {
            text = edit(text);
        }
        let mut compiled = self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pipeline) = compiled.get(&text) {
            return Ok(pipeline.clone());
        }
        let pipeline = Arc::new(compile(&self.opened, entry.name(), bindings(entry), &text)?);
        compiled.insert(text, pipeline.clone());
        Ok(pipeline)
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

    fn precision(&self) -> Precision {
        self.options.precision
    }

    fn batch_size(&self, problem: &dyn Problem) -> usize {
        let bytes = BATCH_BYTES.min(self.opened.report.max_binding as usize);
        (bytes / (problem.dim() * self.options.precision.bytes())).clamp(1, BATCH_RUNS)
    }

    fn largest_batch(&self, problem: &dyn Problem) -> usize {
        // The state is the largest buffer, but for states of one number, where the stops are.
        let bytes = (problem.dim() * self.options.precision.bytes()).max(8);
        (self.opened.report.max_binding.min(1 << 30) as usize / bytes).max(1)
    }

    fn fits(&self, problem: &dyn Problem) -> Result<(), Invalid> {
        self.shape(problem).map(drop)
    }

    fn runs_side_by_side(&self) -> bool {
        false
    }

    fn busy(&self) -> Option<Duration> {
        let busy = *self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        self.timed().then(|| busy.time(self.opened.queue.get_timestamp_period()))
    }

    fn batch_bytes(&self, problem: &dyn Problem, runs: usize) -> usize {
        // State; two queues of one word and a stop of two words a run.
        runs * (problem.dim() * self.options.precision.bytes() + 16)
    }

    fn run(&self, batch: Batch<'_>, cancel: &AtomicBool) -> Result<Endpoints, BackendError> {
        let dim = batch.problem.dim();
        let runs = batch.runs();
        if runs == 0 {
            return Ok(Endpoints { stops: Vec::new(), states: Vec::new() });
        }
        let kernel = batch.problem.kernel(self.options.precision);
        let shape = self.shape_of(&kernel, dim)?;
        let pipeline = self.pipeline(&kernel, shape, Entry::Descend)?;
        let budget = batch.problem.rule().max_steps;
        let segment = match self.options.segment {
            0 if self.opened.report.is_hardware() => SEGMENT,
            0 => (SOFTWARE_LOOPS / (kernel.work / shape.lanes).max(1)).clamp(1, SEGMENT),
            segment => segment,
        };
        let control = Control {
            queued: runs as u32,
            budget,
            segment,
            capacity: runs as u32,
            runs_per_workgroup: shape.runs_per_workgroup(),
            ..Control::default()
        };
        let buffers = self.upload(&kernel, &batch.starts, dim, control);
        let stops = self.poisoned(runs * 8, "stops");
        let first: Vec<u32> = (0..runs as u32).collect();
        let queues = [
            self.filled(bytemuck::cast_slice(&first), wgpu::BufferUsages::STORAGE, "queue"),
            self.poisoned(runs * 4, "queue"),
        ];
        let groups = (runs as u32).div_ceil(shape.runs_per_workgroup());
        let dispatch = Dispatch { x: groups.min(MAX_GROUPS), y: groups.div_ceil(MAX_GROUPS), z: 1, padding: 0 };
        let dispatch = self.filled(
            bytemuck::bytes_of(&dispatch),
            wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::INDIRECT,
            "dispatch",
        );
        let descend = [
            self.bind(&pipeline, &buffers, &[&queues[0], &queues[1], &stops]),
            self.bind(&pipeline, &buffers, &[&queues[1], &queues[0], &stops]),
        ];
        let schedule = self.group(&self.schedule, &[&buffers.control, &dispatch]);

        // One look at the weights more than there are steps: the last finds the budget spent.
        let segments = u64::from(budget).div_ceil(u64::from(segment)) + 1;
        let mut done = 0u64;
        let mut burst = 1u64;
        let clock = self.timed().then(|| Clock::new(&self.opened));
        while done < segments {
            if cancel.load(Ordering::Relaxed) {
                return Err(BackendError::Cancelled);
            }
            let count = burst.min(segments - done);
            let mut encoder = self.opened.device.create_command_encoder(&Default::default());
            for i in 0..count {
                let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor {
                    label: None,
                    timestamp_writes: clock.as_ref().and_then(|clock| clock.writes(i == 0, i + 1 == count)),
                });
                pass.set_pipeline(&pipeline);
                pass.set_bind_group(0, &descend[(done % 2) as usize], &[]);
                pass.dispatch_workgroups_indirect(&dispatch, 0);
                pass.set_pipeline(&self.schedule);
                pass.set_bind_group(0, &schedule, &[]);
                pass.dispatch_workgroups(1, 1, 1);
                done += 1;
            }
            let times = clock.as_ref().map(|clock| clock.resolve(&mut encoder));
            let began = Instant::now();
            self.opened.queue.submit([encoder.finish()]);
            let state = words(&self.read(&buffers.control)?);
            if let Some(times) = times {
                let times: Vec<u64> = bytemuck::pod_collect_to_vec(&self.read(times)?);
                self.busy.lock().unwrap_or_else(PoisonError::into_inner).add(times[0], times[1]);
            }
            self.check_cuts(&state)?;
            if state[0] == 0 {
                break;
            }
            // Fewer, longer submissions while they are short; a long one is cut at once.
            let took = began.elapsed();
            burst = if took < SUBMISSION { (burst * 2).min(256) } else { (burst / 2).max(1) };
        }

        let codes = words(&self.read(&stops)?);
        let unfinished = codes.iter().take(2 * runs).filter(|w| **w == POISON).count();
        if unfinished > 0 {
            return Err(self.failure(format!("{unfinished} words of the result were never written")));
        }
        let ended = |code: &[u32]| Stop::from_code(code[0], code[1]);
        let diverged = codes.chunks_exact(2).take(runs).any(|code| ended(code).status == Status::Diverged);
        if !batch.keep_states && !diverged {
            // The weights would only be looked at to tell how a run diverged.
            return Ok(Endpoints { stops: codes.chunks_exact(2).take(runs).map(ended).collect(), states: Vec::new() });
        }
        let columns = decode(&self.read(&buffers.state)?, self.options.precision);
        let mut states = vec![0.0; runs * dim];
        for (run, state) in states.chunks_exact_mut(dim).enumerate() {
            for (i, value) in state.iter_mut().enumerate() {
                *value = columns[i * runs + run];
            }
        }
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
