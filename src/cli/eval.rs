//! `spurious eval`

use super::models::{find, parameterised, single};
use super::{Format, Usage, print, say};
use spurious::experiment::Cell;
use spurious::judge::classify::{Classifier, Found};
use spurious::judge::refine::{self, Spectrum};
use spurious::landscape::{Points, Problem};
use spurious::numerics::Precision;
use spurious::numerics::vector;
use spurious::result::tables::plain::{field, number};
use spurious::result::tables::rows::Rows;
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Points are CSV with the header point,x0,x1,… and the weights in the order of the paper's form, which \
                  `spurious models MODEL` prints. The outcome is that of a run that gets there: by a verdict, within \
                  tolerance of a known minimum, or by the critical point beside a point at rest, which a larger \
                  descent.tolerance calls more points; undecided elsewhere. outcome_distance, continued_steps and \
                  outcome_loss say what that is an outcome of: how far Newton's method moved to that critical point, \
                  after how many further steps of descent, and the loss there; they are empty where the point itself \
                  tells. It takes Hessians, whose memory grows with the square of the number of weights and whose time \
                  with its cube. A proof may be for weights that a start can have: for cnn raise \
                  params.start_output_scale for larger a. Flat directions of a symmetry, for cnn the scale of the \
                  filter, do not count among the eigenvalues of --hessian."
)]
pub(super) struct Arguments {
    /// Name of the model, or a landscape file
    model: String,
    /// CSV file of points; - for standard input
    #[arg(long, value_name = "FILE", required_unless_present = "teacher")]
    points: Option<PathBuf>,
    /// Set a parameter or a descent setting, for example `params.patches=3`; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Add the outcome of a run that gets there, and what it was found at: outcome, outcome_distance, continued_steps,
    /// outcome_loss
    #[arg(long)]
    outcome: bool,
    /// Add the gradient, columns g0,g1,…
    #[arg(long)]
    gradient: bool,
    /// Add the curvature at the points as they are: grad_norm (Euclidean), index (number of negative eigenvalues of the
    /// Hessian), undecided_eigenvalues (how many are 0 within their error, and not counted), eigenvalue_min,
    /// eigenvalue_max, eigenvalue_error, flat_directions
    #[arg(long, conflicts_with = "gradient")]
    hessian: bool,
    /// Print all eigenvalues of the Hessian at the points instead, ascending, a row for each that can be told from the
    /// others: eigenvalue, multiplicity, eigenvalue_error, and the symmetry whose directions it belongs to
    #[arg(long, conflicts_with_all = ["gradient", "hessian", "outcome"])]
    spectrum: bool,
    /// Print the teacher's weights instead, in the same order (for cnn: w*, then a*; the student's global minimum is
    /// w* with ‖w*‖·a*)
    #[arg(long, conflicts_with_all = ["points", "gradient", "hessian", "spectrum", "outcome"])]
    teacher: bool,
    /// Format of the table
    #[arg(long, value_enum, default_value = "csv")]
    format: Format,
}

/// Weights from which the time of an outcome is worth a word.
const MANY: usize = 1000;

pub(super) fn eval(arguments: &Arguments) -> anyhow::Result<()> {
    let model = find(&arguments.model)?;
    let (spec, plan) = parameterised(model, &arguments.set)?;
    let cell = single(&plan)?;
    let paper = model.forms()[0].0;
    if spec.forms != [paper] {
        return Err(Usage(format!(
            "--set: model.form = {}: points and teacher are in the form {paper}; remove it",
            spec.forms.join(", ")
        ))
        .into());
    }
    let table = match &arguments.points {
        Some(points) if !arguments.teacher => evaluate(cell, points, arguments)?,
        _ => {
            let point = model.teacher(&cell.values).map_err(|e| Usage(format!("--set: {e}")))?;
            let mut table = Rows::new(named("x", point.len(), &["point"]));
            let mut row = vec!["teacher".to_string()];
            row.extend(point.into_iter().map(number));
            table.rows.push(row);
            table
        }
    };
    print(&arguments.format.render(&table))
}

/// Names of columns, with one for each of some components at the end.
fn named(letter: &str, components: usize, before: &[&str]) -> Vec<String> {
    let mut header: Vec<String> = before.iter().map(ToString::to_string).collect();
    header.extend((0..components).map(|i| format!("{letter}{i}")));
    header
}

