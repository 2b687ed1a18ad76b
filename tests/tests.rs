//! All tests that look at the library from outside, in one binary. GPU tests are listed as ignored, by name, where no
//! adapter is found, and fail there if `REQUIRE_GPU=1`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, clippy::print_stderr, missing_docs)]

mod arc_cosine;
mod bench;
mod certify;
mod cli;
mod counts;
mod enclosure;
mod endpoints;
mod figure;
mod gpu;
mod gradients;
mod landscape;
mod linear_residual;
mod map;
mod noise;
mod page;
mod parity;
mod points;
mod pooled_cnn;
mod quadratic;
mod relu_sum;
mod report;
mod rooms;
mod sampling;
mod seeding;
mod shaders;
mod signs;
mod spec;
mod statistics;
mod store;
mod support;
mod symmetry;
mod trace;
mod wide_cnn;

fn main() {
    let arguments = libtest_mimic::Arguments::from_args();
    let mut trials = Vec::new();
    trials.extend(arc_cosine::trials());
    trials.extend(bench::trials());
    trials.extend(certify::trials());
    trials.extend(cli::trials());
    trials.extend(counts::trials());
    trials.extend(enclosure::trials());
    trials.extend(endpoints::trials());
    trials.extend(figure::trials());
    trials.extend(gpu::trials());
    trials.extend(gradients::trials());
    trials.extend(landscape::trials());
    trials.extend(linear_residual::trials());
    trials.extend(map::trials());
    trials.extend(page::trials());
    trials.extend(noise::trials());
    trials.extend(parity::trials());
    trials.extend(points::trials());
    trials.extend(pooled_cnn::trials());
    trials.extend(quadratic::trials());
    trials.extend(relu_sum::trials());
    trials.extend(report::trials());
    trials.extend(rooms::trials());
    trials.extend(sampling::trials());
    trials.extend(seeding::trials());
    trials.extend(shaders::trials());
    trials.extend(signs::trials());
    trials.extend(spec::trials());
    trials.extend(statistics::trials());
    trials.extend(store::trials());
    trials.extend(symmetry::trials());
    trials.extend(trace::trials());
    trials.extend(wide_cnn::trials());
    libtest_mimic::run(&arguments, trials).exit();
}
