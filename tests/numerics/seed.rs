//! Seeding: starts are pinned bit by bit, independent of what must not matter, and follow the laws they claim.

use crate::support::{Set, problem, seed, settings, values};
use spurious::landscape::{Model, Settings, StepSize};
use spurious::models::cnn::Cnn;
use spurious::numerics::CellSeed;
use spurious::numerics::seed::on_circle;

trials![
    golden_uniforms,
    golden_starts,
    runs_cells_and_seeds_differ,
    descent_and_form_do_not_matter,
    uniforms_are_midpoints,
    uniforms_are_uniform,
    normals_have_their_moments,
    neighbouring_runs_are_uncorrelated,
    starts_have_their_norms,
    reduced_law_is_the_projected_one,
];

/// Start of one run.
fn start(form: &str, set: &[(&str, &str)], seed: u64, run: u64) -> Vec<f64> {
    let problem = problem("cnn", form, set, &settings());
    let cell = CellSeed::new(seed, &Cnn.identity(&values("cnn", set)));
    problem.start(cell, run)
}

pub(crate) fn hex(numbers: &[f64]) -> Vec<String> {
    numbers.iter().map(|x| format!("{:016x}", x.to_bits())).collect()
}

/// Published results depend on these bits: they change with a new format version only.
fn golden_uniforms() {
    let found = |seed, cell, run| {
        let mut draws = CellSeed::new(seed, cell).run(run);
        hex(&[draws.uniform(), draws.uniform(), draws.normal()])
    };
    assert_eq!(found(0, "", 0), ["3fe567ca355d928f", "3fd427257c3c74de", "bff35649298839ca"]);
    assert_eq!(found(1, "cnn", 0), ["3fe23e8d6b31a34b", "3fe0cabc857d4cf9", "3fc8917cda6e6f03"]);
    assert_eq!(found(1, "cnn", u64::MAX), ["3fe17ae87e6fe737", "3fe72aeeed787767", "bff5e765276065e3"]);
}

fn golden_starts() {
    let small: Set = &[("filter_size", "3"), ("patches", "2"), ("ratio", "0.5")];
    let gaussian: Set = &[("filter_size", "4"), ("patches", "1"), ("ratio", "1.0"), ("start_filter", "\"gaussian\"")];
    let odd: Set = &[("filter_size", "5"), ("patches", "3"), ("ratio", "2.0"), ("start_filter", "\"gaussian\"")];
    assert_eq!(
        hex(&start("full", small, 2018, 0)),
        ["3fed13926642b65b", "bfca76204be2f2c6", "bfd7386d473db67d", "3fbc6c8bc78ebc54", "bfdabd6fcf5583f3"]
    );
    assert_eq!(
        hex(&start("reduced", small, 2018, 0)),
        ["bfd54101046bb524", "3fee2f13f189b6bb", "bfd1abb9e4c21245", "bfd3f6592783858b", "0000000000000000"]
    );
    assert_eq!(
        hex(&start("reduced", gaussian, 2018, 1)),
        ["bfeb88f3c3a2c719", "400982d79ee624ae", "3fc811fd11409f13", "0000000000000000", "0000000000000000"]
    );
    assert_eq!(
        hex(&start("full", gaussian, 2018, 1)),
        ["bfeb88f3c3a2c719", "3fc9138bea901546", "c003f42306702caf", "3fbbfac1fc67ae56", "bfda1d81f1adef99"]
    );
    assert_eq!(
        hex(&start("reduced", odd, 7, 12_345_678_901)),
        ["4001085df28a9a6c", "4001d2704ad04075", "bfbab7b4549c229c", "bfcec0a92a5d93bd", "3fa51b2e45f10bae"]
    );
}

