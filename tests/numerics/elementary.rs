//! Rung 1, mathematics: the elementary functions of any number type against values of 100 digits and against `libm`,
//! over all numbers and at the edges; and the same bits in numbers and in vectors.

mod device;
pub(crate) mod table;

use crate::support::for_cases;
use spurious::numerics::elementary::Function;
use spurious::numerics::elementary::circular::{LARGEST_ANGLE_F32, sin_cos};
use spurious::numerics::{Draws, Precision, Real};
use std::f64::consts::{FRAC_PI_2, FRAC_PI_4, PI};
use table::{Value, values};

trials![
    modules(device),
    more(trials_of_functions()),
    f64_edges = || edges::<f64>(f64::MAX),
    f32_edges = || edges::<f32>(f64::from(f32::MAX)),
    f64_axes = axes::<f64>,
    f32_axes = axes::<f32>,
    nan_stays_nan,
    a_wrong_digit_is_found,
    f64_identities = || identities::<f64>(f64::EPSILON),
    f32_identities = || identities::<f32>(f64::from(f32::EPSILON)),
    names_are_told_apart,
];

const INFINITY: f64 = f64::INFINITY;

/// The tests that every function has.
fn trials_of_functions() -> Vec<libtest_mimic::Trial> {
    let mut all = Vec::new();
    for function in Function::ALL {
        let name = |test: &str| format!("{}::{}_{test}", module_path!(), function.name());
        let name = |test: &str| name(test).trim_start_matches("tests::").to_owned();
        let mut add = |test: &str, run: fn(Function)| {
            all.push(libtest_mimic::Trial::test(name(test), move || {
                run(function);
                Ok(())
            }));
        };
        add("has_its_values", has_its_values);
        add("matches_libm_in_f32", matches_libm_in_f32);
        add("has_the_same_bits_in_vectors", has_the_same_bits_in_vectors);
    }
    all
}

/// Units in the last place between what a function gives and a value of the table.
fn error(value: &Value) -> f64 {
    value.distance(value.function.at::<f64>(value.arguments[0], value.arguments[1])).abs()
}

fn has_its_values(function: Function) {
    let mut count = 0;
    for value in values().iter().filter(|value| value.function == function && value.is_served()) {
        let error = error(value);
        assert!(error <= function.largest_error(), "{value:?}: {error:.3} units in the last place");
        count += 1;
    }
    assert!(count >= 70, "{count} values");
}

/// The comparison refuses what is three units off, in either direction.
fn a_wrong_digit_is_found() {
    for value in values() {
        for units in [-3.0, 3.0] {
            let moved = value.moved_by(units);
            assert!(value.distance(moved).abs() > value.function.largest_error(), "{value:?}: {moved:e} passes");
        }
    }
}

/// The value of `libm`, in f64. In an angle a zero has no sign here.
pub(crate) fn of_libm(function: Function, first: f64, second: f64) -> f64 {
    match function {
        Function::Exp => libm::exp(first),
        Function::Log => libm::log(first),
        Function::Sin => libm::sin(first),
        Function::Cos => libm::cos(first),
        Function::Tanh => libm::tanh(first),
        Function::Acos => libm::acos(first),
        Function::Erf => libm::erf(first),
        Function::Atan2 => libm::atan2(first + 0.0, second + 0.0),
    }
}

/// All bit patterns of f32 at a stride, and for angles a second argument that is any number, or one about as large.
///
/// The values of `libm` in f64 are exact here: their error is a billionth of a unit in the last place of f32.
fn matches_libm_in_f32(function: Function) {
    for_cases("elementary::libm", 1, |_, draws| {
        let mut count = 0;
        for bits in (0..=u32::MAX).step_by(20_011) {
            let first = f32::from_bits(bits);
            let second = match bits % 3 {
                0 => f32::from_bits((draws.uniform() * 4_294_967_296.0) as u32),
                1 => first * (4.0 * draws.uniform() - 2.0) as f32,
                _ => first * (1.0 + 1e-6 * draws.normal()) as f32,
            };
            let (first, second) = (f64::from(first), f64::from(second));
            let angle = matches!(function, Function::Sin | Function::Cos);
            if first.is_nan() || second.is_nan() || angle && first.abs() > LARGEST_ANGLE_F32 {
                continue;
            }
            let found = f64::from(function.at::<f32>(first as f32, second as f32));
            let expected = of_libm(function, first, second);
            let rounded = expected as f32;
            if rounded.is_finite() {
                let unit = f64::from(rounded.abs().next_up()) - f64::from(rounded.abs());
                // Beyond the largest number the next one would be as far away as the one before.
                let unit = if unit.is_finite() { unit } else { 2f64.powi(104) };
                let error = (found - expected).abs() / unit;
                let most = function.largest_error();
                assert!(error <= most, "({first:e}, {second:e}): {found:e}, not {expected:e}; {error:.3} units");
            } else {
                let same = found.is_nan() && rounded.is_nan() || found == f64::from(rounded);
                assert!(same, "({first:e}, {second:e}): {found:e}, not {rounded:e}");
            }
            count += 1;
        }
        assert!(count > 60_000, "{count} numbers");
    });
}

