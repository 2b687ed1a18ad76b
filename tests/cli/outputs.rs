//! Files that the user names: what is replaced, what is written into, and what goes to standard output.

use crate::support::program::{Place, SMALL, Table};

trials![
    a_regular_file_is_replaced_as_a_whole,
    links_pipes_and_devices_stay_what_they_are,
    a_dash_is_standard_output,
    two_outputs_do_not_share_standard_output,
    what_cannot_be_written_is_said_before_the_work,
];

/// One cell, so that no command asks for which.
const ONE: [&str; 2] = ["--set", "params.ratio=4"];

/// A map of sixteen starts.
fn map<'a>(out: &'a str, figure: &'a str) -> Vec<&'a str> {
    let plane = ["map", "spec.toml", "--x", "angle", "--y", "sum", "--size", "4x4"];
    [&plane[..], &ONE, &["--figure", figure, "--out", out]].concat()
}

fn a_regular_file_is_replaced_as_a_whole() {
    let place = Place::with(SMALL);
    place.write("out.csv", "old");
    std::fs::hard_link(place.path("out.csv"), place.path("kept.csv")).unwrap();
    place.run(&map("out.csv", "m.svg")).done();
    assert_eq!(place.table("out.csv").rows.len(), 16);
    assert_eq!(place.text("kept.csv"), "old", "the old file is as it was, whoever has it open");
    let names: Vec<String> = std::fs::read_dir(place.path(""))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.contains("tmp"))
        .collect();
    assert!(names.is_empty(), "{names:?}");
}

#[cfg(unix)]
fn links_pipes_and_devices_stay_what_they_are() {
    use std::os::unix::fs::{FileTypeExt, PermissionsExt, symlink};
    let place = Place::with(SMALL);
    place.run(&map("plain.csv", "plain.svg")).done();
    let (table, figure) = (place.read("plain.csv"), place.read("plain.svg"));

    place.write("target.csv", "old, and much longer than a table of sixteen rows\n".repeat(100));
    symlink("target.csv", place.path("link.csv")).unwrap();
    symlink("new.svg", place.path("dangling.svg")).unwrap();
    place.run(&map("link.csv", "dangling.svg")).done();
    assert!(place.path("link.csv").is_symlink() && place.path("dangling.svg").is_symlink());
    assert!(place.read("target.csv") == table && place.read("new.svg") == figure);

    let made = std::process::Command::new("mkfifo").arg(place.path("pipe")).status().unwrap();
    assert!(made.success());
    let path = place.path("pipe");
    let reader = std::thread::spawn(move || std::fs::read(path).unwrap());
    place.run(&map("pipe", "m.svg")).done();
    assert!(place.path("pipe").metadata().unwrap().file_type().is_fifo());
    assert!(reader.join().unwrap() == table);

    // A link to the device: were it replaced, only the link would be lost.
    symlink("/dev/null", place.path("null.csv")).unwrap();
    place.run(&map("null.csv", "m.svg")).done();
    assert!(place.path("null.csv").is_symlink());

    // So with every output that has a name.
    place.run(&["run", "spec.toml", "-q", "--out", "done"]).done();
    symlink("page.html", place.path("link.html")).unwrap();
    symlink("/dev/null", place.path("null.html")).unwrap();
    for html in ["link.html", "null.html"] {
        place.run(&["report", "done", "--html", html]).done();
        assert!(place.path(html).is_symlink());
    }
    assert!(place.text("page.html").starts_with("<!"));
    place.run(&["report", "done", "--figures", "figures"]).done();
    let drawn = std::fs::read_dir(place.path("figures")).unwrap().next().unwrap().unwrap().path();
    std::fs::rename(&drawn, place.path("drawn")).unwrap();
    symlink(place.path("target"), &drawn).unwrap();
    place.run(&["report", "done", "--figures", "figures"]).done();
    assert!(drawn.is_symlink() && place.read("target") == place.read("drawn"));
    let certify = ["certify", "cnn", "--known", "--set", "params.patches=5", "--out", "proofs"];
    place.run(&certify).done();
    let proof = std::fs::read_dir(place.path("proofs")).unwrap().next().unwrap().unwrap().path();
    std::fs::remove_file(&proof).unwrap();
    symlink(place.path("proof.json"), &proof).unwrap();
    place.run(&certify).done();
    assert!(proof.is_symlink() && place.text("proof.json").contains("certificate"));

    // Permissions of a file that is replaced stay.
    std::fs::set_permissions(place.path("plain.csv"), std::fs::Permissions::from_mode(0o640)).unwrap();
    place.run(&map("plain.csv", "plain.svg")).done();
    assert_eq!(place.path("plain.csv").metadata().unwrap().permissions().mode() & 0o777, 0o640);
}