fn runs_cells_and_seeds_differ() {
    let mut seen: Vec<Vec<String>> = Vec::new();
    for seed in [0, 1, 1 << 63, u64::MAX] {
        for set in [&[] as Set, &[("ratio", "4.5")], &[("filter_size", "6")], &[("start_output_scale", "0.5")]] {
            for run in [0, 1, 2, 1 << 32, u64::MAX] {
                seen.push(hex(&start("reduced", set, seed, run)));
            }
        }
    }
    let all = seen.len();
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), all);
    // Not even one number is shared by two starts.
    let mut numbers: Vec<String> = seen.concat();
    numbers.sort();
    numbers.dedup();
    assert_eq!(numbers.len(), 5 * all);
    // Nor do cells whose names are alike share their random numbers.
    let first = |cell| CellSeed::new(1, cell).run(0).uniform();
    let names = ["", "a", "b", "ab", "ba", "aa", "a\0"];
    for (i, a) in names.iter().enumerate() {
        assert!(names[..i].iter().all(|b| first(b) != first(a)), "{a:?}");
    }
}

/// Cells that differ only in their descent, or in the form in which it is computed, share their starts.
fn descent_and_form_do_not_matter() {
    let set: Set = &[("start_reduced", "\"projected\"")];
    let cell = CellSeed::new(seed(), &Cnn.identity(&values("cnn", set)));
    assert_eq!(cell, CellSeed::new(seed(), &Cnn.identity(&values("cnn", &[]))), "how the start is drawn is no seed");
    let others = [
        settings(),
        Settings { step: StepSize::One(0.01), ..settings() },
        Settings { step: StepSize::Groups(vec![0.02, 0.03]), ..settings() },
        Settings { max_steps: 7, tolerance: 0.5, verdicts: false, ..settings() },
    ];
    for run in 0..20 {
        let full = start("full", set, seed(), run);
        let reduced = start("reduced", set, seed(), run);
        for other in &others {
            for (form, expected) in [("full", &full), ("reduced", &reduced)] {
                let found = problem("cnn", form, set, other).start(cell, run);
                assert_eq!(hex(&found), hex(expected), "{form}, {other:?}");
            }
        }
        // The reduced start is the image of the full one, up to the rounding of sums of 25 terms.
        let (v, a) = full.split_at(5);
        let image = [v[0], v[1..].iter().map(|v| v * v).sum::<f64>().sqrt(), a.iter().sum::<f64>() / 5.0];
        for (found, expected) in reduced.iter().zip(image) {
            assert!((found - expected).abs() < 1e-14, "run {run}: {found}, {expected}");
        }
        let norm = |x: &[f64]| x.iter().map(|x| x * x).sum::<f64>().sqrt();
        assert!((norm(&reduced[2..]) - norm(a)).abs() < 1e-14, "run {run}");
    }
}

/// `(i + ½) 2^-52` exactly, also in the upper half, where one more bit would be rounded away and at the end give 1.
fn uniforms_are_midpoints() {
    let mut draws = CellSeed::new(seed(), "seeding::midpoints").run(0);
    for _ in 0..10_000 {
        let u = draws.uniform();
        let odd = u * (1u64 << 53) as f64;
        assert!(odd.fract() == 0.0 && odd as u64 % 2 == 1, "{u:e} is no midpoint, seed {}", seed());
    }
}

/// First draws of a million runs, and a million draws of one run: their deciles hold what they should.
fn uniforms_are_uniform() {
    const DRAWS: usize = 1_000_000;
    let cell = CellSeed::new(seed(), "seeding::uniforms");
    let mut one = cell.run(3);
    let across: Vec<f64> = (0..DRAWS as u64).map(|run| cell.run(run).uniform()).collect();
    let along: Vec<f64> = (0..DRAWS).map(|_| one.uniform()).collect();
    for (name, draws) in [("across runs", across), ("along a run", along)] {
        assert!(draws.iter().all(|&u| 0.0 < u && u < 1.0), "{name}: seed {}", seed());
        let mut sorted = draws;
        sorted.sort_by(f64::total_cmp);
        let distance = sorted.iter().enumerate().map(|(i, u)| (u - (i as f64 + 0.5) / DRAWS as f64).abs());
        let distance = distance.fold(0.0, f64::max) * (DRAWS as f64).sqrt();
        // Kolmogorov: P(distance > 3) = 2 exp(−18) = 3e-8.
        assert!(distance < 3.0, "{name}: Kolmogorov distance {distance}, seed {}", seed());
    }
}

