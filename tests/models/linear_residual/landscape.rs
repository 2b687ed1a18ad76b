//! Identities: critical points and their losses, the balance of neighbouring layers, the reduction, the straight line.

use super::{MODEL, multiply, settings, starts, transpose};
use crate::support::{assert_close, distance, for_cases, largest, problem, random_point, run};
use spurious::descent::backend::cpu::Cpu;
use spurious::landscape::{Outcome, Settings, Status};
use spurious::numerics::real::Precision::F64;

trials![critical_points_are_known, layers_stay_balanced, reduced_equals_full, normal_targets_are_reached_on_a_line,];

/// Products that leave out some eigenvalues of the target are critical, of half the sum of their squares; all others
/// move.
fn critical_points_are_known() {
    let eigenvalues: [f64; 3] = [1.0, 2.0, 0.5];
    let set = [("layers", "3"), ("dimension", "3"), ("target_norm", "2.0"), ("condition", "4.0")];
    let problem = problem(MODEL, "full", &set, &settings(None, 10, 1e-10));
    for left_out in 0..8u32 {
        let mut state = Vec::new();
        for layer in 0..4 {
            for i in 0..9 {
                let kept = left_out >> (i / 4) & 1 == 0;
                let value = if layer == 3 { eigenvalues[i / 4] } else { eigenvalues[i / 4].cbrt() };
                state.push(if i % 4 == 0 && (kept || layer == 3) { value } else { 0.0 });
            }
        }
        let here = problem.evaluate(F64, &state);
        let squares = eigenvalues.iter().enumerate().filter(|(i, _)| left_out >> i & 1 == 1).map(|(_, x)| 0.5 * x * x);
        // Cubes of cube roots.
        assert_close(here.loss, squares.sum(), 1e-14, &format!("without {left_out:b}"));
        assert!(largest(&here.gradient) < 1e-14, "without {left_out:b}: {:e}", largest(&here.gradient));
        let stop = here.stop.unwrap();
        let expected = if left_out == 0 { Outcome::Global } else { Outcome::Saddle };
        assert_eq!((stop.status, stop.found), (Status::Converged, Some(expected)), "without {left_out:b}");
        state[0] += 1e-3;
        if left_out & 1 == 0 {
            assert_eq!(problem.evaluate(F64, &state).stop, None, "without {left_out:b}, moved");
        }
    }
}

/// `G_{i+1}ᵀ Θ_{i+1} + Θ_{i+1}ᵀ G_{i+1} = G_i Θ_iᵀ + Θ_i G_iᵀ`: the flow conserves `Θ_{i+1}ᵀ Θ_{i+1} − Θ_i Θ_iᵀ` (both
/// sides are `Θ_{i+1}ᵀ M_{i+1} P_iᵀ` and its transpose).
fn layers_stay_balanced() {
    let set = [("layers", "5"), ("dimension", "4"), ("target", "\"sphere\"")];
    let problem = problem(MODEL, "full", &set, &settings(None, 10, 1e-10));
    for_cases("linear_residual::balanced", 20, |case, draws| {
        let state = random_point(draws, 0.7, problem.dim());
        let gradient = problem.evaluate(F64, &state).gradient;
        let one = |x: &[f64], i: usize| x[i * 16..][..16].to_vec();
        for i in 0..4 {
            let above = multiply(&transpose(&one(&gradient, i + 1), 4), &one(&state, i + 1), 4);
            let below = multiply(&one(&gradient, i), &transpose(&one(&state, i), 4), 4);
            let sides = [above, below].map(|half| {
                let other = transpose(&half, 4);
                half.iter().zip(&other).map(|(x, y)| x + y).collect::<Vec<f64>>()
            });
            let scale = largest(&sides[0]).max(largest(&gradient));
            // Products of nine matrices, a few dozen roundings.
            assert!(distance(&sides[0], &sides[1]) < 1e-13 * scale, "case {case}, layer {i}");
        }
    });
}

