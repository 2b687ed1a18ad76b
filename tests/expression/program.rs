//! Programs give the bits of the text, over every number type and block, on few registers.

use super::{ROOM, random_expression, written};
use crate::support::subject::subjects;
use crate::support::{for_cases, random_point};
use spurious::expression::derivative::{gradient, hessian};
use spurious::expression::{ExpressionError, Function, Graph, Node, Program, Programs, record};
use spurious::numerics::{CellSeed, Precision, Real};
use std::sync::Arc;

trials![
    f64_programs_compute_the_text = programs_compute_the_text::<f64>,
    f32_programs_compute_the_text = programs_compute_the_text::<f32>,
    f64_programs_compute_the_graph = programs_compute_the_graph::<f64>,
    f32_programs_compute_the_graph = programs_compute_the_graph::<f32>,
    blocks_change_nothing,
    one_program_is_for_each_format,
    a_chain_takes_one_register,
    a_balanced_sum_takes_few_registers,
    sums_over_pairs_take_few_registers,
    recorded_landscapes_take_few_registers,
    what_no_output_needs_is_left_out,
    outputs_can_be_anything,
    elementary_functions_are_lowered,
    the_same_text_gives_the_same_program,
    a_large_graph_is_compiled,
    a_number_may_have_many_uses,
    misuse_is_an_error,
];

/// With as many runs as fill no, one and many blocks, over the widest vectors and over scalars.
fn programs_compute_the_text<R: Real>() {
    let recording = record::<R>(4, ROOM, written).unwrap();
    let program = Arc::new(Program::new(&recording.graph, &recording.outputs, 4, R::PRECISION).unwrap());
    assert_eq!((program.dim(), program.outputs(), program.precision()), (4, 5, R::PRECISION));
    for_cases("expression::program", 6, |case, draws| {
        let count = [0, 1, 7, 64, 131, 1000][case as usize];
        let states = random_point(draws, 1.0, 4 * count);
        let mut found = vec![0.0; 5 * count];
        program.evaluate(&states, &mut found).unwrap();
        let mut tile = program.tile::<R>(1).unwrap();
        for (state, found) in states.chunks_exact(4).zip(found.chunks_exact(5)) {
            let state: Vec<R> = state.iter().map(|x| R::splat(*x)).collect();
            state.iter().enumerate().for_each(|(i, x)| tile.set_state(i, 0, *x));
            tile.run();
            for (i, direct) in written(&state).iter().enumerate() {
                let direct = direct.lane(0).to_bits();
                assert_eq!((found[i].to_bits(), tile.output(i, 0).lane(0).to_bits()), (direct, direct), "output {i}");
            }
        }
    });
}

/// Random graphs with loss, gradient and Hessian as outputs, against their definition.
fn programs_compute_the_graph<R: Real>() {
    for_cases("expression::random_program", 200, |_, draws| {
        let mut g = Graph::of(R::PRECISION, ROOM);
        let output = random_expression(&mut g, draws, 3, 40);
        let mut outputs = vec![output];
        outputs.extend(gradient(&mut g, output, 3).unwrap());
        outputs.extend(hessian(&mut g, output, 3).unwrap());
        let program = Arc::new(Program::new(&g, &outputs, 3, R::PRECISION).unwrap());
        let states = random_point(draws, 1.0, 3 * 21);
        let mut found = vec![0.0; outputs.len() * 21];
        program.evaluate(&states, &mut found).unwrap();
        for (state, found) in states.chunks_exact(3).zip(found.chunks_exact(outputs.len())) {
            let state: Vec<R> = state.iter().map(|x| R::splat(*x)).collect();
            for (found, expected) in found.iter().zip(g.values(&outputs, &state).unwrap()) {
                let expected = expected.lane(0);
                assert!(*found == expected || found.is_nan() && expected.is_nan(), "{found:e}, not {expected:e}");
            }
        }
    });
}