/// Mean, variance, skewness and kurtosis of a million normals, each within 5 standard errors (p = 6e-7).
fn normals_have_their_moments() {
    const DRAWS: usize = 1_000_000;
    let mut draws = CellSeed::new(seed(), "seeding::normals").run(0);
    let mut power = [0.0; 5];
    for _ in 0..DRAWS {
        let z = draws.normal();
        let mut product = 1.0;
        for sum in &mut power {
            *sum += product / DRAWS as f64;
            product *= z;
        }
    }
    // E z^m, and the variance of z^m, which is E z^{2m} − (E z^m)²: 1, 2, 15, 96.
    for (m, mean, variance) in [(1, 0.0, 1.0), (2, 1.0, 2.0), (3, 0.0, 15.0), (4, 3.0, 96.0_f64)] {
        let z = (power[m] - mean) / (variance / DRAWS as f64).sqrt();
        assert!(z.abs() < 5.0, "moment {m}: {}, {z} standard errors, seed {}", power[m], seed());
    }
}

/// Correlation of the first draws of runs a few indices apart, and of the same runs of neighbouring cells and seeds:
/// that of a million independent pairs is normal with deviation 1/1000, so 5 deviations have p = 6e-7.
fn neighbouring_runs_are_uncorrelated() {
    const PAIRS: u64 = 1_000_000;
    let cell = CellSeed::new(seed(), "seeding::correlation");
    let others = [
        (CellSeed::new(seed(), "seeding::correlatioo"), 0, "neighbouring cells"),
        (CellSeed::new(seed() + 1, "seeding::correlation"), 0, "neighbouring seeds"),
        (cell, 1, "runs 1 apart"),
        (cell, 2, "runs 2 apart"),
        (cell, 64, "runs 64 apart"),
        (cell, 1 << 32, "runs 2^32 apart"),
    ];
    for (other, apart, what) in others {
        let product = |run| (cell.run(run).uniform() - 0.5) * (other.run(run + apart).uniform() - 0.5);
        let z = (0..PAIRS).map(product).sum::<f64>() * 12.0 / (PAIRS as f64).sqrt();
        assert!(z.abs() < 5.0, "{what}: {z} standard errors, seed {}", seed());
    }
}

/// `v₀` is on its sphere and `a₀` in its ball of radius `c |1ᵀa*| ‖w*‖ / √k`, in both forms.
fn starts_have_their_norms() {
    let set: Set = &[
        ("filter_size", "6"),
        ("patches", "9"),
        ("ratio", "4.0"),
        ("teacher_norm", "2.0"),
        ("filter_norm", "1.5"),
        ("start_filter_scale", "0.7"),
        ("start_output_scale", "0.5"),
    ];
    // 1ᵀa* = 2 √4 = 4 and √k = 3, so 0.5 · 4 · 1.5 / 3.
    let radius = 1.0;
    let norm = |x: &[f64]| x.iter().map(|x| x * x).sum::<f64>().sqrt();
    for (form, filter) in [("full", 6), ("reduced", 2)] {
        let mut largest: f64 = 0.0;
        for run in 0..1_000 {
            let start = start(form, set, seed(), run);
            assert!((norm(&start[..filter]) - 0.7).abs() < 1e-14, "{form}, run {run}");
            largest = largest.max(norm(&start[filter..]));
        }
        // The radius of 1000 points in 9 dimensions: the largest is above 0.99 of it but for a chance of 1e-37.
        assert!((0.99..1.0 + 1e-14).contains(&(largest / radius)), "{form}: {largest} of {radius}");
    }
}

