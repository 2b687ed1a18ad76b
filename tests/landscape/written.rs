//! Landscapes whose loss is a graph.

mod exchanges;
mod kinks;
mod outcomes;
mod starts;

use crate::support::{assert_close, random_point};
use spurious::expression::derivative::hessian;
use spurious::expression::{Graph, Node, Program};
use spurious::landscape::{Block, BlockStart, Goal, Problem, Settings, StepSize, Written};
use spurious::numerics::{CellSeed, Precision};
use std::sync::Arc;
use wgpu::naga::front;
use wgpu::naga::valid::{Capabilities, ValidationFlags, Validator};

trials![
    modules(starts, outcomes, exchanges, kinks),
    the_gradient_is_that_of_differences,
    the_hessian_is_that_of_the_graph,
    formats_and_vectors_agree,
    texts_are_valid,
    large_states_are_refused_by_devices,
    observables_and_theory_are_told,
    a_recording_gives_the_same_numbers,
    what_does_not_fit_is_refused,
];

/// Room for every graph of these tests.
pub(super) const ROOM: usize = 10_000;

pub(super) fn settings() -> Settings {
    Settings { step: StepSize::Auto, max_steps: 200_000, tolerance: 1e-9, verdicts: true }
}

/// A block that is a vector.
pub(super) fn vector(name: &str, columns: usize, start: BlockStart) -> Block {
    Block { name: name.into(), rows: 1, columns, start }
}

/// A landscape without more than a loss, which is made of the components of the state.
pub(super) fn landscape(blocks: Vec<Block>, goal: Goal, loss: impl FnOnce(&mut Graph, &[Node]) -> Node) -> Written {
    let mut graph = Graph::new(ROOM);
    let dim: usize = blocks.iter().map(Block::len).sum();
    let state: Vec<Node> = (0..dim).map(|at| graph.state(at as u32)).collect();
    let loss = loss(&mut graph, &state);
    let empty = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let (symmetries, flat, observables, theory) = empty;
    Written { graph: Arc::new(graph), loss, blocks, goal, step: None, symmetries, flat, observables, theory }
}

/// `Σ (tanh network − teacher)²/2` over five inputs of two numbers: rows of `w`, two numbers each, with output weights
/// `a`. The teacher is `tanh(x₁ + x₂/2) − tanh(x₁/2 − x₂)`.
pub(super) fn network(neurons: usize) -> Written {
    let start = BlockStart::Gaussian(0.7);
    let w = Block { name: "w".into(), rows: neurons, columns: 2, start: start.clone() };
    landscape(vec![w, vector("a", neurons, start)], Goal::Least(0.0), |g, x| {
        let inputs = [[1.0, 0.5], [-0.5, 1.0], [0.25, -1.5], [1.5, 1.0], [-1.0, 0.75]];
        let mut sum = g.constant(0.0);
        for [x0, x1] in inputs {
            let target: f64 = f64::tanh(x0 + 0.5 * x1) - f64::tanh(0.5 * x0 - x1);
            let (x0, x1) = (g.constant(x0), g.constant(x1));
            let mut error = g.constant(-target);
            for neuron in 0..neurons {
                let first = g.mul(x[2 * neuron], x0);
                let total = g.mul_add(x[2 * neuron + 1], x1, first);
                let output = g.function(spurious::expression::Function::Tanh, &[total]);
                error = g.mul_add(output, x[2 * neurons + neuron], error);
            }
            sum = g.mul_add(error, error, sum);
        }
        let half = g.constant(0.5);
        g.mul(half, sum)
    })
}

fn cell(written: Written) -> Problem {
    written.problem(&settings()).unwrap()
}

fn the_gradient_is_that_of_differences() {
    let problem = cell(network(3));
    let mut draws = CellSeed::new(1, "gradient").run(0);
    for _ in 0..20 {
        let point = random_point(&mut draws, 1.0, problem.dim());
        let gradient = problem.evaluate(Precision::F64, &point).gradient;
        for i in 0..point.len() {
            let at = |by: f64| {
                let mut moved = point.clone();
                moved[i] += by;
                problem.evaluate(Precision::F64, &moved).loss
            };
            // Central differences of fourth order: error h⁴ and ε/h.
            let h = 1e-3;
            let slope = (8.0 * (at(h) - at(-h)) - (at(2.0 * h) - at(-2.0 * h))) / (12.0 * h);
            assert_close(gradient[i], slope, 1e-9, &format!("component {i}"));
        }
    }
}

