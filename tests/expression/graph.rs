//! Nodes are shared, constants folded, and only what is exact is simplified.

use super::{ROOM, random_expression};
use crate::support::for_cases;
use spurious::expression::derivative::gradient;
use spurious::expression::{ExpressionError, Function, Graph, Node, Operation};
use spurious::numerics::{CellSeed, Precision, Real};

trials![
    equal_operations_are_one_node,
    f64_constants_are_folded = || constants_are_folded::<f64>(Precision::F64),
    f32_constants_are_folded = || constants_are_folded::<f32>(Precision::F32),
    a_graph_of_real_numbers_folds_what_is_exact,
    simplifications,
    what_could_hide_a_nan_stays,
    simplified_values_are_those_of_the_text,
    the_same_text_gives_the_same_graph,
    a_full_graph_is_an_error,
    nodes_of_another_graph_are_an_error,
    arguments_are_counted,
];

fn equal_operations_are_one_node() {
    let mut g = Graph::new(ROOM);
    let (x, y) = (g.state(0), g.state(1));
    let (first, second) = (g.add(x, y), g.add(y, x));
    assert_eq!(first, second);
    assert_eq!(g.mul(first, x), g.mul(x, second));
    assert_eq!(g.mul_add(x, y, first), g.mul_add(y, x, first));
    assert_eq!(g.constant(0.1), g.constant(0.1));
    assert_eq!(g.lt(x, y), g.lt(x, y));
    assert_eq!(g.function(Function::Exp, &[x]), g.function(Function::Exp, &[x]));
    let nodes = g.len();
    g.add(y, x);
    assert_eq!(g.len(), nodes);
    // What is not the same is not shared.
    assert_ne!(g.sub(x, y), g.sub(y, x));
    assert_ne!(g.constant(0.0), g.constant(-0.0));
    assert_ne!(g.min(x, y), g.min(y, x), "of zeros of either sign it is the second");
    assert_ne!(g.function(Function::Atan2, &[x, y]), g.function(Function::Atan2, &[y, x]));
}

fn constants_are_folded<R: Real>(precision: Precision) {
    let mut g = Graph::of(precision, ROOM);
    let (p, q, r) = (0.1, 0.7, -3.3);
    let (a, b, c) = (g.constant(p), g.constant(q), g.constant(r));
    let (x, y, z) = (R::splat(p), R::splat(q), R::splat(r));
    let folded = [
        g.add(a, b),
        g.sub(a, b),
        g.mul(a, b),
        g.div(a, b),
        g.mul_add(a, b, c),
        g.sqrt(b),
        g.abs(c),
        g.min(a, b),
        g.max(a, b),
        g.neg(a),
    ];
    let direct = [x + y, x - y, x * y, x / y, x.mul_add(y, z), y.sqrt(), z.abs(), R::min(x, y), R::max(x, y), -x];
    for (i, (folded, direct)) in folded.into_iter().zip(direct).enumerate() {
        assert_eq!(g.value(folded).unwrap().to_bits(), direct.lane(0).to_bits(), "operation {i}");
    }
    let (s, t) = (g.state(0), g.state(1));
    let (less, at_most) = (g.lt(a, b), g.le(b, a));
    assert_eq!((g.select(less, s, t), g.select(at_most, s, t)), (s, t));
    let not = g.not(less);
    let (both, either) = (g.and(less, not), g.or(less, not));
    assert_eq!((g.select(both, s, t), g.select(either, s, t)), (t, s));
    // One pattern of NaN, wherever it comes from.
    let nan = g.sqrt(c);
    assert_eq!(nan, g.constant(f64::from_bits(0xfff8_0000_0000_0001)));
}

