//! The GPU backend's own machinery: clock, lanes, segments, batches in flight, several devices.

use crate::conformance::parity::{compare_steps, compare_values};
use crate::support::{cells, for_all_cells, gpu_with, problem, run, seed, settings, settings_of, starts};
use spurious::descent::backend::cpu::Cpu;
use spurious::descent::backend::gpu::clock::Busy;
use spurious::descent::backend::gpu::device::{self, AdapterReport, Wanted};
use spurious::descent::backend::gpu::flight::Pace;
use spurious::descent::backend::gpu::lanes::{
    Device, FEWEST_LANES, LANES_TO_FILL, SOFTWARE_SOLO_NUMBERS, SOLO_NUMBERS, lanes,
};
use spurious::descent::backend::gpu::unroll::unroll;
use spurious::descent::backend::gpu::{Gpu, Options};
use spurious::descent::backend::several::Several;
use spurious::descent::backend::{Backend, BackendError};
use spurious::experiment::run::{self, Details};
use spurious::experiment::{Plan, Record, Spec};
use spurious::numerics::real::Precision::{F32, F64};
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

trials![
    lanes_follow_state_and_runs,
    loops_over_components_are_written_out,
    submissions_follow_their_time,
    overlapping_intervals_count_once,
    gpu(several_devices_give_the_same_result),
    gpu(unchecked_kernels_are_right),
    gpu(all_adapters_are_opened),
    gpu(a_refused_sink_ends_the_stream),
    gpu(kernels_are_timed_when_asked),
];

/// A lane a run where there are runs enough to fill the device, else several; larger states have several always.
fn lanes_follow_state_and_runs() {
    let hardware = Device { hardware: true, subgroup: 32 };
    let software = Device { hardware: false, subgroup: 8 };
    let full = problem("cnn", "full", &[], &settings()).program(F32);
    for (dim, runs, expected) in [
        (100, 1 << 20, 1),
        (100, LANES_TO_FILL, 1),
        (100, LANES_TO_FILL - 1, 2),
        (100, 5_000, 8),
        (100, 1, 32),
        (7, 1, 8),
        (SOLO_NUMBERS, u64::MAX, 1),
        (SOLO_NUMBERS + 1, u64::MAX, 8),
        (201, 1_000, 32),
        (2_000, u64::MAX, 64),
    ] {
        assert_eq!(lanes(&full, dim, runs, hardware), expected, "{dim} numbers, {runs} runs");
    }
    assert_eq!(lanes(&full, SOFTWARE_SOLO_NUMBERS, 1, software), 1);
    assert_eq!(lanes(&full, SOFTWARE_SOLO_NUMBERS + 1, u64::MAX, software), FEWEST_LANES);
    let reduced = problem("cnn", "reduced", &[], &settings()).program(F32);
    assert_eq!(lanes(&reduced, 4, 1, hardware), 1, "lanes cannot share it");
    let memory = problem("relu_sum", "full", &[], &settings_of("relu_sum")).program(F32);
    for (dim, runs, expected) in [
        (36, u64::MAX, 8),
        (129, u64::MAX, 16),
        (400, u64::MAX, 32),
        (2_000, u64::MAX, 32),
        (36, 1, 32),
        (36, 3_000, 16),
    ] {
        assert_eq!(lanes(&memory, dim, runs, hardware), expected, "{dim} numbers in memory, {runs} runs");
    }
    assert_eq!(lanes(&memory, 400, 1, Device { hardware: false, subgroup: 4 }), FEWEST_LANES);
}

fn loops_over_components_are_written_out() {
    let text = "\
fn f() {
    for (var j = 0u; j < PER_LANE; j++) {
        let jj = lane + j * LANES;
        x[j] = jj;
    }
    for (var i = 0u; i < PER_LANE; i++) {
        for (var k = 0u; k < 3u; k++) {
            y[i] += k;
        }
    }
}
";
    let expected = "\
fn f() {
    {
        let jj = lane + 0u * LANES;
        x[0u] = jj;
    }
    {
        let jj = lane + 1u * LANES;
        x[1u] = jj;
    }
    for (var i = 0u; i < PER_LANE; i++) {
        for (var k = 0u; k < 3u; k++) {
            y[i] += k;
        }
    }
}
";
    assert_eq!(unroll(text, 2), expected);
}

fn submissions_follow_their_time() {
    let mut pace = Pace::new((16, 1024));
    assert_eq!((pace.segments, pace.longest), (1, 64));
    (0..20).for_each(|_| pace.follow(Duration::from_millis(1)));
    assert_eq!((pace.segments, pace.longest), (16, 1024));
    pace.follow(Duration::from_millis(60));
    assert_eq!((pace.segments, pace.longest), (16, 1024));
    (0..20).for_each(|_| pace.follow(Duration::from_secs(1)));
    assert_eq!((pace.segments, pace.longest), (1, 16));
    // A length that is asked for is kept.
    let mut fixed = Pace::new((100, 100));
    (0..20).for_each(|_| fixed.follow(Duration::from_millis(1)));
    assert_eq!(fixed.longest, 100);
}

fn overlapping_intervals_count_once() {
    let mut busy = Busy::default();
    for (begin, end) in [(10, 20), (15, 30), (16, 18), (40, 41)] {
        busy.add(begin, end);
    }
    assert_eq!(busy.time(2.0), Duration::from_nanos(42));
}

