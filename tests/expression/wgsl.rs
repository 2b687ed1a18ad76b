//! Texts of programs: valid, with exact constants, and on a device the values of the host.

use super::{ROOM, random_expression, written};
use crate::support::{gpu, random_point, round_to_f32, settings};
use spurious::descent::backend::gpu::shader::{Entry, Shape, assemble};
use spurious::expression::derivative::gradient;
use spurious::expression::{ExpressionError, Function, Graph, Program, record, wgsl};
use spurious::landscape::{DeviceProgram, Objective, Problem, Settings, StepSize};
use spurious::numerics::{CellSeed, Precision, Real, StartLaw};
use wgpu::naga::valid::{Capabilities, ValidationFlags, Validator};
use wgpu::naga::{Expression, Literal, Module, front};

trials![
    texts_are_valid,
    random_texts_are_valid,
    a_large_text_is_valid,
    texts_of_elementary_functions_are_valid,
    f64_constants_read_back,
    f32_constants_read_back,
    the_same_text_is_written_again,
    the_text_of_a_small_program,
    what_has_no_text_is_an_error,
    gpu(
        f32_values_are_those_of_the_host = || values_are_those_of_the_host(Precision::F32),
        f32_functions_are_those_of_the_host = || functions_are_those_of_the_host(Precision::F32),
    ),
    gpu_f64(
        f64_values_are_those_of_the_host = || values_are_those_of_the_host(Precision::F64),
        f64_functions_are_those_of_the_host = || functions_are_those_of_the_host(Precision::F64),
    ),
];

const DIM: usize = 4;

/// The text of these tests as a landscape whose kernel is made from its recording.
#[derive(Clone, Debug)]
struct Made(Precision);

impl Objective for Made {
    fn dim(&self) -> usize {
        DIM
    }
    fn start_law(&self) -> StartLaw {
        StartLaw::Gaussian(1.0)
    }
    fn scale(&self) -> f64 {
        1.0
    }
    /// Far below what it is.
    fn least_loss(&self) -> f64 {
        -100.0
    }
    fn value_and_gradient<R: Real>(&self, x: &[R], gradient: &mut [R]) -> R {
        let all = written(x);
        gradient.copy_from_slice(&all[1..]);
        all[0]
    }
    fn program(&self) -> DeviceProgram {
        let recording = match self.0 {
            Precision::F32 => record::<f32>(DIM, ROOM, written),
            Precision::F64 => record::<f64>(DIM, ROOM, written),
        };
        let recording = recording.unwrap();
        let program = Program::new(&recording.graph, &recording.outputs, DIM, self.0).unwrap();
        let text = wgsl::function(&program, "value_and_gradient").unwrap();
        DeviceProgram { texts: vec![text.into()], ..DeviceProgram::of([]) }
    }
    fn operations(&self) -> f64 {
        50.0
    }
}

fn made(precision: Precision) -> Problem {
    Made(precision).problem(&settings()).unwrap()
}

fn parse(text: &str) -> Module {
    front::wgsl::parse_str(text).unwrap_or_else(|e| panic!("{}", e.emit_to_string_with_path(text, "made")))
}

/// A text that only devices that compute in f64 take, or any.
fn assert_valid(text: &str, precision: Precision) {
    let capabilities = match precision {
        Precision::F32 => Capabilities::empty(),
        Precision::F64 => Capabilities::FLOAT64,
    };
    let validated = Validator::new(ValidationFlags::all(), capabilities).validate(&parse(text));
    validated.unwrap_or_else(|e| panic!("{:?}\n{text}", e.into_inner()));
}

/// The kernels of a landscape whose text was made.
fn texts_are_valid() {
    for precision in [Precision::F32, Precision::F64] {
        let program = made(precision).program(precision);
        let shape = Shape::new(&program, DIM as u32, 1, precision, None);
        for entry in [Entry::Descend, Entry::Evaluate] {
            assert_valid(&assemble(&program, shape, entry), precision);
        }
    }
}

/// A module with nothing but a function.
fn module(program: &Program, dim: usize) -> String {
    let real = program.precision().name();
    let head =
        format!("alias real = {real};\nalias Components = array<real, {dim}>;\nvar<private> down: Components;\n");
    head + &wgsl::function(program, "value").unwrap()
}

fn random_texts_are_valid() {
    for case in 0..60 {
        let precision = if case % 2 == 0 { Precision::F32 } else { Precision::F64 };
        let mut g = Graph::of(precision, ROOM);
        let output = random_expression(&mut g, &mut CellSeed::new(4, "wgsl").run(case), 3, 60);
        let outputs = [vec![output], gradient(&mut g, output, 3).unwrap()].concat();
        let program = Program::new(&g, &outputs, 3, precision).unwrap();
        assert_valid(&module(&program, 3), precision);
    }
}

