//! Colours: inks for lines and text, maps for values.
//!
//! Series have the colours of Okabe and Ito (Color Universal Design, 2008), which readers with any colour vision can
//! tell apart, without yellow, which is too pale on white. On dark paper each has a paler shade of the same hue. Values
//! are shown in viridis (S. van der Walt and N. Smith, matplotlib 1.5, CC0), whose lightness rises evenly from its
//! first colour to its last, and differences in RdBu (C. Brewer, ColorBrewer 2.0, Apache 2.0), reversed, palest in its
//! middle.

/// Number of series that have a colour of their own; later ones begin anew.
pub const SERIES: usize = 7;

/// Colour of a line, mark or text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ink {
    /// Colour of the series of this index, modulo [`SERIES`].
    Series(usize),
    /// As text and axes.
    Text,
    /// As less important text.
    Faint,
    /// As the grid.
    Grid,
    /// As the background.
    Paper,
}

/// A sequence of colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Map {
    /// From dark blue to yellow: values.
    #[default]
    Viridis,
    /// From blue through white to red: differences, with 0 in the middle.
    Difference,
}

/// Names of the custom properties, with their values on light and on dark paper.
const PROPERTIES: [(&str, &str, &str); 4 + SERIES] = [
    ("ink", "#222222", "#e8e8e8"),
    ("faint", "#6b6b6b", "#a6a6a6"),
    ("grid", "#e4e4e4", "#3a3d42"),
    ("paper", "#ffffff", "#17191c"),
    ("series-0", "#0072b2", "#4aa8e0"),
    ("series-1", "#d55e00", "#ff8a3d"),
    ("series-2", "#009e73", "#2cc79b"),
    ("series-3", "#cc79a7", "#e3a1c6"),
    ("series-4", "#e69f00", "#f3bb45"),
    ("series-5", "#56b4e9", "#9ad4f5"),
    ("series-6", "#000000", "#ffffff"),
];

/// Declarations of the custom properties that a figure on a page takes its colours from, one a line, for light or dark
/// paper; without them a figure has the colours for light paper.
pub fn properties(dark: bool) -> String {
    let line = |(name, light, night): &(&str, &str, &str)| format!("--{name}: {};\n", if dark { night } else { light });
    PROPERTIES.iter().map(line).collect()
}

impl Ink {
    fn index(self) -> usize {
        match self {
            Ink::Text => 0,
            Ink::Faint => 1,
            Ink::Grid => 2,
            Ink::Paper => 3,
            Ink::Series(index) => 4 + index % SERIES,
        }
    }

    /// Red, green and blue on light or dark paper.
    pub fn rgb(self, dark: bool) -> [u8; 3] {
        let (_, light, night) = PROPERTIES[self.index()];
        read_hex(if dark { night } else { light }, 1)
    }

    /// The colour as an SVG attribute: a number on paper, a custom property on a page.
    pub(crate) fn attribute(self, page: bool) -> String {
        let (name, light, _) = PROPERTIES[self.index()];
        if page { format!("var(--{name}, {light})") } else { light.to_string() }
    }
}

impl Map {
    /// The colour at a place from 0 to 1; places outside have the colour of the nearer end.
    pub fn rgb(self, place: f64) -> [u8; 3] {
        let table = match self {
            Map::Viridis => VIRIDIS,
            Map::Difference => RED_BLUE,
        };
        let last = table.len() / 6 - 1;
        let place = if self == Map::Difference { 1.0 - place } else { place }.clamp(0.0, 1.0) * last as f64;
        let i = (place as usize).min(last - 1);
        let (a, b, t) = (read_hex(table, 6 * i), read_hex(table, 6 * i + 6), place - i as f64);
        [0, 1, 2].map(|c| (f64::from(a[c]) + t * (f64::from(b[c]) - f64::from(a[c]))).round() as u8)
    }
}

/// `#rrggbb`
pub(crate) fn hex([r, g, b]: [u8; 3]) -> String {
    format!("#{r:02x}{g:02x}{b:02x}")
}

/// Lightness L* of CIE 1976 of a colour of sRGB, from 0 for black to 100 for white.
pub fn lightness(rgb: [u8; 3]) -> f64 {
    let y = luminance(rgb);
    if y > 216.0 / 24389.0 { 116.0 * y.cbrt() - 16.0 } else { y * 24389.0 / 27.0 }
}

/// Contrast of two colours (WCAG 2.2), from 1 to 21.
pub fn contrast(a: [u8; 3], b: [u8; 3]) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// Relative luminance of a colour of sRGB (IEC 61966-2-1).
fn luminance(rgb: [u8; 3]) -> f64 {
    let linear = |c: u8| {
        let c = f64::from(c) / 255.0;
        if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * linear(rgb[0]) + 0.7152 * linear(rgb[1]) + 0.0722 * linear(rgb[2])
}

/// The colour written in six digits from a place of an ASCII text on.
fn read_hex(text: &str, at: usize) -> [u8; 3] {
    let digit = |i: usize| text.as_bytes().get(at + i).map_or(0, |b| (*b as char).to_digit(16).unwrap_or(0) as u8);
    [0, 2, 4].map(|i| 16 * digit(i) + digit(i + 1))
}

const RED_BLUE: &str = "67001fb2182bd6604df4a582fddbc7f7f7f7d1e5f092c5de4393c32166ac053061";

/// Every fifth of the 256 colours of the published table; between them colours are interpolated.
const VIRIDIS: &str = "\
    44015446085c471063481769481d6f482475472a7a46307e453781433d844142873f48893d4e8a3a538b38598c355e8d33638d31688e\
    2e6d8e2c718e2a768e297b8e27808e25848e23898e218e8d20928c1f978b1e9c891fa18821a58524aa8328ae802eb37c35b7793dbc74\
    46c06f50c46a5ac86465cb5e70cf577cd25089d54895d840a2da37b0dd2fbddf26cae11fd8e219e5e419f1e51dfde725";
