//! The line below the title of a table.

use super::sampled::Sampled;
use crate::experiment::plan::step_words;
use crate::experiment::{Plan, Spec, spec};
use crate::landscape::StepSize;
use crate::numerics::text::{grouped, number};

/// One line on what was computed: model, form, the parameters that do not vary, runs and seed.
pub(super) fn subject(spec: &Spec, plan: &Plan) -> String {
    let mut parts = vec![match &spec.forms[..] {
        [form] => format!("model {}, {form} form", spec.model.name()),
        _ => format!("model {}", spec.model.name()),
    }];
    if let Some(cell) = plan.cells.first() {
        let fixed = plan.columns(cell).into_iter().filter(|(name, _)| !plan.varies(name) && plan.is_fixed(name));
        let parameter = |name: &str| spec.model.parameters().iter().find(|p| p.name == name);
        let told = |name: &str| parameter(name).is_none_or(|p| p.is_told(&cell.values));
        let named = fixed.filter(|(name, _)| told(name));
        parts.extend(named.map(|(name, value)| format!("{name} {value}")));
    }
    // Settings of the descent, where they are not the defaults.
    if !plan.sweeps.step && spec.step != [StepSize::Auto] {
        parts.push(format!("step {}", step_words(&spec.step[0], spec.model.about().step_groups)));
    }
    if spec.max_steps != spec::DEFAULT_MAX_STEPS {
        parts.push(format!("at most {} steps", grouped(u64::from(spec.max_steps))));
    }
    if spec.tolerance != spec.model.about().tolerance.default {
        parts.push(format!("tolerance {}", number(spec.tolerance)));
    }
    if !spec.verdicts {
        parts.push("no verdicts".into());
    }
    let drawn = plan.cells.iter().find_map(|cell| cell.lent().problem.layout().drawn_for_each_run);
    parts.extend(drawn.map(|what| format!("{what} drawn for each run")));
    parts.push(match &plan.sampling {
        Some(sampling) => Sampled::subject(plan, sampling),
        None => format!("{} runs per cell", grouped(spec.runs_per_cell)),
    });
    if let [seed] = spec.seeds[..] {
        parts.push(format!("seed {seed}"));
    }
    parts.join(", ")
}
