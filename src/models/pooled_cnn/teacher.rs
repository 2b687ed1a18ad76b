//! The teacher's filter.

use crate::landscape::{Invalid, Values};
use crate::numerics::CellSeed;
use crate::numerics::seed::on_sphere;
use crate::numerics::vector::norm;

/// The teacher of a cell.
#[derive(Clone, Debug)]
pub struct TeacherFilter {
    /// `w*`; `None` where every run has one of its own.
    pub filter: Option<Vec<f64>>,
    /// `R = ‖w*‖`
    pub norm: f64,
}

impl TeacherFilter {
    pub(super) fn new(values: &Values) -> Result<Self, Invalid> {
        let length = values.integer("filter_length") as usize;
        let norm_given = values.real("teacher_norm");
        let law = values.choice("teacher");
        let file = values.points("teacher_file");
        // A value without effect would make cells that look different and are the same.
        let useless = |name: &str, value: String, user: &str| {
            let remedy = format!("remove it, or set teacher = \"{user}\"");
            Err(Invalid::parameter(name, value, format!("has no effect with teacher = \"{law}\""), remedy))
        };
        if law != "sphere" && values.integer("teacher_seed") != 0 {
            return useless("teacher_seed", values.integer("teacher_seed").to_string(), "sphere");
        }
        if law != "angle" && values.real("teacher_angle") != 135.0 {
            return useless("teacher_angle", values.real("teacher_angle").to_string(), "angle");
        }
        if law == "file" && norm_given != 1.0 {
            return useless("teacher_norm", norm_given.to_string(), "sphere");
        }
        if let (Some(points), true) = (file, law != "file") {
            return useless("teacher_file", points.to_string(), "file");
        }
        let filter = match law {
            "each_run" => None,
            "angle" => {
                if length != 2 {
                    return Err(Invalid::parameter(
                        "filter_length",
                        length,
                        "an angle makes a teacher of length 2 only",
                        "set filter_length = 2, or teacher = \"sphere\"",
                    ));
                }
                let angle = values.real("teacher_angle").to_radians();
                Some(vec![norm_given * libm::cos(angle), norm_given * libm::sin(angle)])
            }
            "file" => Some(given(values, length)?),
            _ => {
                let seed = values.integer("teacher_seed") as u64;
                let mut draws = CellSeed::new(seed, &format!("pooled_cnn teacher;sphere;{length}")).run(0);
                let mut filter = vec![0.0; length];
                on_sphere(&mut draws, norm_given, &mut filter);
                Some(filter)
            }
        };
        let norm = filter.as_deref().map_or(norm_given, norm);
        Ok(TeacherFilter { filter, norm })
    }
}

/// The teacher that a file holds.
fn given(values: &Values, length: usize) -> Result<Vec<f64>, Invalid> {
    let Some(points) = values.points("teacher_file") else {
        let remedy = "name a file with one row in teacher_file";
        return Err(Invalid::parameter("teacher", "file", "needs teacher_file", remedy));
    };
    points.expect_width(length, "weights").map_err(|e| e.of_parameter("teacher_file", points))?;
    if points.count() != 1 {
        let problem = format!("holds {} rows, and a teacher is one", points.count());
        return Err(Invalid::parameter("teacher_file", points, problem, "leave one row"));
    }
    let filter = points.point(0).to_vec();
    if norm(&filter) <= super::SHORTEST_TEACHER {
        let problem = format!("line {}: the teacher is zero, or shorter than 1e-15", points.line(0));
        return Err(Invalid::parameter("teacher_file", points, problem, "give a filter with a direction"));
    }
    Ok(filter)
}
