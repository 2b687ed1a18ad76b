//! From values to places: the range of an axis, and where in the panel a value lies.

use super::ticks::{self, Tick};
use super::{Along, Aspect, Axis, LARGEST, Layer, Panel, Scale};

/// Room between the outermost value and the end of an axis, as a share of the range, where nothing fills the panel.
const MARGIN: f64 = 0.03;

/// An axis with its range known.
#[derive(Clone, Debug)]
pub(super) struct Extent {
    /// Linear or logarithmic.
    pub(super) scale: Scale,
    /// Ends of what is asked for or found in the data.
    pub(super) inner: (f64, f64),
    /// Whether they were asked for: then ticks lie between them and nowhere else.
    is_asked: bool,
    /// Whether there is anything to show.
    pub(super) is_known: bool,
    // Ends of what is drawn, on a linear scale.
    low: f64,
    high: f64,
    // Their places.
    from: f64,
    to: f64,
}

/// Whether a value has a place on some axis of this scale.
pub(super) fn is_drawable(value: f64, scale: Scale) -> bool {
    value.abs() <= LARGEST && (scale == Scale::Linear || value > 0.0)
}

impl Extent {
    /// The extent of an axis of a panel. Something that fills the panel, as a heat map does, leaves no margin.
    pub(super) fn new(axis: &Axis, panel: &Panel, along: Along) -> Self {
        let scale = axis.scale;
        let asked = axis.range.filter(|(a, b)| is_drawable(*a, scale) && is_drawable(*b, scale) && a != b);
        let fills = |layer: &&Layer| matches!(layer, Layer::Heat { .. } | Layer::Image { .. });
        let is_filled = panel.layers.iter().any(|layer| fills(&layer));
        // What fills the panel has its edges; other layers may leave it.
        let found = || {
            let layers = panel.layers.iter().filter(|layer| !is_filled || fills(layer));
            let values = layers.flat_map(|layer| values(layer, along)).filter(|v| is_drawable(*v, scale));
            values
                .chain(axis.ticks.iter().map(|t| t.0).filter(|v| is_drawable(*v, scale)))
                .fold(None, |range, v| Some(range.map_or((v, v), |(low, high): (f64, f64)| (low.min(v), high.max(v)))))
        };
        let range = asked.map(|(a, b)| (a.min(b), a.max(b))).or_else(found);
        let inner = widened(range.unwrap_or(if scale == Scale::Log { (1.0, 10.0) } else { (0.0, 1.0) }), scale);
        let (a, b) = (straight(inner.0, scale), straight(inner.1, scale));
        let margin = match panel.aspect {
            _ if is_filled => 0.0,
            Aspect::Rows if along == Along::Y => 0.5 * nearest(axis),
            _ => MARGIN * (b - a),
        };
        Extent {
            scale,
            inner,
            is_asked: asked.is_some(),
            is_known: range.is_some(),
            low: a - margin,
            high: b + margin,
            from: 0.0,
            to: 1.0,
        }
    }

    /// An extent from one value to another, without margins.
    pub(super) fn exact(low: f64, high: f64, scale: Scale) -> Self {
        let ends = if is_drawable(low, scale) && is_drawable(high, scale) {
            (low.min(high), low.max(high))
        } else {
            (1.0, 10.0)
        };
        let inner = widened(ends, scale);
        let (low, high) = (straight(inner.0, scale), straight(inner.1, scale));
        Extent { scale, inner, is_asked: true, is_known: true, low, high, from: 0.0, to: 1.0 }
    }

    /// The same extent between two places.
    pub(super) fn placed(&self, from: f64, to: f64) -> Self {
        Extent { from, to, ..self.clone() }
    }

    /// Length of what is drawn, on a linear scale.
    pub(super) fn span(&self) -> f64 {
        self.high - self.low
    }

    /// Place of a value; NaN if it has none. Places far outside are moved nearer, so that numbers stay short.
    pub(super) fn place(&self, value: f64) -> f64 {
        if !is_drawable(value, self.scale) {
            return f64::NAN;
        }
        let share = (straight(value, self.scale) - self.low) / (self.high - self.low);
        self.from + share.clamp(-20.0, 20.0) * (self.to - self.from)
    }

