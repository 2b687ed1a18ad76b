//! Images: indexed PNG for an [`Image`](super::Layer::Image), and the rendering of a whole figure.

use super::text::FAMILIES;
use super::{FigureError, IMAGE_SIDE_MAX, Swatch};
use resvg::{tiny_skia, usvg};
use std::sync::{Arc, LazyLock};

/// Largest side of a rendered PNG.
const SIDE_MAX: u32 = 16_384;

/// The embedded font and no other.
static FONTS: LazyLock<Arc<usvg::fontdb::Database>> = LazyLock::new(|| {
    let mut fonts = usvg::fontdb::Database::new();
    fonts.load_font_data(dejavu::sans::regular().to_vec());
    Arc::new(fonts)
});

/// An SVG of a size in units as PNG with `scale` pixels a unit.
pub(super) fn render(svg: &str, width: f64, height: f64, scale: f64) -> Result<Vec<u8>, FigureError> {
    let size = |units: f64| (units * scale).round();
    let fits = |pixels: f64| (1.0..=f64::from(SIDE_MAX)).contains(&pixels);
    let (w, h) = (size(width), size(height));
    if !(fits(w) && fits(h)) {
        return Err(FigureError::Size { width: w, height: h, limit: SIDE_MAX });
    }
    let failed = |problem: String| FigureError::Render(problem);
    let family = FAMILIES.split(',').next().unwrap_or(FAMILIES).to_string();
    let options = usvg::Options { fontdb: FONTS.clone(), font_family: family, ..usvg::Options::default() };
    let tree = usvg::Tree::from_str(svg, &options).map_err(|e| failed(e.to_string()))?;
    let pixels = tiny_skia::Pixmap::new(w as u32, h as u32);
    let mut pixels = pixels.ok_or_else(|| failed("no memory".into()))?;
    let (x, y) = ((w / width) as f32, (h / height) as f32);
    resvg::render(&tree, tiny_skia::Transform::from_scale(x, y), &mut pixels.as_mut());
    pixels.encode_png().map_err(|e| failed(e.to_string()))
}

/// An indexed PNG of pixels that are given row by row from the lowest; the problem if sizes do not fit together.
pub(super) fn indexed(width: usize, height: usize, pixels: &[u8], palette: &[Swatch]) -> Result<Vec<u8>, String> {
    if width == 0 || height == 0 || width > IMAGE_SIDE_MAX || height > IMAGE_SIDE_MAX {
        return Err(format!("its sides of {width} and {height} pixels are not between 1 and {IMAGE_SIDE_MAX}"));
    }
    if pixels.len() != width * height {
        return Err(format!("it has {} pixels instead of {width} times {height}", pixels.len()));
    }
    if palette.len() > 256 || pixels.iter().any(|p| usize::from(*p) >= palette.len()) {
        return Err(format!("its palette of {} colours does not fit its pixels", palette.len()));
    }
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width as u32, height as u32);
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_palette(palette.iter().flat_map(|swatch| swatch.rgb).collect::<Vec<u8>>());
    let rows: Vec<u8> = pixels.chunks_exact(width).rev().flatten().copied().collect();
    let written = encoder.write_header().and_then(|mut writer| writer.write_image_data(&rows));
    written.map(|()| bytes).map_err(|e| e.to_string())
}

/// Bytes in base 64 (RFC 4648).
pub(super) fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let byte = |i: usize| u32::from(three.get(i).copied().unwrap_or(0));
        let group = byte(0) << 16 | byte(1) << 8 | byte(2);
        for i in 0..4 {
            let digit = DIGITS[(group >> (18 - 6 * i) & 63) as usize];
            text.push(if i <= three.len() { char::from(digit) } else { '=' });
        }
    }
    text
}
