//! What is wrong with a file is said with its place and a remedy, in one line.

use super::cell_of;

trials![each_fault_has_its_place, resources_are_limited];

/// A file around a loss, whose first line is the seventh.
fn around(loss: &str) -> String {
    format!(
        "\"\"\"A test\"\"\"\n\n\
         parameters = {{\"n\": whole(3, 1, 10, \"numbers\"), \"kind\": choice(\"a\", [\"a\", \"b\"])}}\n\
         def state(p):\n    return {{\"x\": gaussian([p.n]), \"M\": gaussian([2, p.n])}}\n\
         def loss(w, p):\n{loss}\n\noutcome = 0.0\n"
    )
}

fn refused(text: &str, parts: &[&str]) {
    let Err(error) = cell_of(text) else { panic!("not refused: {text}") };
    for part in parts {
        assert!(error.contains(part), "{error}\nlacks {part:?}");
    }
    assert!(!error.contains('\n'), "several lines: {error}");
    assert!(error.contains("; "), "no remedy: {error}");
}

fn each_fault_has_its_place() {
    let cases: &[(&str, &[&str])] = &[
        ("    return dot(w.x, w.x", &["line 9, column", "syntax"]),
        ("    return w.x[0] ** 2", &["line 7, column", "write pow(x, n)"]),
        ("    return dot(w.x, w.y)", &["line 7, column 21", "`y`"]),
        ("    return dott(w.x, w.x)", &["line 7, column 12", "dott"]),
        ("    return dot(w.x, w.M)", &["line 7, column 12", "a vector of 3", "a matrix of 2 x 3"]),
        ("    return w.x + w.M", &["line 7, column 12", "same shape"]),
        ("    return w.x", &["line 6", "not a number"]),
        ("    return 1.0", &["line 6, column 1", "does not depend on the state"]),
        ("    return w.x[3]", &["line 7, column", "outside", "from 0 to 2"]),
        ("    if w.x[0] < 0:\n        return w.x[0]\n    return w.x[1]", &["line 7, column 8", "where(c, a, b)"]),
        ("    return w.x[0] if w.x[0] > 0 else w.x[1]", &["line 7, column 22", "where"]),
        ("    return loss(w, p)", &["line 7, column 12", "call itself"]),
        ("    s = 0\n    for i in range(1000000000):\n        s = s + 1\n    return w.x[0] * s", &["fewer steps"]),
        ("    a = 1\n    a -= w.z\n    return a", &["line 8, column 10", "`z`"]),
        ("    return w.x[0] == 1.0", &["line 7, column 12", "equal"]),
        ("    return log(-1) * w.x[0]", &["line 7, column 12", "domain"]),
        ("    return w.x[0] / 0", &["not a positive finite number"]),
        ("    return sqrt(-1 - dot(w.x, w.x))", &["not a positive finite number"]),
        ("    import numpy\n    return w.x[0]", &["line 7", "nothing to import"]),
        ("    while True:\n        pass", &["line 7", "for … in range"]),
        ("    return open(\"/etc/passwd\")", &["line 7, column 12", "open"]),
        ("    load(\"x\", \"y\")\n    return w.x[0]", &["line 7"]),
    ];
    for (loss, parts) in cases {
        refused(&around(loss), parts);
    }
    let whole: &[(&str, &[&str])] = &[
        ("", &["there is no loss", "def loss(w, p)"]),
        ("def loss(w, p):\n    return w.x\n", &["there is no state"]),
        ("def los(w, p):\n    return w.x\ndef state(p):\n    return {\"x\": gaussian([1])}\n", &["rename los"]),
        (&around("    return w.x[0]").replace("outcome = 0.0", ""), &["there is no outcome", "outcome = 0.0"]),
        (&around("    return w.x[0]").replace("outcome = 0.0", "outcome = \"best\""), &["line 9", "best"]),
        (&around("    return w.x[0]").replace("gaussian([p.n]),", "7,"), &["line 4", "block x is 7"]),
        (&around("    return w.x[0]").replace("gaussian([p.n]),", "uniform([p.n], 2, 1),"), &["line 5", "exchange"]),
        (&around("    return w.x[0]").replace("whole(3, 1", "whole(3, 4"), &["line 3, column", "not from 4 to 10"]),
        (&around("    return w.x[0]").replace("\"n\":", "\"N\":"), &["line 3", "small letters"]),
        (&(around("    return w.x[0]") + "symmetry = [permute_rows(\"y\")]\n"), &["line 10", "no block \"y\"", "x, M"]),
        (&(around("    return w.x[0]") + "def step(p):\n    return -1\n"), &["line 10", "step is -1"]),
        (&(around("    return w.x[0]") + "def theory(p):\n    return {\"a\": success(2)}\n"), &["no probability"]),
        (
            &around("    return w.x[0]").replace("choice(\"a\"", "choice(\"c\""),
            &["line 3, column", "none of the options"],
        ),
    ];
    for (text, parts) in whole {
        refused(text, parts);
    }
}

fn resources_are_limited() {
    let deep = format!("    return {}w.x[0]{}", "(".repeat(200), ")".repeat(200));
    refused(&around(&deep), &["line 7, column", "nested"]);
    let long = format!("    return w.x[0] {}", "+ w.x[1] * w.x[0] ".repeat(3000));
    assert!(cell_of(&around(&long)).is_ok());
    refused(&around("    return sum([0] * 100000000) * w.x[0]"), &["line 7, column 16", "more than 1000000"]);
    refused(&around("    return sum(zeros(10000, 10000)) * w.x[0]"), &["line 7, column 16"]);
    let many = "    s = w.x[0]\n    for i in range(100000):\n        s = s * w.x[1] + i\n    return s";
    refused(&around(many), &["line 9, column", "write a smaller"]);
    let all = format!("\"\"\"{}\"\"\"\n", "a".repeat(200_000));
    refused(&all, &["more than 131072", "file of points"]);
    refused(&around("    return w.x[0]").replace("gaussian([p.n]),", "gaussian([100, 100]),"), &["line 4", "4096"]);
}
