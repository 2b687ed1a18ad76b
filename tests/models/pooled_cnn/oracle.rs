//! Loss, gradient and Hessian against an independent program in 90 digits, and the symmetries of the loss.

use super::Net;
use crate::support::{assert_close, distance, for_cases, largest, random_point};
use spurious::numerics::real::Precision::F64;
use spurious::numerics::vector::{dot, norm};

trials![
    values_match_the_oracle,
    hessians_match_the_oracle,
    hessians_match_differences,
    the_loss_knows_no_direction_of_the_signal,
    the_loss_scales,
    strides_beyond_the_filter_are_one,
    the_lipschitz_constant_bounds_hessians,
];

/// One case of `tests/oracle/pooled_cnn.json`; `pooled_cnn.py` beside it says how it was computed.
struct Case {
    net: Net,
    /// Filter, then teacher.
    state: Vec<f64>,
    loss: f64,
    gradient: Vec<f64>,
    hessian_diagonal: Vec<f64>,
}

fn oracle() -> Vec<Case> {
    let json: serde_json::Value = serde_json::from_str(include_str!("../../oracle/pooled_cnn.json")).unwrap();
    let cases = json.as_array().unwrap().iter().map(|case| {
        let size = |key: &str| case[key].as_u64().unwrap() as usize;
        let numbers = |key: &str| case[key].as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect::<Vec<_>>();
        Case {
            net: Net(size("filter_length"), size("patches"), size("stride")),
            state: [numbers("point"), numbers("teacher")].concat(),
            loss: case["loss"].as_f64().unwrap(),
            gradient: numbers("gradient"),
            hessian_diagonal: numbers("hessian_diagonal"),
        }
    });
    let cases: Vec<Case> = cases.collect();
    assert!(cases.len() >= 50, "{} cases", cases.len());
    cases
}

/// The loss is a sum of terms of the size of `‖w‖² + ‖w*‖²`, of which a hundred roundings are 2e-14; the gradient's are
/// as large as the norms.
fn values_match_the_oracle() {
    for (index, case) in oracle().iter().enumerate() {
        let found = case.net.open().evaluate(F64, &case.state);
        let m = case.gradient.len();
        let scale = dot(&case.state, &case.state);
        assert_close(found.loss, case.loss, 2e-14 * scale, &format!("case {index}, {:?}: loss", case.net));
        let off = distance(&found.gradient[..m], &case.gradient);
        assert!(off <= 2e-14 * scale.sqrt(), "case {index}, {:?}: gradient off by {off:e}", case.net);
        assert!(found.gradient[m..].iter().all(|g| *g == 0.0), "case {index}");
    }
}

/// Where filter and teacher are nearly parallel, or nearly opposite, the sine is a difference that keeps its digits.
fn hessians_match_the_oracle() {
    for (index, case) in oracle().iter().enumerate() {
        let m = case.gradient.len();
        let found = case.net.open().hessian(&case.state).unwrap();
        let diagonal: Vec<f64> = (0..m).map(|i| found[i * 2 * m + i]).collect();
        // Relative to the weights of the pairs, which add up to 1, over the ratio of the norms.
        let scale = 1.0 + norm(&case.state[m..]) / norm(&case.state[..m]);
        let off = distance(&diagonal, &case.hessian_diagonal);
        assert!(off <= 1e-12 * scale, "case {index}, {:?}: off by {off:e}", case.net);
    }
}

const NETS: [Net; 6] = [Net(2, 3, 1), Net(3, 7, 3), Net(5, 20, 2), Net(8, 3, 1), Net(12, 100, 1), Net(6, 9, 4)];

/// Every entry, by differences of the gradient that the oracle has confirmed.
fn hessians_match_differences() {
    for net in NETS {
        let problem = net.open();
        let m = net.0;
        for_cases("pooled_cnn::hessians", 10, |_, draws| {
            let state = random_point(draws, 1.0, 2 * m);
            let exact = problem.hessian(&state).unwrap();
            let h = 1e-5 * largest(&state);
            for i in 0..m {
                let slope = |by: f64| {
                    let mut moved = state.clone();
                    moved[i] += by;
                    problem.evaluate(F64, &moved).gradient
                };
                let quotient = |h: f64| -> Vec<f64> {
                    let (ahead, behind) = (slope(h), slope(-h));
                    ahead.iter().zip(behind).map(|(a, b)| (a - b) / (2.0 * h)).collect()
                };
                let (fine, coarse) = (quotient(h), quotient(2.0 * h));
                for j in 0..m {
                    let better = fine[j] + (fine[j] - coarse[j]) / 3.0;
                    let tolerance = (fine[j] - coarse[j]).abs() + 1e-9;
                    assert_close(exact[i * 2 * m + j], better, tolerance, &format!("{net:?}, entry {i}, {j}"));
                }
            }
        });
    }
}

