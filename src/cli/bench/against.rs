//! `spurious bench --against`: this build and another, in pairs.

use super::{Arguments, Format, Usage, print, say};
use spurious::explore::bench::columns::Columns;
use spurious::explore::bench::pair::{Pair, PairTable, Rates};
use spurious::explore::bench::subject::Subject;
use spurious::explore::bench::{Bench, Case, Cases, Label, Machine};
use spurious::show::progress::CellProgress;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Measures every row by both programs, and prints the rows of a cell when they are known.
pub(super) fn compare(
    arguments: &Arguments,
    other: PathBuf,
    bench: &Bench<'_>,
    subjects: &[Subject],
    machines: &[Machine],
) -> anyhow::Result<()> {
    let programs = [std::env::current_exe()?, other];
    let mut table = PairTable::new(Columns::new(subjects, machines));
    let progress = CellProgress::new(subjects.len() as u64);
    for (index, subject) in subjects.iter().enumerate() {
        progress.at(index as u64, &subject.name());
        let Cases { cases, left_out } = bench.cases(index)?;
        table.left_out.extend(left_out);
        let calls: Vec<(Label, Vec<OsString>)> =
            cases.iter().map(|case| (case.label(), call(arguments, subject, case))).collect();
        // What was allocated to find numbers of runs must not burden the programs.
        drop(cases);
        let (pairs, refused) = pairs(&programs, &calls, bench.repeat())?;
        let begins = table.pairs.is_empty() && !pairs.is_empty();
        progress.aside(|| match arguments.format {
            Format::Text => {
                let header = if begins { table.text_header() } else { String::new() };
                print((header + &table.text_rows(&pairs)).as_bytes())
            }
            Format::Csv => {
                let header = if begins { table.rows(&[]).csv() } else { Vec::new() };
                let rows = table.rows(&pairs).csv();
                let after_header = rows.iter().position(|byte| *byte == b'\n').map_or(0, |end| end + 1);
                print(&[header, rows[after_header..].to_vec()].concat())
            }
            Format::Json | Format::Md => Ok(()),
        })?;
        table.pairs.extend(pairs);
        table.left_out.extend(refused.into_iter().map(|why| format!("{}: {why}", subject.name())));
    }
    progress.finish();
    if let Some(reason) = table.left_out.first().filter(|_| table.pairs.is_empty()) {
        return Err(Usage(format!("--against: nothing could be compared: {reason}; name cells that both know")).into());
    }
    match arguments.format {
        Format::Text => {
            let notes: Vec<String> = table.notes().into_iter().map(|note| note + "\n").collect();
            print(format!("\n{}", notes.concat()).as_bytes())
        }
        Format::Json => print(table.rows(&table.pairs).json().as_bytes()),
        Format::Md => print(table.markdown().as_bytes()),
        Format::Csv => {
            table.notes().iter().skip(1).for_each(|line| say(&format!("bench: {line}")));
            Ok(())
        }
    }
}

/// The other program, checked to be one.
pub(super) fn found(other: &Path) -> Result<PathBuf, Usage> {
    let wrong = |problem: String| {
        Usage(format!(
            "--against = {}: {problem}; name the file of another build, for example --against target/before/spurious",
            other.display()
        ))
    };
    // A name without a folder would be looked for on the path of programs.
    let path = other.canonicalize().map_err(|error| wrong(format!("cannot be started ({error})")))?;
    match Command::new(&path).args(["help", "bench"]).stdin(Stdio::null()).output() {
        Err(error) => Err(wrong(format!("cannot be started ({error})"))),
        Ok(said) if !said.status.success() => Err(wrong("has no command bench".into())),
        Ok(_) => Ok(path),
    }
}