fn a_graph_of_real_numbers_folds_what_is_exact() {
    let mut g = Graph::new(ROOM);
    let [one, three, half, nine, tenth] = [1.0, 3.0, 0.5, 9.0, 0.1].map(|x| g.constant(x));
    let exact = [
        (g.add(one, half), 1.5),
        (g.sub(half, three), -2.5),
        (g.mul(three, half), 1.5),
        (g.div(nine, three), 3.0),
        (g.mul_add(three, half, one), 2.5),
        (g.sqrt(nine), 3.0),
        (g.max(tenth, half), 0.5),
    ];
    for (node, value) in exact {
        assert_eq!(g.value(node), Some(value));
    }
    let infinite = g.constant(f64::INFINITY);
    let minus = g.neg(one);
    let kept = [
        g.div(one, three),
        g.add(tenth, three),
        g.mul(tenth, tenth),
        g.mul_add(tenth, three, one),
        g.sqrt(three),
        g.sqrt(minus),
        g.sub(infinite, infinite),
        g.pi(),
    ];
    let found = g.values::<f64>(&kept, &[]).unwrap();
    let direct = [1.0 / 3.0, 0.1 + 3.0, 0.1 * 0.1, 0.1f64.mul_add(3.0, 1.0), 3.0f64.sqrt()];
    for (i, (node, direct)) in kept.iter().zip(direct).enumerate() {
        assert_eq!((g.value(*node), found[i]), (None, direct), "operation {i}");
    }
    assert!(found[5].is_nan() && found[6].is_nan() && found[7] == std::f64::consts::PI);
}

fn simplifications() {
    let mut g = Graph::new(ROOM);
    let (x, y) = (g.state(0), g.state(1));
    let [zero, negative_zero, one, minus_one, four] = [0.0, -0.0, 1.0, -1.0, 4.0].map(|c| g.constant(c));
    let minus_x = g.neg(x);
    let minus_y = g.neg(y);
    let (product, sum, difference) = (g.mul(x, y), g.add(x, y), g.sub(y, x));
    let quarter = g.constant(0.25);
    let mask = g.lt(x, y);
    let pairs: Vec<(Node, Node)> = vec![
        (g.add(x, zero), x),
        (g.add(negative_zero, x), x),
        (g.sub(x, zero), x),
        (g.sub(zero, x), minus_x),
        (g.mul(x, one), x),
        (g.mul(minus_one, x), minus_x),
        (g.div(x, one), x),
        (g.neg(minus_x), x),
        (g.abs(minus_x), g.abs(x)),
        (g.add(y, minus_x), difference),
        (g.add(minus_x, y), difference),
        (g.sub(x, minus_y), sum),
        (g.mul_add(x, y, zero), product),
        (g.mul_add(x, one, y), sum),
        (g.mul_add(minus_one, x, y), difference),
        (g.div(x, four), g.mul(x, quarter)),
        (g.min(x, x), x),
        (g.max(x, x), x),
        (g.select(mask, x, x), x),
    ];
    for (i, (found, expected)) in pairs.into_iter().enumerate() {
        assert_eq!(found, expected, "pair {i}");
    }
    let absolute = g.abs(x);
    assert_eq!(g.abs(absolute), absolute);
    assert_eq!((g.and(mask, mask), g.or(mask, mask)), (mask, mask));
    let opposite = g.not(mask);
    assert_eq!(g.not(opposite), mask);
}

fn what_could_hide_a_nan_stays() {
    let mut g = Graph::new(ROOM);
    let x = g.state(0);
    let (zero, three, tiny) = (g.constant(0.0), g.constant(3.0), g.constant(f64::MIN_POSITIVE));
    for (made, expected) in [
        (g.mul(x, zero), Operation::Mul(x, zero)),
        (g.sub(x, x), Operation::Sub(x, x)),
        (g.div(x, x), Operation::Div(x, x)),
        (g.div(x, three), Operation::Div(x, three)),
        (g.div(x, tiny), Operation::Div(x, tiny)),
    ] {
        assert_eq!(g.operation(made), Some(expected));
    }
    let itself = g.le(x, x);
    let chosen = g.select(itself, x, zero);
    assert_ne!(chosen, x, "NaN is not at most itself");
}