/// `ℓ(w; w*) = ℓ(rev w; rev w*)`, and no other sign or order.
fn the_loss_knows_no_direction_of_the_signal() {
    for net in NETS {
        let problem = net.open();
        for_cases("pooled_cnn::reversal", 20, |_, draws| {
            let mut state = random_point(draws, 1.0, 2 * net.0);
            let loss = problem.evaluate(F64, &state).loss;
            let scale = dot(&state, &state);
            state[..net.0].reverse();
            let half = problem.evaluate(F64, &state).loss;
            state[net.0..].reverse();
            let both = problem.evaluate(F64, &state).loss;
            assert_close(both, loss, 1e-14 * scale, &format!("{net:?}"));
            assert!((half - loss).abs() > 1e-9 * scale, "{net:?}: the teacher's reverse is another network");
        });
    }
}

/// `ℓ(cw; cw*) = c² ℓ(w; w*)`
fn the_loss_scales() {
    for net in NETS {
        let problem = net.open();
        for_cases("pooled_cnn::scale", 20, |_, draws| {
            let state = random_point(draws, 1.0, 2 * net.0);
            let scale = draws.normal().exp();
            let larger: Vec<f64> = state.iter().map(|x| scale * x).collect();
            let (loss, there) = (problem.evaluate(F64, &state).loss, problem.evaluate(F64, &larger).loss);
            assert_close(there, scale * scale * loss, 1e-13 * dot(&larger, &larger), &format!("{net:?}"));
        });
    }
}

/// Patches that share no number do not know how far apart they are.
fn strides_beyond_the_filter_are_one() {
    for_cases("pooled_cnn::strides", 20, |_, draws| {
        let state = random_point(draws, 1.0, 10);
        let [at, beyond] = [5, 9].map(|stride| Net(5, 6, stride).open().evaluate(F64, &state));
        assert_eq!(at, beyond);
    });
}

/// The Hessians of two filters in a ball differ by no more than the constant times their distance; somewhere by a good
/// part of it.
fn the_lipschitz_constant_bounds_hessians() {
    for net in NETS {
        let problem = net.open();
        let m = net.0;
        let mut closest: f64 = 0.0;
        let largest_share = std::sync::Mutex::new(&mut closest);
        for_cases("pooled_cnn::lipschitz", 200, |case, draws| {
            let mut state = random_point(draws, 1.0, 2 * m);
            // Half of them beside the teacher or its opposite, where the third derivatives jump.
            if case % 2 == 0 {
                let sign = if case % 4 == 0 { 1.0 } else { -1.0 };
                let near: Vec<f64> = state[m..].iter().map(|v| sign * v + 0.01 * draws.normal()).collect();
                state[..m].copy_from_slice(&near);
            }
            let radius = 1e-3 * norm(&state[..m]);
            let mut there = state.clone();
            let way = random_point(draws, 1.0, m);
            there[..m].iter_mut().zip(&way).for_each(|(x, d)| *x += radius * d / norm(&way));
            let (a, b) = (problem.hessian(&state).unwrap(), problem.hessian(&there).unwrap());
            let difference: Vec<f64> = a.iter().zip(&b).map(|(x, y)| x - y).collect();
            // The norm of a matrix is no less than that of what it makes of any unit vector.
            let direction = random_point(draws, 1.0, m);
            let image: Vec<f64> =
                difference.chunks_exact(2 * m).take(m).map(|row| dot(&row[..m], &direction)).collect();
            let found = norm(&image) / norm(&direction);
            let allowed = problem.hessian_lipschitz(&state, radius) * radius;
            assert!(found <= allowed, "{net:?}: {found:e} > {allowed:e}");
            let mut most = largest_share.lock().unwrap();
            **most = most.max(found / allowed);
        });
        assert!(closest > 0.01, "{net:?}: the constant is {closest} of what is met");
    }
}
