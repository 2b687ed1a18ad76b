//! Starts of `relu_sum`: pinned bit by bit, made of the draws as the model says, and the same for cells that differ in
//! nothing that shapes them.

use crate::numerics::seed::hex;
use crate::support::program::points_file;
use crate::support::{Set, problem, seed, settings, settings_of, values};
use spurious::landscape::{Model, Settings, StepSize};
use spurious::models::relu_sum::ReluSum;
use spurious::numerics::CellSeed;

trials![
    golden_starts,
    starts_are_made_of_the_draws,
    what_ends_a_run_does_not_matter,
    what_shapes_a_start_matters,
    relative_numbers_count_as_numbers,
    files_count_by_their_contents,
];

fn cell(seed: u64, set: &[(&str, &str)]) -> CellSeed {
    CellSeed::new(seed, &ReluSum.identity(&values("relu_sum", set)))
}

fn start_with(set: &[(&str, &str)], settings: &Settings, seed: u64, run: u64) -> Vec<f64> {
    let problem = problem("relu_sum", "full", set, settings);
    problem.start(cell(seed, set), run)
}

fn start(set: &[(&str, &str)], seed: u64, run: u64) -> Vec<f64> {
    start_with(set, &settings_of("relu_sum"), seed, run)
}

const WIDE: Set = &[("teachers", "2"), ("neurons", "3"), ("input_dim", "4"), ("start_scale", "0.5")];

/// Published results depend on these bits: they change with a new format version only. They are those of a program of
/// its own in 40-digit arithmetic (hash, generator, quantile of the normal distribution), up to the last one or two
/// bits.
fn golden_starts() {
    assert_eq!(
        hex(&start(&[("teachers", "2")], 2018, 0)),
        ["bff8f527a921b00a", "bfd4c5d0fde4fcb4", "3fce6f019e6dd609", "bfd656f89e85a4a5"]
    );
    let wide = hex(&start(WIDE, 2018, 1));
    assert_eq!(wide[..4], ["3fe328fec0864fc9", "3fbb6bdad50de167", "bfc56c0c9444e339", "bfd23f43dcdd0efd"]);
    assert_eq!(wide[10..], ["bff2a5fc221c781e", "3fe056015eafe5d2"]);
    let usual = hex(&start(&[], 7, 12_345_678_901));
    assert_eq!((usual.len(), &*usual[0], &*usual[35]), (36, "bfe05d30f5c5afdf", "3fda6b4c15fa2541"));
    // 0.5, −0.25, 2 and −3 with half a normal number added to each.
    let folder = tempfile::tempdir().unwrap();
    let near = folder.path().join("near.csv");
    std::fs::write(&near, "point,x0,x1,x2,x3\na,1,0,0,1\nb,0.5,-0.25,2,-3\n").unwrap();
    let file = format!("'{}'", near.display());
    let set = [("teachers", "2"), ("start", "\"around\""), ("start_file", &file), ("start_radius", "0.5")];
    assert_eq!(
        hex(&start(&set, 2018, 1)),
        ["3febae124307fe4a", "bfd35278cef79d03", "3ff2146470520e88", "c00bf7a0a926abfa"]
    );
}

/// Every weight is the next normal number times √(start_scale/k), neuron after neuron.
fn starts_are_made_of_the_draws() {
    let cases: [(Set, &str, f64); 3] = [
        (&[], "relu_sum", 1.0 / 6.0),
        (WIDE, "relu_sum;teachers=2;neurons=3;input_dim=4;start_scale=0.5", 0.5 / 2.0),
        (&[("neurons", "\"teachers+2\"")], "relu_sum;neurons=8", 1.0 / 6.0),
    ];
    for (set, identity, variance) in cases {
        for run in [0, 1, 1 << 40] {
            let mut draws = CellSeed::new(seed(), identity).run(run);
            for (i, x) in start(set, seed(), run).into_iter().enumerate() {
                let expected = f64::sqrt(variance) * draws.normal();
                assert_eq!(x, expected, "{identity}, run {run}, weight {i}, seed {}", seed());
            }
        }
    }
}

