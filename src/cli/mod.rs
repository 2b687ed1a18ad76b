//! Commands, flags and exit codes.

mod below;
mod bench;
mod certify;
mod check;
mod destination;
mod devices;
mod eval;
mod figures;
mod generate;
mod map;
mod models;
mod plan;
mod replay;
mod report;
mod run;
mod shards;
mod source;
mod status;
mod stop;
mod submit;
mod trace;
mod usage;

use clap::{Parser, Subcommand, ValueEnum};
use spurious::descent::backend::{Backend, BackendError};
use spurious::experiment::run::ExperimentError;
use spurious::experiment::{Cell, Plan, Spec, SpecError};
use spurious::numerics::text::harmless;
use spurious::result::conduct::RunError;
use spurious::result::folder::StoreError;
use spurious::result::folder::merge::MergeError;
use spurious::result::tables::rows::Rows;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

/// How often does gradient descent, restarted from random weights, end in the global minimum, and how often in a
/// spurious one? Runs experiments on landscapes whose population loss is known in closed form, on CPU and GPU.
#[derive(Debug, Parser)]
#[command(
    name = "spurious",
    version,
    after_help = "Exit codes: 0 done, 1 failed while running, 2 wrong usage or experiment file, 3 no suitable GPU, \
                  130 interrupted (finished work is kept)."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run an experiment, or go on with it, and print its table
    Run(run::Arguments),
    /// Say what an experiment would do: cells, runs, memory, time. Writes nothing
    Plan(plan::Arguments),
    /// Join the shards of an experiment to its result
    Merge(shards::MergeArguments),
    /// Say how far the shards of an experiment have come
    Status(status::Arguments),
    /// Print what a scheduler needs to compute an experiment in shards; submits nothing
    Submit(submit::Arguments),
    /// Print the table of a result folder
    Report(report::Arguments),
    /// Verify every file of a result folder, say what mending takes, and mend with --repair
    Check(check::Arguments),
    /// Repeat one run of an experiment and print its path
    Replay(replay::Arguments),
    /// Outcomes over a plane of starts, as a picture and a table
    Map(map::Arguments),
    /// Follow runs past their verdict: observables, certified bounds and asymptotes, as a table and a figure
    Trace(trace::Arguments),
    /// List the models, or explain one: parameters, forms, formulas, outcomes, theory
    Models(models::Arguments),
    /// List the GPU adapters, which one `auto` takes, and what is missing when there is none
    Devices(devices::Arguments),
    /// Loss, gradient, curvature, spectrum and outcome of given points
    Eval(eval::Arguments),
    /// Prove that a spurious minimum is there: computer-assisted proofs of critical points, as a table and as files
    Certify(certify::Arguments),
    /// Measure rates, beside the limit of the device, on CPU and GPU
    Bench(bench::Arguments),
    /// Write shell completions or the manual page to stdout
    Generate(generate::Arguments),
}

/// Format of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For a terminal
    Text,
    /// Comma-separated values, for programs
    Csv,
    /// One document, for programs
    Json,
    /// Markdown
    Md,
}

impl Format {
    /// A table in this format.
    fn render(self, table: &Rows) -> Vec<u8> {
        match self {
            Format::Text => table.text().into_bytes(),
            Format::Csv => table.csv(),
            Format::Json => table.json().into_bytes(),
            Format::Md => table.markdown().into_bytes(),
        }
    }
}

/// Parses the command line, runs the command and returns its exit code.
pub(crate) fn main() -> ExitCode {
    // A program that cannot listen works all the same.
    let _ = stop::survive_file_limit();
    let result = usage::parse().map_err(anyhow::Error::from).and_then(|cli| match cli.command {
        Command::Run(arguments) => run::run(&arguments),
        Command::Plan(arguments) => plan::plan(&arguments),
        Command::Merge(arguments) => shards::merge(&arguments),
        Command::Status(arguments) => status::status(&arguments),
        Command::Submit(arguments) => submit::submit(&arguments),
        Command::Report(arguments) => report::report(&arguments),
        Command::Check(arguments) => check::check(&arguments),
        Command::Replay(arguments) => replay::replay(&arguments),
        Command::Map(arguments) => map::map(&arguments),
        Command::Trace(arguments) => trace::trace(&arguments),
        Command::Models(arguments) => models::models(&arguments),
        Command::Devices(arguments) => devices::devices(&arguments),
        Command::Eval(arguments) => eval::eval(&arguments),
        Command::Certify(arguments) => certify::certify(&arguments),
        Command::Bench(arguments) => bench::bench(&arguments),
        Command::Generate(arguments) => generate::generate(&arguments),
    });
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("error: {error:#}"));
            ExitCode::from(exit_code(&error))
        }
    }
}

/// A wrong argument that the parser cannot see.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Usage(String);

/// The user asked to stop; what is kept has been said.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Interrupted(String);

