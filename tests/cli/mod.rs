//! Tests of `src/cli`, a file beside each that it tests.

pub(crate) mod certify;
pub(crate) mod curvature;
pub(crate) mod eval;
pub(crate) mod given;
pub(crate) mod messages;
pub(crate) mod outputs;
pub(crate) mod program;
pub(crate) mod refusals;
pub(crate) mod replay;
pub(crate) mod trace;

trials![modules(certify, curvature, eval, given, messages, outputs, program, refusals, replay, trace)];
