//! A figure in words, for readers who cannot see it.

use super::ticks::number;
use super::{Along, Figure, Panel, Scale, extent::Extent, legend};

/// A sentence for each panel: what its axes are, from where to where, and what the legend names.
pub(super) fn describe(figure: &Figure) -> String {
    let many = figure.panels.len() > 1;
    let panel = |(i, panel): (usize, &Panel)| {
        let ends = |along: Along| {
            let axis = if along == Along::X { &panel.x } else { &panel.y };
            let extent = Extent::new(axis, panel, along);
            let scale = if axis.scale == Scale::Log { ", logarithmic" } else { "" };
            let label = if axis.label.is_empty() { "no label" } else { &axis.label };
            if !extent.is_known {
                return format!("{label} (no data)");
            }
            let (low, high) = extent.inner;
            format!("{label} (from {} to {}{scale})", number(low, 4), number(high, 4))
        };
        let names = legend::names(&panel.layers);
        let legend = if names.is_empty() { String::new() } else { format!(" Shown: {}.", names.join("; ")) };
        let name = if many { format!("Panel {}: ", i + 1) } else { String::new() };
        format!("{name}{} against {}.{legend}", ends(Along::Y), ends(Along::X))
    };
    let panels = figure.panels.iter().enumerate().map(panel);
    let subtitle = (!figure.subtitle.is_empty()).then(|| figure.subtitle.clone());
    subtitle.into_iter().chain(panels).collect::<Vec<_>>().join(" ")
}
