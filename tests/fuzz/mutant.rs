//! A file with some changes: bytes, pieces of other files, words that readers care about.

use arbtest::arbitrary::{Result, Unstructured};

/// What readers care about.
const WORDS: [&str; 44] = [
    "0",
    "-0.0",
    "1",
    "-1",
    "1e308",
    "1e400",
    "5e-324",
    "nan",
    "-inf",
    "9223372036854775808",
    "18446744073709551615",
    "\"\"",
    "\"auto\"",
    "\"teachers+1\"",
    "true",
    "[]",
    "[[1]]",
    "{}",
    "{a=1}",
    "[",
    "]",
    "\"",
    "\\u0000",
    "\u{1b}[31m",
    "\r",
    "\n",
    "\r\n",
    ",",
    ";",
    "=",
    ".",
    "#",
    "null",
    "0x1p+0",
    "-0x1.8p-1074",
    "range(1,3,1)",
    "geomspace(1,9,3)",
    "linspace(0,1,2)",
    "\n[params]\n",
    "\n[grid]\nzip = [[\"seed\",\"step\"]]\n",
    "é",
    "\u{feff}",
    "\u{202e}",
    "=1+1",
];

/// One of some files with up to eight changes.
pub(super) fn of(files: &[Vec<u8>], u: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    let mut bytes = u.choose(files)?.clone();
    for _ in 0..u.int_in_range(1..=8)? {
        let at = u.int_in_range(0..=bytes.len())?;
        let most = if u.ratio(1, 4)? { 4096 } else { 8 };
        let length = u.int_in_range(0..=most.min(bytes.len() - at))?;
        match u.int_in_range(0..=6)? {
            0 if at < bytes.len() => bytes[at] ^= 1 << u.int_in_range(0..=7)?,
            1 if at < bytes.len() => bytes[at] = u.arbitrary()?,
            2 => drop(bytes.drain(at..at + length)),
            3 => {
                let piece = bytes[at..at + length].to_vec();
                let to = u.int_in_range(0..=bytes.len())?;
                bytes.splice(to..to, piece);
            }
            4 => {
                let other = u.choose(files)?;
                let from = u.int_in_range(0..=other.len())?;
                let end = other.len().min(from + length);
                bytes.splice(at..at + length, other[from..end].iter().copied());
            }
            5 => bytes.truncate(at),
            // A word in the place of what stands between two spaces, where a value often is.
            _ => {
                let start = bytes[..at].iter().rposition(|byte| b" =,[\n\":".contains(byte)).map_or(0, |i| i + 1);
                let end =
                    bytes[at..].iter().position(|byte| b" ,]\n\"}".contains(byte)).map_or(bytes.len(), |i| at + i);
                bytes.splice(start..end, u.choose(&WORDS)?.bytes());
            }
        }
    }
    Ok(bytes)
}
