//! Gaussian kernels of a landscape file: `E φ(u·x) φ(v·x)` for `x ~ N(0, I)`, of the overlaps `u·u`, `u·v`, `v·v`, or
//! of the vectors themselves.

use super::arithmetic::{inner_product, whole_power};
use super::trace;
use super::value::{Number, Operand, array, node, plain, wrong};
use crate::expression::{Function, Graph, Node};
use starlark::environment::GlobalsBuilder;
use starlark::starlark_module;
use starlark::values::{Heap, Value};

/// Overlaps of two units: `u·u`, `u·v`, `v·v`.
type Overlaps = (Node, Node, Node);

/// The overlaps of two vectors, or three that are given.
fn overlaps<'v>(u: Value<'v>, v: Value<'v>, third: Option<Value<'v>>) -> starlark::Result<Overlaps> {
    let is_array = |x: Value<'v>| Operand::of(x).is_none_or(|x| matches!(x, Operand::Array(_)));
    if let Some(third) = third {
        let one = |value, what| node(value, what);
        return Ok((one(u, "u·u")?, one(v, "u·v")?, one(third, "v·v")?));
    }
    if !is_array(u) || !is_array(v) {
        return Err(wrong("a kernel of two numbers; give two vectors, or the three overlaps u·u, u·v, v·v".into()));
    }
    let (u, v) = (array(u, "the first vector")?, array(v, "the second vector")?);
    if u.nodes.len() != v.nodes.len() {
        return Err(wrong(format!("a kernel of {} and {}; give vectors of one length", u.shape(), v.shape())));
    }
    trace::made(|graph| {
        let (a, b) = (&u.nodes[..], &v.nodes[..]);
        (inner_product(graph, a, a), inner_product(graph, a, b), inner_product(graph, b, b))
    })
}

fn kernel<'v>(
    overlaps: Overlaps,
    heap: Heap<'v>,
    make: impl FnOnce(&mut Graph, Overlaps) -> Node,
) -> starlark::Result<Value<'v>> {
    Ok(heap.alloc(Number(trace::made(|graph| make(graph, overlaps))?)))
}

/// The cosine of the angle between two units, and the product of their norms.
fn cosine(graph: &mut Graph, (uu, uv, vv): Overlaps) -> (Node, Node) {
    let (u, v) = (graph.sqrt(uu), graph.sqrt(vv));
    let norms = graph.mul(u, v);
    let cosine = graph.div(uv, norms);
    // Rounding may take it beyond.
    let (one, minus) = (graph.constant(1.0), graph.constant(-1.0));
    let below = graph.min(cosine, one);
    (graph.max(below, minus), norms)
}

/// `(π − acos ρ)/2π`: the probability that two units are both positive (Sheppard 1899).
fn both_positive(graph: &mut Graph, cosine: Node) -> Node {
    let (pi, angle) = (graph.pi(), graph.function(Function::Acos, &[cosine]));
    let (rest, two) = (graph.sub(pi, angle), graph.constant(2.0));
    let whole = graph.mul(two, pi);
    graph.div(rest, whole)
}

/// The arc-cosine kernel of order 1 (Cho & Saul, "Kernel methods for deep learning", NIPS 2009):
/// `‖u‖‖v‖ (√(1 − ρ²) + ρ (π − acos ρ))/2π`. Its slope by `ρ`, `‖u‖‖v‖ (π − acos ρ)/2π`, is given, since that of the
/// formula is a difference of two infinite ones at parallel vectors.
fn relu(graph: &mut Graph, overlaps: Overlaps) -> Node {
    let (uu, uv, vv) = overlaps;
    if uu == uv && uv == vv {
        // The same unit twice.
        let half = graph.constant(0.5);
        return graph.mul(half, uu);
    }
    let (cosine, norms) = cosine(graph, overlaps);
    let one = graph.constant(1.0);
    let (less, more) = (graph.sub(one, cosine), graph.add(one, cosine));
    let square = graph.mul(less, more);
    let sine = graph.sqrt(square);
    let share = both_positive(graph, cosine);
    let (two, pi) = (graph.constant(2.0), graph.pi());
    let whole = graph.mul(two, pi);
    let part = graph.div(sine, whole);
    let plain = graph.mul_add(cosine, share, part);
    let unit = graph.sloped(plain, cosine, share);
    graph.mul(norms, unit)
}

