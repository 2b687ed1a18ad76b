//! Rates of the pieces: gradients and steps of one thread; run-steps by model, form, backend and precision; seeding;
//! refinement of endpoints; proofs; intervals. What all of it makes together, beside the limit of the machine, says
//! `spurious bench`.
//!
//! `cargo bench` prints a table with rates (Melem/s are millions of gradients, run-steps, starts, endpoints or
//! intervals a second). GPU rows appear where there is an adapter, which is named in the row. `cargo bench -- WORD`
//! measures the rows whose name holds the word. To compare a change with what was before it, on one machine and with
//! nothing else running:
//!
//! ```text
//! cargo bench -- --save-baseline before     # on the old commit; kept in target/criterion
//! cargo bench -- --baseline before          # on the new one: rows say by how much they differ, and if that is noise
//! ```

#![allow(missing_docs, clippy::unwrap_used)]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use spurious::descent::backend::cpu::Cpu;
use spurious::descent::backend::gpu::device::Wanted;
use spurious::descent::backend::gpu::{Gpu, Options};
use spurious::descent::backend::{Backend, Batch};
use spurious::experiment::{Cell, Plan, Spec};
use spurious::judge::classify::Classifier;
use spurious::landscape::{Queue, Stop, Work};
use spurious::models::MODELS;
use spurious::numerics::{Method, Precision};
use std::hint::black_box;
use std::sync::atomic::AtomicBool;

/// Runs of the smallest states; fewer of larger ones.
const RUNS: u64 = 4096;
const STEPS: u32 = 500;
/// Runs of a chunk: as many as there are at least of any cell.
const CHUNK: usize = 64;

/// A cell without verdicts, so that every run takes every step.
fn cell(model: &str, form: &str, params: &str) -> Cell {
    let text = format!(
        "model = {{ name = '{model}', form = '{form}' }}\nparams = {{ {params} }}\n\
         descent = {{ verdicts = false, tolerance = 1e-12, max_steps = {STEPS} }}"
    );
    Plan::new(&Spec::parse(&text, "bench", &[]).unwrap()).unwrap().cells.remove(0)
}

fn runs(cell: &Cell) -> u64 {
    (4 * RUNS / cell.problem.dim() as u64).clamp(64, RUNS)
}

fn starts(cell: &Cell) -> Vec<f64> {
    let dim = cell.problem.dim();
    let mut all = vec![0.0; runs(cell) as usize * dim];
    cell.problem.starts(cell.seed, 0, dim, &mut all);
    all
}

fn backends() -> Vec<(String, Box<dyn Backend>)> {
    let mut all: Vec<(String, Box<dyn Backend>)> = Vec::new();
    for precision in [Precision::F64, Precision::F32] {
        all.push((format!("cpu {}", precision.name()), Box::new(Cpu::new(precision))));
        for checks in [true, false] {
            let adapter = Wanted { name: String::new(), software: true };
            if let Ok(gpu) = Gpu::open(Options { adapter, precision, checks: Some(checks), ..Options::default() }) {
                let compiled = if checks { "" } else { ", unchecked" };
                all.push((format!("{} {}{compiled}", gpu.adapter().name, precision.name()), Box::new(gpu)));
            }
        }
    }
    all
}

fn descent(c: &mut Criterion) {
    let mut group = c.benchmark_group("descent");
    group.sample_size(10);
    let backends = backends();
    for model in MODELS {
        for (form, _) in model.forms() {
            let cell = cell(model.name(), form, "");
            let starts = starts(&cell);
            group.throughput(Throughput::Elements(runs(&cell) * u64::from(STEPS)));
            for (name, backend) in &backends {
                group.bench_function(format!("{} {form}, {name}", model.name()), |b| {
                    b.iter(|| {
                        let batch = Batch {
                            problem: &cell.problem,
                            states: starts.clone(),
                            taken: Vec::new(),
                            of: runs(&cell),
                            keep_states: false,
                        };
                        backend.run(batch, &AtomicBool::new(false)).unwrap()
                    });
                });
            }
        }
    }
}

/// Loss, gradient and class of one point, one after another.
fn gradient(c: &mut Criterion) {
    let mut group = c.benchmark_group("gradient, one thread");
    group.throughput(Throughput::Elements(1));
    for model in MODELS {
        for (form, _) in model.forms() {
            let cell = cell(model.name(), form, "");
            let all = starts(&cell);
            let state = &all[..cell.problem.dim()];
            for precision in [Precision::F64, Precision::F32] {
                group.bench_function(format!("{} {form}, {}", model.name(), precision.name()), |b| {
                    b.iter(|| cell.problem.evaluate(precision, black_box(state)));
                });
            }
        }
    }
}

