//! Starts drawn in blocks: bit by bit those of an oracle that draws one run after another, number by number, with
//! `libm`, and the same however runs fall into blocks and whatever instructions the functions of seeding are compiled
//! for.

use super::seed::hex;
use crate::support::program::points_file;
use crate::support::{Set, problem, seed, settings_of, values};
use spurious::landscape::{Points, Problem};
use spurious::models;
use spurious::numerics::start_law::BLOCK;
use spurious::numerics::{CellSeed, Draws};
use spurious::numerics::{elementary, normal};
use std::f64::consts::TAU;

trials![
    functions_are_those_of_libm,
    quantiles_are_quantiles,
    cnn_is_the_oracle,
    relu_sum_is_the_oracle,
    blocks_do_not_matter,
];

/// Names of instruction sets that the CPU has, each with what `f` makes of the arguments when compiled for it.
fn with_instructions(arguments: &[f64], f: impl Fn(f64) -> f64 + Copy) -> Vec<(&'static str, Vec<f64>)> {
    let apply = || arguments.iter().map(|&x| f(x)).collect();
    let mut all: Vec<(&str, Vec<f64>)> = vec![("base", apply())];
    #[cfg(target_arch = "x86_64")]
    {
        all.extend(pulp::x86::V3::try_new().map(|simd| ("AVX2", simd.vectorize(apply))));
        all.extend(pulp::x86::V4::try_new().map(|simd| ("AVX-512", simd.vectorize(apply))));
    }
    #[cfg(target_arch = "aarch64")]
    all.extend(pulp::aarch64::Neon::try_new().map(|simd| ("NEON", simd.vectorize(apply))));
    all
}

fn assert_same(name: &str, arguments: &[f64], f: impl Fn(f64) -> f64 + Copy, expected: impl Fn(f64) -> f64) {
    for (instructions, found) in with_instructions(arguments, f) {
        for (&x, found) in arguments.iter().zip(found) {
            let expected = expected(x);
            assert_eq!(found.to_bits(), expected.to_bits(), "{name}({x:e}), {instructions}: {found:e}, {expected:e}");
        }
    }
}

/// The `i`-th number that can be drawn.
fn midpoint(i: u64) -> f64 {
    (i as f64 + 0.5) / (1u64 << 52) as f64
}

/// Uniforms: drawn ones, and all that are closest to multiples of 1/8, among them the smallest and the largest there
/// are.
fn uniforms() -> Vec<f64> {
    let mut draws = CellSeed::new(seed(), "seeding::functions").run(0);
    let mut all: Vec<f64> = (0..200_000).map(|_| draws.uniform()).collect();
    for eighth in (0..=8).map(|i| i << 49) {
        all.extend((eighth..eighth + 1000).filter(|i| *i < 1 << 52).map(midpoint));
        all.extend((0..1000).filter(|i| *i < eighth).map(|i| midpoint(eighth - 1 - i)));
        // And some at every distance from them.
        for exponent in 10..49 {
            let distance = (draws.uniform() * f64::from(exponent).exp2()) as u64;
            all.extend(
                [eighth + distance, eighth.wrapping_sub(distance)].into_iter().filter(|i| *i < 1 << 52).map(midpoint),
            );
        }
    }
    all
}

/// Numbers whose upper half is around one of these, where an algorithm changes its branch.
fn around(high: &[u64]) -> Vec<f64> {
    let mut draws = CellSeed::new(seed(), "seeding::branches").run(0);
    let mut number = |high: u64| f64::from_bits((high << 32) | (draws.uniform() * 2f64.powi(32)) as u64);
    high.iter().flat_map(|&high| (0..3000).map(move |i| high - 1 + i % 3)).map(&mut number).collect()
}

