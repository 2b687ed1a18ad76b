//! The Hessian in closed form: against differences of the gradient, and what the symmetry of the loss says of it.

use crate::support::{Set, assert_close, for_cases, largest, problem, random_point, settings_of, values};
use spurious::judge::refine;
use spurious::landscape::Problem;
use spurious::models;
use spurious::numerics::Draws;
use spurious::numerics::real::Precision::F64;
use spurious::numerics::vector::{dot, norm};

trials![
    slopes_of_the_gradient,
    lengths_of_the_filter_scale_blocks,
    flat_along_the_filter,
    on_the_axis_of_the_teacher,
    short_filters_keep_their_index,
    differences_of_the_reduced_form_agree,
];

const SETS: [(usize, Set); 4] = [
    (2, &[("filter_size", "2"), ("patches", "1"), ("ratio", "1.0"), ("teacher_norm", "1.3")]),
    (2, &[("filter_size", "2"), ("patches", "2"), ("ratio", "1.0")]),
    (3, &[("filter_size", "3"), ("patches", "2"), ("ratio", "0.0"), ("filter_norm", "0.5")]),
    (6, &[("filter_size", "6"), ("patches", "7"), ("ratio", "3.0"), ("filter_norm", "2.0")]),
];

fn full(set: Set) -> Problem {
    problem("cnn", "full", set, &settings_of("cnn"))
}

/// A point whose filter has a direction that is well told, and is about 1 long.
fn usual(draws: &mut Draws, size: usize, dim: usize) -> Vec<f64> {
    loop {
        let point = random_point(draws, 1.0, dim);
        if norm(&point[1..size]) > 0.3 && norm(&point[..size]) < 3.0 {
            return point;
        }
    }
}

fn closed(problem: &Problem, point: &[f64]) -> Vec<f64> {
    problem.hessian(point).expect("a closed form")
}

/// Four-point differences: wrong by the fourth power of the step times fifth derivatives, which are some thousands at
/// filters of length 0.3, and by rounding over the step.
fn slopes_of_the_gradient() {
    const STEP: f64 = 1e-3;
    for (size, set) in SETS {
        let problem = full(set);
        let dim = problem.dim();
        for_cases("cnn::hessian", 40, |_, draws| {
            let point = usual(draws, size, dim);
            let hessian = closed(&problem, &point);
            for i in 0..dim {
                let at = |by: f64| {
                    let mut moved = point.clone();
                    moved[i] += by * STEP;
                    problem.evaluate(F64, &moved).gradient
                };
                let [a, b, c, d] = [at(-2.0), at(-1.0), at(1.0), at(2.0)];
                for j in 0..dim {
                    let slope = (8.0 * (c[j] - b[j]) - (d[j] - a[j])) / (12.0 * STEP);
                    let (here, scale) = (hessian[i * dim + j], 1.0 + largest(&hessian));
                    assert_close(here, slope, 1e-7 * scale, &format!("{set:?}: entry {i}, {j} at {point:?}"));
                    assert_eq!(here.to_bits(), hessian[j * dim + i].to_bits(), "{i}, {j}");
                }
            }
        });
    }
}

/// The loss does not change with the length of the filter: the blocks are of degree −2, −1 and 0 in it, down to
/// lengths whose squares are no normal numbers.
fn lengths_of_the_filter_scale_blocks() {
    for (size, set) in SETS {
        let problem = full(set);
        let dim = problem.dim();
        for_cases("cnn::hessian lengths", 20, |_, draws| {
            let point = usual(draws, size, dim);
            let before = closed(&problem, &point);
            for scale in [1e-3, 1e-6, 1e-60, 1e-150, 1e3, 1e100] {
                let mut other = point.clone();
                other[..size].iter_mut().for_each(|v| *v *= scale);
                for (at, (x, y)) in closed(&problem, &other).into_iter().zip(&before).enumerate() {
                    let filters = [at / dim, at % dim].into_iter().filter(|i| *i < size).count();
                    let expected = (0..filters).fold(*y, |y, _| y / scale);
                    let rounding = 1e-13 * (0..filters).fold(largest(&before), |y, _| y / scale);
                    assert_close(x, expected, rounding, &format!("{set:?}, times {scale:e}, entry {at}"));
                }
            }
        });
    }
}

/// Euler: along the filter, the slope of the gradient is minus the gradient in the filter, and 0 in the outputs.
fn flat_along_the_filter() {
    for (size, set) in SETS {
        let problem = full(set);
        let dim = problem.dim();
        for_cases("cnn::hessian along", 20, |_, draws| {
            let point = usual(draws, size, dim);
            let gradient = problem.evaluate(F64, &point).gradient;
            let hessian = closed(&problem, &point);
            for (i, row) in hessian.chunks_exact(dim).enumerate() {
                let along = dot(&row[..size], &point[..size]);
                let expected = if i < size { -gradient[i] } else { 0.0 };
                assert_close(along, expected, 1e-13 * (1.0 + largest(&hessian)), &format!("{set:?}, row {i}"));
            }
        });
    }
}

