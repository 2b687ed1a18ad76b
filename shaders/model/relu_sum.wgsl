// n student neurons against k teachers. Twin of src/models/relu_sum/landscape.rs. `data` holds the teachers, row by
// row, then their norms, then the inverses of their norms; orthonormal teachers along the axes need none of it.
//
// Everything is read four numbers at a time: `weights_four(q)` is the q-th four of `weights`, and so on. The memory of
// a run holds the students' weights in rows of WIDE fours, as many rows as STUDENTS fours of neurons have, and then
// those of the teachers unless they are unit vectors. A partner is a student or a teacher: `norms` and `inverses` hold
// all partners, a teacher's norm being negative, as it stands in the loss; a row of `sines` and `supplements` holds
// what a neuron has with each of them. Rows and partners that fill up a four are zero and count for nothing.
//
// Neurons are taken in blocks of BLOCK, a multiple of four; where one block holds all, every pair of students is looked
// at once.

// Fours of a row of weights, of all students, teachers and partners, and of a row of sines.
const WIDE: u32 = (INPUT_DIM + 3u) / 4u;
const STUDENTS: u32 = (NEURONS + 3u) / 4u;
const TAUGHT: u32 = (TEACHERS + 3u) / 4u;
const PARTNERS: u32 = STUDENTS + TAUGHT;
const ROW: u32 = max(PARTNERS, WIDE);
// Where the teachers' rows of weights begin.
const FIRST_TEACHER: u32 = 4u * STUDENTS;
// Partners that are met row by row of weights: unit vectors are met component by component.
const MET: u32 = select(PARTNERS, STUDENTS, ORTHONORMAL == 1u);

// Adds up the four numbers of a vector.
fn total(v: vec4<real>) -> real {
    return (v.x + v.y) + (v.z + v.w);
}

// What does not change from step to step: zeros that fill up, and the teachers.
fn prepare(x: ptr<function, Components>) {
    let w = own(WEIGHTS_SIZE / 4u);
    let v = own(NORMS_SIZE / 4u);
    for (var c = lane; c < WEIGHTS_SIZE; c += LANES) {
        weights[4u * w + c] = ZERO;
    }
    barrier_of_lanes();
    for (var t = lane; t < 4u * TAUGHT; t += LANES) {
        var norm = ZERO;
        var inverse = ZERO;
        if (t < TEACHERS) {
            norm = -ONE;
            inverse = ONE;
            if (ORTHONORMAL == 0u) {
                norm = -datum(TEACHERS * INPUT_DIM + t);
                inverse = datum(TEACHERS * INPUT_DIM + TEACHERS + t);
                for (var a = 0u; a < INPUT_DIM; a++) {
                    weights[4u * (w + (FIRST_TEACHER + t) * WIDE) + a] = datum(t * INPUT_DIM + a);
                }
            }
        }
        norms[4u * (v + STUDENTS) + t] = norm;
        inverses[4u * (v + STUDENTS) + t] = inverse;
    }
}

// A sum with four more products: of the numbers of `f` with the vectors x, y, z and t.
fn with_products(
    sum: vec4<real>,
    f: vec4<real>,
    x: vec4<real>,
    y: vec4<real>,
    z: vec4<real>,
    t: vec4<real>,
) -> vec4<real> {
    let two = fma(vec4<real>(f.y), y, fma(vec4<real>(f.x), x, sum));
    return fma(vec4<real>(f.w), t, fma(vec4<real>(f.z), z, two));
}

struct Meeting {
    sine: vec4<real>,
    supplement: vec4<real>,
    // Arc-cosine kernel of unit vectors.
    kernel: vec4<real>,
}

// Of four pairs of vectors with given cosines.
fn meet(cosines: vec4<real>) -> Meeting {
    let c = max(min(cosines, vec4<real>(ONE)), vec4<real>(-ONE));
    let s = sqrt((ONE - c) * (ONE + c));
    let supplement = vec4<real>(
        angle_of(c.x, s.x, ONE).supplement,
        angle_of(c.y, s.y, ONE).supplement,
        angle_of(c.z, s.z, ONE).supplement,
        angle_of(c.w, s.w, ONE).supplement,
    );
    return Meeting(s, supplement, fma(supplement, c, s));
}

