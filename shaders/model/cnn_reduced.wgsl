// Reduced form: x, y, A1, A2. Twin of src/models/cnn/reduced.rs. One invocation holds a run.

fn survey(x: ptr<function, Components>) -> Survey {
    let y = (*x)[1];
    let sum = constants.root_patches * (*x)[2];
    let overlap = fma(constants.along, (*x)[2], constants.across * (*x)[3]);
    return complete((*x)[0], abs(y), y * y, sum, overlap);
}

fn loss(x: ptr<function, Components>, s: Survey) -> real {
    let along = (*x)[2] - constants.filter_norm * constants.along;
    let across = (*x)[3] - constants.filter_norm * constants.across;
    return loss_from(s, along * along + across * across);
}

fn slope(j: u32, i: u32, value: real, s: Slopes) -> real {
    switch (i) {
        case 0u: { return -(s.pull * s.y_square); }
        case 1u: { return turn_of(value, s.pull * s.x) * value; }
        case 2u: { return along_slope(s, value); }
        default: { return across_slope(s, value); }
    }
}

fn moved(j: u32, i: u32, value: real, s: Slopes) -> real {
    switch (i) {
        case 0u: { return fma(constants.filter_step * s.pull, s.y_square, value); }
        case 1u: { return fma(turn_of(value, -(constants.filter_step * s.pull * s.x)), value, value); }
        default: { return fma(-constants.output_step, slope(j, i, value, s), value); }
    }
}
