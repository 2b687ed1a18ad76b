//! Kinks, jumps and undefined places are found where they are in the enclosures, and only there.

use super::{ROOM, random_expression};
use crate::support::for_cases;
use spurious::expression::derivative::{gradient, hessian};
use spurious::expression::enclose::enclose;
use spurious::expression::smoothness::obstacle;
use spurious::expression::{Function, Graph, Node};
use spurious::numerics::Enclosure;
use std::cell::Cell;

trials![
    kinks_are_found_where_they_are,
    only_the_branch_that_is_taken_counts,
    masks_need_be_defined_only,
    constants_have_no_kinks,
    combined_masks_are_known,
    derivatives_are_those_of_the_loss,
];

fn range(low: f64, high: f64) -> Enclosure {
    Enclosure::between(low, high)
}

/// What is in the way of an expression of two numbers.
fn found(make: impl Fn(&mut Graph, Node, Node) -> Node, x: Enclosure, y: Enclosure) -> Option<&'static str> {
    let mut g = Graph::new(ROOM);
    let (a, b) = (g.state(0), g.state(1));
    let output = make(&mut g, a, b);
    // What comes after it does not hide it.
    let (square, other) = (g.mul(output, output), g.function(Function::Exp, &[b]));
    let sum = g.add(square, other);
    obstacle(&g, &[sum], &[x, y]).unwrap().map(|obstacle| obstacle.what)
}

