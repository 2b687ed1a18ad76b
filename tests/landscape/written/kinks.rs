//! Losses that are not differentiable where a run comes to rest.

use super::outcomes::judged;
use super::{landscape, settings, vector};
use spurious::expression::{Graph, Node};
use spurious::landscape::{BlockStart, Goal, Outcome, Problem};
use spurious::numerics::Precision;

trials![a_kink_has_no_curvature, a_choice_between_equal_formulas_is_no_kink, a_run_at_a_kink_is_undecided];

fn cell(loss: impl FnOnce(&mut Graph, &[Node]) -> Node) -> Problem {
    let blocks = vec![vector("x", 2, BlockStart::Gaussian(1.0))];
    landscape(blocks, Goal::Least(-1.0), loss).problem(&settings()).unwrap()
}

/// `x² + y²` for positive `x`, `share` times that in `x` else.
fn halves(g: &mut Graph, x: &[Node], share: f64) -> Node {
    let (zero, share) = (g.constant(0.0), g.constant(share));
    let square = g.mul(x[0], x[0]);
    let other = g.mul(square, share);
    let positive = g.lt(zero, x[0]);
    let chosen = g.select(positive, square, other);
    g.mul_add(x[1], x[1], chosen)
}

fn is_nan(problem: &Problem, state: [f64; 2]) -> bool {
    let hessian = problem.hessian(&state).unwrap();
    let nans = hessian.iter().filter(|x| x.is_nan()).count();
    assert!(nans == 0 || nans == 4, "{hessian:?}");
    nans == 4
}

fn a_kink_has_no_curvature() {
    let absolute = cell(|g, x| {
        let sum = g.abs(x[0]);
        g.mul_add(x[1], x[1], sum)
    });
    let larger = cell(|g, x| {
        let (a, b) = (g.mul(x[0], x[0]), g.mul(x[1], x[1]));
        let twice = g.add(b, b);
        let shifted = g.add(twice, x[0]);
        let most = g.max(a, shifted);
        g.add(most, b)
    });
    let bent = cell(|g, x| halves(g, x, 2.0));
    for problem in [&absolute, &bent] {
        for y in [0.0, 0.7, -3.0] {
            assert!(is_nan(problem, [0.0, y]) && is_nan(problem, [1e-14, y]) && is_nan(problem, [-1e-14, y]));
            assert!(!is_nan(problem, [1e-6, y]) && !is_nan(problem, [-0.3, y]));
        }
    }
    // x² = 2y² + x at x = 2, y = 1.
    assert!(is_nan(&larger, [2.0, 1.0]) && !is_nan(&larger, [2.0, 1.001]) && !is_nan(&larger, [2.0, 0.5]));
}

/// The same function on both sides, and `|x|³`, whose second derivative is continuous.
fn a_choice_between_equal_formulas_is_no_kink() {
    let equal = cell(|g, x| {
        let (one, two) = (g.constant(1.0), g.constant(2.0));
        // (x + 1)² − 2x − 1 and x².
        let square = g.mul(x[0], x[0]);
        let more = g.add(x[0], one);
        let more = g.mul(more, more);
        let twice = g.mul_add(two, x[0], one);
        let other = g.sub(more, twice);
        let mask = g.lt(x[0], x[1]);
        g.select(mask, square, other)
    });
    let cubic = cell(|g, x| {
        let size = g.abs(x[0]);
        let square = g.mul(x[0], x[0]);
        let cube = g.mul(size, square);
        let sum = g.add(cube, square);
        g.mul_add(x[1], x[1], sum)
    });
    assert!(!is_nan(&equal, [0.5, 0.5]) && !is_nan(&equal, [0.0, 0.0]));
    assert!(!is_nan(&cubic, [0.0, 0.5]));
}

/// A loss that is smooth on either side of its minimum, and not there: no strict minimum by curvature.
fn a_run_at_a_kink_is_undecided() {
    for (share, outcome) in [(2.0, Outcome::Undecided), (1.0, Outcome::Spurious)] {
        let problem = cell(|g, x| halves(g, x, share));
        for precision in [Precision::F64, Precision::F32] {
            let found = judged(&problem, precision, 1, 30);
            assert!(found.outcomes.iter().all(|found| *found == outcome), "{share}: {:?}", found.outcomes);
            let corner = |(_, found): &(usize, spurious::judge::classify::Found)| {
                found.doubt == Some(spurious::judge::lead::Doubt::Corner)
            };
            assert_eq!(found.more.iter().filter(|found| corner(found)).count(), if share == 2.0 { 30 } else { 0 });
        }
    }
}
