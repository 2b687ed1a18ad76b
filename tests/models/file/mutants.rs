//! Mutated files: whatever a file says, it is a landscape or refused with a remedy, soon.

use super::{cell_of, shipped_path};
use arbtest::arbtest;
use std::time::{Duration, Instant};

trials![mutated_files_are_read_or_refused];

/// Pieces that mutations put in.
const PIECES: [&str; 24] = [
    "(",
    ")",
    "[",
    "]",
    "\"",
    "\n",
    "    ",
    "return ",
    "def f(x):\n",
    "for i in range(9):\n",
    "if ",
    " else ",
    "w.",
    "p.",
    "0",
    "1e400",
    "-",
    "*",
    "lambda x: ",
    "sum(",
    "zeros(9999)",
    "{",
    ":",
    "range(999999)",
];

/// `MUTANTS` is how many are tried where it is set.
fn mutated_files_are_read_or_refused() {
    let files = ["phase_retrieval.star", "committee.star", "tensor.star", "phase_ring.star"];
    let texts: Vec<String> = files.iter().map(|file| std::fs::read_to_string(shipped_path(file)).unwrap()).collect();
    let wanted: usize = std::env::var("MUTANTS").ok().and_then(|text| text.parse().ok()).unwrap_or(400);
    let (mut tried, mut accepted) = (0, 0);
    let mut seed = 0x5eed_0000_0000_0000_u64;
    while tried < wanted {
        seed += 1;
        arbtest(|u| {
            let mut text: Vec<char> = u.choose(&texts)?.chars().collect();
            for _ in 0..u.int_in_range(1..=4)? {
                let at = u.int_in_range(0..=text.len() - 1)?;
                let end = (at + u.int_in_range(0..=12)?).min(text.len());
                match u.int_in_range(0..=3)? {
                    0 => drop(text.drain(at..end)),
                    1 => text.splice(at..at, u.choose(&PIECES)?.chars()).for_each(drop),
                    2 => {
                        let copied = text[at..end].to_vec();
                        let to = u.int_in_range(0..=text.len())?;
                        text.splice(to..to, copied).for_each(drop);
                    }
                    _ => text[at] = char::from(u.int_in_range(32..=126)?),
                }
                if text.is_empty() {
                    text.push('x');
                }
            }
            let text: String = text.into_iter().collect();
            let begun = Instant::now();
            match cell_of(&text) {
                Ok(_) => accepted += 1,
                Err(error) => {
                    let has_remedy = error.contains("; ") && !error.contains('\n');
                    assert!(has_remedy, "{error:?} of\n{text}");
                    assert!(!error.contains("broke off"), "a panic: {error} of\n{text}");
                }
            }
            assert!(begun.elapsed() < Duration::from_secs(5), "{:?} for\n{text}", begun.elapsed());
            tried += 1;
            Ok(())
        })
        .size_min(4096)
        .seed(seed);
    }
    assert!(accepted > 0 && accepted < tried, "{accepted} of {tried} are landscapes");
}
