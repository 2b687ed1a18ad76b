//! Laws of targets and starts: what they claim, and that a run's target depends on nothing but seed, cell and run.

use super::{MODEL, multiply, settings, starts, transpose};
use crate::support::program::{Place, points_file};
use crate::support::{assert_close, distance, problem, seed, values};
use nalgebra::DMatrix;
use spurious::landscape::Model;
use spurious::models::linear_residual::LinearResidual;
use spurious::numerics::CellSeed;
use spurious::numerics::real::Precision::F64;

trials![
    spectra_follow_their_law,
    forms_draw_the_same_eigenvalues,
    bases_are_uniform,
    classes_are_met,
    blocks_do_not_matter_to_classes,
    targets_can_be_shared,
    files_hold_matrices_or_diagonals,
    starts_are_near_the_identity,
    golden_starts,
];

const RUNS: usize = 4_000;

/// Sizes of eigenvalues are uniform in their logarithm between the bounds; the first two are the bounds where they are
/// pinned.
fn spectra_follow_their_law() {
    for extremes in ["\"pinned\"", "\"free\""] {
        let set = [
            ("target", "\"symmetric\""),
            ("negatives", "2"),
            ("condition", "20.0"),
            ("target_norm", "3.0"),
            ("extremes", extremes),
        ];
        let problem = problem(MODEL, "reduced", &set, &settings(None, 10, 1e-10));
        let all = starts(&set, &problem, RUNS);
        let mut shares = Vec::new();
        for state in all.chunks_exact(10) {
            assert!(state[..5].iter().all(|theta| *theta == 1.0));
            let lambdas = &state[5..];
            assert!(lambdas.iter().enumerate().all(|(j, l)| (*l < 0.0) == (j > 2)), "{lambdas:?}");
            if extremes == "\"pinned\"" {
                assert_eq!((lambdas[0], lambdas[1]), (0.15, 3.0));
            }
            let drawn = if extremes == "\"pinned\"" { &lambdas[2..] } else { lambdas };
            shares.extend(drawn.iter().map(|l| (l.abs() / 0.15).ln() / 20f64.ln()));
        }
        shares.sort_by(f64::total_cmp);
        let n = shares.len() as f64;
        let distance = shares.iter().enumerate().map(|(i, u)| (u - (i as f64 + 0.5) / n).abs()).fold(0.0, f64::max);
        // Kolmogorov: P(distance √n > 3) = 3e-8.
        assert!(distance * n.sqrt() < 3.0, "{extremes}, seed {}: {distance}", seed());
    }
}

/// The same cell in both forms: the target's invariants are those of the eigenvalues, and it is exactly symmetric.
fn forms_draw_the_same_eigenvalues() {
    for (basis, sizes) in [("\"rotated\"", "5"), ("\"eigen\"", "5"), ("\"rotated\"", "32")] {
        let set = [("target", "\"symmetric\""), ("basis", basis), ("dimension", sizes), ("layers", "1")];
        let [full, reduced] = ["full", "reduced"].map(|form| {
            let problem = problem(MODEL, form, &set, &settings(None, 10, 1e-10));
            starts(&set, &problem, 20)
        });
        let d: usize = sizes.parse().unwrap();
        for (full, reduced) in full.chunks_exact(2 * d * d).zip(reduced.chunks_exact(2 * d)) {
            let target = &full[d * d..];
            assert_eq!(target, transpose(target, d));
            let mut found = DMatrix::from_row_slice(d, d, target).symmetric_eigenvalues().as_slice().to_vec();
            let mut expected = reduced[d..].to_vec();
            found.sort_by(f64::total_cmp);
            expected.sort_by(f64::total_cmp);
            // Rounding of an eigenvalue solver at norm √10.
            assert!(distance(&found, &expected) < 1e-13 * d as f64, "{basis}: {found:?}, {expected:?}");
        }
    }
}

/// The mean of a projection on a fixed direction, and its second moment, are those of a uniform basis: `Φ` with one
/// eigenvalue 2 and the others 1 is `1 + qqᵀ`, and `q_1²` has mean 1/d and variance `2(d−1)/(d²(d+2))`.
fn bases_are_uniform() {
    let set = [("dimension", "2"), ("target_norm", "2.0"), ("condition", "2.0"), ("layers", "1")];
    let problem = problem(MODEL, "full", &set, &settings(None, 10, 1e-10));
    let all = starts(&set, &problem, RUNS);
    let squares: Vec<f64> = all.chunks_exact(8).map(|state| state[4] - 1.0).collect();
    let mixed: Vec<f64> = all.chunks_exact(8).map(|state| state[5]).collect();
    let n = RUNS as f64;
    // In two dimensions q is (cos, sin) of a uniform angle: variances 1/8 of cos² and of cos sin; 5 deviations.
    let z = (squares.iter().sum::<f64>() / n - 0.5) / (0.125 / n).sqrt();
    assert!(z.abs() < 5.0, "{z}, seed {}", seed());
    let z = (mixed.iter().sum::<f64>() / n) / (0.125 / n).sqrt();
    assert!(z.abs() < 5.0, "{z}, seed {}", seed());
    let variance = squares.iter().map(|s| (s - 0.5).powi(2)).sum::<f64>() / n;
    // Of the fourth central moment 3/128 and the squared variance 1/64: 1/128.
    let z = (variance - 0.125) / (1.0 / 128.0 / n).sqrt();
    assert!(z.abs() < 5.0, "{z}, seed {}", seed());
}

