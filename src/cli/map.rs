//! `spurious map`

use super::destination::Destination;
use super::stop::Stop;
use super::{Interrupted, SpecArguments, Usage, chosen, figures, print, say, usage, warn_of_software};
use spurious::descent::backend::BackendError;
use spurious::descent::plane::{Plane, Wish};
use spurious::experiment::run::{self, ExperimentError};
use spurious::experiment::{Cell, Plan, Spec};
use spurious::explore::map::{self, Map, Shade};
use spurious::landscape::Invalid;
use spurious::numerics::decimal;
use spurious::show::progress::{Progress, clock};
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "A coordinate is one that the model names (for cnn: angle, radius, sum, overlap) or a component x0, \
                  x1, … of the start, for example --x angle --y overlap=-2:2 or --x x0=-1:1 --y x1=-1:1. All other \
                  coordinates are those of the start of --run, or what --at sets. Starts are the centres of equal \
                  cells of the plane. The counts go to stdout, the picture to --figure, and every start with its \
                  outcome and steps to --out. Where one of these is -, that is on stdout and the counts on stderr."
)]
pub(super) struct Arguments {
    #[command(flatten)]
    spec: SpecArguments,
    /// Coordinate across, with its range where that is not the model's
    #[arg(long, value_name = "NAME[=LOW:HIGH]", allow_hyphen_values = true)]
    x: String,
    /// Coordinate up, with its range where that is not the model's
    #[arg(long, value_name = "NAME[=LOW:HIGH]", allow_hyphen_values = true)]
    y: String,
    /// Sets another coordinate of all starts; may be repeated
    #[arg(long, value_name = "NAME=VALUE", allow_hyphen_values = true)]
    at: Vec<String>,
    /// Points across and up, up to 4096 each
    #[arg(long, value_name = "WIDTHxHEIGHT", default_value = "512x512")]
    size: String,
    /// What is coloured
    #[arg(long, value_enum, default_value = "outcome")]
    show: Show,
    /// Cell of the experiment, from 0, where there are several
    #[arg(long, value_name = "CELL", allow_negative_numbers = true, value_parser = usage::cell)]
    cell: Option<usize>,
    /// Run whose start the plane goes through
    #[arg(long, default_value = "0", allow_negative_numbers = true, value_parser = usage::run)]
    run: u64,
    /// Picture to write, .svg, .png or .pdf; `-` for an SVG on stdout
    #[arg(long, value_name = "FILE", value_parser = figures::path, default_value = "map.svg")]
    figure: PathBuf,
    /// Table to write, CSV: the two coordinates, outcome and steps of every start; `-` for stdout
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Show no progress
    #[arg(long, short)]
    quiet: bool,
}

/// What is coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Show {
    /// What a run finds
    Outcome,
    /// Its gradient steps
    Steps,
}

pub(super) fn map(arguments: &Arguments) -> anyhow::Result<()> {
    let figure = Destination::new("--figure", &arguments.figure)?;
    let out = arguments.out.as_deref().map(|path| Destination::new("--out", path)).transpose()?;
    Destination::refuse_two(Some(&figure), out.as_ref())?;
    let spec = arguments.spec.load()?;
    let plan = Plan::new(&spec)?;
    let cell = chosen(&plan, arguments.cell)?;
    let wrong = |invalid: Invalid| Usage(format!("{}: {invalid}", spec.file));
    let plane = plane(arguments, cell)?.map_err(wrong)?;
    let stop = Stop::new()?;
    let map = run::on_threads(&spec.compute, || compute(&spec, &plan, cell, plane, arguments.quiet, stop.flag()))??;
    stop.at_once("interrupted");
    let shade = match arguments.show {
        Show::Outcome => Shade::Outcome,
        Show::Steps => Shade::Steps,
    };
    figures::draw(&figure, &map.figure(&spec, &plan, cell, shade))?;
    if let Some(out) = &out {
        out.write(&map.csv())?;
    }
    if !arguments.quiet {
        let table = out.iter().map(|to| format!(" and {}", to.shown()));
        say(&format!("map in {}{}", figure.shown(), table.collect::<String>()));
    }
    // Standard output holds one thing.
    if figure.is_standard_output() || out.is_some_and(|out| out.is_standard_output()) {
        if !arguments.quiet {
            say(map.text().trim_end());
        }
        return Ok(());
    }
    print(map.text().as_bytes())
}

