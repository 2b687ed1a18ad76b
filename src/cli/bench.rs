//! `spurious bench`

mod against;

use super::models::find;
use super::{Format, Usage, print, say};
use spurious::descent::backend::BackendError;
use spurious::descent::backend::cpu::Cpu;
use spurious::descent::backend::gpu::device::{ALL, Wanted};
use spurious::descent::backend::gpu::{Gpu, Options};
use spurious::experiment::run;
use spurious::experiment::spec::{Compute, MAX_THREADS};
use spurious::explore::bench::columns::Columns;
use spurious::explore::bench::subject::Subject;
use spurious::explore::bench::table::Table;
use spurious::explore::bench::{self, Bench, Fresh, Machine, Settings, Start};
use spurious::models::MODELS;
use spurious::numerics::Precision;
use spurious::numerics::text::counted;
use spurious::show::progress::CellProgress;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Instant;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Every run takes --steps steps, unless it comes to rest within rounding: verdicts are off and the \
                  tolerance is one that no run meets. Columns: run-steps/s from seeding to estimate; kernel, the \
                  descent alone (on a GPU by its own clock); limit, what the device could do at most if a step took \
                  nothing but its arithmetic instructions, at the rate of independent fused multiply-adds measured \
                  on it beside the rows; share, kernel over limit; spread, the interquartile range of the \
                  repetitions over their median, the larger of whole and kernel; start-up, from the start of a fresh \
                  program to its first result; memory, its largest resident set (Linux). On a GPU also: its rate \
                  over that of all threads of the CPU, and from how many runs on it takes less time, by a line \
                  through the times of at least two numbers of runs. The rows of a cell are measured in turn and \
                  printed, as text and CSV, when the cell is done. A remark says where the spread is above 10 % or a \
                  share above 100 %. Without MODEL or with MODEL alone the cells are a standard set, with --set \
                  params.… the model's defaults with those values.\n\n\
                  With --against, every row is measured by this program and by the other one after the other, in \
                  turn the one and the other first, --repeat times; ratio is this over other, its median over the \
                  pairs, and in brackets the range of its middle half."
)]
pub(super) struct Arguments {
    /// Models to measure; all by default
    #[arg(value_name = "MODEL")]
    models: Vec<String>,
    /// Measure this form only
    #[arg(long, value_name = "FORM")]
    form: Option<String>,
    /// Where to compute, one or both, as in `cpu,gpu`; `auto` is the CPU and, if there is one, a hardware GPU
    #[arg(long, value_delimiter = ',', value_parser = ["auto", "cpu", "gpu"], default_value = "auto")]
    backend: Vec<String>,
    /// Part of the name of the GPU adapter to use, see `spurious devices`
    #[arg(long, value_name = "NAME")]
    adapter: Option<String>,
    /// Formats of the arithmetic; by default both, on a GPU where it offers them
    #[arg(long, value_delimiter = ',', value_parser = ["f32", "f64"])]
    precision: Vec<String>,
    /// Lanes that share a run on a GPU, several as in `auto,1,32`
    #[arg(long, allow_negative_numbers = true, value_name = "N", value_delimiter = ',', default_value = "auto")]
    lanes: Vec<String>,
    /// Whether checks of indices and loops are compiled into the kernels of a GPU, several as in `on,off`; `auto` is
    /// what experiments use
    #[arg(long, value_delimiter = ',', value_parser = ["auto", "on", "off"], default_value = "auto")]
    checks: Vec<String>,
    /// Threads of the CPU [default: one for each core]
    #[arg(long, allow_negative_numbers = true, value_name = "N")]
    threads: Option<String>,
    /// Runs of a row, several as in `1000,100000` [default: as many as take about 0.1 s, and with a GPU a sixteenth of
    /// them as well]
    #[arg(long, allow_negative_numbers = true, value_name = "N", value_delimiter = ',')]
    runs: Vec<String>,
    /// Steps of every run
    #[arg(long, allow_negative_numbers = true, value_name = "N", default_value = "1000")]
    steps: String,
    /// Repetitions of every measurement; the median counts
    #[arg(long, allow_negative_numbers = true, value_name = "N", default_value = "5")]
    repeat: String,
    /// Set a parameter, step sizes, compute.batch or compute.segment, for example `params.patches=49`; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Measure every cell with verdicts on as well: rates of the steps that are then taken
    #[arg(long)]
    verdicts: bool,
    /// Compare with another build of the program, row by row: rates of both, and their ratio
    #[arg(long, value_name = "PROGRAM")]
    against: Option<PathBuf>,
    /// Format of the table
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// Do the work of one row and say how much memory it took; the program starts itself so
    #[arg(long, hide = true, value_name = "CELL,BACKEND,PRECISION,LANES,CHECKS,RUNS,STEPS")]
    fresh: Option<String>,
}

