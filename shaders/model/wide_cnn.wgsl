// A convolutional layer and a linear read-out on finitely many samples. Twin of src/models/wide_cnn/landscape.rs.
// `data` holds the samples, one after another, then the targets. The polynomials of softplus, and REACH, REDUCTION,
// DOUBLINGS and SQUARINGS, come from src/models/wide_cnn/softplus.rs, where the method is explained.
//
// Samples are taken in blocks of BLOCK, whose features the lanes keep in memory: they look first at their neurons, then
// at their errors, then at what they add to each slope.

struct Activation {
    value: real,
    slope: real,
}

fn activate(x: real) -> Activation {
    if (RELU == 1u) {
        return Activation(max(x, ZERO), select(ZERO, ONE, ZERO < x));
    }
    let r = min(abs(x), REACH) * REDUCTION;
    var t = -r * exponential_polynomial(r);
    for (var i = 0u; i < DOUBLINGS; i++) {
        t = fma(t, t, t + t);
    }
    var e = ONE + t;
    for (var i = 0u; i < SQUARINGS; i++) {
        e = e * e;
    }
    let first = ONE + e;
    let second = real(2.0) + e;
    let inverse = ONE / (first * second);
    let of_first = inverse * second;
    let s = e * (inverse * first);
    let logarithm = s * logarithm_polynomial(s * s);
    return Activation(max(x, ZERO) + logarithm, select(of_first, e * of_first, x < ZERO));
}

fn survey(x: ptr<function, Components>) -> Survey {
    let w = own(WEIGHTS_SIZE);
    let f = own(FEATURES_SIZE);
    let e = own(ERRORS_SIZE);
    var part = vec4<real>(ZERO, ZERO, ZERO, ZERO);
    for (var j = 0u; j < PER_LANE; j++) {
        let c = lane + j * LANES;
        down[j] = ZERO;
        if (c < DIM) {
            weights[w + c] = (*x)[j];
            part.z = fma((*x)[j], (*x)[j], part.z);
        }
    }
    barrier_of_lanes();
    for (var first = 0u; first < SAMPLES; first += BLOCK) {
        let rows = min(BLOCK, SAMPLES - first);
        for (var u = lane; u < rows * WIDTH; u += LANES) {
            let q = u % WIDTH;
            let filter_at = w + (q / PATCHES) * FILTER_LENGTH;
            let patch_at = (first + u / WIDTH) * INPUT_LENGTH + (q % PATCHES) * STRIDE;
            var g = weights[w + BIASES + q];
            for (var a = 0u; a < FILTER_LENGTH; a++) {
                g = fma(weights[filter_at + a], datum(patch_at + a), g);
            }
            let activation = activate(g);
            features[f + u] = activation.value;
            rates[f + u] = activation.slope * weights[w + OUTPUTS + q];
        }
        barrier_of_lanes();
        for (var row = lane; row < rows; row += LANES) {
            var error = weights[w + DIM - 1u] - datum(SAMPLES * INPUT_LENGTH + first + row);
            for (var q = 0u; q < WIDTH; q++) {
                error = fma(weights[w + OUTPUTS + q], features[f + row * WIDTH + q], error);
            }
            errors[e + row] = error;
            part.x = fma(HALF * error, error, part.x);
        }
        barrier_of_lanes();
        for (var j = 0u; j < PER_LANE; j++) {
            let c = lane + j * LANES;
            var sum = down[j];
            if (c < BIASES) {
                let t = c / FILTER_LENGTH;
                let a = c % FILTER_LENGTH;
                for (var row = 0u; row < rows; row++) {
                    let rate_at = f + row * WIDTH + t * PATCHES;
                    let input_at = (first + row) * INPUT_LENGTH + a;
                    var of_filter = ZERO;
                    for (var p = 0u; p < PATCHES; p++) {
                        of_filter = fma(rates[rate_at + p], datum(input_at + p * STRIDE), of_filter);
                    }
                    sum = fma(errors[e + row], of_filter, sum);
                }
            } else if (c < OUTPUTS) {
                for (var row = 0u; row < rows; row++) {
                    sum = fma(errors[e + row], rates[f + row * WIDTH + c - BIASES], sum);
                }
            } else if (c < DIM - 1u) {
                for (var row = 0u; row < rows; row++) {
                    sum = fma(errors[e + row], features[f + row * WIDTH + c - OUTPUTS], sum);
                }
            } else if (c == DIM - 1u) {
                for (var row = 0u; row < rows; row++) {
                    sum += errors[e + row];
                }
            }
            down[j] = sum;
        }
        // The next block's features take the place of these.
        barrier_of_lanes();
    }
    for (var j = 0u; j < PER_LANE; j++) {
        part.y = fma(down[j], down[j], part.y);
    }
    let total = sum_over_lanes(part);
    return Survey(total.x, total.y, total.z);
}
