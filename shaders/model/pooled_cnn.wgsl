// Average-pooled CNN, full form: w, then w* if EACH_RUN. Twin of src/models/pooled_cnn/landscape.rs. `data` holds the
// teacher w*, then the weights of the distances from 0 to REACH.

struct Survey {
    norm: real,
    teacher_norm: real,
    along: real,
    across: real,
    apart_square: real,
    // Squared norm of the gradient.
    steepness: real,
    // Sums of kernels over copies of the filter, and over copies of the teacher.
    students: real,
    pairs: real,
}

alias Slopes = Survey;

// This lane's components of the gradient.
var<private> down: array<real, PER_LANE>;

fn distance_weight(distance: u32) -> real {
    return datum(FILTER + distance);
}

struct Meeting {
    sine: real,
    supplement: real,
    kernel: real,
}

fn meet(cosine: real) -> Meeting {
    let c = max(min(cosine, ONE), -ONE);
    let sine = sqrt((ONE - c) * (ONE + c));
    let supplement = angle_of(c, sine, ONE).supplement;
    return Meeting(sine, supplement, fma(supplement, c, sine));
}

fn survey(x: ptr<function, Components>) -> Survey {
    let w = own(WEIGHTS_SIZE);
    let o = own(COPIES_SIZE);
    let t = own(OTHERS_SIZE);
    for (var j = 0u; j < PER_LANE; j++) {
        let c = lane + j * LANES;
        if (c < FILTER) {
            weights[w + c] = (*x)[j];
            if (EACH_RUN == 0u) {
                teacher[w + c] = datum(c);
            }
        } else if (c < DIM) {
            teacher[w + c - FILTER] = (*x)[j];
        }
    }
    barrier_of_lanes();
    var part = vec4<real>(ZERO, ZERO, ZERO, ZERO);
    for (var p = lane; p < FILTER; p += LANES) {
        part.x = fma(weights[w + p], weights[w + p], part.x);
        part.y = fma(weights[w + p], teacher[w + p], part.y);
        part.z = fma(teacher[w + p], teacher[w + p], part.z);
    }
    let products = sum_over_lanes(part);
    let lean = products.y / products.z;
    part = vec4<real>(ZERO, ZERO, ZERO, ZERO);
    for (var p = lane; p < FILTER; p += LANES) {
        let across = fma(-lean, teacher[w + p], weights[w + p]);
        part.x = fma(across, across, part.x);
        let apart = weights[w + p] - teacher[w + p];
        part.y = fma(apart, apart, part.y);
    }
    let distances = sum_over_lanes(part);
    let norm = sqrt(products.x);
    let teacher_norm = sqrt(products.z);
    let along = products.y / teacher_norm;
    // A filter of one number has nothing but rounding there.
    let across = select(sqrt(distances.x), ZERO, FILTER == 1u);
    let directed = constants.vanishing_square < products.x;
    let length = select(ONE, norm, directed);
    let inverse = select(ZERO, ONE / length, directed);
    // Sums of sines and kernels over copies of the filter, and over copies of the teacher.
    part = vec4<real>(ZERO, ZERO, ZERO, ZERO);
    for (var q = lane; q < 3u * REACH; q += LANES) {
        if (q < REACH) {
            let distance = q + 1u;
            var product = ZERO;
            for (var p = distance * STRIDE; p < FILTER; p++) {
                product = fma(weights[w + p], weights[w + p - distance * STRIDE], product);
            }
            let met = meet(product * (inverse * inverse));
            let weight = distance_weight(distance);
            copies[o + q] = weight * met.supplement;
            part.x = fma(weight + weight, met.sine, part.x);
            part.y = fma(weight + weight, met.kernel, part.y);
        } else {
            // Filter behind the teacher by `distance`, then before it.
            let behind = q < 2u * REACH;
            let distance = select(q - 2u * REACH, q - REACH, behind) + 1u;
            var product = ZERO;
            for (var p = distance * STRIDE; p < FILTER; p++) {
                let a = select(p, p - distance * STRIDE, behind);
                let b = select(p - distance * STRIDE, p, behind);
                product = fma(weights[w + a], teacher[w + b], product);
            }
            let met = meet(product * (inverse / teacher_norm));
            let weight = distance_weight(distance);
            others[t + select(REACH + distance, REACH - distance, behind)] = weight * met.supplement;
            part.z = fma(weight, met.sine, part.z);
            part.w = fma(weight, met.kernel, part.w);
        }
    }
    let supplement = angle_of(along, across, length).supplement;
    if (lane == 0u) {
        others[t + REACH] = distance_weight(0u) * supplement;
    }
    barrier_of_lanes();
    let sums = sum_over_lanes(part);
    let cosine = along * inverse;
    let sine = across * inverse;
    let sines = fma(distance_weight(0u), sine, constants.apart) + sums.z;
    let pairs = fma(distance_weight(0u), fma(supplement, cosine, sine), constants.apart) + sums.w;
    let round = constants.own + sums.x + constants.apart - teacher_norm * inverse * sines;
    part = vec4<real>(ZERO, ZERO, ZERO, ZERO);
    for (var j = 0u; j < PER_LANE; j++) {
        let p = lane + j * LANES;
        down[j] = ZERO;
        if (p < FILTER) {
            var sum = round * weights[w + p];
            for (var distance = 1u; distance <= REACH; distance++) {
                let shift = distance * STRIDE;
                var both = ZERO;
                var behind = ZERO;
                if (p >= shift) {
                    both += weights[w + p - shift];
                    behind = fma(others[t + REACH + distance], teacher[w + p - shift], behind);
                }
                if (p + shift < FILTER) {
                    both += weights[w + p + shift];
                    behind = fma(others[t + REACH - distance], teacher[w + p + shift], behind);
                }
                sum = fma(copies[o + distance - 1u], both, sum) - behind;
            }
            sum = fma(-others[t + REACH], teacher[w + p], sum);
            down[j] = sum;
            part.x = fma(sum, sum, part.x);
        }
    }
    let steepness = sum_over_lanes(part).x;
    let students = constants.own + constants.apart + sums.y;
    return Survey(norm, teacher_norm, along, across, distances.y, steepness, students, pairs);
}

