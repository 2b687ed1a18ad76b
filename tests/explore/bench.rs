//! `spurious bench` and what it rests on. Speed itself is never tested: a machine may always have something else to do.

mod against;

use crate::support::program::{Place, Table, gpu_arguments};
use crate::support::{assert_relative, for_all_cells, gpu, problem, settings_of};
use spurious::descent::backend::gpu::device::Wanted;
use spurious::descent::backend::gpu::{Gpu, Options, shader};
use spurious::explore::bench::even::Line;
use spurious::explore::bench::peak;
use spurious::explore::bench::spread::{quartiles, spread};
use spurious::explore::bench::subject::Subject;
use spurious::models;
use spurious::models::MODELS;
use spurious::numerics::Precision;
use std::io::{BufRead, BufReader, Read};
use wgpu::naga::front::wgsl;
use wgpu::naga::valid::{Capabilities, ValidationFlags, Validator};

trials![
    modules(against),
    lines_are_fitted,
    break_even_of_known_lines,
    operations_are_those_of_the_formulas,
    every_cell_counts_its_operations,
    every_run_takes_every_step,
    the_cpu_has_a_peak,
    the_text_of_the_peak_validates,
    every_model_has_rows,
    formats_say_the_same,
    parameters_become_columns,
    verdicts_end_runs_early,
    quartiles_of_known_numbers,
    numbers_of_runs_are_found,
    rows_are_printed_cell_by_cell,
    refuses,
    gpu(the_gpu_has_a_peak_in_f32),
    gpu_f64(the_gpu_has_a_peak_in_f64),
    gpu(the_gpu_is_compared),
    gpu(lanes_that_do_not_fit_are_left_out),
    gpu(checks_are_told_apart),
    on(target_os = "linux", without_a_driver_auto_is_the_cpu),
];

const PRECISIONS: [Precision; 2] = [Precision::F32, Precision::F64];

fn timings(line: Line, runs: &[f64]) -> Vec<(f64, f64)> {
    runs.iter().map(|n| (*n, line.overhead + line.per_run * n)).collect()
}

fn lines_are_fitted() {
    let line = Line { overhead: 0.25, per_run: 3e-7 };
    let fitted = Line::fit(&timings(line, &[1.0, 1e4, 1e8])).unwrap();
    assert_relative(fitted.overhead, line.overhead, 1e-9, "overhead");
    assert_relative(fitted.per_run, line.per_run, 1e-9, "per run");
    // A tenth more or less everywhere moves the line by about as much, however far the numbers of runs are apart.
    let shaken: Vec<(f64, f64)> = timings(line, &[1.0, 10.0, 1e8, 2e8])
        .into_iter()
        .zip([1.1, 0.9, 1.1, 0.9])
        .map(|((n, t), f)| (n, t * f))
        .collect();
    let fitted = Line::fit(&shaken).unwrap();
    assert_relative(fitted.overhead, line.overhead, 0.2, "overhead");
    assert_relative(fitted.per_run, line.per_run, 0.2, "per run");
    // Never less than nothing.
    let falling = Line::fit(&[(1.0, 2.0), (100.0, 1.0)]).unwrap();
    assert!(falling.per_run == 0.0 && (1.0..=2.0).contains(&falling.overhead), "{falling:?}");
    let steep = Line::fit(&[(1.0, 1.0), (100.0, 200.0)]).unwrap();
    assert!(steep.overhead == 0.0 && (1.0..=2.0).contains(&steep.per_run), "{steep:?}");
    for few in
        [&[][..], &[(5.0, 1.0)], &[(5.0, 1.0), (5.0, 1.1)], &[(1.0, 0.0), (2.0, 1.0)], &[(1.0, f64::NAN), (2.0, 1.0)]]
    {
        assert_eq!(Line::fit(few), None);
    }
}