pub(super) fn bench(arguments: &Arguments) -> anyhow::Result<()> {
    let steps = whole("steps", &arguments.steps, u64::from(u32::MAX) - 1)? as u32;
    let repeat = whole("repeat", &arguments.repeat, 1000)? as usize;
    let runs: Vec<u64> = arguments.runs.iter().map(|text| whole("runs", text, 1 << 40)).collect::<Result<_, _>>()?;
    let threads = arguments.threads.as_ref().map_or(Ok(0), |text| whole("threads", text, MAX_THREADS))? as usize;
    let wishes = wishes(arguments)?;
    if let Some(text) = &arguments.fresh {
        return fresh(arguments, threads, text);
    }
    let subjects = subjects(arguments, steps)?;
    let compute = Compute { threads, ..subjects[0].spec.compute.clone() };
    let other = arguments.against.as_deref().map(against::found).transpose()?;
    run::on_threads(&compute, || -> anyhow::Result<()> {
        let (wishes, machines) = open(arguments, &compute, &wishes)?;
        let fits = |cell: &Subject| machines.iter().any(|machine| machine.backend().fits(cell.problem()).is_ok());
        if subjects.iter().any(fits) {
            let name = |machine: &Machine| machine.backend().description() + " in " + machine.precision().name();
            let mut devices: Vec<String> = machines.iter().map(name).collect();
            devices.dedup();
            say(&format!("bench: {} on {}", counted(subjects.len() as u64, "cell"), devices.join("; ")));
        }
        let settings = Settings { runs: distinct(&runs), repeat, batch: compute.batch };
        let bench = Bench::new(&subjects, &machines, settings);
        match other {
            Some(other) => against::compare(arguments, other, &bench, &subjects, &machines),
            None => measure(arguments, bench, &subjects, &machines, |start| start_fresh(&wishes[start.machine], start)),
        }
    })?
}

/// Measures cell after cell and prints the rows of each when they are known.
fn measure(
    arguments: &Arguments,
    mut bench: Bench<'_>,
    subjects: &[Subject],
    machines: &[Machine],
    fresh: impl Fn(Start) -> Option<Fresh>,
) -> anyhow::Result<()> {
    let mut table = Table::new(Columns::new(subjects, machines));
    let progress = CellProgress::new(subjects.len() as u64);
    for (index, subject) in subjects.iter().enumerate() {
        progress.at(index as u64, &subject.name());
        let (rows, left_out) = bench.cell(index, &fresh)?;
        let begins = table.rows.is_empty() && !rows.is_empty();
        progress.aside(|| match arguments.format {
            Format::Text => {
                let header = if begins { table.text_header() } else { String::new() };
                print((header + &table.text_rows(&rows)).as_bytes())
            }
            Format::Csv => {
                let header = if begins { table.csv_header() } else { Vec::new() };
                print(&[header, table.csv_rows(&rows)].concat())
            }
            Format::Json | Format::Md => Ok(()),
        })?;
        table.rows.extend(rows);
        table.left_out.extend(left_out);
    }
    progress.finish();
    if let Some(reason) = table.left_out.first().filter(|_| table.rows.is_empty()) {
        return Err(Usage(reason.clone()).into());
    }
    match arguments.format {
        Format::Text => print(table.text_notes().as_bytes()),
        Format::Json => print(table.json().as_bytes()),
        Format::Md => print(table.markdown().as_bytes()),
        // A table of values has no place for sentences.
        Format::Csv => {
            let left_out = table.left_out.iter().map(|reason| format!("left out: {reason}"));
            table.remarks().into_iter().chain(left_out).for_each(|line| say(&format!("bench: {line}")));
            Ok(())
        }
    }
}

/// A whole number of a flag, from 1.
fn whole(flag: &str, text: &str, most: u64) -> Result<u64, Usage> {
    text.parse().ok().filter(|n| (1..=most).contains(n)).ok_or_else(|| {
        Usage(format!("--{flag} = {text}: is not a whole number from 1 to {most}; write for example --{flag} 8"))
    })
}