/// No argument that seeding can pass, from one end of the range to the other, has another bit.
fn functions_are_those_of_libm() {
    let uniforms = uniforms();
    assert!(uniforms.contains(&midpoint(0)) && uniforms.contains(&midpoint((1 << 52) - 1)));
    assert_same("log", &uniforms, elementary::log, libm::log);
    let angles: Vec<f64> = uniforms.iter().map(|u| TAU * u).collect();
    // Multiples of π/4 and the smallest angles, where sine and cosine are told apart from x and 1.
    let bounds = around(&[
        0x3fe9_21fb,
        0x3ff9_21fb,
        0x4002_d97c,
        0x4009_21fb,
        0x400f_6a7a,
        0x4012_d97c,
        0x4015_fdbc,
        0x4019_21fa,
        0x3e50_0000,
        0x3e46_a09e,
    ]);
    for angles in [&angles, &bounds] {
        assert_same("cos", angles, |x| elementary::cos_sin(x).0, libm::cos);
        assert_same("sin", angles, |x| elementary::cos_sin(x).1, libm::sin);
    }
    // Exponents: 2/(p − 2) from p = 3 on, 2/k from k = 2 on, 1/k; p and k go up to 2^20.
    for factor in [2.0, 1.0, 2.0 / 3.0, 0.5, 1.0 / 3.0, 0.08, 0.04, 1e-3, 2.0 / 4096.0, 2.0 / 1_048_574.0] {
        let arguments: Vec<f64> = uniforms.iter().map(|&u| factor * libm::log(u)).collect();
        assert_same("exp", &arguments, elementary::exp, libm::exp);
        assert_same("expm1", &arguments, elementary::expm1, libm::expm1);
    }
    // ½ and 3/2 of log 2, and where 1 + x, x and −1 are close enough.
    let bounds = around(&[0x3fd6_2e42, 0x3ff0_a2b2, 0x3e30_0000, 0x3c90_0000, 0x4043_687a, 0x4086_1fff]);
    let bounds: Vec<f64> = bounds.into_iter().map(|x| -x).collect();
    assert_same("exp", &bounds, elementary::exp, libm::exp);
    assert_same("expm1", &bounds, elementary::expm1, libm::expm1);
}

fn quantiles_are_quantiles() {
    let mut numbers = uniforms();
    // Into the far tails, beyond what is drawn, and both sides of all bounds between approximations.
    numbers.extend((1..300).flat_map(|i| [10f64.powi(-i), 1.0 - 10f64.powi(-i.min(15))]));
    let far = libm::exp(-25.0);
    for bound in [0.075, 0.925, far, 1.0 - far] {
        let step = bound.min(1.0 - bound) * 1e-15;
        numbers.extend((-50..50).map(|i| bound + f64::from(i) * step));
    }
    let all = |mut numbers: Vec<f64>| {
        normal::quantiles(&mut numbers);
        numbers
    };
    let mut found = vec![all(numbers.clone())];
    #[cfg(target_arch = "x86_64")]
    {
        found.extend(pulp::x86::V3::try_new().map(|simd| simd.vectorize(|| all(numbers.clone()))));
        found.extend(pulp::x86::V4::try_new().map(|simd| simd.vectorize(|| all(numbers.clone()))));
    }
    // In pieces of other sizes.
    for size in [1, 3, 255, 257] {
        let mut pieces = numbers.clone();
        pieces.chunks_mut(size).for_each(normal::quantiles);
        found.push(pieces);
    }
    for found in found {
        for (&p, z) in numbers.iter().zip(found) {
            assert_eq!(z.to_bits(), normal::quantile(p).to_bits(), "z({p:e})");
        }
    }
}

fn sphere(draws: &mut Draws, radius: f64, out: &mut [f64]) {
    let mut square = 0.0;
    for x in out.iter_mut() {
        *x = draws.normal();
        square += *x * *x;
    }
    let scale = radius / square.sqrt();
    out.iter_mut().for_each(|x| *x *= scale);
}

fn ball(draws: &mut Draws, radius: f64, out: &mut [f64]) {
    sphere(draws, 1.0, out);
    let rho = radius * libm::exp(libm::log(draws.uniform()) / out.len() as f64);
    out.iter_mut().for_each(|x| *x *= rho);
}

