//! Curves that coincide, drawn so that none hides another: marks side by side, lines broken or drawn once.

use super::super::Context;
use crate::result::tables::Row;
use crate::show::figure::Scale;

/// Values nearer than this share of the axis' height are one place for lines, and one for marks.
const SAME_LINE: f64 = 0.004;
const SAME_MARK: f64 = 0.014;

/// Room for a mark, as a share of the axis' length.
const MARK: f64 = 0.012;
/// Room for all marks at one place: what lies beside the outermost place, twice.
const MARKS: f64 = 0.05;

/// One curve.
#[derive(Debug)]
pub(super) struct Curve<'a> {
    /// Its rows along the axis.
    pub(super) rows: Vec<&'a Row>,
    /// Its name in the legend.
    pub(super) name: &'a str,
    places: Vec<f64>,
}

impl<'a> Curve<'a> {
    /// The curve of rows over the list `x`.
    pub(super) fn new(result: &Context<'_>, rows: &[&'a Row], x: usize, name: &'a str) -> Self {
        let axis = &result.lists[x];
        let mut rows = rows.to_vec();
        rows.sort_by(|a, b| axis.number(a.cell).total_cmp(&axis.number(b.cell)));
        let places = rows.iter().map(|row| axis.number(row.cell)).collect();
        Curve { rows, name, places }
    }

    /// Where a row lies on the axis.
    pub(super) fn place(&self, row: &Row) -> f64 {
        let at = self.rows.iter().position(|other| other.cell == row.cell);
        at.map_or(f64::NAN, |at| self.places[at])
    }

    /// Where the row at a place of the axis is.
    fn find(&self, place: f64) -> Option<usize> {
        self.places.iter().position(|other| *other == place)
    }
}

/// A line in two parts.
#[derive(Debug)]
pub(super) struct Parts {
    /// Where no other line is.
    pub(super) own: Vec<(f64, f64)>,
    /// Where another is; pieces with gaps between them.
    pub(super) shared: Vec<(f64, f64)>,
}

/// How a piece of a line lies to those of the other curves: how many before and after it coincide with it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece {
    pub(super) before: usize,
    pub(super) after: usize,
}

/// The line of one of the curves through `value`: pieces for which `own` holds, and those for which `shared` does.
pub(super) fn parts(
    curves: &[Curve<'_>],
    index: usize,
    value: &dyn Fn(&Row) -> f64,
    height: f64,
    (own, shared): (&dyn Fn(Piece) -> bool, &dyn Fn(Piece) -> bool),
) -> Parts {
    let curve = &curves[index];
    let points: Vec<(f64, f64)> = curve.rows.iter().zip(&curve.places).map(|(row, x)| (*x, value(row))).collect();
    let pieces: Vec<Piece> = points.windows(2).map(|ends| piece(curves, index, value, height, ends)).collect();
    let chosen = |wanted: &dyn Fn(Piece) -> bool| {
        let of = points.windows(2).zip(&pieces).filter(|(_, piece)| wanted(**piece));
        of.flat_map(|(ends, _)| [ends[0], ends[1], (f64::NAN, f64::NAN)]).collect::<Vec<_>>()
    };
    // A line that has all its pieces is one line, whose dashes run on.
    let own = if pieces.iter().all(|piece| own(*piece)) { points.clone() } else { chosen(own) };
    Parts { own, shared: chosen(shared) }
}

/// The piece between two neighbouring points.
fn piece(curves: &[Curve<'_>], index: usize, value: &dyn Fn(&Row) -> f64, height: f64, ends: &[(f64, f64)]) -> Piece {
    let is_same = |other: &Curve<'_>| {
        let at = |point: &(f64, f64)| {
            let row = other.find(point.0)?;
            ((value(other.rows[row]) - point.1).abs() < SAME_LINE * height).then_some(row)
        };
        matches!(ends, [a, b] if at(a).zip(at(b)).is_some_and(|(a, b)| b == a + 1))
    };
    let count = |curves: &[Curve<'_>]| curves.iter().filter(|other| is_same(other)).count();
    Piece { before: count(&curves[..index]), after: count(&curves[index + 1..]) }
}

/// Height at which a row's mark is drawn; NaN without runs.
fn mark_height(row: &Row) -> f64 {
    row.probability.map_or(f64::NAN, |p| if p > 0.0 { p } else { row.interval.high })
}

/// The curves that have a mark at a place where another has one, with this one, in order.
fn together(curves: &[Curve<'_>], index: usize, at: usize, height: f64) -> Vec<usize> {
    let place = curves[index].places[at];
    let own = |i: usize, curve: &Curve<'_>| curve.find(place).map(|row| (mark_height(curve.rows[row]), i));
    let mut marks: Vec<(f64, usize)> = curves.iter().enumerate().filter_map(|(i, curve)| own(i, curve)).collect();
    marks.retain(|mark| !mark.0.is_nan());
    marks.sort_by(|a, b| a.0.total_cmp(&b.0));
    // Each that touches the next belongs to it.
    let groups = marks.chunk_by(|a, b| b.0 - a.0 < SAME_MARK * height);
    let group = groups.into_iter().find(|group| group.iter().any(|mark| mark.1 == index)).unwrap_or_default();
    let mut group: Vec<usize> = group.iter().map(|mark| mark.1).collect();
    group.sort_unstable();
    group
}

/// Whether marks or lines of curves coincide anywhere.
pub(super) fn any(curves: &[Curve<'_>], height: f64) -> bool {
    let pairs =
        |(i, curve): (usize, &Curve<'_>)| (0..curve.rows.len()).any(|at| together(curves, i, at, height).len() > 1);
    curves.iter().enumerate().any(pairs)
}

/// How far from each other marks of several curves stand at one value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shift {
    scale: Scale,
    /// On a linear scale.
    by: f64,
}

impl Shift {
    /// The shift on an axis of some values.
    pub(super) fn new(values: &[f64], scale: Scale, curves: usize) -> Self {
        let places: Vec<f64> = values.iter().map(|x| if scale == Scale::Log { libm::log(*x) } else { *x }).collect();
        let span = places.last().zip(places.first()).map_or(0.0, |(last, first)| last - first);
        let gap = places.windows(2).map(|w| w[1] - w[0]).fold(span, f64::min);
        let by = (MARK * span).min(MARKS * span / curves as f64).min(0.6 * gap / curves as f64);
        Shift { scale, by }
    }

    /// A place, shifted by a number of steps.
    pub(super) fn by(self, place: f64, steps: f64) -> f64 {
        match self.scale {
            _ if steps == 0.0 => place,
            Scale::Linear => place + steps * self.by,
            Scale::Log => place * libm::exp(steps * self.by),
        }
    }
}

/// Places of the marks of a curve: beside those of the others that would hide them.
pub(super) fn side_by_side(curves: &[Curve<'_>], index: usize, shift: Shift, height: f64) -> Vec<f64> {
    let place = |(at, place): (usize, &f64)| {
        let group = together(curves, index, at, height);
        let rank = group.iter().position(|other| *other == index).unwrap_or(0);
        shift.by(*place, rank as f64 - (group.len().max(1) - 1) as f64 / 2.0)
    };
    curves[index].places.iter().enumerate().map(place).collect()
}