/// Numbers in ascending order, each once.
fn distinct(numbers: &[u64]) -> Vec<u64> {
    let mut numbers = numbers.to_vec();
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}

/// The cells that are asked for.
fn subjects(arguments: &Arguments, steps: u32) -> anyhow::Result<Vec<Subject>> {
    let models = match arguments.models.is_empty() {
        true => MODELS.to_vec(),
        false => arguments.models.iter().map(|name| find(name)).collect::<Result<_, _>>()?,
    };
    check_sets(&arguments.set)?;
    let of_a_model = arguments.set.iter().find(|set| set.trim_start().starts_with("params."));
    if let Some(set) = of_a_model.filter(|_| arguments.models.is_empty()) {
        return Err(Usage(format!(
            "--set: {set}: is a parameter of one model; name the model, for example spurious bench {}",
            MODELS[0].name()
        ))
        .into());
    }
    let mut all = Vec::new();
    for verdicts in [false, true].into_iter().filter(|on| !on || arguments.verdicts) {
        for model in &models {
            let known = model.forms().iter().map(|(form, _)| *form);
            let forms: Vec<&str> = known.filter(|form| arguments.form.as_ref().is_none_or(|f| f == form)).collect();
            if of_a_model.is_none() {
                let form = arguments.form.as_deref();
                all.extend(Subject::standard(Some(*model), form, &arguments.set, steps, verdicts)?);
            } else {
                for form in forms {
                    all.extend(Subject::new(*model, form, &arguments.set, steps, verdicts)?);
                }
            }
        }
    }
    if all.is_empty() {
        let forms =
            models.iter().flat_map(|model| model.forms().iter().map(|(form, _)| format!("{} {form}", model.name())));
        return Err(Usage(format!(
            "--form = {}: there is no such form; known are {}",
            arguments.form.as_deref().unwrap_or_default(),
            forms.collect::<Vec<_>>().join(", ")
        ))
        .into());
    }
    Ok(all)
}

/// Refuses keys that flags of this command stand for.
fn check_sets(sets: &[String]) -> Result<(), Usage> {
    for set in sets {
        let key = set.split('=').next().unwrap_or_default().trim();
        let remedy = match key {
            "model.name" | "model" => "name the MODEL instead",
            "model.form" => "use --form",
            "descent.max_steps" => "use --steps",
            "descent.verdicts" => "use --verdicts",
            "descent.tolerance" | "descent" => "leave it out: every run takes every step",
            "runs" => "use --runs",
            key if key.starts_with("runs.") => "use --runs",
            "compute.backend" => "use --backend",
            "compute.adapter" => "use --adapter",
            "compute.precision" => "use --precision",
            "compute.lanes" => "use --lanes",
            "compute.threads" => "use --threads",
            _ => continue,
        };
        return Err(Usage(format!("--set: {key}: is not set in this way here; {remedy}")));
    }
    Ok(())
}

/// A backend that is asked for.
#[derive(Clone, Debug, PartialEq)]
struct Wish {
    gpu: bool,
    precision: Precision,
    lanes: u32,
    checks: &'static str,
    /// Whether its absence is an error.
    required: bool,
}

/// The backends that are asked for, the CPU first.
fn wishes(arguments: &Arguments) -> Result<Vec<Wish>, Usage> {
    let named = |name: &str| arguments.backend.iter().any(|backend| backend == name);
    let adapter = arguments.adapter.is_some();
    if adapter && !named("auto") && !named("gpu") {
        return Err(Usage("--adapter: means nothing on the CPU; remove it, or add --backend gpu".into()));
    }
    let checks = arguments.checks.iter().any(|checks| checks != "auto");
    if checks && !named("auto") && !named("gpu") {
        return Err(Usage("--checks: means nothing on the CPU; remove it, or add --backend gpu".into()));
    }
    if arguments.adapter.as_deref() == Some(ALL) {
        return Err(Usage("--adapter all: rates are those of one adapter; name it, see `spurious devices`".into()));
    }
    let formats = [Precision::F32, Precision::F64];
    let wanted = |precision: &Precision| {
        arguments.precision.is_empty() || arguments.precision.iter().any(|name| name == precision.name())
    };
    let formats = formats.into_iter().filter(wanted);
    let mut wishes = Vec::new();
    if named("auto") || named("cpu") {
        wishes.extend(formats.clone().map(|precision| Wish {
            gpu: false,
            precision,
            lanes: 0,
            checks: "auto",
            required: true,
        }));
    }
    if named("auto") || named("gpu") {
        for precision in formats {
            // Nobody has asked for f64 by name.
            let offered = arguments.precision.is_empty() && precision == Precision::F64;
            for text in &arguments.lanes {
                let lanes = if text == "auto" { 0 } else { whole("lanes", text, 1024)? as u32 };
                let required = (named("gpu") || adapter) && !offered;
                for checks in &arguments.checks {
                    let checks = check(checks);
                    let wish = Wish { gpu: true, precision, lanes, checks, required };
                    if !wishes.contains(&wish) {
                        wishes.push(wish);
                    }
                }
            }
        }
    }
    Ok(wishes)
}

