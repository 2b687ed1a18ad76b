//! `spurious trace`

use super::destination::Destination;
use super::source::{Source, SourceArguments};
use super::{Format, Usage, chosen, figures, print, say, usage};
use anyhow::anyhow;
use clap::ValueEnum;
use rayon::prelude::*;
use spurious::experiment::Cell;
use spurious::experiment::run;
use spurious::explore::stepper::{Every, Track};
use spurious::explore::trace::{Extent, Trace, figure, table, trace as follow, words};
use spurious::numerics::decimal::read_whole;
use std::ops::Range;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "A trace is the experiment's run, bit by bit, and goes on past its verdict until it has converged, or \
                  its budget is spent; the verdict is marked in the figure. The table has the columns cell, run, step, \
                  loss (in f64), grad_norm, what the model names of a point (for cnn angle, output_error, sum …) and \
                  what theory says there (angle_majorant, loss_late …; empty where it says nothing); spurious models \
                  cnn explains them. It goes to stdout unless --out or --figure is given. What each run found, and \
                  measured numbers beside predicted ones, go to stderr. A proven bound that a run breaks is a defect \
                  of the program and ends it with exit code 1. Without verdict and bounds, and with the critical point \
                  a run came to rest at: spurious replay."
)]
pub(super) struct Arguments {
    #[command(flatten)]
    source: SourceArguments,
    /// The cell, from 0; may be left out where there is only one
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = usage::cell)]
    cell: Option<usize>,
    /// The run, from 0 [default: 0]
    #[arg(long, value_name = "R", allow_negative_numbers = true, value_parser = usage::run)]
    run: Option<u64>,
    /// The first so many runs instead of one
    #[arg(long, value_name = "N", conflicts_with = "run", allow_negative_numbers = true, value_parser = usage::runs)]
    runs: Option<u64>,
    /// Keep one step in so many [default: every step up to 256, then about 400 per decade]
    #[arg(long, value_name = "STEPS", allow_negative_numbers = true, value_parser = usage::every)]
    every: Option<u32>,
    /// Steps that are kept; HIGH alone is 0:HIGH. HIGH is a step budget in place of descent.max_steps
    #[arg(long, value_name = "LOW:HIGH", allow_hyphen_values = true, value_parser = steps)]
    steps: Option<Range<u32>>,
    /// Add the weights to the table
    #[arg(long)]
    weights: bool,
    /// Format of the table
    #[arg(long, value_enum, default_value = "csv")]
    format: Format,
    /// Write the table to a file; `-` for stdout
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Draw the figure, as SVG, PNG or PDF; `-` for an SVG on stdout
    #[arg(long, value_name = "FILE.svg|png|pdf", value_parser = figures::path)]
    figure: Option<PathBuf>,
    /// Axis of the steps in the figure [default: linear for at most 5000 steps to the global minimum, else log]
    #[arg(long, value_enum, requires = "figure")]
    axis: Option<StepAxis>,
    /// Columns that the figure shows, one panel each [default: the model's choice]
    #[arg(long, value_name = "COLUMN,…", value_delimiter = ',', requires = "figure")]
    panels: Vec<String>,
}

/// Axis of the steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum StepAxis {
    /// In proportion
    Linear,
    /// By logarithms, from step 1
    Log,
}

fn steps(text: &str) -> Result<Range<u32>, String> {
    let wrong = || format!("write HIGH or LOW:HIGH, whole numbers from 0 to {}, for example 0:2000", u32::MAX);
    let whole = |text: &str| read_whole(text).and_then(|n| u32::try_from(n).ok()).ok_or_else(wrong);
    let (low, high) = match text.split_once(':') {
        Some((low, high)) => (whole(low)?, whole(high)?),
        None => (0, whole(text)?),
    };
    if low < high { Ok(low..high) } else { Err(format!("{low} is not below {high}; write for example 0:2000")) }
}