/// The law of a start of `cnn`.
#[derive(Clone, Copy, Debug)]
struct Law {
    p: usize,
    k: usize,
    gaussian: bool,
    /// Of the filter.
    scale: f64,
    /// Of the output weights' ball.
    radius: f64,
}

impl Law {
    fn full(self, draws: &mut Draws) -> Vec<f64> {
        let mut out = vec![0.0; self.p + self.k];
        let (filter, output) = out.split_at_mut(self.p);
        if self.gaussian {
            filter.fill_with(|| self.scale * draws.normal());
        } else {
            sphere(draws, self.scale, filter);
        }
        ball(draws, self.radius, output);
        out
    }

    fn reduced(self, draws: &mut Draws) -> [f64; 5] {
        let Law { p, k, gaussian, scale, radius } = self;
        let (x, y) = if gaussian {
            let x = draws.normal();
            let mut square = if p.is_multiple_of(2) { draws.normal().powi(2) } else { 0.0 };
            for _ in 0..(p - 1) / 2 {
                square -= 2.0 * libm::log(draws.uniform());
            }
            (scale * x, scale * square.sqrt())
        } else {
            let u = draws.uniform();
            let angle = TAU * draws.uniform();
            let (cos, sin) = (libm::cos(angle), libm::sin(angle));
            let square = if p == 2 { 1.0 } else { -libm::expm1(2.0 / (p - 2) as f64 * libm::log(u)) };
            (scale * square.sqrt() * cos, scale * ((1.0 - square) + square * sin * sin).sqrt())
        };
        if k == 1 {
            let mut along = [0.0];
            ball(draws, radius, &mut along);
            return [x, y, along[0], 0.0, 0.0];
        }
        let u = draws.uniform();
        let angle = TAU * draws.uniform();
        let rest = draws.uniform();
        let rho = radius * (-libm::expm1(2.0 / k as f64 * libm::log(u))).sqrt();
        let root = |u: f64, n: f64| libm::exp(libm::log(u) / n);
        let rest = if k == 2 { 0.0 } else { radius * root(u, k as f64) * root(rest, (k - 2) as f64) };
        [x, y, rho * libm::cos(angle), rho * libm::sin(angle), rest]
    }
}

/// Runs that fill whole blocks and begin another.
const RUNS: usize = 2 * BLOCK + 13;

/// Starts of the first runs from an index on, of each `width` numbers.
fn starts(problem: &Problem, cell: CellSeed, first: u64, width: usize, runs: usize) -> Vec<f64> {
    // What is not written would not be a number.
    let mut out = vec![f64::NAN; runs * width];
    problem.starts(cell, first, width, &mut out);
    out
}

fn cnn_is_the_oracle() {
    for (p, k) in [(2, 1), (2, 2), (3, 3), (4, 2), (5, 25), (10, 100), (6, 1), (25, 20), (40, 700)] {
        for gaussian in [false, true] {
            let (filter_size, patches) = (p.to_string(), k.to_string());
            let set = [
                ("filter_size", filter_size.as_str()),
                ("patches", &patches),
                ("ratio", "1.0"),
                ("start_filter", if gaussian { "\"gaussian\"" } else { "\"sphere\"" }),
                ("start_filter_scale", "0.7"),
            ];
            let cell = CellSeed::new(seed(), &models::find("cnn").unwrap().identity(&values("cnn", &set)));
            // |1ᵀa*| ‖w*‖ / √k, which the library computes as ‖a*‖ √(q/k).
            let law = Law { p, k, gaussian, scale: 0.7, radius: (1.0 / k as f64).sqrt() };
            let [full, reduced] = ["full", "reduced"].map(|form| problem("cnn", form, &set, &settings_of("cnn")));
            let found = starts(&full, cell, 5, p + k, RUNS);
            let whole = starts(&reduced, cell, 5, 5, RUNS);
            let states = starts(&reduced, cell, 5, 4, RUNS);
            for (i, run) in (5..).take(RUNS).enumerate() {
                let what = format!("{law:?}, run {run}, seed {}", seed());
                assert_eq!(hex(&found[i * (p + k)..][..p + k]), hex(&law.full(&mut cell.run(run))), "full, {what}");
                let expected = hex(&law.reduced(&mut cell.run(run)));
                assert_eq!(hex(&whole[5 * i..][..5]), expected, "{what}");
                assert_eq!(hex(&states[4 * i..][..4]), expected[..4], "{what}");
            }
        }
    }
}

