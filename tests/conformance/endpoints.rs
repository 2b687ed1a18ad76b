//! Rung 4: endpoints, run by run. Devices and formats find the same outcomes; tiles, threads, batches and segments
//! change nothing at all.

use super::parity::lanes as lanes_of;
use crate::support::subject::Subject;
use crate::support::{distance, gpu, gpu_with, largest, run, seed, settings};
use spurious::descent::backend::cpu::Cpu;
use spurious::descent::backend::gpu::Options;
use spurious::descent::backend::gpu::shader::MAX_GROUPS;
use spurious::descent::backend::{Backend, BackendError, Batch};
use spurious::landscape::{Endpoints, Outcome, Problem, Settings, Stop};
use spurious::numerics::real::Precision::{F32, F64};
use std::sync::atomic::AtomicBool;

fn assert_identical(what: &str, a: &Endpoints, b: &Endpoints) {
    assert_eq!(a.stops, b.stops, "{what}");
    let bits = |ends: &Endpoints| ends.states.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
    assert!(bits(a) == bits(b), "{what}: states differ");
    assert!(!a.states.is_empty());
}

/// Endpoints of the same runs in batches of these sizes, the last one repeated.
fn in_batches(backend: &dyn Backend, problem: &Problem, starts: &[f64], sizes: &[usize]) -> Endpoints {
    let mut all = Endpoints { stops: Vec::new(), states: Vec::new() };
    let (mut rest, mut index) = (starts, 0);
    while !rest.is_empty() {
        let size = (sizes[index.min(sizes.len() - 1)] * problem.dim()).min(rest.len());
        let ends = run(backend, problem, &rest[..size]);
        all.stops.extend(ends.stops);
        all.states.extend(ends.states);
        rest = &rest[size..];
        index += 1;
    }
    all
}

/// Vectors of runs, threads and batches change nothing at all.
pub(crate) fn tiles_threads_and_batches_change_nothing(subject: &Subject) {
    subject.for_cells(|what, set| {
        let problem = subject.problem(set, &Settings { max_steps: 2_000, ..subject.settings() });
        // No multiple of a tile, so that lanes run empty.
        let from = subject.starts(set, &problem, 1_003);
        for precision in [F32, F64] {
            let what = format!("{what} in {precision:?}");
            let tiles = Cpu::new(precision);
            let expected = run(&tiles, &problem, &from);
            assert_identical(
                &format!("{what}, one by one"),
                &expected,
                &run(&Cpu::one_by_one(precision), &problem, &from),
            );
            for threads in [1, 3] {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                let found = pool.install(|| run(&tiles, &problem, &from));
                assert_identical(&format!("{what}, {threads} threads"), &expected, &found);
            }
            for sizes in [&[1, 2, 3, 17, 400][..], &[1_000], &[7]] {
                let found = in_batches(&tiles, &problem, &from, sizes);
                assert_identical(&format!("{what}, batches of {sizes:?}"), &expected, &found);
            }
        }
    });
}

/// Endpoints of runs that are held so many times on their way, as soon as the backend looks at the wish, and handed
/// back to it.
fn with_pauses(backend: &dyn Backend, problem: &Problem, starts: &[f64], pauses: usize) -> (Endpoints, usize) {
    let batch = |states, taken| Batch { problem, states, taken, of: 1, keep_states: true };
    let (mut open, mut taken): (Vec<usize>, Vec<u32>) = ((0..starts.len() / problem.dim()).collect(), Vec::new());
    let mut all = Endpoints { stops: vec![Stop::START; open.len()], states: starts.to_vec() };
    let mut held = 0;
    for pause in 0.. {
        let dim = problem.dim();
        let states = open.iter().flat_map(|run| &all.states[run * dim..][..dim]).copied().collect();
        let ends = backend.advance(batch(states, taken), &AtomicBool::new(pause < pauses)).unwrap();
        for ((run, stop), state) in open.iter().zip(&ends.stops).zip(ends.states.chunks_exact(dim)) {
            assert!(stop.steps >= all.stops[*run].steps, "no step is taken back");
            all.stops[*run] = *stop;
            all.states[run * dim..][..dim].copy_from_slice(state);
        }
        open.retain(|run| !all.stops[*run].has_ended());
        // Those that have come far stand behind those that have not.
        open.reverse();
        if open.is_empty() {
            break;
        }
        held += open.len();
        taken = open.iter().map(|run| all.stops[*run].steps).collect();
    }
    (all, held)
}

/// Runs that are held after each of their first steps and go on, in other lanes and beside other runs, end where those
/// end that were left alone, to the last bit.
pub(crate) fn held_runs_go_on(subject: &Subject) {
    // Some to their ends, and many more than a tile holds to the end of their budget.
    for (max_steps, runs) in [(500, 67), (47, 300)] {
        let problem = subject.problem(&[], &Settings { max_steps, ..subject.settings() });
        let from = subject.starts(&[], &problem, runs);
        for precision in [F32, F64] {
            let expected = run(&Cpu::new(precision), &problem, &from);
            for (name, cpu) in [("tiles", Cpu::new(precision)), ("one by one", Cpu::one_by_one(precision))] {
                let (found, held) = with_pauses(&cpu, &problem, &from, 30);
                let what = format!("{} in {precision:?}, {name}", subject.what(&[]));
                assert!(held >= runs, "{what}: {held} times under way");
                assert_identical(&what, &expected, &found);
            }
        }
    }
}

