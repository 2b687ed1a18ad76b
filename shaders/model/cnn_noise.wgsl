// Noise on the weights at which the gradient is taken: what both perturbed forms share. Twin of
// src/models/cnn/noise.rs. `data` holds the factors of the radii, epoch by epoch.

// Whether there is noise after so many steps.
fn is_noisy(step: real) -> bool {
    return abs(step) < constants.noise_steps;
}

// Factor of the radii where there is.
fn noise_factor(step: real) -> real {
    return datum(u32(abs(step)) / u32(constants.noise_epoch));
}

// Least square of the filter's norm at which the verdicts hold from here on.
fn verdict_square_at(s: Place) -> real {
    let along = constants.along * s.sum / constants.root_patches;
    let across = s.overlap - along;
    let reach = max(abs(along), constants.filter_norm * constants.along * constants.along)
        + max(abs(across), constants.filter_norm * constants.across * constants.across);
    return max(constants.verdict_square, constants.reach_rate * reach);
}

// Whether `perturbed_class` may have a code, or `size_of` be beyond its limit.
fn may_end_perturbed(s: Place, noisy: bool) -> bool {
    let square = verdict_square_at(s);
    let escaped = (HALF < constants.escape) & proves_global(s, square);
    return (may_be_at_an_end(s, square) & !noisy) | escaped | may_be_out_of_bounds(s);
}

fn perturbed_class(s: Place, noisy: bool) -> u32 {
    let square = verdict_square_at(s);
    if (noisy) {
        if (constants.escape > HALF && proves_global(s, square)) {
            return CODE_CONVERGED_GLOBAL;
        }
        return CODE_RUNNING;
    }
    return class_of(s, square);
}

// What a step on the sphere makes of a slope of the filter: a factor, and the weight's own share that is added.
fn back_to_sphere(s: Place, inner: real, square: real) -> vec2<real> {
    if (constants.on_sphere < HALF) {
        return vec2<real>(ONE, ZERO);
    }
    let radius = constants.sphere_radius;
    let step = constants.filter_step;
    let growth = (s.square - radius * radius) / step - (inner + inner) + step * square;
    let moved = sqrt(fma(radius, radius, step * growth));
    return vec2<real>(radius / moved, growth / (moved * (moved + radius)));
}

// Slope of the norm of a vector of which a step takes `step * rate` times another one, that has `along` along it and
// `aside` orthogonal to it.
fn norm_slope(length: real, along: real, aside: real, rate: real, step: real) -> real {
    let t = step * rate;
    let forward = length - t * along;
    let sideways = t * aside;
    let next = sqrt(fma(forward, forward, sideways * sideways));
    let square = fma(along, along, aside * aside);
    return rate * ((length + length) * along - t * square) / max(length + next, real(1e-30));
}
