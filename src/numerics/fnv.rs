//! FNV-1a, 64 bits (Fowler, Noll and Vo): names the contents of a file by a number. It finds accidents, not forgeries.

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
}
