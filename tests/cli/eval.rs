//! `eval` against an independent oracle, and the points that it refuses.

use crate::support::program::{Place, Table, numbers, points_file};

trials![matches_the_oracle, reads_standard_input, of_the_teacher_is_zero, refuses_wrong_points,];

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
        assert_eq!(table.header[..4], ["point", "loss", "outcome", "g0"]);
        let [row] = &table.rows[..] else { panic!("one row: {}", ran.out) };
        assert_eq!(row[0], "p0");
        let close = |ours: f64, theirs: f64| (ours - theirs).abs() <= 1e-10 * theirs.abs() + 1e-14;
        assert!(close(row[1].parse().unwrap(), case["loss"].as_f64().unwrap()), "{case}\n{}", ran.out);
        let (ours, theirs) = (numbers(&row[3..]), list("gradient"));
        assert_eq!(ours.len(), theirs.len());
        assert!(ours.iter().zip(&theirs).all(|(a, b)| close(*a, *b)), "{case}\n{}", ran.out);
    }
}

fn reads_standard_input() {
    let place = Place::new();
    let sets = ["params.filter_size=2", "params.patches=2", "params.ratio=1.3"].map(String::from);
    let text = points_file(&[vec![0.5, 0.9, 0.0, -0.5], vec![1.0, 0.0, 1.4, 0.2], vec![0.0, 1.0, 0.0, 0.0]]);
    place.write("points.csv", &text);
    let from_file = place.run(&arguments(&sets, &["--points", "points.csv"])).done().out;
    let from_input = place.run_with_input(&arguments(&sets, &["--points", "-"]), &text).done().out;
    assert_eq!(from_file, from_input);
    let table = Table::parse(from_input.as_bytes()).unwrap();
    assert_eq!(table.header, ["point", "loss", "outcome"]);
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
    let out = place.run(&arguments(&sets, &["--points", "points.csv", "--gradient"])).done().out;
    let table = Table::parse(out.as_bytes()).unwrap();
    assert_eq!(table.column("outcome"), ["global"]);
    assert!(numbers(&table.rows[0][1..2])[0].abs() < 1e-15, "{out}");
    assert!(numbers(&table.rows[0][3..]).iter().all(|g| g.abs() < 1e-14), "{out}");
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
        (&format!("{good}b,1,0,0.5\n"), &["line: 3", "5 fields"]),
        (&format!("{good}b,1,0,0.5,0.5,0.5\n"), &["line: 3", "5 fields"]),
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
