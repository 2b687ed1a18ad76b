// The CNN of Du et al. (2018): what all forms share. Twin of src/models/cnn/landscape.rs.

// What is known of a point.
struct Place {
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

fn complete(x: real, y: real, y_square: real, sum: real, overlap: real) -> Place {
    let square = fma(x, x, y_square);
    let radius = sqrt(square);
    let angle = angle_of(x, y, radius);
    let inverse = ONE / radius;
    let kernel = fma(angle.supplement, x, y) * inverse - ONE;
    return Place(x, y, square, radius, inverse, angle.angle, angle.supplement, kernel, sum, overlap);
}

// From which the slopes at a place follow.
struct Pulls {
    // (pi - angle) overlap s / (2 pi radius^3)
    pull: real,
    x: real,
    y_square: real,
    // target - sum
    shortfall: real,
    // g - 1
    kernel: real,
}

fn pulls(s: Place) -> Pulls {
    return Pulls(
        HALF_OVER_PI * constants.filter_norm * s.overlap * s.supplement * (s.inverse * s.inverse * s.inverse),
        s.x,
        s.y * s.y,
        constants.target_sum - s.sum,
        s.kernel,
    );
}

// Slope of an output weight, of which a* has a component `teacher`.
fn output_slope(s: Pulls, value: real, teacher: real) -> real {
    let drive = HALF_OVER_PI * constants.filter_norm * s.kernel;
    return fma((PI - ONE) * HALF_OVER_PI, value, fma(-drive, teacher, -HALF_OVER_PI * s.shortfall));
}

// Slope of the output weights along (1 ... 1), and across it along a*.
fn along_slope(s: Pulls, value: real) -> real {
    let root = constants.root_patches;
    let pull = HALF_OVER_PI * constants.filter_norm * constants.along;
    let level = HALF_OVER_PI * root * constants.target_sum;
    return fma(HALF_OVER_PI * fma(root, root, PI - ONE), value, fma(-pull, s.kernel, -level));
}

fn across_slope(s: Pulls, value: real) -> real {
    let pull = HALF_OVER_PI * constants.filter_norm * constants.across;
    return fma((PI - ONE) * HALF_OVER_PI, value, -pull * s.kernel);
}

// What a component across w* is turned by: nothing once it is too small to matter, as on the CPU. Smaller numbers lose
// their digits, and what a device makes of them is its own affair.
fn turn_of(across: real, turn: real) -> real {
    return select(turn, ZERO, abs(across) < constants.still);
}

// Whether the global minimum is proven where the square of the filter's norm is at least `verdict_square`.
fn proves_global(s: Place, verdict_square: real) -> bool {
    let gap = (constants.target_sum - s.sum) * constants.gap_scale;
    return verdict_square <= s.square && ZERO < s.overlap && ZERO <= s.kernel + min(gap, ZERO);
}

fn class_of(s: Place, verdict_square: real) -> u32 {
    if (proves_global(s, verdict_square)) {
        return CODE_VERDICT_GLOBAL;
    }
    let gap = (constants.target_sum - s.sum) * constants.gap_scale;
    if (verdict_square <= s.square && s.overlap < ZERO && s.kernel + max(gap, constants.gap_ceiling) < ZERO) {
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

// Whether `class_of` may have a code.
fn may_be_at_an_end(s: Place, verdict_square: real) -> bool {
    let gap = (constants.target_sum - s.sum) * constants.gap_scale;
    let uphill = select(max(gap, constants.gap_ceiling), min(gap, ZERO), ZERO < s.overlap);
    // Of one sign exactly where a verdict is due, but for zeros.
    let proven = (verdict_square <= s.square) & (ZERO <= (s.kernel + uphill) * s.overlap);
    return proven | (min(s.angle, s.supplement) <= constants.nearest_angle);
}

// Whether `size_of` may be beyond its limit.
fn may_be_out_of_bounds(s: Place) -> bool {
    let spread = fma(s.sum, s.sum, fma(s.overlap, s.overlap, s.square * constants.spread_of_square));
    // Written so that NaN counts as out of bounds.
    return !(spread < constants.spread_limit);
}

fn size_of(s: Place) -> real {
    let size = abs(s.sum) / constants.root_patches + abs(s.overlap);
    return select(constants.size_limit, size, s.square < constants.square_limit);
}

// The loss, from the squared norm of a - s a*.
fn loss_from(s: Place, norm_square: real) -> real {
    let difference = s.sum - constants.target_sum;
    let deficit = kernel_deficit(s.x, s.y, s.radius, s.angle);
    let squares = difference * difference + (PI - ONE) * norm_square;
    return at_least_zero(HALF * HALF_OVER_PI * (squares + real(2.0) * deficit * constants.filter_norm * s.overlap));
}
