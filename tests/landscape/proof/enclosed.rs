//! Enclosures of loss, gradient and Hessian against the model's own closed forms in f64, at many points of many balls.

use super::cell;
use spurious::numerics::real::Precision::F64;
use spurious::numerics::{CellSeed, Draws, Enclosure};

trials![
    slopes_are_enclosed,
    hessians_of_a_ball_are_enclosed,
    parallel_neurons_are_enclosed,
    further_inputs_add_their_block,
];

type Set = &'static [(&'static str, &'static str)];

/// Models and parameters: as many neurons as teachers or more, inputs outside their span, teachers that are not
/// orthonormal; filters that overlap by one number or many, and not at all.
const CASES: [(&str, Set); 9] = [
    ("relu_sum", &[("teachers", "1")]),
    ("relu_sum", &[("teachers", "3")]),
    ("relu_sum", &[("teachers", "2"), ("neurons", "3"), ("input_dim", "4")]),
    ("relu_sum", &[("teachers", "4"), ("neurons", "5"), ("teacher", "\"gaussian\"")]),
    ("relu_sum", &[("teachers", "3"), ("input_dim", "2"), ("teacher", "\"sphere\""), ("teacher_seed", "4")]),
    ("pooled_cnn", &[("filter_length", "2"), ("stride", "1"), ("patches", "5")]),
    ("pooled_cnn", &[("filter_length", "6"), ("stride", "2"), ("patches", "2")]),
    ("pooled_cnn", &[("filter_length", "7"), ("stride", "3"), ("patches", "40"), ("teacher_norm", "2.5")]),
    ("pooled_cnn", &[("filter_length", "3"), ("patches", "4")]),
];

fn points(seed: u64, dim: usize, count: usize) -> Vec<Vec<f64>> {
    let mut draws = CellSeed::new(seed, "certify").run(0);
    (0..count).map(|_| (0..dim).map(|_| draws.normal()).collect()).collect()
}

/// A point of the ball: uniform direction, any distance up to the radius.
fn member(draws: &mut Draws, centre: &[f64], radius: f64) -> Vec<f64> {
    let direction: Vec<f64> = centre.iter().map(|_| draws.normal()).collect();
    let length = direction.iter().map(|x| x * x).sum::<f64>().sqrt();
    let reach = 0.999 * radius * draws.uniform().sqrt() / length;
    centre.iter().zip(direction).map(|(x, d)| x + reach * d).collect()
}

/// Whether a number is in an enclosure, but for the rounding of closed forms: sums of some tens of terms up to 10.
fn holds(enclosure: Enclosure, x: f64) -> bool {
    x >= enclosure.low() - 1e-13 && x <= enclosure.high() + 1e-13
}

fn slopes_are_enclosed() {
    for (model, set) in CASES {
        let (problem, subject) = cell(model, set);
        let smooth = subject.smooth().expect("a smooth loss");
        for point in points(11, problem.dim(), 20) {
            let (loss, gradient) = smooth.slope(&point).expect("a slope");
            let known = problem.evaluate(F64, &point);
            assert!(holds(loss, known.loss) && loss.radius() < 1e-12, "{model} {set:?}: {loss:?}, {}", known.loss);
            for (enclosure, slope) in gradient.iter().zip(&known.gradient) {
                assert!(holds(*enclosure, *slope), "{model} {set:?}: {enclosure:?}, {slope}");
                assert!(enclosure.radius() < 1e-12, "{model} {set:?}: {enclosure:?} says too little");
            }
        }
    }
}

