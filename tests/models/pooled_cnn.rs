//! The model `pooled_cnn`: its landscape against an independent program, its critical points, and what descents find.

mod counts;
mod critical;
mod descents;
mod devices;
mod oracle;

use crate::support::{problem, settings_of};
use spurious::landscape::{Problem, Settings};

trials![modules(counts, critical, descents, devices, oracle),];

/// Filter length, patches and stride of a network.
#[derive(Clone, Copy, Debug)]
struct Net(usize, usize, usize);

impl Net {
    /// A cell of this network with more parameters, as TOML texts.
    fn cell(self, more: &[(&'static str, &str)], settings: &Settings) -> Problem {
        self.form("full", more, settings)
    }

    fn form(self, form: &str, more: &[(&'static str, &str)], settings: &Settings) -> Problem {
        let Net(length, patches, stride) = self;
        let texts = [length, patches, stride].map(|n| n.to_string());
        let mut set: Vec<(&'static str, &str)> =
            vec![("filter_length", &texts[0]), ("patches", &texts[1]), ("stride", &texts[2])];
        set.extend(more.iter().map(|(name, value)| (*name, *value)));
        problem("pooled_cnn", form, &set, settings)
    }

    /// The landscape in which the teacher is a part of the state.
    fn open(self) -> Problem {
        self.cell(&[("teacher", "\"each_run\"")], &settings_of("pooled_cnn"))
    }
}
