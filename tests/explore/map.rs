//! Maps: planes of starts go where they say, runs end where the same starts end otherwise, and critical points are
//! critical.

use crate::support::program::{Place, Table, gpu_arguments};
use crate::support::{problem, run, seed, settings, settings_of, starts};
use spurious::descent::backend::cpu::Cpu;
use spurious::landscape::{Outcome, Problem};

use spurious::numerics::Precision;
use spurious::show::figure::HAS_PDF;

trials![
    coordinates_can_be_set_and_read,
    landmarks_are_critical_points,
    saddle_lies_between_the_basins,
    either_form_of_the_cnn_has_the_same,
    runs_are_those_of_the_starts,
    does_not_depend_on_batches_and_threads,
    gpu(gpu_has_the_same),
    marks_what_runs_end_in,
    pictures_are_the_same_twice,
    refuses_what_is_no_plane,
];

const SPEC: &str = r#"
[experiment]
name = "plane"
seed = 5

[model]
form = "reduced"

[params]
filter_size = 5
patches = 25
ratio = [4, 1]

[compute]
backend = "cpu"
"#;

const CELLS: [&[(&str, &str)]; 4] = [
    &[("filter_size", "5"), ("patches", "25"), ("ratio", "4.0")],
    &[("filter_size", "2"), ("patches", "2"), ("ratio", "0.0"), ("filter_norm", "0.5")],
    &[("filter_size", "6"), ("patches", "49"), ("ratio", "9.0"), ("teacher_norm", "1.7"), ("filter_norm", "2.0")],
    &[("filter_size", "3"), ("patches", "100"), ("ratio", "1.0"), ("start_filter_scale", "1.5")],
];

/// The start of a run.
fn start(set: &[(&str, &str)], problem: &Problem, run: usize) -> Vec<f64> {
    let dim = problem.dim();
    let state = starts("cnn", set, problem, seed(), run + 1)[run * dim..].to_vec();
    // What stays on the host is of no interest here.
    state.into_iter().chain(vec![0.0; problem.start_dim() - dim]).collect()
}

fn cnn(form: &str, set: &[(&str, &str)]) -> Problem {
    problem("cnn", form, set, &settings())
}

fn coordinates_can_be_set_and_read() {
    for set in CELLS {
        for form in ["full", "reduced"] {
            let problem = cnn(form, set);
            let names: Vec<String> = problem.chart().unwrap().coordinates().into_iter().map(|c| c.name).collect();
            assert_eq!(names, ["angle", "radius", "sum", "overlap"]);
            for run in 0..20 {
                let mut state = start(set, &problem, run);
                let mut values: Vec<f64> =
                    names.iter().map(|name| problem.chart().unwrap().coordinate(name, &state).unwrap()).collect();
                // Any order, twice over: no coordinate moves another.
                for (i, value) in [(3, 0.3), (0, 1.1), (2, -0.7), (1, 2.5), (0, 2.9), (3, -1.2), (1, 0.4), (2, 0.2)] {
                    problem.chart().unwrap().place(&names[i], value, &mut state);
                    values[i] = value;
                    for (name, value) in names.iter().zip(&values) {
                        let found = problem.chart().unwrap().coordinate(name, &state).unwrap();
                        assert!(
                            (found - value).abs() < 1e-13 * 10.0,
                            "{form} {set:?} run {run}: {name} {found}, not {value}"
                        );
                    }
                }
            }
        }
    }
    // One that follows from another is not offered.
    let problem = cnn("reduced", &[("patches", "9"), ("ratio", "9.0")]);
    assert!(problem.chart().unwrap().coordinates().iter().all(|c| c.name != "overlap"));
}

fn landmarks_are_critical_points() {
    for set in CELLS {
        for form in ["full", "reduced"] {
            let problem = cnn(form, set);
            let landmarks = problem.chart().unwrap().landmarks();
            let kinds: Vec<Outcome> = landmarks.iter().map(|point| point.kind).collect();
            assert_eq!(kinds, [Outcome::Global, Outcome::Spurious, Outcome::Saddle], "{set:?}");
            for point in &landmarks {
                let slope = problem.evaluate(Precision::F64, &point.state).gradient;
                let norm = slope.iter().map(|g| g * g).sum::<f64>().sqrt();
                // Weights of size 1 to 10 in sums of up to 100 terms.
                assert!(norm < 1e-13, "{form} {set:?}: gradient {norm:e} at the {}", point.name);
            }
            let losses: Vec<f64> =
                landmarks.iter().map(|point| problem.evaluate(Precision::F64, &point.state).loss).collect();
            assert!(losses[0].abs() < 1e-14 && losses[0] < losses[1] && losses[1] < losses[2], "{set:?}: {losses:?}");
        }
    }
    assert_eq!(
        cnn("full", &[("patches", "25"), ("ratio", "16.0")]).chart().unwrap().landmarks().len(),
        1,
        "beyond q_c"
    );
}