fn blocks_change_nothing() {
    let recording = record::<f64>(4, ROOM, written).unwrap();
    let program = Arc::new(Program::new(&recording.graph, &recording.outputs, 4, Precision::F64).unwrap());
    for block in [1, 2, 3, 8, 19] {
        let mut tile = program.tile::<f64>(block).unwrap();
        assert_eq!(tile.block(), block);
        // Twice: the state stays, and nothing of the first time is left.
        for _ in 0..2 {
            let at = |i: usize, j: usize| ((3 * i + 7 * j) % 11) as f64 / 4.0 - 1.0;
            for i in 0..4 {
                (0..block).for_each(|j| tile.set_state(i, j, at(i, j)));
            }
            tile.run();
            tile.run();
            for j in 0..block {
                let state: Vec<f64> = (0..4).map(|i| at(i, j)).collect();
                let found: Vec<f64> = (0..5).map(|output| tile.output(output, j)).collect();
                assert_eq!(found, written(&state), "vector {j} of {block}");
            }
        }
    }
}

fn one_program_is_for_each_format() {
    fn assert_computed<R: Real>(programs: &Programs) {
        let state = [0.3, -1.7, 0.9, 2.2].map(R::splat);
        let mut found = [R::zero(); 5];
        found[0] = programs.single::<R>().compute(&state, &mut found[1..]);
        assert_eq!(programs.of(R::PRECISION).precision(), R::PRECISION);
        for (found, direct) in found.iter().zip(written(&state)) {
            assert_eq!(found.lane(0), direct.lane(0), "in {}", R::PRECISION.name());
        }
    }
    let recording = record::<f64>(4, ROOM, written).unwrap();
    let programs = Programs::new(&recording.graph, &recording.outputs, 4).unwrap();
    assert_computed::<f64>(&programs);
    assert_computed::<f32>(&programs);
}

fn program_of(build: impl FnOnce(&mut Graph) -> Vec<Node>, dim: usize) -> Arc<Program> {
    let mut g = Graph::new(ROOM);
    let outputs = build(&mut g);
    Arc::new(Program::new(&g, &outputs, dim, Precision::F64).unwrap())
}

fn a_chain_takes_one_register() {
    let chain = |g: &mut Graph| {
        let (x, c) = (g.state(0), g.constant(0.3));
        let mut sum = g.sqrt(x);
        for _ in 0..100 {
            sum = g.mul_add(sum, x, c);
        }
        vec![sum]
    };
    let program = program_of(chain, 1);
    assert_eq!((program.instructions(), program.registers(), program.masks()), (101, 1, 0));
    assert_eq!(program.constants(), 1);
}

/// A balanced tree of depth `n`, made level by level, needs about `n` registers in the right order and half its leaves
/// in the order in which it was made.
fn a_balanced_sum_takes_few_registers() {
    let tree = |g: &mut Graph| {
        let mut level: Vec<Node> = (0..256).map(|i| g.state(i)).collect();
        level = level.iter().map(|x| g.sqrt(*x)).collect();
        while level.len() > 1 {
            level = level.chunks_exact(2).map(|pair| g.add(pair[0], pair[1])).collect();
        }
        level
    };
    let program = program_of(tree, 256);
    assert_eq!(program.instructions(), 256 + 255);
    assert!(program.registers() <= 10, "{} registers", program.registers());
}

/// Neurons whose pairs repel each other: `Σ ‖u‖‖v‖ (sin t + (π − t) cos t)`, `t` the angle between `u` and `v`.
fn pairs(g: &mut Graph, neurons: u32, inputs: u32) -> Node {
    let row = |g: &mut Graph, i: u32| -> Vec<Node> { (0..inputs).map(|c| g.state(i * inputs + c)).collect() };
    let dot = |g: &mut Graph, u: &[Node], v: &[Node]| {
        let first = g.mul(u[0], v[0]);
        u.iter().zip(v).skip(1).fold(first, |sum, (x, y)| g.mul_add(*x, *y, sum))
    };
    let (mut loss, one, pi) = (g.constant(0.0), g.constant(1.0), g.constant(std::f64::consts::PI));
    for i in 0..neurons {
        let u = row(g, i);
        for j in 0..i {
            let v = row(g, j);
            let (uu, vv, uv) = (dot(g, &u, &u), dot(g, &v, &v), dot(g, &u, &v));
            let (u, v) = (g.sqrt(uu), g.sqrt(vv));
            let lengths = g.mul(u, v);
            let cosine = g.div(uv, lengths);
            let (less, more) = (g.sub(one, cosine), g.add(one, cosine));
            let square = g.mul(less, more);
            let (sine, angle) = (g.sqrt(square), g.function(Function::Acos, &[cosine]));
            let supplement = g.sub(pi, angle);
            let kernel = g.mul_add(supplement, cosine, sine);
            loss = g.mul_add(lengths, kernel, loss);
        }
    }
    loss
}

