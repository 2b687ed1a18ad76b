//! Operations on enclosures: results of members are members, and bounds are those of the extreme results.

use super::between;
use super::exact::{Dyadic, Operation};
use super::floats;
use crate::support::for_cases;
use spurious::numerics::Enclosure;
use std::cmp::Ordering;

trials![
    results_of_members_are_members,
    bounds_are_extreme_results,
    plain_rounding_is_refuted,
    exact_results_stay_points,
    unbounded_operands,
    no_divisor_may_be_zero,
    squares_and_sizes_of_members,
    sums_contain_the_exact_sum,
];

const INFINITY: f64 = f64::INFINITY;

fn apply(operation: Operation, a: Enclosure, b: Enclosure) -> Enclosure {
    match operation {
        Operation::Sum => a + b,
        Operation::Difference => a - b,
        Operation::Product => a * b,
        Operation::Quotient => a / b,
        Operation::Root => a.sqrt(),
    }
}

/// Whether the exact result for two floats lies in `x`.
fn holds(x: Enclosure, operation: Operation, a: f64, b: f64) -> bool {
    let [low, high] = [x.low(), x.high()].map(|bound| operation.compared_with(a, b, bound));
    low != Ordering::Less && high != Ordering::Greater
}

/// Random enclosures and an operation on them.
fn for_operations(name: &str, cases: u64, test: impl Fn(Operation, [Enclosure; 2], [f64; 2])) {
    for_cases(name, cases, |_, draws| {
        for _ in 0..1000 {
            let operands = [floats::enclosure(draws), floats::enclosure(draws)];
            let members = operands.map(|x| floats::member(draws, x));
            for operation in Operation::ALL {
                if operation.takes(members[0], members[1]) {
                    test(operation, operands, members);
                }
            }
        }
    });
}

fn results_of_members_are_members() {
    for_operations("enclosure::operations", 250, |operation, [a, b], [x, y]| {
        let found = apply(operation, a, b);
        assert!(holds(found, operation, x, y), "{operation:?} of {x:e} in {a:?}, {y:e} in {b:?}: {found:?}");
    });
}

/// For finite operands each bound belongs to the exact result for two of their bounds: the next float is on its other
/// side.
fn bounds_are_extreme_results() {
    for_operations("enclosure::operations::extremes", 60, |operation, [a, b], _| {
        let divides_by_zero = operation == Operation::Quotient && b.contains(0.0);
        if !a.is_finite() || !b.is_finite() || divides_by_zero || (operation == Operation::Root && a.high() < 0.0) {
            return;
        }
        let a = if operation == Operation::Root { between(a.low().max(0.0), a.high()) } else { a };
        let found = apply(operation, a, b);
        let some = |bound: f64, side: Ordering| {
            let mut results = [a.low(), a.high()].into_iter().flat_map(|x| [(x, b.low()), (x, b.high())]);
            results.any(|(x, y)| operation.compared_with(x, y, bound) == side)
        };
        assert!(some(found.low().next_up(), Ordering::Less), "lower bound of {operation:?}, {a:?}, {b:?}: {found:?}");
        assert!(
            some(found.high().next_down(), Ordering::Greater),
            "upper bound of {operation:?}, {a:?}, {b:?}: {found:?}"
        );
    });
}

/// Red: with bounds that are only the nearest floats, members have results outside for every operation.
fn plain_rounding_is_refuted() {
    let refuted = [const { std::cell::Cell::new(0) }; 5];
    for_operations("enclosure::operations::plain", 10, |operation, [a, b], _| {
        // One corner is enough.
        let (x, y) = (a.low().max(f64::MIN), b.low().max(f64::MIN));
        if !operation.takes(x, y) {
            return;
        }
        let plain = Enclosure::point(match operation {
            Operation::Sum => x + y,
            Operation::Difference => x - y,
            Operation::Product => x * y,
            Operation::Quotient => x / y,
            Operation::Root => x.sqrt(),
        });
        let count = &refuted[operation as usize];
        count.set(count.get() + u32::from(!holds(plain, operation, x, y)));
    });
    for (operation, count) in Operation::ALL.into_iter().zip(refuted) {
        assert!(count.get() > 1000, "{operation:?}: {} of 10,000", count.get());
    }
}

fn exact_results_stay_points() {
    for_cases("enclosure::operations::exact", 100, |_, draws| {
        for _ in 0..100 {
            let x = floats::enclosure(draws);
            let (zero, one) = (Enclosure::ZERO, Enclosure::ONE);
            assert_eq!((x + zero, x - zero, zero + x), (x, x, x), "{x:?}");
            assert_eq!((one * x, x * one, x / one), (x, x, x), "{x:?}");
            assert_eq!((zero * x, x * zero, zero / between(1.0, INFINITY)), (zero, zero, zero), "{x:?}");
            assert_eq!(x * -one, -x, "{x:?}");
        }
    });
    let point = Enclosure::point;
    assert_eq!(point(3.0) * point(-7.0) + point(22.0), Enclosure::ONE);
    assert_eq!((point(0.1) * point(0.25), point(6.0) / point(-3.0)), (point(0.025), point(-2.0)));
    assert_eq!((point(81.0).sqrt(), point(-1.5).square()), (point(9.0), point(2.25)));
    assert_ne!(point(1.0) / point(3.0), point(1.0 / 3.0));
}

