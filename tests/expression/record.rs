//! Generic Rust text gives its graph: the same bits, for texts of our own and of the built-in landscapes.

use super::{ROOM, written};
use crate::support::subject::{Set, Subject, subjects};
use crate::support::{for_cases, random_point, round_to_f32, starts};
use spurious::expression::derivative::gradient;
use spurious::expression::{ExpressionError, Function, Node, Program, Recorded, Recording, record};
use spurious::landscape::Problem;
use spurious::numerics::real::Mask;
use spurious::numerics::{Precision, Real};
use std::cell::RefCell;
use std::sync::Arc;

trials![
    f64_graphs_compute_the_text = graphs_compute_the_text::<f64>,
    f32_graphs_compute_the_text = graphs_compute_the_text::<f32>,
    constants_are_computed,
    a_recorded_loss_has_the_gradient_of_the_text,
    f64_landscapes_are_recorded = || landscapes_are_recorded(Precision::F64),
    f32_landscapes_are_recorded = || landscapes_are_recorded(Precision::F32),
    a_recorded_landscape_has_its_gradient,
    values_are_not_to_be_had,
    constants_have_values,
    numbers_of_another_recording_are_an_error,
    numbers_of_another_thread_are_an_error,
    recordings_nest,
    a_panic_leaves_no_recording_behind,
    a_full_graph_is_an_error,
];

fn graphs_compute_the_text<R: Real>() {
    let recording = record::<R>(4, ROOM, written).unwrap();
    assert_eq!(recording.graph.precision(), R::PRECISION);
    for_cases("expression::recorded", 500, |_, draws| {
        let state: Vec<R> = random_point(draws, 1.0, 4).into_iter().map(R::splat).collect();
        let found = recording.graph.values(&recording.outputs, &state).unwrap();
        for (found, direct) in found.iter().zip(written(&state)) {
            assert_eq!(found.lane(0).to_bits(), direct.lane(0).to_bits());
        }
    });
}

/// What does not depend on the state takes no node, and is computed in the format.
fn constants_are_computed() {
    fn text<R: Real>(x: &[R]) -> Vec<R> {
        let third = R::splat(1.0) / R::splat(3.0);
        let chosen = R::select(third.lt(R::splat(0.5)) & !R::zero().lt(R::zero()), third.sqrt(), x[0]);
        vec![x[0] * chosen, third.mul_add(third, -third).abs()]
    }
    let recording = record::<f32>(1, ROOM, text).unwrap();
    let direct = text(&[1.0f32]);
    let value = |i: usize| recording.graph.value(recording.outputs[i]);
    assert_eq!(value(1), Some(f64::from(direct[1])));
    // The component, the root, their product, and the other result.
    assert_eq!(recording.graph.len(), 4);
}

/// The text's own gradient, written by hand, against that of its recorded loss.
fn a_recorded_loss_has_the_gradient_of_the_text() {
    let mut recording = record::<f64>(3, ROOM, written).unwrap();
    let slopes = gradient(&mut recording.graph, recording.outputs[0], 3).unwrap();
    for_cases("expression::recorded_gradient", 500, |_, draws| {
        let state = random_point(draws, 1.0, 3);
        let found = recording.graph.values::<f64>(&slopes, &state).unwrap();
        for (found, direct) in found.iter().zip(&written(&state)[1..]) {
            // A handful of roundings of terms up to 4.
            assert!((found - direct).abs() <= 1e-14, "{found:e}, not {direct:e} at {state:?}");
        }
    });
}

/// Nodes that a landscape may take here; the larger ones are left out.
const LANDSCAPE: usize = 20_000;

/// Forms with noise, whose random numbers are computed for the lanes that need them.
const UNRECORDED: [&str; 2] = ["cnn/perturbed", "cnn/perturbed_full"];

