//! Planes of starts: a grid of starts that differ in two coordinates, laid out instead of drawn.
//!
//! A coordinate is one that the model names ([`Chart::coordinates`]) or a component of the state, `x0`, `x1` …. All
//! other coordinates are those of one start, the base, some of them set to given values. The grid's points are the
//! centres of equal cells; the run `i` starts in column `i mod columns` and row `i / columns`, rows counted from the
//! smallest value.

use crate::landscape::{Chart, Coordinate, Invalid, Problem};
use crate::numerics::CellSeed;

/// One side of a plane.
#[derive(Clone, Debug, PartialEq)]
pub struct Side {
    /// The coordinate that varies along it.
    pub coordinate: Coordinate,
    /// Where it begins and ends.
    pub range: (f64, f64),
    /// Points along it.
    pub points: usize,
}

impl Side {
    /// Value of the coordinate at a point, the centre of its share of the side.
    pub fn value(&self, point: usize) -> f64 {
        let (low, high) = self.range;
        let share = (point as f64 + 0.5) / self.points as f64;
        low + (high - low) * share
    }
}

/// A side as it is asked for: a coordinate's name, its range if not the model's, and the number of points.
#[derive(Clone, Debug)]
pub struct Wish {
    /// Name of the coordinate.
    pub name: String,
    /// The range; `None` for the one that the model proposes.
    pub range: Option<(f64, f64)>,
    /// Points along the side.
    pub points: usize,
}

/// A plane of starts.
#[derive(Clone, Debug)]
pub struct Plane {
    /// A whole start, all coordinates but two as in the plane.
    base: Vec<f64>,
    /// The run whose start that was before coordinates were fixed.
    pub run: u64,
    /// Coordinates that were fixed, with their values.
    pub fixed: Vec<(String, f64)>,
    /// Across.
    pub x: Side,
    /// Up.
    pub y: Side,
}

/// Relative error with which a coordinate must read back as it was set.
const READ_BACK: f64 = 1e-9;

/// The coordinate of a name: one of the model's, or a component.
fn find(problem: &Problem, name: &str) -> Result<Coordinate, Invalid> {
    let named = problem.chart().map_or_else(Vec::new, Chart::coordinates);
    if let Some(coordinate) = named.iter().find(|c| c.name == name) {
        return Ok(coordinate.clone());
    }
    if component(name, problem.dim()).is_some() {
        let label = format!("component {name} of the start");
        return Ok(Coordinate { name: name.into(), label, range: (f64::NAN, f64::NAN) });
    }
    let mut names: Vec<String> = named.into_iter().map(|c| c.name).collect();
    names.push(format!("x0 to x{}", problem.dim() - 1));
    Err(Invalid {
        key: format!("coordinate {name}"),
        value: String::new(),
        problem: "is not one of this cell".into(),
        remedy: format!("choose {}", names.join(", ")),
    })
}

fn component(name: &str, dim: usize) -> Option<usize> {
    let digits = name.strip_prefix('x').filter(|digits| !digits.starts_with('+'))?;
    digits.parse().ok().filter(|i| *i < dim)
}

/// Value of a coordinate at a state.
fn read(problem: &Problem, name: &str, state: &[f64]) -> f64 {
    let own = component(name, problem.dim()).map(|i| state[i]);
    own.or_else(|| problem.chart()?.coordinate(name, state)).unwrap_or(f64::NAN)
}

/// Moves a start to a value of a coordinate.
fn set(problem: &Problem, name: &str, value: f64, start: &mut [f64]) {
    match component(name, problem.dim()) {
        Some(i) => start[i] = value,
        None => problem.chart().into_iter().for_each(|chart| chart.place(name, value, start)),
    }
}

