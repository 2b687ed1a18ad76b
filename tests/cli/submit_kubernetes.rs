//! `spurious submit kubernetes`. What Kubernetes says to it, and what its pods do: tests/cluster/kubernetes.sh.

use crate::support::program::{Place, SMALL};

trials![
    places_are_filled_in,
    options_are_arguments,
    names_are_labels,
    experiments_stand_as_they_are,
    odd_characters_are_quoted,
    what_no_pod_has_is_refused,
];

fn manifest(place: &Place, more: &[&str]) -> String {
    place.run(&[&["submit", "kubernetes", "spec.toml", "--shards"], more].concat()).done().out
}

/// The lines of the experiment in a manifest, without the spaces that make them a block.
fn experiment(manifest: &str) -> Vec<&str> {
    let (_, block) = manifest.split_once("\n  experiment.toml: |2\n").unwrap_or_else(|| panic!("no block\n{manifest}"));
    let (block, _) = block.split_once("\n---\n").unwrap();
    assert!(block.lines().all(|line| line.is_empty() || line.starts_with("    ")), "{block}");
    block.lines().map(|line| line.get(4..).unwrap_or_default()).collect()
}

fn places_are_filled_in() {
    let place = Place::with(SMALL);
    let text = manifest(&place, &["16", "--image", "registry.example/spurious:\"1\""]);
    for part in [
        "completions: 16",
        "value: \"16\"",
        "name: \"small\"",
        "name: \"small-merge\"",
        "\"/results/small\"",
        "image: \"registry.example/spurious:\\\"1\\\"\"",
        "--backend, \"cpu\"",
    ] {
        assert!(text.contains(part), "no {part}\n{text}");
    }
    assert!(!text.contains("${"), "{text}");
    assert_eq!(experiment(&text), SMALL.lines().collect::<Vec<_>>());
}

/// A card is written out unless the CPU is; other options of `run` follow, and no variable of Kubernetes is in them.
fn options_are_arguments() {
    let place = Place::with(&SMALL.replace("backend = \"cpu\"", ""));
    let text = manifest(&place, &["3"]);
    assert!(text.contains("--backend, \"gpu\"]\n") && text.contains("nvidia.com/gpu: \"1\""), "{text}");
    let title = r#"experiment.title="$(HOME) $$""#;
    let text = manifest(&place, &["3", "--backend", "cpu", "--seed", "9", "--set", title]);
    let expected = r#"--backend, "cpu", "--seed", "9", "--set", "experiment.title=\"$$(HOME) $$$$\""]"#;
    assert!(text.contains(expected), "{text}");
    assert!(!text.contains("nvidia.com/gpu: \"1\""), "{text}");
}

/// A name may have any characters and any length, a DNS label may not.
fn names_are_labels() {
    let long = "x".repeat(39) + "-y";
    for (name, label) in
        [("Du_2018..quick", "du-2018-quick"), ("_", "experiment"), (&long, &"x".repeat(39)), ("12", "12")]
    {
        let place = Place::with(&SMALL.replace("name = \"small\"", &format!("name = \"{name}\"")));
        let text = manifest(&place, &["2"]);
        assert!(text.contains(&format!("\n  name: \"{label}-merge\"\n")), "{name}\n{text}");
    }
}

/// What looks like a place to fill in, a comment, an indent or a new document stays text.
fn experiments_stand_as_they_are() {
    let odd = "   # ${NAME} \"${SHARDS}\" \\n\n\n\t# ---\n# - a: b é 🦀";
    let place = Place::with(&format!("{odd}\n{SMALL}\n \n\n"));
    let text = manifest(&place, &["2"]);
    let expected: Vec<&str> = odd.lines().chain(SMALL.lines()).collect();
    assert_eq!(experiment(&text), expected);
    let windows = Place::with(&SMALL.replace('\n', "\r\n"));
    assert_eq!(experiment(&manifest(&windows, &["2"])), SMALL.lines().collect::<Vec<_>>());
}

/// Characters that end a line for some readers of YAML, or that no block may hold.
fn odd_characters_are_quoted() {
    let place = Place::with(&format!("# \"a\\b\" \u{2028}\u{85}\u{feff}\n{SMALL}"));
    let text = manifest(&place, &["2"]);
    let begins = "\n  experiment.toml: \"# \\\"a\\\\b\\\" \\u2028\\u0085\\ufeff\\n\\n[experiment]\\n";
    assert!(text.contains(begins), "{text}");
}

fn what_no_pod_has_is_refused() {
    let file = "teacher = \"file\"\nteacher_file = \"teachers.csv\"\nteachers = 2";
    let place = Place::with(&format!("[model]\nname = \"relu_sum\"\n[params]\n{file}\n[runs]\nper_cell = 10\n"));
    place.write("teachers.csv", "point,x0,x1\n0,1,0\n1,0,1\n");
    let submit = ["submit", "kubernetes", "spec.toml", "--shards", "2"];
    place.run(&submit).refused(2, &["spec.toml", "teachers.csv", "which no pod has"]);
    place.write("spec.toml", SMALL);
    place.run(&[&submit[..], &["--out", "elsewhere"]].concat()).refused(2, &["--out", "leave it out"]);
    place.run(&["submit", "kubernetes", "spec.toml", "--shards", "0"]).refused(2, &["--shards"]);
}
