//! `eval` against an independent oracle, and the points that it refuses.

use crate::models::relu_sum::families::named;
use crate::support::program::{Place, Table, numbers, points_file};

trials![
    matches_the_oracle,
    reads_standard_input,
    of_the_teacher_is_zero,
    says_what_it_classified,
    losses_take_no_hessian,
    tables_have_four_formats,
    refuses_wrong_points,
];

/// The arguments of `eval` for some parameters.
fn arguments<'a>(sets: &'a [String], rest: &[&'a str]) -> Vec<&'a str> {
    let sets = sets.iter().flat_map(|set| ["--set", set]);
    ["eval", "cnn"].into_iter().chain(rest.iter().copied()).chain(sets).collect()
}

fn matches_the_oracle() {
    let cases: Vec<serde_json::Value> = serde_json::from_str(include_str!("../oracle/cnn.json")).unwrap();
    let place = Place::new();
    for case in cases {
        let names = ["filter_size", "patches", "ratio", "teacher_norm", "filter_norm"];
        let sets = names.map(|name| format!("params.{name}={}", case[name]));
        let list = |key: &str| case[key].as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect::<Vec<f64>>();
        place.write("points.csv", points_file(&[list("point")]));
        let ran = place.run(&arguments(&sets, &["--points", "points.csv", "--gradient"])).done();
        let table = Table::parse(ran.out.as_bytes()).unwrap();
        assert_eq!(table.header[..3], ["point", "loss", "g0"]);
        let [row] = &table.rows[..] else { panic!("one row: {}", ran.out) };
        assert_eq!(row[0], "p0");
        let close = |ours: f64, theirs: f64| (ours - theirs).abs() <= 1e-10 * theirs.abs() + 1e-14;
        assert!(close(row[1].parse().unwrap(), case["loss"].as_f64().unwrap()), "{case}\n{}", ran.out);
        let (ours, theirs) = (numbers(&row[2..]), list("gradient"));
        assert_eq!(ours.len(), theirs.len());
        assert!(ours.iter().zip(&theirs).all(|(a, b)| close(*a, *b)), "{case}\n{}", ran.out);
    }
}

fn reads_standard_input() {
    let place = Place::new();
    let sets = ["params.filter_size=2", "params.patches=2", "params.ratio=1.3"].map(String::from);
    let text = points_file(&[vec![0.5, 0.9, 0.0, -0.5], vec![1.0, 0.0, 1.4, 0.2], vec![0.0, 1.0, 0.0, 0.0]]);
    place.write("points.csv", &text);
    let from_file = place.run(&arguments(&sets, &["--points", "points.csv", "--outcome"])).done().out;
    let from_input = place.run_with_input(&arguments(&sets, &["--points", "-", "--outcome"]), &text).done().out;
    assert_eq!(from_file, from_input);
    let table = Table::parse(from_input.as_bytes()).unwrap();
    assert_eq!(table.header, ["point", "loss", "outcome", "outcome_distance", "continued_steps", "outcome_loss"]);
    assert_eq!(table.column("point"), ["p0", "p1", "p2"]);
    let words = ["global", "spurious", "undecided"];
    assert!(table.column("outcome").iter().all(|outcome| words.contains(outcome)), "{from_input}");
    place.run_with_input(&arguments(&sets, &["--points", "-"]), "point,x0\n").refused(2, &["-: header", "x3"]);
}

fn of_the_teacher_is_zero() {
    let place = Place::new();
    let (filter, scale, ratio) = (3, 1.7, 2.25);
    let sets = ["filter_size=3", "patches=6", "ratio=2.25", "teacher_norm=0.8", "filter_norm=1.7"];
    let sets = sets.map(|set| format!("params.{set}"));
    let teacher = place.run(&arguments(&sets, &["--teacher"])).done().out;
    let table = Table::parse(teacher.as_bytes()).unwrap();
    assert_eq!((table.header.len(), table.rows.len()), (1 + 3 + 6, 1));
    assert_eq!((table.header[1].as_str(), table.rows[0][0].as_str()), ("x0", "teacher"));
    let mut point = numbers(&table.rows[0][1..]);
    let (sum, square) = point[filter..].iter().fold((0.0, 0.0), |(sum, square), a| (sum + a, square + a * a));
    assert!((sum * sum / square - ratio).abs() < 1e-14 && (square.sqrt() - 0.8).abs() < 1e-15, "{teacher}");
    assert_eq!(point[..filter], [scale, 0.0, 0.0]);
    // The student's filter is normalised, so its output weights carry the norm of the teacher's filter.
    point[filter..].iter_mut().for_each(|a| *a *= scale);
    place.write("points.csv", points_file(&[point]));
    let out = place.run(&arguments(&sets, &["--points", "points.csv", "--gradient", "--outcome"])).done().out;
    let table = Table::parse(out.as_bytes()).unwrap();
    assert_eq!(table.column("outcome"), ["global"]);
    assert!(numbers(&table.rows[0][1..2])[0].abs() < 1e-15, "{out}");
    assert!(numbers(&table.rows[0][6..]).iter().all(|g| g.abs() < 1e-14), "{out}");
}

/// Points near a saddle, a minimum and nothing: the distance to the critical point, and the loss there.
fn says_what_it_classified() {
    let place = Place::new();
    let moved = |name: &str, by: f64| {
        let mut point = named(name, 6);
        point[3] += by;
        point
    };
    place.write("points.csv", points_file(&[moved("I", 1e-8), moved("II", 1e-8), moved("II", 0.1)]));
    let sets = ["--set", "params.teachers=6", "--set", "descent.tolerance=1e-6"];
    let ran = place.run(&[&["eval", "relu_sum", "--points", "points.csv", "--outcome"], &sets[..]].concat()).done();
    let table = Table::parse(ran.out.as_bytes()).unwrap();
    assert_eq!(table.column("outcome")[1..], ["spurious", "undecided"], "{}", ran.out);
    let (distances, losses) = (table.numbers("outcome_distance"), table.numbers("outcome_loss"));
    let distance = distances[1].expect("a distance");
    assert!(distance > 9e-9 && distance < 2e-8, "{}", ran.out);
    // The family's loss at six teachers, by ball arithmetic elsewhere.
    assert!((losses[1].expect("a loss") - 0.025_080_58).abs() < 1e-8, "{}", ran.out);
    assert_eq!((distances[2], losses[2]), (None, None), "{}", ran.out);
    assert_eq!(table.column("continued_steps")[2], "");
}

/// A loss of 4,096 weights takes no Hessian of 134 MB, whether the point is at rest or not; where one is asked for, it
/// is said.
fn losses_take_no_hessian() {
    let place = Place::new();
    let teacher = ["eval", "relu_sum", "--set", "params.teachers=64", "--teacher"];
    place.write("points.csv", place.run(&teacher).done().out);
    let began = std::time::Instant::now();
    let ran = place.run(&["eval", "relu_sum", "--set", "params.teachers=64", "--points", "points.csv"]).done();
    assert!(began.elapsed().as_secs() < 10, "{:?}", began.elapsed());
    let table = Table::parse(ran.out.as_bytes()).unwrap();
    assert_eq!(table.header, ["point", "loss"]);
    assert!(ran.err.is_empty() && numbers(&table.rows[0][1..])[0].abs() < 1e-12, "{ran:?}");
    place.write("far.csv", points_file(&[vec![0.5; 4096]]));
    let far = ["eval", "relu_sum", "--set", "params.teachers=64", "--points", "far.csv", "--outcome"];
    let ran = place.run(&far).done();
    assert!(ran.err.contains("--outcome: Hessians of 4096 weights take 402 MB"), "{}", ran.err);
}

/// The same rows for people and for programs.
fn tables_have_four_formats() {
    let place = Place::new();
    place.write("points.csv", points_file(&[named("II", 6)]));
    let points = ["--set", "params.teachers=6", "--points", "points.csv"];
    let spec = "[model]\nname = \"cnn\"\n[runs]\nper_cell = 4\n[compute]\nbackend = \"cpu\"\n";
    place.write("cnn.toml", spec);
    let commands: [&[&str]; 5] = [
        &["eval", "relu_sum", "--outcome"],
        &["eval", "relu_sum", "--spectrum"],
        &["certify", "relu_sum"],
        &["replay", "cnn.toml", "0:1"],
        &["trace", "cnn.toml", "--run", "1", "--every", "100"],
    ];
    for command in commands {
        let points = if ["replay", "trace"].contains(&command[0]) { &[][..] } else { &points };
        let out = |format: &str| place.run(&[command, points, &["--format", format]].concat()).done().out;
        let csv = Table::parse(out("csv").as_bytes()).unwrap();
        let plain = place.run(&[command, points].concat()).done().out;
        assert_eq!(Table::parse(plain.as_bytes()).unwrap().header, csv.header, "{command:?}: CSV is the default");
        assert!(!csv.rows.is_empty(), "{command:?}");
        let json: serde_json::Value = serde_json::from_str(&out("json")).unwrap();
        let rows = json["rows"].as_array().unwrap();
        assert_eq!(rows.len(), csv.rows.len(), "{command:?}");
        for (name, text) in csv.header.iter().zip(&csv.rows[0]).filter(|(name, _)| *name != "seconds") {
            let expected = match (&rows[0][name], text.is_empty()) {
                (value, true) => value.is_null(),
                (serde_json::Value::Number(x), _) => x.as_f64() == text.parse().ok(),
                (serde_json::Value::Bool(x), _) => x.to_string() == *text,
                (value, _) => value == text.as_str(),
            };
            assert!(expected, "{command:?}: {name} = {text}: {}", rows[0]);
        }
        let (markdown, text) = (out("md"), out("text"));
        assert_eq!(markdown.lines().count(), csv.rows.len() + 2, "{command:?}");
        assert!(markdown.starts_with(&format!("| {} | {} |", csv.header[0], csv.header[1])), "{markdown}");
        assert_eq!(text.lines().count(), csv.rows.len() + 1, "{command:?}");
        assert!(
            text.lines().all(|line| line.chars().count() == text.lines().next().unwrap().chars().count()),
            "{text}"
        );
    }
}

fn refuses_wrong_points() {
    let place = Place::new();
    let sets = ["params.filter_size=2", "params.patches=2", "params.ratio=1"].map(String::from);
    let good = "point,x0,x1,x2,x3\na,1,0,0.5,0.5\n";
    let cases: [(&str, &[&str]); 9] = [
        ("point,y0,y1,y2,y3\na,1,0,0.5,0.5\n", &["header = point,y0", "expected point,x0", "x3", "adapt"]),
        ("point,x0,x1,x2\na,1,0,0.5\n", &["header = point,x0", "(4 weights)", "adapt"]),
        ("", &["header", "expected point,x0"]),
        ("point,x0,x1,x2,x3\n", &["holds no points", "at least one row"]),
        (&format!("{good}b,1,0,0.5\n"), &["line 3: has ", "5 fields"]),
        (&format!("{good}b,1,0,0.5,0.5,0.5\n"), &["line 3: has ", "5 fields"]),
        (&format!("{good}b,1,0,half,0.5\n"), &["line 3", "x2 = half", "write a number"]),
        (&format!("{good}b,1,0,0.5,inf\n"), &["line 3", "x3 = inf", "write a number"]),
        (&format!("{good}b,0,0,0.5,0.5\n"), &["line 3", "filter zero", "remove the point"]),
    ];
    for (text, parts) in cases {
        place.write("points.csv", text);
        let ran = place.run(&arguments(&sets, &["--points", "points.csv"]));
        ran.refused(2, &[&["error: points.csv: "], parts].concat());
    }
    place.run(&arguments(&sets, &["--points", "no.csv"])).refused(2, &["no.csv: cannot be read", "does not exist"]);
    place.write("points.csv", good);
    place.run(&arguments(&sets, &["--points", "points.csv"])).done();
    let list = ["params.ratio=[1, 2]".to_string()];
    for what in [&["--points", "points.csv"][..], &["--teacher"]] {
        place.run(&arguments(&list, what)).refused(2, &["error: --set", "list", "one value"]);
    }
    let above = ["params.ratio=30".to_string()];
    place.run(&arguments(&above, &["--teacher"])).refused(2, &["error: --set: params.ratio = 30"]);
    place.run(&["eval", "mlp", "--teacher"]).refused(2, &["mlp", "no such model", "cnn"]);
    assert_eq!(place.run(&["eval", "cnn"]).code, Some(2), "neither points nor teacher");
}
