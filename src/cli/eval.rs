//! `spurious eval`

use super::models::find;
use super::{Usage, print};
use anyhow::Context;
use spurious::plan::{Cell, Plan};
use spurious::points::Points;
use spurious::real::Precision;
use spurious::spec::{Spec, io_reason};
use spurious::store::table::{field, number, to_csv};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Points are CSV with the header point,x0,x1,… and the weights in the order of the paper's form (for cnn: \
                  v, then a). The outcome is what the stop rule says at the point: global or spurious where a run from \
                  there can only end so, or is within tolerance; undecided elsewhere. The proofs are for weights that a \
                  start can have: for cnn, raise params.start_output_scale for larger a."
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
    /// Print the teacher's weights instead, in the same order (for cnn: w*, then a*; the student's global minimum is
    /// w* with ‖w*‖·a*)
    #[arg(long, conflicts_with_all = ["points", "gradient"])]
    teacher: bool,
}

pub(super) fn eval(arguments: &Arguments) -> anyhow::Result<()> {
    let model = find(&arguments.model)?;
    let spec = Spec::parse(&format!("[model]\nname = \"{}\"", model.name()), "eval", &arguments.set)?;
    let plan = Plan::new(&spec)?;
    let [cell] = &plan.cells[..] else {
        return Err(Usage("--set: a list makes several cells; give one value of each parameter".into()).into());
    };
    let paper = model.forms()[0].0;
    if spec.form != paper {
        return Err(Usage(format!(
            "--set: model.form = {}: points and teacher are in the form {paper}; remove it",
            spec.form
        ))
        .into());
    }
    match &arguments.points {
        Some(points) if !arguments.teacher => evaluate(cell, points, arguments.gradient),
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

fn evaluate(cell: &Cell, path: &Path, gradient: bool) -> anyhow::Result<()> {
    let file = path.display().to_string();
    let dim = cell.problem.dim();
    let expected = Some((dim, "weights"));
    let points = if file == "-" {
        let mut text = Vec::new();
        std::io::stdin().read_to_end(&mut text).context("standard input cannot be read")?;
        Points::read_from(&text[..], &file, expected)
    } else {
        let input = File::open(path)
            .map_err(|e| Usage(format!("{file}: --points: cannot be read ({}); check the path", io_reason(&e))))?;
        Points::read_from(input, &file, expected)
    };
    let points = points.map_err(|e| Usage(e.to_string()))?;
    let mut header = vec!["point".to_string(), "loss".into(), "outcome".into()];
    if gradient {
        header.extend((0..dim).map(|i| format!("g{i}")));
    }
    let mut rows = Vec::new();
    for (index, name) in points.names().iter().enumerate() {
        let evaluation = cell.problem.evaluate(Precision::F64, points.point(index));
        if !evaluation.loss.is_finite() {
            return Err(Usage(format!(
                "{file}: line {}: the loss is not defined at this point (is the filter zero?); remove the point",
                points.line(index)
            ))
            .into());
        }
        let outcome = evaluation.stop.map_or("undecided", |stop| stop.outcome().name());
        let mut row = vec![name.clone(), field(Some(evaluation.loss)), outcome.into()];
        if gradient {
            row.extend(evaluation.gradient.into_iter().map(number));
        }
        rows.push(row);
    }
    print(&to_csv(&header, rows))
}
