//! Enclosures of elementary functions: values of many digits are never outside, nor are those of `libm` by more than
//! its own error; and no enclosure is much wider than it need be.

use super::{between, floats};
use crate::numerics::elementary::of_libm;
use crate::numerics::elementary::table::values;
use crate::support::for_cases;
use spurious::numerics::elementary::Function;
use spurious::numerics::elementary::circular::LARGEST_ANGLE_F64;
use spurious::numerics::{Draws, Enclosure};
use std::f64::consts::{FRAC_PI_2, PI};

trials![
    values_are_inside,
    narrower_bounds_are_refuted,
    more(trials_of_functions()),
    ends,
    extrema_are_seen,
    angles_of_boxes,
];

const INFINITY: f64 = f64::INFINITY;

/// The tests that every function has.
fn trials_of_functions() -> Vec<libtest_mimic::Trial> {
    let mut all = Vec::new();
    for function in Function::ALL {
        let module = module_path!().trim_start_matches("tests::");
        let points = format!("{module}::{}_of_points", function.name());
        let members = format!("{module}::{}_of_intervals", function.name());
        all.push(libtest_mimic::Trial::test(points, move || {
            of_points(function);
            Ok(())
        }));
        all.push(libtest_mimic::Trial::test(members, move || {
            of_intervals(function);
            Ok(())
        }));
    }
    all
}

fn at(function: Function, first: f64, second: f64) -> Enclosure {
    function.enclosed(Enclosure::point(first), Enclosure::point(second))
}

/// Floats from bound to bound.
fn floats_between(low: f64, high: f64) -> i64 {
    let key = |x: f64| {
        let bits = (x + 0.0).to_bits() as i64;
        if bits < 0 { i64::MIN - bits } else { bits }
    };
    key(high) - key(low)
}

/// The most floats from bound to bound at a float: somewhat above the most that were found, over 10⁷ floats.
fn most_floats(function: Function) -> i64 {
    match function {
        Function::Exp => 4,
        Function::Log | Function::Acos => 11,
        Function::Sin | Function::Cos => 11,
        Function::Tanh | Function::Atan2 => 16,
        // e^−x² has the rounding of x², four times as large.
        Function::Erf => 45,
    }
}

/// Angles next to multiples of π/2 depend on the last part of π/2: if it were two floats off, values would be outside.
fn values_are_inside() {
    for value in values() {
        let found = at(value.function, value.arguments[0], value.arguments[1]);
        assert!(value.is_between(found.low(), found.high()), "{value:?}: {found:?}");
        let width = floats_between(found.low(), found.high());
        assert!(width <= most_floats(value.function) || !value.is_served(), "{value:?}: {width} floats, {found:?}");
    }
}

/// No bound passes as the other: the comparison sees a difference of a few floats.
fn narrower_bounds_are_refuted() {
    let mut refuted = 0;
    for value in values() {
        let found = at(value.function, value.arguments[0], value.arguments[1]);
        if found.low() < found.high() && value.above != 0.0 {
            // The value is no float: one bound alone is not enough.
            let alone = [found.low(), found.high()].map(|bound| value.is_between(bound, bound));
            assert_eq!(alone, [false; 2], "{value:?}: {found:?}");
            refuted += 1;
        }
    }
    assert!(refuted > 600, "{refuted} values");
}

/// A number to which the function can be applied.
fn argument(function: Function, draws: &mut Draws) -> f64 {
    let sign = if floats::below(draws, 2) == 0 { 1.0 } else { -1.0 };
    let wide = |draws: &mut Draws, most: f64| 2f64.powf((most + 60.0) * draws.uniform() - 60.0);
    let x = match floats::below(draws, 3) {
        0 => 2.0 * draws.normal(),
        1 => sign * wide(draws, 3.0),
        _ => match function {
            Function::Exp => 1450.0 * draws.uniform() - 745.0,
            Function::Sin | Function::Cos => sign * wide(draws, 20.0),
            Function::Acos => sign * (1.0 - wide(draws, -1.0)),
            Function::Log => 1.0 + sign * wide(draws, -1.0),
            Function::Atan2 => floats::float(draws),
            _ => sign * 6.0 * draws.uniform(),
        },
    };
    match function {
        Function::Log if floats::below(draws, 4) == 0 => floats::float(draws).abs().max(5e-324),
        Function::Log => x.abs().max(5e-324),
        Function::Acos => x.clamp(-1.0, 1.0),
        _ => x,
    }
}