/// The runs that are meant.
fn chosen_runs(arguments: &Arguments, cell: &Cell) -> Result<Range<u64>, Usage> {
    let most = cell.runs;
    match (arguments.run, arguments.runs) {
        (_, Some(runs)) if runs > most => {
            Err(Usage(format!("--runs {runs}: a cell has {most} runs; choose {most} at most, or --set runs.per_cell")))
        }
        (_, Some(runs)) => Ok(0..runs),
        (run, None) => {
            let run = run.unwrap_or(0);
            if run >= most {
                return Err(Usage(format!("--run {run}: a cell has {most} runs; choose 0 to {}", most - 1)));
            }
            Ok(run..run + 1)
        }
    }
}

pub(super) fn trace(arguments: &Arguments) -> anyhow::Result<()> {
    let out = arguments.out.as_deref().map(|path| Destination::new("--out", path)).transpose()?;
    let picture = arguments.figure.as_deref().map(|path| Destination::new("--figure", path)).transpose()?;
    Destination::refuse_two(out.as_ref(), picture.as_ref())?;
    let Source { spec, plan, precision } = arguments.source.read()?;
    let cell = chosen(&plan, arguments.cell)?;
    let runs = chosen_runs(arguments, cell)?;
    let track = Track { model: spec.model, form: cell.form, cell, precision };
    let extent = Extent {
        every: arguments.every.map_or(Every::Fine, Every::Steps),
        low: arguments.steps.as_ref().map_or(0, |steps| steps.start),
        high: arguments.steps.as_ref().map(|steps| steps.end),
        weights: arguments.weights,
    };
    let follow_all = || {
        let each = runs.into_par_iter().map(|run| Ok((run, follow(track, run, extent)?)));
        each.collect::<Result<Vec<(u64, Trace)>, _>>()
    };
    let traces = run::on_threads(&spec.compute, follow_all)?.map_err(|e| spec.refuse(e))?;

    if let Some(to) = &picture {
        let axis = arguments.axis.map(|axis| match axis {
            StepAxis::Linear => figure::StepAxis::Linear,
            StepAxis::Log => figure::StepAxis::Log,
        });
        let options = figure::Options { axis, panels: arguments.panels.clone() };
        let drawn = figure::of(&spec, cell, &traces, &options).map_err(|unknown| Usage(unknown.to_string()))?;
        figures::draw(to, &drawn)?;
        say(&format!("figure in {}", to.shown()));
    }
    let table = || arguments.format.render(&table::rows(cell.index, &traces));
    match &out {
        Some(to) => {
            to.write(&table())?;
            if !to.is_standard_output() {
                say(&format!("table in {}", to.shown()));
            }
        }
        None if picture.is_none() => print(&table())?,
        None => {}
    }
    report(cell.index, &traces)
}

/// Says what became of the runs; an error where a proof and a path do not agree.
fn report(cell: usize, traces: &[(u64, Trace)]) -> anyhow::Result<()> {
    let alone = traces.len() == 1;
    let mut defects = 0;
    for (run, trace) in traces {
        say(&words::headline(cell, *run, trace));
        let of_bounds = words::verdict_on_bounds(trace);
        let broken = trace.first_break().is_some();
        if alone {
            words::readings(trace).iter().for_each(|line| say(&format!("  {line}")));
        }
        of_bounds.filter(|_| alone || broken).iter().for_each(|line| say(&format!("  {line}")));
        if trace.contradicts_verdict() {
            say(&format!(
                "  the run goes on to {}, against its verdict: a defect of the program",
                trace.end_outcome.name()
            ));
        }
        defects += usize::from(broken || trace.contradicts_verdict());
    }
    let bounded = traces.iter().filter(|(_, trace)| words::verdict_on_bounds(trace).is_some()).count();
    if !alone && bounded > 0 && defects == 0 {
        say(&format!("bounds kept by all {bounded} runs that have them"));
    }
    if defects > 0 {
        return Err(anyhow!("{defects} of {} runs break what is proven of them; please report this", traces.len()));
    }
    Ok(())
}
