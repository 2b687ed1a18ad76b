//! Derivatives against differences in numbers of 32 digits, and against what is known.

use super::digits::Digits;
use super::{ROOM, random_expression};
use crate::support::for_cases;
use spurious::expression::derivative::{along, gradient, hessian, hessian_vector};
use spurious::expression::{ExpressionError, Function, Graph, Node};
use spurious::numerics::{Draws, Real};

trials![
    digits_are_thirty,
    gradients_are_limits_of_differences,
    hessians_are_limits_of_differences,
    products_with_the_hessian_are_those_of_the_matrix,
    a_quadratic_form_has_a_constant_hessian,
    elementary_functions,
    elementary_slopes_are_limits_of_differences,
    angles_are_limits_of_differences,
    at_a_kink_it_is_that_of_the_branch,
    what_does_not_depend_on_the_state_is_flat,
    a_gradient_costs_a_few_times_its_function,
    components_beyond_the_state_are_an_error,
];

const DIM: usize = 3;

fn random_state(draws: &mut Draws) -> Vec<Digits> {
    (0..DIM).map(|_| Digits::splat(draws.normal())).collect()
}

/// Central differences of `f` along each component: with a step of 10⁻⁹ they are off by about 10⁻¹⁸ of a third
/// derivative and 10⁻³²/10⁻⁹ of a value.
fn differences(state: &[Digits], mut f: impl FnMut(&[Digits]) -> Vec<Digits>) -> Vec<Vec<f64>> {
    let step = 1e-9;
    let mut each = Vec::new();
    for i in 0..state.len() {
        let mut at = |step: f64| {
            let mut moved = state.to_vec();
            moved[i] = moved[i] + Digits::splat(step);
            f(&moved)
        };
        let (ahead, behind) = (at(step), at(-step));
        let slopes = ahead.iter().zip(&behind).map(|(a, b)| ((*a - *b) / Digits::splat(2.0 * step)).rounded());
        each.push(slopes.collect());
    }
    each
}

/// Relative to the largest number of a derivative, or to the function where that is larger: third derivatives of these
/// expressions are up to 10⁴ of them.
fn assert_close(what: &str, found: f64, expected: f64, scale: f64) {
    assert!((found - expected).abs() <= 1e-12 * scale, "{what}: {found:e}, not {expected:e}; scale {scale:e}");
}

fn digits_are_thirty() {
    let (third, two) = (Digits::splat(1.0) / Digits::splat(3.0), Digits::splat(2.0));
    let rest = third + third + third - Digits::splat(1.0);
    assert!(rest.rounded().abs() < 1e-31);
    let root = two.sqrt();
    assert!((root * root - two).rounded().abs() < 1e-31 && (two.mul_add(root, -root) - root).rounded() == 0.0);
}

fn gradients_are_limits_of_differences() {
    for_cases("expression::gradient", 500, |_, draws| {
        let mut g = Graph::new(ROOM);
        let output = random_expression(&mut g, draws, DIM as u32, 25);
        let slopes = gradient(&mut g, output, DIM).unwrap();
        let state = random_state(draws);
        let found = g.values(&slopes, &state).unwrap();
        let expected = differences(&state, |x| g.values(&[output], x).unwrap());
        let value = g.values(&[output], &state).unwrap()[0].rounded().abs();
        let scale = expected.iter().fold(value.max(1.0), |most, slope| most.max(slope[0].abs()));
        // Beyond, higher derivatives are too large for differences.
        if scale < 1e3 {
            for (i, (found, expected)) in found.iter().zip(&expected).enumerate() {
                assert_close(&format!("slope {i}"), found.rounded(), expected[0], scale);
            }
        }
    });
}

fn hessians_are_limits_of_differences() {
    for_cases("expression::hessian", 200, |_, draws| {
        let mut g = Graph::new(ROOM);
        let output = random_expression(&mut g, draws, DIM as u32, 20);
        let slopes = gradient(&mut g, output, DIM).unwrap();
        let entries = hessian(&mut g, output, DIM).unwrap();
        let state = random_state(draws);
        let found = g.values(&entries, &state).unwrap();
        let expected = differences(&state, |x| g.values(&slopes, x).unwrap());
        let scale = expected.iter().flatten().fold(1.0f64, |most, entry| most.max(entry.abs()));
        if scale < 1e3 {
            for a in 0..DIM {
                for b in 0..DIM {
                    assert_eq!(entries[a * DIM + b], entries[b * DIM + a]);
                    assert_close(&format!("entry {a}, {b}"), found[a * DIM + b].rounded(), expected[a][b], scale);
                }
            }
        }
    });
}

