//! Floating-point numbers as text without rounding: `-0x1.999999999999ap-4`, the form of C's `%a` with all 13 digits,
//! which Python writes and reads as `float.hex` and `float.fromhex`.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A finite number that certificates hold as hexadecimal text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Hexadecimal(pub(crate) f64);

/// Digits behind the point.
const DIGITS: usize = 13;
/// Bits that they hold.
const BITS: u32 = 52;
/// The exponent of subnormal numbers.
const LEAST: i64 = -1022;

/// The text of a finite number.
pub(crate) fn write(x: f64) -> String {
    let sign = if x.is_sign_negative() { "-" } else { "" };
    if x == 0.0 {
        return format!("{sign}0x0.0p+0");
    }
    let bits = x.to_bits();
    let fraction = bits & ((1 << BITS) - 1);
    let biased = (bits >> BITS & 0x7ff) as i64;
    let (lead, exponent) = if biased == 0 { (0, LEAST) } else { (1, biased - 1023) };
    format!("{sign}0x{lead}.{fraction:013x}p{exponent:+}")
}

/// The number of a text in exactly the form of [`write()`]; `None` for any other.
pub(crate) fn read(text: &str) -> Option<f64> {
    let (sign, rest) = text.strip_prefix('-').map_or((1.0, text), |rest| (-1.0, rest));
    let (digits, exponent) = rest.strip_prefix("0x")?.split_once('p')?;
    let (lead, fraction) = digits.split_once('.')?;
    let x = if (lead, fraction, exponent) == ("0", "0", "+0") {
        0.0
    } else {
        let exponent: i64 = exponent.parse().ok()?;
        let biased = match lead {
            "0" if exponent == LEAST => 0,
            "1" if (LEAST..=1023).contains(&exponent) => exponent + 1023,
            _ => return None,
        };
        (fraction.len() == DIGITS).then_some(())?;
        f64::from_bits((biased as u64) << BITS | u64::from_str_radix(fraction, 16).ok()?)
    };
    let x = sign * x;
    // There is one text for a number.
    (write(x) == text).then_some(x)
}

impl Serialize for Hexadecimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&write(self.0))
    }
}

impl<'de> Deserialize<'de> for Hexadecimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let number = read(&text).map(Hexadecimal);
        number.ok_or_else(|| D::Error::custom(format!("{text} is no number in hexadecimal, as 0x1.8000000000000p+1")))
    }
}
