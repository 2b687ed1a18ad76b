//! `spurious replay`

use super::source::{Source, SourceArguments};
use super::{Format, Usage, print, say, usage};
use spurious::experiment::run;
use spurious::explore::stepper::{self, Every, Track};
use spurious::judge::family::digits;
use spurious::numerics::text::counted;

use spurious::result::tables::plain::{field, number};
use spurious::result::tables::rows::Rows;

#[derive(Debug, clap::Args)]
#[command(after_help = "The path goes to stdout with the columns step, loss (in f64, as in runs.csv), grad_norm \
                  (Euclidean norm of the gradient in the weights), what else the model names of a point (for cnn \
                  angle, output_error, sum …) and, with --weights, x0,x1,… (for cnn in reduced form x, y, A1, A2; A3 \
                  only decays); what the run found, with the critical point it came to rest at, goes to stderr. The \
                  path ends where the experiment's run does: spurious trace follows it past its verdict, with bounds \
                  and figures. The run is computed on the CPU, in the format of the result folder, or in that of \
                  compute.precision for an experiment file, auto being f64.")]
pub(super) struct Arguments {
    #[command(flatten)]
    source: SourceArguments,
    /// Cell and run, both from 0, as families.csv and runs.csv name them: `0:116`
    #[arg(value_name = "CELL:RUN")]
    run: String,
    /// Keep one step in so many [default: about twenty a decade]
    #[arg(long, value_name = "STEPS", allow_negative_numbers = true, value_parser = usage::every)]
    every: Option<u32>,
    /// Add the weights
    #[arg(long)]
    weights: bool,
    /// Format of the table
    #[arg(long, value_enum, default_value = "csv")]
    format: Format,
}

pub(super) fn replay(arguments: &Arguments) -> anyhow::Result<()> {
    let Source { spec, plan, precision } = arguments.source.read()?;
    let wrong = |problem: String| Usage(format!("CELL:RUN = {}: {problem}", arguments.run));
    let (cell, run) = arguments
        .run
        .split_once(':')
        .and_then(|(cell, run)| Some((cell.parse::<usize>().ok()?, run.parse::<u64>().ok()?)))
        .ok_or_else(|| wrong("is not two whole numbers; write for example 0:116".into()))?;
    let Some(chosen) = plan.cells.get(cell) else {
        return Err(wrong(format!("there are {} cells; choose 0 to {}", plan.cells.len(), plan.cells.len() - 1)).into());
    };
    if run >= chosen.runs {
        return Err(wrong(format!("a cell has {} runs; choose 0 to {}", chosen.runs, chosen.runs - 1)).into());
    }
    let every = arguments.every.map_or(Every::Decade, Every::Steps);
    let replayed = run::on_threads(&spec.compute, || {
        stepper::replay(
            Track { model: spec.model, form: chosen.form, cell: chosen, precision },
            run,
            every,
            arguments.weights,
        )
    })?;
    let path = replayed.map_err(|e| spec.refuse(e))?;

    let mut header = vec!["step".to_string(), "loss".into(), "grad_norm".into()];
    header.extend(path.observables.iter().map(|seen| seen.name.to_string()));
    if arguments.weights {
        header.extend((0..chosen.problem.dim()).map(|i| format!("x{i}")));
    }
    let rows = path.trace_points.iter().map(|point| {
        let mut row = vec![point.step.to_string(), field(Some(point.loss)), field(Some(point.gradient_norm))];
        row.extend(point.observables.iter().map(|value| field(Some(*value))));
        if arguments.weights {
            row.extend(point.state.iter().map(|x| number(*x)));
        }
        row
    });
    let family = path.found.family.as_ref().map_or(String::new(), |family| {
        format!(
            "; critical point: loss {}, index {}, smallest eigenvalue {}, orbits {}",
            digits(family.loss),
            family.index,
            digits(family.eigenvalue_min()),
            family.orbits
        )
    });
    let led = match path.found.continued {
        0 => String::new(),
        steps => format!(", told {} of f64 later", counted(u64::from(steps), "step")),
    };
    say(&format!(
        "run {run} of cell {cell} in {}: {} after {} steps, {}{led}{family}",
        precision.name(),
        path.stop.status.name(),
        path.stop.steps,
        path.found.outcome.name()
    ));
    print(&arguments.format.render(&Rows { header, rows: rows.collect() }))
}
