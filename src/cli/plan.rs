//! `spurious plan`

mod memory;
mod pieces;
mod trial;

use super::{SpecArguments, print, shards, usage, warn_of_software};
use spurious::experiment::plan::step_words;
use spurious::experiment::run;
use spurious::experiment::{Plan, Spec};
use spurious::landscape::Value;
use spurious::numerics::text::{counted, grouped};
use spurious::show::progress::si;
use std::fmt::Write;
use trial::Trial;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    spec: SpecArguments,
    /// Say what each of so many shards takes, and their merge
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = usage::shards)]
    shards: Option<u64>,
    /// Price of a machine like this one for an hour, in any currency: say what all runs cost
    #[arg(long, value_name = "PRICE", allow_negative_numbers = true, value_parser = usage::price)]
    price_per_hour: Option<f64>,
}

/// Values of an axis that are all shown; of a longer one the first of them and the last.
const SHOWN: usize = 24;

pub(super) fn plan(arguments: &Arguments) -> anyhow::Result<()> {
    let spec = arguments.spec.load()?;
    let plan = Plan::new(&spec)?;
    if arguments.shards.is_some() {
        shards::can_be_cut(&spec)?;
    }
    let text = run::on_threads(&spec.compute, || describe(&spec, &plan, arguments))??;
    print(text.as_bytes())
}

fn describe(spec: &Spec, plan: &Plan, arguments: &Arguments) -> anyhow::Result<String> {
    let backend = run::backend(&spec.compute)?;
    run::check(spec, plan, &*backend)?;
    warn_of_software(&*backend);
    let tried = Trial::of(spec, plan, &*backend)?;
    let expected = tried.expected(spec, plan);
    // Where a pilot is going to decide, what it is expected to.
    let plan = expected.as_ref().unwrap_or(plan);
    let mut text = format!(
        "{}\nmodel {}, {} {}\ncells        {}\n",
        if spec.title.is_empty() { &spec.name } else { &spec.title },
        spec.model.name(),
        spec.forms.join(", "),
        if spec.forms.len() == 1 { "form" } else { "forms" },
        plan.cells.len(),
    );
    text.push_str(&runs_text(spec, plan));
    if plan.sweeps.seed {
        let list: Vec<String> = spec.seeds.iter().map(u64::to_string).collect();
        writeln!(text, "axis         seed = {}", listed(list))?;
    }
    if plan.sweeps.form {
        writeln!(text, "axis         form = {}", spec.forms.join(", "))?;
    }
    for (name, values) in spec.params.iter().filter(|(_, values)| values.len() > 1) {
        let shown = |value: &Value| Some(value.to_string()).filter(|text| !text.is_empty()).unwrap_or("\"\"".into());
        let list: Vec<String> = values.iter().map(shown).collect();
        writeln!(text, "axis         {name} = {}", listed(list))?;
    }
    if plan.sweeps.step {
        let list: Vec<String> = spec.step.iter().map(|step| step_words(step, spec.model.about().step_groups)).collect();
        writeln!(text, "axis         step = {}", listed(list))?;
    }
    for group in &spec.zip {
        writeln!(text, "together     {}", group.join(", "))?;
    }
    writeln!(text, "backend      {} in {}", backend.description(), backend.precision().name())?;
    let (batch, bytes) = (memory::batch(spec, plan, &*backend), memory::bytes(spec, plan, &*backend));
    writeln!(text, "batch        {batch} runs; memory about {}B", si(bytes as f64))?;
    text.push_str(&tried.forecast(plan, &*backend));
    text.push_str(&pieces::text(spec, plan, tried.seconds(plan), (arguments.shards, arguments.price_per_hour)));
    let asked = plan.sampling.is_some_and(|sampling| sampling.rule.width.is_some());
    if !plan.awaits_pilot() && !asked {
        let level = spec.output.level;
        let runs = plan.runs_of_cells().0;
        let half = plan.method().interval(runs / 2, runs, level).half_width();
        writeln!(text, "precision    probabilities to ±{half:.2} or better at level {level}", half = Digits(half))?;
    }
    Ok(text)
}

/// The values of an axis.
fn listed(mut list: Vec<String>) -> String {
    let count = list.len();
    if count > SHOWN {
        list.drain(SHOWN - 2..count - 1);
        list.insert(SHOWN - 2, "…".into());
        return format!("{} ({} values)", list.join(", "), grouped(count as u64));
    }
    list.join(", ")
}

/// How many runs there are going to be.
fn runs_text(spec: &Spec, plan: &Plan) -> String {
    let runs = plan.runs();
    let Some(sampling) = plan.sampling else {
        return format!("per cell     {}\nruns         {}\n", counted(spec.runs_per_cell, "run"), grouped(runs));
    };
    let mut text = format!("per cell     runs for {}, at most {}\n", sampling.text(), grouped(sampling.most));
    if plan.awaits_pilot() {
        return text;
    }
    let (least, most) = plan.runs_of_cells();
    let pilot: u64 = plan.sizes.iter().map(|size| size.pilot).sum();
    let range = if least == most { grouped(most) } else { format!("{} to {}", grouped(least), grouped(most)) };
    text.push_str(&format!(
        "             expected: {range}, and {} in all of a pilot that decides and is not counted ({:.1} % \
         more)\n",
        grouped(pilot),
        100.0 * pilot as f64 / runs as f64
    ));
    text.push_str(&format!("runs         {} expected", grouped(runs)));
    let fixed = most.saturating_mul(plan.cells.len() as u64);
    if sampling.rule.width.is_some() && least < most {
        text.push_str(&format!("; {} if every cell had as many as the one that needs most", grouped(fixed)));
    }
    text + "\n"
}

/// A number with two significant digits.
struct Digits(f64);

impl std::fmt::Display for Digits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let decimals = (1.0 - self.0.log10().floor()).clamp(0.0, 17.0) as usize;
        write!(f, "{:.decimals$}", self.0)
    }
}