/// The checks of a name.
fn check(name: &str) -> &'static str {
    ["on", "off"].into_iter().find(|known| *known == name).unwrap_or("auto")
}

/// Opens one backend.
fn open_one(arguments: &Arguments, compute: &Compute, wish: &Wish) -> Result<Machine, BackendError> {
    if !wish.gpu {
        return Ok(Machine::Cpu(Cpu::new(wish.precision)));
    }
    // As for an experiment: software only if it is asked for.
    let software = arguments.adapter.is_some() || arguments.backend.iter().any(|backend| backend == "gpu");
    let options = Options {
        adapter: Wanted { name: arguments.adapter.clone().unwrap_or_default(), software },
        precision: wish.precision,
        lanes: wish.lanes,
        segment: compute.segment,
        timing: true,
        checks: (wish.checks != "auto").then_some(wish.checks == "on"),
        ..Options::default()
    };
    Ok(Machine::Gpu { gpu: Box::new(Gpu::open(options)?), checks: wish.checks })
}

/// Opens the backends that are there, with the wishes that they fulfil.
fn open(arguments: &Arguments, compute: &Compute, wishes: &[Wish]) -> Result<(Vec<Wish>, Vec<Machine>), BackendError> {
    let mut opened = (Vec::new(), Vec::new());
    for wish in wishes {
        match open_one(arguments, compute, wish) {
            Err(BackendError::NoAdapter(_)) if !wish.required => {}
            machine => {
                opened.0.push(wish.clone());
                opened.1.push(machine?);
            }
        }
    }
    Ok(opened)
}

/// Starts this program once more, to do the work of one row and nothing else.
fn start_fresh(wish: &Wish, start: Start) -> Option<Fresh> {
    let Start { subject, runs, steps, .. } = start;
    let backend = if wish.gpu { "gpu" } else { "cpu" };
    let work = format!("{subject},{backend},{},{},{},{runs},{steps}", wish.precision.name(), wish.lanes, wish.checks);
    let mut arguments = std::env::args_os().skip(1);
    let mut command = Command::new(std::env::current_exe().ok()?);
    command.arg(arguments.next()?).arg("--fresh").arg(work).args(arguments);
    let began = Instant::now();
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    let took = began.elapsed();
    let said = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| Fresh { took, peak_memory: said.trim().parse().ok() })
}

/// Does the work of one row.
fn fresh(arguments: &Arguments, threads: usize, text: &str) -> anyhow::Result<()> {
    let wrong = || Usage(format!("--fresh = {text}: is not for people; leave it out"));
    let fields: Vec<&str> = text.split(',').collect();
    let [cell, backend, precision, lanes, checks, runs, steps] = fields[..] else { return Err(wrong().into()) };
    let precision = if precision == "f64" { Precision::F64 } else { Precision::F32 };
    let number = |text: &str| text.parse::<u64>().map_err(|_| wrong());
    let steps = match number(steps)? {
        0 => whole("steps", &arguments.steps, u64::from(u32::MAX) - 1)?,
        steps => steps,
    };
    let subjects = subjects(arguments, steps as u32)?;
    let subject = subjects.get(number(cell)? as usize).ok_or_else(wrong)?;
    let wish =
        Wish { gpu: backend == "gpu", precision, lanes: number(lanes)? as u32, checks: check(checks), required: true };
    let runs = number(runs)?;
    let compute = Compute { threads, ..subject.spec.compute.clone() };
    let memory = run::on_threads(&compute, || {
        let machine = open_one(arguments, &compute, &wish)?;
        bench::fresh(subject, &machine, runs, compute.batch)
    })??;
    print(memory.map_or(String::new(), |bytes| format!("{bytes}\n")).as_bytes())
}