/// The value of `libm`, widened by two floats: its stated error is below one unit in the last place, that of `tanh`
/// below two.
fn nearly(function: Function, first: f64, second: f64) -> (f64, f64) {
    let value = of_libm(function, first, second);
    (value.next_down().next_down(), value.next_up().next_up())
}

/// A million points in all. The functions of numbers are judged by the enclosures, too.
fn of_points(function: Function) {
    for_cases("enclosure::functions", 125, |_, draws| {
        for _ in 0..1000 {
            let (first, second) = (argument(function, draws), argument(function, draws));
            let found = at(function, first, second);
            let (low, high) = nearly(function, first, second);
            assert!(found.low() <= high && low <= found.high(), "({first:e}, {second:e}): {found:?}, libm {high:e}");
            // The function of numbers is nearly inside: twice as many floats as units, for below a power of two units
            // are half as large.
            if !matches!(function, Function::Sin | Function::Cos) || first.abs() <= LARGEST_ANGLE_F64 {
                let value = function.at(first, second);
                let outside = floats_between(value, found.low()).max(floats_between(found.high(), value)) as f64;
                let most = 2.0 * function.largest_error();
                assert!(outside <= most, "({first:e}, {second:e}): {value:e}, not in {found:?}");
            }
            let width = floats_between(found.low(), found.high());
            let most = most_floats(function);
            // Subnormal bounds lie on a grid of their own.
            let tiny = found.magnitude() < f64::MIN_POSITIVE;
            assert!(width <= most || tiny, "({first:e}, {second:e}): {width} floats, {found:?}");
        }
    });
}

/// Members of intervals have values in their enclosures, and the ends are nearly reached where the function is
/// monotone.
fn of_intervals(function: Function) {
    for_cases("enclosure::function_intervals", 60, |_, draws| {
        for _ in 0..100 {
            let mut interval = || {
                let x = argument(function, draws);
                let width = [0.0, 1e-10, 0.1, 2.0, 10.0][floats::below(draws, 5) as usize] * draws.uniform();
                between(x, x + width)
            };
            let (first, second) = (interval(), interval());
            let found = function.enclosed(first, second);
            for k in 0..5 {
                let member = |x: Enclosure, draws: &mut Draws| match k {
                    0 => x.low(),
                    1 => x.high(),
                    _ => (x.low() + draws.uniform() * (x.high() - x.low())).clamp(x.low(), x.high()),
                };
                let (x, y) = (member(first, draws), member(second, draws));
                if function == Function::Acos && x.abs() > 1.0 {
                    continue;
                }
                let (low, high) = nearly(function, x, y);
                assert!(found.low() <= high && low <= found.high(), "{x:e}, {y:e} of {first:?}, {second:?}: {found:?}");
            }
        }
    });
}

fn ends() {
    let whole = Enclosure::WHOLE;
    assert_eq!(whole.exp(), between(0.0, INFINITY));
    assert_eq!(between(-INFINITY, -1e4).exp(), between(0.0, f64::from_bits(1)));
    assert_eq!(between(1e4, 2e4).exp(), between(f64::MAX, INFINITY));
    assert_eq!(Enclosure::ZERO.exp(), Enclosure::ONE, "exact");
    assert_eq!(Enclosure::ONE.log(), Enclosure::ZERO, "exact");
    assert_eq!(between(-1.0, 0.0).log(), whole, "no logarithm");
    assert_eq!(between(-1.0, 1.0).log(), between(-INFINITY, 0.0));
    assert_eq!(between(1.0, INFINITY).log(), between(0.0, INFINITY));
    for (found, name) in [(whole.tanh(), "tanh"), (whole.erf(), "erf"), (whole.sin(), "sin"), (whole.cos(), "cos")] {
        assert_eq!(found, between(-1.0, 1.0), "{name}");
    }
    let below_one = between(1.0f64.next_down(), 1.0);
    for x in [30.0, 400.0, 1e300] {
        assert_eq!((Enclosure::point(x).tanh(), Enclosure::point(x).erf()), (below_one, below_one), "{x}");
        assert_eq!(Enclosure::point(-x).erf(), -below_one, "{x}");
    }
    assert_eq!(Enclosure::point(1.1e9).sin(), between(-1.0, 1.0), "beyond the largest angle");
    assert!(floats_between(Enclosure::point(9e8).sin().low(), Enclosure::point(9e8).sin().high()) < 20);
    assert_eq!((Enclosure::ZERO.sin(), Enclosure::ZERO.cos()), (Enclosure::ZERO, Enclosure::ONE), "exact");
}

