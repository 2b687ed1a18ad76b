// Phase retrieval in expectation. Twin of src/models/phase_retrieval.rs.

fn value_and_gradient(x: ptr<function, Components>) -> real {
    let along = (*x)[0];
    var across = ZERO;
    for (var j = 0u; j < PER_LANE; j++) {
        if (j > 0u) {
            across = fma((*x)[j], (*x)[j], across);
        }
    }
    let target_square = constants.teacher_norm * constants.teacher_norm;
    let excess = fma(along, along, across) - target_square;
    let pull = fma(real(3.0), excess, real(2.0) * target_square);
    for (var j = 0u; j < PER_LANE; j++) {
        down[j] = pull * (*x)[j];
    }
    down[0] = real(3.0) * excess * along;
    return fma(real(0.75) * excess, excess, target_square * across);
}
