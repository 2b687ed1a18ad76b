//! Landscapes whose loss is a graph: what is proved of them against closed forms and values of 50 digits.

use crate::support::{assert_close, for_cases};
use spurious::expression::derivative::gradient;
use spurious::expression::{Function, Graph, Node};
use spurious::landscape::written::proof::WrittenLoss;
use spurious::landscape::{Block, BlockStart, Goal, Proof, Provable, Verdict, Written};
use std::sync::Arc;

trials![
    a_spurious_minimum_of_a_double_well,
    the_words_follow_the_goal,
    elementary_functions_are_proved,
    phase_retrieval_with_its_rotations,
    flat_directions_are_needed_and_must_be_true,
    factors_of_a_matrix,
    kinks_in_the_ball_are_refused,
    another_text_is_refused,
    proofs_of_perturbed_points_are_true,
];

/// Room for every loss here.
const ROOM: usize = 10_000;

/// A landscape of one block of numbers.
pub(crate) fn written(dim: usize, goal: Goal, make: impl FnOnce(&mut Graph, &[Node]) -> Node) -> Written {
    let mut graph = Graph::new(ROOM);
    let state: Vec<Node> = (0..dim as u32).map(|i| graph.state(i)).collect();
    let loss = make(&mut graph, &state);
    Written {
        graph: Arc::new(graph),
        loss,
        blocks: vec![Block { name: "w".into(), rows: 1, columns: dim, start: BlockStart::Gaussian(1.0) }],
        goal,
        step: None,
        symmetries: Vec::new(),
        flat: Vec::new(),
        observables: Vec::new(),
        theory: Vec::new(),
    }
}

pub(crate) fn subject(written: &Written) -> WrittenLoss {
    WrittenLoss::new("test.star", written).expect("a loss")
}

fn dot(g: &mut Graph, x: &[Node], y: &[Node]) -> Node {
    let zero = g.constant(0.0);
    x.iter().zip(y).fold(zero, |sum, (x, y)| g.mul_add(*x, *y, sum))
}

/// `(x − 1)² ((x + 1)² + 0.1)`: the global minimum at 1 has loss 0. The slope is `2 (x − 1)(2x² + 2x + 0.1)`.
pub(crate) fn double_well(goal: Goal) -> Written {
    written(1, goal, |g, x| {
        let (one, tenth) = (g.constant(1.0), g.constant(0.1));
        let (less, more) = (g.sub(x[0], one), g.add(x[0], one));
        let (first, second) = (g.mul(less, less), g.mul_add(more, more, tenth));
        g.mul(first, second)
    })
}

/// Where its slope is 0, from below.
pub(crate) fn wells() -> [f64; 3] {
    let root = 0.8f64.sqrt() / 2.0;
    [-0.5 - root, -0.5 + root, 1.0]
}

/// The signal of [`phase_retrieval`].
pub(crate) const SIGNAL: [f64; 3] = [0.5, -1.0, 2.0];

/// `(3|w|⁴ + 3|w*|⁴ − 2|w|²|w*|² − 4(w·w*)²)/4`, with the rotation around `w*` as a flat direction.
pub(crate) fn phase_retrieval(goal: Goal, rotations: bool) -> Written {
    let mut made = written(3, goal, |g, w| {
        let signal = SIGNAL.map(|x| g.constant(x));
        let (own, across, known) = (dot(g, w, w), dot(g, w, &signal), dot(g, &signal, &signal));
        let [three, two, four, quarter] = [3.0, 2.0, 4.0, 0.25].map(|x| g.constant(x));
        let squares = [(own, own, three), (known, known, three)].map(|(a, b, c)| {
            let product = g.mul(a, b);
            g.mul(product, c)
        });
        let (mixed, overlap) = (g.mul(own, known), g.mul(across, across));
        let (mixed, overlap) = (g.mul(mixed, two), g.mul(overlap, four));
        let sum = g.add(squares[0], squares[1]);
        let (sum, rest) = (g.sub(sum, mixed), overlap);
        let sum = g.sub(sum, rest);
        g.mul(sum, quarter)
    });
    if rotations {
        made.flat = vec![("rotation".into(), field(&mut made.graph, SIGNAL))];
    }
    made
}