fn break_even_of_known_lines() {
    let cpu = Line { overhead: 0.01, per_run: 1e-6 };
    let gpu = Line { overhead: 0.51, per_run: 5e-7 };
    assert_relative(gpu.pays_against(&cpu), 1e6, 1e-6, "runs");
    let fitted = |line| Line::fit(&timings(line, &[1e3, 1e6])).unwrap();
    assert_relative(fitted(gpu).pays_against(&fitted(cpu)), 1e6, 1e-6, "runs");
    // The other way round it never pays, nor where each run takes as long.
    assert_eq!(cpu.pays_against(&gpu), f64::INFINITY);
    assert_eq!(gpu.pays_against(&Line { overhead: 1.0, ..gpu }), f64::INFINITY);
    // At once, where it starts sooner as well.
    assert_eq!(Line { overhead: 0.0, per_run: 1e-9 }.pays_against(&cpu), 1.0);
}

fn operations(model: &str, form: &str, set: &[(&str, &str)]) -> f64 {
    problem(model, form, set, &settings_of(model)).cost(Precision::F32).operations
}

fn operations_are_those_of_the_formulas() {
    assert_eq!(operations("cnn", "reduced", &[("patches", "100")]), 46.0);
    assert_eq!(operations("cnn", "full", &[("patches", "25"), ("filter_size", "10")]), 165.0);
    assert_eq!(operations("cnn", "full", &[("patches", "100"), ("filter_size", "8")]), 461.0);
    // Counted in the compiled loop of a hand-written kernel.
    assert_relative(operations("relu_sum", "full", &[("teachers", "20")]), 31_800.0, 0.01, "n = k = d = 20");
    // Teachers that are not unit vectors take inner products, and as many products in the gradient.
    let general = operations("relu_sum", "full", &[("teachers", "20"), ("teacher", "\"gaussian\"")]);
    let unit = operations("relu_sum", "full", &[("teachers", "20")]);
    assert_eq!(general - unit, 20.0 * 20.0 * (20.0 + 19.0));
}

fn every_cell_counts_its_operations() {
    for_all_cells(|what, model, form, set| {
        let problem = problem(model.name(), form, set, &settings_of(model.name()));
        for precision in PRECISIONS {
            let operations = problem.cost(precision).operations;
            // Every component of the state takes part in the gradient and is moved.
            assert!(operations.is_finite() && operations >= problem.dim() as f64, "{what}: {operations}");
        }
    });
}

fn every_run_takes_every_step() {
    for model in MODELS {
        let subjects = Subject::standard(Some(*model), None, &[], 50, false).unwrap();
        assert!(!subjects.is_empty(), "{} has no standard cell", model.name());
        for subject in subjects {
            let rule = subject.problem().rule();
            assert_eq!((rule.max_steps, subject.spec.verdicts), (50, false), "{}", subject.name());
        }
    }
    // A list makes several cells.
    let sets = ["params.patches=[9, 16]".to_string()];
    let both = Subject::new(models::find("cnn").unwrap(), "full", &sets, 5, false).unwrap();
    assert_eq!(both.iter().map(|cell| cell.problem().dim()).collect::<Vec<_>>(), [14, 21]);
    assert!(both.iter().all(|cell| cell.plan.cells.len() == 1 && cell.plan.cells[0].index == 0));
}

fn the_cpu_has_a_peak() {
    // Whatever else runs may disturb one measurement more than the other.
    let higher = |_| {
        let [single, double] = PRECISIONS.map(peak::cpu);
        assert!(single > 0.0 && double > 0.0 && single.is_finite() && double.is_finite(), "{single}, {double}");
        single >= double
    };
    assert!((0..8).any(higher), "f64 is faster than f32");
}

fn the_gpu_has_a_peak_in_f32() {
    let peak = gpu(Precision::F32, 0).peak().unwrap();
    assert!(peak > 0.0 && peak.is_finite(), "{peak}");
}

/// One adapter in both formats.
fn the_gpu_has_a_peak_in_f64() {
    let double = gpu(Precision::F64, 0);
    let adapter = Wanted { name: double.adapter().name.clone(), software: true };
    let single = Gpu::open(Options { adapter, ..Options::default() }).unwrap();
    let higher = |_| {
        let [single, double] = [&single, &double].map(|gpu| gpu.peak().unwrap());
        assert!(double > 0.0 && double.is_finite(), "{double}");
        single >= double
    };
    assert!((0..4).any(higher), "f64 is faster than f32");
}

