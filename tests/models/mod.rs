//! Tests of `src/models`, a file beside each that it tests.

pub(crate) mod cnn;
pub(crate) mod file;
pub(crate) mod linear_residual;
pub(crate) mod pooled_cnn;
pub(crate) mod quadratic;
pub(crate) mod relu_sum;
pub(crate) mod wide_cnn;

trials![modules(cnn, file, linear_residual, pooled_cnn, quadratic, relu_sum, wide_cnn)];
