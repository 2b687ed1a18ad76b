// Full form: LAYERS layers of DIMENSION x DIMENSION, row by row, then the target if OWN_TARGET. Twin of
// src/models/linear_residual/landscape.rs. `data` holds the target otherwise.
//
// The run's memory holds the state, the products P_1 ... P_L of the first layers, and two residuals M_i = (Theta_L ...
// Theta_{i+1})' (P_L - Phi), of which one is made from the other from the last layer down. The gradient M_i P_{i-1}' of
// layer i takes the place of P_i, which no later layer needs.

struct Survey {
    loss: real,
    // Squared norm of the gradient.
    steepest: real,
    // Sum of the squared weights and the loss.
    size: real,
}

struct Slopes {
    // Where the gradient begins.
    begin: u32,
}

fn target_entry(w: u32, c: u32) -> real {
    if (OWN_TARGET == 1u) {
        return staged[w + WEIGHTS + c];
    }
    return datum(c);
}

fn survey(x: ptr<function, Components>) -> Survey {
    let w = own(STAGED_SIZE);
    let p = own(PREFIXES_SIZE);
    let m = own(RESIDUALS_SIZE);
    for (var j = 0u; j < PER_LANE; j++) {
        let c = lane + j * LANES;
        if (c < DIM) {
            staged[w + c] = (*x)[j];
        }
    }
    barrier_of_lanes();
    for (var c = lane; c < ONE_LAYER; c += LANES) {
        prefixes[p + c] = staged[w + c];
    }
    barrier_of_lanes();
    for (var i = 1u; i < LAYERS; i++) {
        let here = i * ONE_LAYER;
        let before = here - ONE_LAYER;
        for (var c = lane; c < ONE_LAYER; c += LANES) {
            let row = w + here + c / DIMENSION * DIMENSION;
            let column = p + before + c % DIMENSION;
            var sum = ZERO;
            for (var k = 0u; k < DIMENSION; k++) {
                sum = fma(staged[row + k], prefixes[column + k * DIMENSION], sum);
            }
            prefixes[p + here + c] = sum;
        }
        barrier_of_lanes();
    }
    // Loss, squared gradient, squared weights.
    var part = vec4<real>(ZERO, ZERO, ZERO, ZERO);
    for (var c = lane; c < ONE_LAYER; c += LANES) {
        let residual = prefixes[p + WEIGHTS - ONE_LAYER + c] - target_entry(w, c);
        residuals[m + c] = residual;
        part.x = fma(residual, residual, part.x);
    }
    barrier_of_lanes();
    // The residual of a layer is in one half of the memory, that of the layer below goes to the other.
    var from_half = 0u;
    for (var above = 1u; above < LAYERS; above++) {
        let here = (LAYERS - above) * ONE_LAYER;
        let residual = m + from_half;
        let next = m + ONE_LAYER - from_half;
        for (var c = lane; c < ONE_LAYER; c += LANES) {
            let a = c / DIMENSION;
            let b = c % DIMENSION;
            var slope = ZERO;
            for (var k = 0u; k < DIMENSION; k++) {
                let before = prefixes[p + here - ONE_LAYER + b * DIMENSION + k];
                slope = fma(residuals[residual + a * DIMENSION + k], before, slope);
            }
            prefixes[p + here + c] = slope;
            part.y = fma(slope, slope, part.y);
            var sum = ZERO;
            for (var k = 0u; k < DIMENSION; k++) {
                let weight = staged[w + here + k * DIMENSION + a];
                sum = fma(weight, residuals[residual + k * DIMENSION + b], sum);
            }
            residuals[next + c] = sum;
        }
        from_half = ONE_LAYER - from_half;
        barrier_of_lanes();
    }
    for (var c = lane; c < ONE_LAYER; c += LANES) {
        let slope = residuals[m + from_half + c];
        prefixes[p + c] = slope;
        part.y = fma(slope, slope, part.y);
    }
    for (var c = lane; c < WEIGHTS; c += LANES) {
        part.z = fma(staged[w + c], staged[w + c], part.z);
    }
    // Its barriers show the whole gradient to all lanes.
    let total = sum_over_lanes(part);
    let loss = HALF * total.x;
    return Survey(loss, total.y, total.z + loss);
}

fn loss(x: ptr<function, Components>, s: Survey) -> real {
    return s.loss;
}

fn may_end(s: Survey) -> bool {
    return may_rest(s.loss, s.steepest) | !(s.size < constants.size_limit);
}

fn decide(s: Survey) -> u32 {
    return resting(s.loss, s.steepest);
}

fn size(s: Survey) -> real {
    return s.size;
}

fn slopes(s: Survey) -> Slopes {
    return Slopes(own(PREFIXES_SIZE));
}

fn slope(j: u32, i: u32, value: real, s: Slopes) -> real {
    if (i < WEIGHTS) {
        return prefixes[s.begin + i];
    }
    return ZERO;
}

fn step_size(i: u32) -> real {
    return select(ZERO, constants.step, i < WEIGHTS);
}
