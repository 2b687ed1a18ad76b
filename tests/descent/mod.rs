//! Tests of `src/descent`, a file beside each that it tests.

pub(crate) mod endpoints;
pub(crate) mod gpu;
pub(crate) mod parity;
pub(crate) mod shaders;

trials![modules(endpoints, gpu, parity, shaders)];
