//! Random numbers inside a descent: the hash by known values, functions against the system's, laws against closed
//! forms.

use crate::support::{assert_close, for_cases, seed};
use spurious::numerics::Real;
use spurious::numerics::interval::incomplete_beta;
use spurious::numerics::random::{BallPair, Moment, Turn, Uniform, WHOLE, normals, threefry};

trials![
    words_are_known,
    functions_match_the_systems,
    moments_are_whole_and_without_sign,
    ball_pairs_have_their_laws,
    normals_are_normal,
    steps_keys_and_blocks_are_independent,
];

/// The words of one key and counter.
fn words(key: [u32; 4], counter: [u32; 4]) -> [u32; 4] {
    threefry(key.map(|word| [word]), counter.map(|word| [word])).map(|[word]| word)
}

/// The vectors that its authors publish with their library Random123, and that lanes do not mix.
fn words_are_known() {
    assert_eq!(words([0; 4], [0; 4]), [0x9c6c_a96a, 0xe17e_ae66, 0xfc10_ecd4, 0x5256_a7d8]);
    assert_eq!(words([u32::MAX; 4], [u32::MAX; 4]), [0x2a88_1696, 0x5701_2287, 0xf6c7_446e, 0xa16a_6732]);
    let counter = [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344];
    let key = [0xa409_3822, 0x299f_31d0, 0x082e_fa98, 0xec4e_6c89];
    assert_eq!(words(key, counter), [0x59cd_1dbb, 0xb887_9579, 0x86b5_d00c, 0xac8b_6d84]);
    let lanes: [[u32; 8]; 4] = std::array::from_fn(|i| std::array::from_fn(|lane| (7 * i + lane * lane) as u32));
    let together = threefry(lanes, lanes);
    for lane in 0..8 {
        let of = |all: [[u32; 8]; 4]| all.map(|word| word[lane]);
        assert_eq!(of(together), words(of(lanes), of(lanes)));
    }
}

fn uniform<R: Real>(word: u32) -> Uniform<R> {
    let mut uniform = Uniform::default();
    uniform.set(0, &[word]);
    uniform
}

fn turn<R: Real>(word: u32) -> Turn<R> {
    let mut turn = Turn::default();
    turn.set(0, &[word]);
    turn
}

/// Both formats see the same uniform and the same angle: each function is within some roundings of its own format of
/// the system's function of that number.
fn check_functions<R: Real>(word: u32) {
    let roundoff = R::PRECISION.roundoff();
    let what = |name: &str| format!("{name} of word {word:#010x} in {:?}", R::PRECISION);
    let u = f64::from((word >> 8) | 1) / f64::from(WHOLE);
    let log = uniform::<R>(word).log().lane(0);
    // A quotient, a square, a polynomial, a product and a fused sum that at most triples their errors.
    assert_close(log, u.ln(), 12.0 * roundoff * u.ln().abs(), &what("log"));
    for n in [1.0, 2.0, 3.0, 25.0, 1e6] {
        // The error of the exponent x moves expm1 by at most |x eˣ| ≤ |expm1|, a halving adds two roundings and doubles
        // none.
        let exact = (u.ln() / n).exp_m1();
        let found = uniform::<R>(word).power_less_one(R::splat(1.0 / n)).lane(0);
        assert_close(found, exact, 32.0 * roundoff * exact.abs(), &what("power"));
    }
    let half_turns = f64::from((word >> 8) | 1) / f64::from(WHOLE) - 0.5;
    let sign = if word & 1 == 1 { -1.0 } else { 1.0 };
    let angle = std::f64::consts::PI * half_turns;
    let [cosine, sine] = turn::<R>(word).cos_sin().map(|x| x.lane(0));
    assert_close(cosine, sign * angle.cos(), 8.0 * roundoff, &what("cosine"));
    assert_close(sine, sign * angle.sin(), 8.0 * roundoff, &what("sine"));
}

fn functions_match_the_systems() {
    let corners = [0, 1, 255, 256, 511, 1 << 31, u32::MAX, u32::MAX - 255, 0x7fff_ff00, 0xb504_f300, 0xb504_f400];
    corners.into_iter().for_each(check_functions::<f32>);
    corners.into_iter().for_each(check_functions::<f64>);
    for_cases("noise::functions", 20_000, |_, draws| {
        let word = (draws.uniform() * 2f64.powi(32)) as u32;
        // Small uniforms too.
        for word in [word, word >> (8.0 * draws.uniform()) as u32] {
            check_functions::<f32>(word);
            check_functions::<f64>(word);
        }
    });
}

/// Points of tests have no whole numbers where runs have keys.
fn moments_are_whole_and_without_sign() {
    fn of<R: Real>(a: f64, b: f64, step: f64) -> [u32; 4] {
        let mut found = Vec::new();
        let moment = Moment { key: [R::splat(a), R::splat(b)], step: R::splat(step) };
        moment.words(7, |first, words| found.push((first, words.map(|words| words[0]))));
        let [(0, words)] = found[..] else { panic!("{found:?}") };
        words
    }
    assert_eq!(of::<f64>(1.0, 2.0, 3.0), words([1, 2, 0, 0], [3, 7, 0, 0]));
    assert_eq!(of::<f64>(-1.7, 2.2, -3.9), of::<f64>(1.0, 2.0, 3.0));
    let last = f64::from(WHOLE - 1);
    assert_eq!(of::<f64>(last, last, last), words([WHOLE - 1, WHOLE - 1, 0, 0], [WHOLE - 1, 7, 0, 0]));
    assert_eq!(of::<f32>(last, last, last), of::<f64>(last, last, last));
}