/// `axis × w`
fn field(graph: &mut Arc<Graph>, axis: [f64; 3]) -> Vec<Node> {
    let g = Arc::make_mut(graph);
    let w: Vec<Node> = (0..3).map(|i| g.state(i)).collect();
    let axis = axis.map(|x| g.constant(x));
    let turned = |g: &mut Graph, a: usize, b: usize| {
        let (first, second) = (g.mul(axis[a], w[b]), g.mul(axis[b], w[a]));
        g.sub(first, second)
    };
    vec![turned(g, 1, 2), turned(g, 2, 0), turned(g, 0, 1)]
}

/// A saddle of phase retrieval: across the signal, a third of its square long.
pub(crate) fn saddle() -> [f64; 3] {
    let across = [2.0, 1.0, 0.0];
    let size = (5.25f64 / 3.0 / 5.0).sqrt();
    across.map(|x| size * x)
}

/// `(tanh a − ½)² + (erf b − a/4)² + e^(b/4)/8`, and its minimum by 40 digits.
pub(crate) fn smooth_functions() -> (Written, [f64; 2]) {
    let made = written(2, Goal::Unknown, |g, x| {
        let [half, quarter, eighth] = [0.5, 0.25, 0.125].map(|x| g.constant(x));
        let (tanh, erf) = (g.function(Function::Tanh, &x[..1]), g.function(Function::Erf, &x[1..]));
        let (share, exponent) = (g.mul(quarter, x[0]), g.mul(quarter, x[1]));
        let (first, second) = (g.sub(tanh, half), g.sub(erf, share));
        let (first, second) = (g.mul(first, first), g.mul(second, second));
        let exp = g.function(Function::Exp, &[exponent]);
        let sum = g.add(first, second);
        g.mul_add(exp, eighth, sum)
    });
    (made, [0.542_969_563_332_168, 0.107_961_164_100_778_5])
}

/// `(|w|² − 1)²/4` in three dimensions. Its minima are a sphere, along which three rotations go in two directions.
pub(crate) fn sphere(goal: Goal) -> Written {
    let mut made = written(3, goal, |g, w| {
        let (own, one, quarter) = (dot(g, w, w), g.constant(1.0), g.constant(0.25));
        let less = g.sub(own, one);
        let square = g.mul(less, less);
        g.mul(square, quarter)
    });
    let axes = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
    made.flat = axes.map(|axis| ("rotation".into(), field(&mut made.graph, axis))).into();
    made
}

/// `|UUᵀ − M|²/4` with five rows of two numbers and `M = diag(5, 4, 3, 2, 1)`; the two columns turn into each other.
pub(crate) fn factorisation() -> Written {
    let mut made = written(10, Goal::Unknown, |g, u| {
        let (mut sum, quarter) = (g.constant(0.0), g.constant(0.25));
        for i in 0..5 {
            for j in 0..5 {
                let product = dot(g, &u[2 * i..2 * i + 2], &u[2 * j..2 * j + 2]);
                let entry = g.constant(if i == j { (5 - i) as f64 } else { 0.0 });
                let rest = g.sub(product, entry);
                sum = g.mul_add(rest, rest, sum);
            }
        }
        g.mul(sum, quarter)
    });
    let g = Arc::make_mut(&mut made.graph);
    let turned = |i: u32, g: &mut Graph| {
        let (first, second) = (g.state(2 * i), g.state(2 * i + 1));
        [g.neg(second), first]
    };
    made.flat = vec![("rotation".into(), (0..5).flat_map(|i| turned(i, g)).collect())];
    made
}