/// Of `x`: one that is smooth in the first enclosures, and has a kink or worse in the others, whose ends count.
fn kinks_are_found_where_they_are() {
    type Make = fn(&mut Graph, Node, Node) -> Node;
    type Case = (Make, &'static [(f64, f64)], &'static [(f64, f64)], &'static str);
    let cases: &[Case] = &[
        (
            |g, x, _| g.abs(x),
            &[(0.1, 2.0), (-2.0, -0.1)],
            &[(-1.0, 1.0), (0.0, 1.0), (-1.0, 0.0), (0.0, 0.0)],
            "absolute",
        ),
        (|g, x, _| g.sqrt(x), &[(1e-300, 2.0)], &[(0.0, 1.0), (0.0, 0.0)], "root of 0"),
        (|g, x, _| g.sqrt(x), &[(0.5, 2.0)], &[(-1e-9, 1.0), (-2.0, -1.0)], "root of a negative"),
        (|g, x, y| g.div(y, x), &[(0.5, 2.0), (-1.0, -0.1)], &[(0.0, 1.0), (-1.0, 0.0), (-1.0, 1.0)], "divide by 0"),
        (|g, x, _| g.function(Function::Log, &[x]), &[(0.1, 1.0)], &[(0.0, 1.0), (-2.0, -1.0)], "logarithm"),
        (|g, x, _| g.function(Function::Acos, &[x]), &[(-0.99, 0.99)], &[(0.5, 1.0), (-1.0, 0.0)], "arc cosine of"),
        (|g, x, _| g.function(Function::Acos, &[x]), &[(0.0, 0.5)], &[(0.5, 1.1), (-2.0, 0.0), (2.0, 3.0)], "beyond"),
        (
            |g, x, y| g.function(Function::Atan2, &[y, x]),
            &[(0.1, 1.0)],
            &[(0.0, 1.0), (-1.0, 1.0), (-2.0, -1.0)],
            "negative x axis",
        ),
        // With y from −1 to 1.
        (|g, x, y| g.max(x, y), &[(1.1, 2.0), (-2.0, -1.1)], &[(0.0, 0.5), (1.0, 2.0), (-2.0, -1.0)], "min or max"),
        (|g, x, y| g.min(x, y), &[(1.1, 2.0), (-2.0, -1.1)], &[(0.0, 0.5), (1.0, 2.0), (-2.0, -1.0)], "min or max"),
        (
            |g, x, y| {
                let mask = g.lt(x, y);
                g.select(mask, x, y)
            },
            &[(1.1, 2.0), (-2.0, -1.1)],
            &[(0.0, 0.5), (1.0, 2.0), (-2.0, -1.0)],
            "select",
        ),
        (
            |g, x, y| {
                let mask = g.le(x, y);
                let mask = g.not(mask);
                g.select(mask, x, y)
            },
            &[(1.1, 2.0), (-2.0, -1.1)],
            &[(0.0, 0.5), (1.0, 2.0), (-2.0, -1.0)],
            "select",
        ),
    ];
    for (make, good, bad, part) in cases {
        for (low, high) in *good {
            assert_eq!(found(make, range(*low, *high), range(-1.0, 1.0)), None, "{part} from {low} to {high}");
        }
        for (low, high) in *bad {
            let what = found(make, range(*low, *high), range(-1.0, 1.0));
            assert!(what.is_some_and(|what| what.contains(part)), "{part} from {low} to {high}: {what:?}");
        }
    }
    // The angle is smooth above and below the axis.
    let angle = |g: &mut Graph, x: Node, y: Node| g.function(Function::Atan2, &[y, x]);
    for y in [range(0.1, 1.0), range(-1.0, -0.1)] {
        assert_eq!(found(angle, range(-2.0, 1.0), y), None);
    }
    // What is smooth everywhere.
    for f in [Function::Exp, Function::Sin, Function::Cos, Function::Tanh, Function::Erf] {
        assert_eq!(found(|g, x, _| g.function(f, &[x]), range(-9.0, 9.0), range(-1.0, 1.0)), None, "{}", f.name());
    }
}

/// The other one may be undefined or have a kink; not so that of a number that is compared with it.
fn only_the_branch_that_is_taken_counts() {
    let root = |g: &mut Graph, x: Node, kept: bool| {
        let (zero, one) = (g.constant(0.0), g.constant(1.0));
        let mask = g.lt(zero, x);
        let root = g.sqrt(x);
        if kept { g.select(mask, root, one) } else { g.select(mask, one, root) }
    };
    let negative = range(-2.0, -1.0);
    assert_eq!(found(|g, x, _| root(g, x, true), negative, negative), None);
    assert!(found(|g, x, _| root(g, x, false), negative, negative).is_some());
    assert_eq!(found(|g, x, _| root(g, x, false), range(1.0, 2.0), negative), None);
    // max(|x|, 5): the kink is not taken. max(√x, 5): what may be no number is no less than anything.
    let five = |g: &mut Graph, x: Node| {
        let five = g.constant(5.0);
        g.max(x, five)
    };
    let around = range(-1.0, 1.0);
    let of_abs = |g: &mut Graph, x: Node, _: Node| {
        let size = g.abs(x);
        five(g, size)
    };
    let of_root = |g: &mut Graph, x: Node, _: Node| {
        let root = g.sqrt(x);
        five(g, root)
    };
    assert_eq!(found(of_abs, around, around), None);
    assert_eq!(found(of_root, range(0.0, 1.0), around), None);
    assert!(found(of_root, around, around).is_some());
}

/// `|x| < 2` has a kink at 0 and one answer there.
fn masks_need_be_defined_only() {
    let below = |g: &mut Graph, x: Node, y: Node, limit: f64, root: bool| {
        let size = if root { g.sqrt(x) } else { g.abs(x) };
        let limit = g.constant(limit);
        let mask = g.lt(size, limit);
        g.select(mask, x, y)
    };
    let around = range(-1.0, 1.0);
    assert_eq!(found(|g, x, y| below(g, x, y, 2.0, false), around, around), None);
    assert!(found(|g, x, y| below(g, x, y, 0.5, false), around, around).is_some());
    assert!(found(|g, x, y| below(g, x, y, 2.0, true), around, around).is_some());
    assert_eq!(found(|g, x, y| below(g, x, y, 2.0, true), range(0.0, 1.0), around), None);
}

/// What does not depend on the state may be a root of 0, but not one of −1.
fn constants_have_no_kinks() {
    let wide = range(-9.0, 9.0);
    let with = |value: f64, f: fn(&mut Graph, Node) -> Node| {
        let make = |g: &mut Graph, x: Node, _: Node| {
            // A number that is not folded.
            let (third, one, three) = (g.constant(value), g.constant(1.0), g.constant(3.0));
            let quotient = g.div(one, three);
            let same = g.mul(quotient, third);
            let same = f(g, same);
            g.mul(same, x)
        };
        found(make, wide, wide)
    };
    assert_eq!(with(0.0, Graph::sqrt), None);
    assert_eq!(with(0.0, Graph::abs), None);
    assert!(with(-1.0, Graph::sqrt).is_some());
    assert!(with(0.0, |g, x| g.function(Function::Log, &[x])).is_some());
    assert!(with(f64::NAN, |_, x| x).is_some_and(|what| what.contains("no number")));
    // π is compared with what is no float either: the answer is not certain, and is the same everywhere.
    let choose = |g: &mut Graph, x: Node, y: Node| {
        let (pi, one, three) = (g.pi(), g.constant(1.0), g.constant(3.0));
        let third = g.div(one, three);
        let (small, large) = (g.mul(third, pi), g.mul(pi, third));
        let mask = g.lt(small, large);
        g.select(mask, x, y)
    };
    assert_eq!(found(choose, wide, wide), None);
}

fn combined_masks_are_known() {
    let choose = |and: bool, limits: [f64; 2]| {
        move |g: &mut Graph, x: Node, y: Node| {
            let masks = limits.map(|limit| {
                let limit = g.constant(limit);
                g.lt(x, limit)
            });
            let mask = if and { g.and(masks[0], masks[1]) } else { g.or(masks[0], masks[1]) };
            g.select(mask, x, y)
        }
    };
    // x from 1 to 2: below 3, not below 0, and perhaps below 1.5.
    for (and, limits, smooth) in [
        (true, [3.0, 3.5], true),
        (true, [0.0, 1.5], true),
        (true, [3.0, 1.5], false),
        (false, [3.0, 1.5], true),
        (false, [0.0, 1.5], false),
        (false, [0.0, 0.5], true),
    ] {
        let what = found(choose(and, limits), range(1.0, 2.0), range(0.0, 1.0));
        assert_eq!(what.is_none(), smooth, "{and} {limits:?}: {what:?}");
    }
}

/// Where nothing is in the way, difference quotients of the gradient lie in the enclosed Hessian: a kink that was
/// missed would show as a jump of the slope.
fn derivatives_are_those_of_the_loss() {
    let (smooth, rough) = (Cell::new(0), Cell::new(0));
    for_cases("expression::smoothness", 400, |_, draws| {
        let mut g = Graph::new(ROOM);
        let output = random_expression(&mut g, draws, 2, 25);
        let slopes = gradient(&mut g, output, 2).unwrap();
        let entries = hessian(&mut g, output, 2).unwrap();
        let radius = 0.05;
        let mid = [draws.normal(), draws.normal()];
        let state = mid.map(|x| Enclosure::around(x, radius));
        if obstacle(&g, &[output], &state).unwrap().is_some() {
            rough.set(rough.get() + 1);
            return;
        }
        smooth.set(smooth.get() + 1);
        let found = enclose(&g, &entries, &state).unwrap();
        for _ in 0..10 {
            let at = mid.map(|x| x + 0.999 * radius * (2.0 * draws.uniform() - 1.0));
            for i in 0..2 {
                let mut to = at;
                to[i] = mid[i] + 0.999 * radius * (2.0 * draws.uniform() - 1.0);
                let (there, here) = (g.values(&slopes, &to).unwrap(), g.values(&slopes, &at).unwrap());
                for j in 0..2 {
                    // A mean of an entry of the Hessian, but for rounding.
                    let bound = found[2 * i + j];
                    let (low, high) = (bound.low() * (to[i] - at[i]), bound.high() * (to[i] - at[i]));
                    let moved = there[j] - here[j];
                    let slack = 1e-12 * (1.0 + there[j].abs() + here[j].abs());
                    let holds = moved >= low.min(high) - slack && moved <= low.max(high) + slack;
                    assert!(holds || !moved.is_finite(), "{moved} from {low} to {high}");
                }
            }
        }
    });
    let (smooth, rough) = (smooth.get(), rough.get());
    assert!(smooth > 100 && rough > 50, "{smooth} smooth, {rough} not");
}