/// What a pair leaves for later is the norms of its neurons and its share of their slopes: the numbers that are alive
/// at a time are about as many as the state has, not as the pairs.
fn sums_over_pairs_take_few_registers() {
    for neurons in [6, 12] {
        let mut g = Graph::new(ROOM);
        let loss = pairs(&mut g, neurons, 6);
        let dim = 6 * neurons as usize;
        let outputs = [vec![loss], gradient(&mut g, loss, dim).unwrap()].concat();
        let program = Program::new(&g, &outputs, dim, Precision::F64).unwrap();
        println!("{dim} weights: {} instructions, {} registers", program.instructions(), program.registers());
        assert!(program.registers() <= 2 * dim, "{} registers for {dim} weights", program.registers());
    }
}

/// As many as in the order of the text, or fewer: about what a state and its gradient take.
fn recorded_landscapes_take_few_registers() {
    for (model, form, most) in [("cnn", "reduced", 9), ("relu_sum", "full", 73), ("wide_cnn", "full", 45)] {
        let subject = subjects().into_iter().find(|s| s.model.name() == model && s.form == form).unwrap();
        let problem = subject.problem(&[], &subject.settings());
        let recording = problem.recorded(Precision::F64, ROOM).unwrap();
        let program = Program::new(&recording.graph, &recording.outputs, problem.dim(), Precision::F64).unwrap();
        assert!(program.registers() <= most, "{model}: {} registers", program.registers());
    }
}

fn what_no_output_needs_is_left_out() {
    let wasteful = |g: &mut Graph| {
        let (x, y) = (g.state(0), g.state(1));
        let kept = g.add(x, y);
        let mut dead = g.mul(x, y);
        for _ in 0..50 {
            dead = g.mul_add(dead, dead, kept);
        }
        g.lt(dead, x);
        vec![kept]
    };
    let program = program_of(wasteful, 2);
    assert_eq!((program.instructions(), program.registers(), program.masks()), (1, 1, 0));
}

/// The same number twice, a component, a constant; operations with constants at every place.
fn outputs_can_be_anything() {
    let build = |g: &mut Graph| {
        let (x, y) = (g.state(0), g.state(1));
        let (c, d) = (g.constant(0.3), g.constant(-0.7));
        let sum = g.add(x, y);
        let mask = g.lt(x, c);
        let other = g.le(d, y);
        vec![
            sum,
            x,
            c,
            sum,
            g.sub(c, x),
            g.sub(x, c),
            g.div(c, x),
            g.mul_add(c, d, x),
            g.mul_add(c, x, d),
            g.mul_add(c, x, y),
            g.select(mask, c, d),
            g.select(mask, c, x),
            g.select(other, x, c),
            g.max(c, x),
            g.min(x, d),
        ]
    };
    let program = program_of(build, 2);
    let (x, y, c, d) = (0.9f64, -0.8f64, 0.3f64, -0.7f64);
    let mut found = vec![0.0; program.outputs()];
    program.evaluate(&[x, y], &mut found).unwrap();
    let sum = x + y;
    let fused = [c.mul_add(d, x), c.mul_add(x, d), c.mul_add(x, y)];
    let expected = [sum, x, c, sum, c - x, x - c, c / x, fused[0], fused[1], fused[2], d, x, c, x, d];
    assert_eq!(found, expected);
    // Without a state there is still a program.
    let constant = program_of(|g| vec![g.constant(2.5)], 0);
    let mut found = [0.0; 3];
    constant.evaluate(&[], &mut found).unwrap();
    assert_eq!(found, [2.5; 3]);
}