/// A critical point of it: the roots of two entries of `M`, turned by an angle with the sine 0.6.
pub(crate) fn factor(entries: [usize; 2]) -> Vec<f64> {
    let mut point = vec![0.0; 10];
    for (i, turned) in entries.into_iter().zip([[0.8, 0.6], [-0.6, 0.8]]) {
        let root = ((5 - i) as f64).sqrt();
        point[2 * i] = root * turned[0];
        point[2 * i + 1] = root * turned[1];
    }
    point
}

fn prove(written: &Written, point: &[f64]) -> Proof {
    subject(written).prove(point, None).unwrap_or_else(|why| panic!("{point:?}: {why}"))
}

fn refusal(written: &Written, point: &[f64]) -> String {
    subject(written).prove(point, None).expect_err("no proof").to_string()
}

fn a_spurious_minimum_of_a_double_well() {
    let least = double_well(Goal::Least(0.0));
    let loss = |x: f64| (x - 1.0).powi(2) * ((x + 1.0).powi(2) + 0.1);
    // The slope of 4x³ − 3.8x + … : 2(2x² + 2x + 0.1) + 2(x − 1)(4x + 2).
    let bend = |x: f64| 2.0 * (2.0 * x * x + 2.0 * x + 0.1) + 2.0 * (x - 1.0) * (4.0 * x + 2.0);
    let [spurious, top, global] = wells();
    for (x, verdict, index) in
        [(spurious, Verdict::Minimum, 0), (top, Verdict::Saddle, 1), (global, Verdict::LocalMinimum, 0)]
    {
        let proof = prove(&least, &[x]);
        assert_eq!((proof.verdict, proof.index), (verdict, index), "{x}");
        assert!(proof.loss_low <= loss(x) + 1e-15 && proof.loss_high >= loss(x) - 1e-15, "{proof:?}");
        assert!(proof.loss_high - proof.loss_low < 1e-13, "{proof:?}");
        assert_close(proof.eigenvalue_min_low, bend(x), 1e-9, "the curvature");
        assert!(proof.gap_low <= bend(x).abs() && proof.gap_low > 0.4 * bend(x).abs(), "{proof:?}");
        assert!(proof.radius > 1e-4 && proof.distance_high < 1e-12, "{proof:?}");
        assert_eq!((proof.every_input_dim, proof.flat_directions), (None, None));
    }
    assert!(subject(&least).prove(&[spurious + 0.1], None).is_err());
    assert!(subject(&least).prove(&[spurious], Some(1.0)).is_err());
    assert!(subject(&least).prove(&[f64::NAN], None).is_err());
    for radius in [0.0, -0.1, f64::NAN, f64::INFINITY, 1e-20] {
        assert!(subject(&least).prove(&[spurious], Some(radius)).is_err(), "{radius}");
    }
    let square = written(1, Goal::Unknown, |g, x| g.mul(x[0], x[0]));
    assert!(subject(&square).prove(&[0.0], Some(f64::INFINITY)).is_err(), "a radius that no file can hold");
    assert_eq!(prove(&square, &[0.0]).radius, 1.0);
    let huge = written(1, Goal::Unknown, |g, x| {
        let exponent = g.constant(800.0);
        let huge = g.function(Function::Exp, &[exponent]);
        g.mul_add(x[0], x[0], huge)
    });
    assert!(refusal(&huge, &[0.0]).contains("too large to be enclosed"));
    assert!(subject(&least).prove(&[spurious, 0.0], None).is_err());
}

