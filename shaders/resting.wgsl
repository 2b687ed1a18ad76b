// Landscapes whose survey computes the whole gradient, and whose runs end at rest or at a loss that counts as the
// global one. Twin of src/landscape/resting.rs. The model's text defines `survey`, which leaves the gradient in `down`.

struct Survey {
    loss: real,
    // Squared norm of the gradient, or of its largest part.
    steepness: real,
    size: real,
}

alias Slopes = Survey;

// This lane's components of the gradient.
var<private> down: array<real, PER_LANE>;

fn loss(x: ptr<function, Components>, s: Survey) -> real {
    return s.loss;
}

fn is_at_rest(s: Survey) -> bool {
    return (s.steepness <= constants.rest_square) & (constants.least_size < s.size);
}

fn may_end(s: Survey) -> bool {
    return is_at_rest(s) | (s.loss <= constants.global_loss) | !(s.size < constants.size_limit);
}

fn decide(s: Survey) -> u32 {
    if (s.loss <= constants.global_loss) {
        return CODE_CONVERGED_GLOBAL;
    }
    if (is_at_rest(s)) {
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