/// Largest difference of two empirical distribution functions.
fn kolmogorov_smirnov(a: &mut [f64], b: &mut [f64]) -> f64 {
    a.sort_by(f64::total_cmp);
    b.sort_by(f64::total_cmp);
    let (mut i, mut j, mut most) = (0, 0, 0.0_f64);
    while i < a.len() && j < b.len() {
        let value = a[i].min(b[j]);
        while i < a.len() && a[i] <= value {
            i += 1;
        }
        while j < b.len() && b[j] <= value {
            j += 1;
        }
        most = most.max((i as f64 / a.len() as f64 - j as f64 / b.len() as f64).abs());
    }
    most
}

/// The reduced start's own law against projections of full starts from another seed, by two-sample tests of every
/// component and of a mixture, which sees dependences.
fn reduced_law_is_the_projected_one() {
    const SAMPLES: usize = 20_000;
    // 60 comparisons at P(D > t) <= 2 exp(−N t²) for two samples of N: together 1e-6.
    let threshold = (f64::ln(2.0 * 60.0 / 1e-6) / SAMPLES as f64).sqrt();
    let mut comparisons = 0;
    for (p, k) in [(2, 3), (3, 2), (6, 25), (25, 20), (4, 1)] {
        for law in ["\"sphere\"", "\"gaussian\""] {
            let (filter_size, patches) = (p.to_string(), k.to_string());
            let sample = |way: &str, seed: u64| {
                let set = [
                    ("filter_size", filter_size.as_str()),
                    ("patches", &patches),
                    ("ratio", "1.0"),
                    ("start_filter", law),
                    ("start_reduced", way),
                ];
                let problem = problem("cnn", "reduced", &set, &settings());
                let cell = CellSeed::new(seed, &Cnn.identity(&values("cnn", &set)));
                let mut columns = vec![Vec::new(); 6];
                let mut starts = vec![[0.0; 5]; SAMPLES];
                problem.starts(cell, 0, 5, starts.as_flattened_mut());
                for [x, y, along, across, rest] in starts {
                    let scale = 1.0 / (k as f64).sqrt();
                    let mixture = x * along / scale + 0.7 * y * across / scale - 0.4 * rest / scale + 0.3 * x;
                    for (column, value) in columns.iter_mut().zip([x, y, along, across, rest, mixture]) {
                        column.push(value);
                    }
                }
                columns
            };
            let (law_columns, projected) = (sample("\"law\"", seed()), sample("\"projected\"", seed() + 1));
            for (i, (mut a, mut b)) in law_columns.into_iter().zip(projected).enumerate() {
                let what =
                    format!("p={p} k={k} {law}, {}, seed {}", ["x", "y", "A1", "A2", "A3", "mixture"][i], seed());
                comparisons += 1;
                if (i == 4 && k <= 2) || (i == 3 && k == 1) {
                    // There is no such direction: zero in law, rounding in the projection.
                    assert!(a.iter().chain(&b).all(|x| x.abs() < 1e-15), "{what}");
                    continue;
                }
                let distance = kolmogorov_smirnov(&mut a, &mut b);
                assert!(distance < threshold, "{what}: {distance} > {threshold}");
            }
        }
    }
    assert_eq!(comparisons, 60);
    // The test sees a shift of a twentieth of the range.
    let mut a: Vec<f64> = (0..SAMPLES).map(|i| i as f64 / SAMPLES as f64).collect();
    let mut b: Vec<f64> = a.iter().map(|x| x + 0.05).collect();
    assert!(kolmogorov_smirnov(&mut a, &mut b) > threshold);
    // Both circle coordinates that the law is made of are on the circle.
    let (cos, sin) = on_circle(0.37);
    assert!((cos.hypot(sin) - 1.0).abs() < 1e-15);
}
