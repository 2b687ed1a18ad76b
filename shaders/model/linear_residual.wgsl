// Deep linear networks: the stop rule that both forms share. Twin of src/models/linear_residual/{shared,landscape}.rs.

// Code of a run that is global or at rest, given its loss and the squared norm of the full form's gradient.
fn resting(loss: real, steepest: real) -> u32 {
    if (loss <= constants.tolerance || (steepest <= constants.rest_square && loss < constants.near)) {
        return CODE_CONVERGED_GLOBAL;
    }
    if (steepest <= constants.still_square) {
        return select(CODE_CONVERGED, CODE_CONVERGED_SADDLE, ZERO < constants.near);
    }
    return CODE_RUNNING;
}

// Whether `resting` may have a code.
fn may_rest(loss: real, steepest: real) -> bool {
    let near = (steepest <= constants.rest_square) & (loss < constants.near);
    return near | (loss <= constants.tolerance) | (steepest <= constants.still_square);
}