/// Classes by another library's determinants and eigenvalues; the share that is reported is that of a sample of 1,000.
fn classes_are_met() {
    let near = ("target", "\"near_identity\"");
    let judge = |target: &[f64]| {
        let matrix = DMatrix::from_row_slice(5, 5, target);
        let symmetric = 0.5 * (&matrix + matrix.transpose());
        (matrix.determinant() > 0.0, symmetric.symmetric_eigenvalues().min() > 0.0)
    };
    let targets = |set: &[(&str, &str)]| {
        let problem = problem(MODEL, "full", set, &settings(None, 10, 1e-10));
        let all = starts(set, &problem, 1_000);
        let targets: Vec<Vec<f64>> = all.chunks_exact(50).map(|state| state[25..].to_vec()).collect();
        let share = problem.theory(None).into_iter().find(|p| p.name == "target_share").unwrap().value;
        (targets, share)
    };
    let any = [near, ("layers", "1"), ("target_distance", "2.5")];
    let all: Vec<(bool, bool)> = targets(&any).0.iter().map(|target| judge(target)).collect();
    for (class, wanted) in [
        ("\"positive\"", Some((true, true))),
        ("\"indefinite\"", Some((true, false))),
        ("\"det_negative\"", Some((false, false))),
        ("\"det_positive\"", None),
    ] {
        let (found, share) = targets(&[&any[..], &[("target_class", class)]].concat());
        let belongs = |judged: (bool, bool)| wanted.map_or(judged.0, |wanted| judged == wanted);
        for target in &found {
            assert!(belongs(judge(target)), "{class}: {target:?}");
            let away: f64 = target.iter().enumerate().map(|(i, x)| (x - f64::from(u8::from(i % 6 == 0))).powi(2)).sum();
            assert_close(away.sqrt(), 2.5, 1e-14, class);
        }
        // Two samples of 1,000: 5 deviations of their difference at most.
        let other = all.iter().filter(|judged| belongs(**judged)).count() as f64 / 1e3;
        assert_close(share.unwrap(), other, 5.0 * (2.0 * 0.25 / 1e3f64).sqrt(), class);
    }
    for (class, sign) in [("\"det_positive\"", true), ("\"det_negative\"", false)] {
        let set = [("target", "\"sphere\""), ("layers", "1"), ("target_class", class)];
        for target in targets(&set).0 {
            assert_eq!(judge(&target).0, sign);
            assert_close(target.iter().map(|x| x * x).sum::<f64>(), 10.0, 1e-13, class);
        }
    }
}

/// Runs of a block draw on until all have a target of their class; each still has its own first one.
fn blocks_do_not_matter_to_classes() {
    let set = [
        ("target", "\"near_identity\""),
        ("layers", "2"),
        ("dimension", "4"),
        ("target_distance", "3.0"),
        ("target_class", "\"positive\""),
        ("start_sigma", "0.2"),
    ];
    let problem = problem(MODEL, "full", &set, &settings(None, 10, 1e-10));
    let cell = CellSeed::new(seed(), &LinearResidual.identity(&values(MODEL, &set)));
    let all = starts(&set, &problem, 150);
    for (run, state) in all.chunks_exact(48).enumerate() {
        let one = problem.start(cell, run as u64);
        assert!(one.iter().zip(state).all(|(a, b)| a.to_bits() == b.to_bits()), "run {run}, seed {}", seed());
        // The oracle: normals in order, 32 for the layers, then 16 at a time.
        let mut draws = cell.run(run as u64);
        for (i, x) in state[..32].iter().enumerate() {
            let identity = f64::from(u8::from(i % 16 % 5 == 0));
            assert_eq!(*x, 0.2 / 4f64.sqrt() * draws.normal() + identity, "run {run}");
        }
        let target = loop {
            let noise: Vec<f64> = (0..16).map(|_| draws.normal()).collect();
            let norm = noise.iter().map(|x| x * x).sum::<f64>().sqrt();
            let target: Vec<f64> =
                noise.iter().enumerate().map(|(i, x)| 3.0 * x / norm + f64::from(u8::from(i % 5 == 0))).collect();
            let matrix = DMatrix::from_row_slice(4, 4, &target);
            if (0.5 * (&matrix + matrix.transpose())).symmetric_eigenvalues().min() > 0.0 {
                break target;
            }
        };
        assert!(distance(&state[32..], &target) < 1e-14, "run {run}");
    }
}

