//! A result folder as one HTML page that stands alone: no script, no network, light and dark, for a screen, a phone and
//! paper.
//!
//! The page says what was asked, what was found and how to make it again: the figures ([`super::figures`]), the table
//! of [`Summary`], families, parameters, theory, the model, and where the numbers come from. The same folder gives the
//! same bytes.

use crate::experiment::plan::step_words;
use crate::experiment::{Plan, Spec};
use crate::landscape::{Outcome, StepSize, Value};
use crate::numerics::Method;
use crate::numerics::text::{grouped, number};
use crate::result::Results;
use crate::result::folder::manifest::{Manifest, State};
use crate::result::tables::Summary;
use crate::result::tables::families::FamilyTable;
use crate::result::tables::layout::Grid;
use crate::result::tables::paired::PairedTable;
use crate::result::tables::theorems::TheoremTable;
use crate::show::figure::{Figure, Medium, color};
use crate::show::progress::si;
use std::fmt::Write;

/// Rows from which a table is folded away.
const MANY_ROWS: usize = 60;

/// Columns above which a table is set smaller on paper.
const WIDE: usize = 10;

/// The page of an experiment, with intervals of confidence level `level`.
pub fn page(results: &Results, level: f64) -> String {
    let Results { spec, plan, .. } = results;
    let summary = Summary::new(results, level);
    let mut page = Page::default();
    page.head(&summary.title);
    page.element("h1", "", &summary.title);
    page.element("p", "subject", &summary.subject);
    if let Some(note) = summary.unfinished_note() {
        page.element("p", "unfinished", &note);
    }
    page.definitions(&key_figures(results, &summary));
    for named in super::figures::of(spec, plan, &summary) {
        page.figure(&named.figure);
    }
    page.element("h2", "", "Estimates");
    let (header, rows) = summary.cells();
    let caption = "One row per cell. Probabilities with their intervals, counts of the other outcomes.";
    page.table(&header, &rows, &format!("{caption}{}", steps_of_groups(spec)));
    summary.notes().iter().for_each(|note| page.element("p", "note", note));
    let families = FamilyTable::new(results, level);
    if !families.is_empty() {
        page.element("h2", "", "Families of endpoints");
        let (header, rows) = families.cells();
        page.table(&header, &rows, "The critical points that runs ended in, by the curvature there.");
    }
    for grid in PairedTable::new(results, level).grids() {
        page.grid("Over the same draws", &grid);
    }
    let theorems = TheoremTable::new(results);
    if let Some(grid) = theorems.grid() {
        page.grid("Theorems", &grid);
        for line in theorems.violations(&spec.name) {
            page.element("p", "unfinished", &line);
        }
    }
    page.parameters(spec, plan);
    page.theory(plan);
    page.words(&summary);
    page.element("h2", "", "Model");
    page.element("p", "", &format!("{}: {}.", spec.model.name(), spec.model.about().summary));
    page.folded("Network, loss, descent, outcomes and sources", spec.model.about().description);
    results.provenance.iter().for_each(|manifest| page.provenance(manifest, spec));
    page.reproduce(spec);
    page.text.push_str("</main>\n</body>\n</html>\n");
    page.text
}

/// A sentence on how the column of steps is written, where groups of weights have their own.
fn steps_of_groups(spec: &Spec) -> String {
    let of_groups = spec.step.len() > 1 && spec.step.iter().any(|step| matches!(step, StepSize::Groups(_)));
    if !of_groups {
        return String::new();
    }
    format!(" Steps of groups of weights are written {}.", spec.model.about().step_groups.join("/"))
}

