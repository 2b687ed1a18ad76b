//! Sums, products, quotients and roots of floats, rounded down and up: the best bounds there are.

use super::exact::Operation;
use super::floats;
use crate::support::for_cases;
use spurious::numerics::enclosure::{add_down, add_up, div_down, div_up, mul_down, mul_up, sqrt_down, sqrt_up};
use std::cell::Cell;
use std::cmp::Ordering;

trials![bounds_are_the_best, ties_and_edges, nearest_floats_are_refuted, loose_bounds_are_refuted, infinities_and_nan,];

/// The two bounds of an operation.
fn bounds(operation: Operation, a: f64, b: f64) -> (f64, f64) {
    match operation {
        Operation::Sum => (add_down(a, b), add_up(a, b)),
        Operation::Difference => (add_down(a, -b), add_up(a, -b)),
        Operation::Product => (mul_down(a, b), mul_up(a, b)),
        Operation::Quotient => (div_down(a, b), div_up(a, b)),
        Operation::Root => (sqrt_down(a), sqrt_up(a)),
    }
}

/// The float nearest to the result.
fn nearest(operation: Operation, a: f64, b: f64) -> f64 {
    match operation {
        Operation::Sum => a + b,
        Operation::Difference => a - b,
        Operation::Product => a * b,
        Operation::Quotient => a / b,
        Operation::Root => a.sqrt(),
    }
}

/// What is wrong with bounds of an operation on two floats: both are the exact result, or they are neighbours around
/// it.
fn fault(operation: Operation, a: f64, b: f64, (low, high): (f64, f64)) -> Option<&'static str> {
    let (to_low, to_high) = (operation.compared_with(a, b, low), operation.compared_with(a, b, high));
    match (to_low, to_high) {
        (Ordering::Less, _) => Some("the lower bound is above it"),
        (_, Ordering::Greater) => Some("the upper bound is below it"),
        (Ordering::Equal, Ordering::Equal) => None,
        (Ordering::Greater, Ordering::Less) if low.next_up() == high => None,
        _ => Some("not the best bounds"),
    }
}

/// Many operations on many pairs.
fn for_operations(name: &str, cases: u64, test: impl Fn(Operation, f64, f64)) {
    for_cases(name, cases, |_, draws| {
        for _ in 0..1000 {
            let (a, b) = floats::pair(draws);
            for operation in Operation::ALL {
                let a = if operation == Operation::Root { a.abs() } else { a };
                if operation.takes(a, b) {
                    test(operation, a, b);
                }
            }
        }
    });
}

fn assert_best(operation: Operation, a: f64, b: f64) {
    let found = bounds(operation, a, b);
    if let Some(fault) = fault(operation, a, b, found) {
        panic!("{operation:?} of {a:e} and {b:e}: {fault}, {found:?}");
    }
}

fn bounds_are_the_best() {
    for_operations("enclosure::rounding", 400, assert_best);
}

/// Every pair of floats where formats end or powers of two begin, with their neighbours; among them all kinds of ties.
fn ties_and_edges() {
    let smallest = f64::from_bits(1);
    let marks = [0.0, smallest, f64::MIN_POSITIVE, f64::EPSILON, 0.5 * f64::EPSILON, 1.0, 1.5, 2.0, 3.0, 2f64.powi(53)];
    let far =
        [2f64.powi(-537), 2f64.powi(-511), 2f64.powi(511), 2f64.powi(512), 2f64.powi(1023), f64::MAX, 0.5 * f64::MAX];
    let near = |x: &f64| [x.next_down().next_down(), x.next_down(), *x, x.next_up(), x.next_up().next_up()];
    let all = marks.iter().chain(&far).flat_map(near).filter(|x| x.is_finite());
    let all: Vec<f64> = all.flat_map(|x| [x, -x]).collect();
    for &a in &all {
        for &b in &all {
            for operation in Operation::ALL.into_iter().filter(|operation| operation.takes(a, b)) {
                assert_best(operation, a, b);
            }
        }
    }
}

