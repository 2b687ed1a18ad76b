//! Laws of starts, block by block.

use super::{landscape, settings, vector};
use crate::support::assert_close;
use spurious::landscape::{Block, BlockStart, Goal, Points, Problem, Written};
use spurious::numerics::CellSeed;

trials![
    each_block_has_its_law,
    starts_do_not_depend_on_blocks_of_runs,
    distinct_starts_are_counted,
    laws_without_sense_are_refused,
];

/// `½ Σ (x − 3)²`
fn bowl(blocks: Vec<Block>) -> Written {
    landscape(blocks, Goal::Least(0.0), |g, x| {
        let (mut sum, three) = (g.constant(0.0), g.constant(3.0));
        for x in x {
            let away = g.sub(*x, three);
            sum = g.mul_add(away, away, sum);
        }
        let half = g.constant(0.5);
        g.mul(half, sum)
    })
}

fn points() -> Points {
    Points::read_from(&b"point,x0,x1\na,1,2\nb,3,4\nc,5,6\n"[..], "points.csv", None).unwrap()
}

fn all_laws() -> Problem {
    let blocks = vec![
        vector("gaussian", 3, BlockStart::Gaussian(2.0)),
        Block { name: "sphere".into(), rows: 2, columns: 2, start: BlockStart::Sphere(3.0) },
        vector("ball", 3, BlockStart::Ball(1.5)),
        vector("uniform", 2, BlockStart::Uniform(-1.0, 3.0)),
        vector("constant", 2, BlockStart::Constant(vec![7.0, -8.0])),
        vector("rows", 2, BlockStart::Rows(points())),
    ];
    bowl(blocks).problem(&settings()).unwrap()
}

/// Means, mean squares and ranges, to five standard errors of 20,000 starts.
fn each_block_has_its_law() {
    let (problem, runs) = (all_laws(), 20_000);
    let dim = problem.dim();
    let mut starts = vec![0.0; runs * dim];
    problem.starts(CellSeed::new(4, "laws"), 0, dim, &mut starts);
    let rows = || starts.chunks_exact(dim);
    let mean = |of: &dyn Fn(&[f64]) -> f64| rows().map(of).sum::<f64>() / runs as f64;
    let square = |x: &[f64]| x.iter().map(|x| x * x).sum::<f64>();
    let error = 5.0 / (runs as f64).sqrt();
    for i in 0..12 {
        let (expected, deviation) = match i {
            0..3 => (0.0, 2.0),
            3..7 => (0.0, 1.5),
            7..10 => (0.0, 1.5 / 5f64.sqrt()),
            _ => (1.0, 4.0 / 12f64.sqrt()),
        };
        assert_close(mean(&|x| x[i]), expected, error * deviation, &format!("mean of {i}"));
        let variance = mean(&|x| (x[i] - expected).powi(2));
        assert_close(variance, deviation * deviation, 3.0 * error * deviation * deviation, &format!("variance of {i}"));
    }
    for x in rows() {
        assert_close(square(&x[3..7]), 9.0, 1e-12, "sphere");
        assert!(square(&x[7..10]) <= 2.25 * (1.0 + 1e-12));
        assert!(x[10..12].iter().all(|x| (-1.0..=3.0).contains(x)));
        assert_eq!(x[12..14], [7.0, -8.0]);
    }
    assert!(rows().any(|x| square(&x[7..10]) > 2.2) && rows().any(|x| square(&x[7..10]) < 0.3));
    assert!(rows().any(|x| x[10] < -0.99) && rows().any(|x| x[10] > 2.99));
    for at in 0..3 {
        let share = mean(&|x| f64::from(u8::from(x[14..16] == *points().point(at))));
        assert_close(share, 1.0 / 3.0, error * (2f64 / 9.0).sqrt(), "share of a row");
    }
    // Blocks are drawn apart: those of one law are not the same numbers.
    assert_close(mean(&|x| x[0] * x[3]), 0.0, error * 3.0, "covariance");
}

fn starts_do_not_depend_on_blocks_of_runs() {
    let problem = all_laws();
    let (dim, seed) = (problem.dim(), CellSeed::new(4, "cut"));
    let mut starts = vec![0.0; 300 * dim];
    problem.starts(seed, 10, dim, &mut starts);
    for (run, start) in starts.chunks_exact(dim).enumerate() {
        assert_eq!(problem.start(seed, 10 + run as u64), start);
    }
}

fn distinct_starts_are_counted() {
    let distinct = |blocks: Vec<Block>| bowl(blocks).problem(&settings()).unwrap().layout().distinct_starts;
    let (rows, constant) = (|name: &str| vector(name, 2, BlockStart::Rows(points())), BlockStart::Constant(vec![1.0]));
    assert_eq!(distinct(vec![rows("a"), rows("b"), vector("c", 1, constant.clone())]), Some(9));
    assert_eq!(distinct(vec![vector("c", 1, constant.clone())]), Some(1));
    assert_eq!(distinct(vec![rows("a"), vector("b", 1, BlockStart::Gaussian(1.0))]), None);
}

fn laws_without_sense_are_refused() {
    for (start, message) in [
        (BlockStart::Gaussian(0.0), "state.x: starts with a standard deviation of 0; choose a positive number"),
        (BlockStart::Sphere(-1.0), "state.x: starts within a radius of -1; choose a positive number"),
        (BlockStart::Ball(f64::NAN), "state.x: starts within a radius of NaN; choose a positive number"),
        (BlockStart::Uniform(1.0, 1.0), "state.x: starts between 1 and 1; give the lower bound first, both finite"),
        (BlockStart::Constant(vec![1.0]), "state.x: has 3 numbers and 1 for its start; give 3 numbers"),
        (BlockStart::Constant(vec![f64::INFINITY; 3]), "state.x: starts at what is no finite number; choose"),
        (BlockStart::Rows(points()), "state.x: starts at the points of points.csv: "),
    ] {
        let error = bowl(vec![vector("x", 3, start)]).problem(&settings()).unwrap_err().to_string();
        assert!(error.starts_with(message), "{error}, not {message}");
    }
    let twice = vec![vector("x", 1, BlockStart::Gaussian(1.0)), vector("x", 1, BlockStart::Gaussian(1.0))];
    let error = bowl(twice).problem(&settings()).unwrap_err().to_string();
    assert_eq!(error, "state.x: is the name of two blocks; give each block a name of its own");
}