fn products_with_the_hessian_are_those_of_the_matrix() {
    for_cases("expression::hessian_vector", 100, |_, draws| {
        let mut g = Graph::new(ROOM);
        let output = random_expression(&mut g, draws, DIM as u32, 25);
        let products = hessian_vector(&mut g, output, DIM).unwrap();
        let entries = hessian(&mut g, output, DIM).unwrap();
        let mut state = random_state(draws);
        state.extend(random_state(draws));
        let (found, matrix) = (g.values(&products, &state).unwrap(), g.values(&entries, &state).unwrap());
        for (row, found) in matrix.chunks_exact(DIM).zip(found) {
            let terms = || row.iter().zip(&state[DIM..]).map(|(a, b)| *a * *b);
            let expected = terms().fold(Digits::zero(), |sum, term| sum + term).rounded();
            let scale = terms().map(|term| term.rounded().abs()).sum::<f64>().max(1.0);
            assert_close("product", found.rounded(), expected, scale);
        }
    });
}

/// `½ x₀² + 3 x₀ x₁ − x₁²`: its second derivatives are constants of the graph.
fn a_quadratic_form_has_a_constant_hessian() {
    let mut g = Graph::new(ROOM);
    let (x, y) = (g.state(0), g.state(1));
    let (half, three) = (g.constant(0.5), g.constant(3.0));
    let (xx, yy) = (g.mul(x, x), g.mul(y, y));
    let (xx, xy) = (g.mul(half, xx), g.mul(x, y));
    let sum = g.mul_add(three, xy, xx);
    let form = g.sub(sum, yy);
    let entries = hessian(&mut g, form, 2).unwrap();
    let values: Vec<Option<f64>> = entries.iter().map(|entry| g.value(*entry)).collect();
    assert_eq!(values, [Some(1.0), Some(3.0), Some(3.0), Some(-2.0)]);
}

/// Each slope is the node that the rule of calculus says.
fn elementary_functions() {
    let slope_of = |f: Function, expected: fn(&mut Graph, Node, Node) -> Node| {
        let mut g = Graph::new(ROOM);
        let x = g.state(0);
        let value = g.function(f, &[x]);
        let found = gradient(&mut g, value, 1).unwrap()[0];
        assert_eq!(found, expected(&mut g, x, value), "slope of {}", f.name());
        // Forward is no other rule.
        let one = g.constant(1.0);
        assert_eq!(along(&mut g, &[value], &[Some(one)]).unwrap()[0], found, "tangent of {}", f.name());
    };
    slope_of(Function::Exp, |_, _, value| value);
    slope_of(Function::Log, |g, x, _| {
        let one = g.constant(1.0);
        g.div(one, x)
    });
    slope_of(Function::Sin, |g, x, _| g.function(Function::Cos, &[x]));
    slope_of(Function::Cos, |g, x, _| {
        let sine = g.function(Function::Sin, &[x]);
        g.neg(sine)
    });
    slope_of(Function::Tanh, |g, _, value| {
        let one = g.constant(1.0);
        let (less, more) = (g.sub(one, value), g.add(one, value));
        g.mul(less, more)
    });
    slope_of(Function::Erf, |g, x, _| {
        let square = g.mul(x, x);
        let minus = g.neg(square);
        let bell = g.function(Function::Exp, &[minus]);
        let (two, pi) = (g.constant(2.0), g.pi());
        let root = g.sqrt(pi);
        let scale = g.div(two, root);
        g.mul(scale, bell)
    });
    let mut g = Graph::new(ROOM);
    let x = g.state(0);
    let (double, inner) = (g.add(x, x), g.function(Function::Exp, &[x]));
    let chain = g.function(Function::Sin, &[inner]);
    let cosine = g.function(Function::Cos, &[inner]);
    let expected = g.mul(cosine, inner);
    assert_eq!(gradient(&mut g, chain, 1).unwrap()[0], expected, "the chain rule");
    let two = gradient(&mut g, double, 1).unwrap()[0];
    assert_eq!(g.value(two), Some(2.0));
}

/// In f64, where differences with a step of 10⁻⁵ are off by 10⁻¹⁰ of a third derivative and 10⁻¹⁶/10⁻⁵ of a value.
fn elementary_slopes_are_limits_of_differences() {
    for f in Function::ALL.into_iter().filter(|f| f.arguments() == 1) {
        let mut g = Graph::new(ROOM);
        let x = g.state(0);
        let value = g.function(f, &[x]);
        let slope = gradient(&mut g, value, 1).unwrap()[0];
        let curvature = hessian(&mut g, value, 1).unwrap()[0];
        for_cases("expression::slopes", 50, |_, draws| {
            let x = 0.1 + 0.8 * draws.uniform();
            let at = |node: Node, x: f64| g.values::<f64>(&[node], &[x]).unwrap()[0];
            for (node, derivative) in [(value, slope), (slope, curvature)] {
                let (found, expected) = (at(derivative, x), (at(node, x + 1e-5) - at(node, x - 1e-5)) / 2e-5);
                let scale = found.abs().max(at(node, x).abs()).max(1.0);
                assert!((found - expected).abs() <= 1e-5 * scale, "{} at {x}: {found}, not {expected}", f.name());
            }
        });
    }
}