/// How often a way to compute bounds is found wrong, as a share of all inexact results.
fn share_refuted(name: &str, bounds: impl Fn(Operation, f64, f64) -> (f64, f64)) -> [f64; 5] {
    let counts = [const { Cell::new((0.0, 0.0)) }; 5];
    for_operations(name, 20, |operation, a, b| {
        let nearest = nearest(operation, a, b);
        if nearest.is_infinite() || operation.compared_with(a, b, nearest) != Ordering::Equal {
            let (wrong, all) = counts[operation as usize].get();
            let found = fault(operation, a, b, bounds(operation, a, b)).is_some();
            counts[operation as usize].set((wrong + f64::from(u8::from(found)), all + 1.0));
        }
    });
    counts.map(|count| {
        let (wrong, all) = count.get();
        assert!(all > 1000.0, "only {all} inexact results");
        wrong / all
    })
}

/// Red: both bounds the nearest float, which no inexact result is.
fn nearest_floats_are_refuted() {
    let shares = share_refuted("enclosure::rounding::nearest", |operation, a, b| {
        let nearest = nearest(operation, a, b);
        (nearest, nearest)
    });
    assert_eq!(shares, [1.0; 5]);
}

/// Red: the neighbours on both sides of the nearest float, one of which is too far.
fn loose_bounds_are_refuted() {
    let shares = share_refuted("enclosure::rounding::loose", |operation, a, b| {
        let nearest = nearest(operation, a, b);
        (nearest.next_down(), nearest.next_up())
    });
    // Not where the result overflows: there is nothing beyond infinity.
    for (operation, share) in Operation::ALL.into_iter().zip(shares) {
        assert!(share > 0.5, "{operation:?}: {share}");
    }
}

fn infinities_and_nan() {
    let (infinity, max, nan) = (f64::INFINITY, f64::MAX, f64::NAN);
    for (a, b) in [(infinity, 1.0), (max, infinity), (infinity, infinity)] {
        assert_eq!(bounds(Operation::Sum, a, b), (infinity, infinity), "{a} + {b}");
        assert_eq!(bounds(Operation::Sum, -b, -a), (-infinity, -infinity), "-{b} - {a}");
    }
    assert_eq!(bounds(Operation::Sum, max, max), (max, infinity));
    assert_eq!(bounds(Operation::Sum, -max, -max), (-infinity, -max));
    for zero in [0.0, -0.0] {
        assert_eq!(bounds(Operation::Product, zero, infinity), (0.0, 0.0));
        assert_eq!(bounds(Operation::Product, -infinity, zero), (0.0, 0.0));
        assert_eq!(bounds(Operation::Quotient, zero, -infinity), (0.0, 0.0));
    }
    assert_eq!(bounds(Operation::Product, -2.0, infinity), (-infinity, -infinity));
    assert_eq!(bounds(Operation::Product, max, -2.0), (-infinity, -max));
    assert_eq!(bounds(Operation::Quotient, max, 0.5), (max, infinity));
    assert_eq!(bounds(Operation::Quotient, max, infinity), (0.0, 0.0));
    assert_eq!(bounds(Operation::Quotient, -infinity, 2.0), (-infinity, -infinity));
    assert_eq!(bounds(Operation::Root, infinity, 0.0), (infinity, infinity));
    let undefined = [
        (Operation::Sum, infinity, -infinity),
        (Operation::Sum, nan, 1.0),
        (Operation::Product, nan, 0.0),
        (Operation::Product, infinity, nan),
        (Operation::Quotient, 1.0, 0.0),
        (Operation::Quotient, 0.0, -0.0),
        (Operation::Quotient, infinity, 0.0),
        (Operation::Quotient, infinity, infinity),
        (Operation::Quotient, nan, infinity),
        (Operation::Root, -1e-300, 0.0),
        (Operation::Root, nan, 0.0),
    ];
    for (operation, a, b) in undefined {
        let (low, high) = bounds(operation, a, b);
        assert!(low.is_nan() && high.is_nan(), "{operation:?} of {a} and {b}: {low}, {high}");
    }
}
