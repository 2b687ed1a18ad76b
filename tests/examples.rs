//! The programs of `examples/` do what they say.

#[path = "../examples/landscape_as_function.rs"]
mod landscape_as_function;
#[path = "../examples/own_landscape.rs"]
mod own_landscape;
#[path = "../examples/run_experiment.rs"]
mod run_experiment;

trials![
    a_landscape_is_used_as_a_function = || landscape_as_function::main().unwrap(),
    a_landscape_is_added_outside_the_crate = || own_landscape::main().unwrap(),
    an_experiment_is_run = || run_experiment::main().unwrap(),
];