fn kernels_are_timed_when_asked() {
    let set = cells("cnn")[0];
    let problem = problem("cnn", "full", set, &settings());
    let from = starts("cnn", set, &problem, seed(), 500);
    let timed = gpu_with(Options { timing: true, ..Options::default() });
    if !timed.adapter().timestamps {
        assert_eq!(timed.busy(), None);
        return;
    }
    assert_eq!(timed.busy(), Some(Duration::ZERO));
    let began = Instant::now();
    run(&timed, &problem, &from);
    let once = timed.busy().unwrap();
    run(&timed, &problem, &from);
    let twice = timed.busy().unwrap();
    assert!(Duration::ZERO < once && once < twice && twice < began.elapsed(), "{once:?}, {twice:?}");
    let silent = gpu_with(Options::default());
    run(&silent, &problem, &from);
    assert_eq!((silent.busy(), Cpu::new(F64).busy()), (None, None));
}

/// Two cells in small batches, run by run.
fn stream(backend: &dyn Backend, runs: u64) -> (Plan, Vec<Record>) {
    let text = format!(
        "model = {{ name = 'cnn', form = 'full' }}\nparams = {{ ratio = [1, 4] }}\nruns = {{ per_cell = {runs} }}\n\
         descent = {{ max_steps = 2000 }}"
    );
    let plan = Plan::new(&Spec::parse(&text, "stream", &[]).unwrap()).unwrap();
    let mut all = Vec::new();
    let details = Details { runs: true, endpoints: true, ..Details::default() };
    let sink = |wave: Vec<Record>| {
        all.extend(wave);
        Ok::<(), BackendError>(())
    };
    run::execute(&plan, backend, 137, &run::everything(&plan), details, &AtomicBool::new(false), sink).unwrap();
    (plan, all)
}

/// In order, each run once, and bit for bit what one device gives, whichever device a batch went to.
fn several_devices_give_the_same_result() {
    let one = gpu_with(Options::default());
    let two = Several::new(gpu_with(Options::default()), vec![gpu_with(Options::default())]);
    assert_eq!(two.in_flight(), 2 * one.in_flight());
    assert_eq!(two.description(), format!("{} + {}", one.description(), one.description()));
    assert_eq!(two.busy(), None);
    let (plan, expected) = stream(&one, 1_000);
    let (_, found) = stream(&two, 1_000);
    let ranges = |all: &[Record]| all.iter().map(|f| (f.cell, f.runs.clone())).collect::<Vec<_>>();
    let batches = |cell: usize| (0..1_000).step_by(137).map(move |first| (cell, first..1_000.min(first + 137)));
    assert_eq!(ranges(&expected), (0..plan.cells.len()).flat_map(batches).collect::<Vec<_>>());
    assert_eq!(ranges(&expected), ranges(&found));
    for (a, b) in expected.iter().zip(&found) {
        assert_eq!(format!("{:?}", a.ends), format!("{:?}", b.ends), "cell {}, runs {:?}", a.cell, a.runs);
        assert_eq!(a.states, b.states, "cell {}, runs {:?}", a.cell, a.runs);
    }
}

/// Kernels without the compiler's checks, as hardware has them, are held to what those with them are: of the lanes that
/// are chosen, and of lanes that share a run. (They are not the same to the last bit: a loop without a counter is
/// unrolled and its sums are reordered.)
fn unchecked_kernels_are_right() {
    for lanes in [0, 8] {
        let gpu = gpu_with(Options { checks: Some(false), lanes, ..Options::default() });
        for_all_cells(|what, model, form, set| {
            let problem = problem(model.name(), form, set, &settings_of(model.name()));
            if lanes > 0 && !problem.program(F32).shareable {
                return;
            }
            let cell = (model.name(), form, set);
            compare_values(what, &gpu, &problem, cell, 100).unwrap_or_else(|e| panic!("{e}"));
            compare_steps(what, &gpu, cell, 100).unwrap_or_else(|e| panic!("{e}"));
        });
    }
}

fn all_adapters_are_opened() {
    let all = Options { adapter: Wanted { name: "all".into(), software: true }, ..Options::default() };
    let opened = Gpu::open_all(&all).unwrap();
    let listed = device::list();
    let hardware = listed.iter().any(AdapterReport::is_hardware);
    assert!(opened.iter().all(|gpu| gpu.adapter().is_hardware() == hardware));
    assert!(!opened.is_empty() && opened.len() <= listed.len());
    let compute = |sets: &str| Spec::parse(sets, "all", &[]).unwrap().compute;
    let backend = run::backend(&compute("compute = { adapter = 'all' }")).unwrap();
    let names: Vec<String> = opened.iter().map(Backend::description).collect();
    assert_eq!((backend.name(), backend.description()), ("gpu", names.join(" + ")));
}

/// What was handed over before stays; nothing hangs.
fn a_refused_sink_ends_the_stream() {
    let gpu = gpu_with(Options::default());
    let plan = Plan::new(&Spec::parse("runs = { per_cell = 500 }", "stream", &[]).unwrap()).unwrap();
    let mut taken = 0;
    let sink = |wave: Vec<Record>| {
        taken += wave.len();
        if taken == 3 { Err(BackendError::Cancelled) } else { Ok(()) }
    };
    let todo = run::everything(&plan);
    let ended = run::execute(&plan, &gpu, 50, &todo, Details::default(), &AtomicBool::new(false), sink);
    assert!(matches!(ended, Err(BackendError::Cancelled)));
    assert_eq!(taken, 3);
    let cancelled = run::execute(&plan, &gpu, 50, &todo, Details::default(), &AtomicBool::new(true), |_| {
        panic!("a batch of a cancelled experiment is handed over")
    });
    assert!(matches!(cancelled, Err::<(), BackendError>(BackendError::Cancelled)));
}
