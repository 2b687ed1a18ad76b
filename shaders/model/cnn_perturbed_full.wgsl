// Perturbed full form: v, then a, then the run's key in two numbers, and the steps with noise that it has taken. Twin
// of src/models/cnn/perturbed_full.rs. One invocation holds a run; `shake` keeps the noise of its weights. `data` holds
// the teacher's output weights a* after the factors of the radii.

const WEIGHTS: u32 = DIM - 3u;

struct Sums {
    x: real,
    across_square: real,
    sum: real,
    overlap: real,
    inner: real,
}

struct Survey {
    here: Place,
    // Where the gradient is taken.
    there: Place,
    noisy: bool,
    // Sum of v_i (v_i + noise) over the components across w*.
    inner: real,
}

fn target_output(j: u32) -> real {
    return datum(EPOCHS + j);
}

// Draws the noise of a step.
fn draw(first: real, second: real, step: real) {
    var block = 0u;
    for (var i = 0u; i < WEIGHTS; i += 4u) {
        let w = words(first, second, step, block);
        let a = normals(w.x, w.y);
        let b = normals(w.z, w.w);
        let four = vec4<real>(a.x, a.y, b.x, b.y);
        for (var j = 0u; j < 4u; j++) {
            if (i + j < WEIGHTS) {
                shake[i + j] = four[j];
            }
        }
        block += 1u;
    }
    var filter_square = ZERO;
    var output_square = ZERO;
    for (var i = 0u; i < WEIGHTS; i++) {
        let n = shake[i];
        if (i < FILTER_SIZE) {
            filter_square = fma(n, n, filter_square);
        } else {
            output_square = fma(n, n, output_square);
        }
    }
    let w = words(first, second, step, block);
    let factor = noise_factor(step);
    let of_filter = factor * constants.noise_filter * power(w.x, constants.filter_exponent) / sqrt(filter_square);
    let of_output = factor * constants.noise_output * power(w.y, constants.output_exponent) / sqrt(output_square);
    for (var i = 0u; i < WEIGHTS; i++) {
        shake[i] = select(of_output, of_filter, i < FILTER_SIZE) * shake[i];
    }
}

fn sums(x: ptr<function, Components>, noisy: bool) -> Sums {
    var s = Sums(ZERO, ZERO, ZERO, ZERO, ZERO);
    for (var i = 0u; i < WEIGHTS; i++) {
        let value = (*x)[i];
        var w = value;
        if (noisy) {
            w += shake[i];
        }
        if (i == 0u) {
            s.x = w;
        } else if (i < FILTER_SIZE) {
            s.across_square = fma(w, w, s.across_square);
            s.inner = fma(value, w, s.inner);
        } else {
            s.sum += w;
            s.overlap = fma(w, target_output(i - FILTER_SIZE), s.overlap);
        }
    }
    return s;
}

fn place(s: Sums) -> Place {
    return complete(s.x, sqrt(s.across_square), s.across_square, s.sum, s.overlap);
}

fn survey(x: ptr<function, Components>) -> Survey {
    let here = sums(x, false);
    let noisy = is_noisy((*x)[WEIGHTS + 2u]);
    var there = here;
    if (noisy) {
        draw((*x)[WEIGHTS], (*x)[WEIGHTS + 1u], (*x)[WEIGHTS + 2u]);
        there = sums(x, true);
    }
    return Survey(place(here), place(there), noisy, there.inner);
}

// Of the point itself, without noise.
fn loss(x: ptr<function, Components>, s: Survey) -> real {
    var square = ZERO;
    for (var i = FILTER_SIZE; i < WEIGHTS; i++) {
        let b = (*x)[i] - constants.filter_norm * target_output(i - FILTER_SIZE);
        square += b * b;
    }
    return loss_from(s.here, square);
}

fn may_end(s: Survey) -> bool {
    return may_end_perturbed(s.here, s.noisy);
}

fn decide(s: Survey) -> u32 {
    return perturbed_class(s.here, s.noisy);
}

fn size(s: Survey) -> real {
    return size_of(s.here);
}

struct Slopes {
    down: real,
    turning: real,
    back: vec2<real>,
    pulls: Pulls,
    noisy: bool,
}

// Along w*.
fn filter_slope(s: Pulls) -> real {
    return -(s.pull * s.y_square);
}

fn slopes(s: Survey) -> Slopes {
    let p = pulls(s.there);
    let turning = p.pull * p.x;
    let down = filter_slope(p);
    let inner = fma(down, s.here.x, turning * s.inner);
    let back = back_to_sphere(s.here, inner, p.pull * p.pull * p.y_square * s.there.square);
    return Slopes(down, turning, back, p, s.noisy);
}

fn slope(j: u32, i: u32, value: real, s: Slopes) -> real {
    if (i >= WEIGHTS) {
        return ZERO;
    }
    var w = value;
    var turning = turn_of(value, s.turning);
    if (s.noisy) {
        w += shake[i];
        turning = s.turning;
    }
    if (i >= FILTER_SIZE) {
        return output_slope(s.pulls, w, target_output(i - FILTER_SIZE));
    }
    return s.back.x * select(turning * w, s.down, i == 0u) + s.back.y * value;
}

fn step_size(i: u32) -> real {
    if (i >= WEIGHTS) {
        return ZERO;
    }
    return select(constants.output_step, constants.filter_step, i < FILTER_SIZE);
}

// Steps with noise.
fn count(x: ptr<function, Components>, s: Slopes) {
    (*x)[WEIGHTS + 2u] += select(ZERO, ONE, s.noisy);
}
