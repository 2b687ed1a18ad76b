//! How much memory an experiment takes, counted from what is held at once.

use spurious::descent::backend::Backend;
use spurious::experiment::record::End;
use spurious::experiment::run::{self, Details};
use spurious::experiment::{Cell, Plan, Record, Spec};
use spurious::judge::classify::{Classifier, Found};
use spurious::landscape::{Outcome, Stop};

/// What the program takes before it computes anything: code and libraries.
const PROGRAM: usize = 12 << 20;
/// Most cells that are looked at: those of a larger grid are much alike.
const LOOKED_AT: usize = 1 << 10;

/// Runs in a batch, the most of all cells.
pub(super) fn batch(spec: &Spec, plan: &Plan, backend: &dyn Backend) -> usize {
    some(plan).map(|cell| batch_of(spec, &cell.lent(), backend)).max().unwrap_or(0)
}

fn batch_of(spec: &Spec, cell: &Cell, backend: &dyn Backend) -> usize {
    let most = usize::try_from(cell.runs).unwrap_or(usize::MAX);
    run::batch_runs(backend, &cell.problem, spec.compute.batch).min(most)
}

/// Bytes that the experiment takes at its largest.
pub(super) fn bytes(spec: &Spec, plan: &Plan, backend: &dyn Backend) -> usize {
    let work = match backend.in_flight() {
        0 => in_waves(spec, plan, backend),
        in_flight => some(plan).map(|cell| in_the_air(spec, &cell.lent(), backend, in_flight)).max().unwrap_or(0),
    };
    let judging = |cell: &Cell| Classifier::bytes(&cell.lent().problem, rayon::current_num_threads());
    let judging = some(plan).map(judging).max().unwrap_or(0);
    [plan.cells.len().saturating_mul(CELL), work, judging].into_iter().fold(PROGRAM, usize::saturating_add)
}

/// Bytes that a cell takes until the end: itself, its record, and what points at them. Tables are written row by row.
const CELL: usize = size_of::<Cell>() + size_of::<Record>() + BESIDE;
/// Bytes beside a cell and its record: its values, its key, and the place of the record among the parts.
const BESIDE: usize = 512;
/// Bytes of a batch beside its runs: the landscape of its cell, and lists.
const BATCH: usize = 4 << 10;

/// How far apart the cells are that are looked at.
fn stride(plan: &Plan) -> usize {
    plan.cells.len().div_ceil(LOOKED_AT).max(1)
}

/// Cells from all over the grid.
fn some(plan: &Plan) -> impl Iterator<Item = &Cell> {
    plan.cells.iter().step_by(stride(plan))
}

/// Bytes of runs: while they are seeded, while they descend and while their ends are judged.
#[derive(Clone, Copy, Default)]
struct Held {
    seeded: usize,
    descending: usize,
    judged: usize,
}

impl Held {
    /// Those of one run.
    fn of_run(spec: &Spec, cell: &Cell) -> Self {
        let (problem, details) = (&cell.problem, Details::of(&spec.output));
        let kept = details.runs || details.endpoints;
        let numbers = size_of::<f64>() * (problem.dim() + if kept { problem.start_dim() } else { 0 });
        let looked_at = Classifier::new(problem).needs_states();
        let ended = if kept || looked_at { numbers } else { 0 };
        // What each endpoint says, and what is handed on of it; of the others there is nothing to say but the outcome.
        let found = size_of::<Outcome>() + if looked_at { 2 * size_of::<Found>() } else { 0 };
        let end = found + if details.runs { size_of::<End>() } else { 0 };
        let stop = size_of::<Stop>();
        Held { seeded: numbers, descending: numbers + stop, judged: ended + stop + end }
    }

    /// Those of a batch more.
    fn add_batch(&mut self, runs: usize, each: Held) {
        self.add(runs, each);
        self.add(1, Held { seeded: BATCH, descending: BATCH, judged: BATCH });
    }

    /// Those of some runs more.
    fn add(&mut self, runs: usize, each: Held) {
        let add = |sum: &mut usize, each: usize| *sum = sum.saturating_add(runs.saturating_mul(each));
        add(&mut self.seeded, each.seeded);
        add(&mut self.descending, each.descending);
        add(&mut self.judged, each.judged);
    }
}

/// On the CPU one wave of batches advances while the next is seeded and the one before is judged. A wave holds about as
/// many numbers as a batch that the backend likes.
fn in_waves(spec: &Spec, plan: &Plan, backend: &dyn Backend) -> usize {
    let mut waves: Vec<Held> = Vec::new();
    let (mut room, mut taken, mut batches) = (0, 0, 0);
    let stride = stride(plan);
    for cell in some(plan) {
        let cell = cell.lent();
        let (dim, liked) = (cell.problem.dim(), backend.batch_size(&cell.problem));
        let size = batch_of(spec, &cell, backend).max(1);
        // Those that are not looked at are like those that are. More than some waves of one cell are all alike.
        let runs = usize::try_from(cell.runs).unwrap_or(usize::MAX).saturating_mul(stride);
        let mut left = runs.min(size.saturating_mul(4 * liked.div_ceil(size)));
        let each = Held::of_run(spec, &cell);
        while left > 0 {
            let batch = size.min(left);
            left -= batch;
            if taken >= room || batches == run::MOST_BATCHES {
                (room, taken, batches) = (dim * liked, 0, 0);
                waves.push(Held::default());
            }
            taken = taken.saturating_add(dim * batch);
            batches += 1;
            waves.iter_mut().last().into_iter().for_each(|wave| wave.add_batch(batch, each));
        }
    }
    let wave = |i: Option<usize>| i.and_then(|i| waves.get(i)).copied().unwrap_or_default();
    let at_once = |i: usize| {
        let others = wave(i.checked_sub(1)).judged.saturating_add(wave(Some(i + 1)).seeded);
        wave(Some(i)).descending.saturating_add(others).max(wave(Some(i)).judged)
    };
    (0..waves.len()).map(at_once).max().unwrap_or(0)
}

/// A device has several batches in flight, one waits for it and one is judged.
fn in_the_air(spec: &Spec, cell: &Cell, backend: &dyn Backend, in_flight: usize) -> usize {
    let batch = batch_of(spec, cell, backend).max(1);
    let on_device = in_flight.saturating_mul(backend.batch_bytes(&cell.problem, batch));
    let Held { seeded, descending, judged } = Held::of_run(spec, cell);
    batch.saturating_mul(in_flight * descending + seeded + judged).saturating_add(on_device)
}
