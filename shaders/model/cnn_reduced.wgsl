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
    let decay = (PI - ONE) * HALF_OVER_PI;
    switch (i) {
        case 0u: { return -(s.pull * s.y_square); }
        case 1u: { return turn_of(value, s.pull * s.x) * value; }
        case 2u: { return fma(decay, value, fma(-s.drive, constants.along, constants.root_patches * s.level)); }
        default: { return fma(decay, value, -s.drive * constants.across); }
    }
}

fn step_size(i: u32) -> real {
    return select(constants.output_step, constants.filter_step, i < 2u);
}
