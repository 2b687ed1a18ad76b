//! Tests of `src/descent`, a file beside each that it tests.

pub(crate) mod gpu;
pub(crate) mod second_compiler;
pub(crate) mod shaders;

trials![modules(gpu, second_compiler, shaders)];
