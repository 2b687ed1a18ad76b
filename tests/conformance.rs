//! The ladder that every form of every model climbs, on its default cell and on those that the model declares with
//! `conformance!`: a model needs no test of its own for it, and no line here. `cargo test -- conformance::cnn` climbs
//! one model's.

pub(crate) mod endpoints;
pub(crate) mod maths;
pub(crate) mod parity;
pub(crate) mod second_compiler;
pub(crate) mod starts;
pub(crate) mod text;
pub(crate) mod wrong;

use crate::support::dawn::{dawn, tint};
use crate::support::subject::{Subject, subjects};
use crate::support::trials::{gpu, gpu_f64, name, plain};
use libtest_mimic::Trial;

/// A test of one form.
type Rung = fn(&Subject);

/// Tests of one form with their names.
macro_rules! rungs {
    ($($module:ident::$test:ident),* $(,)?) => {
        [$((stringify!($test), $module::$test as Rung)),*]
    };
}

/// Rungs that need no adapter.
const ON_THE_CPU: &[(&str, Rung)] = &rungs![
    text::texts_are_those_of_the_host,
    text::an_undefined_name_is_refused,
    maths::gradients_are_those_of_the_loss,
    maths::f32_matches_f64,
    maths::a_step_is_a_step_size_times_the_gradient,
    maths::critical_points_are_critical,
    maths::hessians_are_those_of_the_gradient,
    maths::symmetries_keep_the_loss,
    maths::forms_agree,
    endpoints::tiles_threads_and_batches_change_nothing,
    endpoints::held_runs_go_on,
    endpoints::a_cancelled_batch_says_so,
    starts::blocks_do_not_matter,
    starts::starts_follow_seed_and_run,
];

/// Rungs that need one.
const ON_A_DEVICE: &[(&str, Rung)] = &rungs![
    parity::values_in_f32,
    parity::steps_in_f32,
    endpoints::segments_change_nothing,
    endpoints::held_runs_go_on_on_a_device,
    endpoints::two_dimensions_are_filled,
    endpoints::devices_find_the_same,
    wrong::wrong_kernels_fail,
];

/// Rungs that need one whose kernels compute in f64.
const IN_F64: &[(&str, Rung)] = &rungs![parity::values_in_f64, parity::steps_in_f64];

/// Rungs that need a second compiler, and those that need a device for it.
const BY_TINT: &[(&str, Rung)] = &rungs![second_compiler::tint_takes_every_text];
const IN_DAWN: &[(&str, Rung)] = &rungs![second_compiler::steps_in_dawn, second_compiler::dawn_finds_the_same];

/// Every rung of every form, named by model, form and rung.
pub(crate) fn trials() -> Vec<Trial> {
    let mut all = Vec::new();
    for subject in subjects() {
        let named = |rung: &str| name(module_path!(), &format!("{}::{}::{rung}", subject.model.name(), subject.form));
        all.extend(ON_THE_CPU.iter().map(|(rung, test)| plain(named(rung), move || test(&subject))));
        all.extend(ON_A_DEVICE.iter().map(|(rung, test)| gpu(named(rung), move || test(&subject))));
        all.extend(IN_F64.iter().map(|(rung, test)| gpu_f64(named(rung), move || test(&subject))));
        all.extend(BY_TINT.iter().map(|(rung, test)| tint(named(rung), move || test(&subject))));
        all.extend(IN_DAWN.iter().map(|(rung, test)| dawn(named(rung), move || test(&subject))));
    }
    all
}