fn hessians_of_a_ball_are_enclosed() {
    let mut draws = CellSeed::new(12, "certify members").run(0);
    for (model, set) in CASES {
        let (problem, subject) = cell(model, set);
        let (smooth, dim) = (subject.smooth().expect("a smooth loss"), problem.dim());
        let (mut tested, mut widest) = (0, 0.0f64);
        for point in points(13, dim, 8) {
            for radius in [0.0, 1e-9, 1e-4, 0.05] {
                // Where a neuron may vanish in the ball there is nothing to enclose.
                let Ok(enclosed) = smooth.hessian(&point, radius) else { continue };
                for _ in 0..12 {
                    let hessian = problem.hessian(&member(&mut draws, &point, radius)).expect("a closed form");
                    for (at, entry) in hessian.iter().enumerate() {
                        let enclosure = enclosed.get(at / dim, at % dim);
                        assert!(holds(enclosure, *entry), "{model} {set:?}, radius {radius}: {enclosure:?}, {entry}");
                        if radius == 1e-9 {
                            widest = widest.max(enclosure.radius());
                        }
                    }
                    tested += 1;
                }
            }
        }
        assert!(tested > 300, "{model} {set:?}: {tested} points only");
        // Hessians move by a few times the radius, over the squared norm of the shortest neuron.
        assert!(widest > 0.0 && widest < 1e-5, "{model} {set:?}: {widest:e}");
    }
}

/// Where closed forms would divide by a sine of 0: neurons along a teacher, opposite to one, and along each other.
fn parallel_neurons_are_enclosed() {
    let (problem, subject) = cell("relu_sum", &[("teachers", "3")]);
    let smooth = subject.smooth().expect("a smooth loss");
    let mut draws = CellSeed::new(14, "certify members").run(0);
    for point in [
        [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0],
        [0.5, 0.0, 0.0, 0.7, 0.0, 0.0, 0.0, -2.0, 0.0],
        [0.3, 0.4, 0.5, 0.6, 0.8, 1.0, -0.3, -0.4, -0.5],
        [1.0, 1e-9, 0.0, 0.0, 1.0, -1e-12, 3e-17, 0.0, 1.0],
    ] {
        let known = problem.evaluate(F64, &point);
        let (loss, gradient) = smooth.slope(&point).expect("a slope");
        assert!(holds(loss, known.loss) && loss.radius() < 1e-13, "{point:?}: {loss:?}");
        assert!(gradient.iter().zip(&known.gradient).all(|(e, g)| holds(*e, *g) && e.radius() < 1e-13), "{point:?}");
        for radius in [0.0, 1e-12, 1e-3] {
            let enclosed = smooth.hessian(&point, radius).expect("a Hessian");
            for _ in 0..50 {
                let hessian = problem.hessian(&member(&mut draws, &point, radius)).expect("a closed form");
                for (at, entry) in hessian.iter().enumerate() {
                    let enclosure = enclosed.get(at / 9, at % 9);
                    // At the point itself closed forms take parallel neurons for what they are, to 1e-8 in the sine.
                    let near = holds(Enclosure::around(enclosure.mid(), enclosure.radius() + 1e-8), *entry);
                    assert!(near, "{point:?}, radius {radius}: {enclosure:?}, {entry}");
                }
            }
        }
    }
}

/// The Hessian of the same weights with one input more has the block that is enclosed for it, and zeros beside it.
fn further_inputs_add_their_block() {
    let (n, d) = (4, 3);
    let (_, subject) = cell("relu_sum", &[("teachers", "3"), ("neurons", "4")]);
    let (wide, _) = cell("relu_sum", &[("teachers", "3"), ("neurons", "4"), ("input_dim", "4")]);
    for point in points(15, n * d, 10) {
        let padded: Vec<f64> = point.chunks_exact(d).flat_map(|w| [w, &[0.0]].concat()).collect();
        let hessian = wide.hessian(&padded).expect("a closed form");
        let extra = subject.smooth().and_then(|smooth| smooth.extra(&point).unwrap()).expect("a block");
        let entry = |i: usize, j: usize| hessian[(i * (d + 1) + d) * n * (d + 1) + j];
        for i in 0..n {
            for j in 0..n * (d + 1) {
                if j % (d + 1) == d {
                    assert!(holds(extra.get(i, j / (d + 1)), entry(i, j)), "{i}, {j}");
                } else {
                    assert!(entry(i, j).abs() < 1e-15, "{i}, {j}: {}", entry(i, j));
                }
            }
        }
    }
}
