//! The script for Slurm: `cluster/slurm/submit.sh` with its values filled in and `cluster/slurm/shards.sbatch` inside.

use super::Job;

const SUBMIT: &str = include_str!("../../../cluster/slurm/submit.sh");
const SHARDS: &str = include_str!("../../../cluster/slurm/shards.sbatch");
/// The lines between which the script has its values.
const VALUES: &str = "# --- values\n";
const END: &str = "# --- end of values\n";
/// A line that the inner script does not have.
const MARK: &str = "END OF SHARDS.SBATCH";

/// A script that submits the experiment.
pub(super) fn script(job: &Job) -> String {
    let (_, rest) = SUBMIT.split_once(VALUES).unwrap_or_default();
    let (_, rest) = rest.split_once(END).unwrap_or_default();
    let Job { spec, out, shards, backend, options } = job;
    let options: Vec<String> = options.iter().map(|option| quoted(option)).collect();
    format!(
        "#!/usr/bin/env bash\n\
         # Shards of an experiment on Slurm, by `spurious submit slurm`: bash FILE [options of sbatch].\n\
         # Where it is submitted the paths below must lead to the experiment and to a folder that all nodes share.\n\
         # bash FILE --time=4:00:00 --gpus=1 --array=3,7 computes two shards again.\n\
         set -euo pipefail\n\
         spec={} out={} shards={shards} backend=${{SPURIOUS_BACKEND:-{backend}}} run=({})\n\
         job=$(mktemp)\n\
         trap 'rm -f \"$job\"' EXIT\n\
         cat >\"$job\" <<'{MARK}'\n{SHARDS}{MARK}\n{rest}",
        quoted(spec),
        quoted(out),
        options.join(" ")
    )
}

/// Text that a shell takes as it is.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}
