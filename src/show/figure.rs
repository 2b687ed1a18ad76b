//! Figures: panels of curves, points, heat maps and images, as SVG, PNG and PDF.
//!
//! A [`Figure`] is plain data: panels one above another, each with two axes and layers that are painted in order.
//! Drawing makes one text of it, the SVG; PNG and PDF are that text rendered. The same figure gives the same bytes
//! always: coordinates have fixed decimals, widths of text come from the one font that the PNG is set in, and nothing
//! depends on the machine.
//!
//! ```
//! use spurious::show::figure::{Axis, Figure, Layer, Medium, Panel, Style};
//!
//! let points = (0..100).map(|i| f64::from(i) / 10.0).map(|x| (x, x.sin())).collect();
//! let curve = Layer::Line { points, style: Style::series(0), label: "sine".into() };
//! let panel = Panel::new(Axis::new("angle"), Axis::new("height")).with(curve);
//! let figure = Figure::new("A wave").with(panel);
//! assert!(figure.svg(&Medium::Paper).starts_with("<svg"));
//! # Ok::<(), spurious::show::figure::FigureError>(())
//! ```
//!
//! Values that cannot be drawn are left out, and a note below the figure counts them: values that are infinite or
//! beyond [`LARGEST`], values that are not positive on a logarithmic axis, marks outside a given range. NaN stands for
//! a gap.
//!
//! The font is DejaVu Sans (crate `dejavu`; Bitstream Vera licence, free to embed), its widths are read by `skrifa`,
//! the SVG is rendered by `resvg` with that font alone and made into a PDF by `svg2pdf`, and images are written by
//! `png`.

mod build;
mod canvas;
pub mod color;
pub mod contour;
mod describe;
mod extent;
mod layers;
mod layout;
mod legend;
mod panel;
#[cfg(feature = "pdf")]
mod pdf;
mod raster;
pub mod text;
pub mod ticks;

pub use color::{Ink, Map};

/// Absolute values above this one are left out like infinite ones, so that no difference of two values overflows.
pub const LARGEST: f64 = 1e300;

/// Largest width and height of a [`Layer::Image`] in pixels.
pub const IMAGE_SIDE_MAX: usize = 4096;

/// Width of a figure in its own units; a unit is a pixel of a PNG of scale 1.
pub const WIDTH: f64 = 720.0;

/// Width of the narrow variant of a figure, for the page on a phone. Its texts are as large as those of the wide one.
pub const NARROW: f64 = 360.0;

/// A figure.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figure {
    /// What is shown, one sentence or less; wrapped where it is long.
    pub title: String,
    /// Below the title, smaller; may be empty.
    pub subtitle: String,
    /// One above another.
    pub panels: Vec<Panel>,
    /// What is shown and how to read it, in sentences; small, below the panels. On a page it stands in the figure's
    /// numbered caption instead, and the title and subtitle are the page's.
    pub caption: String,
    /// Lines below, small; on a page they end the caption.
    pub notes: Vec<String>,
}

/// Two axes and what is drawn between them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Panel {
    /// The axis along the lower edge.
    pub x: Axis,
    /// The axis along the left edge.
    pub y: Axis,
    /// Painted in this order. Layers of the same label share an entry of the legend.
    pub layers: Vec<Layer>,
    /// Height of the panel.
    pub aspect: Aspect,
}

/// How high a panel is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Aspect {
    /// As looks well: lower where there are several panels.
    #[default]
    Auto,
    /// Units between the axes' ends, see [`WIDTH`].
    Height(f64),
    /// As high as the texts of the upright axis need, none left out: a row for each.
    Rows,
    /// One unit of x is as long as one unit of y, as far as the page allows.
    Equal,
}

/// One axis.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Axis {
    /// Name of the quantity with its unit.
    pub label: String,
    /// Linear or logarithmic.
    pub scale: Scale,
    /// Smallest and largest value that has a tick; `None`: from the heat map or image if there is one, else from all
    /// layers. What lies outside is cut off.
    pub range: Option<(f64, f64)>,
    /// Places and texts of the ticks; empty: chosen by [`ticks`].
    pub ticks: Vec<(f64, String)>,
}

