//! `spurious generate`

use super::{Cli, print};
use clap::{CommandFactory, Subcommand};
use clap_complete::Shell;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Completions for a shell
    Completions {
        /// Which shell
        shell: Shell,
    },
    /// The manual page, with a section for every command
    Man,
}

pub(super) fn generate(arguments: &Arguments) -> anyhow::Result<()> {
    let mut command = Cli::command();
    let mut bytes = Vec::new();
    match &arguments.what {
        What::Completions { shell } => clap_complete::generate(*shell, &mut command, "spurious", &mut bytes),
        What::Man => {
            clap_mangen::Man::new(command.clone()).render(&mut bytes)?;
            command.build();
            for sub in command.get_subcommands().filter(|s| s.get_name() != "help") {
                let man = clap_mangen::Man::new(sub.clone());
                bytes.extend(format!(".SH \"SPURIOUS {}\"\n", sub.get_name().to_uppercase()).bytes());
                man.render_description_section(&mut bytes)?;
                man.render_options_section(&mut bytes)?;
            }
        }
    }
    print(&bytes)
}