fn the_text_of_the_peak_validates() {
    for precision in PRECISIONS {
        let text = shader::peak(precision);
        let module = wgsl::parse_str(&text).unwrap_or_else(|e| panic!("{}", e.emit_to_string_with_path(&text, "peak")));
        let capabilities = if precision == Precision::F64 { Capabilities::FLOAT64 } else { Capabilities::empty() };
        Validator::new(ValidationFlags::all(), capabilities).validate(&module).unwrap();
        // 16 chains of numbers: as many fused multiply-adds in the text as are counted a round.
        assert_eq!(4 * text.matches("fma(").count(), 64);
    }
}

/// Columns that programs rely on, in order; the parameters that were set stand between the first two and the others.
const COLUMNS: [&str; 28] = [
    "model",
    "form",
    "verdicts",
    "backend",
    "adapter",
    "precision",
    "lanes",
    "checks",
    "threads",
    "runs",
    "steps",
    "run_steps",
    "repeats",
    "median_s",
    "min_s",
    "spread",
    "run_steps_per_s",
    "kernel_runs",
    "kernel_run_steps_per_s",
    "kernel_spread",
    "operations",
    "peak_operations_per_s",
    "limit_run_steps_per_s",
    "share_of_limit",
    "start_up_s",
    "peak_memory_bytes",
    "gpu_over_cpu",
    "break_even_runs",
];

fn bench(place: &Place, arguments: &[&str]) -> Table {
    let ran = place.run(&[&["bench", "--repeat", "1", "--format", "csv"], arguments].concat()).done();
    assert!(!ran.err.is_empty() && ran.err.lines().all(|line| line.starts_with("bench: ")), "{}", ran.err);
    Table::parse(ran.out.as_bytes()).unwrap()
}

/// Asserts what holds for every table: the columns, and how they follow from each other.
fn check(table: &Table) {
    let known: Vec<&str> = table.header.iter().map(String::as_str).filter(|name| COLUMNS.contains(name)).collect();
    assert_eq!(known, COLUMNS);
    let column = |name: &str| table.numbers(name).into_iter().map(Option::unwrap).collect::<Vec<f64>>();
    let (limit, share) = (column("limit_run_steps_per_s"), table.numbers("share_of_limit"));
    let kernel = table.numbers("kernel_run_steps_per_s");
    for row in 0..table.rows.len() {
        let of = |name: &str| column(name)[row];
        assert!(of("run_steps") <= of("runs") * of("steps"));
        assert_relative(of("run_steps_per_s"), of("run_steps") / of("median_s"), 1e-9, "rate");
        assert!(of("min_s") <= of("median_s") && of("min_s") > 0.0 && of("threads") >= 1.0);
        assert_relative(limit[row], of("peak_operations_per_s") / of("operations"), 1e-9, "limit");
        assert_eq!(share[row], kernel[row].map(|rate| rate / limit[row]));
        assert!(of("start_up_s") > 0.0 && of("kernel_runs") >= 1.0);
        let spreads = ["spread", "kernel_spread"].map(|name| table.numbers(name)[row]);
        assert!(spreads.iter().all(|spread| spread.is_some() == (of("repeats") > 1.0) || kernel[row].is_none()));
        assert!(spreads.into_iter().flatten().all(|spread| spread >= 0.0));
        assert!(!cfg!(target_os = "linux") || of("peak_memory_bytes") > 1e6, "in KiB?");
    }
}