/// `sT/2r²` across the filter beside the teacher, 0 opposite to it; the outputs do not see the filter move.
fn on_the_axis_of_the_teacher() {
    let (size, set) = SETS[3];
    let problem = full(set);
    let dim = problem.dim();
    let teacher = models::find("cnn").expect("the model").teacher(&values("cnn", set)).expect("a teacher");
    for (along, factor) in [(0.5, 1.0), (-0.5, 0.0), (1e-9, 1.0), (-1e-9, 0.0)] {
        let mut point = vec![0.0; dim];
        point[0] = along;
        point[size..].iter_mut().enumerate().for_each(|(j, a)| *a = 0.3 + 0.1 * j as f64);
        let turn = factor * 2.0 * dot(&point[size..], &teacher[size..]) / (2.0 * along * along);
        let hessian = closed(&problem, &point);
        for i in 0..dim {
            for j in 0..size {
                let expected = if i == j && i > 0 { turn } else { 0.0 };
                assert_close(hessian[i * dim + j], expected, 1e-14 * (1.0 + turn.abs()), &format!("{along}: {i}, {j}"));
            }
        }
    }
}

/// A congruence takes the Hessian of a short filter to that of one of length 1: the index is the same. Differences with
/// a step that does not know the filter's length find 0 at the first point.
fn short_filters_keep_their_index() {
    let problem = full(SETS[1].1);
    let index = |length: f64, angle: f64, a: [f64; 2]| {
        let spectrum = refine::spectrum(&problem, &[length * angle.cos(), length * angle.sin(), a[0], a[1]]);
        let spectrum = spectrum.expect("a Hessian");
        (spectrum.index(), spectrum.undecided(), spectrum.min())
    };
    let (found, open, lowest) = index(2e-6f64.sqrt(), std::f64::consts::FRAC_PI_4, [1.0; 2]);
    assert_eq!((found, open), (1, 0));
    assert_close(lowest, -0.0103, 1e-4, "smallest eigenvalue");
    for angle in [0.3, 1.0, 2.0, 3.0] {
        for a in [[1.0, 1.0], [-0.5, 0.2], [2.0, -0.1]] {
            let expected = index(1.0, angle, a);
            assert_eq!(expected.1, 0, "{angle}, {a:?}");
            for length in [1e-1, 1e-2, 1e-3, 1e-4, 1e-5] {
                let (found, open, _) = index(length, angle, a);
                assert!(found <= expected.0 && expected.0 <= found + open, "{length}, {angle}, {a:?}: {found}, {open}");
                assert!(open == 0 || length < 1e-4, "{length}, {angle}, {a:?}: {open} undecided");
            }
            // So short that rounding hides the other eigenvalues, which is said.
            let (found, open, _) = index(1e-9, angle, a);
            assert!(open > 0 && found <= expected.0 && expected.0 <= found + open, "{angle}, {a:?}: {found}, {open}");
        }
    }
}

/// With two components and two patches the reduced form is a rotation of the full one. It has no closed form: its
/// differences agree to the error that they state, and that is small, for filters of every length.
fn differences_of_the_reduced_form_agree() {
    let full = full(SETS[1].1);
    let reduced = problem("cnn", "reduced", SETS[1].1, &settings_of("cnn"));
    assert!(reduced.hessian(&[1.0; 4]).is_none());
    for_cases("cnn::hessian reduced", 40, |_, draws| {
        let usual = usual(draws, 2, 4);
        for (length, output) in
            [(10.0, 1.0), (1.0, 1.0), (0.1, 1.0), (1e-3, 1.0), (1e-5, 1.0), (1e-8, 1.0), (1e-6, 1e-6)]
        {
            let [x, y, a, b] = [length * usual[0], length * usual[1].abs(), output * usual[2], output * usual[3]];
            let half = 0.5f64.sqrt();
            let ours = refine::spectrum(&reduced, &[x, y, half * (a + b), half * (a - b)]).expect("differences");
            let exact = refine::spectrum(&full, &[x, y, a, b]).expect("a closed form");
            let scale = largest(&closed(&full, &[x, y, a, b]));
            let what = format!("length {length}, {usual:?}: {ours:?}, {exact:?}");
            assert!(ours.error < 1e-6 * scale, "{what}");
            for (p, q) in ours.eigenvalues.iter().zip(&exact.eigenvalues) {
                assert!((p - q).abs() <= ours.error + exact.error, "{what}");
            }
            let least = exact.index()..=exact.index() + exact.undecided();
            assert!(ours.index() <= *least.end() && *least.start() <= ours.index() + ours.undecided(), "{what}");
        }
    });
}