/// Any number of a format, or one where functions are curved.
fn argument(draws: &mut Draws) -> f64 {
    let sign = if draws.uniform() < 0.5 { -1.0 } else { 1.0 };
    match (4.0 * draws.uniform()) as u32 {
        0 => 4.0 * draws.normal(),
        1 => sign * 2f64.powf(2200.0 * draws.uniform() - 1100.0),
        2 => sign * 2f64.powf(40.0 * draws.uniform() - 20.0),
        _ => sign * [0.0, 1.0, 0.5, 0.9, INFINITY, f64::NAN, 2e6, 1e-320][(8.0 * draws.uniform()) as usize],
    }
}

fn has_the_same_bits_in_vectors(function: Function) {
    for_cases("elementary::vectors", 300, |case, draws| {
        let count = case as usize % 40;
        let first: Vec<f64> = (0..count).map(|_| argument(draws)).collect();
        let second: Vec<f64> = (0..count).map(|_| argument(draws)).collect();
        for precision in [Precision::F32, Precision::F64] {
            let found = function.values(precision, &first, &second);
            assert_eq!(found.len(), count);
            for (i, found) in found.into_iter().enumerate() {
                let (x, y) = (first[i], second[i]);
                let expected = match precision {
                    Precision::F32 => f64::from(function.at::<f32>(x as f32, y as f32)),
                    Precision::F64 => function.at::<f64>(x, y),
                };
                let same = found.to_bits() == expected.to_bits() || found.is_nan() && expected.is_nan();
                assert!(same, "({x:e}, {y:e}) in {precision:?}: {found:e} in a vector, {expected:e} alone");
            }
        }
    });
}

fn at<R: Real>(function: Function, x: f64) -> f64 {
    function.at(R::splat(x), R::zero()).lane(0)
}

fn edges<R: Real>(largest: f64) {
    let rounded = |x: f64| R::PRECISION.rounded(x);
    let cases = [
        (Function::Exp, 0.0, 1.0),
        (Function::Exp, -0.0, 1.0),
        (Function::Exp, INFINITY, INFINITY),
        (Function::Exp, 1e4, INFINITY),
        (Function::Exp, largest, INFINITY),
        (Function::Exp, -1e4, 0.0),
        (Function::Exp, -largest, 0.0),
        (Function::Exp, -INFINITY, 0.0),
        (Function::Log, 1.0, 0.0),
        (Function::Log, 0.0, -INFINITY),
        (Function::Log, -0.0, -INFINITY),
        (Function::Log, INFINITY, INFINITY),
        (Function::Log, 2.0, rounded(std::f64::consts::LN_2)),
        (Function::Sin, 0.0, 0.0),
        (Function::Sin, -0.0, 0.0),
        (Function::Cos, 0.0, 1.0),
        (Function::Tanh, 0.0, 0.0),
        (Function::Tanh, 100.0, 1.0),
        (Function::Tanh, -largest, -1.0),
        (Function::Tanh, INFINITY, 1.0),
        (Function::Tanh, -INFINITY, -1.0),
        (Function::Acos, 1.0, 0.0),
        (Function::Acos, 0.0, rounded(FRAC_PI_2)),
        (Function::Acos, -1.0, rounded(PI)),
        (Function::Erf, 0.0, 0.0),
        (Function::Erf, 10.0, 1.0),
        (Function::Erf, largest, 1.0),
        (Function::Erf, -INFINITY, -1.0),
    ];
    for (function, x, expected) in cases {
        let found = at::<R>(function, x);
        assert_eq!(found, expected, "{} of {x:e}", function.name());
    }
    let refused = [
        (Function::Log, -1.0),
        (Function::Log, -largest),
        (Function::Log, -INFINITY),
        (Function::Sin, 1.1e6),
        (Function::Cos, -largest),
        (Function::Sin, INFINITY),
        (Function::Cos, -INFINITY),
        (Function::Acos, 1.000_001),
        (Function::Acos, -2.0),
        (Function::Acos, INFINITY),
    ];
    for (function, x) in refused {
        let found = at::<R>(function, x);
        assert!(found.is_nan(), "{} of {x:e} is {found:e}", function.name());
    }
}

