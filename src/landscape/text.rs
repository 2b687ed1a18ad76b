//! What people write: the encoding of a text file, and the name that was meant where one is misspelt.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

/// Texts that were read while the program runs and are kept to its end.
static KEPT: Mutex<Option<HashSet<&'static str>>> = Mutex::new(None);

/// A name that was read from a file, for what else has names that are part of the program. It is kept to the program's
/// end, each name once.
pub fn kept(name: &str) -> &'static str {
    let mut names = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    let names = names.get_or_insert_default();
    match names.get(name) {
        Some(kept) => kept,
        None => {
            let new: &'static str = Box::leak(name.into());
            names.insert(new);
            new
        }
    }
}

/// Why the bytes of a file are not the text that is expected, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encoding {
    /// What is wrong, with the place if there is one.
    pub problem: String,
    /// What to do.
    pub remedy: &'static str,
}

impl Encoding {
    /// What is wrong with a field of a table, whose place in the file is told apart.
    pub(crate) fn of_field(&self, field: &[u8]) -> String {
        let shown = String::from_utf8_lossy(field);
        match field.contains(&0) {
            true => "is in UTF-16, not in UTF-8".into(),
            false => format!("{shown:?} is not UTF-8; it may be Latin-1"),
        }
    }
}

/// The text of a file in UTF-8, without the byte order mark that some editors put first.
///
/// # Errors
/// It is in another encoding, which is named where it can be told.
pub fn decode(bytes: &[u8]) -> Result<&str, Encoding> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let remedy = "save it as UTF-8";
    // Every second byte of ASCII text is 0 in UTF-16, with or without a mark.
    let halves = |odd: usize| bytes.iter().skip(odd).step_by(2).take(64).filter(|byte| **byte == 0).count();
    let half = (bytes.len() / 2).clamp(1, 64);
    let marked = bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff");
    if marked || bytes.len() > 1 && (2 * halves(0) > half || 2 * halves(1) > half) {
        return Err(Encoding { problem: "is in UTF-16, not in UTF-8".into(), remedy });
    }
    std::str::from_utf8(bytes).map_err(|error| {
        let before = &bytes[..error.valid_up_to()];
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |i| i + 1);
        let column = String::from_utf8_lossy(&before[start..]).chars().count() + 1;
        let byte = bytes[error.valid_up_to()];
        Encoding {
            problem: format!("line {line}, column {column}: byte {byte:#04x} is not UTF-8; it may be Latin-1"),
            remedy,
        }
    })
}

/// The name that was most likely meant: one that differs only in case, one that begins so, or the nearest by
/// transpositions, insertions, deletions and substitutions of characters, of which there may be one and another for
/// every three.
pub fn nearest<'a>(text: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let text = text.to_lowercase();
    let far = 1 + text.chars().count() / 3;
    let distance = |name: &&str| {
        let name = name.to_lowercase();
        let begins = text.len() >= 3 && (name.starts_with(&text) || text.starts_with(&name) && name.len() >= 3);
        strsim::osa_distance(&text, &name).min(if begins { far } else { usize::MAX })
    };
    names
        .into_iter()
        .map(|name| (distance(&name), name))
        .filter(|(d, _)| *d <= far)
        .min_by_key(|(d, _)| *d)
        .map(|(_, n)| n)
}
