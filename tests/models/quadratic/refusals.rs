//! Values that are refused, with what to do instead, and the laws of teachers and data.

use super::write_points;
use crate::support::{assert_close, settings_of, values};
use spurious::landscape::{Model, Problem};
use spurious::models::quadratic::Quadratic;
use spurious::numerics::CellSeed;
use spurious::numerics::real::Precision::F64;
use spurious::numerics::vector::{dot, norm};

trials![
    values_without_effect_are_refused,
    teachers_follow_their_law,
    samples_are_those_of_their_seed,
    what_shapes_starts_seeds_them,
];

fn build(set: &[(&str, &str)]) -> Result<Problem, String> {
    Quadratic.problem("full", &values("quadratic", set), &settings_of("quadratic")).map_err(|e| e.to_string())
}

fn values_without_effect_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = format!("'{}'", write_points(folder.path(), "points", &[vec![1.0; 10], vec![2.0; 10]]).display());
    let zeros = format!("'{}'", write_points(folder.path(), "zeros", &[vec![0.0; 10]]).display());
    let population = ("risk", "\"population\"");
    let gaussian = ("labels", "\"gaussian\"");
    type Case<'a> = (&'a [(&'a str, &'a str)], &'a [&'a str]);
    let cases: [Case<'_>; 18] = [
        (&[population, ("samples", "31")], &["params.samples = 31", "risk = \"population\"", "risk = \"empirical\""]),
        (&[population, gaussian], &["params.labels", "no effect"]),
        (&[population, ("data_seed", "1")], &["params.data_seed", "no effect"]),
        (&[population, ("weight_decay", "0.1")], &["params.weight_decay", "no effect"]),
        (&[population, ("perturbation", "0.1")], &["params.perturbation", "no effect"]),
        (&[population, ("global_loss", "0.1")], &["params.global_loss ", "no effect"]),
        (&[("global_loss_population", "0.1")], &["params.global_loss_population", "risk = \"population\""]),
        (&[gaussian, ("teacher_rank", "2")], &["params.teacher_rank = 2", "labels = \"teacher\""]),
        (&[gaussian, ("teacher_seed", "2")], &["params.teacher_seed", "no effect"]),
        (&[("teacher_file", &file)], &["params.teacher_file", "set teacher = \"file\""]),
        (&[("teacher", "\"file\"")], &["params.teacher = file", "needs teacher_file"]),
        (&[("teacher", "\"file\""), ("teacher_file", &file)], &["holds 2 neurons, not 1", "set teacher_rank = 2"]),
        (&[("teacher", "\"file\""), ("teacher_file", &zeros)], &["nothing to learn"]),
        (&[("teacher_rank", "11")], &["no 11 directions of 10 inputs", "choose teacher_rank <= 10"]),
        (&[("data_file", &file)], &["params.data_file", "set labels = \"file\""]),
        (&[("labels", "\"file\"")], &["needs data_file"]),
        (
            &[("labels", "\"file\""), ("data_file", &file), ("input_dim", "9")],
            &["holds 2 samples, not 30", "samples = 2"],
        ),
        (&[("samples", "1001")], &["at most 1000 samples"]),
    ];
    for (set, expected) in cases {
        let error = build(set).err().unwrap_or_else(|| panic!("{set:?} is taken"));
        for part in expected {
            assert!(error.contains(part), "{set:?}: {error} lacks {part}");
        }
    }
    let error = Quadratic.teacher(&values("quadratic", &[gaussian])).unwrap_err().to_string();
    assert!(error.contains("there is no teacher"), "{error}");
}

fn teachers_follow_their_law() {
    let teacher = |set: &[(&str, &str)]| Quadratic.teacher(&values("quadratic", set)).unwrap();
    let three = teacher(&[("teacher_rank", "3"), ("teacher_scale", "0.5"), ("teacher_seed", "4")]);
    for (i, row) in three.chunks_exact(10).enumerate() {
        for (j, other) in three.chunks_exact(10).enumerate() {
            assert_close(dot(row, other), if i == j { 0.25 } else { 0.0 }, 1e-15, "orthonormal times 0.5");
        }
    }
    // Fewer neurons are the first ones.
    assert_eq!(teacher(&[("teacher_scale", "0.5"), ("teacher_seed", "4")]), three[..10]);
    assert!(teacher(&[("teacher_scale", "0.5")]) != three[..10]);
    // 128 × 128 entries N(0, 1/128): the squared norm is 128 within 5 standard deviations of √2.
    let gaussian = teacher(&[("teacher", "\"gaussian\""), ("teacher_rank", "128"), ("input_dim", "128")]);
    assert_close(norm(&gaussian).powi(2), 128.0, 5.0 * 2f64.sqrt(), "Gaussian teacher");
}

/// Labels and samples are read off the loss: without weights it is half the mean of their squares, whatever the number
/// of inputs, and more samples add to fewer.
fn samples_are_those_of_their_seed() {
    let squares = |n: &str, d: &str, seed: &str| {
        let set = [("labels", "\"gaussian\""), ("samples", n), ("input_dim", d), ("data_seed", seed)];
        let problem = build(&set).unwrap();
        2.0 * n.parse::<f64>().unwrap() * problem.evaluate(F64, &vec![0.0; problem.dim()]).loss
    };
    assert_eq!(squares("20", "3", "1"), squares("20", "7", "1"));
    assert!(squares("20", "3", "1") != squares("20", "3", "2"));
    assert!(squares("21", "3", "1") > squares("20", "3", "1"));
    let source = CellSeed::new(1, "quadratic labels");
    let expected: f64 = (0..20).map(|i| source.run(i).normal().powi(2)).sum();
    assert_close(squares("20", "3", "1"), expected, 1e-13, "labels are the draws of their seed");
    // A gradient of one sample without residual's neighbours: x₀ from the curvature along the first input.
    let one = build(&[("samples", "1"), ("input_dim", "1"), ("neurons", "1"), ("labels", "\"gaussian\"")]).unwrap();
    let source = CellSeed::new(0, "quadratic samples;1").run(0).normal();
    let label = CellSeed::new(0, "quadratic labels").run(0).normal();
    let loss = 0.5 * (source.powi(2) * 0.49 - label).powi(2);
    assert_close(one.evaluate(F64, &[0.7]).loss, loss, 1e-15, "one sample");
}

fn what_shapes_starts_seeds_them() {
    let identity = |set: &[(&str, &str)]| Quadratic.identity(&values("quadratic", set));
    assert_eq!(identity(&[]), "quadratic");
    for other in [("weight_decay", "0.1"), ("perturbation", "0.1"), ("global_loss", "0.1")] {
        assert_eq!(identity(&[other]), "quadratic", "{other:?}");
    }
    assert_eq!(
        identity(&[("neurons", "3"), ("data_seed", "2"), ("labels", "\"gaussian\"")]),
        "quadratic;neurons=3;labels=gaussian;data_seed=2"
    );
    // Starts have the norm that was asked for: 2,000 runs of 20 weights, 5 standard deviations.
    let set = [("start_scale", "0.5")];
    let problem = build(&set).unwrap();
    let from = super::starts(&set, &problem, 2000);
    let mean = norm(&from).powi(2) / 2000.0;
    assert_close(mean, 0.25, 5.0 * 0.25 * (2.0 / 40_000f64).sqrt(), "mean of ‖W₀‖²");
}