impl Plane {
    /// The plane through the start of a run of a cell with this problem and seed, after some of its coordinates have
    /// been `fixed` to values, with two others along its sides.
    ///
    /// # Errors
    /// A run beyond the cell's distinct starts, a coordinate that the model does not know, a range that is empty or
    /// missing, or coordinates that depend on each other.
    pub fn new(
        problem: &Problem,
        seed: CellSeed,
        run: u64,
        fixed: Vec<(String, f64)>,
        [x, y]: [&Wish; 2],
    ) -> Result<Self, Invalid> {
        if let Some(starts) = problem.layout().distinct_starts.filter(|starts| run >= *starts) {
            return Err(Invalid {
                key: "run".into(),
                value: run.to_string(),
                problem: format!("the cell has {starts} starts"),
                remedy: format!("choose 0 to {}", starts - 1),
            });
        }
        let mut base = problem.start(seed, run);
        let side = |wish: &Wish| -> Result<Side, Invalid> {
            let coordinate = find(problem, &wish.name)?;
            let range = wish.range.unwrap_or(coordinate.range);
            let refuse = |problem: &str| Invalid {
                key: format!("coordinate {}", wish.name),
                value: String::new(),
                problem: problem.into(),
                remedy: format!("write for example {}=-1:1", wish.name),
            };
            if !(range.0.is_finite() && range.1.is_finite()) {
                return Err(refuse("has no range of its own"));
            }
            if range.0 >= range.1 {
                return Err(refuse("has an empty range"));
            }
            Ok(Side { coordinate, range, points: wish.points })
        };
        let (x, y) = (side(x)?, side(y)?);
        for (name, value) in &fixed {
            find(problem, name)?;
            set(problem, name, *value, &mut base);
        }
        let plane = Plane { base, run, fixed, x, y };
        plane.check(problem)?;
        Ok(plane)
    }

    /// Looks whether every coordinate has its value at the corners.
    fn check(&self, problem: &Problem) -> Result<(), Invalid> {
        for corner in [0, 1, 2, 3] {
            let (column, row) = (corner % 2 * (self.x.points - 1), corner / 2 * (self.y.points - 1));
            let mut start = vec![0.0; self.base.len()];
            self.start(problem, (row * self.x.points + column) as u64, &mut start);
            let sides = [(&self.x, column), (&self.y, row)];
            let sides = sides.map(|(side, point)| (side.coordinate.name.as_str(), side.value(point)));
            let fixed = self.fixed.iter().map(|(name, value)| (name.as_str(), *value));
            for (name, value) in sides.into_iter().chain(fixed) {
                let found = read(problem, name, &start);
                if (found - value).abs() <= READ_BACK * (1.0 + value.abs()) {
                    continue;
                }
                return Err(Invalid {
                    key: format!("coordinate {name}"),
                    value: String::new(),
                    problem: format!(
                        "comes out as {found} instead of {value}: the coordinates of the plane and the fixed ones \
                         cannot all have their values"
                    ),
                    remedy: "choose values in each one's range, and coordinates that do not depend on each other"
                        .into(),
                });
            }
        }
        Ok(())
    }

    /// Number of starts.
    pub fn runs(&self) -> u64 {
        self.x.points as u64 * self.y.points as u64
    }

    /// One start.
    fn start(&self, problem: &Problem, run: u64, start: &mut [f64]) {
        let columns = self.x.points as u64;
        start.copy_from_slice(&self.base);
        set(problem, &self.x.coordinate.name, self.x.value((run % columns) as usize), start);
        set(problem, &self.y.coordinate.name, self.y.value((run / columns) as usize), start);
    }

    /// The starts of the runs from `first` on, of each the first `width` numbers; see
    /// [`Engine::starts`](crate::landscape::problem::Engine::starts).
    pub fn starts(&self, problem: &Problem, first: u64, width: usize, out: &mut [f64]) {
        let mut start = vec![0.0; self.base.len()];
        for (run, out) in (first..).zip(out.chunks_exact_mut(width)) {
            self.start(problem, run, &mut start);
            out.copy_from_slice(&start[..width]);
        }
    }

    /// Where a state is: its two coordinates.
    pub fn position(&self, problem: &Problem, state: &[f64]) -> (f64, f64) {
        (read(problem, &self.x.coordinate.name, state), read(problem, &self.y.coordinate.name, state))
    }

    /// Whether two positions are the same to the eye and to rounding.
    pub fn is_near(&self, a: (f64, f64), b: (f64, f64)) -> bool {
        let near = |side: &Side, a: f64, b: f64| (a - b).abs() <= 1e-6 * (side.range.1 - side.range.0);
        near(&self.x, a.0, b.0) && near(&self.y, a.1, b.1)
    }

    /// Whether a position is within the plane's sides.
    pub fn shows(&self, (x, y): (f64, f64)) -> bool {
        let within = |side: &Side, value: f64| {
            let slack = 1e-9 * (side.range.1 - side.range.0);
            side.range.0 - slack <= value && value <= side.range.1 + slack
        };
        within(&self.x, x) && within(&self.y, y)
    }
}