fn relu_sum_is_the_oracle() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("points.csv");
    let rows: Vec<Vec<f64>> = (0..3).map(|i| (0..6).map(|j| f64::from(i) - 0.3 * f64::from(j)).collect()).collect();
    std::fs::write(&path, points_file(&rows)).unwrap();
    let points = Points::read("points.csv", folder.path()).unwrap();
    let file = format!("'{}'", path.display());
    let near = [("teachers", "2"), ("neurons", "3"), ("start_file", &file)];
    let around = [&near[..], &[("start", "\"around\""), ("start_radius", "0.3")]].concat();
    let itself = [&near[..], &[("start", "\"file\"")]].concat();
    let wide = [("teachers", "10"), ("neurons", "11")];
    let point = |run: u64| points.point((run % 3) as usize);
    type Number<'a> = &'a dyn Fn(u64, usize, &mut Draws) -> f64;
    let cases: [(&[(&str, &str)], Number<'_>); 3] = [
        (&wide, &|_, _, draws| f64::sqrt(1.0 / 10.0) * draws.normal()),
        (&around, &|run, i, draws| point(run)[i] + 0.3 * draws.normal()),
        (&itself, &|run, i, _| point(run)[i]),
    ];
    for (set, number) in cases {
        let cell = CellSeed::new(seed(), &models::find("relu_sum").unwrap().identity(&values("relu_sum", set)));
        let problem = problem("relu_sum", "full", set, &settings_of("relu_sum"));
        let dim = problem.dim();
        for (found, run) in starts(&problem, cell, 1 << 40, dim, RUNS).chunks_exact(dim).zip(1 << 40..) {
            let mut draws = cell.run(run);
            let expected: Vec<f64> = (0..dim).map(|i| number(run, i, &mut draws)).collect();
            assert_eq!(hex(found), hex(&expected), "{set:?}, run {run}, seed {}", seed());
        }
    }
}

/// Any number of runs from any first one, up to the last there is, gives each the start that it has alone.
fn blocks_do_not_matter() {
    let projected: Set = &[("start_reduced", "\"projected\"")];
    // A start that is longer than a block's room.
    let long: Set = &[("filter_size", "9"), ("patches", "2500"), ("start_reduced", "\"projected\"")];
    let gaussian: Set = &[("start_filter", "\"gaussian\""), ("filter_size", "8")];
    let cases: [(&str, &str, Set); 9] = [
        ("cnn", "full", &[]),
        ("cnn", "full", long),
        ("cnn", "reduced", &[]),
        ("cnn", "reduced", &[("patches", "1"), ("ratio", "1.0")]),
        ("cnn", "reduced", gaussian),
        ("cnn", "reduced", projected),
        ("cnn", "reduced", long),
        ("relu_sum", "full", &[]),
        ("relu_sum", "full", &[("teachers", "20")]),
    ];
    for (name, form, set) in cases {
        let cell = CellSeed::new(seed(), &models::find(name).unwrap().identity(&values(name, set)));
        let problem: Problem = problem(name, form, set, &settings_of(name));
        let (dim, start_dim) = (problem.dim(), problem.start_dim());
        let last = u64::MAX - 149;
        for first in [0, 1, last] {
            let alone: Vec<Vec<f64>> = (0..150).map(|i| problem.start(cell, first + i)).collect();
            for runs in [1, 2, 3, 5, 8, 20, 127, 128, 129, 150] {
                for width in [dim, start_dim] {
                    let found = starts(&problem, cell, first, width, runs);
                    for (i, (found, alone)) in found.chunks_exact(width).zip(&alone).enumerate() {
                        assert_eq!(hex(found), hex(&alone[..width]), "{name} {form} {set:?}, {i} of {runs}");
                    }
                }
            }
        }
    }
}
