// Full form: v, then a. Twin of src/models/cnn/full.rs. `data` holds the teacher's output weights a*.

fn survey(x: ptr<function, Components>) -> Survey {
    // Component of v along w*, square of the rest, sum of a, overlap of a with a*.
    var part = vec4<real>(ZERO, ZERO, ZERO, ZERO);
    for (var j = 0u; j < PER_LANE; j++) {
        let i = lane + j * LANES;
        let value = (*x)[j];
        if (i == 0u) {
            part.x = value;
        } else if (i < FILTER_SIZE) {
            part.y = fma(value, value, part.y);
        } else if (i < DIM) {
            part.z += value;
            part.w = fma(value, datum(i - FILTER_SIZE), part.w);
        }
    }
    let total = sum_over_lanes(part);
    return complete(total.x, sqrt(total.y), total.y, total.z, total.w);
}

fn loss(x: ptr<function, Components>, s: Survey) -> real {
    var part = vec4<real>(ZERO, ZERO, ZERO, ZERO);
    for (var j = 0u; j < PER_LANE; j++) {
        let i = lane + j * LANES;
        if (i >= FILTER_SIZE && i < DIM) {
            let b = (*x)[j] - constants.filter_norm * datum(i - FILTER_SIZE);
            part.x += b * b;
        }
    }
    return loss_from(s, sum_over_lanes(part).x);
}

fn slope(j: u32, i: u32, value: real, s: Slopes) -> real {
    if (i == 0u) {
        return -(s.pull * s.y_square);
    }
    if (i < FILTER_SIZE) {
        return turn_of(value, s.pull * s.x) * value;
    }
    return fma((PI - ONE) * HALF_OVER_PI, value, fma(-s.drive, datum(min(i, DIM - 1u) - FILTER_SIZE), s.level));
}

fn step_size(i: u32) -> real {
    return select(constants.output_step, constants.filter_step, i < FILTER_SIZE);
}
