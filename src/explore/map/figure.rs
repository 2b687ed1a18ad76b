//! The picture, the table and the counts of a map.

use super::{Map, Shade};
use crate::experiment::{Cell, Plan, Spec};
use crate::landscape::Outcome;
use crate::result::tables::plain::{number, to_csv};
use crate::show::figure::{
    Along, Aspect, Axis, Colors, Figure, Ink, Layer, Mark, Panel, Scale, Shape, Style, Swatch, color,
};

/// Colours between the fewest and the most steps.
const LEVELS: usize = 250;

impl Map {
    /// The picture: the plane coloured by outcome or by steps, with the critical points.
    pub fn figure(&self, spec: &Spec, plan: &Plan, cell: &Cell, shade: Shade) -> Figure {
        let (x, y) = (&self.plane.x, &self.plane.y);
        let (pixels, palette) = match shade {
            Shade::Outcome => self.by_outcome(),
            Shade::Steps => self.by_steps(),
        };
        let image = Layer::Image { x: x.range, y: y.range, width: x.points, height: y.points, pixels, palette };
        let axis = |side: &crate::descent::plane::Side| {
            Axis::new(side.coordinate.label.clone()).range(side.range.0, side.range.1)
        };
        let mut panel = Panel::new(axis(x), axis(y)).with(image).aspect(Aspect::Height(HEIGHT));
        if shade == Shade::Steps {
            let (fewest, most) = self.extent();
            let colors = Colors { scale: Scale::Log, ..Colors::new(fewest, most, "gradient steps of a run") };
            // A heat map without cells: the colour bar alone.
            let (x_edges, y_edges, values, texts) = Default::default();
            panel = panel.with(Layer::Heat { x_edges, y_edges, values, texts, colors });
        }
        for (kind, shape) in
            [(Outcome::Global, Shape::Dot), (Outcome::Spurious, Shape::Square), (Outcome::Saddle, Shape::Cross)]
        {
            let marks: Vec<&super::Mark> = self.marks.iter().filter(|mark| mark.kind == kind).collect();
            let Some(first) = marks.first() else { continue };
            panel = panel.with(Layer::Marks {
                points: marks.iter().map(|mark| Mark::new(mark.at.0, mark.at.1)).collect(),
                along: Along::Y,
                shape,
                style: Style::new(Ink::Text),
                label: first.name.clone(),
            });
        }
        let title = match shade {
            Shade::Outcome => "Outcome of descent over a plane of starts",
            Shade::Steps => "Gradient steps of descent over a plane of starts",
        };
        let mut figure = Figure::new(title).with(panel);
        figure.subtitle = self.subject(spec, plan, cell);
        if !self.marks.is_empty() {
            figure = figure
                .note("Critical points are drawn at their two coordinates; their others may differ from the plane's.");
        }
        figure
    }

    /// One line on what was computed: model, form, parameters that tell the cell from others or are not the usual ones,
    /// and the plane.
    fn subject(&self, spec: &Spec, plan: &Plan, cell: &Cell) -> String {
        let told = |name: &str| {
            let parameter = spec.model.parameters().iter().find(|p| p.name == name);
            !matches!(name, "form" | "seed") && plan.varies(name) || parameter.is_some_and(|p| p.is_told(&cell.values))
        };
        let mut parts = vec![format!("model {}, {} form", spec.model.name(), cell.form)];
        let columns = plan.columns(cell).into_iter().filter(|(name, _)| told(name));
        parts.extend(columns.map(|(name, value)| format!("{name} {value}")));
        let plane = &self.plane;
        parts.extend(plane.fixed.iter().map(|(name, value)| format!("{name} = {}", number(*value))));
        parts.push(format!("{} x {} starts through that of run {}", plane.x.points, plane.y.points, plane.run));
        parts.push(format!("seed {}", cell.experiment_seed));
        parts.join(", ")
    }

    /// Pixels by outcome: the colour of each.
    fn by_outcome(&self) -> (Vec<u8>, Vec<Swatch>) {
        let present: Vec<Outcome> = self.counts().into_iter().map(|(outcome, _)| outcome).collect();
        let index = |outcome: &Outcome| present.iter().position(|o| o == outcome).unwrap_or(0) as u8;
        let palette = present.iter().map(|o| Swatch { name: o.name().replace('_', " "), rgb: color_of(*o) }).collect();
        (self.outcomes.iter().map(index).collect(), palette)
    }

    /// Fewest and most steps of a run, at least 1 and different.
    fn extent(&self) -> (f64, f64) {
        let steps = || self.steps.iter().map(|steps| f64::from((*steps).max(1)));
        let (fewest, most) = (steps().fold(f64::INFINITY, f64::min), steps().fold(1.0, f64::max));
        if fewest < most { (fewest, most) } else { (fewest, 2.0 * fewest) }
    }

    /// Pixels by the logarithm of the steps.
    fn by_steps(&self) -> (Vec<u8>, Vec<Swatch>) {
        let (fewest, most) = self.extent();
        let level = |steps: &u32| {
            let share = (f64::from((*steps).max(1)) / fewest).ln() / (most / fewest).ln();
            (share * LEVELS as f64).round() as u8
        };
        let swatch =
            |level: usize| Swatch { name: String::new(), rgb: color::Map::Viridis.rgb(level as f64 / LEVELS as f64) };
        (self.steps.iter().map(level).collect(), (0..=LEVELS).map(swatch).collect())
    }

    /// Every start: its two coordinates, outcome and steps.
    pub fn csv(&self) -> Vec<u8> {
        let (x, y) = (&self.plane.x, &self.plane.y);
        let header = [&x.coordinate.name, &y.coordinate.name, "outcome", "steps"];
        let rows = self.outcomes.iter().zip(&self.steps).enumerate().map(|(run, (outcome, steps))| {
            let (column, row) = (run % x.points, run / x.points);
            vec![number(x.value(column)), number(y.value(row)), outcome.name().into(), steps.to_string()]
        });
        to_csv(&header, rows)
    }

    /// Counts of the outcomes and the critical points, for a terminal.
    pub fn text(&self) -> String {
        let total = self.outcomes.len() as f64;
        let line = |(outcome, count): (Outcome, u64)| {
            format!(
                "{:<10} {count:>9} of {} starts, {:.4}\n",
                outcome.name(),
                self.outcomes.len(),
                count as f64 / total
            )
        };
        let mut text: String = self.counts().into_iter().map(line).collect();
        for mark in &self.marks {
            let (x, y) = (&self.plane.x.coordinate.name, &self.plane.y.coordinate.name);
            text.push_str(&format!("{} at {x} {:.6}, {y} {:.6}\n", mark.name, mark.at.0, mark.at.1));
        }
        text
    }
}

/// Height of the panel, in the units of [`crate::show::figure::WIDTH`].
const HEIGHT: f64 = 460.0;

/// Colour of an outcome on a map: from the palette of Okabe and Ito, the two common ones far apart in lightness too.
fn color_of(outcome: Outcome) -> [u8; 3] {
    match outcome {
        Outcome::Global => [0x9b, 0xd3, 0xf5],
        Outcome::Spurious => [0xd5, 0x5e, 0x00],
        Outcome::Saddle => [0xcc, 0x79, 0xa7],
        Outcome::Slow => [0xf0, 0xe4, 0x42],
        Outcome::Undecided => [0xc4, 0xc4, 0xc4],
        Outcome::Diverged => [0x40, 0x40, 0x40],
        Outcome::NonFinite => [0x00, 0x00, 0x00],
    }
}