fn the_hessian_is_that_of_the_graph() {
    let written = network(3);
    let (mut graph, loss, dim) = (Graph::clone(&written.graph).with_limit(1 << 20), written.loss, written.dim());
    let entries = hessian(&mut graph, loss, dim).unwrap();
    let program = Arc::new(Program::new(&graph, &entries, dim, Precision::F64).unwrap());
    let problem = cell(written);
    let mut draws = CellSeed::new(1, "hessian").run(0);
    for _ in 0..20 {
        let point = random_point(&mut draws, 1.0, dim);
        let found = problem.hessian(&point).unwrap();
        let mut expected = vec![0.0; dim * dim];
        program.evaluate(&point, &mut expected).unwrap();
        for (found, expected) in found.iter().zip(&expected) {
            assert_close(*found, *expected, 1e-12 * expected.abs().max(1.0), "entry");
        }
        // And those of the gradient: error h² and ε/h.
        for (i, row) in found.chunks_exact(dim).enumerate() {
            let at = |by: f64| {
                let mut moved = point.clone();
                moved[i] += by;
                problem.evaluate(Precision::F64, &moved).gradient
            };
            for ((a, b), entry) in at(1e-5).iter().zip(at(-1e-5)).zip(row) {
                assert_close((a - b) / 2e-5, *entry, 1e-7, "difference");
            }
        }
    }
}

/// Each run by itself and in wide vectors, to the bit.
fn formats_and_vectors_agree() {
    use spurious::descent::backend::cpu::Cpu;
    use spurious::landscape::Queue;
    use spurious::landscape::{Stop, Work};
    use std::sync::atomic::AtomicBool;
    let problem = cell(outcomes::wells(BlockStart::Gaussian(1.0)));
    let (dim, runs) = (problem.dim(), 300);
    let mut starts = vec![0.0; runs * dim];
    problem.starts(CellSeed::new(5, "vectors"), 0, dim, &mut starts);
    for precision in [Precision::F32, Precision::F64] {
        let together = crate::support::run(&Cpu::new(precision), &problem, &starts);
        let (mut states, mut stops) = (starts.clone(), vec![Stop::START; runs]);
        let queue = Queue::new(&mut states, &mut stops, dim, 64, runs);
        let hold = AtomicBool::new(false);
        assert!(problem.descend(Work { queue: &queue, precision, one_by_one: true, budget: None, hold: &hold }));
        assert!(states == together.states && stops == together.stops, "{precision:?}");
        assert!(stops.iter().any(|stop| stop.steps > 10) && stops.iter().any(|stop| stop.steps != stops[0].steps));
    }
    // The formats differ by roundings of the loss's terms.
    let problem = cell(network(2));
    let dim = problem.dim();
    let starts = crate::support::random_point(&mut CellSeed::new(5, "formats").run(0), 1.0, 100 * dim);
    for state in starts.chunks_exact(dim).take(100) {
        let single: Vec<f64> = state.iter().map(|x| f64::from(*x as f32)).collect();
        let [low, high] = [Precision::F32, Precision::F64].map(|p| problem.evaluate(p, &single));
        assert_close(low.loss, high.loss, 1e-5 * high.loss.max(1.0), "loss");
        assert!(low.loss != high.loss || high.loss == f64::from(high.loss as f32));
    }
}

/// A text that only devices that compute in f64 take, or any.
fn assert_valid(problem: &Problem, precision: Precision) {
    use spurious::descent::backend::gpu::shader::{Entry, Shape, assemble};
    let program = problem.program(precision);
    let shape = Shape::new(&program, problem.dim() as u32, 1, precision, None);
    let capabilities = match precision {
        Precision::F32 => Capabilities::empty(),
        Precision::F64 => Capabilities::FLOAT64,
    };
    for entry in [Entry::Descend, Entry::Evaluate] {
        let text = assemble(&program, shape, entry);
        let module = front::wgsl::parse_str(&text).unwrap_or_else(|e| panic!("{}", e.emit_to_string(&text)));
        Validator::new(ValidationFlags::all(), capabilities).validate(&module).unwrap();
    }
}

fn texts_are_valid() {
    for precision in [Precision::F32, Precision::F64] {
        assert_valid(&cell(network(2)), precision);
        assert_valid(&cell(outcomes::wells(BlockStart::Gaussian(1.0))), precision);
    }
}

