//! What `replay` and `trace` start from: an experiment file or a result folder.

use super::Usage;
use spurious::experiment::{Plan, Spec};
use spurious::numerics::Precision;
use spurious::result::Results;
use std::path::{Path, PathBuf};

/// Where runs come from.
#[derive(Debug, clap::Args)]
pub(super) struct SourceArguments {
    /// Result folder, or experiment file (TOML)
    source: PathBuf,
    /// Format of the arithmetic [default: that of the result folder, or compute.precision]
    #[arg(long, value_parser = ["f32", "f64"])]
    precision: Option<String>,
    /// Replace any key of an experiment file by its path; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    set: Vec<String>,
}

/// An experiment and the format in which its runs are repeated.
pub(super) struct Source {
    pub(super) spec: Spec,
    pub(super) plan: Plan,
    pub(super) precision: Precision,
}

impl SourceArguments {
    pub(super) fn read(&self) -> anyhow::Result<Source> {
        let (spec, plan, usual) = if Path::is_dir(&self.source) {
            if !self.set.is_empty() {
                let folder = self.source.display();
                return Err(
                    Usage(format!("--set: {folder} is a result folder; name its spec.toml to change a key")).into()
                );
            }
            let Results { spec, plan, provenance, .. } = Results::read(&self.source)?;
            let usual = provenance.map_or_else(|| spec.compute.precision.to_string(), |manifest| manifest.precision);
            (spec, plan, usual)
        } else {
            let spec = Spec::load(&self.source, &self.set)?;
            let plan = Plan::new(&spec)?;
            let usual = if spec.compute.precision == "f32" { Precision::F32 } else { Precision::F64 };
            (spec, plan, usual.name().to_string())
        };
        let precision = match self.precision.as_deref().unwrap_or(&usual) {
            "f32" => Precision::F32,
            _ => Precision::F64,
        };
        Ok(Source { spec, plan, precision })
    }
}