/// What a minimum is called depends on what the landscape says of the least loss.
fn the_words_follow_the_goal() {
    let [spurious, _, global] = wells();
    let verdict = |goal: Goal, x: f64| subject(&double_well(goal)).prove(&[x], None).map(|proof| proof.verdict);
    assert_eq!(verdict(Goal::Unknown, spurious), Ok(Verdict::LocalMinimum));
    assert_eq!(verdict(Goal::Unknown, global), Ok(Verdict::LocalMinimum));
    assert_eq!(verdict(Goal::Least(0.0), spurious), Ok(Verdict::Minimum));
    assert_eq!(verdict(Goal::Minima(vec![vec![1.0]]), global), Ok(Verdict::Global));
    assert_eq!(verdict(Goal::Minima(vec![vec![1.0 + 1e-9]]), global), Ok(Verdict::Global), "rounded");
    assert_eq!(verdict(Goal::Minima(vec![vec![1.0]]), spurious), Ok(Verdict::Minimum));
    // A known point with a lower loss makes a minimum spurious, whether or not that is a minimum.
    assert_eq!(verdict(Goal::Minima(vec![vec![0.9]]), spurious), Ok(Verdict::Minimum));
    assert_eq!(verdict(Goal::Minima(vec![vec![3.0]]), spurious), Ok(Verdict::LocalMinimum));
    assert_eq!(verdict(Goal::Minima(vec![vec![spurious], vec![1.0]]), spurious), Ok(Verdict::Minimum));
    // A least loss that is not the least.
    let why = verdict(Goal::Least(0.5), spurious).expect_err("no proof").to_string();
    assert!(why.contains("below the least one"), "{why}");
    assert_eq!(verdict(Goal::Least(0.3), spurious), Ok(Verdict::Minimum));
    let known = subject(&double_well(Goal::Minima(vec![vec![1.0]]))).known();
    assert_eq!(known, [("minimum-1".to_string(), vec![1.0])]);
}

fn elementary_functions_are_proved() {
    let (made, point) = smooth_functions();
    let proof = prove(&made, &point);
    assert_eq!((proof.verdict, proof.index), (Verdict::LocalMinimum, 0));
    // By 40 digits elsewhere: loss and smallest eigenvalue.
    let (loss, least) = (0.128_649_613_264_844_1, 1.056_401_627_807_065);
    assert!(proof.loss_low <= loss + 1e-16 && proof.loss_high >= loss - 1e-16, "{proof:?}");
    assert!(proof.loss_high - proof.loss_low < 1e-13, "{proof:?}");
    assert_close(proof.eigenvalue_min_low, least, 1e-9, "the smallest eigenvalue");
    assert!(proof.eigenvalue_min_low < least && proof.distance_high < 1e-13, "{proof:?}");
}

/// The global minima are isolated, and so is the maximum at 0; the saddles are circles.
fn phase_retrieval_with_its_rotations() {
    let minus = SIGNAL.map(|x| -x);
    let n = 5.25;
    let made = phase_retrieval(Goal::Minima(vec![SIGNAL.into(), minus.into()]), true);
    for point in [SIGNAL, minus] {
        let proof = prove(&made, &point);
        assert_eq!((proof.verdict, proof.index, proof.flat_directions), (Verdict::Global, 0, None));
        assert_close(proof.eigenvalue_min_low, 2.0 * n, 1e-9, "the smallest eigenvalue, 2|w*|²");
        assert!(proof.loss_low <= 0.0 && proof.loss_high >= 0.0 && proof.loss_high < 1e-12, "{proof:?}");
    }
    let top = prove(&made, &[0.0; 3]);
    assert_eq!((top.verdict, top.index, top.flat_directions), (Verdict::Saddle, 3, None));
    assert_close(top.eigenvalue_min_low, -3.0 * n, 1e-9, "the smallest eigenvalue at 0");
    assert!(top.loss_low <= 0.75 * n * n && top.loss_high >= 0.75 * n * n);
    // Another point of the circle: turned by a quarter, the cross product with the unit vector of the signal.
    let [a, b, c] = saddle();
    let [x, y, z] = SIGNAL.map(|x| x / n.sqrt());
    for point in [[a, b, c], [y * c - z * b, z * a - x * c, x * b - y * a]] {
        let proof = prove(&made, &point);
        assert_eq!((proof.verdict, proof.index, proof.flat_directions), (Verdict::Saddle, 1, Some(1)), "{point:?}");
        assert_close(proof.eigenvalue_min_low, -2.0 * n, 1e-9, "the smallest eigenvalue, -2|w*|²");
        assert!(proof.gap_low > 0.9 * n && proof.gap_low < 2.0 * n, "{proof:?}");
        let loss = 2.0 / 3.0 * n * n;
        assert!(proof.loss_low <= loss + 1e-13 && proof.loss_high >= loss - 1e-13, "{proof:?}");
        assert!(proof.loss_high - proof.loss_low < 1e-11 && proof.radius > 1e-4, "{proof:?}");
    }
    // Off the circle there is nothing.
    assert!(subject(&made).prove(&saddle().map(|x| 1.01 * x), None).is_err());
}

