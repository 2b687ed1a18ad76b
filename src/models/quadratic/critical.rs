//! Critical points that are known in closed form, for the tests that every model passes.

use super::teacher::TeacherMatrix;
use crate::landscape::{Critical, CriticalPoint, Values};

/// The teacher among enough neurons, and what has learned nothing.
pub(super) const CRITICAL: &[Critical] = &[
    Critical { name: "teacher", form: "full", at: teacher },
    Critical { name: "nothing learned", form: "full", at: nothing },
];

/// The teacher's neurons and zeros, where neither labels nor penalties pull elsewhere. Turned, and where samples are
/// few moved, it has the same loss.
fn teacher(values: &Values) -> Option<CriticalPoint> {
    let population = values.choice("risk") == "population";
    let free = values.real("weight_decay") == 0.0 && values.real("perturbation") == 0.0;
    if !free || !population && values.choice("labels") != "teacher" {
        return None;
    }
    let teacher = TeacherMatrix::new(values).ok()?;
    let numbers = values.integer("neurons") as usize * teacher.input_dim;
    let mut state = teacher.rows;
    (state.len() <= numbers).then(|| {
        state.resize(numbers, 0.0);
        CriticalPoint::global(state).among_others()
    })
}

/// `W = 0`: with `A = W*ᵀW*` the population loss there is `‖A‖² + (tr A)²/2`, and every direction leads down.
fn nothing(values: &Values) -> Option<CriticalPoint> {
    if values.choice("risk") != "population" {
        return None;
    }
    let teacher = TeacherMatrix::new(values).ok()?;
    let rows: Vec<&[f64]> = teacher.rows.chunks_exact(teacher.input_dim).collect();
    let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    // ‖W*ᵀW*‖ = ‖W*W*ᵀ‖, and the same of the traces.
    let square: f64 = rows.iter().flat_map(|a| rows.iter().map(move |b| product(a, b).powi(2))).sum();
    let trace: f64 = rows.iter().map(|a| product(a, a)).sum();
    let numbers = values.integer("neurons") as usize * teacher.input_dim;
    Some(CriticalPoint::critical(vec![0.0; numbers], square + 0.5 * trace * trace).of_index(numbers))
}