/// Bounds that are limits: 0 times any number is 0, and no operation leaves a bound that is not in order.
fn unbounded_operands() {
    let (zero, whole) = (Enclosure::ZERO, Enclosure::WHOLE);
    let (above, below) = (between(2.0, INFINITY), between(-INFINITY, -3.0));
    assert_eq!((zero * whole, whole * zero), (zero, zero));
    assert_eq!(between(0.0, 1.0) * above, between(0.0, INFINITY));
    assert_eq!(between(-1.0, 1.0) * above, whole);
    assert_eq!((above * below, below * below), (between(-INFINITY, -6.0), between(9.0, INFINITY)));
    let same = above;
    assert_eq!((above + below, above - same, above - below), (whole, whole, between(5.0, INFINITY)));
    assert_eq!((Enclosure::ONE / above, above / below), (between(0.0, 0.5), between(-INFINITY, 0.0)));
    assert_eq!((above.sqrt().high(), between(-1.0, 4.0).sqrt()), (INFINITY, between(0.0, 2.0)));
    assert_eq!((above.square(), whole.square()), (between(4.0, INFINITY), between(0.0, INFINITY)));
    let max = Enclosure::point(f64::MAX);
    assert_eq!((max + max, max * -max), (between(f64::MAX, INFINITY), between(-INFINITY, f64::MIN)));
    assert_eq!(max + -max, zero);
    let smallest = f64::from_bits(1);
    let tiny = Enclosure::point(smallest);
    assert_eq!((tiny * tiny, tiny * -tiny), (between(0.0, smallest), between(-smallest, 0.0)));
}

fn no_divisor_may_be_zero() {
    for divisor in [between(-1.0, 1.0), between(0.0, 1.0), between(-1.0, -0.0), Enclosure::ZERO, Enclosure::WHOLE] {
        for dividend in [Enclosure::ZERO, Enclosure::ONE, between(-1.0, 3.0), Enclosure::WHOLE] {
            assert_eq!(dividend / divisor, Enclosure::WHOLE, "{dividend:?} / {divisor:?}");
        }
    }
    assert!(!(Enclosure::ZERO / between(f64::from_bits(1), 1.0)).contains(f64::from_bits(1)));
}

fn squares_and_sizes_of_members() {
    for_cases("enclosure::operations::squares", 100, |_, draws| {
        for _ in 0..1000 {
            let a = floats::enclosure(draws);
            let x = floats::member(draws, a);
            assert!(holds(a.square(), Operation::Product, x, x), "{x:e}² for {a:?}: {:?}", a.square());
            assert!((a * a).encloses(a.square()), "{a:?}");
            assert!(a.abs().contains(x.abs()) && (-a).contains(-x), "{x:e} in {a:?}");
            assert!(a.mignitude() <= x.abs() && x.abs() <= a.magnitude(), "{x:e} in {a:?}");
        }
    });
}

/// Sums of many terms, by every way to add, subtract and multiply up; the narrowness is that of as many roundings.
fn sums_contain_the_exact_sum() {
    for_cases("enclosure::operations::sums", 300, |_, draws| {
        let terms: Vec<[f64; 2]> = (0..40).map(|_| [0; 2].map(|_| 2.0 * draws.uniform() - 1.0)).collect();
        let exact = |terms: &[[f64; 2]], last: f64| {
            terms.iter().fold(Dyadic::new(last), |sum, [x, y]| sum.plus(&Dyadic::new(*x).times(&Dyadic::new(*y))))
        };
        let inside = |found: Enclosure, exact: &Dyadic| {
            let [low, high] = [found.low(), found.high()].map(|bound| exact.compare(&Dyadic::new(bound)));
            assert!(low != Ordering::Less && high != Ordering::Greater, "{found:?}");
            // The sum stays below 40; each of its roundings is of less than 64 * 2^-53, and those of products of less
            // than 2^-53.
            assert!(found.radius() <= 40.0 * 65.0 * 0.5 * f64::EPSILON, "{found:?}");
        };
        let products = terms.iter().map(|[x, y]| Enclosure::point(*x) * (*y).into());
        inside(products.clone().sum(), &exact(&terms, 0.0));
        let (mut up, mut down) = (Enclosure::ZERO, Enclosure::ZERO);
        for product in products {
            up += product;
            down -= product;
        }
        inside(up, &exact(&terms, 0.0));
        inside(-down, &exact(&terms, 0.0));
        let mut product = Enclosure::point(terms[0][0]);
        product *= Enclosure::point(terms[0][1]);
        inside(product, &exact(&terms[..1], 0.0));
    });
}
