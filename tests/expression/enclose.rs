//! Enclosures contain what they must, and are not wider than they need to be.

use super::digits::Digits;
use super::{ROOM, random_expression};
use crate::support::for_cases;
use spurious::expression::derivative::gradient;
use spurious::expression::enclose::enclose;
use spurious::expression::{ExpressionError, Function, Graph};
use spurious::numerics::{Enclosure, Real};

trials![
    enclosures_contain_the_values,
    points_give_narrow_enclosures,
    open_comparisons_give_hulls,
    squares_are_not_negative,
    angles_are_enclosed,
    elementary_functions_are_enclosed,
    constants_are_real_numbers,
    components_beyond_the_state_are_an_error,
];

/// Random expressions and their gradients over boxes, at points of them.
fn enclosures_contain_the_values() {
    for_cases("expression::enclose", 300, |case, draws| {
        let mut g = Graph::new(ROOM);
        let output = random_expression(&mut g, draws, 3, 30);
        let outputs = [vec![output], gradient(&mut g, output, 3).unwrap()].concat();
        let radius = if case % 3 == 0 { 0.0 } else { 0.3 * draws.uniform() };
        let mid: Vec<f64> = (0..3).map(|_| draws.normal()).collect();
        let boxes: Vec<Enclosure> = mid.iter().map(|x| Enclosure::around(*x, radius)).collect();
        let found = enclose(&g, &outputs, &boxes).unwrap();
        for _ in 0..10 {
            let state: Vec<Digits> =
                mid.iter().map(|x| Digits::splat(x + radius * (2.0 * draws.uniform() - 1.0))).collect();
            let inside = state.iter().zip(&boxes).all(|(x, enclosure)| enclosure.contains(x.rounded()));
            for (value, enclosure) in g.values(&outputs, &state).unwrap().iter().zip(&found) {
                // A value of 32 digits that is rounded to 16 may leave by half a unit in the last place.
                let value = value.rounded();
                let near = enclosure.contains(value)
                    || enclosure.contains(value.next_up())
                    || enclosure.contains(value.next_down());
                assert!(!inside || !value.is_finite() || near, "{value:e} is not in {enclosure:?}");
            }
        }
    });
}

fn points_give_narrow_enclosures() {
    let mut g = Graph::new(ROOM);
    let (x, y, third) = (g.state(0), g.state(1), g.constant(1.0 / 3.0));
    let root = g.sqrt(x);
    let quotient = g.div(y, root);
    let fused = g.mul_add(quotient, third, x);
    let found = enclose(&g, &[fused, x, third], &[Enclosure::point(2.0), Enclosure::point(0.7)]).unwrap();
    assert!(found[0].contains(0.7 / 2.0f64.sqrt() / 3.0 + 2.0) && found[0].radius() < 1e-15);
    assert_eq!((found[1], found[2]), (Enclosure::point(2.0), Enclosure::point(1.0 / 3.0)));
}

fn open_comparisons_give_hulls() {
    let mut g = Graph::new(ROOM);
    let (x, zero, one, five) = (g.state(0), g.constant(0.0), g.constant(1.0), g.constant(5.0));
    let (less, at_most) = (g.lt(x, zero), g.le(x, zero));
    let (both, either, not) = (g.and(less, at_most), g.or(less, at_most), g.not(less));
    let mut outputs: Vec<_> = [less, at_most, both, either, not].map(|mask| g.select(mask, one, five)).into();
    outputs.extend([g.max(x, zero), g.min(x, zero), g.abs(x)]);
    let range = |low: f64, high: f64| Enclosure::between(low, high);
    let (yes, no, open) = (Enclosure::point(1.0), Enclosure::point(5.0), range(1.0, 5.0));
    let zero = Enclosure::point(0.0);
    for (x, expected) in [
        (range(-2.0, -1.0), [yes, yes, yes, yes, no, zero, range(-2.0, -1.0), range(1.0, 2.0)]),
        (range(-2.0, 0.0), [open, yes, open, yes, open, zero, range(-2.0, 0.0), range(0.0, 2.0)]),
        (range(-2.0, 3.0), [open, open, open, open, open, range(0.0, 3.0), range(-2.0, 0.0), range(0.0, 3.0)]),
        (range(0.0, 3.0), [no, open, no, open, yes, range(0.0, 3.0), zero, range(0.0, 3.0)]),
        (range(2.0, 3.0), [no, no, no, no, yes, range(2.0, 3.0), zero, range(2.0, 3.0)]),
    ] {
        assert_eq!(enclose(&g, &outputs, &[x]).unwrap(), expected, "at {x:?}");
    }
}

