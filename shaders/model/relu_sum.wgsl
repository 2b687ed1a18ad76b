// n student neurons against k teachers. Twin of src/models/relu_sum/landscape.rs. `data` holds the teachers, row by
// row, then their norms, then the inverses of their norms; orthonormal teachers along the axes need none of it.
//
// Neurons are taken in blocks of BLOCK, each with all PARTNERS = NEURONS + TEACHERS vectors that it meets; where one
// block holds all neurons, every pair of students is looked at once.

fn teacher_norm(t: u32) -> real {
    if (ORTHONORMAL == 1u) {
        return ONE;
    }
    return datum(TEACHERS * INPUT_DIM + t);
}

// Cosine of the angle between neuron i and teacher t.
fn teacher_cosine(w: u32, v: u32, i: u32, t: u32) -> real {
    if (ORTHONORMAL == 1u) {
        return weights[w + i * INPUT_DIM + t] * inverses[v + i];
    }
    var product = ZERO;
    for (var a = 0u; a < INPUT_DIM; a++) {
        product += weights[w + i * INPUT_DIM + a] * datum(t * INPUT_DIM + a);
    }
    return product * (inverses[v + i] * datum(TEACHERS * INPUT_DIM + TEACHERS + t));
}

fn student_cosine(w: u32, v: u32, i: u32, j: u32) -> real {
    var product = ZERO;
    for (var a = 0u; a < INPUT_DIM; a++) {
        product += weights[w + i * INPUT_DIM + a] * weights[w + j * INPUT_DIM + a];
    }
    return product * (inverses[v + i] * inverses[v + j]);
}

// Writes sine and supplement of the angle of a given cosine to an entry; returns the arc-cosine kernel of unit vectors.
fn meet(entry: u32, cosine: real) -> real {
    let c = max(min(cosine, ONE), -ONE);
    let s = sqrt((ONE - c) * (ONE + c));
    let supplement = angle_of(c, s, ONE).supplement;
    sines[entry] = s;
    supplements[entry] = supplement;
    return s + supplement * c;
}

fn survey(x: ptr<function, Components>) -> Survey {
    let w = own(WEIGHTS_SIZE);
    let v = own(NORMS_SIZE);
    let p = own(SINES_SIZE);
    for (var j = 0u; j < PER_LANE; j++) {
        let c = lane + j * LANES;
        if (c < DIM) {
            weights[w + c] = (*x)[j];
        }
    }
    barrier_of_lanes();
    var part = vec4<real>(ZERO, ZERO, ZERO, ZERO);
    for (var i = lane; i < NEURONS; i += LANES) {
        var square = ZERO;
        for (var a = 0u; a < INPUT_DIM; a++) {
            let value = weights[w + i * INPUT_DIM + a];
            square += value * value;
        }
        let norm = sqrt(square);
        norms[v + i] = norm;
        inverses[v + i] = select(ZERO, ONE / norm, constants.vanishing_square < square);
        part.x += HALF * PI * square;
        part.y += norm;
    }
    barrier_of_lanes();
    for (var first = 0u; first < NEURONS; first += BLOCK) {
        let rows = min(BLOCK, NEURONS - first);
        if (BLOCK == NEURONS) {
            // Neuron i and the one `shift` behind it, around the circle; half a circle would meet every pair twice.
            for (var q = lane; q < NEURONS * (NEURONS / 2u); q += LANES) {
                let i = q % NEURONS;
                let shift = q / NEURONS + 1u;
                if (2u * shift < NEURONS || 2u * i < NEURONS) {
                    let j = (i + shift) % NEURONS;
                    let here = p + i * PARTNERS + j;
                    let there = p + j * PARTNERS + i;
                    part.x += norms[v + i] * norms[v + j] * meet(here, student_cosine(w, v, i, j));
                    sines[there] = sines[here];
                    supplements[there] = supplements[here];
                }
            }
        } else {
            for (var q = lane; q < rows * NEURONS; q += LANES) {
                let row = q / NEURONS;
                let i = first + row;
                let j = q % NEURONS;
                if (i != j) {
                    let kernel = meet(p + row * PARTNERS + j, student_cosine(w, v, i, j));
                    part.x += HALF * norms[v + i] * norms[v + j] * kernel;
                }
            }
        }
        for (var q = lane; q < rows * TEACHERS; q += LANES) {
            let row = q / TEACHERS;
            let i = first + row;
            let t = q % TEACHERS;
            let kernel = meet(p + row * PARTNERS + NEURONS + t, teacher_cosine(w, v, i, t));
            part.x -= norms[v + i] * teacher_norm(t) * kernel;
        }
        barrier_of_lanes();
        for (var row = lane; row < rows; row += LANES) {
            let i = first + row;
            let entry = p + row * PARTNERS;
            // A neuron is parallel to itself.
            sines[entry + i] = ZERO;
            supplements[entry + i] = PI;
            var radial = ZERO;
            for (var j = 0u; j < NEURONS; j++) {
                radial += norms[v + j] * sines[entry + j];
            }
            for (var t = 0u; t < TEACHERS; t++) {
                radial -= teacher_norm(t) * sines[entry + NEURONS + t];
            }
            radials[v + i] = radial * inverses[v + i];
        }
        barrier_of_lanes();
        for (var j = 0u; j < PER_LANE; j++) {
            let c = lane + j * LANES;
            let i = c / INPUT_DIM;
            if (first <= i && i < first + rows) {
                let a = c % INPUT_DIM;
                let entry = p + (i - first) * PARTNERS;
                var sum = radials[v + i] * weights[w + c];
                for (var m = 0u; m < NEURONS; m++) {
                    sum += supplements[entry + m] * weights[w + m * INPUT_DIM + a];
                }
                if (ORTHONORMAL == 1u) {
                    if (a < TEACHERS) {
                        sum -= supplements[entry + NEURONS + a];
                    }
                } else {
                    for (var t = 0u; t < TEACHERS; t++) {
                        sum -= supplements[entry + NEURONS + t] * datum(t * INPUT_DIM + a);
                    }
                }
                down[j] = HALF_OVER_PI * sum;
            }
        }
        barrier_of_lanes();
    }
    let total = sum_over_lanes(part);
    // The weights are staged anew by the next survey: until then their place holds the slopes.
    for (var j = 0u; j < PER_LANE; j++) {
        let c = lane + j * LANES;
        if (c < DIM) {
            weights[w + c] = down[j];
        }
    }
    barrier_of_lanes();
    var steepest = ZERO;
    for (var i = lane; i < NEURONS; i += LANES) {
        var square = ZERO;
        for (var a = 0u; a < INPUT_DIM; a++) {
            let value = weights[w + i * INPUT_DIM + a];
            square += value * value;
        }
        steepest = max(steepest, square);
    }
    return Survey(at_least_zero(HALF_OVER_PI * total.x + constants.teacher_loss), max_over_lanes(steepest), total.y);
}