fn loss(x: ptr<function, Components>, s: Survey) -> real {
    let w = own(WEIGHTS_SIZE);
    var part = vec4<real>(ZERO, ZERO, ZERO, ZERO);
    for (var q = lane; q < REACH; q += LANES) {
        let shift = (q + 1u) * STRIDE;
        var product = ZERO;
        for (var p = shift; p < FILTER; p++) {
            product = fma(teacher[w + p], teacher[w + p - shift], product);
        }
        part.x += real(2.0) * distance_weight(q + 1u) * meet(product / (s.teacher_norm * s.teacher_norm)).kernel;
    }
    let teachers = constants.own + constants.apart + sum_over_lanes(part).x;
    let squares = s.norm * s.norm * s.students + s.teacher_norm * s.teacher_norm * teachers;
    return at_least_zero(HALF * (squares - real(2.0) * s.norm * s.teacher_norm * s.pairs));
}

fn may_end(s: Survey) -> bool {
    let near = (s.steepness <= constants.rest_square) | (s.apart_square <= constants.verdict_square);
    return near | !(s.norm < constants.size_limit);
}

fn decide(s: Survey) -> u32 {
    if (s.apart_square <= constants.verdict_square) {
        return CODE_VERDICT_GLOBAL;
    }
    if (s.steepness <= constants.rest_square) {
        if (constants.alone <= ZERO) {
            return CODE_CONVERGED;
        }
        // Without overlap the angle tells the critical points apart.
        if (s.apart_square <= constants.basin_square) {
            return CODE_CONVERGED_GLOBAL;
        }
        if (s.along < ZERO && s.across <= ZERO) {
            return u32(constants.opposite);
        }
    }
    return CODE_RUNNING;
}

fn size(s: Survey) -> real {
    return s.norm;
}

fn slopes(s: Survey) -> Slopes {
    return s;
}

fn slope(j: u32, i: u32, value: real, s: Slopes) -> real {
    return down[j];
}

fn step_size(i: u32) -> real {
    return select(ZERO, constants.step, i < FILTER);
}