#[cfg(not(unix))]
fn links_pipes_and_devices_stay_what_they_are() {
    let place = Place::with(SMALL);
    place.run(&map("plain.csv", "plain.svg")).done();
}

fn a_dash_is_standard_output() {
    let place = Place::with(SMALL);
    let counts = place.run(&map("m.csv", "m.svg")).done().out;
    let ran = place.run(&map("-", "m.svg")).done();
    assert_eq!(Table::parse(ran.out.as_bytes()).unwrap(), place.table("m.csv"));
    assert!(ran.err.contains(counts.trim_end()), "the counts are on stderr: {}", ran.err);
    assert_eq!(place.run(&map("m.csv", "-")).done().out, place.text("m.svg"));

    place.run(&["run", "spec.toml", "-q", "--out", "done"]).done();
    place.run(&["report", "done", "--html", "page.html"]).done();
    assert_eq!(place.run(&["report", "done", "--html", "-"]).done().out, place.text("page.html"));

    let trace = [&["trace", "spec.toml", "--cell", "0", "--out", "-", "--figure", "t.svg"][..], &ONE].concat();
    assert!(place.run(&trace).done().out.starts_with("cell,run,step,loss"));
    let figure = [&["trace", "spec.toml", "--cell", "0", "--figure", "-"][..], &ONE].concat();
    assert_eq!(place.run(&figure).done().out, place.text("t.svg"));

    place.run(&["run", "spec.toml", "--out", "-"]).refused(2, &["--out = -: is standard output", "name a folder"]);
    place.run(&["report", "done", "--figures", "-"]).refused(2, &["--figures = -: is standard output", "a folder"]);
    let known = ["certify", "relu_sum", "--known", "--set", "params.teachers=6", "--out", "-"];
    place.run(&known).refused(2, &["--out = -: is standard output", "takes one file", "name a folder"]);
    assert!(!place.path("-").exists());
}

fn two_outputs_do_not_share_standard_output() {
    let place = Place::with(SMALL);
    place.run(&map("-", "-")).refused(2, &["--out = -: ", "to which --figure goes already", "name a file"]);
    let both = [&["trace", "spec.toml", "--out", "-", "--figure", "-"][..], &ONE].concat();
    place.run(&both).refused(2, &["--figure = -: ", "to which --out goes already"]);
}

fn what_cannot_be_written_is_said_before_the_work() {
    let place = Place::with(SMALL);
    place.run(&["run", "spec.toml", "-q", "--out", "done"]).done();
    let before = place.snapshot();
    let cases: [(&str, &str); 3] = [
        ("nodir/x.html", "--html = nodir/x.html: the folder nodir does not exist; make it, or name another file"),
        ("done", "--html = done: is a folder; name a file in it"),
        ("spec.toml/x.html", "--html = spec.toml/x.html: "),
    ];
    for (html, message) in cases {
        place.run(&["report", "done", "--html", html]).refused(2, &[message]);
    }
    place.run(&["report", "done", "--figures", "spec.toml"]).refused(2, &["--figures = spec.toml: is a file; name a"]);
    place.run(&map("no/m.csv", "m.svg")).refused(2, &["--out = no/m.csv: the folder no does not exist; make it"]);
    place.run(&map("m.csv", "no/m.svg")).refused(2, &["--figure = no/m.svg: the folder no does not exist; make it"]);
    assert!(place.snapshot() == before, "nothing is written");
}
