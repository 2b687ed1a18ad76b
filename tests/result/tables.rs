//! What the table says besides its numbers.

use spurious::experiment::Spec;
use spurious::result;
use spurious::result::tables::Summary;

trials![
    undecided_runs_are_explained,
    settings_are_named,
    theory_stands_beside_success_only,
    a_silent_theory_has_no_column,
    slow_runs_and_drawn_teachers_are_named,
];

fn summary(text: &str) -> Summary {
    let text = format!("runs.per_cell = 200\ncompute.backend = 'cpu'\n{text}");
    result::run(&Spec::parse(&text, "test", &[]).unwrap()).unwrap().summary()
}

fn undecided_runs_are_explained() {
    let summary = summary("descent.max_steps = 40");
    let row = &summary.rows[0];
    let undecided = row.tally.count(spurious::landscape::endpoint::Outcome::Undecided);
    assert!(undecided > 0, "forty steps decide every run");
    let (low, high) = (row.probability.unwrap(), row.probability.unwrap() + undecided as f64 / 200.0);
    let expected = format!("share between {low:.4} and {high:.4}");
    assert!(summary.text().contains(&expected), "no \"{expected}\" in\n{}", summary.text());
    assert!(!self::summary("params.ratio = 9").text().contains("Undecided runs"));
}

fn settings_are_named() {
    let usual = summary("params.ratio = 9").text();
    for word in ["step", "tolerance", "verdicts"] {
        assert!(!usual.lines().nth(1).unwrap().contains(word), "{usual}");
    }
    let text = summary("descent = { max_steps = 7, tolerance = 0.02, verdicts = false, step = 0.03 }").text();
    let subject = text.lines().nth(1).unwrap();
    for part in ["step 0.03", "at most 7 steps", "tolerance 0.02", "no verdicts"] {
        assert!(subject.contains(part), "no \"{part}\" in {subject}");
    }
}

fn theory_stands_beside_success_only() {
    assert!(summary("").text().contains("slow limit"));
    let published = "published = { outcome = 'spurious', columns = ['ratio'], runs_per_cell = 100, rows = [[4, 0.3]] }";
    let spurious = summary(published).text();
    assert!(!spurious.contains("slow limit") && spurious.contains("restarts for 99 % spurious"), "{spurious}");
    let elsewhere = summary("published = { columns = ['ratio'], runs_per_cell = 100, rows = [[5, 0.3]] }").text();
    assert!(elsewhere.contains("No published figure belongs to any of these cells."), "{elsewhere}");
}

fn a_silent_theory_has_no_column() {
    let of = |stride: &str| {
        let params = format!("filter_length = 2, patches = 5, stride = {stride}");
        summary(&format!("model.name = 'pooled_cnn'\nparams = {{ {params} }}")).text()
    };
    assert!(of("2").contains("success predicted") && !of("1").contains("success predicted"));
    // A cell about which theory is silent shows so beside one about which it is not.
    assert!(of("[1, 2]").lines().any(|line| line.trim_start().starts_with("1 ") && line.trim_end().ends_with('–')));
}

fn slow_runs_and_drawn_teachers_are_named() {
    let text = summary("model.name = 'pooled_cnn'\nparams.teacher = 'each_run'\ndescent.max_steps = 5").text();
    assert!(text.contains("teacher drawn for each run"), "{text}");
    assert!(text.contains("Slow runs: 200.") && text.contains("count as not global"), "{text}");
}
