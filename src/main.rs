//! The command line of `spurious`: parse, call, turn an error into an exit code.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    // Mesa's device-select layer looks for a display to choose a GPU by, and complains on stderr where there is none.
    // We choose adapters ourselves. SAFETY: no other thread has been started that could read the environment.
    #[allow(unsafe_code)]
    unsafe {
        std::env::set_var("NODEVICE_SELECT", "1");
    }
    env_logger::Builder::from_env(env_logger::Env::default().default_filter_or("spurious=warn")).init();
    cli::main()
}