/// The same of angles, on both sides of the axes.
fn angles_are_limits_of_differences() {
    for_cases("expression::angles", 300, |_, draws| {
        let mut g = Graph::new(ROOM);
        let (x, y) = (g.state(0), g.state(1));
        let angle = g.function(Function::Atan2, &[x, y]);
        let arc = g.function(Function::Acos, &[x]);
        let outputs = [gradient(&mut g, angle, 2).unwrap(), gradient(&mut g, arc, 2).unwrap()].concat();
        let state = [1.8 * draws.uniform() - 0.9, 3.0 * draws.normal()];
        let radius = state[0].hypot(state[1]);
        // Away from the cut, where the angle jumps.
        if radius < 0.1 || state[1] < 0.0 && state[0].abs() < 1e-4 {
            return;
        }
        let found = g.values::<f64>(&outputs, &state).unwrap();
        let difference = |output: Node, i: usize| {
            let at = |step: f64| {
                let mut moved = state;
                moved[i] += step;
                g.values::<f64>(&[output], &moved).unwrap()[0]
            };
            (at(1e-5) - at(-1e-5)) / 2e-5
        };
        let expected = [difference(angle, 0), difference(angle, 1), difference(arc, 0), 0.0];
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() <= 1e-6, "{found:e}, not {expected:e} at {state:?}");
        }
        assert_eq!(g.values::<f64>(&[arc], &state).unwrap()[0].cos() as f32, state[0] as f32);
        assert!((g.values::<f64>(&[angle], &state).unwrap()[0] - state[0].atan2(state[1])).abs() < 1e-14);
    });
}

fn at_a_kink_it_is_that_of_the_branch() {
    let mut g = Graph::new(ROOM);
    let (x, zero, three) = (g.state(0), g.constant(0.0), g.constant(3.0));
    let tripled = g.mul(three, x);
    let mask = g.lt(x, zero);
    let choice = g.select(mask, x, tripled);
    let cases = [
        (g.abs(x), [-1.0, 1.0, 1.0]),
        (g.max(x, zero), [0.0, 0.0, 1.0]),
        (g.max(zero, x), [0.0, 1.0, 1.0]),
        (g.min(x, tripled), [3.0, 3.0, 1.0]),
        (choice, [1.0, 3.0, 3.0]),
    ];
    for (output, expected) in cases {
        let slope = gradient(&mut g, output, 1).unwrap();
        let one = g.constant(1.0);
        let forward = along(&mut g, &[output], &[Some(one)]).unwrap();
        for (x, expected) in [-1.0, 0.0, 1.0].into_iter().zip(expected) {
            assert_eq!(g.values::<f64>(&slope, &[x]).unwrap(), [expected], "{:?} at {x}", g.operation(output));
            assert_eq!(g.values::<f64>(&forward, &[x]).unwrap(), [expected], "forward, at {x}");
        }
    }
    // A root of 0 is steep, and says so.
    let root = g.sqrt(x);
    let slope = gradient(&mut g, root, 1).unwrap();
    assert_eq!(g.values::<f64>(&slope, &[0.0]).unwrap(), [f64::INFINITY]);
}

fn what_does_not_depend_on_the_state_is_flat() {
    let mut g = Graph::new(ROOM);
    let (x, two) = (g.state(1), g.constant(2.0));
    let root = g.function(Function::Exp, &[two]);
    let output = g.mul(root, x);
    let slopes = gradient(&mut g, output, 3).unwrap();
    assert_eq!((g.value(slopes[0]), slopes[1], g.value(slopes[2])), (Some(0.0), root, Some(0.0)));
    let flat = gradient(&mut g, root, 2).unwrap();
    assert_eq!(flat.iter().map(|node| g.value(*node)).collect::<Vec<_>>(), [Some(0.0); 2]);
    assert_eq!(along(&mut g, &[output], &[Some(two), None, None]).unwrap(), [slopes[0]]);
}

/// Reverse mode takes at most 4 to 5 times the operations of a function (Griewank and Walther, chapter 4), whatever the
/// number of components.
fn a_gradient_costs_a_few_times_its_function() {
    let mut g = Graph::new(ROOM);
    let mut product = g.constant(1.5);
    for i in 0..500 {
        let x = g.state(i);
        let factor = g.mul_add(x, x, product);
        product = g.mul(product, factor);
    }
    let before = g.len();
    gradient(&mut g, product, 500).unwrap();
    let (function, all) = (before - 500, g.len());
    assert!(all - before <= 5 * function, "{} nodes for the gradient of {function}", all - before);
}

fn components_beyond_the_state_are_an_error() {
    let mut g = Graph::new(ROOM);
    let x = g.state(4);
    let output = g.sqrt(x);
    let beyond = ExpressionError::Component { component: 4, dim: 3 };
    assert_eq!(gradient(&mut g, output, 3), Err(beyond.clone()));
    assert_eq!(along(&mut g, &[output], &[None; 3]), Err(beyond));
    let mut full = Graph::new(2);
    let x = full.state(0);
    let output = full.sqrt(x);
    assert_eq!(gradient(&mut full, output, 1), Err(ExpressionError::TooManyNodes { limit: 2 }));
}
