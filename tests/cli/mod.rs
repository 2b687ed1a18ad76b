//! Tests of `src/cli`, a file beside each that it tests.

pub(crate) mod certify;
pub(crate) mod check;
pub(crate) mod curvature;
pub(crate) mod eval;
mod fleet;
pub(crate) mod given;
pub(crate) mod hostile;
mod landscape_file;
pub(crate) mod messages;
pub(crate) mod outputs;
pub(crate) mod program;
pub(crate) mod refusals;
pub(crate) mod replay;
mod shards;
pub(crate) mod stop;
mod submit;
mod submit_kubernetes;
pub(crate) mod trace;

trials![modules(
    certify,
    check,
    curvature,
    eval,
    fleet,
    given,
    hostile,
    landscape_file,
    messages,
    outputs,
    program,
    refusals,
    replay,
    shards,
    stop,
    submit,
    submit_kubernetes,
    trace
)];
