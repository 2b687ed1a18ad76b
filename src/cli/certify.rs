//! `spurious certify`

use super::destination::{self, Destination};
use super::models::{find, parameterised, single};
use super::{Format, Usage, print, say};
use rayon::prelude::*;
use spurious::experiment::{Cell, Plan, Record};
use spurious::judge::refine::polished;
use spurious::landscape::{Points, Proofs, Provable, Refusal};
use spurious::numerics::vector::norm;
use spurious::result::Results;
use spurious::result::certificate::Certificate;
use spurious::result::tables::certificates::{CertificateRow, CertificateTable};
use spurious::result::tables::families::labelled;
use spurious::result::tables::rows::Rows;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::time::Instant;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "One row per point: `minimum` is a strict local minimum that is proved to lie above the global value, \
                  a spurious one; `saddle` a critical point that is proved to be none, with the number of negative \
                  eigenvalues as index; `global` the global minimum; `local_minimum`, of a loss that is written \
                  out as a graph, a strict local minimum of which it is not known whether it is the global one; \
                  `no_proof` says nothing, and why is said on stderr. In the ball of `radius` around the (polished) \
                  point there is exactly one critical point; \
                  loss_low, loss_high and eigenvalue_min_low bound what it has; every_input_dim is true where the \
                  point is proved to be of the same kind, and alone in its ball, for inputs of every larger dimension. \
                  Points are CSV as for `spurious eval`. docs/certificates.md has the theorem and its proof."
)]
pub(super) struct Arguments {
    /// Name of a model, with --points or --known; or a result folder, whose families are certified
    #[arg(required_unless_present = "check")]
    source: Option<String>,
    /// CSV file of points; - for standard input
    #[arg(long, value_name = "FILE")]
    points: Option<PathBuf>,
    /// Instead the critical points that the model knows without a run; lists in --set then make several cells
    #[arg(long, conflicts_with = "points")]
    known: bool,
    /// Set a parameter of the model, for example `params.teachers=8`; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Prove of the points as they are given; by default Newton's method takes each to the critical point beside it
    /// first
    #[arg(long)]
    as_given: bool,
    /// Write the certificate of every proof into this folder, as JSON
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// For a result folder: print one row per cell, with what its spurious minima have in common
    #[arg(long)]
    summary: bool,
    /// Format of the table [default: csv, whose rows are printed as they are proved; text for --summary]
    #[arg(long, value_enum, hide_default_value = true)]
    format: Option<Format>,
    /// Verify certificates from scratch instead; exit code 1 if one is not proved
    #[arg(
        long,
        value_name = "FILE",
        num_args = 1..,
        conflicts_with_all = ["source", "points", "known", "set", "as_given", "out", "summary"]
    )]
    check: Vec<PathBuf>,
}

/// A point that is to be certified.
struct Candidate<'a> {
    cell: &'a Cell,
    name: String,
    point: Vec<f64>,
}

pub(super) fn certify(arguments: &Arguments) -> anyhow::Result<()> {
    if !arguments.check.is_empty() {
        return check(&arguments.check, arguments.format.unwrap_or(Format::Csv));
    }
    let source = arguments.source.as_deref().unwrap_or_default();
    // A folder of a model's name is ./NAME.
    if Path::new(source).is_dir() && find(source).is_err() {
        return folder(arguments, Path::new(source));
    }
    if arguments.summary {
        let problem = "--summary: is for result folders; remove it, or name the folder that `spurious run` filled";
        return Err(Usage(problem.into()).into());
    }
    let model = find(source)
        .map_err(|Usage(problem)| Usage(problem.replace("MODEL =", "SOURCE =") + "; nor is it a result folder"))?;
    let (_, plan) = parameterised(model, &arguments.set)?;
    let candidates = match &arguments.points {
        Some(path) => given(&plan, path)?,
        None if arguments.known => known(&plan)?,
        None => return Err(Usage("--points: no points are named; add --points FILE, or --known".into()).into()),
    };
    prove(&plan, &candidates, arguments, model.name()).map(drop)
}

/// The points of a file.
fn given<'a>(plan: &'a Plan, path: &Path) -> anyhow::Result<Vec<Candidate<'a>>> {
    let cell = single(plan)?;
    let points =
        Points::from_argument(path, Some((cell.problem.dim(), "weights"))).map_err(|e| Usage(e.to_string()))?;
    let candidate =
        |(i, name): (usize, &String)| Candidate { cell, name: name.clone(), point: points.point(i).to_vec() };
    Ok(points.names().iter().enumerate().map(candidate).collect())
}

