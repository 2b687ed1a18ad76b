//! FNV-1a, 64 bits (Fowler, Noll and Vo): names the contents of a file by a number. It finds accidents, not forgeries.

use std::io::Read;

/// The hash of the bytes so far.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fnv1a(u64);

impl Fnv1a {
    /// The hash of no bytes: FNV's offset basis.
    pub(crate) const fn new() -> Self {
        Fnv1a(0xcbf2_9ce4_8422_2325)
    }

    /// Takes in more bytes, each times FNV's 64-bit prime.
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().fold(self.0, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3));
    }

    /// The hash of all bytes so far.
    pub(crate) fn value(self) -> u64 {
        self.0
    }

    /// The hash of some bytes.
    pub(crate) fn of(bytes: &[u8]) -> u64 {
        let mut hash = Self::new();
        hash.update(bytes);
        hash.value()
    }
}

/// Hashes what is read through it.
#[derive(Debug)]
pub(crate) struct Hashing<R> {
    inner: R,
    hash: Fnv1a,
}

impl<R: Read> Hashing<R> {
    pub(crate) fn new(inner: R) -> Self {
        Hashing { inner, hash: Fnv1a::new() }
    }

    /// The hash of everything read so far.
    pub(crate) fn value(&self) -> u64 {
        self.hash.value()
    }
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.hash.update(&buffer[..count]);
        Ok(count)
    }
}
