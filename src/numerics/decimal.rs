//! Numbers as people write them: decimal text to f64, with what is wrong where it is not one.

use std::fmt;

/// Why a text is no number that f64 holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is no number at all, or not a finite one.
    NotFinite,
    /// It is a number other than 0 that is nearer to 0 than any of f64.
    Underflow,
    /// It is a number beyond the largest of f64.
    Overflow,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Fault::NotFinite => "is not a finite number",
            Fault::Underflow => "is too near to 0: f64 ends at 4.9e-324",
            Fault::Overflow => "is too large: f64 ends at 1.8e308",
        })
    }
}

impl Fault {
    /// What to write instead.
    pub fn remedy(self) -> &'static str {
        match self {
            Fault::NotFinite => "write a number",
            Fault::Underflow => "write 0, or a number of at least 2.2e-308",
            Fault::Overflow => "write a smaller number",
        }
    }
}

/// Reads a finite number. A text that stands for another number than 0 never becomes 0, and never infinity.
///
/// # Errors
/// What is wrong with the text.
pub fn read(text: &str) -> Result<f64, Fault> {
    let number: f64 = text.parse().map_err(|_| Fault::NotFinite)?;
    let mantissa = text.split(['e', 'E']).next().unwrap_or_default();
    if number == 0.0 && mantissa.contains(|c: char| ('1'..='9').contains(&c)) {
        return Err(Fault::Underflow);
    }
    match number {
        x if x.is_finite() => Ok(x),
        x if x.is_infinite() && mantissa.contains(|c: char| c.is_ascii_digit()) => Err(Fault::Overflow),
        _ => Err(Fault::NotFinite),
    }
}

/// Reads a whole number from 0 on, as people write one: `25`, `1_000`, `0x10`, `0b101`, `0o17`, `1e4`. `None` where it
/// is none, or beyond u64; with a decimal exponent beyond 2^53.
pub fn read_whole(text: &str) -> Option<u64> {
    let digits = text.trim().replace('_', "");
    let digits = digits.strip_prefix('+').unwrap_or(&digits);
    let radices = [("0x", 16), ("0o", 8), ("0b", 2)];
    if let Some((rest, radix)) = radices.iter().find_map(|(start, radix)| Some((digits.strip_prefix(start)?, *radix))) {
        return rest.starts_with(|c: char| c.is_digit(radix)).then(|| u64::from_str_radix(rest, radix).ok())?;
    }
    digits.parse().ok().or_else(|| read(digits).ok().and_then(whole))
}

/// A number as a whole one from 0 to 2^53, up to where f64 has every whole number.
pub fn whole(number: f64) -> Option<u64> {
    ((0.0..=9_007_199_254_740_992.0).contains(&number) && number.fract() == 0.0).then_some(number as u64)
}