/// Arguments that make a build of any age measure one row, once.
fn call(arguments: &Arguments, subject: &Subject, case: &Case<'_>) -> Vec<OsString> {
    let label = case.label();
    let mut call: Vec<String> = ["bench", label.model, "--form", label.form, "--backend", label.backend]
        .into_iter()
        .chain(["--precision", label.precision.name(), "--repeat", "1", "--format", "csv"])
        .map(String::from)
        .collect();
    let flags = [("--runs", label.runs.to_string()), ("--steps", label.steps.to_string())];
    call.extend(flags.into_iter().flat_map(|(flag, value)| [flag.to_string(), value]));
    let lanes = label.lanes.map(|lanes| ["--lanes".to_string(), lanes.to_string()]);
    let adapter = arguments.adapter.clone().filter(|_| label.backend == "gpu");
    call.extend(lanes.into_iter().flatten());
    // Older builds have no such flag.
    let checks = label.checks.filter(|checks| *checks != "auto");
    call.extend(checks.into_iter().flat_map(|checks| ["--checks".to_string(), checks.into()]));
    call.extend(adapter.into_iter().flat_map(|name| ["--adapter".to_string(), name]));
    call.extend(arguments.threads.iter().flat_map(|count| ["--threads".to_string(), count.clone()]));
    call.extend(label.verdicts.then(|| "--verdicts".to_string()));
    // The values of this cell in place of lists; what is at its default may be unknown to an older build.
    let parameters = subject.parameters().into_iter().filter(|(.., shown)| *shown);
    let values = parameters.map(|(name, value, _)| format!("params.{name}={value}"));
    let others = arguments.set.iter().filter(|set| !set.trim_start().starts_with("params.")).cloned();
    call.extend(values.chain(others).flat_map(|set| ["--set".to_string(), set]));
    call.into_iter().map(OsString::from).collect()
}

/// Measures rows by two programs, in turn. Returns the rows that both know, and why others are left out.
fn pairs(
    programs: &[PathBuf; 2],
    calls: &[(Label, Vec<OsString>)],
    repeat: usize,
) -> anyhow::Result<(Vec<Pair>, Vec<String>)> {
    let mut pairs: Vec<Option<Pair>> =
        calls.iter().map(|(label, _)| Some(Pair { label: label.clone(), rates: Vec::new() })).collect();
    let mut refused: Vec<String> = Vec::new();
    for round in 0..repeat {
        for (pair, (_, call)) in pairs.iter_mut().zip(calls) {
            let Some(open) = pair else { continue };
            let mut rates = [Rates::default(); 2];
            let mut failure = None;
            // What the first leaves behind, a warm processor say, meets both programs as often.
            for which in if round % 2 == 0 { [0, 1] } else { [1, 0] } {
                match measured(&programs[which], call, open.label.verdicts) {
                    Ok(seen) => rates[which] = seen,
                    Err(problem) => failure = Some(format!("{} says: {problem}", programs[which].display())),
                }
            }
            match failure {
                None => open.rates.push((rates[0], rates[1])),
                Some(failure) => {
                    *pair = None;
                    if !refused.contains(&failure) {
                        refused.push(failure);
                    }
                }
            }
        }
    }
    Ok((pairs.into_iter().flatten().collect(), refused))
}

/// The rates that a program measures.
fn measured(program: &Path, call: &[OsString], verdicts: bool) -> Result<Rates, String> {
    let started = Command::new(program).args(call).stdin(Stdio::null()).output();
    let said = started.map_err(|error| error.to_string())?;
    if !said.status.success() {
        let lines = String::from_utf8_lossy(&said.stderr);
        let last = lines.lines().last().unwrap_or("no reason").to_string();
        return Err(last.trim_start_matches("error: ").into());
    }
    row(&said.stdout, verdicts).ok_or_else(|| "a table that this program cannot read".into())
}

/// The rates of the only row with such verdicts, by the names of the columns: their order differs between builds.
fn row(table: &[u8], verdicts: bool) -> Option<Rates> {
    let mut reader = csv::Reader::from_reader(table);
    let header = reader.headers().ok()?.clone();
    let at = |name: &str| header.iter().position(|known| known == name);
    let mut found = None;
    for record in reader.records() {
        let record = record.ok()?;
        let text = |name: &str| record.get(at(name)?);
        let number = |name: &str| text(name)?.parse::<f64>().ok();
        if text("verdicts")? != verdicts.to_string() {
            continue;
        }
        let kernel = number("kernel_run_steps_per_s");
        let rates = Rates { run_steps: number("run_steps")?, whole: number("run_steps_per_s")?, kernel };
        if found.replace(rates).is_some() {
            return None;
        }
    }
    found
}