/// Cells that differ in when a run is over, or in their descent, share their starts.
fn what_ends_a_run_does_not_matter() {
    let usual = start(&[], seed(), 3);
    let others: [Set; 4] = [
        &[("global_exit", "\"always\"")],
        &[("global_exit", "\"never\"")],
        &[("global_loss", "0.01")],
        &[("global_exit", "\"always\""), ("global_loss", "1e-6")],
    ];
    for set in others {
        assert_eq!(cell(seed(), set), cell(seed(), &[]), "{set:?}");
        assert_eq!(hex(&start(set, seed(), 3)), hex(&usual), "{set:?}");
    }
    for settings in [
        settings(),
        Settings { step: StepSize::One(0.01), ..settings() },
        Settings { max_steps: 7, tolerance: 1e-3, verdicts: false, ..settings() },
    ] {
        assert_eq!(hex(&start_with(&[], &settings, seed(), 3)), hex(&usual), "{settings:?}");
    }
}

fn what_shapes_a_start_matters() {
    let others: [Set; 8] = [
        &[],
        &[("teachers", "7")],
        &[("neurons", "7")],
        &[("input_dim", "7")],
        &[("teacher", "\"sphere\"")],
        &[("teacher", "\"gaussian\"")],
        &[("teacher", "\"sphere\""), ("teacher_seed", "1")],
        &[("start_scale", "2.0")],
    ];
    let mut numbers: Vec<String> = others.iter().flat_map(|set| hex(&start(set, seed(), 3)[..36])).collect();
    numbers.extend(hex(&start(&[], seed(), 4)));
    numbers.extend(hex(&start(&[], seed() + 1, 3)));
    let all = numbers.len();
    numbers.sort();
    numbers.dedup();
    assert_eq!((all, numbers.len()), (10 * 36, 10 * 36), "no number is shared by two starts, seed {}", seed());
    // Seeds of their own, also where the law is the same.
    assert_ne!(cell(seed(), &[("start_radius", "0.2")]), cell(seed(), &[]));
    assert_ne!(cell(seed(), &[("start", "\"around\"")]), cell(seed(), &[]));
    assert_ne!(cell(seed(), &[("start", "\"around\"")]), cell(seed(), &[("start", "\"file\"")]));
}

fn relative_numbers_count_as_numbers() {
    let same: [(Set, Set); 4] = [
        (&[("neurons", "\"teachers\"")], &[]),
        (&[("neurons", "6"), ("input_dim", "6")], &[]),
        (&[("neurons", "\"teachers+1\"")], &[("neurons", "7")]),
        (
            &[("teachers", "8"), ("neurons", "\"teachers+2\"")],
            &[("teachers", "8"), ("neurons", "10"), ("input_dim", "8")],
        ),
    ];
    for (one, other) in same {
        assert_eq!(cell(seed(), one), cell(seed(), other), "{one:?}, {other:?}");
        assert_eq!(hex(&start(one, seed(), 0)), hex(&start(other, seed(), 0)), "{one:?}, {other:?}");
    }
}

fn files_count_by_their_contents() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, x: f64| {
        let path = folder.path().join(name);
        std::fs::write(&path, points_file(&[vec![x, 0.0, 0.0, 1.0]])).unwrap();
        format!("'{}'", path.display())
    };
    let (one, copy, other) = (file("one.csv", 1.0), file("copy.csv", 1.0), file("other.csv", 1.0 + f64::EPSILON));
    let cell = |name: &str| {
        cell(1, &[("teachers", "2"), ("start", "\"around\""), ("start_file", name), ("start_radius", "0.1")])
    };
    assert_eq!(cell(&one), cell(&copy));
    assert_ne!(cell(&one), cell(&other));
    // In one role and in another.
    let teacher = |name: &str| self::cell(1, &[("teachers", "2"), ("teacher_file", name)]);
    assert_ne!(teacher(&one), teacher(&other));
    assert_ne!(teacher(&one), self::cell(1, &[("teachers", "2"), ("start_file", &one)]));
}
