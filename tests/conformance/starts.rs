//! Rung 5: starts. The same for the same seed, cell and run, however many are drawn at once; others for others.

use crate::support::seed;
use crate::support::subject::Subject;
use spurious::landscape::{Problem, Settings};
use spurious::numerics::CellSeed;

fn bits(numbers: &[f64]) -> Vec<u64> {
    numbers.iter().map(|x| x.to_bits()).collect()
}

/// Of each run the first `width` numbers.
fn drawn(problem: &Problem, cell: CellSeed, first: u64, width: usize, runs: usize) -> Vec<f64> {
    let mut all = vec![f64::NAN; runs * width];
    problem.starts(cell, first, width, &mut all);
    all
}

/// Blocks of runs hold what each run draws alone, the state as well as all of the start.
pub(crate) fn blocks_do_not_matter(subject: &Subject) {
    subject.for_cells(|what, set| {
        let problem = subject.problem(set, &subject.settings());
        let cell = CellSeed::new(seed(), &subject.model.identity(&subject.values(set)));
        let (dim, start_dim) = (problem.dim(), problem.start_dim());
        for first in [0, 1, u64::MAX - 149] {
            let alone: Vec<Vec<f64>> = (0..150).map(|i| problem.start(cell, first + i)).collect();
            assert!(alone.iter().flatten().all(|x| x.is_finite()), "{what}, from {first}");
            for runs in [1, 3, 20, 129, 150] {
                for width in [dim, start_dim] {
                    let found = drawn(&problem, cell, first, width, runs);
                    for (i, (found, alone)) in found.chunks_exact(width).zip(&alone).enumerate() {
                        assert_eq!(bits(found), bits(&alone[..width]), "{what}, {i} of {runs} from {first}");
                    }
                }
            }
        }
    });
}

/// How a run descends does not move its start; another seed or run does, unless starts are given.
pub(crate) fn starts_follow_seed_and_run(subject: &Subject) {
    subject.for_cells(|what, set| {
        let problem = subject.problem(set, &subject.settings());
        let identity = subject.model.identity(&subject.values(set));
        let cell = CellSeed::new(seed(), &identity);
        let expected = drawn(&problem, cell, 0, problem.start_dim(), 20);
        let usual = subject.settings();
        let other = Settings { max_steps: 7, tolerance: 0.5 * usual.tolerance, verdicts: false, ..usual };
        let again = drawn(&subject.problem(set, &other), cell, 0, problem.start_dim(), 20);
        assert_eq!(bits(&expected), bits(&again), "{what}: other settings");
        if problem.layout().distinct_starts.is_none() {
            let reseeded = drawn(&problem, CellSeed::new(seed() + 1, &identity), 0, problem.start_dim(), 20);
            let mut all: Vec<Vec<u64>> = expected.chunks_exact(problem.start_dim()).map(bits).collect();
            all.extend(reseeded.chunks_exact(problem.start_dim()).map(bits));
            all.sort();
            assert!(all.windows(2).all(|pair| pair[0] != pair[1]), "{what}: two runs share a start");
        }
    });
}
