//! Samples, targets, loss and gradient against an independent program in 60 digits; second derivatives against
//! differences.

use super::{Sizes, cell};
use crate::support::{Set, assert_close, cells, distance, for_cases, largest, random_point, seed, values};
use spurious::landscape::{Model, Problem};
use spurious::models::wide_cnn::WideCnn;
use spurious::numerics::CellSeed;
use spurious::numerics::real::Precision::F64;

trials![
    values_match_the_oracle,
    data_match_the_oracle,
    data_and_starts_are_pinned,
    starts_are_made_of_the_draws,
    hessians_match_differences,
];

/// Calls `check` with every case of `tests/oracle/wide_cnn.json`: its parameters, its cell and its numbers by name.
fn for_oracle(check: impl Fn(&str, &Problem, &dyn Fn(&str) -> Vec<f64>)) {
    let json: serde_json::Value = serde_json::from_str(include_str!("../../oracle/wide_cnn.json")).unwrap();
    let cases = json.as_array().unwrap();
    assert!(cases.len() >= 9, "{} cases", cases.len());
    for case in cases {
        let names = WideCnn.parameters().iter().map(|p| p.name).filter(|name| case.get(name).is_some());
        let set: Vec<(&str, String)> = names.map(|name| (name, case[name].to_string())).collect();
        assert_eq!(set.len(), 7);
        let set: Vec<(&str, &str)> = set.iter().map(|(name, text)| (*name, text.as_str())).collect();
        let numbers = |name: &str| match &case[name] {
            serde_json::Value::Array(all) => all.iter().map(|x| x.as_f64().unwrap()).collect(),
            one => vec![one.as_f64().unwrap()],
        };
        check(&format!("{set:?}"), &cell(&set, |_| {}), &numbers);
    }
}

/// To 1e-12: of the loss and the terms whose squares it is, and of the largest slope. That is 4,500 units in the last
/// place; sums of up to 500 terms, and data that are off by one unit, lose some dozens.
fn values_match_the_oracle() {
    for_oracle(|what, problem, numbers| {
        let found = problem.evaluate(F64, &numbers("point"));
        let scale = numbers("loss")[0] + numbers("data").iter().map(|x| x * x).sum::<f64>();
        assert_close(found.loss, numbers("loss")[0], 1e-12 * scale, &format!("{what}: loss"));
        let expected = numbers("gradient");
        let off = distance(&found.gradient, &expected);
        assert!(off <= 1e-12 * largest(&expected).max(1.0), "{what}: gradient off by {off:e}");
    });
}

/// Quantiles are good to some units in the last place, and twice as many where the density is small.
fn data_match_the_oracle() {
    for_oracle(|what, problem, numbers| {
        let (found, expected) = (problem.program(F64).data, numbers("data"));
        assert_eq!(found.len(), expected.len(), "{what}");
        for (i, (x, expected)) in found.iter().zip(&expected).enumerate() {
            assert_close(*x, *expected, 8.0 * f64::EPSILON * expected.abs(), &format!("{what}: number {i}"));
        }
    });
}

fn start(set: Set, seed: u64, run: u64) -> Vec<f64> {
    cell(set, |_| {}).start(CellSeed::new(seed, &WideCnn.identity(&values("wide_cnn", set))), run)
}

fn hex(numbers: &[f64]) -> Vec<String> {
    numbers.iter().map(|x| format!("{:016x}", x.to_bits())).collect()
}

