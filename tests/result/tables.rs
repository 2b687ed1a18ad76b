//! What the table says besides its numbers.

use crate::support::program::{Place, Table};
use spurious::experiment::{Plan, Spec};
use spurious::landscape::Outcome;
use spurious::numerics::Method;
use spurious::numerics::interval::restarts;
use spurious::result;
use spurious::result::tables::{Agreement, RESTART_TARGET, Row, Summary};

trials![
    undecided_runs_are_explained,
    no_narrow_interval_at_zero,
    escapes_are_asked_for_within_the_budget,
    advice_fits_the_reason,
    tables_are_made_for_reading,
    agreement_with_published_figures_has_a_p_value,
    simultaneous_intervals_are_exact,
    settings_are_named,
    theory_stands_beside_success_only,
    a_silent_theory_has_no_column,
    slow_runs_and_drawn_teachers_are_named,
    a_long_table_is_the_same_in_short,
];

fn summary(text: &str) -> Summary {
    let per_cell = if text.contains("per_cell") { "" } else { "runs.per_cell = 200\n" };
    let text = format!("{per_cell}compute.backend = 'cpu'\n{text}");
    result::run(&Spec::parse(&text, "test", &[]).unwrap()).unwrap().summary()
}

/// Open runs leave a range, and nothing is said that rests on its lower end alone.
fn undecided_runs_are_explained() {
    let summary = summary("descent.max_steps = 40\nparams.ratio = [4, 9]");
    let open = |row: &Row| row.tally.count(Outcome::Undecided);
    let row = summary.rows.iter().max_by_key(|row| open(row)).unwrap();
    assert!(open(row) > 0, "forty steps decide every run");
    let (low, high) = (row.probability.unwrap(), row.probability.unwrap() + open(row) as f64 / 200.0);
    assert_eq!(row.possible, Some(high));
    let exact = |count: u64| Method::Wilson.interval(count, 200, 0.95);
    let global = row.tally.count(Outcome::Global);
    assert_eq!(row.possible_interval.low, exact(global).low);
    assert_eq!(row.possible_interval.high, exact(global + open(row)).high);
    assert_eq!(row.restarts.high, restarts(low, RESTART_TARGET));
    assert_eq!(row.restarts.low, restarts(high, RESTART_TARGET));
    let text = summary.text();
    for part in [
        format!("{low:.4}–{}", if high == 1.0 { "1".into() } else { format!("{high:.4}") }),
        "possible global  95 % interval of that".into(),
        format!("Undecided: {} runs in", summary.rows.iter().map(open).sum::<u64>()),
        "spent the step budget. A larger descent.max_steps decides more.".into(),
    ] {
        assert!(text.contains(&part), "no \"{part}\" in\n{text}");
    }
    assert!(!self::summary("params.ratio = 9").text().contains("Undecided:"));
    // A number of restarts that rests on the lower end is left out of the file too.
    let csv = Table::parse(&summary.csv()).unwrap();
    let of = |column: &str| csv.numbers(column)[row.cell];
    assert_eq!((of("possible"), of("restarts_99")), (Some(high), None));
    assert_eq!(of("restarts_99_low"), Some(row.restarts_interval.low));
}

/// Every run is on its way to the global minimum: a narrow interval at zero would say the opposite of the truth.
fn no_narrow_interval_at_zero() {
    let summary = summary("model.name = 'pooled_cnn'\ndescent.max_steps = 5");
    let row = &summary.rows[0];
    assert_eq!((row.tally.count(Outcome::Slow), row.probability, row.possible), (200, Some(0.0), Some(1.0)));
    assert_eq!((row.possible_interval.low, row.possible_interval.high), (0.0, 1.0));
    let line = summary.text().lines().nth(4).unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(line.starts_with("200 0 – 0–1 0–1 200 0 1–∞ 5"), "{line}");
}