/// One target a cell: no run has numbers of it, the seed of the starts does not change it, and its factors have loss 0.
fn targets_can_be_shared() {
    for law in ["\"spd\"", "\"near_identity\"", "\"sphere\""] {
        let with = |seed: &'static str| {
            [("target", law), ("target_drawn", "\"once\""), ("target_seed", seed), ("start_sigma", "0.1")]
        };
        let teacher = |seed| LinearResidual.teacher(&values(MODEL, &with(seed))).unwrap();
        let problem = problem(MODEL, "full", &with("1"), &settings(None, 10, 1e-10));
        assert_eq!((problem.dim(), problem.layout().drawn_for_each_run), (100, None));
        assert_eq!(problem.evaluate(F64, &teacher("1")).loss, 0.0);
        assert_ne!(teacher("1")[..25], teacher("2")[..25], "{law}");
    }
    // Where the law has one target there is nothing to draw, and from the identity there is one run.
    let set = [("target", "\"symmetric\""), ("condition", "1.0"), ("basis", "\"eigen\"")];
    let problem = problem(MODEL, "full", &set, &settings(None, 10, 1e-10));
    assert_eq!((problem.dim(), problem.layout().distinct_starts), (100, Some(1)));
    assert!(LinearResidual.teacher(&values(MODEL, &[])).unwrap_err().to_string().contains("target_drawn"));
}

fn files_hold_matrices_or_diagonals() {
    let place = Place::new();
    place.write("diagonal.csv", points_file(&[vec![1.0, 2.0, -0.5]]));
    place.write("matrix.csv", points_file(&[vec![1.0, 0.0, 0.0, 0.0, 2.0, 0.0, 0.0, 0.0, -0.5]]));
    place.write("two.csv", points_file(&[vec![1.0, 2.0, 3.0], vec![1.0, 2.0, 4.0]]));
    place.write("wide.csv", points_file(&[vec![1.0, 2.0]]));
    let path = |name: &str| format!("\"{}\"", place.path(name).display());
    let build = |form: &str, name: &str| {
        let path = path(name);
        let set = [("target", "\"file\""), ("target_file", path.as_str()), ("dimension", "3"), ("layers", "2")];
        LinearResidual.problem(form, &values(MODEL, &set), &settings(None, 100, 1e-10))
    };
    let [diagonal, matrix] = ["diagonal.csv", "matrix.csv"].map(|name| build("full", name).unwrap());
    let state: Vec<f64> = (0..18).map(|i| 0.1 * f64::from(i) - 0.7).collect();
    let found = [&diagonal, &matrix].map(|problem| problem.evaluate(F64, &state));
    assert_eq!(found[0], found[1]);
    // ‖Φ‖ is that of the file: η = 1/(2(1+4)).
    assert_close(matrix.rule().steps[0], 0.1, 1e-15, "step");
    assert_eq!((build("reduced", "diagonal.csv").unwrap().dim(), matrix.layout().distinct_starts), (3, Some(1)));
    for (form, name, problem) in [
        ("reduced", "matrix.csv", "known eigenvalues"),
        ("full", "two.csv", "holds 2 targets"),
        ("full", "wide.csv", "x8"),
    ] {
        let error = build(form, name).err().unwrap_or_else(|| panic!("{name} passes")).to_string();
        assert!(error.contains(problem), "{error}");
    }
}

/// Entries `1 + σN/√d` and `σN/√d`: their first two moments within 5 standard errors.
fn starts_are_near_the_identity() {
    let set = [("start_sigma", "0.4"), ("dimension", "4"), ("target_drawn", "\"once\"")];
    let problem = problem(MODEL, "full", &set, &settings(None, 10, 1e-10));
    let all = starts(&set, &problem, 500);
    let noise: Vec<f64> = all.iter().enumerate().map(|(i, x)| x - f64::from(u8::from(i % 16 % 5 == 0))).collect();
    let n = noise.len() as f64;
    assert!((noise.iter().sum::<f64>() / 0.2 / n.sqrt()).abs() < 5.0, "seed {}", seed());
    let variance = noise.iter().map(|x| x * x).sum::<f64>() / n / 0.04;
    assert!((variance - 1.0).abs() < 5.0 * (2.0 / n).sqrt(), "{variance}, seed {}", seed());
}

/// Published results depend on these bits.
fn golden_starts() {
    let find = |form: &str, set: &[(&str, &str)]| {
        let problem = problem(MODEL, form, set, &settings(None, 10, 1e-10));
        let cell = CellSeed::new(1802, &LinearResidual.identity(&values(MODEL, set)));
        problem.start(cell, 7)
    };
    let reduced = find("reduced", &[("dimension", "3")]);
    assert_eq!(reduced[..5], [1.0, 1.0, 1.0, 10f64.sqrt() / 10.0, 10f64.sqrt()]);
    let full = find("full", &[("dimension", "3"), ("layers", "1")]);
    let small =
        find("full", &[("dimension", "2"), ("layers", "1"), ("target", "\"near_identity\""), ("start_sigma", "0.3")]);
    let product = multiply(&full[..9], &full[9..], 3);
    assert_eq!(product, full[9..]);
    let bits: Vec<String> =
        [reduced[5], full[9], full[10], small[0], small[4]].iter().map(|x| format!("{:016x}", x.to_bits())).collect();
    assert_eq!(
        bits,
        ["3fd4a14b0ed63acb", "3fe12764412cc19c", "3fd3c31e0ba72f76", "3feede85dfb32f26", "3ff39401ef242a4d"]
    );
}