/// Published results depend on these bits: they change with a new format version only. More samples begin with those of
/// fewer, whatever the network.
fn data_and_starts_are_pinned() {
    let data = |set: Set| Sizes::of(&cell(set, |_| {})).data;
    const TWENTY: Set = &[("filters", "4"), ("samples", "20"), ("input_length", "8")];
    let usual = data(TWENTY);
    let first = start(TWENTY, 2018, 0);
    let pinned = [&usual[..3], &usual[160..162], &[first[0], first[36], first[59]]].concat();
    assert_eq!(hex(&pinned), PINNED);
    let longer = data(&[
        ("samples", "30"),
        ("filters", "1"),
        ("input_length", "8"),
        ("filter_length", "8"),
        ("activation", "\"relu\""),
    ]);
    assert!(longer[..160] == usual[..160] && longer[240..260] == usual[160..]);
    for other in [("data_seed", "1"), ("data_seed", "2")] {
        assert!(
            Sizes::of(&cell(&[TWENTY, &[other]].concat(), |_| {})).data.iter().all(|x| !usual.contains(x)),
            "{other:?}"
        );
    }
    assert!(hex(&first[12..36]).iter().chain(&hex(&first[60..])).all(|zero| zero == "0000000000000000"));
}

/// Numbers of the first sample, the first targets; weights of the first and the last filter and read-out.
const PINNED: [&str; 8] = [
    "bfa20fb0ae774138",
    "bfe9cf8a45b7bd8d",
    "3ff9f22c0a304853",
    "bfe1fd6feb72cee5",
    "bfd5f91548a7f461",
    "bfcf064f2b97dbe2",
    "bfca3eefc79c1b71",
    "3f9d7390fa6d52dc",
];

/// Every weight is the next normal number times its scale, whatever the biases' scale is.
fn starts_are_made_of_the_draws() {
    let wide: Set = &[("start_filter_scale", "2.0"), ("start_bias_scale", "0.5"), ("start_output_scale", "0.3")];
    let cases: [(Set, &str, [f64; 3]); 3] = [
        (&[], "wide_cnn", [1.0, 0.0, 1.0]),
        (&[("activation", "\"relu\""), ("rest_gradient", "1e-6")], "wide_cnn", [1.0, 0.0, 1.0]),
        (wide, "wide_cnn;start_filter_scale=2;start_bias_scale=0.5;start_output_scale=0.3", [2.0, 0.5, 0.3]),
    ];
    for (set, identity, [filter, bias, output]) in cases {
        for run in [0, 1, 1 << 40] {
            let mut draws = CellSeed::new(seed(), identity).run(run);
            for (i, x) in start(set, seed(), run).into_iter().enumerate() {
                // 2 filters of length 3 on 4 patches.
                let scale = match i {
                    0..6 => filter / 3f64.sqrt(),
                    14..22 => output / 8f64.sqrt(),
                    _ => bias,
                };
                assert_eq!(x, scale * draws.normal(), "{identity}, run {run}, weight {i}, seed {}", seed());
            }
        }
    }
}

/// Differences of the gradient over `h` and `2h`: extrapolated, their error is at most their distance, and that of
/// rounding. Both triangles are compared.
fn hessians_match_differences() {
    for set in cells("wide_cnn") {
        let problem = cell(set, |_| {});
        for_cases("wide_cnn::hessian", 5, |_, draws| {
            let x = random_point(draws, 0.7, problem.dim());
            let found = problem.hessian(&x).unwrap();
            let scale = largest(&found);
            for i in 0..x.len() {
                let slopes = |by: f64| {
                    let mut moved = x.clone();
                    moved[i] += by;
                    problem.evaluate(F64, &moved).gradient
                };
                let quotient = |h: f64| {
                    let (ahead, behind) = (slopes(h), slopes(-h));
                    ahead.iter().zip(behind).map(|(a, b)| (a - b) / (2.0 * h)).collect::<Vec<_>>()
                };
                let (fine, coarse) = (quotient(1e-5), quotient(2e-5));
                for (j, (f, c)) in fine.into_iter().zip(coarse).enumerate() {
                    let what = format!("{set:?}: {i}, {j}");
                    // 1e-16 of gradients of this scale, over h.
                    let tolerance = (f - c).abs() / 3.0 + 1e-9 * scale;
                    assert_close(found[i * x.len() + j], f + (f - c) / 3.0, tolerance, &what);
                    assert_eq!(found[i * x.len() + j], found[j * x.len() + i], "{what}");
                }
            }
        });
    }
}