/// What a reader wants to know first.
fn key_figures(results: &Results, summary: &Summary) -> Vec<(String, String)> {
    let (plan, tally) = (&results.plan, results.tally());
    let known: Vec<f64> = summary.rows.iter().filter_map(|row| row.probability).collect();
    let low = known.iter().copied().fold(f64::INFINITY, f64::min);
    let high = summary.rows.iter().filter_map(|row| row.possible).fold(f64::NEG_INFINITY, f64::max);
    let open = if summary.has_open_runs() { ", as undecided and slow runs turn out" } else { "" };
    let text = crate::result::tables::layout::probability_text;
    let mut all: Vec<(String, String)> = Vec::new();
    let name = format!("Probability of {}", summary.outcome.name());
    match (summary.rows.as_slice(), known.as_slice()) {
        (_, []) => {}
        ([row], _) => {
            let percent = number(summary.level * 100.0);
            let range = if open.is_empty() { text(low) } else { format!("{} to {}{open}", text(low), text(high)) };
            let interval = format!("{} to {}", text(row.possible_interval.low), text(row.possible_interval.high));
            all.push((name, format!("{range}, {percent} % interval {interval}")));
        }
        _ if low == high => all.push((name, format!("{} in every cell", text(low)))),
        _ => all.push((name, format!("{} to {} over the cells{open}", text(low), text(high)))),
    }
    all.push(("Cells".into(), grouped(plan.cells.len() as u64)));
    all.push(("Runs".into(), format!("{}, {} gradient steps", grouped(tally.runs()), si(tally.steps as f64))));
    let others = Outcome::ALL.into_iter().filter(|o| *o != summary.outcome).filter_map(|outcome| {
        let count = tally.count(outcome);
        (count > 0).then(|| format!("{} {}", grouped(count), outcome.name()))
    });
    let others: Vec<String> = others.collect();
    if !others.is_empty() {
        all.push(("Other outcomes".into(), others.join(", ")));
    }
    if let Some(a) = summary.agreement() {
        let text = format!("sum of squares {:.1} with {} degrees of freedom, p = {:.2}", a.sum, a.cells, a.p_value);
        all.push(("Against published figures".into(), text));
    }
    let computed = |manifest: &Manifest| format!("on {}, {}", manifest.backends.join("; "), manifest.precision);
    all.extend(results.provenance.iter().map(|manifest| ("Computed".into(), computed(manifest))));
    all
}

/// The text of a page.
#[derive(Default)]
struct Page {
    text: String,
    /// Figures and tables so far.
    figures: usize,
    tables: usize,
}

impl Page {
    fn head(&mut self, title: &str) {
        // The policy forbids what the page does not need: scripts and every request.
        let policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";
        let _ = write!(
            self.text,
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\"/>\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n\
             <meta name=\"generator\" content=\"spurious {}\"/>\n\
             <title>{}</title>\n<link rel=\"icon\" href=\"data:,\"/>\n\
             <style>\n{}:root {{\n{}}}\n@media (prefers-color-scheme: dark) {{\n:root {{\n{}}}\n}}\n\
             @media print {{\n:root {{\n{}}}\n}}\n</style>\n</head>\n<body>\n<main>\n",
            env!("CARGO_PKG_VERSION"),
            escape(title),
            include_str!("page.css"),
            color::properties(false),
            color::properties(true),
            color::properties(false),
        );
    }

    /// An element with text.
    fn element(&mut self, tag: &str, class: &str, text: &str) {
        let class = if class.is_empty() { String::new() } else { format!(" class=\"{class}\"") };
        let _ = writeln!(self.text, "<{tag}{class}>{}</{tag}>", escape(text));
    }

    fn definitions(&mut self, list: &[(String, String)]) {
        self.text.push_str("<dl>\n");
        for (name, value) in list {
            let _ = writeln!(self.text, "<dt>{}</dt><dd>{}</dd>", escape(name), escape(value));
        }
        self.text.push_str("</dl>\n");
    }

    /// A figure with its number, in the variant for a screen or paper and in that for a phone.
    fn figure(&mut self, figure: &Figure) {
        self.figures += 1;
        let number = self.figures;
        self.text.push_str("<figure>\n");
        for (class, narrow) in [("wide", false), ("narrow", true)] {
            let svg = figure.svg(&Medium::Page { id: format!("figure-{number}-{class}"), narrow });
            let _ = writeln!(self.text, "<div class=\"{class}\">\n{svg}</div>");
        }
        let said = [&figure.caption].into_iter().chain(&figure.notes).filter(|text| !text.is_empty());
        let said: Vec<String> = said.map(|text| escape(text)).collect();
        let said = said.join(" ");
        let _ = writeln!(self.text, "<figcaption><b>Figure {number}.</b> {said}</figcaption>\n</figure>");
    }

    /// The numbered caption of the table that follows, which is named by it.
    fn caption(&mut self, caption: &str) -> String {
        self.tables += 1;
        let (number, caption) = (self.tables, escape(caption));
        let _ = writeln!(self.text, "<p class=\"caption\" id=\"table-{number}\"><b>Table {number}.</b> {caption}</p>");
        format!("tabindex=\"0\" role=\"region\" aria-labelledby=\"table-{number}\"")
    }

    fn folded(&mut self, summary: &str, text: &str) {
        let (summary, text) = (escape(summary), escape(text));
        let _ = writeln!(self.text, "<details><summary>{summary}</summary>\n<pre>{text}</pre></details>");
    }