    /// Place of a value, or of the end that is nearest to it; NaN for NaN.
    pub(super) fn place_within(&self, value: f64) -> f64 {
        let is_below = self.scale == Scale::Log && value <= 0.0;
        let value = if is_below { self.low } else { straight(value.clamp(-LARGEST, LARGEST), self.scale) };
        let share = (value - self.low) / (self.high - self.low);
        self.from + share.clamp(0.0, 1.0) * (self.to - self.from)
    }

    /// Whether a value lies between the ends.
    pub(super) fn has(&self, value: f64) -> bool {
        let slack = 1e-9 * (self.high - self.low);
        is_drawable(value, self.scale) && (self.low - slack..=self.high + slack).contains(&straight(value, self.scale))
    }

    /// Ticks of the axis: its own, or chosen.
    pub(super) fn ticks(&self, axis: &Axis, most: usize) -> Vec<Tick> {
        if !axis.ticks.is_empty() {
            let own = axis.ticks.iter().filter(|(at, _)| self.has(*at));
            return own.map(|(at, text)| Tick { at: *at, text: text.clone() }).collect();
        }
        // A range found in the data may have a round number in the margin.
        let outer = |end: f64| if self.scale == Scale::Log { 10f64.powf(end) } else { end };
        let (low, high) = if self.is_asked { self.inner } else { (outer(self.low), outer(self.high)) };
        let mut ticks = match self.scale {
            _ if !self.is_known => Vec::new(),
            Scale::Linear => ticks::linear(low, high, most),
            Scale::Log => ticks::logarithmic(low, high, most),
        };
        ticks.retain(|tick| self.has(tick.at));
        ticks
    }
}

/// Least distance of two ticks of an axis on a linear scale; 1 if there are no two.
pub(super) fn nearest(axis: &Axis) -> f64 {
    let mut at: Vec<f64> = axis.ticks.iter().map(|t| straight(t.0, axis.scale)).filter(|at| at.is_finite()).collect();
    at.sort_by(f64::total_cmp);
    at.windows(2).map(|w| w[1] - w[0]).filter(|gap| *gap > 0.0).reduce(f64::min).unwrap_or(1.0)
}

/// A value on a linear scale.
pub(super) fn straight(value: f64, scale: Scale) -> f64 {
    if scale == Scale::Log { value.log10() } else { value }
}

/// A range of width 0, or too narrow for numbers to tell, opened on both sides.
fn widened((low, high): (f64, f64), scale: Scale) -> (f64, f64) {
    let size = low.abs().max(high.abs());
    if scale == Scale::Log {
        let narrow = high / low < 1.0 + 1e-9;
        return if narrow { (low / 2.0, (high * 2.0).min(LARGEST)) } else { (low, high) };
    }
    if high - low > 1e-12 * size && high - low > 1e-290 {
        return (low, high);
    }
    let by = if size < 1e-280 { 1.0 } else { 0.1 * size };
    (low - by, high + by)
}

/// All values of a layer along an axis.
fn values(layer: &Layer, along: Along) -> Vec<f64> {
    let is_x = along == Along::X;
    match layer {
        Layer::Line { points, .. } => points.iter().map(|p| if is_x { p.0 } else { p.1 }).collect(),
        Layer::Band { points, .. } if is_x => points.iter().map(|p| p.0).collect(),
        Layer::Band { points, .. } => points.iter().flat_map(|p| [p.1, p.2]).collect(),
        Layer::Marks { points, along: bars, .. } => {
            let bars = |p: &super::Mark| if *bars == along { [p.low, p.high] } else { [f64::NAN; 2] };
            points.iter().flat_map(|p| [if is_x { p.x } else { p.y }].into_iter().chain(bars(p))).collect()
        }
        Layer::Rule { upright, at, .. } => {
            if *upright == is_x {
                vec![*at]
            } else {
                Vec::new()
            }
        }
        Layer::Text { x, y, .. } => vec![if is_x { *x } else { *y }],
        Layer::Heat { x_edges, y_edges, .. } => if is_x { x_edges } else { y_edges }.clone(),
        Layer::Image { x, y, .. } => {
            let (a, b) = if is_x { *x } else { *y };
            vec![a, b]
        }
        Layer::Contour { xs, ys, .. } => if is_x { xs } else { ys }.clone(),
    }
}
