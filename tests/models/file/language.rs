//! What expressions of a file mean: the value of a loss that is one of them.

use super::cell_of;
use crate::support::{assert_close, seen};
use spurious::numerics::Precision;

trials![
    arithmetic_is_that_of_python,
    numbers_on_both_sides,
    vectors_and_matrices,
    functions_of_numbers,
    kernels_are_their_formulas,
    loops_and_conditions,
    assignments_with_an_operator,
    starts_follow_their_laws,
    observables_and_theory,
];

/// The value of an expression at a state `x` of three numbers.
fn value(expression: &str, x: [f64; 3]) -> f64 {
    let text = format!(
        "def state(p):\n    return {{\"x\": gaussian([3])}}\n\
         def loss(w, p):\n    return dot(w.x, w.x)\n\
         outcome = 0.0\n\
         def observables(w, p):\n    x = w.x\n    return {{\"value\": {expression}}}\n"
    );
    let cell = cell_of(&text).unwrap_or_else(|error| panic!("{expression}: {error}"));
    seen(&cell.problem, &x, "value")
}

const X: [f64; 3] = [0.5, -1.25, 2.0];

fn check(cases: &[(&str, f64)]) {
    for (expression, expected) in cases {
        assert_close(value(expression, X), *expected, 1e-14 * expected.abs().max(1.0), expression);
    }
}

fn arithmetic_is_that_of_python() {
    check(&[
        ("x[0] + 2 * x[1]", -2.0),
        ("-x[0] - x[1]", 0.75),
        ("7 // 2 + 7 % 4 + 0 * x[0]", 6.0),
        ("1 / 4", 0.25),
        ("(x[0] + x[1]) * (x[0] - x[1]) / x[2]", -0.65625),
        ("pow(x[1], 3)", -1.953125),
        ("pow(x[2], -2)", 0.25),
        ("pow(x[2], 0.5)", 2f64.sqrt()),
        ("pow(x[2], 1.5)", 2f64.powf(1.5)),
        ("pow(2, 10)", 1024.0),
        ("square(x[1])", 1.5625),
    ]);
}

fn numbers_on_both_sides() {
    check(&[("1 - x[0]", 0.5), ("1 / x[2]", 0.5), ("3 * x[1]", -3.75), ("2 + x[0]", 2.5), ("1.5 - x[1]", 2.75)]);
}

fn vectors_and_matrices() {
    check(&[
        ("dot(x, x)", 5.8125),
        ("norm(x)", 5.8125f64.sqrt()),
        ("sum(x)", 1.25),
        ("sum([x[i] * i for i in range(3)])", 2.75),
        ("dot(x, [1, 2, 3])", 4.0),
        ("sum(2 * x - x / 2)", 1.875),
        ("x[-1] + x[1:][0]", 0.75),
        ("sum(dot(matrix([[1, 2, 3], [4, 5, 6]]), x))", 4.0 + 7.75),
        ("dot(eye(2, 3), x)[1]", -1.25),
        ("outer(x, x)[0, 1]", -0.625),
        ("outer(x, x)[2][0]", 1.0),
        ("trace(outer(x, x))", 5.8125),
        ("dot(x, dot(outer(x, x), x))", 5.8125 * 5.8125),
        ("sum(dot(matrix([x, x]).T, vector([1, 2])))", 3.75),
        ("matrix([x, x]).shape[0] + len(x)", 5.0),
        ("sum(concat(x, x[:1]))", 1.75),
        ("dot(unit(3, 1), x) + sum(ones(2)) + sum(zeros(4))", 0.75),
        ("max(x) - min(x)", 3.25),
    ]);
}

fn functions_of_numbers() {
    check(&[
        ("sqrt(x[2])", 2f64.sqrt()),
        ("exp(x[0])", 0.5f64.exp()),
        ("log(x[2])", 2f64.ln()),
        ("sin(x[0]) + cos(x[1])", 0.5f64.sin() + 1.25f64.cos()),
        ("tanh(x[1])", (-1.25f64).tanh()),
        ("acos(x[0])", 0.5f64.acos()),
        ("atan2(x[1], x[0])", (-1.25f64).atan2(0.5)),
        ("erf(x[0])", 0.520_499_877_813_046_5),
        ("abs(x[1]) + abs(-2)", 3.25),
        ("min(x[0], x[1], 3) + max(x[0], 4)", 2.75),
        ("where(x[0] < x[1], 10, 20)", 20.0),
        ("where(x[0] >= 0.5, 10, x[1])", 10.0),
        ("pi", std::f64::consts::PI),
        ("sqrt(4) + exp(0) + cos(0.0)", 4.0),
    ]);
}

