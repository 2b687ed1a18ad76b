// Reduced form: theta_1 ... theta_d, then lambda_1 ... lambda_d if OWN_TARGET. Twin of
// src/models/linear_residual/reduced.rs. One invocation holds a run. `data` holds the eigenvalues otherwise.

struct Survey {
    loss: real,
    // Squared norm of the full form's gradient.
    steepest: real,
    // LAYERS times the sum of theta^2, and the loss.
    size: real,
    // Largest of what the verdict asks to be below 1 of each eigenvalue.
    worst: real,
    // Smallest eigenvalue of the target, 0 if none is negative.
    lowest: real,
}

alias Slopes = Survey;

const EVEN: bool = LAYERS % 2u == 0u;
// Exponent of the power from which the others follow.
const LOW: u32 = max(LAYERS, 2u) - 2u;

// theta^{L-1} (theta^L - lambda) of each eigenvalue.
var<private> down: array<real, PER_LANE>;

fn low_power(x: real) -> real {
    var result = ONE;
    var square = x;
    for (var rest = LOW; rest > 0u; rest >>= 1u) {
        if ((rest & 1u) == 1u) {
            result *= square;
        }
        square *= square;
    }
    return result;
}

// What the verdict asks to be below 1 of one eigenvalue.
fn doubt(theta: real, lambda: real, low: real, full: real) -> real {
    if (lambda < ZERO) {
        let f = constants.step * low * (full - lambda);
        if (EVEN) {
            return HALF * f;
        }
        return select(real(2.0), f, ZERO < theta);
    }
    let most = max(ONE, max(full, lambda));
    let holds = constants.rate * (most * most);
    if (EVEN) {
        return holds;
    }
    return select(holds, real(2.0), theta < ZERO);
}

fn survey(x: ptr<function, Components>) -> Survey {
    var s = Survey(ZERO, ZERO, ZERO, ZERO, ZERO);
    for (var j = 0u; j < PER_LANE; j++) {
        if (j < DIMENSION) {
            let theta = (*x)[j];
            var lambda = ZERO;
            if (OWN_TARGET == 1u) {
                lambda = (*x)[min(DIMENSION + j, PER_LANE - 1u)];
            } else {
                lambda = datum(j);
            }
            let low = low_power(theta);
            let below = select(low * theta, low, LAYERS == 1u);
            let full = below * theta;
            let residual = full - lambda;
            let slope_here = below * residual;
            down[j] = slope_here;
            s.loss = fma(residual, residual, s.loss);
            s.steepest = fma(slope_here, slope_here, s.steepest);
            s.size = fma(theta, theta, s.size);
            s.worst = max(s.worst, doubt(theta, lambda, low, full));
            s.lowest = min(s.lowest, lambda);
        } else {
            down[j] = ZERO;
        }
    }
    s.loss *= HALF;
    s.steepest *= real(LAYERS);
    s.size = fma(real(LAYERS), s.size, s.loss);
    return s;
}

fn loss(x: ptr<function, Components>, s: Survey) -> real {
    return s.loss;
}

fn may_end(s: Survey) -> bool {
    let certain = (s.worst < constants.certain) & (s.lowest < ZERO);
    return may_rest(s.loss, s.steepest) | certain | !(s.size < constants.size_limit);
}

fn decide(s: Survey) -> u32 {
    if (s.loss > constants.tolerance && s.worst < constants.certain && s.lowest < ZERO) {
        return CODE_VERDICT_SADDLE;
    }
    return resting(s.loss, s.steepest);
}

fn size(s: Survey) -> real {
    return s.size;
}

fn slopes(s: Survey) -> Slopes {
    return s;
}

fn slope(j: u32, i: u32, value: real, s: Slopes) -> real {
    return real(LAYERS) * down[j];
}

fn step_size(i: u32) -> real {
    return select(ZERO, constants.reduced_step, i < DIMENSION);
}
