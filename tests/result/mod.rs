//! Tests of `src/result`, a file beside each that it tests.

pub(crate) mod certificate;
pub(crate) mod folder;
pub(crate) mod tables;

trials![modules(certificate, folder, tables)];
