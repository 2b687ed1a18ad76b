//! How fast it is, and how fast it could be: rates of cells on the backends of this machine, beside a limit.
//!
//! # What is measured
//! Each cell is advanced by a fixed number of steps, without verdicts and with a tolerance that no run meets, so that
//! every run takes every step that moves it and two backends do the same work: a run ends early only where it comes to
//! rest within rounding. Of each cell, backend, format, lanes per run and number of runs, which make a [`Row`]:
//!
//! - the **kernel rate**: run-steps per second of the descent alone, from prepared starts; on a GPU by the device's own
//!   clock;
//! - the **rate** of the whole: seeding, descent, classification and tally, as [`crate::experiment::run::execute`] does
//!   them, without a result folder;
//! - the **start-up** of the program: from its start to the result of one run of one step, adapter and kernels
//!   included;
//! - the **memory** of a program that does nothing else: its largest resident set.
//!
//! Rates are those of the median of several repetitions. The rows of a cell are measured in turn, once in every round,
//! so that whatever else the machine does meets them alike, and they are known when the cell is done. The **spread** of
//! repetitions is their interquartile range over their median: what the middle half of them differs by.
//!
//! # How long it takes
//! Unless numbers of runs are asked for, they are powers of two that make a repetition take about
//! [`repetition::REPETITION`], found by trying few runs first, for the whole and for the kernel: judging endpoints may
//! take a thousand times as long as finding them. A row then takes some 15 repetitions, whatever is measured on
//! whatever machine.
//!
//! # The limit
//! `limit = peak / operations`: an upper bound from arithmetic alone. `operations`
//! ([`crate::landscape::device::Cost::operations`]) are the fewest arithmetic instructions of a step, where a fused
//! multiply-add, an addition, a multiplication, a comparison or selection, a minimum, a division and a root count as
//! one each. `peak` ([`peak`]) is how many independent fused multiply-adds a second all lanes of the device together
//! were seen to do: it is measured before and after the rows of every cell, again where a kernel was seen to exceed it,
//! and the most counts that was seen so far. Divisions and roots take far longer than one instruction, and loads,
//! stores, random numbers and verdicts take time too, so the limit is never reached. A processor that adds in other
//! units than those that multiply could in principle do more than the limit says.
//!
//! # The break-even
//! A device that is opened and fed takes `overhead + runs / rate`. The two numbers are fitted to the times of several
//! numbers of runs, start-up included; from the number of runs where the lines of CPU and GPU cross, the GPU pays
//! ([`even`]).
//!
//! # Two builds
//! Two builds of the program are compared in pairs: both measure a row one after the other, in turn the one and the
//! other first, and what counts is the ratio of their rates in each pair ([`pair`]). What disturbs one pair then leaves
//! the others alone.

pub mod columns;
pub mod even;
mod measure;
pub mod pair;
pub mod peak;
pub mod repetition;
pub mod spread;
pub mod subject;
pub mod table;

pub use measure::{Bench, Case, Cases, Fresh, Settings, Start, fresh, peak_memory};

use crate::descent::backend::cpu::Cpu;
use crate::descent::backend::gpu::Gpu;
use crate::descent::backend::{Backend, BackendError};
use crate::landscape::Problem;
use crate::numerics::Precision;

/// A backend to measure.
#[derive(Debug)]
pub enum Machine {
    /// The threads of the pool that the measurement runs in.
    Cpu(Cpu),
    /// An adapter.
    Gpu {
        /// It, opened.
        gpu: Box<Gpu>,
        /// Which checks its kernels are compiled with: `auto`, `on` or `off`.
        checks: &'static str,
    },
}

impl Machine {
    /// As a backend.
    pub fn backend(&self) -> &dyn Backend {
        match self {
            Machine::Cpu(cpu) => cpu,
            Machine::Gpu { gpu, .. } => &**gpu,
        }
    }

    /// Lanes that share a run of a cell of so many runs; `None` on the CPU, or where the cell does not fit.
    pub fn lanes(&self, problem: &Problem, runs: u64) -> Option<u32> {
        match self {
            Machine::Cpu(_) => None,
            Machine::Gpu { gpu, .. } => gpu.shape(problem, runs).ok().map(|shape| shape.lanes),
        }
    }

