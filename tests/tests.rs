//! All tests that look at the library from outside, in one binary. GPU tests are listed as ignored, by name, where no
//! adapter is found, and fail there if `REQUIRE_GPU=1`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, clippy::print_stderr, missing_docs)]
#![allow(dead_code)]

mod statistics;
mod support;

fn main() {
    let arguments = libtest_mimic::Arguments::from_args();
    let mut trials = Vec::new();
    trials.extend(statistics::trials());
    libtest_mimic::run(&arguments, trials).exit();
}
