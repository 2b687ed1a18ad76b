//! Figures into files.

use super::destination::{self, Destination};
use super::say;
use spurious::show::figure::{Figure, FigureError, HAS_PDF, Medium};
use std::path::{Path, PathBuf};

/// Pixels of a PNG for each unit of a figure: 1440 across.
const PNG_SCALE: f64 = 2.0;

/// A file name that says which format is meant, for the parser of flags.
pub(super) fn path(text: &str) -> Result<PathBuf, String> {
    match Path::new(text).extension().and_then(|e| e.to_str()) {
        Some("pdf") if !HAS_PDF => Err(FigureError::WithoutPdf.to_string()),
        Some("svg" | "png" | "pdf") => Ok(text.into()),
        _ if text == "-" => Ok(text.into()),
        _ => Err("a figure is an SVG, PNG or PDF file; end its name in .svg, .png or .pdf, or write - for an SVG on \
                  standard output"
            .into()),
    }
}

/// Draws a figure, as PNG or PDF if the name of its file ends so, else as SVG.
pub(super) fn draw(to: &Destination, figure: &Figure) -> anyhow::Result<()> {
    let bytes = match to {
        to if to.has_ending("png") => figure.png(PNG_SCALE)?,
        to if to.has_ending("pdf") => figure.pdf()?,
        _ => figure.svg(&Medium::Paper).into_bytes(),
    };
    to.write(&bytes)
}

/// Draws each figure as NAME.svg, NAME.png and NAME.pdf into a folder, which is made if it is not there, and says so;
/// and says that a build without PDF leaves these out.
pub(super) fn draw_all<'a>(
    folder: &Path,
    figures: impl IntoIterator<Item = (&'a str, &'a Figure)>,
) -> anyhow::Result<()> {
    destination::folder("--figures", folder)?;
    for (name, figure) in figures {
        for ending in ["svg", "png", "pdf"].into_iter().filter(|ending| HAS_PDF || *ending != "pdf") {
            let to = Destination::new("--figures", &folder.join(format!("{name}.{ending}")))?;
            draw(&to, figure)?;
            say(&format!("wrote {}", to.shown()));
        }
    }
    if !HAS_PDF {
        say(&format!("no PDF: {}", FigureError::WithoutPdf));
    }
    Ok(())
}