/// The same draw in both forms: along 4,000 steps all layers are one polynomial in the target, with the eigenvalues
/// that the reduced form has. Traces of powers, and of the product with the target, determine them.
fn reduced_equals_full() {
    for (layers, basis) in [("2", "\"rotated\""), ("4", "\"rotated\""), ("7", "\"rotated\""), ("4", "\"eigen\"")] {
        let set = [("layers", layers), ("dimension", "4"), ("basis", basis)];
        let mut last = f64::INFINITY;
        for steps in [0, 1, 10, 100, 4000] {
            let settings = Settings { verdicts: false, ..settings(None, steps, 1e-300) };
            let forms = ["full", "reduced"].map(|form| problem(MODEL, form, &set, &settings));
            let [full, reduced] = forms.each_ref().map(|problem| {
                let from = starts(&set, problem, 5);
                run(&Cpu::new(F64), problem, &from).states
            });
            let depth: usize = layers.parse().unwrap();
            for (run, (full, reduced)) in full.chunks_exact(16 * depth + 16).zip(reduced.chunks_exact(8)).enumerate() {
                let what = format!("{layers} layers, {basis}, {steps} steps, run {run}");
                let (weights, target) = full.split_at(16 * depth);
                let (thetas, lambdas) = reduced.split_at(4);
                for layer in weights.chunks_exact(16) {
                    assert!(distance(layer, &weights[..16]) < 1e-12, "{what}: layers differ");
                }
                let mut power = target.to_vec();
                for exponent in 0..4 {
                    let trace: f64 = (0..4).map(|i| power[i * 5]).sum();
                    let sum: f64 = thetas.iter().zip(lambdas).map(|(t, l)| l * t.powi(exponent)).sum();
                    // Weights of order one, powers up to the fourth, times a target of norm √10.
                    assert_close(trace, sum, 1e-12 * 10.0, &format!("{what}: tr ΦΘ^{exponent}"));
                    power = multiply(&power, &weights[..16], 4);
                }
                if basis == "\"eigen\"" {
                    for (i, x) in weights.iter().enumerate() {
                        let expected = if i % 16 % 5 == 0 { thetas[i % 16 / 5] } else { 0.0 };
                        assert_close(*x, expected, if i % 16 % 5 == 0 { 1e-12 } else { 0.0 }, &what);
                    }
                }
                let losses = [forms[0].evaluate(F64, full).loss, forms[1].evaluate(F64, reduced).loss];
                assert_close(losses[0], losses[1], 1e-12, &format!("{what}: loss"));
                if run == 0 {
                    assert!(losses[1] < last, "{what}");
                    last = losses[1];
                }
            }
        }
        assert!(last < 1e-20, "{layers} layers end at {last:e}");
    }
}

/// For `Φ` a rotation by `φ` times `ρ` the layers stay equal complex numbers `z`, and under the flow `p = z^L` obeys
/// `ṗ = −L |p|^{2−2/L} (p − ρe^{iφ})`, since `ż = −z̄^{L−1}(p − ρe^{iφ})`: a straight line. Descent follows to first
/// order in its step.
fn normal_targets_are_reached_on_a_line() {
    let set = [("layers", "3"), ("dimension", "2"), ("target", "\"sphere\"")];
    for (rho, phi) in [(1.3f64, 2.5f64), (0.6, -1.2), (2.0, 0.4)] {
        let goal = [rho * phi.cos(), rho * phi.sin()];
        let time = 0.6;
        // The share of the way, by 100,000 steps of the midpoint rule, whose error is of order 1e-10.
        let speed = |s: f64| {
            let p = [1.0 + s * (goal[0] - 1.0), s * goal[1]];
            3.0 * (p[0] * p[0] + p[1] * p[1]).powf(2.0 / 3.0) * (1.0 - s)
        };
        let mut share = 0.0;
        let tick = time / 1e5;
        for _ in 0..100_000 {
            share += tick * speed(share + 0.5 * tick * speed(share));
        }
        let expected = [1.0 + share * (goal[0] - 1.0), share * goal[1]];
        let off = [400, 800].map(|steps: u32| {
            let settings = settings(Some(time / f64::from(steps)), steps, 1e-300);
            let problem = problem(MODEL, "full", &set, &settings);
            let identity = [1.0, 0.0, 0.0, 1.0];
            let state = [&identity[..], &identity, &identity, &[goal[0], -goal[1], goal[1], goal[0]]].concat();
            let end = run(&Cpu::new(F64), &problem, &state).states;
            let product = multiply(&end[8..12], &multiply(&end[4..8], &end[..4], 2), 2);
            // A complex number is the matrix (a, −b; b, a).
            assert_close(product[0], product[3], 1e-13, "normal");
            assert_close(product[1], -product[2], 1e-13, "normal");
            distance(&[product[0], product[2]], &expected)
        });
        assert!(share > 0.3 && off[0] < 0.02, "ρ={rho} φ={phi}: share {share}, {off:?}");
        let order = off[0] / off[1];
        assert!((1.8..2.2).contains(&order), "ρ={rho} φ={phi}: {off:?}");
    }
}
