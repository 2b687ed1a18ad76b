//! A graph and its text say the same of each other, and what is no text of a graph is refused.

use super::{ROOM, random_expression};
use crate::support::for_cases;
use spurious::expression::derivative::gradient;
use spurious::expression::text::{Text, read, write};
use spurious::expression::{ExpressionError, Function, Graph, Node};
use spurious::numerics::Precision;

trials![
    every_operation_is_read_back,
    random_graphs_are_read_back,
    only_what_is_needed_is_written,
    the_text_is_as_documented,
    a_recorded_graph_is_read_as_real_numbers,
    constants_that_are_no_numbers_have_no_text,
    what_is_no_text_is_refused,
];

fn every_operation_is_read_back() {
    let mut g = Graph::new(ROOM);
    let (x, y, pi, c) = (g.state(0), g.state(7), g.pi(), g.constant(-0.1));
    let mut made = vec![g.neg(x), g.add(x, y), g.sub(x, pi), g.mul(x, c), g.div(x, y), g.mul_add(x, y, c)];
    made.extend([g.sqrt(x), g.abs(y), g.min(x, y), g.max(x, y)]);
    made.extend(Function::ALL.map(|f| g.function(f, &[x, y][..f.arguments()])));
    let (lt, le) = (g.lt(x, y), g.le(c, y));
    for mask in [g.and(lt, le), g.or(lt, le), g.not(lt)] {
        made.push(g.select(mask, x, y));
    }
    let text = write(&g, &made).unwrap();
    let (again, outputs) = read(&text, ROOM).unwrap();
    // All of it is needed, so that a node keeps its place.
    assert_eq!(text.operations.len(), g.len());
    assert_eq!(outputs, made);
    for node in &made {
        assert_eq!(again.operation(*node), g.operation(*node));
    }
    assert_eq!(write(&again, &outputs).unwrap(), text);
    // Truth values that are known are folded where an expression is made, but have words.
    let known = Text {
        operations: ["state 0", "true", "false", "or 1 2", "select 3 0 0"].map(String::from).into(),
        outputs: vec![4],
    };
    let (graph, outputs) = read(&known, ROOM).unwrap();
    assert_eq!(write(&graph, &outputs).unwrap(), known);
    assert_eq!(graph.values(&outputs, &[3.5]).unwrap(), [3.5]);
}

/// With their gradients; values too.
fn random_graphs_are_read_back() {
    for_cases("expression::text", 200, |_, draws| {
        let mut g = Graph::new(ROOM);
        let output = random_expression(&mut g, draws, 3, 40);
        let outputs = [vec![output], gradient(&mut g, output, 3).unwrap()].concat();
        let text = write(&g, &outputs).unwrap();
        let (again, read_outputs) = read(&text, ROOM).unwrap();
        assert_eq!(write(&again, &read_outputs).unwrap(), text);
        let state: Vec<f64> = (0..3).map(|_| draws.normal()).collect();
        let bits = |values: Vec<f64>| values.into_iter().map(f64::to_bits).collect::<Vec<_>>();
        assert_eq!(bits(again.values(&read_outputs, &state).unwrap()), bits(g.values(&outputs, &state).unwrap()));
    });
}

fn only_what_is_needed_is_written() {
    let mut g = Graph::new(ROOM);
    let (x, y, two) = (g.state(0), g.state(1), g.constant(2.0));
    let unused = g.mul(x, y);
    let used = g.mul(y, two);
    let text = write(&g, &[used]).unwrap();
    assert_eq!(text.operations, ["state 1", "constant 0x1.0000000000000p+1", "mul 0 1"]);
    assert_eq!(text.outputs, [2]);
    assert_eq!(write(&g, &[used, unused, used]).unwrap().outputs, [4, 3, 4]);
    let (small, outputs) = read(&text, ROOM).unwrap();
    assert_eq!((small.len(), outputs.len()), (3, 1));
}

/// The words of the page, one by one, by what they compute.
fn the_text_is_as_documented() {
    for (operation, expected) in [
        ("neg 0", -0.75),
        ("add 0 1", 1.25),
        ("sub 0 1", 0.25),
        ("mul 0 1", 0.375),
        ("div 0 1", 1.5),
        ("sqrt 0", 0.75f64.sqrt()),
        ("abs 0", 0.75),
        ("min 0 1", 0.5),
        ("max 0 1", 0.75),
        ("fma 0 1 1", 0.875),
        ("exp 0", 0.75f64.exp()),
        ("log 0", 0.75f64.ln()),
        ("sin 0", 0.75f64.sin()),
        ("cos 0", 0.75f64.cos()),
        ("tanh 0", 0.75f64.tanh()),
        ("acos 0", 0.75f64.acos()),
        ("erf 0", 0.711_155_633_653_515_1),
        ("atan2 0 1", 0.75f64.atan2(0.5)),
        ("pi", std::f64::consts::PI),
    ] {
        let all = ["state 0", "constant 0x1.0000000000000p-1", operation, "add 0 1", "add 2 3"];
        let mut all: Vec<String> = all.map(String::from).into();
        if operation == "add 0 1" {
            all = vec![all[0].clone(), all[1].clone(), operation.into(), "add 2 2".into()];
        }
        let last = all.len() - 1;
        let (graph, outputs) = read(&Text { operations: all, outputs: vec![2, last] }, ROOM).unwrap();
        let value = graph.values(&outputs, &[0.75]).unwrap()[0];
        assert!((value - expected).abs() < 1e-15, "{operation}: {value} instead of {expected}");
    }
}

