//! `spurious trace` as its user meets it.

use crate::support::program::{Place, Table};
use spurious::show::figure::HAS_PDF;

trials![agrees_with_run_and_replay, says_what_was_measured, writes_tables_and_figures, refuses_what_it_cannot_do,];

/// Two cells of eight runs, both with either outcome.
const SPEC: &str = "[experiment]\nname = \"paths\"\nseed = 3\n[model]\nform = \"reduced\"\n[params]\npatches = \
                    25\nratio = [1, 4]\n[descent]\nstep = 0.05\nmax_steps = 3000\n[runs]\nper_cell = \
                    8\n[compute]\nbackend = \"cpu\"\n[output]\nruns = true\nendpoints = true\n";

fn place() -> Place {
    let place = Place::with(SPEC);
    place.run(&["run", "spec.toml", "-q", "--out", "out"]).done();
    place
}

/// Rows of a run by their step.
fn row<'a>(table: &'a Table, run: &str, step: &str) -> &'a [String] {
    table
        .rows
        .iter()
        .find(|row| row[1] == run && row[2] == step)
        .unwrap_or_else(|| panic!("no step {step} of run {run}"))
}

/// The row of a trace at the step at which the experiment's run ended has its loss and its weights, to the last digit,
/// and the line on stderr says what `runs.csv` says; every row of a replay is one of the trace.
fn agrees_with_run_and_replay() {
    let place = place();
    let (runs, endpoints) = (place.table("out/runs.csv"), place.table("out/endpoints.csv"));
    for cell in ["0", "1"] {
        let ran = place.run(&["trace", "out", "--cell", cell, "--runs", "8", "--weights", "--every", "1"]).done();
        let said: Vec<&str> = ran.err.lines().collect();
        let table = Table::parse(ran.out.as_bytes()).unwrap();
        assert!(table.column("cell").iter().all(|c| *c == cell));
        let weights = table.header.iter().position(|name| name == "x0").unwrap();
        let of_cell = runs.rows.iter().zip(&endpoints.rows).filter(|(row, _)| row[0] == cell);
        for (at, (run, end)) in of_cell.enumerate() {
            let last = row(&table, &run[1], &run[3]);
            assert_eq!((&last[3], &last[weights..]), (&run[4], &end[2..]), "run {}", run[1]);
            let word = format!("run {} of cell {cell} in f64: {} after {} step", run[1], run[2], run[3]);
            assert!(
                said[at].starts_with(&word) && said[at].contains(&format!(", {}; traced on: ", run[5])),
                "{}",
                said[at]
            );
        }
        assert!(said[8].starts_with("bounds kept by all ") && said.len() == 9, "{said:?}");
        let outcomes = runs.rows.iter().filter(|row| row[0] == cell).map(|row| &*row[5]);
        assert!(["global", "spurious"].iter().all(|wanted| outcomes.clone().any(|outcome| outcome == *wanted)));

        let path =
            Table::parse(place.run(&["replay", "spec.toml", &format!("{cell}:5")]).done().out.as_bytes()).unwrap();
        for point in &path.rows {
            let here = row(&table, "5", &point[0]);
            for (name, value) in path.header.iter().zip(point) {
                let at = table.header.iter().position(|other| other == name).unwrap();
                assert_eq!(&here[at], value, "{name} at step {}", point[0]);
            }
        }
    }
}

fn says_what_was_measured() {
    let place = Place::with(SPEC);
    let ended = |cell: &str| -> Vec<String> {
        let ran = place.run(&["trace", "spec.toml", "--cell", cell, "--runs", "8", "--every", "1000"]).done();
        ran.err.lines().map(String::from).collect()
    };
    let lines = ended("1");
    let run =
        |outcome: &str| lines.iter().position(|line| line.contains(&format!(", {outcome}; "))).unwrap().to_string();
    let global = place.run(&["trace", "spec.toml", "--cell", "1", "--run", &run("global")]).done();
    for part in [
        "  end of Phase I: step ",
        "  fall of ln(loss) a step in the end: 0.034",
        ", predicted 0.034",
        "  bounds kept at all ",
    ] {
        assert!(global.err.contains(part), "{part}: {}", global.err);
    }
    let table = Table::parse(global.out.as_bytes()).unwrap();
    let (loss, bound) = (table.numbers("loss"), table.numbers("loss_majorant"));
    let both: Vec<(f64, f64)> = loss.into_iter().zip(bound).filter_map(|(loss, bound)| Some((loss?, bound?))).collect();
    assert!(both.len() > 100 && both.iter().all(|(loss, bound)| loss <= bound), "by name, and kept");
    assert!(table.numbers("loss_above_spurious_asymptote").iter().all(Option::is_none), "nothing of the other outcome");
    let spurious = place.run(&["trace", "spec.toml", "--cell", "1", "--run", &run("spurious")]).done();
    assert!(spurious.err.contains("  limit of (π − φ)·t: ") && !spurious.err.contains("bounds"), "{}", spurious.err);
    let table = Table::parse(spurious.out.as_bytes()).unwrap();
    assert!(table.numbers("angle_left_asymptote").last().unwrap().is_some());
    assert!(table.numbers("loss_majorant").iter().all(Option::is_none));
}