/// Extremes inside an interval, at every multiple of π/2, and none where there is none.
fn extrema_are_seen() {
    for n in -9..=9i64 {
        let x = n as f64 * FRAC_PI_2;
        let (sine, cosine) = (between(x - 0.1, x + 0.2).sin(), between(x - 0.1, x + 0.2).cos());
        let ends = |found: Enclosure| (found.low() == -1.0, found.high() == 1.0);
        assert_eq!(ends(sine), (n.rem_euclid(4) == 3, n.rem_euclid(4) == 1), "sine at {n} quarters: {sine:?}");
        assert_eq!(ends(cosine), (n.rem_euclid(4) == 2, n.rem_euclid(4) == 0), "cosine at {n} quarters: {cosine:?}");
        let (sine, cosine) = (between(x + 0.1, x + 1.4).sin(), between(x + 0.1, x + 1.4).cos());
        for found in [sine, cosine] {
            let width = found.high() - found.low();
            assert!((0.82..0.89).contains(&width), "between {n} quarters and the next: {found:?}");
        }
        assert_eq!(between(x, x + 5.0).sin().magnitude(), 1.0);
        assert_eq!(between(x, x + 6.4).cos(), between(-1.0, 1.0));
    }
}

fn angles_of_boxes() {
    let angle = |y: (f64, f64), x: (f64, f64)| between(y.0, y.1).atan2(between(x.0, x.1));
    let near = |found: Enclosure, low: f64, high: f64| {
        let close = |a: f64, b: f64| (a - b).abs() <= 1e-15;
        assert!(close(found.low(), low) && close(found.high(), high), "{found:?}, not [{low}, {high}]");
        assert!(found.low() <= low && high <= found.high(), "{found:?}, not around [{low}, {high}]");
    };
    // Corners that are farthest around.
    near(angle((1.0, 2.0), (1.0, 3.0)), libm::atan(1.0 / 3.0), libm::atan(2.0));
    near(angle((-1.0, 1.0), (1.0, 2.0)), -PI / 4.0, PI / 4.0);
    near(angle((1.0, 2.0), (-1.0, 1.0)), PI / 4.0, 3.0 * PI / 4.0);
    near(angle((0.0, 1.0), (-2.0, -1.0)), 3.0 * PI / 4.0, PI);
    near(angle((-2.0, -1.0), (-1.0, 1.0)), -3.0 * PI / 4.0, -PI / 4.0);
    // The jump, the origin, and boxes without end.
    near(angle((-1.0, 1.0), (-2.0, -1.0)), -PI, PI);
    near(angle((-1.0, 0.0), (-2.0, -1.0)), -PI, PI);
    near(angle((-1.0, 1.0), (-1.0, 1.0)), -PI, PI);
    near(angle((-1.0, 1.0), (0.0, 1.0)), -FRAC_PI_2, FRAC_PI_2);
    near(angle((0.0, 1.0), (-1.0, 1.0)), 0.0, PI);
    near(angle((1.0, INFINITY), (1.0, INFINITY)), 0.0, FRAC_PI_2);
    near(angle((-INFINITY, -1.0), (-INFINITY, 1.0)), -PI, 0.0);
    assert_eq!(angle((0.0, 0.0), (1.0, 2.0)), Enclosure::ZERO);
}
