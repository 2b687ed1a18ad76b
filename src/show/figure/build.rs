//! How figures are put together.

use super::{Aspect, Axis, Colors, Dash, Figure, Ink, Layer, Map, Mark, Panel, Scale, Shape, Style, color};

impl Figure {
    /// A figure without panels.
    pub fn new(title: impl Into<String>) -> Self {
        Figure { title: title.into(), ..Figure::default() }
    }

    /// Adds a panel below the others.
    #[must_use]
    pub fn with(mut self, panel: Panel) -> Self {
        self.panels.push(panel);
        self
    }

    /// Sets the caption.
    #[must_use]
    pub fn caption(mut self, caption: impl Into<String>) -> Self {
        self.caption = caption.into();
        self
    }

    /// Adds a note below the others.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }
}

impl Panel {
    /// An empty panel.
    pub fn new(x: Axis, y: Axis) -> Self {
        Panel { x, y, ..Panel::default() }
    }

    /// Paints a layer over the others.
    #[must_use]
    pub fn with(mut self, layer: Layer) -> Self {
        self.layers.push(layer);
        self
    }

    /// Sets the height.
    #[must_use]
    pub fn aspect(mut self, aspect: Aspect) -> Self {
        self.aspect = aspect;
        self
    }
}

impl Axis {
    /// A linear axis whose range comes from the data.
    pub fn new(label: impl Into<String>) -> Self {
        Axis { label: label.into(), ..Axis::default() }
    }

    /// The same axis with another scale.
    #[must_use]
    pub fn scale(mut self, scale: Scale) -> Self {
        self.scale = scale;
        self
    }

    /// The same axis between two values.
    #[must_use]
    pub fn range(mut self, low: f64, high: f64) -> Self {
        self.range = Some((low, high));
        self
    }

    /// The same axis with ticks at given places.
    #[must_use]
    pub fn ticks(mut self, ticks: Vec<(f64, String)>) -> Self {
        self.ticks = ticks;
        self
    }
}

impl Style {
    /// A solid line.
    pub const fn new(ink: Ink) -> Self {
        Style { ink, dash: Dash::Solid, width: 1.5 }
    }

    /// Look of the series with this index: its colour, and another pattern each time that the colours begin anew.
    pub fn series(index: usize) -> Self {
        let dash = [Dash::Solid, Dash::Dashed, Dash::Dotted][index / color::SERIES % 3];
        Style { ink: Ink::Series(index), dash, width: 1.5 }
    }

    /// The same look with another pattern.
    #[must_use]
    pub const fn dash(mut self, dash: Dash) -> Self {
        self.dash = dash;
        self
    }

    /// The same look with another width of lines.
    #[must_use]
    pub const fn width(mut self, width: f64) -> Self {
        self.width = width;
        self
    }
}

impl Default for Style {
    fn default() -> Self {
        Style::new(Ink::Text)
    }
}

impl Shape {
    /// Shape of the series with this index.
    pub fn series(index: usize) -> Self {
        [Shape::Dot, Shape::Square, Shape::Diamond, Shape::Triangle, Shape::Cross][index % 5]
    }
}

impl Mark {
    /// A mark without error bar.
    pub fn new(x: f64, y: f64) -> Self {
        Mark { x, y, low: f64::NAN, high: f64::NAN, text: String::new() }
    }

    /// The same mark with an error bar.
    #[must_use]
    pub fn between(mut self, low: f64, high: f64) -> Self {
        (self.low, self.high) = (low, high);
        self
    }
}

impl Colors {
    /// Viridis on a linear scale.
    pub fn new(low: f64, high: f64, label: impl Into<String>) -> Self {
        Colors { low, high, scale: Scale::Linear, label: label.into(), map: Map::Viridis, missing: "missing".into() }
    }
}