/// How values become places.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scale {
    /// In proportion.
    #[default]
    Linear,
    /// By logarithms: positive values only.
    Log,
}

/// How lines look.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Style {
    /// Colour.
    pub ink: Ink,
    /// Pattern of lines.
    pub dash: Dash,
    /// Width of lines.
    pub width: f64,
}

/// Pattern of a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dash {
    /// Without gaps.
    #[default]
    Solid,
    /// Long strokes.
    Dashed,
    /// Dots.
    Dotted,
}

/// Shape of a mark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shape {
    /// A filled circle.
    #[default]
    Dot,
    /// A ring, wide enough to be seen around a dot.
    Circle,
    /// A filled square.
    Square,
    /// A filled diamond.
    Diamond,
    /// A filled triangle.
    Triangle,
    /// Two strokes.
    Cross,
    /// A filled triangle on its tip: an upper limit.
    Limit,
}

/// Direction of error bars.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Along {
    /// `low` and `high` are values of x.
    X,
    /// `low` and `high` are values of y.
    #[default]
    Y,
}

/// One point with its error bar.
#[derive(Clone, Debug, PartialEq)]
pub struct Mark {
    /// Value along x.
    pub x: f64,
    /// Value along y.
    pub y: f64,
    /// Lower end of the error bar; NaN: none.
    pub low: f64,
    /// Upper end of the error bar; NaN: none.
    pub high: f64,
    /// Text beside the mark; may be empty.
    pub text: String,
}

/// Colours of a heat map.
#[derive(Clone, Debug, PartialEq)]
pub struct Colors {
    /// Value of the first colour; lower values have it too.
    pub low: f64,
    /// Value of the last colour; higher values have it too.
    pub high: f64,
    /// Scale between them.
    pub scale: Scale,
    /// Name of the quantity with its unit, beside the colour bar.
    pub label: String,
    /// The colours.
    pub map: Map,
    /// What a missing value means, for the legend, for example "no runs".
    pub missing: String,
}

/// A colour of an indexed image and what it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Swatch {
    /// Name in the legend; empty: not in the legend.
    pub name: String,
    /// Red, green, blue.
    pub rgb: [u8; 3],
}

/// Something drawn in a panel. A `label` is its text in the legend; layers with an empty one are not in the legend.
#[derive(Clone, Debug, PartialEq)]
pub enum Layer {
    /// A line through points; it breaks at NaN.
    Line {
        /// (x, y).
        points: Vec<(f64, f64)>,
        /// Look.
        style: Style,
        /// Legend.
        label: String,
    },
    /// The area between two lines, pale; it breaks at NaN.
    Band {
        /// (x, low, high).
        points: Vec<(f64, f64, f64)>,
        /// Colour.
        style: Style,
        /// Legend.
        label: String,
    },
    /// Points, with error bars.
    Marks {
        /// The points.
        points: Vec<Mark>,
        /// Direction of their error bars.
        along: Along,
        /// Their shape.
        shape: Shape,
        /// Look.
        style: Style,
        /// Legend.
        label: String,
    },
    /// A straight line across the whole panel.
    Rule {
        /// Upright, at a value of x; otherwise level, at a value of y.
        upright: bool,
        /// The value.
        at: f64,
        /// Look.
        style: Style,
        /// Legend.
        label: String,
    },
    /// Text with its left end at a point; it is moved where it would leave the panel.
    Text {
        /// Value of x at the left end.
        x: f64,
        /// Value of y at the middle of its height.
        y: f64,
        /// The text.
        text: String,
        /// Colour.
        style: Style,
    },
    /// Rectangles coloured by value, with a colour bar; without edges and values the bar alone. Missing values are
    /// hatched. A text is written in its rectangle if it has room there.
    Heat {
        /// Edges along x, ascending, one more than columns.
        x_edges: Vec<f64>,
        /// Edges along y, ascending, one more than rows.
        y_edges: Vec<f64>,
        /// Row by row from the lowest y; NaN: missing.
        values: Vec<f64>,
        /// Texts in the rectangles, in the order of the values, lines separated by `\n`; empty: none at all.
        texts: Vec<String>,
        /// Colours.
        colors: Colors,
    },
    /// An image of few colours, stretched between two places on each axis; the pixels are equal in size as drawn.
    Image {
        /// Left and right edge.
        x: (f64, f64),
        /// Lower and upper edge.
        y: (f64, f64),
        /// Pixels in a row, at most [`IMAGE_SIDE_MAX`].
        width: usize,
        /// Rows, at most [`IMAGE_SIDE_MAX`].
        height: usize,
        /// Indices into the palette, row by row from the lowest y.
        pixels: Vec<u8>,
        /// Up to 256 colours; the named ones make the legend.
        palette: Vec<Swatch>,
    },
    /// Lines of equal value, labelled with it, of a function given on a grid.
    Contour {
        /// Places along x, ascending.
        xs: Vec<f64>,
        /// Places along y, ascending.
        ys: Vec<f64>,
        /// Row by row from the lowest y; NaN: missing, no line passes beside it.
        values: Vec<f64>,
        /// Values at which lines are drawn.
        levels: Vec<f64>,
        /// Look.
        style: Style,
        /// Legend.
        label: String,
    },
}