    /// A table of numbers; a long one is folded.
    fn table(&mut self, header: &[String], rows: &[Vec<String>], caption: &str) {
        let long = rows.len() >= MANY_ROWS;
        if long {
            let _ = writeln!(self.text, "<details><summary>{} rows</summary>", rows.len());
        }
        let named = self.caption(caption);
        let class = if long { "scroll long" } else { "scroll" };
        let wide = if header.len() > WIDE { " class=\"many\"" } else { "" };
        let _ = writeln!(self.text, "<div class=\"{class}\" {named}><table{wide}>");
        self.rows(header, rows);
        self.text.push_str("</table></div>\n");
        if long {
            self.text.push_str("</details>\n");
        }
    }

    /// One of the tables below that of the outcomes; those of one heading follow each other.
    fn grid(&mut self, heading: &str, grid: &Grid) {
        let heading = format!("<h2>{}</h2>", escape(heading));
        if !self.text.contains(&heading) {
            let _ = writeln!(self.text, "{heading}");
        }
        match grid.rows.as_slice() {
            [] => self.element("p", "note", &grid.caption),
            rows => self.table(&grid.header, rows, &grid.caption),
        }
        if !grid.note.is_empty() {
            self.element("p", "note", &grid.note);
        }
    }

    fn rows(&mut self, header: &[String], rows: &[Vec<String>]) {
        let cells = |tag: &str, row: &[String]| -> String {
            let (open, close) = tag.split_once(' ').map_or((tag, tag), |(name, _)| (tag, name));
            row.iter().map(|cell| format!("<{open}>{}</{close}>", escape(cell))).collect()
        };
        let _ = writeln!(self.text, "<thead><tr>{}</tr></thead>\n<tbody>", cells("th scope=\"col\"", header));
        for row in rows {
            let _ = writeln!(self.text, "<tr>{}</tr>", cells("td", row));
        }
        self.text.push_str("</tbody>\n");
    }

    /// A table of words: names and what they mean.
    fn meanings(&mut self, header: &[&str], rows: &[Vec<String>], caption: &str) {
        let header: Vec<String> = header.iter().map(|text| (*text).to_string()).collect();
        let named = self.caption(caption);
        let _ = writeln!(self.text, "<div class=\"scroll\" {named}><table class=\"words\">");
        let from = self.text.len();
        self.rows(&header, rows);
        // A long name may be broken where its words are joined.
        let named = self.text[from..].replace('_', "_<wbr/>");
        self.text.truncate(from);
        self.text.push_str(&named);
        self.text.push_str("</table></div>\n");
    }

    /// Values of every parameter, with its meaning.
    fn parameters(&mut self, spec: &Spec, plan: &Plan) {
        self.element("h2", "", "Parameters");
        let list = |values: &[Value]| {
            let texts: Vec<String> = values.iter().map(Value::to_string).collect();
            match texts.as_slice() {
                [first, .., last] if texts.len() > 12 => format!("{first} … {last} ({} values)", texts.len()),
                texts => texts.join(", "),
            }
        };
        let mut rows: Vec<Vec<String>> = Vec::new();
        for (parameter, (name, values)) in spec.model.parameters().iter().zip(&spec.params) {
            let shown = list(values);
            let shown = if shown.is_empty() { "–".to_string() } else { shown };
            let symbol = if parameter.symbol.is_empty() { String::new() } else { format!(" {}", parameter.symbol) };
            rows.push(vec![format!("{name}{symbol}"), shown, parameter.about.into()]);
        }
        let groups = spec.model.about().step_groups;
        let steps: Vec<String> = spec.step.iter().map(|step| step_words(step, groups)).collect();
        rows.push(vec!["step".into(), steps.join(", "), "step size; spurious models NAME says what auto is".into()]);
        rows.push(vec!["max_steps".into(), spec.max_steps.to_string(), "step budget of a run".into()]);
        rows.push(vec!["tolerance".into(), number(spec.tolerance), spec.model.about().tolerance.about.into()]);
        let verdicts = if spec.verdicts { "on" } else { "off" };
        rows.push(vec!["verdicts".into(), verdicts.into(), "runs stop at a proof of their outcome".into()]);
        let several = " Several values make an axis of the grid; every combination is a cell.";
        let several = if plan.cells.len() > 1 { several } else { "" };
        let caption = format!("The value of every parameter, defaults as well, and its meaning.{several}");
        self.meanings(&["parameter", "value", "meaning"], &rows, &caption);
    }