/// Asserts that a sample is of a law on an interval, given its distribution function. Kolmogorov:
/// `P(D√N > 3) = 2 exp(−18) = 3e-8`.
fn assert_law(what: &str, mut sample: Vec<f64>, law: impl Fn(f64) -> f64) {
    sample.sort_by(f64::total_cmp);
    let n = sample.len() as f64;
    let gap = |(i, x): (usize, &f64)| f64::max((law(*x) - i as f64 / n).abs(), (law(*x) - (i + 1) as f64 / n).abs());
    let distance = sample.iter().enumerate().map(gap).fold(0.0, f64::max) * n.sqrt();
    assert!(distance < 3.0, "{what}, seed {}: Kolmogorov distance {distance}", seed());
}

/// Words of many runs at one step, and of one run at many steps.
fn moments(count: usize) -> impl Iterator<Item = [u32; 4]> {
    let key = |i: usize| (seed() as usize).wrapping_add(i) as u32 % WHOLE;
    (0..count).map(move |i| {
        if i % 2 == 0 { words([key(i), 5, 0, 0], [3, 0, 0, 0]) } else { words([key(0), 9, 0, 0], [i as u32, 1, 0, 0]) }
    })
}

/// A coordinate of a uniform point of the ball of `Rⁿ` has the density `∝ (1 − x²)^((n−1)/2)`; the ball of all but two
/// has `P(radius < r) = rⁿ`.
fn ball_pairs_have_their_laws() {
    const COUNT: usize = 100_000;
    for n in [1, 2, 3, 5, 25, 400] {
        let order = f64::from(n);
        let law = |x: f64| 0.5 + 0.5 * x.signum() * incomplete_beta(0.5, 0.5 * (order + 1.0), x * x);
        let pairs: Vec<BallPair<f64>> =
            moments(COUNT).map(|w| BallPair::new(&uniform(w[0]), &turn(w[1]), 1.0 / order)).collect();
        let column = |of: fn(&BallPair<f64>) -> f64| pairs.iter().map(of).collect::<Vec<f64>>();
        assert_law(&format!("first of {n}"), column(|p| p.first), law);
        if n > 1 {
            assert_law(&format!("second of {n}"), column(|p| p.second), law);
            // Along another direction, which sees whether the two depend on each other as they should.
            assert_law(&format!("0.6, 0.8 of {n}"), column(|p| 0.6 * p.first - 0.8 * p.second), law);
        }
        assert_law(&format!("rest of {n}"), column(|p| p.rest), |r| r.powf(order));
        for p in &pairs {
            // Of the unit ball: a few roundings of 1.
            assert_close(p.first.hypot(p.second).hypot(p.rest), 1.0, 1e-15, "norm of the pair and the rest's radius");
        }
    }
}

fn normals_are_normal() {
    let all: Vec<f64> = moments(100_000).flat_map(|w| normals::<f64>(&uniform(w[0]), &turn(w[1]))).collect();
    assert_law("normals", all.clone(), |x| 0.5 * libm::erfc(-x / std::f64::consts::SQRT_2));
    // Fourth moments of N numbers have the deviation √(96/N).
    let fourth = all.iter().map(|x| x.powi(4)).sum::<f64>() / all.len() as f64;
    assert_close(fourth, 3.0, 5.0 * (96.0 / all.len() as f64).sqrt(), "fourth moment");
}

/// Correlations of single bits of words that are neighbours in any of what they depend on: of `N` independent pairs a
/// correlation has the deviation `1/√N`, and seven of them are exceeded by one of these 4 · 128 · 128 with probability
/// 2e-7. (The lowest bits of a hash of products and sums fail this.)
fn steps_keys_and_blocks_are_independent() {
    const COUNT: u32 = 4_000;
    let base = seed() as u32 % WHOLE;
    let place = |i: u32| [base.wrapping_add(i / 250) % WHOLE, 7 * i % WHOLE, i % 250, i % 3];
    let at = |[a, b, step, block]: [u32; 4]| words([a, b, 0, 0], [step, block, 0, 0]);
    let bits = |words: [u32; 4]| words.into_iter().fold(0u128, |all, word| all << 32 | u128::from(word));
    for axis in 0..4 {
        let mut agree = vec![[0u32; 128]; 128];
        for i in 0..COUNT {
            let mut next = place(i);
            next[axis] += 1;
            let (a, b) = (bits(at(place(i))), bits(at(next)));
            for (shift, agree) in agree.iter_mut().enumerate() {
                let same = !(a ^ b.rotate_right(shift as u32));
                agree.iter_mut().enumerate().for_each(|(bit, count)| *count += (same >> bit) as u32 & 1);
            }
        }
        for count in agree.iter().flatten() {
            let deviations = (2.0 * f64::from(*count) - f64::from(COUNT)) / f64::from(COUNT).sqrt();
            assert!(deviations.abs() < 7.0, "axis {axis}, seed {}: {deviations} deviations", seed());
        }
    }
}