fn squares_are_not_negative() {
    let mut g = Graph::new(ROOM);
    let (x, y) = (g.state(0), g.state(1));
    let (square, product, fused) = (g.mul(x, x), g.mul(x, y), g.mul_add(x, x, y));
    let x = Enclosure::between(-1.0, 2.0);
    let found = enclose(&g, &[square, product, fused], &[x, x]).unwrap();
    assert_eq!(found, [Enclosure::between(0.0, 4.0), Enclosure::between(-2.0, 4.0), Enclosure::between(-1.0, 6.0)]);
}

/// All four quadrants, boxes on both sides of the axes, and across the cut.
fn angles_are_enclosed() {
    let mut g = Graph::new(ROOM);
    let (y, x) = (g.state(0), g.state(1));
    let outputs = [g.function(Function::Atan2, &[y, x]), g.function(Function::Acos, &[y])];
    for_cases("expression::angles", 2000, |_, draws| {
        let radius = 0.2 * draws.uniform();
        let mid = [2.0 * draws.uniform() - 1.0, 2.0 * draws.uniform() - 1.0];
        let found = enclose(&g, &outputs, &mid.map(|x| Enclosure::around(x, radius))).unwrap();
        let point = mid.map(|x| x + radius * (1.99 * draws.uniform() - 0.995));
        let angle = point[0].atan2(point[1]);
        assert!(found[0].contains(angle), "{angle} of {point:?} is not in {:?}", found[0]);
        assert!(point[0].abs() > 1.0 || found[1].contains(point[0].acos()), "{:?}", found[1]);
        let crosses = mid[0].abs() <= radius && mid[1] <= radius;
        assert!(found[0].radius() < if crosses { 3.2 } else { 1.6 }, "{:?} at {mid:?} ± {radius}", found[0]);
    });
}

/// Values of every function and of its slope, by its text in f64, whose errors are far below the radius.
fn elementary_functions_are_enclosed() {
    for f in Function::ALL {
        let mut g = Graph::new(ROOM);
        let (x, y) = (g.state(0), g.state(1));
        let value = g.function(f, &[x, y][..f.arguments()]);
        let outputs = [vec![value], gradient(&mut g, value, 2).unwrap()].concat();
        for_cases("expression::functions", 200, |_, draws| {
            let radius = 1e-3 + 0.1 * draws.uniform();
            let mid = [0.15 + 0.7 * draws.uniform(), 4.0 * draws.uniform() - 2.0];
            let found = enclose(&g, &outputs, &mid.map(|x| Enclosure::around(x, radius))).unwrap();
            let point = mid.map(|x| x + radius * (1.9 * draws.uniform() - 0.95));
            for (i, (value, enclosure)) in g.values::<f64>(&outputs, &point).unwrap().iter().zip(&found).enumerate() {
                assert!(enclosure.contains(*value), "{}, output {i}: {value} of {point:?}: {enclosure:?}", f.name());
            }
            assert!(found[0].radius() < 10.0 * radius || f == Function::Atan2, "{}: {:?}", f.name(), found[0]);
        });
    }
}

/// What no float is, is enclosed: π, a third, the slope of the error function, and a slope that is a product of two
/// constants.
fn constants_are_real_numbers() {
    let mut g = Graph::new(ROOM);
    let (x, one, three, tenth) = (g.state(0), g.constant(1.0), g.constant(3.0), g.constant(0.1));
    let (third, pi, erf) = (g.div(one, three), g.pi(), g.function(Function::Erf, &[x]));
    let scaled = g.mul(tenth, x);
    let scaled = g.mul(tenth, scaled);
    let outputs = [third, pi, gradient(&mut g, erf, 1).unwrap()[0], gradient(&mut g, scaled, 1).unwrap()[0]];
    let found = enclose(&g, &outputs, &[Enclosure::ZERO]).unwrap();
    assert_eq!(found[1], Enclosure::PI);
    let nearest = [1.0 / 3.0, std::f64::consts::PI, std::f64::consts::FRAC_2_SQRT_PI, 0.1 * 0.1];
    for (enclosure, nearest) in found.iter().zip(nearest) {
        assert!(enclosure.contains(nearest) && enclosure.low() < enclosure.high(), "{enclosure:?}");
        assert!(enclosure.radius() < 1e-15, "{enclosure:?}");
    }
}

fn components_beyond_the_state_are_an_error() {
    let mut g = Graph::new(ROOM);
    let x = g.state(2);
    let found = enclose(&g, &[x], &[Enclosure::ZERO]);
    assert_eq!(found, Err(ExpressionError::Component { component: 2, dim: 1 }));
}
