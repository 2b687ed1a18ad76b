//! Values against an independent program in 90 digits (`oracle/cnn.py`), and components so small that they rest.

use crate::support::{assert_close, problem, run, settings};
use spurious::descent::backend::cpu::Cpu;
use spurious::landscape::Settings;
use spurious::models::find;
use spurious::numerics::Precision;

trials![small_components_of_a_filter_rest, full_matches_the_oracle, reduced_matches_the_oracle];

const F64: f64 = f64::EPSILON;

/// One case of `tests/oracle/cnn.json`; `cnn.py` beside it says how it was computed.
struct Case {
    filter_size: usize,
    patches: usize,
    filter_norm: f64,
    /// `(s² ‖a*‖² (q + π − 1) + (1ᵀa)² + (π − 1)‖a‖²) / 4π`: the sum of the positive terms of which the loss is made.
    /// An error relative to it, not to the loss, is all that f64 can promise where these cancel.
    energy: f64,
    set: Vec<(&'static str, String)>,
    point: Vec<f64>,
    loss: f64,
    gradient: Vec<f64>,
}

fn oracle() -> Vec<Case> {
    let json: serde_json::Value = serde_json::from_str(include_str!("../../oracle/cnn.json")).unwrap();
    let numbers = |v: &serde_json::Value| v.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect::<Vec<_>>();
    let cases: Vec<_> = json
        .as_array()
        .unwrap()
        .iter()
        .map(|case| {
            let number = |key: &str| case[key].as_f64().unwrap();
            let filter_size = case["filter_size"].as_u64().unwrap() as usize;
            let point = numbers(&case["point"]);
            let output = &point[filter_size..];
            let pi = std::f64::consts::PI;
            let teacher = (number("teacher_norm") * number("filter_norm")).powi(2) * (number("ratio") + pi - 1.0);
            let student = output.iter().sum::<f64>().powi(2) + (pi - 1.0) * output.iter().map(|a| a * a).sum::<f64>();
            let reals = ["ratio", "teacher_norm", "filter_norm"].map(|key| (key, format!("{:?}", number(key))));
            let sizes = ["filter_size", "patches"].map(|key| (key, case[key].to_string()));
            Case {
                filter_size,
                patches: case["patches"].as_u64().unwrap() as usize,
                filter_norm: number("filter_norm"),
                energy: (teacher + student) / (4.0 * pi),
                set: reals.into_iter().chain(sizes).collect(),
                loss: number("loss"),
                gradient: numbers(&case["gradient"]),
                point,
            }
        })
        .collect();
    assert!(cases.len() >= 31, "{} cases", cases.len());
    cases
}

impl Case {
    fn problem(&self, form: &str) -> spurious::landscape::problem::Problem {
        let set: Vec<_> = self.set.iter().map(|(name, value)| (*name, value.as_str())).collect();
        problem("cnn", form, &set, &settings())
    }

    /// Asserts loss and gradient to a relative 1e-12 of themselves or of the energy, a gradient's scale being the
    /// energy over the norm of its block of weights. It is 4,500 units in the last place: sums of up to 139 terms lose
    /// a few dozen, and the angle of the points closest to the teacher's magnifies them.
    fn check(&self, what: &str, loss: f64, expected: &[f64], found: &[f64], filter: usize) {
        let tolerance = |value: f64, scale: f64| 1e-12 * value.abs().max(scale);
        assert_close(loss, self.loss, tolerance(self.loss, self.energy), &format!("{what}: loss"));
        let norm = |block: &[f64]| block.iter().map(|x| x * x).sum::<f64>().sqrt();
        let radius = norm(&self.point[..self.filter_size]);
        let size = norm(&self.point[self.filter_size..]).max(self.filter_norm);
        assert_eq!(expected.len(), found.len());
        for (i, (&found, &expected)) in found.iter().zip(expected).enumerate() {
            let scale = self.energy / if i < filter { radius } else { size };
            assert_close(found, expected, tolerance(expected, scale), &format!("{what}: component {i}"));
        }
    }
}

fn full_matches_the_oracle() {
    for (index, case) in oracle().iter().enumerate() {
        let found = case.problem("full").evaluate(Precision::F64, &case.point);
        case.check(&format!("case {index}"), found.loss, &case.gradient, &found.gradient, case.filter_size);
    }
}

/// The oracle's points and gradients, projected as the reduced form says, with what the host adds for `A₃`.
fn reduced_matches_the_oracle() {
    for (index, case) in oracle().iter().enumerate() {
        let pi = std::f64::consts::PI;
        let k = case.patches as f64;
        let scale = if case.patches == 1 { 0.0 } else { (2.0 / k).sqrt() };
        let across: Vec<f64> =
            (0..case.patches).map(|j| scale * libm::cos(pi * (2 * j + 1) as f64 / (2.0 * k))).collect();
        let (filter, output) = case.point.split_at(case.filter_size);
        let y = filter[1..].iter().map(|v| v * v).sum::<f64>().sqrt();
        // Components of a full vector along h, u, e1 and e2.
        let project = |full: &[f64]| {
            let (on_filter, on_output) = full.split_at(case.filter_size);
            let u: f64 = on_filter[1..].iter().zip(&filter[1..]).map(|(g, v)| g * v / y).sum();
            let e1 = on_output.iter().sum::<f64>() / k.sqrt();
            let e2: f64 = on_output.iter().zip(&across).map(|(g, e)| g * e).sum();
            vec![on_filter[0], u, e1, e2]
        };
        let state = project(&case.point);
        let rest: f64 = output.iter().zip(&across).map(|(a, e)| (a - state[2] / k.sqrt() - state[3] * e).powi(2)).sum();
        let found = case.problem("reduced").evaluate(Precision::F64, &state);
        let loss = found.loss + (pi - 1.0) * rest / (4.0 * pi);
        case.check(&format!("case {index}"), loss, &project(&case.gradient), &found.gradient, 2);
        // The loss at the end of a run of no steps adds the same.
        let start = [&state[..], &[rest.sqrt()]].concat();
        let ended = case.problem("reduced").endpoint_loss(&start, &state, 0);
        assert_close(ended, loss, 4.0 * F64 * case.energy, &format!("case {index}: loss at the end"));
    }
    assert!(find("cnn").unwrap().forms().iter().any(|(form, _)| *form == "reduced"));
}

/// Subnormal numbers would cost a processor many times the time of others.
fn small_components_of_a_filter_rest() {
    let one = Settings { max_steps: 1, verdicts: false, tolerance: 1e-30, ..settings() };
    for (form, from) in [("full", [0.5, 2e-18, 0.5e-18]), ("reduced", [0.5, 2e-18, 0.1])] {
        let problem = problem("cnn", form, &[("filter_size", "3")], &one);
        let mut x = vec![0.1; problem.dim()];
        x[..3].copy_from_slice(&from);
        let slopes = problem.evaluate(Precision::F64, &x).gradient;
        let ends = run(&Cpu::new(Precision::F64), &problem, &x);
        assert!(slopes[1] != 0.0 && ends.states[1] != x[1], "{form}: {slopes:?}");
        x[1] = 0.5e-18;
        let slopes = problem.evaluate(Precision::F64, &x).gradient;
        let ends = run(&Cpu::new(Precision::F64), &problem, &x);
        assert!(slopes[1] == 0.0 && ends.states[1] == x[1] && ends.states.last() != x.last(), "{form}: {slopes:?}");
        if form == "full" {
            assert!(slopes[2] == 0.0 && ends.states[2] == x[2]);
        }
    }
}
