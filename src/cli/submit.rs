//! `spurious submit`: what a scheduler is given, filled in. It is printed; nothing is submitted.

mod kubernetes;
mod slurm;

use super::{SpecArguments, Usage, print, shards};
use clap::ValueEnum;
use spurious::experiment::{Plan, Shard, Spec};
use spurious::landscape::Value;
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "slurm: a script that submits an array, a task a shard, and a job that joins the shards when all \
                  have ended. `spurious submit slurm SPEC --shards 16 > submit.sh`, then `bash submit.sh \
                  --time=4:00:00 --gpus=1` on the cluster, with any options of sbatch; `--array=3,7` submits two \
                  shards again. Without --backend and compute.backend the script says gpu, so that a driver that is \
                  missing is an error and not a slow CPU; SPURIOUS_BACKEND=cpu in its environment replaces that.\n\n\
                  kubernetes: an Indexed Job, a pod and a card a shard, and the Job that joins the shards, to be given \
                  to `kubectl apply -f`; its first lines say how. cluster/kubernetes has the page."
)]
pub(super) struct Arguments {
    /// Which scheduler
    #[arg(value_enum)]
    scheduler: Scheduler,
    #[command(flatten)]
    spec: SpecArguments,
    /// Number of shards: three to five times as many as machines, of minutes to an hour each
    #[arg(long, value_name = "N")]
    shards: u64,
    /// Result folder, on a file system that all machines share [default: results/NAME of the experiment; on
    /// Kubernetes NAME on the volume of its pods, and no other]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// For Kubernetes: the image with the program, as its machines find it
    #[arg(long, default_value = "spurious")]
    image: String,
}

/// What starts the shards.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Scheduler {
    /// An array of jobs on a Slurm cluster
    Slurm,
    /// An Indexed Job on a Kubernetes cluster
    Kubernetes,
}

pub(super) fn submit(arguments: &Arguments) -> anyhow::Result<()> {
    let spec = arguments.spec.load()?;
    // What each shard would be refused for, before a cluster is asked.
    Plan::new(&spec)?;
    shards::can_be_cut(&spec)?;
    Shard::new(1, arguments.shards).map_err(|problem| Usage(format!("--shards: {problem}")))?;
    let out = arguments.out.clone().unwrap_or_else(|| Path::new("results").join(&spec.name));
    // A driver that is missing is then an error and no slow CPU, but for whoever has asked for `auto`.
    let backend = match &arguments.spec.backend {
        Some(backend) => backend.clone(),
        None if spec.compute.backend == "auto" => "gpu".into(),
        None => spec.compute.backend.to_string(),
    };
    let job = Job {
        spec: plain("SPEC", &arguments.spec.spec)?,
        out: plain("--out", &out)?,
        shards: arguments.shards,
        backend,
        options: options(&arguments.spec)?,
    };
    let text = match arguments.scheduler {
        Scheduler::Slurm => slurm::script(&job),
        Scheduler::Kubernetes => {
            fits_a_pod(arguments, &spec)?;
            let path = &arguments.spec.spec;
            let text = std::fs::read_to_string(path).map_err(|e| Usage(format!("{}: {e}", path.display())))?;
            kubernetes::manifest(&text, &spec.name, job.shards, &arguments.image, &job.backend, &job.options)
        }
    };
    print(text.as_bytes())
}

/// Refuses what the manifest cannot bring to a pod.
fn fits_a_pod(arguments: &Arguments, spec: &Spec) -> Result<(), Usage> {
    if arguments.out.is_some() {
        return Err(Usage(
            "--out: pods write to a folder of the experiment's name on their volume; leave it out".into(),
        ));
    }
    let file = spec.params.iter().flat_map(|(_, values)| values).find_map(|value| match value {
        Value::Points(points) => points.as_ref(),
        _ => None,
    });
    match file {
        None => Ok(()),
        Some(points) => Err(Usage(format!(
            "{}: reads {}, which no pod has; write the manifest by hand, see cluster/kubernetes/README.md",
            spec.file,
            points.path()
        ))),
    }
}

/// What is to be computed, in the words of the command line.
#[derive(Debug)]
struct Job {
    spec: String,
    out: String,
    shards: u64,
    backend: String,
    /// Further options of `spurious run`.
    options: Vec<String>,
}

/// The flags that `spurious run` is to get, but for the backend.
fn options(arguments: &SpecArguments) -> Result<Vec<String>, Usage> {
    let seed = arguments.seed.map(|seed| seed.to_string());
    let flags = [("--adapter", &arguments.adapter), ("--precision", &arguments.precision), ("--seed", &seed)];
    let mut options: Vec<String> =
        flags.iter().filter_map(|(flag, value)| Some([flag.to_string(), value.as_ref()?.clone()])).flatten().collect();
    options.extend(arguments.set.iter().flat_map(|set| ["--set".to_string(), set.clone()]));
    match options.iter().find(|option| option.chars().any(char::is_control)) {
        Some(option) => Err(Usage(format!("{option:?}: has control characters; write it into the experiment file"))),
        None => Ok(options),
    }
}

/// A path as a script can have it.
fn plain(flag: &str, path: &Path) -> Result<String, Usage> {
    match path.to_str().filter(|text| !text.is_empty() && !text.chars().any(char::is_control)) {
        Some(text) => Ok(text.into()),
        None => Err(Usage(format!("{flag} = {path:?}: a script needs a name of plain characters; rename it"))),
    }
}