// Inner products of two neurons, i and the next one, with the partners of the q-th four.
struct Products {
    upper: vec4<real>,
    lower: vec4<real>,
}

fn products(w: u32, i: u32, q: u32) -> Products {
    var p = Products(vec4<real>(ZERO), vec4<real>(ZERO));
    let row = w + i * WIDE;
    let partner = w + 4u * q * WIDE;
    for (var a = 0u; a < WIDE; a++) {
        let u = weights_four(row + a);
        let l = weights_four(row + WIDE + a);
        let p0 = weights_four(partner + a);
        let p1 = weights_four(partner + WIDE + a);
        let p2 = weights_four(partner + 2u * WIDE + a);
        let p3 = weights_four(partner + 3u * WIDE + a);
        let x = vec4<real>(p0.x, p1.x, p2.x, p3.x);
        let y = vec4<real>(p0.y, p1.y, p2.y, p3.y);
        let z = vec4<real>(p0.z, p1.z, p2.z, p3.z);
        let t = vec4<real>(p0.w, p1.w, p2.w, p3.w);
        p.upper = with_products(p.upper, u, x, y, z, t);
        p.lower = with_products(p.lower, l, x, y, z, t);
    }
    return p;
}

// Notes what neuron i, whose row of entries begins at `entry`, has with the partners of the q-th four; returns their
// part of the loss, where a pair counts `weight`.
fn note_meeting(v: u32, entry: u32, i: u32, q: u32, cosines: vec4<real>, weight: vec4<real>) -> real {
    let met = meet(cosines);
    let norm = norms[4u * v + i];
    put_sines_four(entry + q, met.sine);
    // In the slope a teacher pulls the other way.
    put_supplements_four(entry + q, select(-met.supplement, met.supplement, vec4<bool>(q < STUDENTS)));
    return norm * total(weight * norms_four(v + q) * met.kernel);
}

// Lets two neurons, i and the next one, meet the partners of the q-th four. `first` is the first neuron of the block.
// Pairs of one four of students meet twice, each counting half; so do all where the block is not all neurons.
fn meet_pairs(w: u32, v: u32, p: u32, first: u32, i: u32, q: u32) -> real {
    let product = products(w, i, q);
    let entry = p + (i - first) * ROW;
    let all = vec4<real>(ONE);
    var weight = all;
    var next_weight = all;
    if (q < STUDENTS && (BLOCK < NEURONS || q == i / 4u)) {
        // A neuron's part with itself does not depend on any angle.
        let partner = vec4<u32>(4u * q) + vec4<u32>(0u, 1u, 2u, 3u);
        weight = select(vec4<real>(HALF), vec4<real>(ZERO), partner == vec4<u32>(i));
        next_weight = select(vec4<real>(HALF), vec4<real>(ZERO), partner == vec4<u32>(i + 1u));
    }
    let inverse = inverses_four(v + q);
    let upper = product.upper * (inverses[4u * v + i] * inverse);
    let lower = product.lower * (inverses[4u * v + i + 1u] * inverse);
    let part = note_meeting(v, entry, i, q, upper, weight)
        + note_meeting(v, entry + ROW, i + 1u, q, lower, next_weight);
    if (BLOCK >= NEURONS && q < STUDENTS && q != i / 4u) {
        // The partners' rows.
        let sine = sines_four(entry + q);
        let next_sine = sines_four(entry + ROW + q);
        let supplement = supplements_four(entry + q);
        let next_supplement = supplements_four(entry + ROW + q);
        for (var k = 0u; k < 4u; k++) {
            let there = 4u * (p + (4u * q + k) * ROW) + i;
            sines[there] = sine[k];
            sines[there + 1u] = next_sine[k];
            supplements[there] = supplement[k];
            supplements[there + 1u] = next_supplement[k];
        }
    }
    return part;
}

