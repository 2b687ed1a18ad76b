//! SHA-256 of files and bytes (FIPS 180-4), in hexadecimal as `sha256sum` prints it.

use super::fnv::Fnv1a;
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::io::Read;

/// The checksum of some bytes.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    hexadecimal(Sha256::new_with_prefix(bytes))
}

/// The checksum of all that is left to read.
pub(crate) fn sha256_of(mut input: impl Read) -> std::io::Result<String> {
    let mut sum = Sum::default();
    std::io::copy(&mut input, &mut sum)?;
    Ok(sum.sha256())
}

fn hexadecimal(hash: Sha256) -> String {
    hash.finalize().iter().fold(String::new(), |mut text, byte| {
        // Writing to a text does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The checksum of bytes that come piece by piece.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sum(Sha256);

impl Sum {
    /// Adds bytes.
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The checksum of all of them.
    pub(crate) fn sha256(self) -> String {
        hexadecimal(self.0)
    }
}

impl std::io::Write for Sum {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Hashes what is read through it.
#[derive(Debug)]
pub(crate) struct Hashing<R> {
    inner: R,
    fnv: Fnv1a,
    sha256: Sha256,
}

impl<R: Read> Hashing<R> {
    pub(crate) fn new(inner: R) -> Self {
        Hashing { inner, fnv: Fnv1a::new(), sha256: Sha256::new() }
    }

    /// FNV-1a of everything read so far, which stands for the contents in the seed of a cell.
    pub(crate) fn fnv(&self) -> u64 {
        self.fnv.value()
    }

    /// SHA-256 of everything read so far.
    pub(crate) fn sha256(&self) -> String {
        hexadecimal(self.sha256.clone())
    }
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.fnv.update(&buffer[..count]);
        self.sha256.update(&buffer[..count]);
        Ok(count)
    }
}