fn flat_directions_are_needed_and_must_be_true() {
    let without = phase_retrieval(Goal::Least(0.0), false);
    assert!(refusal(&without, &saddle()).contains("cannot be told from 0"));
    // Around another axis the loss changes.
    let mut false_one = without.clone();
    false_one.flat = vec![("wrong".into(), field(&mut false_one.graph, [1.0, 0.0, 0.0]))];
    assert!(refusal(&false_one, &saddle()).contains("flat direction 1 does not keep the loss"));
    // So does it with an axis that is a little off.
    let mut near = without.clone();
    near.flat = vec![("near".into(), field(&mut near.graph, [0.5 + 1e-9, -1.0, 2.0]))];
    assert!(refusal(&near, &saddle()).contains("does not keep the loss"));
    // The same field twice, and one that is 0 at the point, count once and not at all.
    let mut twice = phase_retrieval(Goal::Least(0.0), true);
    let again = field(&mut twice.graph, SIGNAL.map(|x| 2.0 * x));
    let zero = Arc::make_mut(&mut twice.graph).constant(0.0);
    twice.flat.insert(0, ("nothing".into(), vec![zero; 3]));
    twice.flat.push(("again".into(), again));
    assert_eq!(prove(&twice, &saddle()).flat_directions, Some(1));
    let mut nothing = without.clone();
    let zero = Arc::make_mut(&mut nothing.graph).constant(0.0);
    nothing.flat = vec![("nothing".into(), vec![zero; 3])];
    assert!(refusal(&nothing, &saddle()).contains("cannot be told from 0"));
    let point = [0.48, 0.6, -0.64];
    let proof = prove(&sphere(Goal::Least(-1.0)), &point);
    assert_eq!((proof.verdict, proof.index, proof.flat_directions), (Verdict::Minimum, 0, Some(2)));
    assert_close(proof.eigenvalue_min_low, 2.0, 1e-9, "the curvature along the radius");
    assert_eq!(prove(&sphere(Goal::Least(0.0)), &point).verdict, Verdict::LocalMinimum);
}

/// At the roots of the entries `a` and `b` the other three, `c`, are left: the loss is the sum of `c²/4`, and the
/// eigenvalues are `2a`, `2b` and `a + b` within the two rows, `a − c` and `b − c` in the others, and 0 along the
/// rotation: in directions `D` the second derivative is `tr (UᵀU DᵀD) + tr (UᵀD UᵀD) + tr (Dᵀ(UUᵀ − M)D)`.
fn factors_of_a_matrix() {
    let made = factorisation();
    let diagonal = [5.0, 4.0, 3.0, 2.0, 1.0];
    for (entries, verdict, index) in [
        ([0, 1], Verdict::LocalMinimum, 0),
        ([0, 2], Verdict::Saddle, 1),
        ([1, 4], Verdict::Saddle, 4),
        ([3, 4], Verdict::Saddle, 6),
    ] {
        let proof = prove(&made, &factor(entries));
        let taken = entries.map(|i| diagonal[i]);
        let left: Vec<f64> = (0..5).filter(|i| !entries.contains(i)).map(|i| diagonal[i]).collect();
        let across = taken.iter().flat_map(|a| left.iter().map(move |c| a - c));
        let all: Vec<f64> = across.chain([2.0 * taken[0], 2.0 * taken[1], taken[0] + taken[1]]).collect();
        let least = all.iter().copied().fold(f64::INFINITY, f64::min);
        let gap = all.iter().map(|x| x.abs()).fold(f64::INFINITY, f64::min);
        assert_eq!(all.iter().filter(|x| **x < 0.0).count(), index, "{entries:?}");
        assert_eq!((proof.verdict, proof.index, proof.flat_directions), (verdict, index, Some(1)), "{entries:?}");
        assert_close(proof.eigenvalue_min_low, least, 1e-9, "the smallest eigenvalue across");
        assert!(proof.gap_low <= gap && proof.gap_low > 0.49 * gap, "{entries:?}: {proof:?}");
        let loss = left.iter().map(|c| c * c / 4.0).sum::<f64>();
        assert!(proof.loss_low <= loss && loss <= proof.loss_high, "{entries:?}: {proof:?}");
    }
}

