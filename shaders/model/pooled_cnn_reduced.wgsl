// Average-pooled CNN without overlap in two numbers: along w* and across. Twin of src/models/pooled_cnn/reduced.rs.

struct Survey {
    a: real,
    across: real,
    norm: real,
    supplement: real,
    slope_a: real,
    slope_b: real,
    steepness: real,
    apart_square: real,
}

alias Slopes = Survey;

fn survey(x: ptr<function, Components>) -> Survey {
    let a = (*x)[0];
    let b = (*x)[1];
    let across = abs(b);
    let square = fma(a, a, b * b);
    let norm = sqrt(square);
    let directed = constants.vanishing_square < square;
    let length = select(ONE, norm, directed);
    let inverse = select(ZERO, ONE / length, directed);
    let supplement = angle_of(a, across, length).supplement;
    let sine = across * inverse;
    let round = constants.spring - inverse * fma(constants.pull, sine, constants.pressure);
    let slope_a = fma(round, a, -constants.pull * supplement);
    let slope_b = round * b;
    let apart = a - constants.teacher_norm;
    let steepness = fma(slope_a, slope_a, slope_b * slope_b);
    return Survey(a, across, norm, supplement, slope_a, slope_b, steepness, fma(apart, apart, b * b));
}

fn loss(x: ptr<function, Components>, s: Survey) -> real {
    let squares = constants.spring * (s.norm * s.norm + constants.teacher_norm * constants.teacher_norm);
    let kernel = fma(s.supplement, s.a, s.across);
    return at_least_zero(HALF * squares - constants.pull * kernel - constants.pressure * s.norm);
}

fn may_end(s: Survey) -> bool {
    let near = (s.steepness <= constants.rest_square) | (s.apart_square <= constants.verdict_square);
    return near | !(s.norm < constants.size_limit);
}

fn decide(s: Survey) -> u32 {
    if (s.apart_square <= constants.verdict_square) {
        return CODE_VERDICT_GLOBAL;
    }
    if (s.steepness <= constants.rest_square) {
        if (s.apart_square <= constants.basin_square) {
            return CODE_CONVERGED_GLOBAL;
        }
        if (s.a < ZERO && s.across <= ZERO) {
            return u32(constants.opposite);
        }
    }
    return CODE_RUNNING;
}

fn size(s: Survey) -> real {
    return s.norm;
}

fn slopes(s: Survey) -> Slopes {
    return s;
}

fn slope(j: u32, i: u32, value: real, s: Slopes) -> real {
    return select(s.slope_b, s.slope_a, i == 0u);
}

fn step_size(i: u32) -> real {
    return constants.step;
}