fn writes_tables_and_figures() {
    let place = Place::with(SPEC);
    let trace = ["trace", "spec.toml", "--cell", "1", "--runs", "3"];
    let usual = place.run(&trace).done();
    let ran = place.run(&[&trace[..], &["--out", "t.csv", "--figure", "f.svg"]].concat()).done();
    assert!(ran.out.is_empty() && ran.err.starts_with("figure in f.svg\ntable in t.csv\n"), "{ran:?}");
    assert_eq!(place.text("t.csv"), usual.out);
    let svg = place.text("f.svg");
    assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>") && svg.contains("gradient step"));
    let both = place
        .run(&[&trace[..], &["--figure", "f.png", "--out", "-", "--axis", "log", "--panels", "loss,sum"]].concat())
        .done();
    assert_eq!(both.out, usual.out, "a dash is stdout");
    assert!(place.read("f.png").starts_with(b"\x89PNG"));
    let pdf = place.run(&[&trace[..], &["--figure", "f.pdf"]].concat());
    if HAS_PDF {
        pdf.done();
        assert!(place.read("f.pdf").starts_with(b"%PDF"));
    } else {
        assert!(pdf.code == Some(2) && pdf.err.contains("build it with --features pdf"), "{}", pdf.err);
    }
    let only = place.run(&[&trace[..], &["--figure", "g.svg"]].concat()).done();
    assert!(only.out.is_empty() && place.text("g.svg") == svg, "a figure alone, the same bytes again");
    let names: Vec<_> = place.snapshot().into_keys().map(|path| path.file_name().unwrap().to_owned()).collect();
    assert!(!names.iter().any(|name| name.to_string_lossy().contains(".tmp")), "{names:?}");
}

fn refuses_what_it_cannot_do() {
    let place = place();
    let before = place.snapshot();
    let trace = |rest: &[&str]| place.run(&[&["trace", "spec.toml"], rest].concat());
    trace(&[]).refused(2, &["there are 2 cells", "choose one with --cell 0 to 1"]);
    trace(&["--cell", "2"]).refused(2, &["--cell 2: there are 2 cells", "choose 0 to 1"]);
    trace(&["--cell", "0", "--run", "8"]).refused(2, &["--run 8: a cell has 8 runs", "choose 0 to 7"]);
    trace(&["--cell", "0", "--runs", "9"]).refused(2, &["--runs 9: a cell has 8 runs", "choose 8 at most"]);
    trace(&["--cell", "0", "--out", "absent/t.csv"])
        .refused(2, &["--out = absent/t.csv: the folder absent does not exist; make it"]);
    trace(&["--cell", "0", "--figure", "absent/f.svg"])
        .refused(2, &["--figure = absent/f.svg: the folder absent does not exist"]);
    trace(&["--cell", "0", "--figure", "f.svg", "--panels", "speed"])
        .refused(2, &["--panels: there is no column speed", "choose from loss, "]);
    place
        .run(&["trace", "out", "--cell", "0", "--set", "descent.step=1"])
        .refused(2, &["--set: out is a result folder"]);
    place.run(&["trace", "absent"]).refused(2, &["error: absent: ", "does not exist"]);
    let wrong: [&[&str]; 10] = [
        &["--run", "1", "--runs", "2"],
        &["--runs", "0"],
        &["--every", "0"],
        &["--steps", "9:9"],
        &["--steps", "9:5"],
        &["--steps", "x"],
        &["--steps", "0"],
        &["--figure", "f.jpg"],
        &["--axis", "log"],
        &["--panels", "loss"],
    ];
    for wrong in wrong {
        let ran = trace(&[&["--cell", "0"], wrong].concat());
        assert_eq!(ran.code, Some(2), "{ran:?}");
        assert!(ran.out.is_empty() && ran.err.starts_with("error: "), "{ran:?}");
    }
    assert!(place.snapshot() == before, "nothing is written");
}