/// `|x| + x²` and the like: no second derivative at 0, whatever the number there.
fn kinks_in_the_ball_are_refused() {
    type Kink = fn(&mut Graph, Node) -> Node;
    let kinks: [Kink; 4] = [
        |g, x| g.abs(x),
        |g, x| {
            let zero = g.constant(0.0);
            g.max(x, zero)
        },
        |g, x| {
            let zero = g.constant(0.0);
            let mask = g.lt(x, zero);
            let square = g.mul(x, x);
            g.select(mask, zero, square)
        },
        |g, x| {
            let square = g.mul(x, x);
            g.sqrt(square)
        },
    ];
    for (i, kink) in kinks.into_iter().enumerate() {
        // k(x) + (x − c)²
        let with = |centre: f64| {
            written(1, Goal::Unknown, |g, x| {
                let centre = g.constant(centre);
                let less = g.sub(x[0], centre);
                let kink = kink(g, x[0]);
                g.mul_add(less, less, kink)
            })
        };
        assert!(refusal(&with(0.0), &[0.0]).contains("not shown to be smooth"), "{i}");
        // With the kink out of reach: at −1 the slope of the kink is −1 (with one of |x|), else 0.
        let slope = if i == 0 || i == 3 { -1.0 } else { 0.0 };
        let made = with(-1.0 + slope / 2.0);
        let proof = prove(&made, &[-1.0]);
        assert_eq!((proof.index, proof.verdict), (0, Verdict::LocalMinimum), "{i}");
        assert_close(proof.eigenvalue_min_low, 2.0, 1e-9, "the curvature");
        assert!(proof.radius < 1.0, "{i}: {proof:?}");
        // Of the root of a square a smaller ball: its curvature is enclosed by what grows with the ball.
        let radius = if i == 3 { 0.1 } else { 0.9 };
        assert!(subject(&made).prove(&[-1.0], Some(radius)).is_ok(), "{i}");
        assert!(subject(&made).prove(&[-1.0], Some(1.0)).is_err(), "{i}: the kink is on the sphere");
    }
}

