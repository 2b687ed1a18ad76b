//! Loss, gradient and Hessian against an independent program in 110 digits.

use super::{AT_REST, Size};
use crate::support::{assert_close, conditioning, distance, for_cases, largest, problem, random_point, settings_of};
use spurious::judge::classify::Classifier;
use spurious::landscape::Problem;
use spurious::numerics::real::Precision::{F32, F64};
use spurious::numerics::vector;
use spurious::numerics::vector::norm;

trials![
    values_match_the_oracle,
    hessians_match_the_oracle,
    f32_is_as_good_as_f32_can_be,
    general_teachers_see_what_orthonormal_ones_do,
    rotated_teachers_rotate_the_landscape,
];

/// One case of `tests/oracle/relu_sum.json`; `relu_sum.py` beside it says how it was computed.
struct Case {
    name: String,
    n: usize,
    k: usize,
    d: usize,
    teacher: Vec<f64>,
    point: Vec<f64>,
    loss: f64,
    /// `½ E[student²] + ½ E[teacher²]`: the positive terms of which the loss is the difference.
    energy: f64,
    gradient: Vec<f64>,
    /// Row, column and value of those entries of the Hessian that are known.
    hessian: Vec<(usize, usize, f64)>,
}

fn oracle() -> Vec<Case> {
    let json: serde_json::Value = serde_json::from_str(include_str!("../../oracle/relu_sum.json")).unwrap();
    let numbers = |v: &serde_json::Value| v.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect::<Vec<_>>();
    let matrix = |v: &serde_json::Value| v.as_array().unwrap().iter().flat_map(numbers).collect::<Vec<_>>();
    let case = |case: &serde_json::Value| {
        let size = |key: &str| case[key].as_u64().unwrap() as usize;
        let dim = size("n") * size("d");
        let hessian = match case.get("hessian") {
            Some(whole) => numbers(whole).into_iter().enumerate().map(|(i, x)| (i / dim, i % dim, x)).collect(),
            None => {
                let entries = case["hessian_entries"].as_array().unwrap().iter().map(numbers);
                entries.map(|e| (e[0] as usize, e[1] as usize, e[2])).collect()
            }
        };
        Case {
            name: case["case"].as_str().unwrap().to_string(),
            n: size("n"),
            k: size("k"),
            d: size("d"),
            teacher: matrix(&case["teacher"]),
            point: matrix(&case["point"]),
            loss: case["loss"].as_f64().unwrap(),
            energy: case["energy"].as_f64().unwrap(),
            gradient: numbers(&case["gradient"]),
            hessian,
        }
    };
    let cases: Vec<_> = json.as_array().unwrap().iter().map(case).collect();
    assert!(cases.len() >= 16, "{} cases", cases.len());
    cases
}

/// Norm of the neurons that fill up a student with fewer neurons than teachers, which no parameters name. Their share
/// of everything is a few parts in 1e15.
const NOTHING: f64 = 1e-14;

impl Case {
    /// The cell, and the point filled up with neurons of no weight.
    fn problem(&self) -> (Problem, Vec<f64>) {
        let mut point = self.point.clone();
        for _ in self.n..self.k {
            point.push(NOTHING);
            point.extend(vec![0.0; self.d - 1]);
        }
        let size = Size { n: self.n.max(self.k), k: self.k, d: self.d };
        (if self.is_standard() { size.problem() } else { with_teachers(size, "file", &self.teacher) }, point)
    }

    fn is_standard(&self) -> bool {
        self.teacher.iter().enumerate().all(|(i, &x)| x == f64::from(i / self.d == i % self.d))
    }

    fn shortest_neuron(&self) -> f64 {
        self.point.chunks_exact(self.d).map(norm).fold(f64::INFINITY, f64::min)
    }
}

/// To 1e-12: of the energy for the loss, of the largest slope, or of 1 where that is smaller, for the gradient. It is
/// 4,500 units in the last place; sums of up to 40 terms, each with a few roundings, lose some dozens.
fn values_match_the_oracle() {
    let (mut general, mut fewer) = (0, 0);
    for case in oracle() {
        let (problem, point) = case.problem();
        let found = problem.evaluate(F64, &point);
        assert_close(found.loss, case.loss, 1e-12 * case.energy, &format!("{}: loss", case.name));
        let off = distance(&found.gradient[..case.point.len()], &case.gradient);
        assert!(off <= 1e-12 * largest(&case.gradient).max(1.0), "{}: gradient off by {off:e}", case.name);
        general += usize::from(!case.is_standard());
        fewer += usize::from(case.n < case.k);
    }
    assert!(general >= 3 && fewer >= 2, "{general} cases of general teachers, {fewer} of few neurons");
}

