// What both losses of the quadratic network share.

// Puts the run's weights where all its lanes see them; returns this lane's part of their squared norm.
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
    barrier_of_lanes();
    return square;
}
