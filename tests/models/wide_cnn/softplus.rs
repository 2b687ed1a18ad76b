//! Softplus and the logistic function against `libm`.

use crate::support::seed;
use spurious::models::wide_cnn::softplus::{reach, softplus};
use spurious::numerics::{CellSeed, Precision, Real};

trials![
    softplus_is_accurate_in_f64 = || is_accurate::<f64>(BOUNDS_F64),
    softplus_is_accurate_in_f32 = || is_accurate::<f32>(BOUNDS_F32),
    softplus_keeps_its_order,
];

/// `(log(1 + eˣ), 1/(1 + e⁻ˣ))` with `libm`, whose functions are good to 1 unit in the last place of f64.
fn exact(x: f64) -> (f64, f64) {
    let e = libm::exp(-x.abs());
    (x.max(0.0) + libm::log1p(e), if x < 0.0 { e / (1.0 + e) } else { 1.0 / (1.0 + e) })
}

/// Half the distance from 1 to the next number of a format.
fn unit<R: Real>() -> f64 {
    if R::PRECISION == Precision::F32 { f64::from(f32::EPSILON) / 2.0 } else { f64::EPSILON / 2.0 }
}

/// Bounds on errors in roundings: of both functions relative to their values from −1 on, and below that relative to the
/// values times `e^(|x|/4)`.
type Bounds = [f64; 3];
const BOUNDS_F64: Bounds = [9.0, 9.0, 10.0];
const BOUNDS_F32: Bounds = [9.0, 9.0, 10.0];

fn is_accurate<R: Real>([value_bound, slope_bound, low_bound]: Bounds) {
    let (reach, unit) = (reach(R::PRECISION), unit::<R>());
    let mut worst = [0.0f64; 3];
    let mut look = |x: f64| {
        // Both sides see the same number.
        let x = R::splat(x).lane(0);
        let (value, slope) = softplus(R::splat(x));
        let (value, slope) = (value.lane(0), slope.lane(0));
        let (exact_value, exact_slope) = exact(x);
        let [of_value, of_slope] =
            [(value, exact_value), (slope, exact_slope)].map(|(a, b)| (a - b).abs() / (b * unit));
        if x >= -1.0 {
            worst[0] = worst[0].max(of_value);
            worst[1] = worst[1].max(of_slope);
        } else if -x <= reach {
            worst[2] = worst[2].max(of_value.max(of_slope) * libm::exp(0.25 * x));
        } else {
            // Both stay what they are at the end of the reach: less than rounding of 1.
            let last = libm::exp(-reach);
            assert!(value > 0.0 && value <= 1.001 * last && slope > 0.0 && slope <= 1.001 * last, "{x}");
        }
    };
    for i in -200_000..=200_000 {
        look(f64::from(i) * 1.5 * reach / 200_000.0);
    }
    // Close to 0, and far out.
    for exponent in -300..=30 {
        let size = 10f64.powi(exponent).clamp(f64::from(f32::MIN_POSITIVE), 1e30);
        look(size);
        look(-size);
    }
    let mut draws = CellSeed::new(seed(), "wide_cnn::softplus").run(0);
    (0..50_000).for_each(|_| look(4.0 * draws.normal()));
    let holds = worst[0] <= value_bound && worst[1] <= slope_bound && worst[2] <= low_bound;
    assert!(holds, "roundings: {worst:?}, seed {}", seed());
    // The comparison can see them.
    assert!(worst.iter().all(|w| *w > 0.3), "roundings: {worst:?}");
}

/// Positive, above `max(x, 0)`, with slopes from 0 to 1 to rounding, in vectors as in numbers.
fn softplus_keeps_its_order() {
    for i in -60_000..60_000 {
        let x = f64::from(i) * 1e-3;
        let (value, slope) = softplus(x);
        assert!(value > 0.0 && value >= x, "{x}: {value}");
        assert!(slope > 0.0 && slope <= 1.0 + f64::EPSILON, "{x}: {slope}");
        let (single, slope) = softplus(x as f32);
        assert!(single > 0.0 && single >= x as f32 && slope > 0.0 && slope <= 1.0 + f32::EPSILON, "{x}");
    }
}