/// Angles of the axes, of the diagonals and of limits, in all quadrants.
fn axes<R: Real>() {
    let angle = |y: f64, x: f64| Function::Atan2.at(R::splat(y), R::splat(x)).lane(0);
    let rounded = |x: f64| R::PRECISION.rounded(x);
    assert_eq!(angle(0.0, 0.0), 0.0);
    for r in [1e-30, 0.3, 1.0, 3e38, INFINITY] {
        for zero in [0.0, -0.0] {
            assert_eq!(angle(zero, r), 0.0);
            assert_eq!(angle(zero, -r), rounded(PI), "a zero has no sign");
            assert_eq!(angle(r, zero), rounded(FRAC_PI_2));
            assert_eq!(angle(-r, zero), -rounded(FRAC_PI_2));
        }
        for (sign, near, far) in [(1.0, FRAC_PI_4, 3.0 * FRAC_PI_4), (-1.0, -FRAC_PI_4, -3.0 * FRAC_PI_4)] {
            assert_eq!((angle(sign * r, r), angle(sign * r, -r)), (rounded(near), rounded(far)), "{r:e}");
        }
        let finite = if r < INFINITY { r } else { 1.0 };
        assert_eq!((angle(finite, INFINITY), angle(-finite, -INFINITY)), (0.0, -rounded(PI)));
        assert_eq!((angle(INFINITY, finite), angle(-INFINITY, -finite)), (rounded(FRAC_PI_2), -rounded(FRAC_PI_2)));
    }
}

fn nan_stays_nan() {
    for function in Function::ALL {
        assert!(function.at(f64::NAN, 1.0).is_nan(), "{}", function.name());
        assert!(function.at(f32::NAN, 1.0).is_nan(), "{} in f32", function.name());
    }
    for y in [0.0, 1.0, -2.0, INFINITY] {
        assert!(Function::Atan2.at(y, f64::NAN).is_nan(), "{y}");
    }
}

/// Relations between the functions. Each has a bound from the errors of those in it, in machine epsilons, which are at
/// most twice a relative error of a unit in the last place.
fn identities<R: Real>(epsilon: f64) {
    for_cases("elementary::identities", 20_000, |_, draws| {
        let x = R::PRECISION.rounded(6.0 * draws.normal());
        let of = |function: Function, x: f64| at::<R>(function, x);
        let close = |name: &str, found: f64, expected: f64, most: f64| {
            let error = (found - expected).abs() / epsilon;
            assert!(error <= most, "{name} at {x:e}: {found:e}, not {expected:e}; {error:.2} epsilon");
        };
        let positive = x.abs().max(1e-6);
        let log = of(Function::Log, positive);
        close("exp log", of(Function::Exp, log) / positive, 1.0, 2.0 + log.abs());
        close("exp x exp −x", of(Function::Exp, x) * of(Function::Exp, -x), 1.0, 2.0);
        let (sine, cosine) = sin_cos(R::splat(x));
        let (sine, cosine) = (sine.lane(0), cosine.lane(0));
        assert_eq!((sine, cosine), (of(Function::Sin, x), of(Function::Cos, x)));
        close("sin² + cos²", sine * sine + cosine * cosine, 1.0, 3.2);
        assert_eq!((of(Function::Sin, -x), of(Function::Cos, -x)), (-sine, cosine));
        for function in [Function::Erf, Function::Tanh] {
            assert_eq!(of(function, -x), -of(function, x), "{} is odd", function.name());
        }
        let angle = Function::Atan2.at(R::splat(sine), R::splat(cosine)).lane(0);
        close("cos of the angle", of(Function::Cos, angle), cosine, 6.0);
        let c = R::PRECISION.rounded(2.0 * draws.uniform() - 1.0);
        close("acos", of(Function::Acos, c) + of(Function::Acos, -c), PI, 6.0);
        close("cos acos", of(Function::Cos, of(Function::Acos, c)), c, 6.0);
    });
}

fn names_are_told_apart() {
    for (i, function) in Function::ALL.iter().enumerate() {
        assert!(Function::ALL[..i].iter().all(|other| other.name() != function.name()), "{}", function.name());
        assert_eq!(function.arguments(), if function.name() == "atan2" { 2 } else { 1 });
    }
}
