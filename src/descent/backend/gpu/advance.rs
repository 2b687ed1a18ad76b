//! A batch on the device: segment after segment, until every run has ended or all are held.

use super::Gpu;
use super::flight::{Flight, Pace};
use super::layout::{Control, Dispatch};
use super::memory::{rows, words};
use super::shader::{Entry, MAX_GROUPS, Shape};
use crate::descent::backend::{BackendError, Batch};
use crate::landscape::{Endpoints, Problem, Status, Stop};
use std::collections::BTreeMap;
use std::mem::offset_of;
use std::sync::atomic::{AtomicBool, Ordering};

/// Fewest steps in a segment by default: what scheduling costs is hidden behind them.
const SHORTEST_SEGMENT: u32 = 16;
/// Most steps in a segment by default.
const LONGEST_SEGMENT: u32 = 4096;
/// Loop iterations of an invocation that a software adapter is given in one segment: Mesa's ends all loops of a kernel
/// after 65,535 together.
const SOFTWARE_LOOPS: u32 = 40_000;

impl Gpu {
    /// Advances the runs of a batch in groups of those that have taken the same number of steps, as the runs of one
    /// queue have.
    pub(super) fn advance_in_groups(&self, batch: Batch<'_>, hold: &AtomicBool) -> Result<Endpoints, BackendError> {
        let dim = batch.problem.dim();
        let mut groups: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        for (run, taken) in batch.taken.iter().enumerate() {
            groups.entry(*taken).or_default().push(run);
        }
        if groups.len() < 2 {
            return self.advance_alike(batch, hold);
        }
        let mut ends = Endpoints { stops: batch.under_way(), states: batch.states };
        for (taken, runs) in groups {
            let states = runs.iter().flat_map(|run| &ends.states[run * dim..][..dim]).copied().collect();
            let group = Batch { states, taken: vec![taken; runs.len()], keep_states: true, ..batch };
            let Endpoints { stops, states } = self.advance_alike(group, hold)?;
            for ((run, stop), state) in runs.into_iter().zip(stops).zip(states.chunks_exact(dim)) {
                ends.stops[run] = stop;
                ends.states[run * dim..][..dim].copy_from_slice(state);
            }
        }
        Ok(ends)
    }

    /// Advances runs that have all taken the same number of steps.
    fn advance_alike(&self, mut batch: Batch<'_>, hold: &AtomicBool) -> Result<Endpoints, BackendError> {
        let runs = batch.runs();
        if runs == 0 {
            return Ok(Endpoints { stops: Vec::new(), states: Vec::new() });
        }
        batch.lengthen(self.options.precision);
        let before = batch.taken.first().copied().unwrap_or(0);
        let program = batch.problem.program(self.options.precision);
        let shape = self.shape_of(&program, batch.problem.dim(), batch.of)?;
        let pipeline = self.pipeline(&program, shape, Entry::Descend)?;
        let budget = batch.problem.rule().max_steps;
        let (shortest, longest) = self.segments(batch.problem, shape);
        let control = Control {
            queued: runs as u32,
            taken: before,
            budget,
            segment: shortest,
            shortest,
            longest: shortest,
            capacity: runs as u32,
            runs_per_workgroup: shape.runs_per_workgroup(),
            ..Control::default()
        };
        let buffers = self.upload(&program, shape, &batch.states, control);
        let stops = self.empty(runs * 8, "stops");
        // The queue of the very first segment is not read, that of later ones is.
        let first = match before {
            0 => self.empty(runs * 4, "queue"),
            _ => {
                let all: Vec<u32> = (0..runs as u32).collect();
                self.filled(bytemuck::cast_slice(&all), wgpu::BufferUsages::STORAGE, "queue")
            }
        };
        let queues = [first, self.empty(runs * 4, "queue")];
        let dispatch = self.dispatch((runs as u32).div_ceil(shape.runs_per_workgroup()));
        let descend = [
            self.bind(&pipeline, &buffers, &[&queues[0], &queues[1], &stops]),
            self.bind(&pipeline, &buffers, &[&queues[1], &queues[0], &stops]),
        ];
        let schedule = self.group(&self.schedule, &[&buffers.control, &dispatch]);

        let mut flight = Flight::new(self, &buffers.control, Pace::new((shortest, longest)));
        let mut turn = 0;
        let mut queued = runs as u32;
        let (mut taken, mut held) = (before, false);
        while queued > 0 {
            // What has been submitted is landed all the same: each time some steps are made.
            while !held && flight.has_room() {
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
            held = held || hold.load(Ordering::Relaxed);
            let Some(control) = flight.land()? else { break };
            self.check_cuts(&control)?;
            (queued, taken) = (control.queued, control.taken);
            // The last look at the weights, after the last step, finds the budget spent.
            if queued > 0 && control.taken > budget {
                return Err(self.failure(format!("{queued} runs did not stop at the end of their budget")));
            }
        }
        self.endpoints(&batch, &stops, &buffers.state, if held { Some(taken) } else { None })
    }

    /// Refuses results of a kernel that the driver did not run to the end.
    pub(super) fn check_cuts(&self, control: &Control) -> Result<(), BackendError> {
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

    /// Reads back where and why the runs of a batch have stopped; where some are held, the steps that these have taken.
    fn endpoints(
        &self,
        batch: &Batch<'_>,
        stops: &wgpu::Buffer,
        state: &wgpu::Buffer,
        held: Option<u32>,
    ) -> Result<Endpoints, BackendError> {
        let (dim, runs) = (batch.problem.dim(), batch.runs());
        let codes = words(&self.read(stops)?);
        // No run ends with the code of one that runs.
        let unfinished = codes.chunks_exact(2).take(runs).filter(|stop| stop[0] == 0).count();
        if unfinished > 0 && held.is_none() {
            return Err(self.failure(format!("{unfinished} runs have no result")));
        }
        let ended = |code: &[u32]| Stop::from_code(code[0], if code[0] == 0 { held.unwrap_or(0) } else { code[1] });
        let diverged = codes.chunks_exact(2).take(runs).any(|code| ended(code).status == Status::Diverged);
        if !batch.keep_states && !diverged && unfinished == 0 {
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
        if !batch.keep_states && unfinished == 0 {
            states = Vec::new();
        }
        Ok(Endpoints { stops, states })
    }
}