/// At two vectors of two numbers: `u = (0.5, -1.25)`, `v = (2, 0.5)`.
fn kernels_are_their_formulas() {
    let (uu, vv, uv) = (0.25 + 1.5625, 4.25, 1.0 - 0.625);
    let norms = f64::sqrt(uu * vv);
    let angle = f64::acos(uv / norms);
    let pi = std::f64::consts::PI;
    let relu = norms * (angle.sin() + (pi - angle) * angle.cos()) / (2.0 * pi);
    let kernel = |name: &str| format!("{name}([x[0], x[1]], [x[2], 0.5])");
    let values = [
        ("relu_kernel", relu),
        ("step_kernel", (pi - angle) / (2.0 * pi)),
        ("erf_kernel", 2.0 / pi * f64::asin(uv / f64::sqrt((1.0 + uu) * (1.0 + vv)))),
        ("square_kernel", uu * vv + 2.0 * uv * uv),
        ("cubic_kernel", 9.0 * uu * vv * uv + 6.0 * uv * uv * uv),
        ("exp_kernel", f64::exp((uu + vv) / 2.0 + uv)),
        ("sin_kernel", f64::exp(-(uu + vv) / 2.0) * f64::sinh(uv)),
    ];
    for (name, expected) in values {
        assert_close(value(&kernel(name), X), expected, 4e-15 * expected.abs().max(1.0), name);
        // Of the overlaps.
        let of_overlaps = format!("{name}({uu}, {uv} + 0 * x[0], {vv})");
        assert_close(value(&of_overlaps, X), expected, 4e-15 * expected.abs().max(1.0), name);
    }
    let leaky = value("leaky_relu_kernel([x[0], x[1]], [x[2], 0.5], slope = 0.2)", X);
    assert_close(leaky, 0.2 * uv + 0.64 * relu, 1e-14, "leaky relu");
    assert_close(value("relu_kernel(x, x)", X), 5.8125 / 2.0, 1e-15, "a unit with itself");
}

fn loops_and_conditions() {
    let text = "def state(p):\n    return {\"x\": gaussian([])}\n\
                def loss(w, p):\n    total = 0\n    for i in range(5):\n\
                \x20       if i % 2 == 0 and not i == 4 or i == 3:\n\
                \x20           total += i * w.x\n    return square(total) if 1 < 2 else None\n\
                outcome = 0\n";
    let cell = cell_of(text).unwrap();
    assert_close(cell.problem.evaluate(Precision::F64, &[2.0]).loss, 100.0, 0.0, "the square of 0 + 2 + 3, times 2");
}

fn assignments_with_an_operator() {
    let text = "def state(p):\n    return {\"x\": gaussian([2])}\n\
                def loss(w, p):\n    a = 1\n    a -= w.x[0]\n    a *= 3\n    a /= w.x[1]\n\
                \x20   a += 1 - (2 -\n        w.x[1])\n\
                \x20   return square(a)\noutcome = 0\nstep = 0.1\n";
    let cell = cell_of(text).unwrap();
    let expected = 3.0 * (1.0 - 0.25) / 4.0 + (1.0 - (2.0 - 4.0));
    assert_close(cell.problem.evaluate(Precision::F64, &[0.25, 4.0]).loss, expected * expected, 1e-15, "them");
}

fn starts_follow_their_laws() {
    let text = "def state(p):\n    return {\"a\": gaussian([2], scale = 0.25), \"b\": sphere([3], radius = 2),\n\
                \x20       \"c\": uniform([2, 2], -1, sqrt(4)), \"d\": constant([5, 6]), \"e\": constant(7)}\n\
                def loss(w, p):\n    return dot(w.b, w.b) + square(w.e) + square(w.c[1, 0]) + dot(w.a, w.a)\n\
                outcome = 0\n";
    let cell = cell_of(text).unwrap();
    for run in 0..20 {
        let start = cell.problem.start(cell.seed, run);
        assert!(start[..2].iter().all(|x| *x != 0.0 && x.abs() < 2.5), "{start:?}");
        assert_close(start[2..5].iter().map(|x| x * x).sum::<f64>(), 4.0, 1e-14, "the sphere");
        assert!(start[5..9].iter().all(|x| (-1.0..2.0).contains(x)), "{start:?}");
        assert_eq!(start[9..], [5.0, 6.0, 7.0]);
    }
}

fn observables_and_theory() {
    let text = "def state(p):\n    return {\"x\": gaussian([2])}\n\
                def loss(w, p):\n    return dot(w.x, w.x)\noutcome = 0\n\
                def observables(w, p):\n    return {\"first\": w.x[0], \"size\": (norm(w.x), \"norm of x\")}\n\
                def theory(p):\n    return {\"all\": success(1.0), \"two\": number(2, \"a number\")}\n";
    let cell = cell_of(text).unwrap();
    let seen = cell.problem.observables(&[3.0, 4.0], &[3.0, 4.0], 0);
    let told: Vec<(&str, &str, f64)> = seen.iter().map(|o| (o.name, o.label, o.value)).collect();
    assert_eq!(told, [("first", "first", 3.0), ("size", "norm of x", 5.0)]);
    let theory: Vec<(&str, Option<f64>)> = cell.problem.theory(None).iter().map(|p| (p.name, p.value)).collect();
    assert_eq!(theory, [("all", Some(1.0)), ("two", Some(2.0))]);
}
