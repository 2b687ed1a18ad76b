//! Where runs start.

use crate::landscape::{Invalid, Points, Values};
use crate::numerics::Streams;

/// Law of the start.
#[derive(Clone, Debug)]
pub(super) enum Start {
    /// Independent normal weights of this standard deviation.
    Gaussian(f64),
    /// Independent normal weights of this standard deviation around the points of a file; 0 for the points themselves.
    Around(Points, f64),
}

impl Start {
    pub(super) fn new(values: &Values, weights: usize) -> Result<Self, Invalid> {
        let law = values.choice("start");
        let points = values.points("start_file");
        // A value without effect would make cells that look different and are the same.
        for (name, user, usual) in [("start_scale", "gaussian", 1.0), ("start_radius", "around", 0.1)] {
            if law != user && values.real(name) != usual {
                return Err(Invalid::parameter(
                    name,
                    values.real(name),
                    format!("has no effect with start = \"{law}\""),
                    format!("remove it, or set start = \"{user}\""),
                ));
            }
        }
        match (law, points) {
            ("gaussian", None) => {
                Ok(Start::Gaussian((values.real("start_scale") / values.integer("teachers") as f64).sqrt()))
            }
            ("gaussian", Some(points)) => Err(Invalid::parameter(
                "start_file",
                points,
                "has no effect with start = \"gaussian\"",
                "remove it, or set start = \"file\" or \"around\"",
            )),
            (_, None) => {
                Err(Invalid::parameter("start", law, "needs start_file", "name a file of points in start_file"))
            }
            (_, Some(points)) => {
                points.expect_width(weights, "weights").map_err(|e| e.of_parameter("start_file", points))?;
                let deviation = if law == "file" { 0.0 } else { values.real("start_radius") };
                Ok(Start::Around(points.clone(), deviation))
            }
        }
    }

    /// Draws the starts of a block of runs, a normal variate a weight: neuron by neuron.
    #[inline(always)]
    pub(super) fn draw(&self, draws: &mut Streams, weights: usize, out: &mut [f64]) {
        match self {
            Start::Gaussian(deviation) => {
                draws.normals(out);
                out.iter_mut().for_each(|x| *x *= deviation);
            }
            Start::Around(points, deviation) => {
                if *deviation > 0.0 {
                    draws.normals(out);
                }
                for (i, start) in out.chunks_exact_mut(weights).enumerate() {
                    let run = draws.first().wrapping_add(i as u64);
                    let point = points.point((run % points.count() as u64) as usize);
                    for (x, &centre) in start.iter_mut().zip(point) {
                        *x = if *deviation > 0.0 { centre + deviation * *x } else { centre };
                    }
                }
            }
        }
    }

    /// Number of different starts, where there are not as many as runs.
    pub(super) fn distinct(&self) -> Option<u64> {
        match self {
            Start::Around(points, 0.0) => Some(points.count() as u64),
            _ => None,
        }
    }

    /// About how large a weight is.
    pub(super) fn scale(&self) -> f64 {
        match self {
            Start::Gaussian(deviation) => *deviation,
            Start::Around(points, deviation) => points.values().iter().fold(*deviation, |most, x| most.max(x.abs())),
        }
    }
}
