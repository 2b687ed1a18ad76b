//! Tests of `src/show`, a file beside each that it tests, and what a browser makes of it.

mod browser;
pub(crate) mod figure;
pub(crate) mod figures;
pub(crate) mod page;

trials![modules(figure, figures, page, browser)];