/// To 1e-12 of the largest entry. Where a neuron is short its entries are large, and those of the others are compared
/// to the same scale.
fn hessians_match_the_oracle() {
    for case in oracle() {
        let (problem, point) = case.problem();
        let found = problem.hessian(&point).unwrap();
        let dim = point.len();
        assert_eq!(found.len(), dim * dim);
        let scale = case.hessian.iter().fold(1.0, |most: f64, (.., x)| most.max(x.abs()));
        for (row, column, expected) in &case.hessian {
            for (a, b) in [(row, column), (column, row)] {
                let what = format!("{}: entry {a}, {b}", case.name);
                assert_close(found[a * dim + b], *expected, 1e-12 * scale, &what);
            }
        }
        assert!(case.hessian.len() >= case.point.len().pow(2).min(60), "{}", case.name);
    }
}

/// The tolerance is what f64 itself says about points off by f32 roundings; see [`conditioning`]. Points that are no
/// f32 numbers are off by one rounding themselves, which the same allows for.
fn f32_is_as_good_as_f32_can_be() {
    for case in oracle() {
        let (problem, point) = case.problem();
        for_cases("relu_sum::oracle_f32", 3, |_, draws| {
            let (loss, gradient) = conditioning(&problem, &point, f64::from(f32::EPSILON), draws);
            let found = problem.evaluate(F32, &point);
            assert_close(found.loss, case.loss, loss, &format!("{}: loss", case.name));
            let off = distance(&found.gradient[..case.point.len()], &case.gradient);
            assert!(off <= gradient, "{}: gradient off by {off:e}, allowed {gradient:e}", case.name);
            // A rounding turns a neuron that is almost 0 anywhere.
            let loose = gradient > 1e-4 * (1.0 + largest(&case.gradient));
            assert!(!loose || case.shortest_neuron() < 1e-4 || case.n < case.k, "{}: proves nothing", case.name);
        });
    }
}

/// A cell whose teachers are read from a file.
fn with_teachers(size: Size, law: &str, rows: &[f64]) -> Problem {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("teachers.csv");
    let numbers = |row: &[f64]| row.iter().map(|x| format!(",{x:?}")).collect::<String>();
    let header: String = (0..size.d).map(|a| format!(",x{a}")).collect();
    let lines: String = rows.chunks_exact(size.d).map(|row| format!("v{}\n", numbers(row))).collect();
    std::fs::write(&path, format!("point{header}\n{lines}")).unwrap();
    let (law, file) = (format!("\"{law}\""), format!("'{}'", path.display()));
    let file = [("teacher", law.as_str()), ("teacher_file", file.as_str())];
    size.with(|set| problem("relu_sum", "full", &[set, &file].concat(), &settings_of("relu_sum")))
}

/// Unit vectors in another order are general teachers: the same sums, with inner products in place of components.
fn general_teachers_see_what_orthonormal_ones_do() {
    for (n, k, d) in [(3, 2, 2), (6, 6, 6), (5, 3, 7)] {
        let size = Size { n, k, d };
        let mut rows = vec![0.0; k * d];
        (0..k).for_each(|j| rows[j * d + k - 1 - j] = 1.0);
        let (general, unit) = (with_teachers(size, "file", &rows), size.problem());
        for_cases("relu_sum::general_teachers", 20, |_, draws| {
            let point = random_point(draws, 1.0, n * d);
            let (expected, found) = (unit.evaluate(F64, &point), general.evaluate(F64, &point));
            // Sums of n + k terms of order one, a few roundings each; the teacher constant is a sum of k² terms.
            let scale = 100.0 * f64::EPSILON * (n + k) as f64 * (1.0 + largest(&point)).powi(2);
            assert_close(found.loss, expected.loss, k as f64 * scale, &format!("{n}, {k}, {d}: loss"));
            let off = distance(&found.gradient, &expected.gradient);
            assert!(off <= scale, "{n}, {k}, {d}: gradient off by {off:e}");
            let (expected, found) = (unit.hessian(&point).unwrap(), general.hessian(&point).unwrap());
            // Terms like 1/‖w‖ of short neurons set the scale.
            let off = distance(&found, &expected);
            assert!(off <= 1e-13 * largest(&expected).max(1.0), "{n}, {k}, {d}: Hessian off by {off:e}");
            assert!(general.flat_directions(&point).is_empty(), "of general teachers nothing is known");
        });
    }
}

