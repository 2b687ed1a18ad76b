//! π, arc tangents and arc cosines, judged by sines and cosines to 320 places.

use super::exact::{arc_cosine_compared_with, arc_tangent_compared_with, pi};
use super::{between, floats};
use crate::support::for_cases;
use spurious::numerics::{Draws, Enclosure};
use std::cell::Cell;
use std::cmp::Ordering;
use std::f64::consts::PI;

trials![
    pi_is_between_neighbours,
    arc_tangents = || ANGLES[0].holds_for_points(),
    arc_cosines = || ANGLES[1].holds_for_points(),
    arc_tangents_of_intervals = || ANGLES[0].holds_for_members(),
    arc_cosines_of_intervals = || ANGLES[1].holds_for_members(),
    narrower_bounds_are_refuted,
    ends,
];

/// The fraction of the float π is `0x921FB54442D18`; the places after that of π decide between its neighbours.
fn pi_is_between_neighbours() {
    assert_eq!(PI.to_bits() & ((1 << 52) - 1), 0x9_21FB_5444_2D18);
    let digits = format!("{:x}", pi(200));
    assert!(
        digits.starts_with("3243f6a8885a308d313198a2e037073"),
        "π is 3.243F6A8885A308D313198A2E037073… in base 16: {digits}"
    );
    for bound in [Enclosure::PI.low(), Enclosure::PI.high()] {
        // Fifty-one places after the binary point.
        assert_eq!((bound * 2f64.powi(51)).fract(), 0.0);
    }
    let units = |x: f64| num_bigint::BigInt::from((x * 2f64.powi(51)) as u64) << 149;
    assert!(units(Enclosure::PI.low()) < pi(200) - 1 && pi(200) + 1 < units(Enclosure::PI.high()));
    assert_eq!(Enclosure::PI.low().next_up(), Enclosure::PI.high());
}

/// A function under test and its judge.
struct Angle {
    name: &'static str,
    of: fn(Enclosure) -> Enclosure,
    compared_with: fn(f64, f64) -> Ordering,
    point: fn(&mut Draws) -> f64,
}

static ANGLES: [Angle; 2] = [
    Angle {
        name: "arc tangent",
        of: Enclosure::arc_tangent,
        compared_with: arc_tangent_compared_with,
        point: |draws| match floats::below(draws, 6) {
            0 => 8.0 * draws.uniform() - 4.0,
            1 => floats::float(draws),
            2 => {
                let e = floats::below(draws, 80) as i32 - 40;
                floats::of_exponent(draws, e)
            }
            // Where the reduction changes, and where the arc tangent is nearly its operand.
            3 => (0.5 + 1e-3 * (draws.uniform() - 0.5)) * [1.0, -1.0, 4.0, -4.0][floats::below(draws, 4) as usize],
            4 => 1.0 + 1e-12 * (draws.uniform() - 0.5),
            _ => 2f64.powi(-27) * (0.5 + draws.uniform()),
        },
    },
    Angle {
        name: "arc cosine",
        of: Enclosure::arc_cosine,
        compared_with: arc_cosine_compared_with,
        point: |draws| {
            let sign = if floats::below(draws, 2) == 0 { 1.0 } else { -1.0 };
            let small = 2f64.powf(-54.0 * draws.uniform());
            sign * match floats::below(draws, 6) {
                0 | 1 => draws.uniform(),
                2 => 1.0 - small,
                3 => small,
                4 => 0.5f64.sqrt() + 1e-3 * (draws.uniform() - 0.5),
                _ => floats::float(draws).clamp(-1.0, 1.0),
            }
        },
    },
];

impl Angle {
    /// Whether the function at the float `t` lies in `x`.
    fn holds(&self, x: Enclosure, t: f64) -> bool {
        (self.compared_with)(t, x.low()) != Ordering::Less && (self.compared_with)(t, x.high()) != Ordering::Greater
    }