#[starlark_module]
pub(super) fn kernels(builder: &mut GlobalsBuilder) {
    /// φ = relu: the arc-cosine kernel of order 1 (Cho & Saul 2009).
    fn relu_kernel<'v>(
        #[starlark(require = pos)] u: Value<'v>,
        #[starlark(require = pos)] v: Value<'v>,
        #[starlark(require = pos)] w: Option<Value<'v>>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        kernel(overlaps(u, v, w)?, heap, relu)
    }

    /// φ(z) = z for z > 0 and slope·z below: `slope u·v + (1 − slope)² E relu relu`.
    fn leaky_relu_kernel<'v>(
        #[starlark(require = pos)] u: Value<'v>,
        #[starlark(require = pos)] v: Value<'v>,
        #[starlark(require = pos)] w: Option<Value<'v>>,
        #[starlark(require = named)] slope: Value<'v>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        let slope = plain(slope, "slope")?;
        kernel(overlaps(u, v, w)?, heap, |graph, overlaps| {
            let relu = relu(graph, overlaps);
            let (linear, bent) = (graph.constant(slope), graph.constant((1.0 - slope) * (1.0 - slope)));
            let linear = graph.mul(linear, overlaps.1);
            graph.mul_add(bent, relu, linear)
        })
    }

    /// φ(z) = erf(z/√2): `(2/π) arcsin(u·v/√((1 + u·u)(1 + v·v)))` (Saad & Solla 1995; Williams 1997).
    fn erf_kernel<'v>(
        #[starlark(require = pos)] u: Value<'v>,
        #[starlark(require = pos)] v: Value<'v>,
        #[starlark(require = pos)] w: Option<Value<'v>>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        kernel(overlaps(u, v, w)?, heap, |graph, (uu, uv, vv)| {
            let one = graph.constant(1.0);
            let (a, b) = (graph.add(one, uu), graph.add(one, vv));
            let product = graph.mul(a, b);
            let root = graph.sqrt(product);
            let sine = graph.div(uv, root);
            // arcsin s = π/2 − acos s.
            let (two, pi, angle) = (graph.constant(2.0), graph.pi(), graph.function(Function::Acos, &[sine]));
            let share = graph.div(angle, pi);
            let twice = graph.mul(two, share);
            graph.sub(one, twice)
        })
    }

    /// φ(z) = 1 for z > 0, else 0: the probability that both are positive (Sheppard 1899).
    fn step_kernel<'v>(
        #[starlark(require = pos)] u: Value<'v>,
        #[starlark(require = pos)] v: Value<'v>,
        #[starlark(require = pos)] w: Option<Value<'v>>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        kernel(overlaps(u, v, w)?, heap, |graph, overlaps| {
            let (cosine, _) = cosine(graph, overlaps);
            both_positive(graph, cosine)
        })
    }

    /// φ(z) = z²: `u·u v·v + 2 (u·v)²` (Isserlis 1918).
    fn square_kernel<'v>(
        #[starlark(require = pos)] u: Value<'v>,
        #[starlark(require = pos)] v: Value<'v>,
        #[starlark(require = pos)] w: Option<Value<'v>>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        kernel(overlaps(u, v, w)?, heap, |graph, (uu, uv, vv)| {
            let (two, product, square) = (graph.constant(2.0), graph.mul(uu, vv), graph.mul(uv, uv));
            graph.mul_add(two, square, product)
        })
    }

    /// φ(z) = z³: `9 u·u v·v u·v + 6 (u·v)³` (Isserlis 1918).
    fn cubic_kernel<'v>(
        #[starlark(require = pos)] u: Value<'v>,
        #[starlark(require = pos)] v: Value<'v>,
        #[starlark(require = pos)] w: Option<Value<'v>>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        kernel(overlaps(u, v, w)?, heap, |graph, (uu, uv, vv)| {
            let (nine, six) = (graph.constant(9.0), graph.constant(6.0));
            let (norms, cube) = (graph.mul(uu, vv), whole_power(graph, uv, 3));
            let (mixed, cube) = (graph.mul(norms, uv), graph.mul(six, cube));
            graph.mul_add(nine, mixed, cube)
        })
    }

    /// φ(z) = e^z: `exp((u·u + v·v)/2 + u·v)`, the mean of a log-normal number.
    fn exp_kernel<'v>(
        #[starlark(require = pos)] u: Value<'v>,
        #[starlark(require = pos)] v: Value<'v>,
        #[starlark(require = pos)] w: Option<Value<'v>>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        kernel(overlaps(u, v, w)?, heap, |graph, (uu, uv, vv)| {
            let (half, squares) = (graph.constant(0.5), graph.add(uu, vv));
            let exponent = graph.mul_add(half, squares, uv);
            graph.function(Function::Exp, &[exponent])
        })
    }

    /// φ = sin: `(exp(u·v − s) − exp(−u·v − s))/2` with `s = (u·u + v·v)/2`, from the characteristic function of a
    /// normal number.
    fn sin_kernel<'v>(
        #[starlark(require = pos)] u: Value<'v>,
        #[starlark(require = pos)] v: Value<'v>,
        #[starlark(require = pos)] w: Option<Value<'v>>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        kernel(overlaps(u, v, w)?, heap, |graph, (uu, uv, vv)| {
            let (half, squares) = (graph.constant(0.5), graph.add(uu, vv));
            let mean = graph.mul(half, squares);
            let (like, against) = (graph.sub(uv, mean), graph.add(uv, mean));
            let against = graph.neg(against);
            let (like, against) = (graph.function(Function::Exp, &[like]), graph.function(Function::Exp, &[against]));
            let difference = graph.sub(like, against);
            graph.mul(half, difference)
        })
    }
}