/// From the saddle's own output weights, a run starts on one side or the other.
fn saddle_lies_between_the_basins() {
    for set in CELLS {
        let problem = cnn("reduced", set);
        let saddle =
            problem.chart().unwrap().landmarks().into_iter().find(|point| point.kind == Outcome::Saddle).unwrap();
        let angle = problem.chart().unwrap().coordinate("angle", &saddle.state).unwrap();
        let mut states = Vec::new();
        for shift in [-1e-3, 1e-3] {
            let mut state = saddle.state.clone();
            problem.chart().unwrap().place("angle", angle + shift, &mut state);
            states.extend(state);
        }
        let ends = run(&Cpu::new(Precision::F64), &problem, &states);
        let outcomes: Vec<Outcome> = ends.stops.iter().map(|stop| stop.outcome()).collect();
        assert_eq!(outcomes, [Outcome::Global, Outcome::Spurious], "{set:?}");
    }
}

/// The program's map, as a table.
fn map(place: &Place, arguments: &[&str]) -> Table {
    let fixed = ["map", "spec.toml", "-q", "--figure", "m.svg", "--out", "m.csv"];
    let cell: &[&str] = if arguments.contains(&"--cell") { &[] } else { &["--cell", "0"] };
    place.run(&[&fixed, cell, arguments].concat()).done();
    place.table("m.csv")
}

const PLANE: [&str; 10] =
    ["--x", "angle", "--y", "overlap=-1:1", "--at", "sum=0.4", "--at", "radius=1", "--size", "40x30"];

fn either_form_of_the_cnn_has_the_same() {
    let place = Place::with(SPEC);
    let [reduced, full] = ["reduced", "full"].map(|form| {
        let form = format!("model.form=\"{form}\"");
        map(&place, &[&PLANE[..], &["--cell", "1", "--set", &form]].concat())
    });
    assert_eq!(reduced.rows.len(), 1200);
    assert_eq!(reduced.header, ["angle", "overlap", "outcome", "steps"]);
    let outcomes = reduced.column("outcome");
    assert!(outcomes.contains(&"global") && outcomes.contains(&"spurious"));
    // Trajectories agree to 1e-12; a verdict can be given a step later where they differ.
    let differ = reduced.rows.iter().zip(&full.rows).filter(|(a, b)| a[..3] != b[..3]).count();
    assert_eq!(differ, 0);
    let far = |(a, b): &(&Vec<String>, &Vec<String>)| {
        let [a, b] = [a, b].map(|row| row[3].parse::<i64>().unwrap());
        (a - b).abs() > 1
    };
    assert_eq!(reduced.rows.iter().zip(&full.rows).filter(far).count(), 0);
}

/// Points of the plane, advanced by themselves.
fn runs_are_those_of_the_starts() {
    let place = Place::with(SPEC);
    let table = map(&place, &PLANE);
    let set = CELLS[0];
    let problem = cnn("reduced", set);
    let mut base = start(set, &problem, 0);
    problem.chart().unwrap().place("sum", 0.4, &mut base);
    problem.chart().unwrap().place("radius", 1.0, &mut base);
    let mut states = Vec::new();
    for row in &table.rows {
        let mut state = base.clone();
        problem.chart().unwrap().place("angle", row[0].parse().unwrap(), &mut state);
        problem.chart().unwrap().place("overlap", row[1].parse().unwrap(), &mut state);
        states.extend(&state[..4]);
    }
    let ends = run(&Cpu::one_by_one(Precision::F64), &problem, &states);
    for (row, stop) in table.rows.iter().zip(&ends.stops) {
        assert_eq!((&*row[2], &*row[3]), (stop.outcome().name(), &*stop.steps.to_string()), "{row:?}");
    }
    // Centres of equal cells, row by row from the lowest.
    let angles = table.numbers("angle");
    let step = std::f64::consts::PI / 40.0;
    assert!((angles[0].unwrap() - 0.5 * step).abs() < 1e-15 && (angles[39].unwrap() - 39.5 * step).abs() < 1e-14);
    let overlaps = table.numbers("overlap");
    assert_eq!((overlaps[0], overlaps[39]), (overlaps[1], overlaps[0]));
    assert!((overlaps[0].unwrap() + 1.0 - 1.0 / 30.0).abs() < 1e-15 && overlaps[40] > overlaps[39]);
}

fn does_not_depend_on_batches_and_threads() {
    let place = Place::with(SPEC);
    let all = map(&place, &PLANE);
    for other in [["--set", "compute.batch=7"], ["--set", "compute.threads=1"]] {
        assert!(map(&place, &[&PLANE[..], &other].concat()) == all, "{other:?}");
    }
    // The other coordinates are those of the run; here all are set, so that no run differs, and then not.
    assert!(map(&place, &[&PLANE[..], &["--run", "3"]].concat()) == all);
    assert!(map(&place, &[&PLANE[..4], &PLANE[6..], &["--run", "3"]].concat()) != all, "the sum of another start");
}

fn gpu_has_the_same() {
    let place = Place::with(&SPEC.replace("backend = \"cpu\"", ""));
    let cpu = map(&place, &[&PLANE[..], &["--backend", "cpu"]].concat());
    let gpu = gpu_arguments();
    let gpu: Vec<&str> = gpu.iter().map(String::as_str).collect();
    let gpu = map(&place, &[&PLANE[..], &gpu].concat());
    let differ = cpu.rows.iter().zip(&gpu.rows).filter(|(a, b)| a[..3] != b[..3]).count();
    // Of starts drawn at random none of 20,000 differs between f32 and f64; in a grid some lie closer to the boundary.
    assert!(differ <= 1, "{differ} of {} outcomes", cpu.rows.len());
}