/// Each function is computed as its generic text does, in the program's format, of the state and of constants.
fn elementary_functions_are_lowered() {
    for f in Function::ALL {
        // Room for no more than the graph itself: a program has its own.
        let mut g = Graph::new(6);
        let (x, y) = (g.state(0), g.state(1));
        let (c, d) = (g.constant(0.3), g.constant(-0.6));
        let arguments = |a: Node, b: Node| if f.arguments() == 2 { vec![a, b] } else { vec![a] };
        let outputs = [g.function(f, &arguments(x, y)), g.function(f, &arguments(c, d))];
        for precision in [Precision::F32, Precision::F64] {
            let program = Arc::new(Program::new(&g, &outputs, 2, precision).unwrap());
            println!("{} {}: {} instructions", f.name(), precision.name(), program.instructions());
            for [x, y] in [[0.75, -2.0], [0.125, 3.5], [1.0, 0.0], [0.5, -0.25]] {
                let mut found = [0.0; 2];
                program.evaluate(&[x, y], &mut found).unwrap();
                assert_eq!(found[0], f.values(precision, &[x], &[y])[0], "{} at {x}, {y}", f.name());
                // Constants are those of f64.
                let constant = f.values(Precision::F64, &[0.3], &[-0.6])[0];
                assert_eq!(found[1], precision.rounded(constant), "{} of constants", f.name());
            }
        }
    }
}

fn the_same_text_gives_the_same_program() {
    let made = |case: u64| {
        let mut g = Graph::new(ROOM);
        let output = random_expression(&mut g, &mut CellSeed::new(2, "same").run(case), 3, 60);
        let outputs = [vec![output], gradient(&mut g, output, 3).unwrap()].concat();
        Program::new(&g, &outputs, 3, Precision::F32).unwrap()
    };
    for case in 0..20 {
        assert_eq!(made(case), made(case));
    }
    assert_ne!(made(0), made(1));
}

/// Ten thousand nodes, most of which depend on another that is far away.
fn a_large_graph_is_compiled() {
    let mut g = Graph::new(ROOM);
    let mut draws = CellSeed::new(3, "large").run(0);
    let output = random_expression(&mut g, &mut draws, 20, 4_000);
    let outputs = [vec![output], gradient(&mut g, output, 20).unwrap()].concat();
    let program = Program::new(&g, &outputs, 20, Precision::F64).unwrap();
    assert!(program.registers() < program.instructions());
    println!("{} nodes: {} instructions, {} registers", g.len(), program.instructions(), program.registers());
}

/// A root that 40,000 products share.
fn a_number_may_have_many_uses() {
    let hub = |g: &mut Graph| {
        let x = g.state(0);
        let root = g.sqrt(x);
        let mut sum = root;
        for i in 0..40_000 {
            let c = g.constant(f64::from(i) + 2.0);
            sum = g.mul_add(root, c, sum);
        }
        vec![sum]
    };
    let program = program_of(hub, 1);
    assert_eq!((program.instructions(), program.registers()), (40_001, 2));
}

fn misuse_is_an_error() {
    let mut g = Graph::new(ROOM);
    let (x, y) = (g.state(0), g.state(1));
    let sum = g.add(x, y);
    let compile = |nodes: &[Node], dim| Program::new(&g, nodes, dim, Precision::F64);
    assert_eq!(compile(&[sum], 1).unwrap_err(), ExpressionError::Component { component: 1, dim: 1 });
    let program = Arc::new(compile(&[sum], 2).unwrap());
    let wrong = program.tile::<f32>(4).unwrap_err();
    assert_eq!(wrong, ExpressionError::Format { program: Precision::F64, asked: Precision::F32 });
    assert!(wrong.to_string().contains("a program in f64 cannot run in f32; make one"), "{wrong}");
    let length = |what, found, expected| Err(ExpressionError::Length { what, found, expected });
    assert_eq!(program.evaluate(&[1.0; 3], &mut [0.0]), length("states", 3, 2));
    assert_eq!(program.evaluate(&[1.0; 4], &mut [0.0]), length("outputs", 1, 2));
    let foreign = Program::new(&Graph::new(ROOM), &[sum], 2, Precision::F64);
    assert_eq!(foreign.unwrap_err(), ExpressionError::Foreign);
}
