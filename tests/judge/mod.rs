//! Tests of `src/judge`, a file beside each that it tests.

mod classify;
pub(crate) mod family;
mod lead;

trials![modules(classify, family, lead)];