/// `½ Σ x²` of so many numbers.
fn bowl(dim: usize) -> Written {
    landscape(vec![vector("x", dim, BlockStart::Gaussian(1.0))], Goal::Least(0.0), |g, x| {
        let zero = g.constant(0.0);
        let sum = x.iter().fold(zero, |sum, x| g.mul_add(*x, *x, sum));
        let half = g.constant(0.5);
        g.mul(half, sum)
    })
}

fn large_states_are_refused_by_devices() {
    assert_eq!(cell(bowl(128)).program(Precision::F32).refused, None);
    let refused = cell(bowl(129)).program(Precision::F32).refused.unwrap().to_string();
    assert_eq!(
        refused,
        "state: has 129 numbers, and a device takes 128 of a landscape in a file; choose --backend cpu"
    );
    // A constant that f32 cannot hold is the business of f32 alone.
    let mut written = bowl(1);
    let mut graph = Graph::clone(&written.graph);
    let large = graph.constant(1e60);
    written.loss = graph.mul(written.loss, large);
    written.graph = Arc::new(graph);
    let problem = cell(written);
    assert!(problem.program(Precision::F32).refused.unwrap().to_string().contains("no text"));
    assert_eq!(problem.program(Precision::F64).refused, None);
}

fn observables_and_theory_are_told() {
    let mut written = bowl(3);
    let mut graph = Graph::clone(&written.graph);
    let norm = graph.sqrt(written.loss);
    written.graph = Arc::new(graph);
    written.observables = vec![("root".into(), "√ℓ".into(), norm)];
    let prediction = spurious::landscape::Prediction::success("success", Some(1.0), "of all starts");
    written.theory = vec![prediction.clone()];
    let problem = cell(written.clone());
    let [observable] = &problem.observables(&[0.0; 3], &[2.0, 0.0, 0.0], 7)[..] else { panic!("one observable") };
    assert_eq!((observable.name, observable.label, observable.value), ("root", "√ℓ", 2f64.sqrt()));
    assert_eq!(problem.theory(None), [prediction]);
    // Theory of small steps says nothing of larger ones.
    let large = Settings { step: StepSize::One(1.5), ..settings() };
    assert_eq!(written.problem(&large).unwrap().theory(None)[0].value, None);
    assert_eq!(cell(bowl(3)).observables(&[0.0; 3], &[2.0, 0.0, 0.0], 7), []);
}

/// What the engine records of a written landscape is the loss that was written.
fn a_recording_gives_the_same_numbers() {
    let problem = cell(network(2));
    let recording = problem.recorded(Precision::F64, 100_000).unwrap();
    let state: Vec<f64> = (0..problem.dim()).map(|i| 0.3 - 0.2 * i as f64).collect();
    let values = recording.graph.values(&recording.outputs, &state).unwrap();
    let direct = problem.evaluate(Precision::F64, &state);
    assert_eq!(values[0], direct.loss);
    assert_eq!(values[1..], direct.gradient);
}

fn what_does_not_fit_is_refused() {
    let refused = |change: &dyn Fn(&mut Written), message: &str| {
        let mut written = bowl(2);
        change(&mut written);
        let error = written.problem(&settings()).unwrap_err().to_string();
        assert!(error.contains(message), "{error}, not {message}");
    };
    refused(&|w| w.blocks[0].columns = 1, "loss: the expression reads component 1 of a state of 1 numbers; give");
    refused(&|w| w.blocks.clear(), "state: has no block; name one");
    refused(&|w| w.goal = Goal::Least(f64::NAN), "outcome: the least loss is NaN; give a finite number");
    refused(&|w| w.goal = Goal::Least(0.01), "outcome: the least loss is said to be 1e-2, and descent comes to ");
    refused(&|w| w.goal = Goal::Minima(vec![]), "outcome: names no minimum; name one");
    refused(&|w| w.goal = Goal::Minima(vec![vec![0.0]]), "outcome: minimum 1 has not 2 finite numbers; give");
    refused(
        &|w| w.goal = Goal::Minima(vec![vec![0.0; 2], vec![0.0, 0.1]]),
        "the global minima have the losses 0e0 and",
    );
    refused(&|w| w.goal = Goal::Minima(vec![vec![0.0, 1e-5]]), "outcome: minimum 1 is no critical point: its slope");
    refused(&|w| w.flat = vec![("turn".into(), vec![w.loss])], "flat.turn: has 1 numbers, a state has 2; give");
    refused(&|w| w.flat = vec![("turn".into(), vec![w.loss; 2])], "flat.turn: is no direction along which the loss is");
    refused(&|w| w.blocks[0].start = BlockStart::Constant(vec![0.0; 2]), "descent.step = auto: the loss at the starts");
}
