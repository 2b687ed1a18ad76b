//! `spurious eval`

use super::models::{find, parameterised, single};
use super::{Usage, print};
use spurious::experiment::Cell;
use spurious::judge::classify::Classifier;
use spurious::judge::refine::{self, Spectrum};
use spurious::landscape::Points;
use spurious::numerics::Precision;
use spurious::numerics::vector;
use spurious::result::tables::plain::{field, number, to_csv};
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Points are CSV with the header point,x0,x1,… and the weights in the order of the paper's form, which \
                  `spurious models MODEL` prints. The outcome is that of a run that gets there: by a verdict, within \
                  tolerance of a known minimum, or by the critical point beside a point at rest, which a larger \
                  descent.tolerance calls more points; undecided elsewhere. A proof may be for weights that a start \
                  can have: for cnn raise params.start_output_scale for larger a. Flat directions of a symmetry, for \
                  cnn the scale of the filter, do not count among the eigenvalues."
)]
pub(super) struct Arguments {
    /// Name of the model
    model: String,
    /// CSV file of points; - for standard input
    #[arg(long, value_name = "FILE", required_unless_present = "teacher")]
    points: Option<PathBuf>,
    /// Set a parameter or a descent setting, for example `params.patches=3`; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Add the gradient, columns g0,g1,…
    #[arg(long)]
    gradient: bool,
    /// Print the curvature at the points as they are: grad_norm (Euclidean), index (number of negative eigenvalues of
    /// the Hessian), eigenvalue_min, eigenvalue_max
    #[arg(long, conflicts_with = "gradient")]
    hessian: bool,
    /// Print the teacher's weights instead, in the same order (for cnn: w*, then a*; the student's global minimum is
    /// w* with ‖w*‖·a*)
    #[arg(long, conflicts_with_all = ["points", "gradient", "hessian"])]
    teacher: bool,
}

pub(super) fn eval(arguments: &Arguments) -> anyhow::Result<()> {
    let model = find(&arguments.model)?;
    let (spec, plan) = parameterised(model, &arguments.set)?;
    let cell = single(&plan)?;
    let paper = model.forms()[0].0;
    if spec.form != paper {
        return Err(Usage(format!(
            "--set: model.form = {}: points and teacher are in the form {paper}; remove it",
            spec.form
        ))
        .into());
    }
    match &arguments.points {
        Some(points) if !arguments.teacher => evaluate(cell, points, arguments),
        _ => {
            let point = model.teacher(&cell.values).map_err(|e| Usage(format!("--set: {e}")))?;
            let mut header = vec!["point".to_string()];
            header.extend((0..point.len()).map(|i| format!("x{i}")));
            let mut row = vec!["teacher".to_string()];
            row.extend(point.into_iter().map(number));
            print(&to_csv(&header, [row]))
        }
    }
}

fn evaluate(cell: &Cell, path: &Path, arguments: &Arguments) -> anyhow::Result<()> {
    let file = path.display().to_string();
    let dim = cell.problem.dim();
    let points = Points::from_argument(path, Some((dim, "weights"))).map_err(|e| Usage(e.to_string()))?;
    let mut header = vec!["point".to_string(), "loss".into()];
    if arguments.hessian {
        header.extend(["grad_norm", "index", "eigenvalue_min", "eigenvalue_max", "flat_directions"].map(String::from));
    }
    header.push("outcome".into());
    if arguments.gradient {
        header.extend((0..dim).map(|i| format!("g{i}")));
    }
    let classifier = Classifier::new(&cell.problem);
    let mut rows = Vec::new();
    for (index, name) in points.names().iter().enumerate() {
        let evaluation = cell.problem.evaluate(Precision::F64, points.point(index));
        if !evaluation.loss.is_finite() {
            return Err(Usage(format!(
                "{file}: line {}: the loss is not defined at this point (is a filter zero, or a weight too large?); \
                 remove the point",
                points.line(index)
            ))
            .into());
        }
        let found = evaluation.stop.map(|stop| classifier.classify(&cell.problem, points.point(index), &stop));
        let mut row = vec![name.clone(), field(Some(evaluation.loss))];
        if arguments.hessian {
            let spectrum = refine::spectrum(&cell.problem, points.point(index));
            let curvature = |value: &dyn Fn(&Spectrum) -> String| spectrum.as_ref().map_or(String::new(), value);
            row.extend([
                field(Some(vector::norm(&evaluation.gradient))),
                curvature(&|s| s.index().to_string()),
                curvature(&|s| field(Some(s.min()))),
                curvature(&|s| field(Some(s.max()))),
                curvature(&|s| flat(dim - s.eigenvalues.len(), &s.flat)),
            ]);
        }
        row.push(found.map_or("undecided", |found| found.outcome.name()).into());
        if arguments.gradient {
            row.extend(evaluation.gradient.into_iter().map(number));
        }
        rows.push(row);
    }
    print(&to_csv(&header, rows))
}

/// Directions that a symmetry keeps flat, counted and named: they are left out of the eigenvalues.
fn flat(count: usize, names: &[&str]) -> String {
    if count == 0 { String::new() } else { format!("{count}: {}", names.join(", ")) }
}