/// Besides the critical points that a model knows, those are marked that runs end in.
fn marks_what_runs_end_in() {
    let spec = "[model]\nname = \"pooled_cnn\"\n[params]\nfilter_length = 2\npatches = 32\nstride = 1\nteacher = \
                \"angle\"\nteacher_angle = 135\n[compute]\nbackend = \"cpu\"\n";
    let place = Place::with(spec);
    let said = place.run(&["map", "spec.toml", "--x", "x0=-2:2", "--y", "x1=-2:2", "--size", "24x24"]).done();
    assert!(said.err.contains("map in map.svg"), "{}", said.err);
    let set = [
        ("filter_length", "2"),
        ("patches", "32"),
        ("stride", "1"),
        ("teacher", "\"angle\""),
        ("teacher_angle", "135.0"),
    ];
    let problem = problem("pooled_cnn", "full", &set, &settings_of("pooled_cnn"));
    let marks: Vec<&str> = said.out.lines().filter(|line| line.contains(" at x0 ")).collect();
    for name in ["global minimum at ", "spurious minimum at "] {
        assert_eq!(marks.iter().filter(|mark| mark.starts_with(name)).count(), 1, "{}", said.out);
    }
    for mark in marks {
        let numbers: Vec<f64> = mark.split(&[' ', ','][..]).filter_map(|word| word.parse().ok()).collect();
        let slope = problem.evaluate(Precision::F64, &numbers).gradient;
        // Six decimals are printed, and curvatures are at most 1.
        assert!(slope.iter().all(|g| g.abs() < 2e-6), "{mark}: {slope:?}");
    }
}

fn pictures_are_the_same_twice() {
    let place = Place::with(SPEC);
    for (name, show) in [
        ("a.svg", "outcome"),
        ("a.png", "steps"),
        ("a.pdf", "outcome"),
        ("b.svg", "steps"),
        ("b.png", "outcome"),
        ("b.pdf", "steps"),
    ]
    .into_iter()
    .filter(|(name, _)| HAS_PDF || !name.ends_with("pdf"))
    {
        let picture = || {
            let fixed = ["map", "spec.toml", "-q", "--cell", "0", "--figure", name, "--show", show];
            place.run(&[&fixed[..], &PLANE[..]].concat()).done();
            place.read(name)
        };
        let (first, second) = (picture(), picture());
        assert!(first == second && first.len() > 1000, "{name}");
        let begins: &[u8; 4] = match &name[2..] {
            "svg" => b"<svg",
            "png" => b"\x89PNG",
            _ => b"%PDF",
        };
        assert!(first.starts_with(begins));
    }
}

fn refuses_what_is_no_plane() {
    let place = Place::with(SPEC);
    let refused = |arguments: &[&str], parts: &[&str]| {
        place.run(&[&["map", "spec.toml", "--cell", "0"], arguments].concat()).refused(2, parts)
    };
    refused(
        &["--x", "angel", "--y", "sum"],
        &["coordinate angel", "not one of this cell", "angle, radius, sum, overlap, x0 to x3"],
    );
    refused(&["--x", "angle=1", "--y", "sum"], &["--x = angle=1", "two numbers"]);
    refused(&["--x", "angle=2:1", "--y", "sum"], &["coordinate angle", "empty range"]);
    refused(&["--x", "x0", "--y", "sum"], &["coordinate x0", "no range", "x0=-1:1"]);
    refused(&["--x", "x4=0:1", "--y", "sum"], &["coordinate x4", "not one of this cell"]);
    refused(&["--x", "sum", "--y", "sum"], &["--y = sum", "--x"]);
    refused(&["--x", "angle=0:5", "--y", "sum"], &["coordinate angle", "comes out as"]);
    refused(&["--x", "angle", "--y", "x0=-1:1"], &["cannot all have their values"]);
    refused(&["--x", "angle", "--y", "sum", "--at", "sum=1"], &["--at = sum=1", "set already"]);
    refused(&["--x", "angle", "--y", "sum", "--at", "overlap"], &["--at = overlap", "a name and a number"]);
    refused(&["--x", "angle", "--y", "sum", "--size", "5000x10"], &["--size = 5000x10", "4096"]);
    place.run(&["map", "spec.toml", "--x", "angle", "--y", "sum"]).refused(2, &["2 cells", "--cell 0 to 1"]);
    place.run(&["map", "spec.toml", "--x", "angle", "--y", "sum", "--cell", "2"]).refused(2, &["--cell 2", "0 to 1"]);
    let other = place.run(&["map", "spec.toml", "--cell", "0", "--x", "angle", "--y", "sum", "--figure", "map.jpg"]);
    assert!(other.code == Some(2) && other.err.contains(".svg, .png or .pdf"), "{}", other.err);
    assert!(!place.path("map.svg").exists());
}
