//! Runs an experiment in memory and reads its results: how often does descent find the global minimum of the CNN of Du
//! et al. (2018) below and above the critical ratio of its teacher?
//!
//! `cargo run --release --example run_experiment`

#![allow(clippy::print_stdout)]

use spurious::experiment::Spec;
use spurious::landscape::Outcome;

pub(crate) fn main() -> Result<(), Box<dyn std::error::Error>> {
    let text = "
        [params]
        patches = 25
        ratio = [1, 4, 7, 9]
        [runs]
        per_cell = 10_000
        [compute]
        backend = 'cpu'
    ";
    let results = spurious::result::run(&Spec::parse(text, "example", &[])?)?;
    for (cell, record) in results.plan.cells.iter().zip(&results.records) {
        let interval = results.plan.method().interval(record.tally.count(Outcome::Global), record.tally.runs(), 0.95);
        println!(
            "ratio {}: global in {:.4} of {} runs, 95 % interval {:.4} to {:.4}",
            cell.values.real("ratio"),
            results.probability(cell.index, Outcome::Global),
            record.tally.runs(),
            interval.low,
            interval.high,
        );
    }
    // The same as the table that the program prints.
    println!("{}", results.summary().text());
    Ok(())
}
