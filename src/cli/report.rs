//! `spurious report`

use super::destination::Destination;
use super::{Format, Usage, below, figures, print, say, usage};
use spurious::result::Results;
use spurious::result::tables::Summary;
use spurious::result::tables::families::FamilyTable;
use spurious::show::page::page;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Result folder of `spurious run`, finished or not
    dir: PathBuf,
    /// Format of the table
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// Confidence level of the intervals [default: the experiment's]
    #[arg(long, value_name = "LEVEL", allow_negative_numbers = true)]
    level: Option<String>,
    /// The critical points that runs ended in, instead of the outcomes of each cell
    #[arg(long)]
    families: bool,
    /// Write the whole report as one HTML page instead: figures, tables, parameters, theory, provenance; `-` for stdout
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Also draw the table into this folder, each figure as SVG, PNG and PDF: success, map, difference
    #[arg(long, value_name = "FOLDER", conflicts_with = "families")]
    figures: Option<PathBuf>,
}

pub(super) fn report(arguments: &Arguments) -> anyhow::Result<()> {
    let level = arguments.level.as_deref().map(usage::level).transpose();
    let level = level.map_err(|problem| Usage(format!("--level = {problem}")))?;
    let html = arguments.html.as_deref().map(|path| Destination::new("--html", path)).transpose()?;
    let results = Results::read(&arguments.dir)?;
    below::left_out(&results);
    let level = level.unwrap_or(results.spec.output.level);
    if arguments.html.is_some() && arguments.families {
        let problem = "--families: means nothing beside --html, whose page has the families; remove it";
        return Err(Usage(problem.into()).into());
    }
    if arguments.families {
        let table = FamilyTable::new(&results, level);
        if table.is_empty() {
            return Err(Usage(format!(
                "{}: --families: its runs ended in no critical points that are told apart (model {}); leave the flag \
                 out",
                arguments.dir.display(),
                results.spec.model.name()
            ))
            .into());
        }
        return match arguments.format {
            Format::Text => print(table.text().as_bytes()),
            Format::Csv => print(&table.csv()),
            Format::Json => print(table.json().as_bytes()),
            Format::Md => print(table.markdown().as_bytes()),
        };
    }
    below::warn(&results, &arguments.dir);
    if let Some(folder) = &arguments.figures {
        let summary = Summary::new(&results, level);
        let drawn = spurious::show::figures::of(&results.spec, &results.plan, &summary);
        figures::draw_all(folder, drawn.iter().map(|named| (named.name.as_str(), &named.figure)))?;
    }
    if let Some(html) = html {
        html.write(page(&results, level).as_bytes())?;
        say(&format!("report in {}", html.shown()));
        return Ok(());
    }
    match arguments.format {
        Format::Text => print((Summary::in_short(&results, level).text() + &below::text(&results, level)).as_bytes()),
        Format::Csv => {
            let mut csv = Vec::new();
            Summary::write_csv(&results, level, &mut csv)?;
            print(&csv)
        }
        Format::Json => print(Summary::new(&results, level).json().as_bytes()),
        Format::Md => print(Summary::new(&results, level).markdown().as_bytes()),
    }
}