fn compute(
    spec: &Spec,
    plan: &Plan,
    cell: &Cell,
    plane: Plane,
    quiet: bool,
    cancel: &AtomicBool,
) -> anyhow::Result<Map> {
    let backend = run::backend(&spec.compute)?;
    run::check(spec, plan, &*backend).map_err(ExperimentError::from)?;
    warn_of_software(&*backend);
    let runs = plane.runs();
    if !quiet {
        let (backend, precision) = (backend.description(), backend.precision().name());
        say(&format!("{}: {} x {} starts, on {backend} in {precision}", spec.name, plane.x.points, plane.y.points));
    }
    let began = Instant::now();
    let mut progress = Progress::new(0, runs, quiet);
    let map = Map::compute(cell, plane, &*backend, spec.compute.batch, cancel, |runs| progress.add(runs));
    progress.finish();
    let map = map.map_err(|error| match error {
        BackendError::Cancelled => anyhow::Error::from(Interrupted("interrupted; nothing is written".into())),
        error => ExperimentError::from(error).into(),
    })?;
    if !quiet {
        say(&format!("{runs} runs in {}", clock(began.elapsed())));
    }
    Ok(map)
}

/// The plane that the flags ask for.
fn plane(arguments: &Arguments, cell: &Cell) -> anyhow::Result<Result<Plane, Invalid>> {
    let side = |flag: &str, text: &str, points: usize| -> Result<Wish, Usage> {
        let (name, range) = match text.split_once('=') {
            None => (text, None),
            Some((name, range)) => {
                let numbers = range.split_once(':').and_then(|(low, high)| Some((finite(low)?, finite(high)?)));
                let expected = "the range is not two numbers; write for example angle=0:3.14";
                (name, Some(numbers.ok_or_else(|| Usage(format!("{flag} = {text}: {expected}")))?))
            }
        };
        Ok(Wish { name: name.into(), range, points })
    };
    let points = |text: &str| text.parse::<usize>().ok().filter(|n| (1..=map::LARGEST_SIDE).contains(n));
    let size = arguments.size.split_once('x').and_then(|(x, y)| Some((points(x)?, points(y)?)));
    let (columns, rows) = size.ok_or_else(|| {
        let most = map::LARGEST_SIDE;
        Usage(format!("--size = {}: is not two numbers from 1 to {most}; write for example 1024x1024", arguments.size))
    })?;
    let (x, y) = (side("--x", &arguments.x, columns)?, side("--y", &arguments.y, rows)?);
    if x.name == y.name {
        return Err(Usage(format!("--y = {}: is the coordinate of --x; choose another", arguments.y)).into());
    }
    let mut fixed: Vec<(String, f64)> = Vec::new();
    for text in &arguments.at {
        let pair = text.split_once('=').and_then(|(name, value)| Some((name.to_string(), finite(value)?)));
        let expected = "is not a name and a number; write for example --at sum=0";
        let pair = pair.ok_or_else(|| Usage(format!("--at = {text}: {expected}")))?;
        if [&x.name, &y.name].contains(&&pair.0) || fixed.iter().any(|(name, _)| *name == pair.0) {
            return Err(Usage(format!("--at = {text}: {} is set already; remove one", pair.0)).into());
        }
        fixed.push(pair);
    }
    Ok(Plane::new(&cell.problem, cell.seed, arguments.run, fixed, [&x, &y]))
}

fn finite(text: &str) -> Option<f64> {
    decimal::read(text).ok()
}
