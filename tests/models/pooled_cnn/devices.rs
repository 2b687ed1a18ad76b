//! Kernels of this model on a device: outcomes run by run.

use super::Net;
use super::descents::classified;
use crate::support::{gpu, round_to_f32, run, seed, settings_of, starts};
use spurious::descent::backend::cpu::Cpu;
use spurious::landscape::Outcome;
use spurious::numerics::real::Precision::{F32, F64};

trials![gpu(gpu_finds_the_same_outcomes)];

/// Endpoints in f32 on the device, and in f64 on the CPU, run by run after classification; a run may differ that passes
/// within rounding of the boundary between two basins.
fn gpu_finds_the_same_outcomes() {
    for (net, form, more) in [
        (Net(4, 20, 1), "full", ("teacher_norm", "1.0")),
        (Net(6, 10, 2), "full", ("teacher", "\"each_run\"")),
        (Net(5, 10, 5), "reduced", ("teacher_norm", "1.0")),
    ] {
        let texts = [net.0, net.1, net.2].map(|n| n.to_string());
        let set = [("filter_length", &*texts[0]), ("patches", &*texts[1]), ("stride", &*texts[2]), more];
        let problem = net.form(form, &[more], &settings_of("pooled_cnn"));
        let mut from = starts("pooled_cnn", &set, &problem, seed(), 150);
        round_to_f32(&mut from);
        let expected = classified(&problem, &run(&Cpu::new(F64), &problem, &from));
        let lanes: &[u32] = if problem.program(F32).shareable { &[1, 8] } else { &[1] };
        for &lanes in lanes {
            let found = classified(&problem, &run(&gpu(F32, lanes), &problem, &from));
            let differing = expected.iter().zip(&found).filter(|(a, b)| a.outcome != b.outcome).count();
            assert!(differing <= 1, "{net:?} {form} lanes={lanes}, seed {}: {differing} runs differ", seed());
            assert!(found.iter().any(|found| found.outcome == Outcome::Global));
        }
        let spurious = expected.iter().filter(|found| found.outcome == Outcome::Spurious).count();
        assert!(form == "reduced" || spurious > 3, "{net:?}: {spurious} spurious");
    }
}
