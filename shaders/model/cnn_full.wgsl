// Full form: v, then a. Twin of src/models/cnn/full.rs. `data` holds the teacher's output weights a*.

// The weights a*_i of this lane's components, where lanes share a run: each would read them at every step.
var<private> own_teacher: array<real, PER_LANE>;
// The filter's component along w*, which every lane of a run keeps and moves, so that none has to tell the others.
var<private> first: real;

// What the next step keeps of an output weight; how far the steps have come on the way to the upper of its two values,
// and how far each of them goes, in parts of 2^32. See src/models/cnn/kept.rs.
var<private> keep: real;
var<private> way: u32;
var<private> stride: u32;

fn teacher_at(i: u32) -> real {
    return datum(min(max(i, FILTER_SIZE), DIM - 1u) - FILTER_SIZE);
}

fn take_turn(come: u32) {
    way = come + stride;
    keep = select(constants.keep_low, constants.keep_high, way < stride);
}

fn prepare(x: ptr<function, Components>) {
    stride = u32(constants.keep_share * real(16777216.0)) * 256u;
    take_turn(control.taken * stride);
    if (LANES > 1u) {
        first = sum_over_lanes(vec4<real>(select(ZERO, (*x)[0], lane == 0u), ZERO, ZERO, ZERO)).x;
        for (var j = 0u; j < PER_LANE; j++) {
            own_teacher[j] = teacher_at(lane + j * LANES);
        }
    }
}

// The weight a*_i of a component that this lane holds as its j-th.
fn teacher_weight(j: u32, i: u32) -> real {
    if (LANES > 1u) {
        return own_teacher[j];
    }
    return teacher_at(i);
}

fn survey(x: ptr<function, Components>) -> Survey {
    // Component of v along w*, square of the rest, sum of a, overlap of a with a*.
    var part = vec4<real>(ZERO, ZERO, ZERO, ZERO);
    for (var j = 0u; j < PER_LANE; j++) {
        let i = lane + j * LANES;
        let value = (*x)[j];
        // Choices rather than branches: lanes that share a run differ.
        let is_output = (FILTER_SIZE <= i) & (i < DIM);
        part.x = select(part.x, value, i == 0u);
        part.y = select(part.y, fma(value, value, part.y), (0u < i) & (i < FILTER_SIZE));
        part.z = select(part.z, part.z + value, is_output);
        part.w = select(part.w, fma(value, teacher_weight(j, i), part.w), is_output);
    }
    if (LANES == 1u) {
        return complete(part.x, sqrt(part.y), part.y, part.z, part.w);
    }
    let total = sum_over_lanes(part);
    return complete(first, sqrt(total.y), total.y, total.z, total.w);
}

fn loss(x: ptr<function, Components>, s: Survey) -> real {
    var part = vec4<real>(ZERO, ZERO, ZERO, ZERO);
    for (var j = 0u; j < PER_LANE; j++) {
        let i = lane + j * LANES;
        if (i >= FILTER_SIZE && i < DIM) {
            let b = (*x)[j] - constants.filter_norm * teacher_weight(j, i);
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
    return output_slope(s, value, teacher_weight(j, i));
}

fn moved_first(value: real, s: Slopes) -> real {
    return fma(constants.filter_step * s.pull, s.y_square, value);
}

fn moved(j: u32, i: u32, value: real, s: Slopes) -> real {
    let across = fma(turn_of(value, -(constants.filter_step * s.pull * s.x)), value, value);
    let filtered = select(across, moved_first(value, s), i == 0u);
    let level = constants.level_rate * s.shortfall;
    let drive = constants.output_rate * s.kernel;
    let output = fma(keep, value, fma(drive, teacher_weight(j, i), level));
    return select(output, filtered, i < FILTER_SIZE);
}

fn count(x: ptr<function, Components>, s: Slopes) {
    take_turn(way);
    if (LANES > 1u) {
        first = moved_first(first, s);
    }
}