/// The points that the model knows.
fn known(plan: &Plan) -> anyhow::Result<Vec<Candidate<'_>>> {
    let of = |cell| {
        let points = subject(cell).map(|subject| subject.known()).unwrap_or_default();
        points.into_iter().map(move |(name, point)| Candidate { cell, name, point })
    };
    let all: Vec<Candidate<'_>> = plan.cells.iter().flat_map(of).collect();
    if all.is_empty() {
        subject(&plan.cells[0])?;
        let problem = "--known: no critical point is known without a run for these parameters; name a file in --points";
        return Err(Usage(problem.into()).into());
    }
    Ok(all)
}

/// The families of a result folder.
fn folder(arguments: &Arguments, path: &Path) -> anyhow::Result<()> {
    let flags =
        [("--points", arguments.points.is_some()), ("--known", arguments.known), ("--set", !arguments.set.is_empty())];
    if let Some((flag, _)) = flags.iter().find(|(_, given)| *given) {
        let problem =
            format!("{flag}: {} is a result folder, whose families are certified; remove the flag", path.display());
        return Err(Usage(problem).into());
    }
    let results = Results::read(path)?;
    super::below::left_out(&results);
    let model = results.spec.model.name();
    if !results.is_complete() {
        say(&format!("{}: unfinished; these are the families found so far", path.display()));
    }
    let candidate = |record: &Record| -> Vec<Candidate<'_>> {
        let cell = &results.plan.cells[record.cell];
        let all = labelled(&record.families);
        all.map(|(name, family)| Candidate { cell, name, point: family.point.clone() }).collect()
    };
    let candidates: Vec<Candidate<'_>> = results.records.iter().flat_map(candidate).collect();
    if candidates.is_empty() {
        let problem = "its runs ended in no critical points that are told apart; name a model and --points, or --known";
        return Err(Usage(format!("{}: {problem} (model {model})", path.display())).into());
    }
    let rows = prove(&results.plan, &candidates, arguments, model)?;
    if arguments.summary {
        let headings: Vec<&str> =
            results.spec.model.parameters().iter().filter(|p| p.heading).map(|p| p.name).collect();
        let table = CertificateTable::summary(&results.plan, &rows, &headings, &results.records);
        print(&arguments.format.unwrap_or(Format::Text).render(&table))?;
    }
    Ok(())
}

/// The loss of a cell, for proofs.
fn subject(cell: &Cell) -> Result<Box<dyn Provable>, Usage> {
    let problem = "nothing can be proved of this model and these parameters";
    let remedy = "choose relu_sum, cnn, or pooled_cnn with one teacher for the cell, in the form of the paper";
    cell.problem.proofs().map(Proofs::provable).ok_or_else(|| Usage(format!("{problem}; {remedy}")))
}

/// Proves what can be proved of every point, writes the certificates and prints the rows, unless only a summary of them
/// is wanted.
fn prove(
    plan: &Plan,
    candidates: &[Candidate<'_>],
    arguments: &Arguments,
    model: &str,
) -> anyhow::Result<Vec<CertificateRow>> {
    let subjects: Vec<Box<dyn Provable>> = plan.cells.iter().map(subject).collect::<Result<_, _>>()?;
    if let Some(out) = &arguments.out {
        destination::folder("--out", out)?;
    }
    let one = |i: usize| -> (CertificateRow, Vec<f64>) {
        let candidate = &candidates[i];
        let began = Instant::now();
        let subject = &subjects[candidate.cell.index];
        let point = match arguments.as_given {
            true => candidate.point.clone(),
            false => polished(&candidate.cell.problem, &candidate.point),
        };
        let proof = subject.prove(&point, None);
        let seconds = began.elapsed().as_secs_f64();
        (CertificateRow { cell: candidate.cell.index, name: candidate.name.clone(), proof, seconds }, point)
    };
    let table = CertificateTable::new(plan);
    let mut printer = (!arguments.summary).then(|| Printer::new(table.empty(), arguments.format));
    let mut rows = Vec::new();
    in_order(candidates.len(), one, |i, (row, point)| {
        let (name, candidate) = (&row.name, &candidates[i]);
        match &row.proof {
            Err(Refusal(reason)) => say(&format!("{name}: no proof: {reason}")),
            Ok(proof) => {
                if let Some(count) = proof.flat_directions {
                    say(&format!("{name}: proved across {count} flat directions, along which a symmetry moves it"));
                }
                let moved = norm(&point.iter().zip(&candidate.point).map(|(x, y)| x - y).collect::<Vec<_>>());
                if moved > proof.radius {
                    say(&format!("{name}: Newton's method moved it by {moved:.1e}; the proof is of where it came to"));
                }
                if let Some(out) = &arguments.out {
                    let parameters = plan.columns(candidate.cell).into_iter().map(|(name, text)| (name.into(), text));
                    let subject = &*subjects[row.cell];
                    let certificate = Certificate::new(name, parameters.collect(), subject, &point, *proof);
                    let to = Destination::new("--out", &out.join(file_name(model, i, name)))?;
                    to.write(certificate.text().as_bytes())?;
                }
            }
        }
        if let Some(printer) = &mut printer {
            printer.add(table.row(&row))?;
        }
        rows.push(row);
        Ok(())
    })?;
    printer.map_or(Ok(()), Printer::end)?;
    Ok(rows)
}

/// Does some work on all threads and hands on the results in order, each as soon as those before it are there.
fn in_order<T: Send>(
    count: usize,
    work: impl Fn(usize) -> T + Sync,
    mut each: impl FnMut(usize, T) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let (send, receive) = mpsc::channel();
    let failed = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            // One after the other, so that what comes first is not kept waiting for halves of the list.
            (0..count).par_bridge().for_each_with(send, |send, i| {
                if !failed.load(Ordering::Relaxed) {
                    // Nobody listens any more where a result could not be handed on.
                    let _ = send.send((i, work(i)));
                }
            });
        });
        let (mut next, mut early) = (0, BTreeMap::new());
        for (i, result) in receive {
            early.insert(i, result);
            while let Some(result) = early.remove(&next) {
                each(next, result).inspect_err(|_| failed.store(true, Ordering::Relaxed))?;
                next += 1;
            }
        }
        Ok(())
    })
}

