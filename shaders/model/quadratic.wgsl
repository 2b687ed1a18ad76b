// What both losses of the quadratic network share. Twin of src/model/quadratic/landscape.rs. A loss defines `survey`, which
// leaves the gradient in `down`.

struct Survey {
    loss: real,
    // Squared norm of the gradient.
    square: real,
    // Squared norm of the weights.
    size: real,
}

alias Slopes = Survey;

// This lane's components of the gradient.
var<private> down: array<real, PER_LANE>;

// Puts the run's weights where all lanes of its team see them; returns this lane's part of their squared norm.
fn stage(x: ptr<function, Components>, w: u32) -> real {
    var square = ZERO;
    for (var j = 0u; j < PER_LANE; j++) {
        let c = lane + j * LANES;
        down[j] = ZERO;
        if (c < DIM) {
            weights[w + c] = (*x)[j];
            square += (*x)[j] * (*x)[j];
        }
    }
    team_barrier();
    return square;
}

fn loss(x: ptr<function, Components>, s: Survey) -> real {
    return s.loss;
}

fn decide(s: Survey) -> u32 {
    if (s.loss <= constants.global_exit) {
        return CODE_CONVERGED_GLOBAL;
    }
    if (s.square <= constants.rest_square) {
        return CODE_CONVERGED;
    }
    return CODE_RUNNING;
}

fn size(s: Survey) -> real {
    return s.size;
}

fn slopes(s: Survey) -> Slopes {
    return s;
}

fn slope(j: u32, i: u32, value: real, s: Slopes) -> real {
    return down[j];
}

fn step_size(i: u32) -> real {
    return constants.step;
}
