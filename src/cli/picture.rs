//! Pictures that commands write: SVG or PNG, by the name of the file.

use spurious::figure::{Figure, Medium};
use spurious::store::write_file;
use std::path::{Path, PathBuf};

/// Pixels of a PNG for each unit of a figure.
const PNG_SCALE: f64 = 2.0;

/// A file name that says which format is meant.
pub(super) fn path(text: &str) -> Result<PathBuf, String> {
    match Path::new(text).extension().and_then(|e| e.to_str()) {
        Some("svg" | "png") => Ok(text.into()),
        _ => Err("a figure is an SVG or a PNG file; end its name in .svg or .png".into()),
    }
}

/// Draws a figure into a file.
pub(super) fn write(path: &Path, figure: &Figure) -> anyhow::Result<()> {
    let is_png = path.extension().is_some_and(|extension| extension == "png");
    let bytes = if is_png { figure.png(PNG_SCALE)? } else { figure.svg(&Medium::Paper).into_bytes() };
    Ok(write_file(path, &bytes)?)
}
