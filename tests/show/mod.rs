//! Tests of `src/show`, a file beside each that it tests.

pub(crate) mod figure;
pub(crate) mod figures;
pub(crate) mod page;

trials![modules(figure, figures, page)];
