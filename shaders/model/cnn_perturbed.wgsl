// Perturbed form: x, y, A1, A2, A3, the run's key in two numbers, and the steps with noise that it has taken. Twin of
// src/models/cnn/perturbed.rs. One invocation holds a run.

struct Survey {
    here: Place,
    // Where the gradient is taken.
    there: Place,
    noisy: bool,
    // Component of the noisy filter's part across w* along that of the filter, and norm of the rest.
    along: real,
    aside: real,
    // A1 and A2 with noise.
    output: vec2<real>,
    // |A3|, the same with noise, and norm of the rest of the noise.
    third: real,
    third_along: real,
    third_aside: real,
}

fn place(x: real, y: real, y_square: real, output: vec2<real>) -> Place {
    let overlap = fma(constants.along, output.x, constants.across * output.y);
    return complete(x, y, y_square, constants.root_patches * output.x, overlap);
}

fn survey(x: ptr<function, Components>) -> Survey {
    let y = abs((*x)[1]);
    let third = abs((*x)[4]);
    let output = vec2<real>((*x)[2], (*x)[3]);
    let here = place((*x)[0], y, y * y, output);
    var s = Survey(here, here, is_noisy((*x)[7]), y, ZERO, output, third, third, ZERO);
    if (s.noisy) {
        let a = words((*x)[5], (*x)[6], (*x)[7], 0u);
        let b = words((*x)[5], (*x)[6], (*x)[7], 1u);
        let factor = noise_factor((*x)[7]);
        let of_filter = ball_pair(a.x, a.y, constants.filter_exponent);
        let of_output = ball_pair(b.x, b.y, constants.output_exponent);
        let of_rest = ball_pair(b.z, b.w, constants.rest_exponent);
        let r = factor * constants.noise_filter;
        s.along = y + r * of_filter.second;
        s.aside = r * (of_filter.rest * constants.filter_rest * power(a.z, constants.filter_rest_exponent));
        let square = fma(s.along, s.along, s.aside * s.aside);
        let z = factor * constants.noise_output;
        s.output = output + z * vec2<real>(of_output.first, constants.output_second * of_output.second);
        s.there = place((*x)[0] + r * of_filter.first, sqrt(square), square, s.output);
        let rest = z * of_output.rest * constants.rest_first;
        let second = constants.rest_second * of_rest.second;
        let last = constants.last * of_rest.rest * power(a.w, constants.last_exponent);
        s.third_along = third + rest * of_rest.first;
        s.third_aside = rest * sqrt(fma(second, second, last * last));
    }
    return s;
}

// Of the point itself, without noise.
fn loss(x: ptr<function, Components>, s: Survey) -> real {
    let along = (*x)[2] - constants.filter_norm * constants.along;
    let across = (*x)[3] - constants.filter_norm * constants.across;
    return loss_from(s.here, along * along + across * across + s.third * s.third);
}

fn may_end(s: Survey) -> bool {
    return may_end_perturbed(s.here, s.noisy) | !(s.third < constants.size_limit);
}

fn decide(s: Survey) -> u32 {
    return perturbed_class(s.here, s.noisy);
}

fn size(s: Survey) -> real {
    return size_of(s.here) + s.third;
}

struct Slopes {
    x: real,
    y: real,
    output: vec2<real>,
    third: real,
    noisy: bool,
}

// Along w*.
fn filter_slope(s: Pulls) -> real {
    return -(s.pull * s.y_square);
}

fn output_slopes(s: Pulls, output: vec2<real>) -> vec2<real> {
    return vec2<real>(along_slope(s, output.x), across_slope(s, output.y));
}

fn slopes(s: Survey) -> Slopes {
    let p = pulls(s.there);
    let turning = p.pull * p.x;
    let decay = (PI - ONE) * HALF_OVER_PI;
    let down = filter_slope(p);
    var across = turn_of(s.here.y, turning) * s.here.y;
    var third = turn_of(s.third, decay) * s.third;
    if (s.noisy) {
        across = norm_slope(s.here.y, s.along, s.aside, turning, constants.filter_step);
        third = norm_slope(s.third, s.third_along, s.third_aside, decay, constants.output_step);
    }
    let inner = fma(down, s.here.x, turning * s.here.y * s.along);
    let back = back_to_sphere(s.here, inner, p.pull * p.pull * p.y_square * s.there.square);
    return Slopes(
        back.x * down + back.y * s.here.x,
        back.x * across + back.y * s.here.y,
        output_slopes(p, s.output),
        third,
        s.noisy,
    );
}

fn slope(j: u32, i: u32, value: real, s: Slopes) -> real {
    switch (i) {
        case 0u: { return s.x; }
        case 1u: { return select(s.y, -s.y, value < ZERO); }
        case 2u: { return s.output.x; }
        case 3u: { return s.output.y; }
        case 4u: { return select(s.third, -s.third, value < ZERO); }
        default: { return ZERO; }
    }
}

fn step_size(i: u32) -> real {
    switch (i) {
        case 0u, 1u: { return constants.filter_step; }
        case 2u, 3u, 4u: { return constants.output_step; }
        default: { return ZERO; }
    }
}

// Steps with noise.
fn count(x: ptr<function, Components>, s: Slopes) {
    (*x)[7] += select(ZERO, ONE, s.noisy);
}
