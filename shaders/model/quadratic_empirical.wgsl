// The loss on SAMPLES samples. Twin of src/models/quadratic/empirical.rs. `data` holds the samples, row by row, then
// their labels, then, if the loss is perturbed, 2C.
//
// Samples are taken in blocks of BLOCK: a lane computes products of a neuron with a sample, then residuals of samples,
// then what the block gives to its components of the gradient.

fn survey(x: ptr<function, Components>) -> Survey {
    let w = own(WEIGHTS_SIZE);
    let p = own(PRODUCTS_SIZE);
    let r = own(RESIDUALS_SIZE);
    var part = vec4<real>(ZERO, ZERO, ZERO, ZERO);
    part.z = stage(x, w);
    for (var j = 0u; j < PER_LANE; j++) {
        let c = lane + j * LANES;
        if (c < DIM) {
            var sum = constants.decay * weights[w + c];
            if (PERTURBED == 1u) {
                let row = w + c / INPUT_DIM * INPUT_DIM;
                let a = c % INPUT_DIM;
                for (var b = 0u; b < INPUT_DIM; b++) {
                    sum += weights[row + b] * datum(SAMPLES * (INPUT_DIM + 1u) + b * INPUT_DIM + a);
                }
            }
            down[j] = sum;
            part.y += sum * weights[w + c];
        }
    }
    for (var first = 0u; first < SAMPLES; first += BLOCK) {
        let count = min(BLOCK, SAMPLES - first);
        for (var q = lane; q < count * NEURONS; q += LANES) {
            let sample = (first + q / NEURONS) * INPUT_DIM;
            let row = w + q % NEURONS * INPUT_DIM;
            var product = ZERO;
            for (var a = 0u; a < INPUT_DIM; a++) {
                product += weights[row + a] * datum(sample + a);
            }
            products[p + q] = product;
        }
        barrier_of_lanes();
        for (var i = lane; i < count; i += LANES) {
            var residual = -datum(SAMPLES * INPUT_DIM + first + i);
            for (var n = 0u; n < NEURONS; n++) {
                let product = products[p + i * NEURONS + n];
                residual += product * product;
            }
            part.x += residual * residual;
            residuals[r + i] = constants.slope_share * residual;
        }
        barrier_of_lanes();
        for (var j = 0u; j < PER_LANE; j++) {
            let c = lane + j * LANES;
            if (c < DIM) {
                let n = c / INPUT_DIM;
                let a = c % INPUT_DIM;
                var sum = down[j];
                for (var i = 0u; i < count; i++) {
                    sum += residuals[r + i] * products[p + i * NEURONS + n] * datum((first + i) * INPUT_DIM + a);
                }
                down[j] = sum;
            }
        }
        // The next block, or the next survey, writes where others may still read.
        barrier_of_lanes();
    }
    var square = ZERO;
    for (var j = 0u; j < PER_LANE; j++) {
        square += down[j] * down[j];
    }
    part.w = square;
    let total = sum_over_lanes(part);
    return Survey(constants.half_share * total.x + HALF * total.y, total.w, total.z);
}