/// A graph computes what the text says that it was made from, to the bit but for the sign of zeros: here where the
/// operands are often 0, 1 or −1.
fn simplified_values_are_those_of_the_text() {
    for_cases("expression::simplified", 2000, |_, draws| {
        let mut g = Graph::new(ROOM);
        let x = [draws.normal(), draws.normal()];
        let mut pool: Vec<(Node, f64)> = vec![(g.state(0), x[0]), (g.state(1), x[1])];
        pool.extend([0.0, 1.0, -1.0, 4.0, 0.3].map(|c| (g.constant(c), c)));
        for _ in 0..12 {
            let mut operand = || pool[super::below(draws, pool.len())];
            let ((a, p), (b, q), (c, r)) = (operand(), operand(), operand());
            let made = match super::below(draws, 8) {
                0 => (g.add(a, b), p + q),
                1 => (g.sub(a, b), p - q),
                2 => (g.mul(a, b), p * q),
                3 => (g.div(a, b), p / q),
                4 => (g.mul_add(a, b, c), p.mul_add(q, r)),
                5 => (g.neg(a), -p),
                6 => (g.abs(a), p.abs()),
                _ => (g.sqrt(a), p.sqrt()),
            };
            // A quotient by a zero shows the zero's sign.
            if made.1.is_finite() {
                pool.push(made);
            }
        }
        for (node, expected) in pool {
            let found = g.values::<f64>(&[node], &x).unwrap()[0];
            assert!(found == expected, "{found:e}, not {expected:e}");
        }
    });
}

fn the_same_text_gives_the_same_graph() {
    let made = |case: u64| {
        let mut g = Graph::new(ROOM);
        let output = random_expression(&mut g, &mut CellSeed::new(1, "same").run(case), 3, 60);
        let gradient = gradient(&mut g, output, 3).unwrap();
        let operations: Vec<Option<Operation>> = gradient.iter().map(|node| g.operation(*node)).collect();
        (g.len(), output, gradient, operations)
    };
    for case in 0..20 {
        assert_eq!(made(case), made(case));
        assert_ne!(made(case), made(case + 1));
    }
}

fn a_full_graph_is_an_error() {
    let mut g = Graph::new(4);
    let (x, y) = (g.state(0), g.state(1));
    let sum = g.add(x, y);
    g.mul(x, y);
    assert_eq!(g.check(), Ok(()));
    // What is there already needs no room.
    g.add(y, x);
    assert_eq!(g.check(), Ok(()));
    let over = g.sub(x, y);
    let full = ExpressionError::TooManyNodes { limit: 4 };
    assert_eq!(g.check(), Err(full.clone()));
    assert_eq!(g.len(), 4);
    // It stays one, whatever is asked of the graph, even of the nodes that are there.
    assert_eq!(g.values::<f64>(&[sum], &[1.0, 2.0]), Err(full.clone()));
    assert_eq!(gradient(&mut g, over, 2), Err(full.clone()));
    let message = full.to_string();
    assert!(message.contains("4 operations") && message.contains("; write a smaller one"), "{message}");
}

fn nodes_of_another_graph_are_an_error() {
    let (mut small, mut large) = (Graph::new(ROOM), Graph::new(ROOM));
    small.state(0);
    let far = (0..9).map(|i| large.state(i)).last().unwrap();
    assert_eq!(small.values::<f64>(&[far], &[1.0]), Err(ExpressionError::Foreign));
    small.neg(far);
    assert_eq!(small.check(), Err(ExpressionError::Foreign));
    // The state must be long enough.
    let short = large.values::<f64>(&[far], &[1.0]);
    assert_eq!(short, Err(ExpressionError::Component { component: 8, dim: 1 }));
}

fn arguments_are_counted() {
    let mut g = Graph::new(ROOM);
    let x = g.state(0);
    g.function(Function::Atan2, &[x]);
    assert_eq!(g.check(), Err(ExpressionError::Arguments { function: "atan2", found: 1, expected: 2 }));
}
