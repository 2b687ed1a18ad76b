//! Files of points: what is read and what is refused.

use crate::support::program::Place;
use spurious::landscape::{Points, PointsError};
use std::path::Path;

trials![
    a_file_is_read,
    a_file_larger_than_any_buffer_is_read,
    malformed_files_are_refused,
    another_width_is_refused,
    what_is_no_file_is_refused,
];

fn read(text: &str) -> Result<Points, PointsError> {
    Points::read_from(text.as_bytes(), "points.csv", None)
}

fn a_file_is_read() {
    let place = Place::new();
    let text = "point, x0,x1\r\na,1, -2.5e-3\r\n\r\n\"b, too\",0,1e300\r\n";
    place.write("points.csv", text);
    let points = Points::read("points.csv", &place.path("")).unwrap();
    assert_eq!((points.count(), points.width()), (2, 2));
    assert_eq!(points.names(), ["a", "b, too"]);
    assert_eq!(points.values(), [1.0, -2.5e-3, 0.0, 1e300]);
    assert_eq!(points.point(1), [0.0, 1e300]);
    assert_eq!((points.line(0), points.line(1)), (2, 4));
    assert_eq!((points.path(), points.to_string().as_str()), ("points.csv", "points.csv"));
    assert_eq!(points.location(), place.path("points.csv"));
    // FNV-1a of these bytes by an independent program.
    assert_eq!(points.hash(), 0xddf8_b0cf_dedb_7c46);
    assert_eq!(points.identity(), "fnv:ddf8b0cfdedb7c46");
    let same = read(text).unwrap();
    assert_eq!(points, same);
    assert_ne!(points, read(&text.replace("1e300", "1e301")).unwrap());
    for end in ["\n", "\r\n", "\r"] {
        let text = ["point,x0", "a,1", "", "b,2", "c,3"].join(end);
        let points = read(&text).unwrap();
        assert_eq!([0, 1, 2].map(|i| points.line(i)), [2, 4, 5], "{text:?}");
    }
    assert_eq!(read("point,x0\n,1").unwrap().names(), [""], "a name may be empty, a last line without its end");
}

fn a_file_larger_than_any_buffer_is_read() {
    let (rows, width) = (3000, 50);
    let header: Vec<String> = (0..width).map(|i| format!(",x{i}")).collect();
    let mut text = format!("point{}\n", header.concat());
    for row in 0..rows {
        let fields: Vec<String> = (0..width).map(|i| format!(",{}", f64::from(row) / f64::from(i + 3))).collect();
        text.push_str(&format!("p{row}{}\n", fields.concat()));
    }
    assert!(text.len() > 1 << 20);
    let points = read(&text).unwrap();
    assert_eq!((points.count(), points.width()), (rows as usize, width as usize));
    assert_eq!(points.names()[2999], "p2999");
    assert_eq!(points.point(2999)[7], 2999.0 / 10.0);
    let hash = |bytes: &[u8]| {
        let prime = (1u64 << 40) + (1 << 8) + 0xb3;
        bytes.iter().fold(14_695_981_039_346_656_037, |h: u64, b| (h ^ u64::from(*b)).wrapping_mul(prime))
    };
    assert_eq!(points.hash(), hash(text.as_bytes()));
}

fn refuses(error: PointsError, parts: &[&str]) {
    let text = error.to_string();
    assert!(text.starts_with("points.csv: ") && text.contains("; ") && text.lines().count() == 1, "{text}");
    parts.iter().for_each(|part| assert!(text.contains(part), "{part} is not in: {text}"));
}

fn malformed_files_are_refused() {
    let cases: [(&str, &[&str]); 13] = [
        ("", &["header = : is empty, expected point,x0,x1,…; adapt the header"]),
        ("point\na\n", &["header = point: x0 is missing, expected point,x0,x1,…"]),
        ("point,y0\na,1\n", &["header = point,y0: x0 is missing, \"y0\" in column 2 is not known, expected point,x0;"]),
        ("name,x0,x1\na,1,2\n", &["header = name,x0,x1: point is missing, which is \"name\", expected point,x0,…,x1;"]),
        ("point,x1,x0\na,1,2\n", &["header = point,x1,x0: column 2 is x1, not x0: the columns are in another order"]),
        ("point,x0,x1\n", &["holds no points", "at least one row"]),
        ("point,x0\na,1\nb\n", &["line 3: has ", "every row needs 2 fields"]),
        ("point,x0\r\na,1\r\nb,1,2\r\n", &["line 3: has ", "every row needs 2 fields"]),
        ("point,x0\na,1\nb,NaN\n", &["line 3, x0 = NaN: is not a finite number; write a number"]),
        ("point,x0\na,inf\n", &["line 2, x0 = inf: is not a finite number"]),
        ("point,x0\na,1e400\n", &["line 2, x0 = 1e400: is too large: f64 ends at 1.8e308"]),
        ("point,x0,x1\na,1,\n", &["line 2, x1 = : is not a finite number"]),
        ("point,x0\n\n\na,one\n", &["line 4, x0 = one: is not a finite number"]),
    ];
    for (text, parts) in cases {
        refuses(read(text).unwrap_err(), parts);
    }
    let latin = Points::read_from(&b"point,x0\n\xe9,1\n"[..], "points.csv", None).unwrap_err();
    refuses(latin, &["line 2: ", "is not UTF-8; it may be Latin-1; save it as UTF-8"]);
}

fn another_width_is_refused() {
    let text = "point,x0,x1\na,1,2\n";
    let parts = [
        "header = point,x0,x1: x2 and x3 are missing, expected point,x0,…,x3 (4 weights); adapt the file, or the param",
    ];
    let points = read(text).unwrap();
    points.expect_width(2, "weights").unwrap();
    refuses(points.expect_width(4, "weights").unwrap_err(), &parts);
    refuses(Points::read_from(text.as_bytes(), "points.csv", Some((4, "weights"))).unwrap_err(), &parts);
    refuses(
        points.expect_width(1, "weights").unwrap_err(),
        &["\"x1\" in column 3 is too many, expected point,x0 (1 weights)"],
    );
    Points::read_from(text.as_bytes(), "points.csv", Some((2, "weights"))).unwrap();
    let invalid = points.expect_width(4, "weights").unwrap_err().of_parameter("start_file", &points).to_string();
    assert!(
        invalid.starts_with("params.start_file = points.csv: header = point,x0,x1: x2 and x3 are missing"),
        "{invalid}"
    );
}

fn what_is_no_file_is_refused() {
    let place = Place::new();
    let error = Points::read("no.csv", Path::new("nowhere")).unwrap_err();
    assert!(error.file.ends_with("no.csv") && error.problem == "cannot be read (it does not exist)", "{error}");
    let error = Points::read("", &place.path("")).unwrap_err();
    assert!(error.problem.starts_with("cannot be read ("), "{error}");
}