/// The text of a graph of a format is read as one of real numbers.
fn a_recorded_graph_is_read_as_real_numbers() {
    let mut g = Graph::of(Precision::F32, ROOM);
    let (x, tenth) = (g.state(0), g.constant(0.1));
    let output = g.mul(x, tenth);
    let text = write(&g, &[output]).unwrap();
    assert_eq!(text.operations[1], "constant 0x1.99999a0000000p-4");
    let (mut again, outputs) = read(&text, ROOM).unwrap();
    let (c, three) = (again.constant(0.1), again.constant(3.0));
    let quotient = again.div(c, three);
    assert_eq!((again.value(c), again.value(quotient)), (Some(0.1), None), "nothing is rounded");
    assert_eq!(again.values(&outputs, &[2.0f64]).unwrap(), [2.0 * f64::from(0.1f32)]);
}

fn constants_that_are_no_numbers_have_no_text() {
    for value in [f64::INFINITY, f64::NEG_INFINITY, f64::NAN] {
        let mut g = Graph::new(ROOM);
        let (x, c) = (g.state(0), g.constant(value));
        let output = g.add(x, c);
        assert!(matches!(write(&g, &[output]), Err(ExpressionError::NotFinite { .. })), "{value}");
        assert!(write(&g, &[x]).is_ok());
    }
    let mut g = Graph::new(ROOM);
    g.state(0);
    let mut other = Graph::new(ROOM);
    let (x, y) = (other.state(0), other.state(1));
    let foreign: Node = other.add(x, y);
    assert_eq!(write(&g, &[foreign]), Err(ExpressionError::Foreign));
}

fn what_is_no_text_is_refused() {
    let refused = |operations: &[&str], outputs: &[usize], part: &str| {
        let operations = operations.iter().map(|x| (*x).into()).collect();
        let error = read(&Text { operations, outputs: outputs.into() }, 100).expect_err(part).to_string();
        assert!(error.contains(part) && !error.contains('\n'), "{part}: {error}");
    };
    refused(&["state 0", "cosh 0"], &[1], "operation 1, \"cosh 0\": there is no such operation");
    refused(&["state 0", "neg 1"], &[1], "there is no operation 1 before it");
    refused(&["state 0", "neg 7"], &[1], "there is no operation 7 before it");
    refused(&["neg 0"], &[0], "there is no operation 0 before it");
    refused(&["state 0", "neg -1"], &[1], "-1 is not a whole number");
    refused(&["state 0", "neg 00"], &[1], "00 is not a whole number");
    refused(&["state 0", "neg +0"], &[1], "+0 is not a whole number");
    refused(&["state 0", "neg 99999999999"], &[1], "is not a whole number");
    refused(&["state 4294967296"], &[0], "is not a whole number");
    refused(&["state 0", "neg 0 0"], &[1], "it takes 1 operand, not 2");
    refused(&["state 0", "neg  0"], &[1], "it takes 1 operand, not 2");
    refused(&["state 0", "add 0"], &[1], "it takes 2 operands, not 1");
    refused(&["state 0", "fma 0 0"], &[1], "it takes 3 operands, not 2");
    refused(&["state 0", "atan2 0"], &[1], "it takes 2 operands, not 1");
    refused(&["state 0", "exp 0 0"], &[1], "it takes 1 operand, not 2");
    refused(&["pi 0"], &[0], "it takes 0 operands, not 1");
    refused(&["state"], &[0], "it takes 1 component, not 0");
    refused(&[""], &[0], "there is no such operation");
    for constant in ["0.5", "0x1p+0", "0x1.0p+0", "inf", "nan", "0x1.0000000000000p+1024", "0x1.8000000000000p+1 "] {
        refused(
            &[&format!("constant {constant}")],
            &[0],
            if constant.ends_with(' ') { "1 number" } else { "hexadecimal" },
        );
    }
    refused(&["state 0", "lt 0 0", "neg 1"], &[2], "operation 1 is a truth value, not a number");
    refused(&["state 0", "not 0"], &[0], "operation 0 is a number, not a truth value");
    refused(&["state 0", "select 0 0 0"], &[1], "operation 0 is a number, not a truth value");
    refused(&["state 0", "lt 0 0"], &[1], "output 1: there is no such number");
    refused(&["state 0"], &[1], "output 1: there is no such number among 1 operations");
    refused(&["state 0", "state 0", "add 0 1"], &[2], "the same as operation 0; say it once");
    refused(&["state 0", "state 1", "neg 0"], &[2], "operation 1, \"state 1\": no output needs it");
    refused(&["state 0", "neg 0"], &[0], "no output needs it");
    refused(&["state 0"], &[], "no output needs it");
    refused(&[&"neg ".repeat(1000)], &[0], "neg neg");
    let many: Vec<String> = (0..101).map(|i| format!("state {i}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    refused(&many, &[100], "101 operations, more than 100");
}