// All pairs of students, each once, and all neurons with all other teachers than unit vectors. A column q of fours of
// students takes the 2 q + 2 pairs of rows above its diagonal: a long and a short one together fill LENGTH.
fn meet_all(w: u32, v: u32, p: u32) -> real {
    const LENGTH: u32 = 2u * STUDENTS + 2u;
    var part = ZERO;
    for (var n = lane; n < (STUDENTS + 1u) / 2u * LENGTH; n += LANES) {
        let short = n / LENGTH;
        let long = STUDENTS - 1u - short;
        let k = n % LENGTH;
        let of_long = k < 2u * long + 2u;
        // In the middle the two are the same column.
        if (of_long || short != long) {
            let q = select(short, long, of_long);
            let pair = select(k - (2u * long + 2u), k, of_long);
            part += meet_pairs(w, v, p, 0u, 2u * pair, q);
        }
    }
    if (ORTHONORMAL == 0u) {
        for (var n = lane; n < 2u * STUDENTS * TAUGHT; n += LANES) {
            part += meet_pairs(w, v, p, 0u, 2u * (n / TAUGHT), STUDENTS + n % TAUGHT);
        }
    }
    return part;
}

// The neurons of a block with all partners but unit vectors.
fn meet_in_block(w: u32, v: u32, p: u32, first: u32, rows: u32) -> real {
    var part = ZERO;
    for (var n = lane; n < rows / 2u * MET; n += LANES) {
        part += meet_pairs(w, v, p, first, first + 2u * (n / MET), n % MET);
    }
    return part;
}

// The neurons of a block with teachers that are unit vectors.
fn meet_unit_vectors(w: u32, v: u32, p: u32, first: u32, rows: u32) -> real {
    var part = ZERO;
    for (var n = lane; n < rows * TAUGHT; n += LANES) {
        let i = first + n / TAUGHT;
        let t = n % TAUGHT;
        let cosines = weights_four(w + i * WIDE + t) * inverses[4u * v + i];
        let entry = p + (i - first) * ROW;
        part += note_meeting(v, entry, i, STUDENTS + t, cosines, vec4<real>(ONE));
        if (TEACHERS % 4u != 0u) {
            // No teacher is there.
            let is_one = vec4<u32>(4u * t) + vec4<u32>(0u, 1u, 2u, 3u) < vec4<u32>(TEACHERS);
            let supplement = supplements_four(entry + STUDENTS + t);
            put_supplements_four(entry + STUDENTS + t, select(vec4<real>(ZERO), supplement, is_one));
        }
    }
    return part;
}

// Factors of a neuron's own weights in its slope, for the neurons of a block.
fn note_radials(v: u32, r: u32, p: u32, first: u32, rows: u32) {
    for (var row = lane; row < rows; row += LANES) {
        let i = first + row;
        let entry = p + row * ROW;
        // A neuron is parallel to itself.
        sines[4u * entry + i] = ZERO;
        supplements[4u * entry + i] = PI;
        var radial = vec4<real>(ZERO);
        for (var q = 0u; q < PARTNERS; q++) {
            radial = fma(norms_four(v + q), sines_four(entry + q), radial);
        }
        radials[4u * r + i] = total(radial) * inverses[4u * v + i];
    }
}