fn every_model_has_rows() {
    let table = bench(&Place::new(), &["--backend", "cpu", "--runs", "24", "--steps", "3"]);
    check(&table);
    for model in MODELS {
        for (form, _) in model.forms() {
            for precision in PRECISIONS {
                let is_it = |i: &usize| {
                    (table.column("model")[*i], table.column("form")[*i]) == (model.name(), *form)
                        && table.column("precision")[*i] == precision.name()
                };
                let found: Vec<usize> = (0..table.rows.len()).filter(is_it).collect();
                assert!(!found.is_empty(), "{} {form} in {} has no row", model.name(), precision.name());
                for row in found {
                    assert!(table.numbers("operations")[row].is_some_and(|count| count > 0.0));
                    assert!(table.numbers("kernel_run_steps_per_s")[row].is_some_and(|rate| rate > 0.0));
                    assert_eq!(table.numbers("run_steps")[row], Some(72.0));
                }
            }
        }
    }
    for (column, expected) in [("backend", "cpu"), ("lanes", ""), ("gpu_over_cpu", ""), ("break_even_runs", "")] {
        assert!(table.column(column).iter().all(|text| *text == expected), "{column}");
    }
}

fn formats_say_the_same() {
    let place = Place::new();
    let arguments =
        ["bench", "cnn", "--form", "reduced", "--backend", "cpu", "--runs", "8,16", "--steps", "2", "--threads", "1"];
    let of = |format: &str| place.run(&[&arguments[..], &["--repeat", "2", "--format", format]].concat()).done().out;
    let table = Table::parse(of("csv").as_bytes()).unwrap();
    check(&table);
    let document: serde_json::Value = serde_json::from_str(&of("json")).unwrap();
    let rows = document["rows"].as_array().unwrap();
    assert_eq!((rows.len(), table.rows.len()), (4, 4));
    for (i, row) in rows.iter().enumerate() {
        let names: Vec<&String> = row.as_object().unwrap().keys().collect();
        assert_eq!(names, table.header.iter().collect::<Vec<_>>());
        for name in ["model", "form", "backend", "adapter", "precision"] {
            assert_eq!(row[name].as_str(), Some(table.column(name)[i]));
        }
        for name in ["runs", "steps", "run_steps", "repeats", "threads", "operations"] {
            assert_eq!(row[name].as_f64(), table.numbers(name)[i]);
        }
        assert!(row["lanes"].is_null() && row["verdicts"] == false);
    }
    for (format, mark) in [("text", "  "), ("md", "|")] {
        let text = of(format);
        let header = text.lines().next().unwrap();
        for word in ["model", "run-steps/s", "kernel", "limit", "share", "start-up", "memory"] {
            assert!(header.split(mark).any(|cell| cell.trim() == word), "{word}: {text}");
        }
        assert!(text.contains("peak ") && text.contains("upper bound from arithmetic"), "{text}");
    }
}

fn parameters_become_columns() {
    let arguments = ["--backend", "cpu", "--precision", "f32", "--runs", "4", "--steps", "2"];
    let sets = [
        "relu_sum",
        "--set",
        "params.teachers=[2, 3]",
        "--set",
        "params.teacher=gaussian",
        "--set",
        "descent.step=0.05",
    ];
    let table = bench(&Place::new(), &[&sets[..], &arguments].concat());
    check(&table);
    assert_eq!(table.column("teachers"), ["2", "3"]);
    assert_eq!(table.column("teacher"), ["gaussian", "gaussian"]);
    assert!(!table.header.iter().any(|name| name == "neurons"), "its default follows the teachers");
}

fn verdicts_end_runs_early() {
    let arguments =
        ["cnn", "--form", "reduced", "--verdicts", "--backend", "cpu", "--precision", "f64", "--runs", "64"];
    let table = bench(&Place::new(), &[&arguments[..], &["--steps", "400"]].concat());
    check(&table);
    assert_eq!(table.column("verdicts"), ["false", "true"]);
    let steps = table.numbers("run_steps");
    assert!(steps[0] == Some(25_600.0) && steps[1] < steps[0] && steps[1] > Some(0.0), "{steps:?}");
}