/// As many statements as a device is asked to compile.
fn a_large_text_is_valid() {
    let mut g = Graph::of(Precision::F32, ROOM);
    let output = random_expression(&mut g, &mut CellSeed::new(7, "wgsl").run(0), 20, 2_500);
    let outputs = [vec![output], gradient(&mut g, output, 20).unwrap()].concat();
    let program = Program::new(&g, &outputs, 20, Precision::F32).unwrap();
    assert!(program.instructions() > 5_000, "{} instructions", program.instructions());
    assert_valid(&module(&program, 20), Precision::F32);
}

/// Functions of the state, and their slopes.
fn texts_of_elementary_functions_are_valid() {
    for f in Function::ALL {
        let mut g = Graph::new(ROOM);
        let (x, y) = (g.state(0), g.state(1));
        let value = g.function(f, &[x, y][..f.arguments()]);
        let outputs = [vec![value], gradient(&mut g, value, 2).unwrap()].concat();
        for precision in [Precision::F32, Precision::F64] {
            let program = Program::new(&g, &outputs, 2, precision).unwrap();
            assert_valid(&module(&program, 2), precision);
        }
    }
}

/// Numbers of every size, with all digits.
fn numbers() -> Vec<f64> {
    let mut draws = CellSeed::new(5, "wgsl").run(0);
    let mut all: Vec<f64> = (0..200).map(|i| draws.normal() * 10f64.powi(i % 60 - 30)).collect();
    all.extend([0.0, -0.0, 1.0, -1.0, 0.1, 1e22, 1.0 / 3.0, f64::from(f32::MAX), f64::from(f32::MIN_POSITIVE)]);
    all
}

/// The literals of a program's constants, as the compiler reads them.
fn read_back(numbers: &[f64], precision: Precision) -> Vec<Literal> {
    let mut g = Graph::of(precision, ROOM);
    let outputs: Vec<_> = numbers.iter().map(|x| g.constant(*x)).collect();
    let program = Program::new(&g, &outputs, 0, precision).unwrap();
    let body = wgsl::body(&program, |_| String::new()).unwrap();
    assert_eq!(body.statements, "");
    let texts = body.outputs.iter().enumerate().map(|(i, text)| format!("const c{i} = {text};\n"));
    let module = parse(&texts.collect::<String>());
    let value = |(_, constant): (_, &wgpu::naga::Constant)| match module.global_expressions[constant.init] {
        Expression::Literal(literal) => literal,
        ref other => panic!("{other:?}"),
    };
    module.constants.iter().map(value).collect()
}

fn f64_constants_read_back() {
    let mut numbers = numbers();
    numbers.extend([1e300, f64::MAX, f64::MIN_POSITIVE]);
    let found = read_back(&numbers, Precision::F64);
    assert_eq!(found.len(), numbers.len());
    for (found, x) in found.iter().zip(&numbers) {
        assert!(matches!(found, Literal::F64(read) if read.to_bits() == x.to_bits()), "{found:?}, not {x:e}");
    }
}

fn f32_constants_read_back() {
    let numbers = numbers();
    for (found, x) in read_back(&numbers, Precision::F32).iter().zip(&numbers) {
        let x = *x as f32;
        assert!(matches!(found, Literal::F32(read) if read.to_bits() == x.to_bits()), "{found:?}, not {x:e}");
    }
}

fn the_same_text_is_written_again() {
    let text = || made(Precision::F32).program(Precision::F32).texts.concat();
    assert_eq!(text(), text());
}

fn the_text_of_a_small_program() {
    let mut g = Graph::of(Precision::F32, ROOM);
    let (x, y, c) = (g.state(0), g.state(1), g.constant(0.1));
    let fused = g.mul_add(x, y, c);
    let (mask, root) = (g.lt(c, fused), g.sqrt(fused));
    let chosen = g.select(mask, root, c);
    let program = Program::new(&g, &[chosen, y], 2, Precision::F32).unwrap();
    assert_eq!(
        wgsl::function(&program, "f").unwrap(),
        "fn f(x: ptr<function, Components>) -> real {
    let v0 = fma((*x)[0], (*x)[1], 0.1f);
    let m1 = 0.1f < v0;
    let v2 = sqrt(v0);
    let v3 = select(0.1f, v2, m1);
    down[0] = (*x)[1];
    return v3;
}
"
    );
}

