// The CNN of Du et al. (2018): what both forms share. Twin of src/model/cnn.rs.

struct Survey {
    x: real,
    y: real,
    square: real,
    radius: real,
    // 1 / radius
    inverse: real,
    angle: real,
    supplement: real,
    // g(angle) - 1
    kernel: real,
    sum: real,
    overlap: real,
}

fn complete(x: real, y: real, y_square: real, sum: real, overlap: real) -> Survey {
    let square = fma(x, x, y_square);
    let radius = sqrt(square);
    let angle = angle_of(x, y, radius);
    let inverse = ONE / radius;
    let kernel = fma(angle.supplement, x, y) * inverse - ONE;
    return Survey(x, y, square, radius, inverse, angle.angle, angle.supplement, kernel, sum, overlap);
}

struct Slopes {
    // (pi - angle) overlap s / (2 pi radius^3)
    pull: real,
    x: real,
    y_square: real,
    // (sum - target) / 2 pi
    level: real,
    // s (g - 1) / 2 pi
    drive: real,
}

fn slopes(s: Survey) -> Slopes {
    return Slopes(
        HALF_OVER_PI * constants.filter_norm * s.overlap * s.supplement * (s.inverse * s.inverse * s.inverse),
        s.x,
        s.y * s.y,
        HALF_OVER_PI * (s.sum - constants.target_sum),
        HALF_OVER_PI * constants.filter_norm * s.kernel,
    );
}

fn decide(s: Survey) -> u32 {
    let gap = (constants.target_sum - s.sum) * constants.gap_scale;
    let valid = constants.verdict_square <= s.square;
    if (valid && ZERO < s.overlap && ZERO <= s.kernel + min(gap, ZERO)) {
        return CODE_VERDICT_GLOBAL;
    }
    if (valid && s.overlap < ZERO && s.kernel + max(gap, constants.gap_ceiling) < ZERO) {
        return CODE_VERDICT_SPURIOUS;
    }
    if (s.angle <= constants.global_angle
        && abs(s.sum - constants.target_sum) <= constants.global_sum_tolerance
        && abs(s.overlap - constants.target_overlap) <= constants.global_overlap_tolerance) {
        return CODE_CONVERGED_GLOBAL;
    }
    if (s.supplement <= constants.spurious_angle
        && abs(s.sum - constants.spurious_sum) <= constants.spurious_sum_tolerance
        && abs(s.overlap - constants.spurious_overlap) <= constants.spurious_overlap_tolerance) {
        return CODE_CONVERGED_SPURIOUS;
    }
    return CODE_RUNNING;
}

fn size(s: Survey) -> real {
    let size = abs(s.sum) / constants.root_patches + abs(s.overlap);
    return select(constants.size_limit, size, s.square < constants.square_limit);
}

// The loss, from the squared norm of a - s a*.
fn loss_from(s: Survey, norm_square: real) -> real {
    let difference = s.sum - constants.target_sum;
    let deficit = kernel_deficit(s.x, s.y, s.radius, s.angle);
    return HALF * HALF_OVER_PI * (difference * difference + (PI - ONE) * norm_square
        + real(2.0) * deficit * constants.filter_norm * s.overlap);
}
