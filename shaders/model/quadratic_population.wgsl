// The population loss of a quadratic teacher. Twin of src/models/quadratic/population.rs. `data` holds A = W*ᵀW*, row
// by row.

fn survey(x: ptr<function, Components>) -> Survey {
    let w = own(WEIGHTS_SIZE);
    let m = own(MOMENTS_SIZE);
    var part = vec4<real>(ZERO, ZERO, ZERO, ZERO);
    part.z = stage(x, w);
    // M = WᵀW − A at and below the diagonal, and mirrored.
    for (var q = lane; q < INPUT_DIM * INPUT_DIM; q += LANES) {
        let a = q / INPUT_DIM;
        let b = q % INPUT_DIM;
        if (b <= a) {
            var entry = -datum(q);
            for (var i = 0u; i < NEURONS; i++) {
                entry += weights[w + i * INPUT_DIM + a] * weights[w + i * INPUT_DIM + b];
            }
            moments[m + q] = entry;
            moments[m + b * INPUT_DIM + a] = entry;
            if (a == b) {
                part.x += entry * entry;
                part.y += entry;
            } else {
                part.x += real(2.0) * entry * entry;
            }
        }
    }
    // The lanes meet here, so that every lane sees the whole of M from now on.
    let total = sum_over_lanes(part);
    let trace = total.y;
    var square = ZERO;
    for (var j = 0u; j < PER_LANE; j++) {
        let c = lane + j * LANES;
        if (c < DIM) {
            let row = w + c / INPUT_DIM * INPUT_DIM;
            let a = c % INPUT_DIM;
            var sum = ZERO;
            for (var b = 0u; b < INPUT_DIM; b++) {
                sum += weights[row + b] * moments[m + b * INPUT_DIM + a];
            }
            down[j] = real(4.0) * sum + real(2.0) * trace * weights[w + c];
            square += down[j] * down[j];
        }
    }
    // And here, before the next survey stages other weights.
    let steepness = sum_over_lanes(vec4<real>(square, ZERO, ZERO, ZERO));
    return Survey(total.x + HALF * trace * trace, steepness.x, total.z);
}