/// Prints a table: as CSV row by row, in other formats at its end.
struct Printer {
    table: Rows,
    format: Format,
    /// Whether the header stands.
    begun: bool,
}

impl Printer {
    fn new(table: Rows, format: Option<Format>) -> Self {
        Printer { table, format: format.unwrap_or(Format::Csv), begun: false }
    }

    fn add(&mut self, row: Vec<String>) -> anyhow::Result<()> {
        if self.format != Format::Csv {
            self.table.rows.push(row);
            return Ok(());
        }
        self.begin()?;
        print(&Rows::csv_row(&row))
    }

    fn begin(&mut self) -> anyhow::Result<()> {
        if self.begun { Ok(()) } else { print(&self.table.csv()) }?;
        self.begun = true;
        Ok(())
    }

    fn end(mut self) -> anyhow::Result<()> {
        if self.format == Format::Csv { self.begin() } else { print(&self.format.render(&self.table)) }
    }
}

/// `relu_sum-0003-0.0250805808-0-5+1-5+1.json`: the model, the row, and what of the name a file can be called.
fn file_name(model: &str, row: usize, name: &str) -> String {
    let kept = |c: char| if c.is_ascii_alphanumeric() || ".+-_^".contains(c) { c } else { '-' };
    format!("{model}-{row:04}-{}.json", name.chars().take(80).map(kept).collect::<String>())
}

/// Verifies certificates.
fn check(files: &[PathBuf], format: Format) -> anyhow::Result<()> {
    let one = |i: usize| {
        let (file, began) = (&files[i], Instant::now());
        let (proof, is_foreign) = match Certificate::read(file) {
            Err(error) => (Err(error.to_string()), error.is_foreign),
            Ok(read) => (read.check().map_err(|Refusal(why)| format!("{}: {why}", file.display())), false),
        };
        let (name, seconds) = (file.display().to_string(), began.elapsed().as_secs_f64());
        (CertificateRow { cell: 0, name, proof: proof.map_err(Refusal), seconds }, is_foreign)
    };
    let table = CertificateTable::of_files();
    let mut printer = Printer::new(table.empty(), Some(format));
    let (mut refused, mut foreign) = (0, 0);
    in_order(files.len(), one, |_, (row, is_foreign)| {
        if let Err(Refusal(why)) = &row.proof {
            if is_foreign && files.len() == 1 {
                return Err(Usage(why.clone()).into());
            }
            say(why);
        }
        if is_foreign {
            foreign += 1;
            return Ok(());
        }
        refused += usize::from(row.proof.is_err());
        printer.add(table.row(&row))
    })?;
    printer.end()?;
    let certificates = files.len() - foreign;
    match (refused, foreign) {
        (0, 0) => Ok(()),
        (0, _) => Err(anyhow::anyhow!("{foreign} of {} files are no certificates", files.len())),
        (_, 0) => Err(anyhow::anyhow!("{refused} of {certificates} certificates are not proved")),
        _ => Err(anyhow::anyhow!(
            "{refused} of {certificates} certificates are not proved, and {foreign} of {} files are none",
            files.len()
        )),
    }
}