/// Where an SVG is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Medium {
    /// A file of its own: white paper, dark text, a fixed size.
    #[default]
    Paper,
    /// A part of an HTML page: colours are the custom properties of [`color::properties`], the size follows the page,
    /// and title, subtitle, caption and notes are left to the page.
    Page {
        /// Prefix of all `id`s in the figure, unique on the page: letters, digits, `-`.
        id: String,
        /// Whether the figure is [`NARROW`] instead of [`WIDTH`] units wide.
        narrow: bool,
    },
}

/// Whether this build can make PDFs.
pub const HAS_PDF: bool = cfg!(feature = "pdf");

/// Why a figure could not be made into a PNG or PDF.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum FigureError {
    /// The scale is not a positive number, or the image would be too large.
    #[error(
        "a PNG of {width} x {height} pixels cannot be made; take a scale above 0 that leaves at most {limit} pixels a \
         side"
    )]
    Size {
        /// Pixels.
        width: f64,
        /// Pixels.
        height: f64,
        /// Largest side.
        limit: u32,
    },
    /// The figure could not be rendered.
    #[error("the figure could not be rendered: {0}")]
    Render(String),
    /// This build has no PDF.
    #[error("this program was built without PDF; write .svg or .png, or build it with --features pdf")]
    WithoutPdf,
}

impl Figure {
    /// The figure as SVG: well-formed XML, one line an element.
    pub fn svg(&self, medium: &Medium) -> String {
        layout::draw(self, medium).0
    }

    /// The figure on paper as PNG; at scale 1 it is [`WIDTH`] pixels wide.
    ///
    /// # Errors
    /// A scale that is not positive or gives more than 16,384 pixels a side.
    pub fn png(&self, scale: f64) -> Result<Vec<u8>, FigureError> {
        let (svg, height) = layout::draw(self, &Medium::Paper);
        raster::render(&svg, WIDTH, height, scale)
    }

    /// The figure on paper as PDF: one page of its size, a unit a point (1/72 inch), with the glyphs that it uses.
    ///
    /// # Errors
    /// The figure could not be rendered; or the feature `pdf`, a default one, was left out.
    pub fn pdf(&self) -> Result<Vec<u8>, FigureError> {
        #[cfg(feature = "pdf")]
        return pdf::render(&layout::draw(self, &Medium::Paper).0);
        #[cfg(not(feature = "pdf"))]
        Err(FigureError::WithoutPdf)
    }
}
