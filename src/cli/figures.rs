//! Figures into files.

use super::{Usage, say};
use anyhow::Context;
use spurious::result::folder::write_file;
use spurious::show::figure::{Figure, Medium};
use std::path::{Path, PathBuf};

/// Pixels of a PNG for each unit of a figure: 1440 across.
const PNG_SCALE: f64 = 2.0;

/// A file name that says which format is meant, for the parser of flags.
pub(super) fn path(text: &str) -> Result<PathBuf, String> {
    match Path::new(text).extension().and_then(|e| e.to_str()) {
        Some("svg" | "png" | "pdf") => Ok(text.into()),
        _ => Err("a figure is an SVG, PNG or PDF file; end its name in .svg, .png or .pdf".into()),
    }
}

/// Draws a figure into a file, as PNG or PDF if its name ends so, else as SVG.
pub(super) fn draw(path: &Path, figure: &Figure) -> anyhow::Result<()> {
    let bytes = match path.extension().and_then(|extension| extension.to_str()) {
        Some("png") => figure.png(PNG_SCALE)?,
        Some("pdf") => figure.pdf()?,
        _ => figure.svg(&Medium::Paper).into_bytes(),
    };
    Ok(write_file(path, &bytes)?)
}

/// Draws each figure as NAME.svg, NAME.png and NAME.pdf into a folder, which is made if it is not there, and says so.
pub(super) fn draw_all<'a>(
    folder: &Path,
    figures: impl IntoIterator<Item = (&'a str, &'a Figure)>,
) -> anyhow::Result<()> {
    let shown = folder.display();
    if folder.exists() && !folder.is_dir() {
        return Err(Usage(format!("--figures = {shown}: is a file; name a folder for the figures")).into());
    }
    std::fs::create_dir_all(folder)
        .with_context(|| format!("{shown}: cannot be made; check permissions and disk space"))?;
    for (name, figure) in figures {
        for ending in ["svg", "png", "pdf"] {
            let path = folder.join(format!("{name}.{ending}"));
            draw(&path, figure)?;
            say(&format!("wrote {}", path.display()));
        }
    }
    Ok(())
}