fn quartiles_of_known_numbers() {
    // Of five the second, third and fourth; between neighbours otherwise.
    assert_eq!(quartiles(&[5.0, 1.0, 9.0, 3.0, 4.0]), Some((4.0, 3.0, 5.0)));
    assert_eq!(quartiles(&[1.0, 2.0]), Some((1.5, 1.25, 1.75)));
    assert_eq!(quartiles(&[7.0]), Some((7.0, 7.0, 7.0)));
    assert_eq!(quartiles(&[]), None);
    assert_eq!(spread(&[5.0, 1.0, 9.0, 3.0, 4.0]), Some(0.5));
    // One disturbed repetition of five does not show, two do.
    assert_eq!(spread(&[2.0, 2.0, 2.0, 90.0, 2.0]), Some(0.0));
    assert_eq!(spread(&[2.0, 3.0, 2.0, 90.0, 2.0]), Some(0.5));
    assert_eq!((spread(&[2.0]), spread(&[])), (None, None));
}

fn numbers_of_runs_are_found() {
    let arguments = ["cnn", "--form", "reduced", "--backend", "cpu", "--threads", "2", "--steps", "200"];
    let table = bench(&Place::new(), &arguments);
    check(&table);
    assert_eq!(table.column("precision"), ["f32", "f64"]);
    for name in ["runs", "kernel_runs"] {
        for runs in table.numbers(name).into_iter().map(Option::unwrap) {
            assert!(runs >= 2.0 && (runs as u64).is_power_of_two(), "{name}: {runs}");
        }
    }
}

fn rows_are_printed_cell_by_cell() {
    // The second cell would take minutes.
    for format in ["csv", "text"] {
        let arguments =
            ["bench", "relu_sum", "--set", "params.teachers=[2, 40]", "--backend", "cpu", "--format", format];
        let more = ["--precision", "f64", "--runs", "256", "--steps", "40", "--repeat", "30"];
        let mut child = Place::new().command(&[&arguments[..], &more].concat()).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut lines = [String::new(), String::new()];
        lines.iter_mut().for_each(|line| assert!(out.read_line(line).unwrap() > 0));
        child.kill().unwrap();
        child.wait().unwrap();
        let mut rest = String::new();
        out.read_to_string(&mut rest).unwrap();
        assert!(lines[0].contains("teachers") && lines[1].contains("relu_sum") && rest.is_empty(), "{lines:?}{rest}");
    }
}

fn refuses() {
    let place = Place::new();
    let cases: &[(&[&str], &[&str])] = &[
        (&["mlp"], &["MODEL = mlp", "no such model", "cnn"]),
        (&["--runs", "0"], &["--runs = 0", "whole number from 1", "write for example"]),
        (&["--runs", "64,many"], &["--runs = many", "whole number from 1"]),
        (&["--runs=-1"], &["--runs = -1", "whole number from 1"]),
        (&["--runs", "1.5"], &["--runs = 1.5", "whole number from 1"]),
        (&["--steps", "0"], &["--steps = 0", "whole number from 1"]),
        (&["--repeat", "0"], &["--repeat = 0", "whole number from 1"]),
        (&["--threads", "none"], &["--threads = none", "whole number from 1"]),
        (&["--lanes", "auto,0"], &["--lanes = 0", "whole number from 1"]),
        (&["--form", "polar"], &["--form = polar", "no such form", "cnn reduced"]),
        (&["relu_sum", "--form", "reduced"], &["--form = reduced", "relu_sum full"]),
        (&["--set", "params.patches=4"], &["--set: params.patches=4", "name the model"]),
        (&["cnn", "--set", "params.patchs=4"], &["--set: params.patchs = 4", "did you mean params.patches?"]),
        (&["cnn", "--set", "params.ratio=30"], &["--set: params.ratio = 30", "choose ratio between"]),
        (&["cnn", "--set", "descent.max_steps=4"], &["--set: descent.max_steps", "use --steps"]),
        (&["--set", "runs.per_cell=4"], &["--set: runs.per_cell", "use --runs"]),
        (&["--backend", "cpu", "--against", "absent"], &["--against = absent", "cannot be started"]),
        (&["--backend", "cpu", "--checks", "off"], &["--checks", "nothing on the CPU", "--backend gpu"]),
        (&["--backend", "cpu", "--adapter", "any"], &["--adapter", "nothing on the CPU", "--backend gpu"]),
    ];
    for (arguments, parts) in cases {
        place.run(&[&["bench"], *arguments].concat()).refused(2, parts);
    }
    assert!(place.snapshot().is_empty(), "nothing is written");
}

