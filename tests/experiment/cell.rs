//! Cells of a grid: what they share, and problems that are made when they are asked for.

use spurious::descent::backend::cpu::Cpu;
use spurious::experiment::run::{self, Details};
use spurious::experiment::{Cell, Plan, Spec};
use spurious::numerics::Precision;
use std::borrow::Cow;
use std::sync::atomic::AtomicBool;

trials![
    a_small_grid_keeps_its_problems,
    a_large_grid_makes_them_for_the_work,
    a_large_grid_is_refused_as_a_small_one_is,
    a_large_grid_ends_as_its_cells_do,
    a_value_twice_in_a_long_list_is_refused,
];

/// A grid of `cnn` over as many ratios, with two step sizes.
fn grid(ratios: usize) -> Spec {
    let ratios: Vec<String> = (0..ratios).map(|i| format!("{}", 0.5 + i as f64 / 1024.0)).collect();
    let text = format!(
        "[model]\nform = \"reduced\"\n[params]\npatches = 20\nratio = [{}]\n[descent]\nmax_steps = 50\n\
         step = [0.1, 0.2]\n[runs]\nper_cell = 3\n",
        ratios.join(", ")
    );
    Spec::parse(&text, "grid.toml", &[]).unwrap()
}

fn a_small_grid_keeps_its_problems() {
    let plan = Plan::new(&grid(4)).unwrap();
    assert!(plan.cells.iter().all(|cell| matches!(cell.lent(), Cow::Borrowed(_))));
}

fn a_large_grid_makes_them_for_the_work() {
    let plan = Plan::new(&grid(3000)).unwrap();
    let small = Plan::new(&grid(4)).unwrap();
    let lent = |cell: &Cell| matches!(cell.lent(), Cow::Borrowed(_));
    assert!(!plan.cells.iter().any(lent), "no problem is kept");
    for (cell, same) in plan.cells.iter().zip(&small.cells) {
        let cell = cell.lent();
        assert_eq!((cell.seed, &cell.values, &cell.settings), (same.seed, &same.values, &same.settings));
        assert_eq!(cell.problem.start(cell.seed, 2), same.problem.start(same.seed, 2));
    }
    assert!(!plan.cells.iter().any(lent), "what was lent has gone");
    // One that is asked for by itself is kept from then on.
    assert_eq!(plan.cells[5].problem.dim(), 4);
    assert!(lent(&plan.cells[5]) && !lent(&plan.cells[6]));
}

/// The first cell that the model does not take, wherever in the grid it is.
fn a_large_grid_is_refused_as_a_small_one_is() {
    let mut spec = grid(3000);
    spec.params.iter_mut().find(|(name, _)| *name == "ratio").unwrap().1[2900] = spurious::landscape::Value::Real(21.5);
    spec.params.iter_mut().find(|(name, _)| *name == "ratio").unwrap().1[2950] = spurious::landscape::Value::Real(22.5);
    let error = Plan::new(&spec).unwrap_err().to_string();
    assert!(error.contains("params.ratio") && error.contains("21.5") && !error.contains("22.5"), "{error}");
}

/// Every run ends as it does where its cell is alone.
fn a_large_grid_ends_as_its_cells_do() {
    let tallies = |plan: &Plan| {
        let mut tallies = vec![spurious::experiment::Tally::default(); plan.cells.len()];
        let sink = |wave: Vec<spurious::experiment::Record>| {
            wave.iter().for_each(|record| tallies[record.cell].add(&record.tally));
            Ok::<(), spurious::descent::backend::BackendError>(())
        };
        let todo = run::everything(plan);
        run::execute(plan, &Cpu::new(Precision::F64), 2, &todo, Details::default(), &AtomicBool::new(false), sink)
            .unwrap();
        tallies
    };
    let all = tallies(&Plan::new(&grid(2100)).unwrap());
    let some = tallies(&Plan::new(&grid(5)).unwrap());
    assert!(all.iter().all(|tally| tally.runs() == 3));
    assert_eq!(all[..some.len()], some);
}

fn a_value_twice_in_a_long_list_is_refused() {
    let list = |values: &[f64]| {
        let values: Vec<String> = values.iter().map(f64::to_string).collect();
        let text = format!("[params]\nratio = [{}]\n", values.join(", "));
        Spec::parse(&text, "grid.toml", &[])
    };
    let mut values: Vec<f64> = (0..40_000).map(|i| f64::from(i) / 4096.0).collect();
    assert_eq!(list(&values).unwrap().params.iter().find(|(name, _)| *name == "ratio").unwrap().1.len(), 40_000);
    values[39_000] = values[123];
    let error = list(&values).unwrap_err().to_string();
    assert!(
        error.contains("column 585004: params.ratio = 0.030029296875") && error.contains("is listed twice"),
        "{error}"
    );
    assert!(list(&[0.0, 1.0, -0.0]).unwrap_err().to_string().contains("is listed twice"), "0 has one sign");
}
