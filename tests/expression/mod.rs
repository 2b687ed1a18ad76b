//! Tests of `src/expression`, a file beside each that it tests.

mod derivative;
mod digits;
mod enclose;
mod graph;
mod program;
mod record;
mod smoothness;
mod text;
mod wgsl;

use spurious::expression::{Graph, Node};
use spurious::numerics::{Draws, Real};

trials![modules(graph, derivative, record, program, wgsl, enclose, smoothness, text)];

/// Room for every expression of these tests.
const ROOM: usize = 100_000;

/// One of so many.
fn below(draws: &mut Draws, count: usize) -> usize {
    ((draws.uniform() * count as f64) as usize).min(count - 1)
}

/// A random expression of all operations but the elementary functions, smooth but for a few kinks, and defined
/// everywhere: divisors and what is under a root are at least 1.
fn random_expression(graph: &mut Graph, draws: &mut Draws, dim: u32, operations: usize) -> Node {
    let mut pool: Vec<Node> = (0..dim).map(|i| graph.state(i)).collect();
    pool.extend([0.5, -1.25, 2.0].map(|x| graph.constant(x)));
    for _ in 0..operations {
        // Rather what was made last, so that expressions are deep.
        let mut operand = || {
            let back = below(draws, 8).min(below(draws, pool.len()));
            pool[pool.len() - 1 - back]
        };
        let (a, b, c, d) = (operand(), operand(), operand(), operand());
        let one = graph.constant(1.0);
        let positive = graph.mul_add(b, b, one);
        let made = match below(draws, 11) {
            0 => graph.add(a, b),
            1 => graph.sub(a, b),
            2 => graph.mul(a, b),
            3 => graph.div(a, positive),
            4 => graph.mul_add(a, b, c),
            5 => graph.sqrt(positive),
            6 => graph.abs(a),
            7 => graph.min(a, b),
            8 => graph.max(a, b),
            9 => graph.neg(a),
            _ => {
                let (first, second) = (graph.lt(a, b), graph.le(b, d));
                let (both, either) = (graph.and(first, second), graph.or(first, second));
                let not = graph.not(both);
                let mask = graph.and(not, either);
                graph.select(mask, c, d)
            }
        };
        pool.push(made);
    }
    let last = pool.len();
    let sum = graph.add(pool[last - 1], pool[last - 2]);
    graph.mul_add(pool[last - 3], pool[0], sum)
}

/// A loss over every number type with all operations that `Real` has, and its gradient by hand where `r` is the norm:
/// `ℓ = ½ (r − 1)² + Σ max(w_i, 0)/4 − min(w_0, w_1)`, with a choice between equal texts.
fn written<R: Real>(w: &[R]) -> Vec<R> {
    let (zero, one) = (R::zero(), R::splat(1.0));
    let mut square = R::splat(0.1);
    for &x in w {
        square = x.mul_add(x, square);
    }
    let r = square.sqrt();
    let excess = r - one;
    let mut loss = R::splat(0.5) * excess * excess;
    let pull = excess / r;
    let smaller = w[0].lt(w[1]);
    let mut gradient: Vec<R> = w.iter().map(|&x| pull * x + R::select(zero.lt(x), R::splat(0.25), zero)).collect();
    for &x in w {
        loss = loss + R::max(x, zero) / R::splat(4.0);
    }
    gradient[0] = gradient[0] - R::select(smaller, one, zero);
    gradient[1] = gradient[1] - R::select(!smaller & w[1].le(w[0]), one, zero);
    let least = R::min(w[0], w[1]);
    let mut all = vec![loss - R::select(least.lt(zero) | zero.le(least), least, -least.abs())];
    all.extend(gradient);
    all
}