    /// What theory says: the value where it is the same in all cells, else the range.
    fn theory(&mut self, plan: &Plan) {
        let cells: Vec<_> = plan.cells.iter().map(|cell| cell.lent().problem.theory(None)).collect();
        let Some(first) = cells.first().filter(|theory| !theory.is_empty()) else { return };
        self.element("h2", "", "Theory");
        let mut rows = Vec::new();
        for (i, prediction) in first.iter().enumerate() {
            let values: Vec<f64> = cells.iter().filter_map(|theory| theory.get(i).and_then(|p| p.value)).collect();
            let low = values.iter().copied().fold(f64::INFINITY, f64::min);
            let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let short = |x: f64| crate::judge::family::digits(x).parse().map_or_else(|_| number(x), number);
            let shown = match values.len() {
                0 => "–".into(),
                _ if low == high => short(low),
                _ => format!("{} to {}", short(low), short(high)),
            };
            rows.push(vec![prediction.name.to_string(), shown, prediction.about.to_string()]);
        }
        let caption = "What theory says; cells.csv has the values of each cell.";
        self.meanings(&["prediction", "value", "meaning"], &rows, caption);
    }

    /// What the words of the table mean.
    fn words(&mut self, summary: &Summary) {
        self.element("h2", "", "How to read the numbers");
        let percent = number(summary.level * 100.0);
        let method = match summary.method {
            Method::Wilson => "Wilson score intervals",
            Method::ClopperPearson => "exact (Clopper–Pearson)",
        };
        for text in [
            format!(
                "A run is one descent from one random start. Its outcome is what it ends in; the share of runs that \
                 end in {} estimates the probability of it from one random start.",
                summary.outcome.name()
            ),
            format!(
                "Intervals have confidence level {percent} %; those of the table are {method}. estimates.csv holds \
                 the Wilson score interval and the exact Clopper–Pearson interval of every outcome."
            ),
            format!(
                "Undecided runs, and slow ones on their way to the global minimum, have not told their outcome. Where \
                 there are some, \"possible {}\" is the range that they leave, from none to all of them, and its \
                 interval reaches from the lower end of the one to the upper end of the other.",
                summary.outcome.name()
            ),
            format!(
                "Restarts for 99 %{}: how many independent random starts reach the outcome at least once with \
                 probability 0.99, with the interval that follows from the probability's.",
                if summary.outcome == Outcome::Global { String::new() } else { format!(" {}", summary.outcome.name()) }
            ),
            "Cells that differ only in form, step size, budget or tolerance share their starts and are not \
             independent of each other."
                .into(),
        ] {
            self.element("p", "", &text);
        }
    }

    fn provenance(&mut self, manifest: &Manifest, spec: &Spec) {
        self.element("h2", "", "Where the numbers come from");
        let state = match manifest.state {
            State::Complete => "complete",
            State::Kept => "a shard, complete",
            State::Running => "unfinished",
        };
        let mut list: Vec<(String, String)> = [
            ("Program", format!("spurious {}", manifest.spurious)),
            ("Experiment", format!("{}, {state}", manifest.experiment)),
            (
                if spec.seeds.len() == 1 { "Seed" } else { "Seeds" },
                spec.seeds.iter().map(u64::to_string).collect::<Vec<_>>().join(", "),
            ),
            ("Commit", if manifest.commit.is_empty() { "not known".into() } else { manifest.commit.clone() }),
            ("Processor", manifest.processor.clone()),
            ("System", manifest.system.clone()),
            ("Computed on", manifest.backends.join("; ")),
            ("Arithmetic", manifest.precision.clone()),
            ("Started", manifest.started.clone()),
            ("Finished", manifest.finished.clone().unwrap_or_else(|| "not yet".into())),
            ("Seconds of work", format!("{:.2}", manifest.wall_seconds)),
        ]
        .map(|(name, value)| (name.to_string(), value))
        .to_vec();
        for (name, file) in &manifest.files {
            list.push((name.clone(), format!("{} bytes, SHA-256 {}", file.bytes, file.sha256)));
        }
        self.definitions(&list);
    }

    fn reproduce(&mut self, spec: &Spec) {
        self.element("h2", "", "How to make it again");
        let text = format!(
            "Save the experiment below as {name}.toml beside the files it names. The same seed gives the same starts \
             on every machine; counts can differ between formats of the arithmetic, rarely.",
            name = spec.name
        );
        self.element("p", "", &text);
        let name = &spec.name;
        let commands = format!("spurious run {name}.toml --out {name}\nspurious report {name} --html {name}.html\n");
        let _ = writeln!(self.text, "<pre>{}</pre>", escape(&commands));
        self.folded("The experiment, with every default filled in", &spec.to_toml());
    }
}

/// Text for HTML, in elements and in quoted attributes.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            _ => escaped.push(character),
        }
    }
    escaped
}
