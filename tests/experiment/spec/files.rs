//! Files of points as values of a parameter.

use crate::support::program::Place;
use crate::support::toy::{PARAMETERS, Toy, toy_with};
use spurious::experiment::spec::read_params;
use spurious::experiment::{Plan, Spec, SpecError};
use spurious::landscape::{Kind, Model, Value};
use std::fs;

trials![
    paths_start_from_the_folder,
    paths_in_flags_do_not,
    what_cannot_be_read_is_refused,
    contents_identify_a_file,
    a_list_makes_an_axis,
    paths_are_written_back,
    differences_name_the_file,
];

const ONE: &str = "point,x0,x1\na,1,2\n";
const OTHER: &str = "point,x0,x1\na,1,3\n";

fn place() -> Place {
    let place = Place::new();
    fs::create_dir(place.path("sub")).unwrap();
    place.write("one.csv", ONE);
    place.write("sub/same.csv", ONE);
    place.write("other.csv", OTHER);
    place
}

fn spec(place: &Place, params: &str) -> Result<Spec, SpecError> {
    toy_with(params, &place.path(""), &[])
}

fn paths_start_from_the_folder() {
    let place = place();
    let absolute = format!("start_file = '{}'", place.path("sub/same.csv").display());
    for params in
        ["start_file = 'one.csv'", "start_file = 'sub/same.csv'", "start_file = './sub/../one.csv'", &absolute]
    {
        let plan = Plan::new(&spec(&place, params).unwrap()).unwrap();
        let values = &plan.cells[0].values;
        let points = values.points("start_file").unwrap();
        assert_eq!((points.count(), points.width(), points.point(0)), (1, 2, &[1.0, 2.0][..]));
        // Whole, and as it was written.
        assert_eq!(format!("start_file = '{points}'"), params);
        assert!(points.location().starts_with(place.path("")), "{:?}", points.location());
    }
    for none in ["", "start_file = ''"] {
        let plan = Plan::new(&spec(&place, none).unwrap()).unwrap();
        assert_eq!(plan.cells[0].values.points("start_file"), None);
        assert_eq!(plan.cells[0].values.get("start_file").unwrap().to_string(), "");
    }
    assert_eq!(Plan::new(&spec(&place, "").unwrap()).unwrap().cells[0].values.points("scale"), None);
}

fn paths_in_flags_do_not() {
    let place = place();
    let params = "start_file = 'one.csv'";
    // The table holds what was set already.
    for set in ["params.start_file=one.csv", "params={start_file='one.csv'}"] {
        let error = toy_with(params, &place.path(""), &[set]).unwrap_err().to_string();
        assert!(error.starts_with("--set: params.start_file = "), "{error}");
        assert!(error.contains("one.csv") && error.contains(": cannot be read"), "{error}");
    }
    for other in ["params.scale=2", "params.start_file_2=x", "model.form=full"] {
        toy_with(params, &place.path(""), &[other]).unwrap();
    }
    let absolute = format!("start_file = '{}'", place.path("one.csv").display());
    toy_with(&absolute, &place.path("sub"), &["params.start_file=…"]).unwrap();
}

fn what_cannot_be_read_is_refused() {
    let place = place();
    place.write("text.csv", "point,x0\na,1\nb,half\n");
    place.write("empty.csv", "point,x0\n");
    let cases: [(&str, &[&str]); 5] = [
        ("'no.csv'", &["= \"no.csv\": ", "no.csv: cannot be read (it does not exist); check the path"]),
        ("'text.csv'", &["= \"text.csv\": ", "text.csv: line 3, x0 = half: is not a finite number; write a number"]),
        ("['one.csv', 'empty.csv']", &["= \"empty.csv\": ", "holds no points; write"]),
        ("3", &["= 3: is a number; write the path of a CSV file of points (point,x0,x1,…), or \"\" for none"]),
        ("['one.csv', 'sub/same.csv']", &["= sub/same.csv: is listed twice, by its contents; remove one"]),
    ];
    for (value, parts) in cases {
        let error = spec(&place, &format!("start_file = {value}")).unwrap_err().to_string();
        assert!(error.starts_with("toy.toml: params.start_file = ") && error.lines().count() == 1, "{error}");
        parts.iter().for_each(|part| assert!(error.contains(part), "{part} is not in: {error}"));
    }
    let kind = Kind::Points;
    assert_eq!(kind.accept(&toml::Value::String("no-such-file.csv".into())), None);
    assert!(matches!(kind.accept(&toml::Value::String(String::new())), Some(Value::Points(None))));
}

fn contents_identify_a_file() {
    let place = place();
    let identity = |params: &str| {
        let plan = Plan::new(&spec(&place, params).unwrap()).unwrap();
        Toy.identity(&plan.cells[0].values)
    };
    assert_eq!(identity("start_file = ''"), "toy");
    // FNV-1a of the file by an independent program.
    assert_eq!(identity("start_file = 'one.csv'"), "toy;start_file=fnv:745b40450509ccc8");
    assert_eq!(identity("start_file = 'one.csv'"), identity("start_file = 'sub/same.csv'"));
    assert_eq!(identity("start_file = 'other.csv'"), "toy;start_file=fnv:745eaa45050cb6bd");
}

fn a_list_makes_an_axis() {
    let place = place();
    let plan = Plan::new(&spec(&place, "start_file = ['', 'one.csv', 'other.csv']").unwrap()).unwrap();
    assert_eq!(plan.axes, ["start_file"]);
    let texts: Vec<String> = plan.cells.iter().map(|cell| plan.columns(cell)[4].1.clone()).collect();
    assert_eq!(texts, ["", "one.csv", "other.csv"]);
    assert_ne!(plan.cells[1].seed, plan.cells[2].seed);
    assert_ne!(plan.cells[0].seed, plan.cells[1].seed);
}

fn paths_are_written_back() {
    let place = place();
    for value in ["\"\"", "\"sub/same.csv\"", "[\"other.csv\", \"\"]"] {
        let spec = spec(&place, &format!("start_file = {value}")).unwrap();
        let text = spec.to_toml();
        assert!(text.lines().any(|line| line == format!("start_file = {value}")), "{text}");
        let table: toml::Table = text.parse().unwrap();
        let params = table["params"].as_table().unwrap();
        let again = read_params(PARAMETERS, params, "again", &place.path(""), &[]).unwrap();
        assert_eq!(again, spec.params);
    }
}

fn differences_name_the_file() {
    let place = place();
    let difference = |there: &str, here: &str| {
        let specs = [there, here].map(|value| spec(&place, &format!("start_file = {value}")).unwrap());
        specs[0].difference(&specs[1])
    };
    assert_eq!(difference("'one.csv'", "'sub/same.csv'"), None);
    assert_eq!(difference("['', 'one.csv']", "['', 'sub/same.csv']"), None);
    let changed = "params.start_file: the contents of one.csv there are not those of other.csv here";
    assert_eq!(difference("'one.csv'", "'other.csv'").unwrap(), changed);
    assert_eq!(difference("['', 'one.csv']", "['', 'other.csv']").unwrap(), changed);
    let none = "params.start_file is \"\" there, \"other.csv\" here";
    assert_eq!(difference("''", "'other.csv'").unwrap(), none);
    let fewer = "params.start_file is [\"one.csv\", \"\"] there, \"one.csv\" here";
    assert_eq!(difference("['one.csv', '']", "'one.csv'").unwrap(), fewer);
    let [there, here] = ["scale = 1", "scale = 2"].map(|params| spec(&place, params).unwrap());
    assert_eq!(there.difference(&here).unwrap(), "params.scale is 1.0 there, 2.0 here");
}
