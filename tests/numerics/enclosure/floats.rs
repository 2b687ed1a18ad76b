//! Random floats and enclosures from everywhere on the line, most of all from where rounding is delicate.

use spurious::numerics::{Draws, Enclosure};

/// A random integer below `n`, which is at most 2^32.
pub(crate) fn below(draws: &mut Draws, n: u64) -> u64 {
    (draws.uniform() * n as f64) as u64
}

/// Sixty-four random bits.
pub(crate) fn word(draws: &mut Draws) -> u64 {
    below(draws, 1 << 32) << 32 | below(draws, 1 << 32)
}

/// A float with a random fraction and sign and the exponent `e`, subnormal or zero below −1022, at most near the
/// largest.
pub(crate) fn of_exponent(draws: &mut Draws, e: i32) -> f64 {
    let word = word(draws);
    let fraction = match word >> 60 & 3 {
        // A few bits: products and quotients are often exact.
        0 => word << 12 >> 12 & !((1 << 48) - 1),
        _ => word << 12 >> 12,
    };
    let (sign, field) = (word & 1 << 63, e.min(1023) + 1023);
    if field > 0 {
        return f64::from_bits(sign | (field as u64) << 52 | fraction);
    }
    f64::from_bits(sign | (fraction | 1 << 52).checked_shr((1 - field) as u32).unwrap_or(0))
}

/// A finite float.
pub(crate) fn float(draws: &mut Draws) -> f64 {
    match below(draws, 10) {
        0 => 2.0 * draws.uniform() - 1.0,
        1 | 2 => {
            let e = below(draws, 2046) as i32 - 1022;
            of_exponent(draws, e)
        }
        3 => f64::from_bits(word(draws) & !(0x7ff << 52)),
        4 => near(draws, 1.0),
        5 => {
            let e = below(draws, 41) as i32 - 20;
            of_exponent(draws, e)
        }
        6 => below(draws, 201) as f64 - 100.0,
        7 => near(draws, f64::MIN_POSITIVE),
        8 => {
            let e = 1018 + below(draws, 6) as i32;
            of_exponent(draws, e)
        }
        _ => {
            let special = [0.0, -0.0, 1.0, -1.0, f64::MAX, f64::MIN, f64::from_bits(1), -f64::from_bits(1), 0.1, 3.0];
            special[below(draws, 10) as usize]
        }
    }
}

/// A float at most 64 neighbours from `x`, which has so many, of either sign.
fn near(draws: &mut Draws, x: f64) -> f64 {
    let near = f64::from_bits(x.to_bits() + below(draws, 129) - 64);
    if below(draws, 2) == 0 { near } else { -near }
}

/// Two floats, often with a sum that cancels, or a product or quotient near the smallest or the largest float.
pub(crate) fn pair(draws: &mut Draws) -> (f64, f64) {
    let a = float(draws);
    let exponent = (a.to_bits() >> 52 & 0x7ff) as i32 - 1023;
    let edge = [-1076, -1074, -1050, -1024, -1022, -1000, -970, 0, 1022, 1024][below(draws, 10) as usize];
    let (offset, wide) = (below(draws, 5) as i32 - 2, below(draws, 60) as i32);
    let b = match below(draws, 8) {
        0 | 1 => of_exponent(draws, (edge - exponent + offset).max(-1100)),
        2 | 3 => of_exponent(draws, (exponent - edge + offset).max(-1100)),
        4 => of_exponent(draws, exponent - wide),
        5 if a.abs() > 1e-300 && a.abs() < 1e300 => -near(draws, a.abs()),
        _ => float(draws),
    };
    (a, b)
}

/// An enclosure: a point, a narrow or wide interval with bounds of any kind, sometimes unbounded.
pub(crate) fn enclosure(draws: &mut Draws) -> Enclosure {
    let (a, b) = (float(draws), float(draws));
    let (low, high) = if a < b { (a, b) } else { (b, a) };
    match below(draws, 12) {
        0 | 1 => Enclosure::point(a),
        2 | 3 => Enclosure::between(a, a.next_up()),
        4 | 5 => Enclosure::around(a, 1e-10 * a.abs()),
        6 => Enclosure::around(a, 1.5 * a.abs()),
        7 => Enclosure::between(a.min(0.0), a.max(0.0)),
        8 if below(draws, 2) == 0 => Enclosure::between(a, f64::INFINITY),
        8 => Enclosure::between(f64::NEG_INFINITY, a),
        _ => Enclosure::between(low, high),
    }
}

/// A finite member: a bound, the middle, or one between.
pub(crate) fn member(draws: &mut Draws, x: Enclosure) -> f64 {
    let (low, high) = (x.low().max(f64::MIN), x.high().min(f64::MAX));
    let u = draws.uniform();
    match below(draws, 4) {
        0 => low,
        1 => high,
        2 => x.mid(),
        _ => (low * (1.0 - u) + high * u).clamp(low, high),
    }
}
