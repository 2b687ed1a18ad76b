//! Rung 1, mathematics: interval arithmetic against arithmetic without error.
//!
//! Bounds are compared with exact results, held as integers of any length times powers of two; arc tangents and arc
//! cosines with sines and cosines to 320 places. The comparisons are shown to fail for bounds that are not rounded
//! outward, or are one float too far.

mod angles;
mod exact;
mod floats;
mod functions;
mod operations;
mod rounding;
mod spectrum;

use crate::support::for_cases;
use spurious::numerics::Enclosure;
use std::f64::consts::PI;

trials![
    modules(angles, functions, operations, rounding, spectrum),
    what_is_no_interval_is_the_whole_line,
    bounds_are_kept,
    infinities_are_not_members,
    middle_and_radius_give_it_back,
    sizes_are_extremes,
    meet_and_hull,
];

const INFINITY: f64 = f64::INFINITY;

/// An enclosure with these bounds, which must be in order.
fn between(low: f64, high: f64) -> Enclosure {
    assert!(low <= high, "[{low}, {high}]");
    Enclosure::between(low, high)
}

fn what_is_no_interval_is_the_whole_line() {
    let whole = Enclosure::between(-INFINITY, INFINITY);
    assert_eq!((whole.low(), whole.high()), (-INFINITY, INFINITY));
    assert_eq!(whole, Enclosure::WHOLE);
    for x in [f64::NAN, INFINITY, -INFINITY] {
        assert_eq!(Enclosure::point(x), whole, "{x}");
        assert_eq!(Enclosure::from(x), whole, "{x}");
    }
    let bounds = [(f64::NAN, 1.0), (1.0, f64::NAN), (2.0, 1.0), (INFINITY, INFINITY), (-INFINITY, -INFINITY)];
    for (low, high) in bounds {
        assert_eq!(Enclosure::between(low, high), whole, "[{low}, {high}]");
    }
    for (mid, radius) in [(f64::NAN, 1.0), (1.0, f64::NAN), (1.0, -1e-300), (INFINITY, 1.0), (1.0, INFINITY)] {
        assert_eq!(Enclosure::around(mid, radius), whole, "{mid} ± {radius}");
    }
    assert_eq!(between(-4.0, -1.0).sqrt(), whole, "the root of negative numbers");
    assert_eq!(between(1.0f64.next_up(), 2.0).arc_cosine(), whole, "no cosine");
    assert_eq!(between(-INFINITY, (-1.0f64).next_down()).arc_cosine(), whole, "no cosine");
    assert_eq!(between(1.0, 2.0).meet(between(3.0, 4.0)), whole, "nothing in common");
}

fn bounds_are_kept() {
    for (low, high) in [(1.0, 2.0), (-1.0, 1.0), (-INFINITY, f64::MIN), (f64::MAX, INFINITY), (-0.0, 0.0)] {
        let x = between(low, high);
        assert_eq!((x.low(), x.high()), (low, high));
        assert_eq!(x.is_finite(), low.is_finite() && high.is_finite());
        assert!(x.encloses(x) && Enclosure::WHOLE.encloses(x), "{x:?}");
        assert!(!x.encloses(Enclosure::WHOLE), "{x:?}");
    }
    let (one, zero) = (Enclosure::ONE, Enclosure::ZERO);
    assert_eq!((one.low(), one.high(), zero.low(), zero.high()), (1.0, 1.0, 0.0, 0.0));
    assert!(between(1.0, 3.0).encloses(between(1.0, 2.0)) && between(1.0, 3.0).encloses(between(2.0, 3.0)));
    assert!(!between(1.0, 3.0).encloses(between(0.5, 2.0)) && !between(1.0, 3.0).encloses(between(2.0, 3.5)));
}

fn infinities_are_not_members() {
    for x in [INFINITY, -INFINITY, f64::NAN] {
        assert!(!Enclosure::WHOLE.contains(x), "{x}");
    }
    for x in [f64::MIN, -1.0, -0.0, 0.0, f64::MAX] {
        assert!(Enclosure::WHOLE.contains(x), "{x}");
    }
    let x = between(-1.0, 2.0);
    assert!(x.contains(-1.0) && x.contains(0.0) && x.contains(2.0));
    assert!(!x.contains((-1.0f64).next_down()) && !x.contains(2.0f64.next_up()));
}

/// The middle is a member, no distance from it is above the radius, and the radius is no larger than it must be: with a
/// middle that is rounded once, half the width, half a unit of the middle, and the rounding upward.
fn middle_and_radius_give_it_back() {
    for_cases("enclosure::middle", 200, |_, draws| {
        for _ in 0..1000 {
            let x = floats::enclosure(draws);
            let (mid, radius) = (x.mid(), x.radius());
            assert!(x.contains(mid), "{mid:e} of {x:?}");
            assert!(Enclosure::around(mid, radius).encloses(x), "{mid:e} ± {radius:e} of {x:?}");
            assert_eq!(radius.is_finite(), x.is_finite(), "{x:?}");
            if radius.is_finite() {
                let half = (x.high() / 2.0 - x.low() / 2.0).next_up();
                let unit = mid.abs().next_up() - mid.abs();
                assert!(radius <= (half + unit) * (1.0 + f64::EPSILON), "{radius:e}, half a width {half:e} of {x:?}");
            }
        }
    });
    assert_eq!(Enclosure::WHOLE.mid(), 0.0);
    assert_eq!((between(2.0, INFINITY).mid(), between(-INFINITY, 2.0).mid()), (2.0, 2.0));
    assert_eq!((between(f64::MIN, f64::MAX).mid(), between(f64::MIN, f64::MAX).radius()), (0.0, f64::MAX));
    assert_eq!((between(f64::MAX, f64::MAX).mid(), between(1.0, 4.0).mid()), (f64::MAX, 2.5));
}

fn sizes_are_extremes() {
    let cases = [
        ((1.0, 2.0), (1.0, 2.0)),
        ((-2.0, -1.0), (1.0, 2.0)),
        ((-3.0, 2.0), (0.0, 3.0)),
        ((-1.0, 2.0), (0.0, 2.0)),
        ((0.0, INFINITY), (0.0, INFINITY)),
        ((-INFINITY, -5.0), (5.0, INFINITY)),
    ];
    for ((low, high), (least, most)) in cases {
        let x = between(low, high);
        assert_eq!((x.mignitude(), x.magnitude()), (least, most), "{x:?}");
        assert_eq!(x.abs(), between(least, most), "{x:?}");
        assert_eq!(x.square(), between(least * least, most * most), "{x:?}");
        assert_eq!(-x, between(-high, -low), "{x:?}");
    }
}

fn meet_and_hull() {
    let (a, b) = (between(1.0, 3.0), between(2.0, 5.0));
    assert_eq!((a.meet(b), b.meet(a)), (between(2.0, 3.0), between(2.0, 3.0)));
    assert_eq!((a.hull(b), b.hull(a)), (between(1.0, 5.0), between(1.0, 5.0)));
    assert_eq!((a.meet(Enclosure::WHOLE), a.hull(Enclosure::WHOLE)), (a, Enclosure::WHOLE));
    let (left, right) = (between(-1.0, 2.0), between(2.0, PI));
    assert_eq!(left.meet(right), Enclosure::point(2.0), "a common bound");
    assert_eq!(left.hull(between(7.0, 8.0)), between(-1.0, 8.0), "with a gap");
}
