//! The command line as it is written: options that do not exist, numbers of options.

use super::Cli;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Command, CommandFactory, Parser};
use spurious::experiment::shard::MOST_SHARDS;
use spurious::landscape::text::nearest;
use spurious::numerics::decimal::{self, read_whole};

/// Parses the command line; what is wrong with it is an error, or has been said by the parser, which then ends the
/// program.
pub(super) fn parse() -> Result<Cli, super::Usage> {
    Cli::try_parse().map_err(|error| match unknown_option(&error) {
        Some(message) => super::Usage(message),
        None => error.exit(),
    })
}

/// The message for an option that does not exist. The parser's own would say how to write it as a value.
fn unknown_option(error: &clap::Error) -> Option<String> {
    if error.kind() != ErrorKind::UnknownArgument {
        return None;
    }
    let Some(ContextValue::String(option)) = error.get(ContextKind::InvalidArg) else { return None };
    let command = command();
    let path = command.get_name().to_string();
    let help = if path == "spurious" { "spurious --help".into() } else { format!("spurious {path} --help") };
    let digits = option.strip_prefix('-').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    // The parser names the digit only.
    let whole = std::env::args().find(|word| word.starts_with(option.as_str()) && word.contains(':'));
    if let Some(word) = whole.filter(|_| digits && path == "replay") {
        let problem = "cells and runs are counted from 0";
        return Some(format!("CELL:RUN = {word}: {problem}; write two whole numbers from 0, for example 0:116"));
    }
    if digits {
        return Some(format!("{option}: a negative number is no argument here; {help} lists what is"));
    }
    let name = option.split('=').next().unwrap_or(option);
    let known: Vec<String> = command.get_arguments().filter_map(|a| a.get_long()).map(|l| format!("--{l}")).collect();
    let meant = Some(name).filter(|name| name.starts_with("--"));
    Some(match meant.and_then(|name| nearest(name, known.iter().map(String::as_str))) {
        Some(best) => format!("{name}: there is no such option; did you mean {best}? {help} lists all"),
        None => format!("{option}: there is no such option or argument; {help} lists what there is"),
    })
}

/// The command that the command line names, or the program.
fn command() -> Command {
    let mut command = Cli::command();
    command.build();
    for word in std::env::args().skip(1) {
        match command.find_subcommand(&word) {
            Some(found) => command = found.clone(),
            None => break,
        }
    }
    command
}

/// A whole number of an option, in any notation: `16`, `0x10`, `1e4`.
fn whole(text: &str, low: u64, high: u64) -> Result<u64, String> {
    let number = read_whole(text).filter(|number| (low..=high).contains(number));
    number.ok_or_else(|| format!("write a whole number from {low} to {high}"))
}

/// A seed.
pub(super) fn seed(text: &str) -> Result<u64, String> {
    whole(text, 0, u64::MAX)
}

/// Number of a run.
pub(super) fn run(text: &str) -> Result<u64, String> {
    whole(text, 0, (1 << 53) - 1)
}

/// How many runs.
pub(super) fn runs(text: &str) -> Result<u64, String> {
    whole(text, 1, 1 << 53)
}

/// How many shards.
pub(super) fn shards(text: &str) -> Result<u64, String> {
    whole(text, 1, MOST_SHARDS)
}

/// Number of a cell.
pub(super) fn cell(text: &str) -> Result<usize, String> {
    whole(text, 0, (1 << 20) - 1).map(|cell| cell as usize)
}

/// How many steps, one at least.
pub(super) fn every(text: &str) -> Result<u32, String> {
    whole(text, 1, u64::from(u32::MAX)).map(|steps| steps as u32)
}

/// A price.
pub(super) fn price(text: &str) -> Result<f64, String> {
    let price = decimal::read(text).ok().filter(|price| *price >= 0.0);
    price.ok_or_else(|| "write a number that is not negative, for example 2.50".into())
}

/// A confidence level.
///
/// # Errors
/// It is no number between 0 and 1; the message follows the option's name.
pub(super) fn level(text: &str) -> Result<f64, String> {
    let write = "write for example --level 0.95";
    match decimal::read(text.trim_end_matches('%').trim()) {
        Ok(x) if x > 0.0 && x < 1.0 && !text.ends_with('%') => Ok(x),
        Ok(x) if (50.0..100.0).contains(&x) => {
            Err(format!("{text}: is not between 0 and 1; write --level {} for {x} %", x / 100.0))
        }
        Err(decimal::Fault::NotFinite) | Ok(_) => Err(format!("{text}: is not a number between 0 and 1; {write}")),
        Err(fault) => Err(format!("{text}: {fault}; {write}")),
    }
}
