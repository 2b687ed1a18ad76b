//! All tests that look at the library from outside, in one binary. GPU tests are listed as ignored, by name, where no
//! adapter is found, and fail there if `REQUIRE_GPU=1`; those in f64 where no adapter computes in f64, and fail there
//! if `REQUIRE_F64=1`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, clippy::print_stderr, missing_docs)]

#[macro_use]
mod support;

mod cli;
mod conformance;
mod descent;
mod examples;
mod experiment;
mod explore;
mod expression;
mod fuzz;
mod judge;
mod landscape;
mod models;
mod numerics;
mod protocol;
mod result;
mod rooms;
mod show;

trials![modules(
    rooms,
    protocol,
    conformance,
    examples,
    fuzz,
    numerics,
    expression,
    landscape,
    models,
    descent,
    judge,
    experiment,
    result,
    show,
    explore,
    cli
)];

fn main() {
    libtest_mimic::run(&libtest_mimic::Arguments::from_args(), trials()).exit();
}