    /// Enclosures at floats contain the value and are at most eight floats wide, the most that was seen in 35 million.
    fn holds_for_points(&self) {
        for_cases(self.name, 60, |_, draws| {
            for _ in 0..500 {
                let t = (self.point)(draws);
                let found = (self.of)(Enclosure::point(t));
                assert!(self.holds(found, t), "{} of {t:e}: {found:?}", self.name);
                let width = floats_between(found);
                assert!(width <= 8, "{} of {t:e}: {found:?}, {width} floats", self.name);
            }
        });
    }

    /// Enclosures of intervals contain the values at members, and reach no further than those at the bounds do.
    fn holds_for_members(&self) {
        for_cases(self.name, 20, |_, draws| {
            for _ in 0..500 {
                let a = (self.point)(draws);
                let b = match floats::below(draws, 3) {
                    // A neighbour, towards 0: still a cosine.
                    0 if a > 0.0 => a.next_down(),
                    0 => a.next_up(),
                    _ => (self.point)(draws),
                };
                let x = between(a.min(b), a.max(b));
                let found = (self.of)(x);
                let t = floats::member(draws, x);
                assert!(self.holds(found, t), "{} of {t:e} in {x:?}: {found:?}", self.name);
                let ends = (self.of)(Enclosure::point(a)).hull((self.of)(Enclosure::point(b)));
                assert!(ends.encloses(found), "{} of {x:?}: {found:?}", self.name);
            }
        });
    }
}

/// The number of steps from the lower bound to the upper one.
fn floats_between(x: Enclosure) -> u64 {
    let place = |x: f64| if x < 0.0 { -((x.to_bits() & !(1 << 63)) as i64) } else { x.to_bits() as i64 & i64::MAX };
    place(x.high()).abs_diff(place(x.low()))
}

/// Red: a point in the middle is never the value, and with both bounds one float further in, some enclosures miss it.
fn narrower_bounds_are_refuted() {
    for angle in &ANGLES {
        let refuted = Cell::new(0);
        for_cases(angle.name, 10, |_, draws| {
            for _ in 0..100 {
                let t = (angle.point)(draws);
                let found = (angle.of)(Enclosure::point(t));
                if found.low() == found.high() {
                    continue;
                }
                let mid = Enclosure::point(found.mid());
                assert!(!angle.holds(mid, t), "{} of {t:e} is {mid:?}", angle.name);
                let inner = Enclosure::between(found.low().next_up(), found.high().next_down());
                refuted.set(refuted.get() + u32::from(inner.is_finite() && !angle.holds(inner, t)));
            }
        });
        assert!(refuted.get() > 50, "{}: {} of 1000", angle.name, refuted.get());
    }
}

fn ends() {
    let (zero, one, pi) = (Enclosure::ZERO, Enclosure::ONE, Enclosure::PI);
    assert_eq!((one.arc_cosine(), (-one).arc_cosine()), (zero, pi));
    assert_eq!(zero.arc_tangent(), zero);
    let half = Enclosure::point(0.5);
    for (name, found, expected) in [
        ("acos 0", zero.arc_cosine(), half * pi),
        ("acos 1/2", half.arc_cosine(), pi / Enclosure::point(3.0)),
        ("acos -1/2", (-half).arc_cosine(), pi / Enclosure::point(1.5)),
        ("atan 1", one.arc_tangent(), half * half * pi),
        ("atan of the line", Enclosure::WHOLE.arc_tangent(), between(-0.5 * PI.next_up(), 0.5 * PI.next_up())),
        ("acos of the line", Enclosure::WHOLE.arc_cosine(), between(0.0, PI.next_up())),
        ("acos of [1/2, 3]", between(0.5, 3.0).arc_cosine(), zero.hull(half.arc_cosine())),
        ("acos of [-3, -1]", between(-3.0, -1.0).arc_cosine(), pi),
    ] {
        // They have a number in common, and their bounds are a few floats apart.
        let common = found.meet(expected);
        assert!(common.is_finite(), "{name}: {found:?}, {expected:?}");
        for (bound, other) in [(found.low(), expected.low()), (found.high(), expected.high())] {
            assert!((bound - other).abs() <= 4.0 * f64::EPSILON, "{name}: {found:?}, {expected:?}");
        }
    }
}