// The slopes of a block, four neurons by four inputs at a time. They take the place of the sines, which have done their
// part.
fn note_slopes(w: u32, r: u32, p: u32, first: u32, rows: u32) {
    for (var n = lane; n < rows / 4u * WIDE; n += LANES) {
        let row = 4u * (n / WIDE);
        let a = n % WIDE;
        let entry = p + row * ROW;
        let own_row = w + (first + row) * WIDE + a;
        let radial = radials_four(r + (first + row) / 4u);
        var s0 = radial.x * weights_four(own_row);
        var s1 = radial.y * weights_four(own_row + WIDE);
        var s2 = radial.z * weights_four(own_row + 2u * WIDE);
        var s3 = radial.w * weights_four(own_row + 3u * WIDE);
        if (ORTHONORMAL == 1u && a < TAUGHT) {
            s0 += supplements_four(entry + STUDENTS + a);
            s1 += supplements_four(entry + ROW + STUDENTS + a);
            s2 += supplements_four(entry + 2u * ROW + STUDENTS + a);
            s3 += supplements_four(entry + 3u * ROW + STUDENTS + a);
        }
        for (var q = 0u; q < MET; q++) {
            let f0 = supplements_four(entry + q);
            let f1 = supplements_four(entry + ROW + q);
            let f2 = supplements_four(entry + 2u * ROW + q);
            let f3 = supplements_four(entry + 3u * ROW + q);
            let partner = w + 4u * q * WIDE + a;
            let x = weights_four(partner);
            let y = weights_four(partner + WIDE);
            let z = weights_four(partner + 2u * WIDE);
            let t = weights_four(partner + 3u * WIDE);
            s0 = with_products(s0, f0, x, y, z, t);
            s1 = with_products(s1, f1, x, y, z, t);
            s2 = with_products(s2, f2, x, y, z, t);
            s3 = with_products(s3, f3, x, y, z, t);
        }
        put_sines_four(entry + a, HALF_OVER_PI * s0);
        put_sines_four(entry + ROW + a, HALF_OVER_PI * s1);
        put_sines_four(entry + 2u * ROW + a, HALF_OVER_PI * s2);
        put_sines_four(entry + 3u * ROW + a, HALF_OVER_PI * s3);
    }
}

fn survey(x: ptr<function, Components>) -> Survey {
    let w = own(WEIGHTS_SIZE / 4u);
    let v = own(NORMS_SIZE / 4u);
    let r = own(RADIALS_SIZE / 4u);
    let p = own(SINES_SIZE / 4u);
    for (var j = 0u; j < PER_LANE; j++) {
        let c = lane + j * LANES;
        if (c < DIM) {
            let a = c % INPUT_DIM;
            weights[4u * (w + c / INPUT_DIM * WIDE) + a] = (*x)[j];
        }
    }
    barrier_of_lanes();
    var part = vec4<real>(ZERO, ZERO, ZERO, ZERO);
    for (var i = lane; i < 4u * STUDENTS; i += LANES) {
        var squares = vec4<real>(ZERO);
        for (var a = 0u; a < WIDE; a++) {
            let value = weights_four(w + i * WIDE + a);
            squares = fma(value, value, squares);
        }
        let square = total(squares);
        let norm = sqrt(square);
        norms[4u * v + i] = norm;
        inverses[4u * v + i] = select(ZERO, ONE / norm, constants.vanishing_square < square);
        part.x += HALF * PI * square;
        part.y += norm;
    }
    barrier_of_lanes();
    var steepest = ZERO;
    for (var first = 0u; first < NEURONS; first += BLOCK) {
        // Rows that fill up a vector included.
        let rows = min(BLOCK, 4u * STUDENTS - first);
        if (BLOCK >= NEURONS) {
            part.x += meet_all(w, v, p);
        } else {
            part.x += meet_in_block(w, v, p, first, rows);
        }
        if (ORTHONORMAL == 1u) {
            part.x += meet_unit_vectors(w, v, p, first, rows);
        }
        barrier_of_lanes();
        note_radials(v, r, p, first, rows);
        barrier_of_lanes();
        note_slopes(w, r, p, first, rows);
        barrier_of_lanes();
        for (var i = lane; i < min(rows, NEURONS - first); i += LANES) {
            var squares = vec4<real>(ZERO);
            for (var a = 0u; a < WIDE; a++) {
                let value = sines_four(p + i * ROW + a);
                squares = fma(value, value, squares);
            }
            steepest = max(steepest, total(squares));
        }
        for (var j = 0u; j < PER_LANE; j++) {
            let c = lane + j * LANES;
            let i = c / INPUT_DIM;
            if (first <= i && i < min(first + rows, NEURONS)) {
                let a = c % INPUT_DIM;
                down[j] = sines[4u * (p + (i - first) * ROW) + a];
            }
        }
        if (BLOCK < NEURONS) {
            barrier_of_lanes();
        }
    }
    let sums = sum_over_lanes(part);
    return Survey(at_least_zero(HALF_OVER_PI * sums.x + constants.teacher_loss), max_over_lanes(steepest), sums.y);
}