/// Where escapes within the budget are asked for, a run that has spent it is an answer; and the slow limit, which is
/// about random starts without noise, is not mentioned.
fn escapes_are_asked_for_within_the_budget() {
    let summary = summary(
        "model = { name = 'cnn', form = 'perturbed' }\n\
         descent = { max_steps = 50, step = { filter = 1.0, output = 0.046 } }\n\
         params = { ratio = 4, start = 'spurious', noise_stop = 'escape', filter_constraint = 'sphere', \
         noise_filter = 1, noise_epoch = 1_000_000 }",
    );
    let row = &summary.rows[0];
    assert_eq!((row.tally.count(Outcome::Undecided), row.open, row.possible), (200, 0, Some(0.0)));
    assert_eq!(row.interval, Method::Wilson.interval(0, 200, 0.95));
    let text = summary.text();
    assert!(!text.contains("possible") && !text.contains("slow limit"), "{text}");
    assert!(text.contains("the question here is what does"), "{text}");
}

/// The reason that the runs had, and the key that helps, first.
fn advice_fits_the_reason() {
    let place = Place::new();
    // Two teachers at 75 degrees and a neuron to spare: descent creeps towards minima that are not strict.
    place.write("teachers.csv", "point,x0,x1\n0,1,0\n1,0.2588190451025207,0.9659258262890683\n");
    let model = "model.name = 'relu_sum'\nparams = { teachers = 2, neurons = 3, teacher = 'file', \
                 teacher_file = 'teachers.csv', global_exit = 'EXIT' }\nruns.per_cell = 20\ndescent.max_steps = 3000";
    let of = |exit: &str| {
        place.write("mine.toml", model.replace("EXIT", exit));
        result::run(&Spec::load(&place.path("mine.toml"), &[]).unwrap()).unwrap().summary()
    };
    let notes = of("auto").text();
    let advice = notes.lines().find(|line| line.starts_with("- ")).expect("advice");
    assert!(advice.contains("params.global_exit = \"always\""), "{notes}");
    let helped = of("always");
    assert_eq!(helped.rows[0].tally.count(Outcome::Global), 20, "{}", helped.text());

    // All weights equal: at rest beside a saddle with nine negative eigenvalues and others that vanish.
    place.write(
        "start.csv",
        format!("point{}\n0{}\n", (0..16).fold(String::new(), |s, i| format!("{s},x{i}")), ",0.25".repeat(16)),
    );
    place.write(
        "equal.toml",
        "model.name = 'relu_sum'\nruns.per_cell = 1\n\
         params = { teachers = 4, start = 'file', start_file = 'start.csv' }",
    );
    let equal = result::run(&Spec::load(&place.path("equal.toml"), &[]).unwrap()).unwrap().summary();
    assert_eq!(equal.rows[0].tally.count(Outcome::Saddle), 1, "{}", equal.text());
    assert!(!equal.text().contains("max_steps"), "{}", equal.text());
}

/// Long tables keep their head, numbers of cells stand where notes speak of them, thousands are grouped.
fn tables_are_made_for_reading() {
    let many: Vec<String> = (2..62).map(|k| k.to_string()).collect();
    let summary = summary(&format!("params = {{ ratio = 1, patches = [{}] }}", many.join(", ")));
    let text = summary.text();
    assert!(text.contains("… 20 more rows: summary.csv has them all"), "{text}");
    assert_eq!(text.lines().filter(|line| line.contains("  200  ")).count(), 40, "{text}");
    assert!(text.lines().nth(3).unwrap().trim_start().starts_with("cell  patches  runs"), "{text}");
    assert_eq!(summary.markdown().lines().filter(|line| line.starts_with("| ")).count(), 62);
    let one = self::summary("runs.per_cell = 12000\ndescent.max_steps = 40000\nparams.ratio = 9").text();
    assert!(one.contains("at most 40,000 steps, 12,000 runs per cell"), "{one}");
    assert!(!one.contains("cell  "), "{one}");
    let steps = "descent.step = [{ filter = 0.1, output = 0.05 }, 0.02]";
    assert!(self::summary(steps).text().lines().nth(3).unwrap().contains("step (filter/output)"));
    let tiny = self::summary("model.name = 'phase_retrieval'\nparams.start_scale = [1.0, 1e-300]").text();
    assert!(tiny.lines().nth(5).unwrap().trim_start().starts_with("1       1e-300   200"), "{tiny}");
}

