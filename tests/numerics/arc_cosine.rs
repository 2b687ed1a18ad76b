//! Rung 1, mathematics: the angle and the arc-cosine kernel against `libm` and against series, over the whole half
//! circle.

use crate::support::for_cases;
use spurious::numerics::Real;
use spurious::numerics::arc_cosine::{angle_of, kernel_deficit};
use std::f64::consts::PI;

trials![
    f64_angles_match_libm = || angles_match_libm::<f64>(f64::EPSILON),
    f32_angles_match_libm = || angles_match_libm::<f32>(f64::from(f32::EPSILON)),
    angles_at_the_axes,
    f64_deficit_matches_series = || deficit_matches_series::<f64>(f64::EPSILON),
    f32_deficit_matches_series = || deficit_matches_series::<f32>(f64::from(f32::EPSILON)),
    a_zero_vector_has_no_angle,
];

/// Random points of the upper half plane, rounded to the format: angles uniform, or close to 0, π/4, π/2, 3π/4 or π at
/// every distance down to 1e-12, and radii from 1e-3 to 1e3.
fn for_points<R: Real>(name: &str, test: impl Fn(R, R, R)) {
    for_cases(name, 200_000, |case, draws| {
        let small = libm::exp(-27.0 * draws.uniform());
        let angle = match case % 7 {
            0 => PI * draws.uniform(),
            1 => small,
            2 => PI - small,
            3 => 0.5 * PI + small - 0.5e-12,
            4 => 0.5 * PI - small,
            5 => 0.25 * PI + small,
            _ => 0.75 * PI - small,
        };
        let radius = libm::exp(6.9 * (2.0 * draws.uniform() - 1.0));
        let x = R::splat(radius * libm::cos(angle));
        let y = R::splat((radius * libm::sin(angle)).abs());
        test(x, y, (x * x + y * y).sqrt());
    });
}

/// Angle and supplement of the rounded point keep their relative precision everywhere.
///
/// Three machine epsilons: the radius, the sum under the fraction bar, the quotient, its square (of little weight), the
/// polynomial and its product are six roundings of half an epsilon each at worst, and what follows subtracts from π/2
/// or π at most half of it. 1.7 is the largest error seen in either format.
fn angles_match_libm<R: Real>(epsilon: f64) {
    for_points::<R>("arc_cosine::angles", |x, y, r| {
        let (fx, fy) = (x.lane(0), y.lane(0));
        let found = angle_of(x, y, r);
        for (name, found, expected) in [
            ("angle", found.angle.lane(0), libm::atan2(fy, fx)),
            ("supplement", found.supplement.lane(0), libm::atan2(fy, -fx)),
        ] {
            let error = (found - expected).abs() / (epsilon * expected);
            assert!(error <= 3.0, "{name} of ({fx:e}, {fy:e}): {found:e}, not {expected:e}; {error:.2} epsilon");
        }
    });
}

fn angles_at_the_axes() {
    for r in [1.0, 0.3, 1e-4, 1e4] {
        for (x, y, angle) in [(r, 0.0, 0.0), (0.0, r, 0.5 * PI), (-r, 0.0, PI)] {
            let found = angle_of::<f64>(x, y, r);
            assert_eq!((found.angle, found.supplement), (angle, PI - angle), "({x}, {y})");
            let found = angle_of::<f32>(x as f32, y as f32, r as f32);
            assert_eq!((found.angle, found.supplement), (angle as f32, (PI - angle) as f32), "({x}, {y}) in f32");
        }
    }
}

/// `π − g(φ)` without cancellation: `2π sin²(φ/2)` is exact to rounding, and so is `sin φ − φ cos φ` by its series
/// `Σ (−1)^{m+1} 2m φ^{2m+1}/(2m+1)!` below 1, where the terms fall at least tenfold.
fn deficit(angle: f64) -> f64 {
    let excess = if angle < 1.0 {
        let (mut term, mut sum) = (angle, 0.0);
        for m in 1..=14 {
            let n = f64::from(2 * m);
            // The next term of the sine series, with its sign; the wanted term is −2m times it.
            term *= -angle * angle / (n * (n + 1.0));
            sum -= n * term;
        }
        sum
    } else {
        libm::sin(angle) - angle * libm::cos(angle)
    };
    2.0 * PI * libm::sin(0.5 * angle).powi(2) - excess
}

/// Relative precision of the deficit down to angles of 1e-12, where it is 1.6e-24.
///
/// Nine machine epsilons: it is a difference whose second term is at most half of the first, so errors grow at most
/// threefold, and either term has a handful of roundings; just above 0.35, where the second term is a tenth of the
/// first, its direct form has lost a factor of 20. 4.5 is the largest error seen in either format.
fn deficit_matches_series<R: Real>(epsilon: f64) {
    for_points::<R>("arc_cosine::deficit", |x, y, r| {
        let expected = deficit(libm::atan2(y.lane(0), x.lane(0)));
        let found = kernel_deficit(x, y, r, angle_of(x, y, r).angle).lane(0);
        let error = (found - expected).abs() / (epsilon * expected);
        let (x, y) = (x.lane(0), y.lane(0));
        assert!(error <= 9.0, "({x:e}, {y:e}): {found:e}, not {expected:e}; {error:.2} epsilon");
    });
}

fn a_zero_vector_has_no_angle() {
    assert!(angle_of::<f64>(0.0, 0.0, 0.0).angle.is_nan());
    assert!(angle_of::<f32>(0.0, 0.0, 0.0).supplement.is_nan());
}