/// The same on a device, which is given runs of one age, and then runs of two.
pub(crate) fn held_runs_go_on_on_a_device(subject: &Subject) {
    let problem = subject.problem(&[], &Settings { max_steps: 200, ..subject.settings() });
    let lanes = lanes_of(&problem)[0];
    let device = gpu_with(Options { precision: F32, lanes, segment: 3, ..Options::default() });
    let dim = problem.dim();
    let from = subject.starts(&[], &problem, 12);
    let expected = run(&device, &problem, &from);
    let (found, held) = with_pauses(&device, &problem, &from, 4);
    let what = subject.what(&[]);
    assert!(held > 0, "{what}: {held} times under way");
    assert_identical(&what, &expected, &found);
    // Half of them are held once, and then go on beside those that begin.
    let half = 6 * dim;
    let batch = |states, taken| Batch { problem: &problem, states, taken, of: 1, keep_states: true };
    let young = device.advance(batch(from[..half].to_vec(), Vec::new()), &AtomicBool::new(true)).unwrap();
    if young.stops.iter().any(Stop::has_ended) {
        return;
    }
    let taken = young.stops.iter().map(|stop| stop.steps).chain([0; 6]).collect();
    let both = device.advance(batch([&young.states, &from[half..]].concat(), taken), &AtomicBool::new(false)).unwrap();
    assert_identical(&format!("{what}, two ages"), &expected, &both);
}

/// One device gives one run the same bits, whatever it shares a workgroup, a segment or a batch with.
pub(crate) fn segments_change_nothing(subject: &Subject) {
    let problem = subject.problem(&[], &subject.settings());
    for lanes in [1, 8] {
        if !lanes_of(&problem).contains(&lanes) {
            continue;
        }
        let with = |segment| gpu_with(Options { precision: F32, lanes, segment, ..Options::default() });
        let usual = with(100);
        // Software adapters take a while for states that a kernel works on in memory.
        let count = if problem.program(F32).memory.is_empty() { 500 } else { 40 };
        let from = subject.starts(&[], &problem, count);
        let expected = run(&usual, &problem, &from);
        let what = format!("{} lanes={lanes}", subject.what(&[]));
        for segment in [1, 10, 1000] {
            let batch = Batch { problem: &problem, states: from.clone(), taken: Vec::new(), of: 1, keep_states: true };
            match with(segment).run(batch, &AtomicBool::new(false)) {
                Ok(found) => assert_identical(&format!("{what}, segments of {segment}"), &expected, &found),
                // A driver that bounds loops must not give wrong results instead.
                Err(e) => assert!(segment == 1000 && e.to_string().contains("compute.segment"), "{what}: {e}"),
            }
        }
        for sizes in [&[1, 63, 65, 200][..], &[97]] {
            let found = in_batches(&usual, &problem, &from, sizes);
            assert_identical(&format!("{what}, batches of {sizes:?}"), &expected, &found);
        }
    }
}

/// More workgroups than one dimension of a dispatch holds, in the first segment and in those that the device sizes
/// itself: every run is still advanced, once a step.
pub(crate) fn two_dimensions_are_filled(subject: &Subject) {
    let settings = Settings { max_steps: 2, verdicts: false, tolerance: 1e-12, ..settings() };
    let problem = subject.problem(&[], &settings);
    if !subject.is_first() || !lanes_of(&problem).contains(&64) {
        return;
    }
    let gpu = gpu_with(Options { precision: F32, lanes: 64, segment: 1, ..Options::default() });
    let runs = MAX_GROUPS as usize + 100;
    assert_eq!(gpu.shape(&problem, 1).unwrap().runs_per_workgroup(), 1);
    let from = subject.starts(&[], &problem, runs);
    let (expected, found) = (run(&Cpu::new(F32), &problem, &from), run(&gpu, &problem, &from));
    assert_eq!(expected.stops, found.stops, "{}", subject.what(&[]));
    // Two steps: a handful of f32 roundings of states of their size.
    let off = distance(&expected.states, &found.states);
    let size = largest(&from).max(1.0);
    assert!(off < 1e-5 * size, "{}: {off:e} of {size:e}", subject.what(&[]));
}

/// Runs that may differ between formats or devices: those that pass within rounding of the boundary between the basins.
const BOUNDARY: usize = 2;

pub(crate) fn devices_find_the_same(subject: &Subject) {
    compare_decisions(subject, &gpu(F32, 1));
}

/// Where a device and both formats of the CPU decide the same run, they decide alike.
pub(crate) fn compare_decisions(subject: &Subject, device: &dyn Backend) {
    let problem = subject.problem(&[], &Settings { max_steps: 1_000, ..subject.settings() });
    let from = subject.starts(&[], &problem, 100);
    let found = run(device, &problem, &from);
    for precision in [F32, F64] {
        let expected = run(&Cpu::new(precision), &problem, &from);
        let decided = |outcome: Outcome| outcome != Outcome::Undecided;
        let pairs = expected.stops.iter().zip(&found.stops).map(|(a, b)| (a.outcome(), b.outcome()));
        let differing: Vec<_> = pairs.enumerate().filter(|(_, (a, b))| decided(*a) && decided(*b) && a != b).collect();
        let what = subject.what(&[]);
        assert!(differing.len() <= BOUNDARY, "{what} against {precision:?}, seed {}: runs {differing:?}", seed());
    }
}

/// A batch that is called off says so, and does not go on.
pub(crate) fn a_cancelled_batch_says_so(subject: &Subject) {
    let cancel = AtomicBool::new(true);
    // Nothing stops these runs early, so that the cancellation is seen.
    let endless = Settings { max_steps: u32::MAX, tolerance: 1e-300, verdicts: false, ..settings() };
    let problem = subject.problem(&[], &endless);
    let starts = subject.starts(&[], &problem, 10);
    let batch = Batch { problem: &problem, states: starts, taken: Vec::new(), of: 1, keep_states: false };
    let error = Cpu::new(F64).run(batch, &cancel).unwrap_err();
    assert!(matches!(error, BackendError::Cancelled), "{error}");
}