/// Every landscape on every cell that is not too large gives its graph, whose loss and gradient are those of the
/// landscape at starts, to the last bit.
fn landscapes_are_recorded(precision: Precision) {
    let (mut recorded, mut refused): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    for subject in subjects() {
        let name = format!("{}/{}", subject.model.name(), subject.form);
        subject.for_cells(|what, set| {
            let problem = subject.problem(set, &subject.settings());
            match problem.recorded(precision, LANDSCAPE) {
                Ok(recording) => {
                    compare(what, &problem, &recording, precision, &starts_of(&subject, set, &problem));
                    recorded.push(name.clone());
                }
                Err(ExpressionError::TooManyNodes { .. }) => {}
                Err(ExpressionError::NoValue { .. }) => refused.push(name.clone()),
                Err(error) => panic!("{what}: {error}"),
            }
        });
    }
    recorded.dedup();
    refused.dedup();
    assert_eq!(refused, UNRECORDED);
    assert_eq!(recorded.len() + refused.len(), subjects().len(), "recorded: {recorded:?}");
}

fn starts_of(subject: &Subject, set: Set, problem: &Problem) -> Vec<f64> {
    let mut states = starts(subject.model.name(), set, problem, 3, 3);
    round_to_f32(&mut states);
    states
}

fn compare(what: &str, problem: &Problem, recording: &Recording, precision: Precision, states: &[f64]) {
    let dim = problem.dim();
    assert_eq!(recording.outputs.len(), 1 + dim, "{what}");
    let program = Arc::new(Program::new(&recording.graph, &recording.outputs, dim, precision).unwrap());
    for state in states.chunks_exact(dim) {
        let mut found = vec![0.0; 1 + dim];
        program.evaluate(state, &mut found).unwrap();
        let direct = problem.evaluate(precision, state);
        for (i, (found, direct)) in found.iter().zip([&[direct.loss], &direct.gradient[..]].concat()).enumerate() {
            assert!(*found == direct, "{what}: output {i} is {found:e}, not {direct:e}");
        }
    }
}

/// The gradient that follows from the recorded loss is the one that the landscape computes in a way of its own.
fn a_recorded_landscape_has_its_gradient() {
    for (model, form) in
        [("cnn", "reduced"), ("pooled_cnn", "reduced"), ("relu_sum", "full"), ("phase_retrieval", "full")]
    {
        let subject = subjects().into_iter().find(|s| s.model.name() == model && s.form == form).unwrap();
        let problem = subject.problem(&[], &subject.settings());
        let dim = problem.dim();
        let mut recording = problem.recorded(Precision::F64, ROOM).unwrap();
        let slopes = gradient(&mut recording.graph, recording.outputs[0], dim).unwrap();
        for state in starts_of(&subject, &[], &problem).chunks_exact(dim) {
            let found = recording.graph.values::<f64>(&slopes, state).unwrap();
            let direct = problem.evaluate(Precision::F64, state);
            let scale = direct.gradient.iter().fold(direct.loss.abs(), |most, slope| most.max(slope.abs()));
            for (i, (found, direct)) in found.iter().zip(&direct.gradient).enumerate() {
                // The recorded angle is a polynomial of error 10⁻¹⁸ and degree 23, whose slope is off by more.
                assert!((found - direct).abs() <= 1e-13 * scale, "{model}: slope {i} is {found:e}, not {direct:e}");
            }
        }
    }
}

/// What a text asks of a number that has no value; the recording says what.
fn values_are_not_to_be_had() {
    type Text = fn(&[Recorded<f64>]) -> Vec<Recorded<f64>>;
    let texts: [(Text, &str); 4] = [
        (|x| vec![Recorded::splat(x[0].lane(0))], "the value of a lane"),
        (|x| if x[0].lt(x[1]).any() { vec![x[0]] } else { vec![x[1]] }, "the truth of a comparison"),
        (|x| vec![Recorded::splat(x[0].lt(x[1]).bits() as f64)], "the truth of a comparison"),
        (
            |x| {
                let mut words = [0];
                x[0].whole_lanes(0, &mut words);
                vec![Recorded::splat(f64::from(words[0]))]
            },
            "the whole number in a lane",
        ),
    ];
    for (text, asked) in texts {
        let error = record(2, ROOM, text).unwrap_err();
        assert_eq!(error, ExpressionError::NoValue { asked });
        assert!(error.to_string().ends_with("use lt, le and select instead"), "{error}");
    }
}