/// What a certificate may say of its landscape, and what not.
fn another_text_is_refused() {
    let right = subject(&phase_retrieval(Goal::Minima(vec![SIGNAL.into()]), true)).landscape();
    assert!(WrittenLoss::is_one(&right) && !WrittenLoss::is_one(&serde_json::json!({"neurons": 3})));
    let read = WrittenLoss::read("test.star", &right).expect("a loss");
    assert_eq!((read.landscape(), read.dim(), Provable::model(&read)), (right.clone(), 3, "test.star"));
    let refused = |part: &str, change: &dyn Fn(&mut serde_json::Value)| {
        let mut wrong = right.clone();
        change(&mut wrong);
        let why = WrittenLoss::read("test.star", &wrong).expect_err(part);
        assert!(why.contains(part), "{part}: {why}");
    };
    refused("dim = 0", &|it| it["dim"] = 0.into());
    refused("dim = 2", &|it| it["dim"] = 2.into());
    refused("dim = 5000", &|it| it["dim"] = 5000.into());
    refused("unknown field", &|it| it["other"] = 0.into());
    refused("missing field", &|it| {
        it.as_object_mut().unwrap().remove("loss");
    });
    refused("no such number", &|it| it["loss"] = 1000.into());
    refused("invalid", &|it| it["loss"] = "3".into());
    refused("no output needs it", &|it| it["loss"] = 0.into());
    refused("no such operation", &|it| it["operations"][3] = "cosh 0".into());
    refused("hexadecimal", &|it| it["minima"][0][0] = "0.5".into());
    refused("minima: 2 numbers", &|it| it["minima"][0] = serde_json::json!(["0x0.0p+0", "0x0.0p+0"]));
    refused("flat: 1 numbers", &|it| it["flat"][0] = serde_json::json!([0]));
    refused("give one of them", &|it| it["least_loss"] = "0x0.0p+0".into());
    // What no file can hold, and a field of another space.
    for goal in [Goal::Least(f64::NAN), Goal::Least(f64::INFINITY), Goal::Minima(vec![vec![1.0, f64::NAN, 0.0]])] {
        let why = WrittenLoss::new("test.star", &phase_retrieval(goal.clone(), true)).expect_err("a number");
        assert!(why.to_string().contains("finite"), "{goal:?}: {why}");
    }
    let mut short = phase_retrieval(Goal::Unknown, true);
    short.flat[0].1.pop();
    let why = WrittenLoss::new("test.star", &short).expect_err("a field").to_string();
    assert!(why.contains("2 numbers where 3 are needed"), "{why}");
    // Nodes beyond the state.
    let mut far = serde_json::to_value(&right).unwrap();
    let state = far["operations"].as_array().unwrap().iter().position(|x| x == "state 2").unwrap();
    far["operations"][state] = "state 3".into();
    assert!(WrittenLoss::read("test.star", &far).expect_err("a component").contains("component 3"));
}

/// Points near critical ones of phase retrieval: whatever is proved is true.
fn proofs_of_perturbed_points_are_true() {
    let made = phase_retrieval(Goal::Minima(vec![SIGNAL.into(), SIGNAL.map(|x| -x).into()]), true);
    let loss = subject(&made);
    let mut graph = (*made.graph).clone();
    let slopes = gradient(&mut graph, made.loss, 3).unwrap();
    let (mut proved, mut refused) = (0, 0);
    for_cases("landscape::proof::written", 200, |case, draws| {
        let base = [SIGNAL, saddle(), [0.0; 3], SIGNAL.map(|x| -x)][case as usize % 4];
        let size = 10f64.powf(-1.0 - 15.0 * draws.uniform());
        let point = base.map(|x| x + size * draws.normal());
        let Ok(proof) = loss.prove(&point, None) else { return };
        let values = graph.values(&slopes, &point).unwrap();
        let norm = values.iter().map(|x| x * x).sum::<f64>().sqrt();
        assert!(proof.gradient_norm_high >= norm * (1.0 - 1e-12), "{point:?}: {proof:?}, {norm}");
        let (n, length) = (5.25f64, base.iter().map(|x| x * x).sum::<f64>());
        let expected = if length == 0.0 {
            0.75 * n * n
        } else if length < 2.0 {
            2.0 / 3.0 * n * n
        } else {
            0.0
        };
        assert!(proof.loss_low <= expected + 1e-12 && proof.loss_high >= expected - 1e-12, "{point:?}: {proof:?}");
        let index = if length == 0.0 { 3 } else { usize::from(length < 2.0) };
        assert_eq!(proof.index, index, "{point:?}");
    });
    for by in [1e-12, 1e-9, 1e-6, 1e-3, 1e-2, 0.1, 1.0] {
        let point = SIGNAL.map(|x| x + by);
        match loss.prove(&point, None) {
            Ok(_) => proved += 1,
            Err(_) => refused += 1,
        }
    }
    assert!(proved >= 3 && refused >= 2, "{proved} proved, {refused} refused");
}