fn what_has_no_text_is_an_error() {
    let mut g = Graph::new(ROOM);
    let (x, infinite) = (g.state(0), g.constant(f64::INFINITY));
    let least = g.min(x, infinite);
    let program = Program::new(&g, &[least], 1, Precision::F64).unwrap();
    assert_eq!(wgsl::function(&program, "f"), Err(ExpressionError::NotFinite { value: f64::INFINITY }));
}

/// A device may fuse and reorder, and divide with an error of 2.5 units in the last place: of these few operations no
/// result is off by more than 16.
fn values_are_those_of_the_host(precision: Precision) {
    let problem = made(precision);
    let gpu = gpu(precision, 1);
    let mut states = random_point(&mut CellSeed::new(6, "wgsl").run(0), 1.0, DIM * 1000);
    round_to_f32(&mut states);
    let found = gpu.evaluate(&problem, &states).unwrap();
    let allowed = 32.0 * precision.roundoff();
    let mut equal = 0;
    for (state, found) in states.chunks_exact(DIM).zip(&found) {
        let host = problem.evaluate(precision, state);
        let pairs = found.gradient.iter().zip(&host.gradient).chain([(&found.loss, &host.loss)]);
        for (found, host) in pairs {
            equal += usize::from(found == host);
            assert!((found - host).abs() <= allowed * host.abs().max(1.0), "{found:e}, not {host:e} at {state:?}");
        }
    }
    println!("{equal} of {} results are equal to the bit", 1000 * (DIM + 1));
}

/// An elementary function of both components, in the place of a gradient.
#[derive(Clone, Debug)]
struct Computed(Function, Precision);

impl Objective for Computed {
    fn dim(&self) -> usize {
        2
    }
    fn start_law(&self) -> StartLaw {
        StartLaw::Gaussian(1.0)
    }
    fn scale(&self) -> f64 {
        1.0
    }
    fn least_loss(&self) -> f64 {
        0.0
    }
    fn value_and_gradient<R: Real>(&self, x: &[R], gradient: &mut [R]) -> R {
        (gradient[0], gradient[1]) = (self.0.at(x[0], x[1]), self.0.at(x[1], x[0]));
        x[0] * x[0] + x[1] * x[1]
    }
    fn program(&self) -> DeviceProgram {
        let mut g = Graph::new(ROOM);
        let (x, y) = (g.state(0), g.state(1));
        let arguments = |a, b| [a, b][..self.0.arguments()].to_vec();
        let (first, second) = (g.function(self.0, &arguments(x, y)), g.function(self.0, &arguments(y, x)));
        let square = g.mul(x, x);
        let loss = g.mul_add(y, y, square);
        let program = Program::new(&g, &[loss, first, second], 2, self.1).unwrap();
        DeviceProgram {
            texts: vec![wgsl::function(&program, "value_and_gradient").unwrap().into()],
            ..DeviceProgram::of([])
        }
    }
    fn operations(&self) -> f64 {
        100.0
    }
}

/// Within four units in the last place: the functions are off by at most two on the host, and as much on a device that
/// rounds quotients and does not fuse. One that took the parts of a reduction together was off by hundreds.
fn functions_are_those_of_the_host(precision: Precision) {
    let gpu = gpu(precision, 1);
    let settings = Settings { step: StepSize::One(0.1), ..settings() };
    for f in Function::ALL {
        let problem = Computed(f, precision).problem(&settings).unwrap();
        let mut draws = CellSeed::new(8, f.name()).run(0);
        let mut states: Vec<f64> = (0..4000)
            .map(|_| match f {
                Function::Exp => 160.0 * draws.uniform() - 80.0,
                Function::Log => 10f64.powf(60.0 * draws.uniform() - 30.0),
                Function::Acos => 2.0 * draws.uniform() - 1.0,
                Function::Sin | Function::Cos => 1000.0 * draws.normal(),
                Function::Tanh | Function::Erf | Function::Atan2 => 3.0 * draws.normal(),
            })
            .collect();
        round_to_f32(&mut states);
        let found = gpu.evaluate(&problem, &states).unwrap();
        let mut equal = 0;
        for (state, found) in states.chunks_exact(2).zip(&found) {
            let host = problem.evaluate(precision, state);
            for (found, host) in found.gradient.iter().zip(&host.gradient) {
                equal += usize::from(found == host);
                let error = (found - host).abs() / (2.0 * precision.roundoff() * host.abs());
                assert!(error <= 4.0, "{}: {found:e}, not {host:e} at {state:?}", f.name());
            }
        }
        println!("{} {}: {equal} of 4000 results are equal to the bit", f.name(), precision.name());
    }
}