fn evaluate(cell: &Cell, path: &Path, arguments: &Arguments) -> anyhow::Result<Rows> {
    let file = path.display().to_string();
    let dim = cell.problem.dim();
    let points = Points::from_argument(path, Some((dim, "weights"))).map_err(|e| Usage(e.to_string()))?;
    let mut header = vec!["point"];
    header.extend(match arguments.spectrum {
        true => &["eigenvalue", "multiplicity", "eigenvalue_error", "symmetry"][..],
        false => &["loss"],
    });
    header.extend(arguments.hessian.then_some(CURVATURE).into_iter().flatten());
    header.extend(arguments.outcome.then_some(OUTCOME).into_iter().flatten());
    let mut table = Rows::new(named("g", if arguments.gradient { dim } else { 0 }, &header));
    if arguments.outcome && dim > MANY && cell.problem.at_rest().is_some() {
        let megabytes = 24 * dim * dim / 1_000_000;
        say(&format!("--outcome: Hessians of {dim} weights take {megabytes} MB, and minutes a point at rest"));
    }
    let classifier = Classifier::new(&cell.problem);
    for (index, name) in points.names().iter().enumerate() {
        let point = points.point(index);
        let evaluation = cell.problem.evaluate(Precision::F64, point);
        if !evaluation.loss.is_finite() {
            return Err(Usage(format!(
                "{file}: line {}: the loss is not defined at this point (is a filter zero, or a weight too large?); \
                 remove the point",
                points.line(index)
            ))
            .into());
        }
        if arguments.spectrum {
            match refine::spectrum(&cell.problem, point) {
                Some(found) => table.rows.extend(spectrum(name, dim, &found)),
                None => {
                    say(&format!("{name}: there is no Hessian at this point: a weight vector is zero or too short"))
                }
            }
            continue;
        }
        let mut row = vec![name.clone(), field(Some(evaluation.loss))];
        if arguments.hessian {
            row.extend(curvature(&cell.problem, point, &evaluation.gradient));
        }
        if arguments.outcome {
            let found = evaluation.stop.map(|stop| classifier.classify(&cell.problem, point, &stop));
            row.extend(outcome(found.as_ref()));
        }
        if arguments.gradient {
            row.extend(evaluation.gradient.into_iter().map(number));
        }
        table.rows.push(row);
    }
    Ok(table)
}

/// Columns of `--outcome`.
const OUTCOME: [&str; 4] = ["outcome", "outcome_distance", "continued_steps", "outcome_loss"];

/// Their cells; of a point where no run would stop nothing is known.
fn outcome(found: Option<&Found>) -> [String; 4] {
    let elsewhere = found.filter(|found| found.loss.is_some());
    [
        found.map_or("undecided", |found| found.outcome.name()).into(),
        // Further steps without a critical point at their end have no distance.
        field(elsewhere.filter(|found| found.moved > 0.0 || found.continued == 0).map(|found| found.moved)),
        elsewhere.map_or(String::new(), |found| found.continued.to_string()),
        field(elsewhere.and_then(|found| found.loss)),
    ]
}

/// Columns of `--hessian`.
const CURVATURE: [&str; 7] = [
    "grad_norm",
    "index",
    "undecided_eigenvalues",
    "eigenvalue_min",
    "eigenvalue_max",
    "eigenvalue_error",
    "flat_directions",
];

/// Their cells, all but the first empty where there is no Hessian.
fn curvature(problem: &Problem, point: &[f64], gradient: &[f64]) -> Vec<String> {
    let found = refine::spectrum(problem, point);
    let of = |value: &dyn Fn(&Spectrum) -> String| found.as_ref().map_or(String::new(), value);
    vec![
        field(Some(vector::norm(gradient))),
        of(&|s| s.index().to_string()),
        of(&|s| s.undecided().to_string()),
        of(&|s| field(Some(s.min()))),
        of(&|s| field(Some(s.max()))),
        of(&|s| field(Some(s.error))),
        of(&|s| flat(point.len() - s.eigenvalues.len(), &s.flat)),
    ]
}

/// Directions that a symmetry keeps flat, counted and named: they are left out of the eigenvalues.
fn flat(count: usize, names: &[&str]) -> String {
    if count == 0 { String::new() } else { format!("{count}: {}", names.join(", ")) }
}

/// Rows of `--spectrum`: the flat directions of symmetries first, along which the loss is constant.
fn spectrum(name: &str, dim: usize, found: &Spectrum) -> Vec<Vec<String>> {
    let error = || field(Some(found.error));
    let mut rows = Vec::new();
    if dim > found.eigenvalues.len() {
        let count = dim - found.eigenvalues.len();
        rows.push(vec![name.into(), "0".into(), count.to_string(), String::new(), found.flat.join(", ")]);
    }
    let row = |(x, count): (f64, usize)| vec![name.into(), number(x), count.to_string(), error(), String::new()];
    rows.extend(found.distinct().into_iter().map(row));
    rows
}