/// Intervals that hold at once are exact, each of the level that Bonferroni's inequality asks for.
fn simultaneous_intervals_are_exact() {
    let summary = summary("params.ratio = [1, 2, 3, 4, 5]\noutput = { simultaneous = true, level = 0.9 }");
    assert_eq!(summary.level, 0.9);
    assert!((summary.each - 0.98).abs() < 1e-15);
    for row in &summary.rows {
        let expected = Method::ClopperPearson.interval(row.tally.count(Outcome::Global), 200, summary.each);
        assert_eq!(row.interval, expected);
    }
    let text = summary.text();
    assert!(text.contains("With 90 % the intervals hold for all 5 cells at once"), "{text}");
    assert!(text.contains("of level 0.98 each (Bonferroni)"), "{text}");
    let beside = Spec::parse("runs.half_width = 0.1\noutput.simultaneous = true", "test", &[]).unwrap();
    assert!(Plan::new(&beside).err().unwrap().to_string().contains("output.simultaneous"));
}

/// `p = Q(n/2, x/2)` beside the sum, whose degrees of freedom are the cells that carry information.
fn agreement_with_published_figures_has_a_p_value() {
    let published = "published = { columns = ['ratio'], runs_per_cell = 1000, rows = [[1, 0.5], [4, 0.7]] }";
    let summary = summary(&format!("params.ratio = [1, 4]\n{published}"));
    let Agreement { sum, cells, p_value } = summary.agreement().unwrap();
    let squares: f64 = summary.rows.iter().map(|row| row.difference.unwrap().powi(2)).sum();
    assert_eq!((sum, cells), (squares, 2));
    // With two degrees of freedom the tail is e^{−x/2}.
    assert!((p_value - (-0.5 * sum).exp()).abs() < 1e-12);
    assert!(summary.text().contains("with 2 degrees of freedom, p = "), "{}", summary.text());
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
    assert!(of("[1, 2]").lines().any(|line| line.trim_start().starts_with("0 ") && line.trim_end().ends_with('–')));
}

fn slow_runs_and_drawn_teachers_are_named() {
    let text = summary("model.name = 'pooled_cnn'\nparams.teacher = 'each_run'\ndescent.max_steps = 5").text();
    assert!(text.contains("teacher drawn for each run"), "{text}");
    assert!(text.contains("Slow: 200 runs.") && text.contains("not counted as global"), "{text}");
}

/// Of a large grid neither the text nor the file needs all rows at once, and both are the same without them.
fn a_long_table_is_the_same_in_short() {
    for cells in [50, 60] {
        let ratios: Vec<String> = (1..=cells).map(|i| format!("{}", f64::from(i) / 32.0)).collect();
        let text = format!("runs.per_cell = 2\ncompute.backend = 'cpu'\nparams.ratio = [{}]", ratios.join(", "));
        let results = result::run(&Spec::parse(&text, "test", &[]).unwrap()).unwrap();
        let (whole, short) = (results.summary(), Summary::in_short(&results, 0.95));
        assert_eq!((whole.rows.len(), short.rows.len()), (cells as usize, if cells > 50 { 40 } else { 50 }));
        assert_eq!(whole.text(), short.text());
        assert_eq!(whole.text().contains("… 20 more rows: summary.csv has them all"), cells > 50);
        let mut csv = Vec::new();
        Summary::write_csv(&results, 0.95, &mut csv).unwrap();
        assert_eq!(csv, whole.csv());
        assert_eq!(Table::parse(&csv).unwrap().numbers("runs").len(), cells as usize);
    }
}
