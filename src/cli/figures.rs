//! Figures into files.

use super::{Usage, say};
use anyhow::Context;
use spurious::figure::{Figure, Medium};
use std::path::Path;

/// Pixels of a PNG for each unit of a figure: 1440 across.
const SCALE: f64 = 2.0;

/// Writes each figure as NAME.svg and NAME.png into a folder, which is made if it is not there, and says so.
pub(super) fn write<'a>(folder: &Path, figures: impl IntoIterator<Item = (&'a str, &'a Figure)>) -> anyhow::Result<()> {
    if folder.exists() && !folder.is_dir() {
        let problem = "is a file; name a folder for the figures";
        return Err(Usage(format!("--figures = {}: {problem}", folder.display())).into());
    }
    let shown = folder.display();
    std::fs::create_dir_all(folder)
        .with_context(|| format!("{shown}: cannot be made; check permissions and disk space"))?;
    for (name, figure) in figures {
        let png = figure.png(SCALE).with_context(|| format!("figure {name}"))?;
        for (ending, contents) in [("svg", figure.svg(&Medium::Paper).into_bytes()), ("png", png)] {
            let path = folder.join(format!("{name}.{ending}"));
            let temporary = folder.join(format!("{name}.{ending}.tmp"));
            std::fs::write(&temporary, contents)
                .and_then(|()| std::fs::rename(&temporary, &path))
                .with_context(|| format!("{}: cannot be written; check permissions and disk space", path.display()))?;
            say(&format!("wrote {}", path.display()));
        }
    }
    Ok(())
}
