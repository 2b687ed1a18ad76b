//! Reading no more than is sensible: a device may have no end, and a file may be the wrong one.

use std::fs::File;
use std::io::{Error, ErrorKind, Read, Result};

/// Most bytes of an experiment file.
pub const EXPERIMENT: u64 = 64 << 20;
/// Most bytes of a file of points, or of a certificate.
pub const POINTS: u64 = 256 << 20;

/// A source that fails once it has given more than so many bytes.
#[derive(Debug)]
pub struct Limited<R> {
    inner: R,
    most: u64,
    left: u64,
}

impl<R: Read> Limited<R> {
    /// At most `most` bytes.
    pub fn new(inner: R, most: u64) -> Self {
        Limited { inner, most, left: most }
    }

    /// All of it.
    ///
    /// # Errors
    /// It cannot be read, or is longer.
    pub fn whole(mut self) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

impl Limited<File> {
    /// A file of at most `most` bytes; a longer one is refused before it is read.
    ///
    /// # Errors
    /// It is longer.
    pub fn of_file(file: File, most: u64) -> Result<Self> {
        match file.metadata() {
            Ok(found) if found.is_file() && found.len() > most => Err(too_long(most)),
            _ => Ok(Limited::new(file, most)),
        }
    }
}

fn too_long(most: u64) -> Error {
    Error::new(ErrorKind::FileTooLarge, format!("it has more than {} MiB, the most that is read", most >> 20))
}

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let count = self.inner.read(buffer)?;
        self.left = self.left.checked_sub(count as u64).ok_or_else(|| too_long(self.most))?;
        Ok(count)
    }
}
