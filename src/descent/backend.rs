//! Backends: a batch of starts in, endpoints out. Nothing here knows what a model means.

pub mod cpu;
pub mod gpu;
pub mod several;

use crate::landscape::{DeviceProgram, Endpoints, Invalid, Problem, Stop};
use crate::numerics::Precision;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// A batch: runs of one cell that a backend takes at once.
#[derive(Clone)]
pub struct Batch<'a> {
    /// The cell.
    pub problem: &'a Problem,
    /// States where the runs begin, or go on, one run after another, `problem.dim()` numbers each.
    pub states: Vec<f64>,
    /// Steps that each run has behind it; empty where none has.
    pub taken: Vec<u32>,
    /// Runs of the cell in all. A device chooses by them how many lanes share a run, so that a run gives the same bits
    /// in whatever batch it is.
    pub of: u64,
    /// Whether the weights at the end are wanted, not only why and when each run stopped.
    pub keep_states: bool,
}

impl std::fmt::Debug for Batch<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "batch of {} runs", self.runs())
    }
}

impl Batch<'_> {
    /// Number of runs.
    pub fn runs(&self) -> usize {
        self.states.len() / self.problem.dim()
    }

    /// Lengthens what is too short for a format in states where runs begin.
    pub fn lengthen(&mut self, precision: Precision) {
        let (dim, origin) = (self.problem.dim(), self.problem.layout().origin);
        if self.taken.is_empty() {
            origin.lengthen(precision, &mut self.states, dim);
        }
        for (state, _) in self.states.chunks_exact_mut(dim).zip(&self.taken).filter(|(_, taken)| **taken == 0) {
            origin.lengthen(precision, state, dim);
        }
    }

    /// How far each run has come.
    pub fn under_way(&self) -> Vec<Stop> {
        match self.taken.is_empty() {
            true => vec![Stop::START; self.runs()],
            false => self.taken.iter().map(|steps| Stop::under_way(*steps)).collect(),
        }
    }
}

/// Why a backend could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum BackendError {
    /// There is no adapter, or none that fits.
    #[error("{0}")]
    NoAdapter(String),
    /// The device refused or failed.
    #[error("device {adapter}: {message}")]
    Device {
        /// Name of the adapter.
        adapter: String,
        /// What it said.
        message: String,
    },
    /// The kernel's text was refused: a defect of this program, not of the input.
    #[error("kernel {kernel} is not valid: {message}")]
    Kernel {
        /// Which kernel.
        kernel: String,
        /// What the compiler said.
        message: String,
    },
    /// The cell does not fit the backend.
    #[error(transparent)]
    Unfit(#[from] Invalid),
    /// The user asked to stop.
    #[error("stopped before the batch was finished")]
    Cancelled,
}

/// Something that advances runs to their ends.
pub trait Backend: Send + Sync {
    /// Name in specs and tables: `cpu` or `gpu`.
    fn name(&self) -> &'static str;
    /// What computes: the adapter with its driver, or the number of threads.
    fn description(&self) -> String;
    /// Format of the arithmetic.
    fn precision(&self) -> Precision;
    /// Whether it is a GPU imitated by a program.
    fn is_software(&self) -> bool {
        false
    }
    /// Runs that a batch of this cell should hold for the backend to be busy and the memory small.
    fn batch_size(&self, problem: &Problem) -> usize;
    /// Most runs of this cell that the backend can take at once.
    fn largest_batch(&self, problem: &Problem) -> usize;
    /// Batches that should be in flight at once to keep a device busy, each with a thread of its own that waits for it;
    /// 0 where the threads that call the backend compute, and small batches run side by side on them.
    fn in_flight(&self) -> usize;
    /// Bytes that a batch of this many runs keeps on the device, or beside its starts on the host.
    fn batch_bytes(&self, problem: &Problem, runs: usize) -> usize;
    /// Whether the backend can take a cell at all.
    ///
    /// # Errors
    /// Which setting stands in the way.
    fn fits(&self, problem: &Problem) -> Result<(), Invalid>;
    /// Advances every run of the batch to its end, or until `hold` is raised: then those that have not ended are under
    /// way, and go on to the same ends if they are handed to a backend of the same kind again. Whether the cell
    /// [fits](Backend::fits) is asked once per cell, by whoever hands over its batches; the runs of one that does not
    /// mean nothing.
    ///
    /// # Errors
    /// A device failure.
    fn advance(&self, batch: Batch<'_>, hold: &AtomicBool) -> Result<Endpoints, BackendError>;
    /// Advances every run of the batch to its end.
    ///
    /// # Errors
    /// A device failure, or [`BackendError::Cancelled`] once `cancel` is raised.
    fn run(&self, batch: Batch<'_>, cancel: &AtomicBool) -> Result<Endpoints, BackendError> {
        let ends = self.advance(batch, cancel)?;
        if ends.stops.iter().all(Stop::has_ended) { Ok(ends) } else { Err(BackendError::Cancelled) }
    }
    /// Time for which kernels have run in all batches so far, by the device's own clock; `None` where the backend has
    /// none, or was not asked to look at it when it was opened.
    fn busy(&self) -> Option<Duration> {
        None
    }
}

/// Refuses a cell whose constants overflow, or vanish, in the format of the arithmetic: its runs would mean nothing.
fn check_range(program: &DeviceProgram, precision: Precision) -> Result<(), Invalid> {
    let is_lost = |x: f64| !precision.rounded(x).is_finite() || (x != 0.0 && precision.rounded(x) == 0.0);
    match program.constants.iter().find(|(_, x)| is_lost(*x)) {
        None => Ok(()),
        Some((name, value)) => Err(Invalid {
            key: "params".into(),
            value: String::new(),
            problem: format!("make the constant {name} {value:.2e}, out of the range of {}", precision.name()),
            remedy: match precision {
                Precision::F32 => "choose parameters nearer to 1, or --precision f64".into(),
                Precision::F64 => "choose parameters nearer to 1".into(),
            },
        }),
    }
}