fn exit_code(error: &anyhow::Error) -> u8 {
    let backend = |e: &BackendError| match e {
        BackendError::NoAdapter(_) => 3,
        BackendError::Unfit(_) => 2,
        BackendError::Cancelled => 130,
        BackendError::Device { .. } | BackendError::Kernel { .. } => 1,
    };
    let store = |e: &StoreError| match e {
        StoreError::OtherExperiment { .. }
        | StoreError::SmallerExperiment { .. }
        | StoreError::OtherPrecision { .. }
        | StoreError::OtherFormat { .. }
        | StoreError::NotResults { .. }
        | StoreError::Spec(_) => 2,
        StoreError::Io { .. } | StoreError::InUse { .. } | StoreError::Damaged { .. } => 1,
    };
    let experiment = |e: &ExperimentError| match e {
        ExperimentError::Spec(_) | ExperimentError::Threads(_) => 2,
        ExperimentError::Backend(e) => backend(e),
    };
    if let Some(e) = error.downcast_ref::<MergeError>() {
        return match e {
            MergeError::Store(e) => store(e),
            MergeError::Nothing { .. } | MergeError::Other { .. } | MergeError::OtherPrecision { .. } => 2,
            MergeError::Contradiction { .. } | MergeError::Damaged { .. } => 1,
        };
    }
    if error.is::<Interrupted>() {
        130
    } else if error.is::<SpecError>() || error.is::<Usage>() {
        2
    } else if let Some(e) = error.downcast_ref::<BackendError>() {
        backend(e)
    } else if let Some(e) = error.downcast_ref::<StoreError>() {
        store(e)
    } else if let Some(e) = error.downcast_ref::<ExperimentError>() {
        experiment(e)
    } else {
        match error.downcast_ref::<RunError>() {
            Some(RunError::Experiment(e)) => experiment(e),
            Some(RunError::Store(e)) => store(e),
            Some(RunError::Interrupted { .. }) => 130,
            None => 1,
        }
    }
}

/// Writes a result to stdout, as a terminal may have it: whatever names and titles hold. A reader that has gone away
/// (`spurious … | head`) is no error.
fn print(bytes: &[u8]) -> anyhow::Result<()> {
    match std::str::from_utf8(bytes) {
        Ok(text) => print_exactly(harmless(text).as_bytes()),
        Err(_) => print_exactly(bytes),
    }
}

/// The same, byte by byte: a file that was sent to stdout.
fn print_exactly(bytes: &[u8]) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// Writes a line to stderr; nothing depends on it being read.
fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{}", harmless(line));
}

/// Says where the work is done by a program that imitates a GPU: nobody asks for that by accident and likes it.
fn warn_of_software(backend: &dyn Backend) {
    if backend.is_software() {
        let name = backend.description();
        say(&format!("warning: {name} is a software adapter, a GPU imitated on the CPU; --backend cpu is faster"));
    }
}

/// The cell that is meant: the only one, or the one that `--cell` names.
fn chosen(plan: &Plan, cell: Option<usize>) -> Result<&Cell, Usage> {
    let cells = plan.cells.len();
    match cell {
        None if cells > 1 => Err(Usage(format!("there are {cells} cells; choose one with --cell 0 to {}", cells - 1))),
        None => Ok(&plan.cells[0]),
        Some(cell) => plan
            .cells
            .get(cell)
            .ok_or_else(|| Usage(format!("--cell {cell}: there are {cells} cells; choose 0 to {}", cells - 1))),
    }
}

/// The flags of `run` and `plan` that stand for keys of the experiment file.
#[derive(Clone, Debug, clap::Args)]
struct SpecArguments {
    /// Experiment file (TOML); ready ones are in experiments/
    spec: std::path::PathBuf,
    /// Where to compute: `auto` takes a hardware GPU if there is one, else the CPU [spec: compute.backend]
    #[arg(long, value_parser = ["auto", "cpu", "gpu"])]
    backend: Option<String>,
    /// Part of the name of the GPU adapter to use, see `spurious devices`; `all` uses every one [spec: compute.adapter]
    #[arg(long, value_name = "NAME")]
    adapter: Option<String>,
    /// Format of the arithmetic; by default f64 on the CPU, f32 on a GPU [spec: compute.precision]
    #[arg(long, value_parser = ["auto", "f32", "f64"])]
    precision: Option<String>,
    /// Seed of all starts [spec: experiment.seed]
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = usage::seed)]
    seed: Option<u64>,
    /// Replace any key of the experiment file by its path, for example `params.patches=25`, or by a list:
    /// `params.patches=[25,36]`, `params.patches=range(10,100,10)`; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    set: Vec<String>,
}

impl SpecArguments {
    fn load(&self) -> Result<Spec, SpecError> {
        let mut sets = self.set.clone();
        let quoted = |key: &str, value: &String| format!("{key}=\"{}\"", value.replace(['"', '\\'], ""));
        sets.extend(self.backend.iter().map(|v| quoted("compute.backend", v)));
        sets.extend(self.adapter.iter().map(|v| quoted("compute.adapter", v)));
        sets.extend(self.precision.iter().map(|v| quoted("compute.precision", v)));
        sets.extend(self.seed.iter().map(|v| format!("experiment.seed=\"{v}\"")));
        // A flag of its own is what the user has written, not the key that it stands for.
        let flags = [
            ("compute.backend", "--backend", self.backend.is_some()),
            ("compute.adapter", "--adapter", self.adapter.is_some()),
            ("compute.precision", "--precision", self.precision.is_some()),
        ];
        Spec::load(Path::new(&self.spec), &sets).map_err(|error| {
            match flags.iter().find(|(key, _, given)| *given && error.file == "--set" && error.key == *key) {
                Some((_, flag, _)) => SpecError { file: (*flag).into(), ..error },
                None => error,
            }
        })
    }
}