fn without_a_driver_auto_is_the_cpu() {
    let place = Place::new();
    let arguments =
        ["bench", "cnn", "--form", "reduced", "--runs", "4", "--steps", "2", "--repeat", "1", "--format", "csv"];
    let ran = place.run_without_driver(&arguments).done();
    let table = Table::parse(ran.out.as_bytes()).unwrap();
    assert_eq!(table.column("backend"), ["cpu", "cpu"]);
    for arguments in
        [&["bench", "--backend", "gpu"][..], &["bench", "--backend", "cpu,gpu"], &["bench", "--adapter", "any"]]
    {
        place.run_without_driver(arguments).refused(3, &["no GPU adapter", "use --backend cpu"]);
    }
}

/// The arguments of the GPU tests, after others.
fn on_gpu(arguments: &[&str]) -> Vec<String> {
    arguments.iter().map(ToString::to_string).chain(gpu_arguments()).collect()
}

fn the_gpu_is_compared() {
    let place = Place::new();
    let alone = on_gpu(&["--precision", "f32", "--runs", "64", "--steps", "10"]);
    let table = bench(&place, &alone.iter().map(String::as_str).collect::<Vec<_>>());
    check(&table);
    let timed = gpu(Precision::F32, 0).adapter().timestamps;
    for row in 0..table.rows.len() {
        assert_eq!((table.column("backend")[row], table.column("gpu_over_cpu")[row]), ("gpu", ""));
        assert_eq!(table.numbers("run_steps")[row], Some(640.0));
        assert!(table.numbers("lanes")[row].is_some_and(|lanes| lanes >= 1.0));
        assert_eq!(table.numbers("kernel_run_steps_per_s")[row].is_some(), timed);
    }
    let both = on_gpu(&[
        "cnn",
        "--form",
        "full",
        "--backend",
        "cpu",
        "--lanes",
        "auto,1,32",
        "--runs",
        "16,64",
        "--steps",
        "10",
    ]);
    let both = [both, ["--precision", "f32", "--set", "params.patches=9"].map(String::from).to_vec()].concat();
    let table = bench(&place, &both.iter().map(String::as_str).collect::<Vec<_>>());
    check(&table);
    // The automatic number is one of the two that are asked for.
    assert_eq!(table.column("lanes"), ["", "", "1", "1", "32", "32"]);
    for row in 2..6 {
        assert!(table.numbers("gpu_over_cpu")[row].is_some_and(|ratio| ratio > 0.0));
        assert!(table.numbers("break_even_runs")[row].is_some_and(|runs| runs >= 1.0));
    }
}

fn checks_are_told_apart() {
    let arguments = ["cnn", "--form", "reduced", "--precision", "f32", "--runs", "8", "--steps", "2"];
    let arguments = on_gpu(&[&arguments[..], &["--checks", "auto,on,off"]].concat());
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let table = bench(&Place::new(), &arguments);
    check(&table);
    assert_eq!(table.column("checks"), ["auto", "on", "off"]);
    let text = Place::new().run(&[&["bench", "--repeat", "1"], &arguments[..]].concat()).done().out;
    assert!(text.lines().next().is_some_and(|header| header.contains("lanes  checks")), "{text}");
}

fn lanes_that_do_not_fit_are_left_out() {
    let place = Place::new();
    let alone = on_gpu(&["bench", "cnn", "--form", "reduced", "--precision", "f32", "--lanes", "32"]);
    let alone: Vec<&str> = alone.iter().map(String::as_str).collect();
    place.run(&alone).refused(2, &["cnn reduced", "compute.lanes = 32", "choose 1"]);
    let arguments = [&alone[..alone.len()], &["--lanes", "1", "--runs", "8", "--steps", "2", "--repeat", "1"]].concat();
    let text = place.run(&arguments).done().out;
    assert!(text.contains("Left out: cnn reduced "), "{text}");
}