/// Orthonormal teachers in any frame: the landscape turns with them, and what is said of a point does not change.
fn rotated_teachers_rotate_the_landscape() {
    for (k, d) in [(6, 6), (3, 5)] {
        let size = Size { n: k, k, d };
        for_cases("relu_sum::rotated", 5, |_, draws| {
            let noise = random_point(draws, 1.0, d * d);
            let frame = vector::orthonormal(noise.chunks_exact(d));
            let turned = |point: &[f64]| -> Vec<f64> {
                let entry = |w: &[f64], a: usize| w.iter().zip(&frame).map(|(x, e)| x * e[a]).sum::<f64>();
                point.chunks_exact(d).flat_map(|w| (0..d).map(|a| entry(w, a)).collect::<Vec<_>>()).collect()
            };
            let rotated = with_teachers(size, "orthonormal", &frame[..k].concat());
            let unit = size.problem();
            let point = random_point(draws, 1.0, k * d);
            // Rounding of the rotation on top of that of the sums; see above.
            let scale = 1e3 * f64::EPSILON * (1.0 + largest(&point)).powi(2) * k as f64;
            let (expected, found) = (unit.evaluate(F64, &point), rotated.evaluate(F64, &turned(&point)));
            assert_close(found.loss, expected.loss, scale, "loss");
            assert!(distance(&found.gradient, &turned(&expected.gradient)) <= scale, "gradient");
            // Of further inputs only the span is known, not its basis: their part is compared by its norm.
            let (expected, found) = (unit.overlaps(&point), rotated.overlaps(&turned(&point)));
            assert_eq!((found.columns, found.movable), (expected.columns, k));
            assert!(distance(&found.entries, &expected.entries) <= scale, "overlaps");
            let directions = [unit.flat_directions(&point), rotated.flat_directions(&turned(&point))];
            assert_eq!(directions[0].len(), directions[1].len());
            let slope = rotated.evaluate(F64, &turned(&point)).gradient;
            for (_, direction) in &directions[1] {
                let along: f64 = slope.iter().zip(direction).map(|(g, v)| g * v).sum();
                assert!(along.abs() <= scale * norm(direction), "a slope along a symmetry: {along:e}");
                assert!(norm(direction) > 0.1);
            }
        });
    }
    // A minimum keeps its family.
    let (point, size) = (super::point("II", 6), Size::square(6));
    for_cases("relu_sum::rotated_family", 2, |_, draws| {
        let noise = random_point(draws, 1.0, 36);
        let frame = vector::orthonormal(noise.chunks_exact(6));
        let rotated = with_teachers(size, "orthonormal", &frame.concat());
        let entry = |w: &[f64], a: usize| w.iter().zip(&frame).map(|(x, e)| x * e[a]).sum::<f64>();
        let turned: Vec<f64> = (0..36).map(|i| entry(&point.weights[i / 6 * 6..][..6], i % 6)).collect();
        let unit = size.problem();
        let [a, b] = [(&unit, &point.weights), (&rotated, &turned)].map(|(problem, point)| {
            Classifier::new(problem).classify(problem, point, &AT_REST).family.expect("a family")
        });
        assert!(a.is_same(&b), "{a:?}, {b:?}");
        // The family's point is one of weights, whatever the frame.
        let in_frame = rotated.image(&b.point).entries;
        assert!(distance(&a.point, &in_frame) < 1e-10, "canonical order and frame make them equal");
        let at = rotated.evaluate(F64, &b.point);
        assert!((at.loss - a.loss).abs() < 1e-12 && norm(&at.gradient) < 1e-10, "{at:?}");
    });
}