/// What does not depend on the state is a number like any other, also where nothing is recorded.
fn constants_have_values() {
    let mut x = Recorded::<f32>::splat(0.1) * Recorded::splat(3.0);
    assert_eq!(x.lane(0), f64::from(0.1f32 * 3.0));
    assert!(x.lt(Recorded::splat(1.0)).any() && !x.le(Recorded::zero()).any());
    x.set_lane(0, 7.25);
    let mut words = [0];
    x.whole_lanes(0, &mut words);
    assert_eq!((x.lane(0), words), (7.25, [7]));
    let recording = record::<f64>(2, ROOM, |x| {
        let mut overwritten = x[0];
        overwritten.set_lane(0, 2.5);
        vec![overwritten]
    });
    let recording = recording.unwrap();
    assert_eq!(recording.graph.value(recording.outputs[0]), Some(2.5));
}

fn numbers_of_another_recording_are_an_error() {
    let kept: RefCell<Option<Recorded<f64>>> = RefCell::new(None);
    record::<f64>(1, ROOM, |x| {
        kept.replace(Some(x[0]));
        vec![x[0]]
    })
    .unwrap();
    let old = kept.take().unwrap();
    // Outside of every recording it is nothing.
    assert!(old.lane(0).is_nan() && (old + old).lane(0).is_nan() && !old.lt(old).any());
    for result in [
        record::<f64>(1, ROOM, |x| vec![x[0] + old]),
        record::<f64>(1, ROOM, |_| vec![old]),
        record::<f64>(1, ROOM, |x| vec![Recorded::select(old.lt(old), x[0], x[0])]),
        record::<f64>(1, ROOM, |_| vec![Recorded::function(Function::Exp, &[old])]),
    ] {
        assert_eq!(result.unwrap_err(), ExpressionError::OtherRecording);
    }
}

fn numbers_of_another_thread_are_an_error() {
    let found = record::<f64>(2, ROOM, |x| {
        let (a, b) = (x[0], x[1]);
        vec![std::thread::spawn(move || a + b).join().unwrap()]
    });
    assert_eq!(found.unwrap_err(), ExpressionError::OtherRecording);
}

fn recordings_nest() {
    let outer = record::<f64>(1, ROOM, |x| {
        let before = x[0] * x[0];
        let inner = record::<f32>(2, ROOM, |y| vec![y[0] - y[1]]).unwrap();
        assert_eq!((inner.graph.len(), inner.graph.precision()), (3, Precision::F32));
        vec![before + x[0]]
    });
    assert_eq!(outer.unwrap().graph.len(), 3);
}

fn a_panic_leaves_no_recording_behind() {
    let panicked = std::panic::catch_unwind(|| record::<f64>(1, ROOM, |x| vec![x[0], Vec::new()[0]]));
    assert!(panicked.is_err());
    assert!(Recorded::<f64>::function(Function::Exp, &[Recorded::zero()]).lane(0).is_nan(), "nothing is recorded");
    assert_eq!(record::<f64>(1, ROOM, |x| vec![-x[0]]).unwrap().graph.len(), 2);
}

fn a_full_graph_is_an_error() {
    let found = record::<f64>(2, 10, |x| {
        let mut sum = x[0];
        for _ in 0..1_000 {
            sum = sum * x[1] + x[0];
        }
        vec![sum]
    });
    assert_eq!(found.unwrap_err(), ExpressionError::TooManyNodes { limit: 10 });
    let nodes: Vec<Node> = record::<f64>(2, 10, |x| vec![x[0] + x[1]]).unwrap().outputs;
    assert_eq!(nodes.len(), 1);
}