    /// Operations a second at the most, see [`peak`]. It takes some tenths of a second.
    ///
    /// # Errors
    /// A device failure.
    pub fn peak(&self) -> Result<f64, BackendError> {
        match self {
            Machine::Cpu(cpu) => Ok(peak::cpu(cpu.precision())),
            Machine::Gpu { gpu, .. } => gpu.peak(),
        }
    }

    /// Which checks its kernels are compiled with; `None` on the CPU.
    pub fn checks(&self) -> Option<&'static str> {
        match self {
            Machine::Cpu(_) => None,
            Machine::Gpu { checks, .. } => Some(checks),
        }
    }

    /// Format of the arithmetic.
    pub fn precision(&self) -> Precision {
        self.backend().precision()
    }
}

/// What a row is about: a cell, on one machine, with one number of runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Label {
    /// Name of the model.
    pub model: &'static str,
    /// Name of the form.
    pub form: &'static str,
    /// Names and texts of the model's parameters, and whether each is worth a column.
    pub parameters: Vec<(&'static str, String, bool)>,
    /// Whether runs could end at a proof of their outcome before their last step.
    pub verdicts: bool,
    /// `cpu` or `gpu`.
    pub backend: &'static str,
    /// What computes.
    pub adapter: String,
    /// Format of the arithmetic.
    pub precision: Precision,
    /// Lanes that share a run on a GPU.
    pub lanes: Option<u32>,
    /// Which checks kernels are compiled with on a GPU: `auto`, `on` or `off`.
    pub checks: Option<&'static str>,
    /// Threads of the program, which seed and classify for a GPU.
    pub threads: usize,
    /// Runs.
    pub runs: u64,
    /// Steps of a run at the most.
    pub steps: u32,
}

impl Label {
    /// Whether another is of the same cell.
    fn same_cell(&self, other: &Label) -> bool {
        (self.model, self.form, self.verdicts) == (other.model, other.form, other.verdicts)
            && self.parameters == other.parameters
    }

    /// Whether another is of the same cell and machine.
    fn same_line(&self, other: &Label) -> bool {
        self.same_cell(other)
            && (self.backend, self.precision, self.lanes) == (other.backend, other.precision, other.lanes)
            && (&self.adapter, self.checks) == (&other.adapter, other.checks)
    }
}

/// What was measured of one cell on one machine with one number of runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// What of.
    pub label: Label,
    /// Steps that all runs together took.
    pub run_steps: u64,
    /// Repetitions.
    pub repeat: usize,
    /// Median time of the whole, seconds.
    pub median_s: f64,
    /// Least time of the whole, seconds.
    pub min_s: f64,
    /// Spread of the times of the whole, see [`spread`]; `None` for a single repetition.
    pub spread: Option<f64>,
    /// Rate of the whole, in the median.
    pub run_steps_per_s: f64,
    /// Runs of the descent alone: one batch at the most.
    pub kernel_runs: u64,
    /// Rate of the descent alone, in the median; `None` where the device cannot time its work.
    pub kernel_run_steps_per_s: Option<f64>,
    /// Spread of the times of the descent alone.
    pub kernel_spread: Option<f64>,
    /// Operations of a step.
    pub operations: f64,
    /// Operations a second that the device was seen to do.
    pub peak_per_s: f64,
    /// Time of a fresh program to its first result, seconds.
    pub start_up_s: Option<f64>,
    /// Largest resident set of a fresh program that does this row's work, bytes.
    pub peak_memory_bytes: Option<u64>,
    /// On a GPU: its rate over the CPU's, each with the most runs.
    pub gpu_over_cpu: Option<f64>,
    /// On a GPU: from how many runs on it takes less time than the CPU; infinite for never.
    pub break_even_runs: Option<f64>,
}

impl Row {
    /// Run-steps per second that no kernel can exceed.
    pub fn limit(&self) -> f64 {
        self.peak_per_s / self.operations
    }

    /// Share of the limit that the kernel reaches.
    pub fn share(&self) -> Option<f64> {
        Some(self.kernel_run_steps_per_s? / self.limit())
    }

    /// The larger of its two spreads.
    pub fn worst_spread(&self) -> Option<f64> {
        self.spread.into_iter().chain(self.kernel_spread).max_by(f64::total_cmp)
    }
}
