// Random numbers inside a descent. Twin of src/numerics/random.rs, where the formulas and their source stand and from
// which the polynomials come.

fn rotated(x: vec2<u32>, by: vec2<u32>) -> vec2<u32> {
    return (x << by) | (x >> (vec2<u32>(32u, 32u) - by));
}

// Words 0 and 2, and words 1 and 3.
struct Halves {
    even: vec2<u32>,
    odd: vec2<u32>,
}

fn two_rounds(x: Halves, first: vec2<u32>, second: vec2<u32>) -> Halves {
    var even = x.even + x.odd;
    let odd = (rotated(x.odd, first) ^ even).yx;
    even += odd;
    return Halves(even, (rotated(odd, second) ^ even).yx);
}

fn first_four_rounds(x: Halves, even: vec2<u32>, odd: vec2<u32>) -> Halves {
    let y = two_rounds(x, vec2<u32>(10u, 26u), vec2<u32>(11u, 21u));
    let z = two_rounds(y, vec2<u32>(13u, 27u), vec2<u32>(23u, 5u));
    return Halves(z.even + even, z.odd + odd);
}

fn next_four_rounds(x: Halves, even: vec2<u32>, odd: vec2<u32>) -> Halves {
    let y = two_rounds(x, vec2<u32>(6u, 20u), vec2<u32>(17u, 11u));
    let z = two_rounds(y, vec2<u32>(25u, 10u), vec2<u32>(18u, 20u));
    return Halves(z.even + even, z.odd + odd);
}

// Words of a block, from a run's key and the number of its step.
fn words(first: real, second: real, step: real, block: u32) -> vec4<u32> {
    // The key's third and fourth words are 0.
    let k = vec2<u32>(u32(abs(first)), u32(abs(second)));
    let fifth = 0x1bd11bdau ^ k.x ^ k.y;
    var x = Halves(vec2<u32>(u32(abs(step)) + k.x, 0u), vec2<u32>(block + k.y, 0u));
    x = first_four_rounds(x, vec2<u32>(k.y, 0u), vec2<u32>(0u, fifth + 1u));
    x = next_four_rounds(x, vec2<u32>(0u, fifth), vec2<u32>(0u, k.x + 2u));
    x = first_four_rounds(x, vec2<u32>(0u, k.x), vec2<u32>(fifth, k.y + 3u));
    x = next_four_rounds(x, vec2<u32>(fifth, k.y), vec2<u32>(k.x, 4u));
    x = first_four_rounds(x, vec2<u32>(k.x, 0u), vec2<u32>(k.y, 5u));
    return vec4<u32>(x.even.x, x.odd.x, x.even.y, x.odd.y);
}

// Logarithm of the uniform that a word is.
fn log_of(word: u32) -> real {
    let bits = bitcast<u32>(f32((word >> 8u) | 1u)) + TO_NEAREST;
    let exponent = real(i32(bits >> 23u) - 151);
    let mantissa = real(bitcast<f32>((bits & 0x7fffffu) + ROOT_HALF));
    let s = (mantissa - ONE) / (mantissa + ONE);
    return fma(exponent, LN_2, s * log_polynomial(s * s));
}

// A power of it, less 1.
fn power_less_one(word: u32, exponent: real) -> real {
    let r = log_of(word) * exponent * -HALVED;
    var t = -r * expm1_polynomial(r);
    for (var i = 0u; i < HALVINGS; i++) {
        t = fma(t, t, t + t);
    }
    return t;
}

fn power(word: u32, exponent: real) -> real {
    return ONE + power_less_one(word, exponent);
}

// Cosine and sine of the direction that a word is.
fn turn(word: u32) -> vec2<real> {
    let angle = fma(real((word >> 8u) | 1u), STEP_OF_TURN, -HALF);
    let sign = select(ONE, -ONE, (word & 1u) == 1u);
    let z = angle * angle;
    return vec2<real>(sign * cosine_polynomial(z), sign * angle * sine_polynomial(z));
}

struct BallPair {
    first: real,
    second: real,
    rest: real,
}

fn ball_pair(uniform_word: u32, turn_word: u32, exponent: real) -> BallPair {
    let t = power_less_one(uniform_word, exponent);
    let rho = sqrt(max(-(t * (t + real(2.0))), ZERO));
    let along = turn(turn_word);
    return BallPair(rho * along.x, rho * along.y, ONE + t);
}

fn normals(uniform_word: u32, turn_word: u32) -> vec2<real> {
    return sqrt(real(-2.0) * log_of(uniform_word)) * turn(turn_word);
}