/// The inner loop without a backend: a chunk of runs, in vectors and one at a time.
fn step(c: &mut Criterion) {
    let mut group = c.benchmark_group("step, one thread");
    group.sample_size(10);
    for model in MODELS {
        for (form, _) in model.forms() {
            let cell = cell(model.name(), form, "");
            let starts = &starts(&cell)[..CHUNK * cell.problem.dim()];
            group.throughput(Throughput::Elements(CHUNK as u64 * u64::from(STEPS)));
            for precision in [Precision::F64, Precision::F32] {
                for (one_by_one, how) in [(false, "vectors"), (true, "one by one")] {
                    group.bench_function(format!("{} {form}, {}, {how}", model.name(), precision.name()), |b| {
                        b.iter(|| {
                            let mut states = starts.to_vec();
                            let mut stops = vec![Stop::START; CHUNK];
                            let cancel = AtomicBool::new(false);
                            let queue = Queue::new(&mut states, &mut stops, cell.problem.dim(), CHUNK, CHUNK);
                            cell.problem.descend(Work {
                                queue: &queue,
                                precision,
                                one_by_one,
                                budget: None,
                                hold: &cancel,
                            })
                        });
                    });
                }
            }
        }
    }
}

fn seeding(c: &mut Criterion) {
    let mut group = c.benchmark_group("seeding, one thread");
    for (model, form, params) in [
        ("cnn", "reduced", ""),
        ("cnn", "reduced", "start_filter = 'gaussian', filter_size = 20"),
        ("cnn", "reduced", "start_reduced = 'projected'"),
        ("cnn", "full", ""),
        ("cnn", "full", "filter_size = 10, patches = 100"),
        ("relu_sum", "full", ""),
        ("relu_sum", "full", "teachers = 10, neurons = 11"),
    ] {
        let cell = cell(model, form, params);
        let problem = &cell.problem;
        let mut widths = vec![problem.dim(), problem.start_dim()];
        widths.dedup();
        for width in widths {
            let mut starts = vec![0.0; RUNS as usize * width];
            group.throughput(Throughput::Elements(RUNS));
            group.bench_function(format!("{model} {form}, {width} numbers {params}").trim_end(), |b| {
                b.iter(|| problem.starts(cell.seed, 0, width, black_box(&mut starts)));
            });
        }
    }
}

fn interval(c: &mut Criterion) {
    let mut group = c.benchmark_group("interval");
    group.throughput(Throughput::Elements(1));
    for method in Method::ALL {
        group.bench_function(method.name(), |b| {
            b.iter(|| method.interval(black_box(3), black_box(10_000_000), black_box(0.95)));
        });
    }
}

/// Endpoints of `relu_sum` judged one by one: known ones recognised, unknown ones refined.
fn refinement(c: &mut Criterion) {
    let mut group = c.benchmark_group("refinement, one thread");
    group.sample_size(10).throughput(Throughput::Elements(1));
    for teachers in [6, 10, 20] {
        let text = format!("model = {{ name = 'relu_sum' }}\nparams = {{ teachers = {teachers} }}");
        let cell = Plan::new(&Spec::parse(&text, "bench", &[]).unwrap()).unwrap().cells.remove(0);
        let problem = &cell.problem;
        for precision in [Precision::F64, Precision::F32] {
            let batch =
                Batch { problem, states: problem.start(cell.seed, 0), taken: Vec::new(), of: 1, keep_states: true };
            let ends = Cpu::new(precision).run(batch, &AtomicBool::new(false)).unwrap();
            let name = format!("{} weights, {}", problem.dim(), precision.name());
            let classifier = Classifier::new(problem);
            group.bench_function(format!("{name}, known"), |b| {
                b.iter(|| classifier.classify(problem, &ends.states, &ends.stops[0]));
            });
            group.bench_function(format!("{name}, unknown"), |b| {
                b.iter(|| Classifier::new(problem).classify(problem, &ends.states, &ends.stops[0]));
            });
        }
    }
}

/// Proofs of the minimum with one neuron turned round, for n = k: 36, 100 and 400 weights.
fn proof(c: &mut Criterion) {
    let mut group = c.benchmark_group("proof, one thread");
    group.sample_size(10).throughput(Throughput::Elements(1));
    for k in [6, 10, 20] {
        let subject = cell("relu_sum", "full", &format!("teachers = {k}")).problem.proofs().unwrap().provable();
        let (_, point) = subject.known().into_iter().find(|(name, _)| name == "II").unwrap();
        group.bench_function(format!("relu_sum, {} weights", k * k), |b| {
            b.iter(|| subject.prove(black_box(&point), None).unwrap());
        });
    }
}

criterion_group!(benches, gradient, step, descent, seeding, refinement, proof, interval);
criterion_main!(benches);
