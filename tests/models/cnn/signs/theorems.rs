//! Theorems 4.1 to 4.3 of Du et al. (2018): the conditions, computed anew, and runs that must end as stated. A wrong
//! theorem is caught.

use super::{SIGNS, counts, results};
use crate::support::program::{Place, gpu_arguments};
use crate::support::wrong::Wrong;
use crate::support::{Set, cells, for_cases, problem, seed, settings, values};
use spurious::experiment::{Record, Spec};
use spurious::explore::stepper::{Every, Track, replay};
use spurious::landscape::{Check, Claim, Model, Outcome, Settings, StepSize};
use spurious::models::MODELS;
use spurious::models::cnn::Cnn;
use spurious::numerics::CellSeed;
use spurious::result;
use std::f64::consts::PI;

trials![
    conditions_are_those_of_the_paper,
    forms_agree,
    theorems_say_nothing_of_large_steps,
    one_of_four_meets_the_conditions,
    degenerate_draws_are_counted_apart,
    theorems_hold,
    gpu(theorems_hold_on_a_gpu),
    a_wrong_theorem_is_caught,
    checks_add,
    theorems_have_names,
];

fn claims(problem: &spurious::landscape::problem::Problem, start: &[f64]) -> Vec<Claim> {
    let mut claims = vec![Claim::Silent; problem.theorem_list().len()];
    problem.theorems().unwrap().claim(start, &mut claims);
    claims
}

/// The conditions from the weights, vector by vector.
fn conditions_are_those_of_the_paper() {
    let mut met = [0; 3];
    for set in cells("cnn") {
        let values = values("cnn", set);
        let teacher = Cnn.teacher(&values).unwrap();
        let (p, k) = (values.integer("filter_size") as usize, values.integer("patches") as f64);
        let (w, a) = teacher.split_at(p);
        let norm = |x: &[f64]| x.iter().map(|x| x * x).sum::<f64>().sqrt();
        let dot = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(x, y)| x * y).sum::<f64>();
        let (s, sum, square) = (norm(w), a.iter().sum::<f64>().abs(), dot(a, a));
        let q = sum * sum / square;
        // A step at half its bounds: T_sup is at most (s‖a*‖)² times 1.21, and the radius of the sphere is known.
        let scale = values.real("start_filter_scale");
        let step = 0.5 * f64::min(2.0 * PI / (k + PI - 1.0), 2.0 * scale * scale / (1.21 * s * s * square));
        let steps = Settings { step: StepSize::One(step), ..settings() };
        if values.choice("start_filter") == "gaussian" {
            // The length of such a start may be any.
            continue;
        }
        let problem = problem("cnn", "full", set, &steps);
        let cell = CellSeed::new(seed(), &Cnn.identity(&values));
        for run in 0..500 {
            let start = problem.start(cell, run);
            let (v, b) = start.split_at(p);
            let angle = (dot(v, w) / (norm(v) * s)).clamp(-1.0, 1.0).acos();
            let g = (PI - angle) * angle.cos() + angle.sin();
            let (overlap, bounded) = (dot(b, a), b.iter().sum::<f64>().abs() <= s * sum);
            // The margins are those of rounding; no start of this seed comes as near.
            let clear = [overlap, angle - 0.5 * PI, g - (1.0 - 2.0 * q)].iter().all(|x| x.abs() > 1e-12);
            if !clear {
                assert!(q < 1e-12, "{set:?}, run {run}, seed {}", seed());
                continue;
            }
            let expected = [
                if overlap > 0.0 && bounded && angle < 0.5 * PI { Claim::Ends(Outcome::Global) } else { Claim::Silent },
                Claim::Holds(true),
                if overlap < 0.0 && bounded && g <= 1.0 - 2.0 * q {
                    Claim::Ends(Outcome::Spurious)
                } else {
                    Claim::Silent
                },
            ];
            let found = claims(&problem, &start);
            assert_eq!(found, expected, "{set:?}, run {run}, seed {}: {start:?}", seed());
            met.iter_mut().zip(&found).for_each(|(met, claim)| *met += u32::from(*claim != Claim::Silent));
        }
    }
    assert!(met[0] > 400 && met[1] > 1900, "{met:?}");
}

/// The same claims about a full start and its image, for every sign, in cells of which every theorem speaks.
fn forms_agree() {
    let met = std::cell::Cell::new([0; 3]);
    for_cases("signs::forms", 60, |_, draws| {
        let k = (2.0 + 60.0 * draws.uniform()).floor();
        let texts = [k.to_string(), format!("{:?}", draws.uniform().powi(2)), format!("{:?}", 0.5 + draws.uniform())];
        let cell = CellSeed::new(seed(), "signs::forms");
        for (signs, _) in SIGNS {
            let set = [
                ("patches", &*texts[0]),
                ("ratio", &*texts[1]),
                ("filter_norm", &*texts[2]),
                ("start_reduced", "\"projected\""),
                ("start_signs", signs),
            ];
            let [full, reduced] = ["full", "reduced"].map(|form| problem("cnn", form, &set, &settings()));
            for run in 0..50 {
                let (ours, image) = (full.start(cell, run), reduced.start(cell, run));
                let found = claims(&full, &ours);
                assert_eq!(found, claims(&reduced, &image[..4]), "{set:?}, run {run}");
                let mut counts = met.get();
                counts.iter_mut().zip(&found).for_each(|(count, claim)| *count += u32::from(*claim != Claim::Silent));
                met.set(counts);
            }
        }
    });
    assert!(met.get().iter().all(|count| *count > 500), "{met:?}");
}

/// The bounds are `η_a ≤ 2π/(k+π−1)` and `η_v T ≤ 2‖v₀‖²`, here `η_v ≤ 2`.
fn theorems_say_nothing_of_large_steps() {
    let limit = 2.0 * PI / (25.0 + PI - 1.0);
    for (filter, output, small) in
        [(0.01, 0.99 * limit, true), (0.01, 1.01 * limit, false), (1.99, 0.01, true), (2.01, 0.01, false)]
    {
        let set = [("ratio", "0.25")];
        let settings = Settings { step: StepSize::Groups(vec![filter, output]), ..settings() };
        let problem = problem("cnn", "reduced", &set, &settings);
        let cell = CellSeed::new(seed(), &Cnn.identity(&values("cnn", &set)));
        let found: Vec<Vec<Claim>> = (0..200).map(|run| claims(&problem, &problem.start(cell, run)[..4])).collect();
        for theorem in [0, 2] {
            let met = found.iter().filter(|claims| claims[theorem] != Claim::Silent).count();
            // About a quarter of the starts, and a sixth.
            assert_eq!(met > 10, small, "theorem {theorem}, steps {filter}, {output}: {met}");
            assert_eq!(met == 0, !small, "theorem {theorem}, steps {filter}, {output}: {met}");
        }
        assert!(found.iter().all(|claims| claims[1] == Claim::Holds(true)), "4.2 knows no steps");
    }
}

const FOUR: &str = "output = { paired = true, theorems = true }\nmodel.form = 'reduced'\n\
    params.start_signs = ['as_drawn', 'output_flipped', 'filter_flipped', 'both_flipped']\n";

/// Theorem 4.2 in both ways: the conditions of 4.1 hold for exactly one of the four, and at least one is global.
fn one_of_four_meets_the_conditions() {
    let results = results(&format!("{FOUR}params.ratio = [0.25, 4, 16]\nruns.per_cell = 5000"));
    for group in 0..3 {
        let of =
            |theorem: usize| -> Vec<Check> { (0..4).map(|i| results.records[4 * group + i].checks[theorem]).collect() };
        assert_eq!(of(0).iter().map(|check| check.met).sum::<u64>(), 5000, "seed 0, group {group}");
        assert!(of(0).iter().all(|check| check.kept == check.met && check.met > 1000));
        for check in of(1) {
            let expected = Check { runs: 5000, met: 5000, kept: 5000, ..Check::default() };
            assert_eq!(check, expected);
        }
        // g(φ₀) ≤ 1 − 2q can hold for a filter or its opposite, and for an output or its opposite: at most one of four.
        let spurious = of(2).iter().map(|check| check.met).sum::<u64>();
        assert_eq!(spurious > 0, group == 0, "group {group}: {spurious}");
        assert!(spurious < 5000 && of(2).iter().all(|check| check.kept == check.met));
        assert_eq!(counts(&results, group, Outcome::Global)[0], 5000);
        assert!(counts(&results, group, Outcome::Spurious)[0] >= spurious, "each of these is one");
    }
    assert!(results.theorems().violations("x").is_empty());
}

fn degenerate_draws_are_counted_apart() {
    let of =
        |more: &str| results(&format!("{FOUR}params.ratio = 4\nruns.per_cell = 300\n{more}")).records[3].checks.clone();
    let expected = |degenerate| Check { runs: 300, degenerate, ..Check::default() };
    // The ball of a₀ is a point, in two ways; or it is larger than the theorem's, which then says nothing.
    let point = of("params.start_output_scale = 0");
    assert_eq!(point, vec![expected(0), expected(300), expected(0)]);
    let q = results(&format!("{FOUR}params.ratio = 0\nruns.per_cell = 300"));
    assert_eq!(q.records[0].checks, point);
    assert!(q.theorems().text().contains("degenerate"));
    let large = of("params.start_output_scale = 1.5");
    assert_eq!(large[1], expected(0));
    assert!(large[0].met > 0, "4.1 speaks of those starts of a larger ball that meet its conditions");
}

/// Without verdicts, at the automatic step and close to the bounds, in both forms.
const PATIENT: &str = r#"
[params]
patches = 12
ratio = [0.1, 1]
start_reduced = "projected"
[descent]
verdicts = false
step = ["auto", { filter = 1.99, output = 0.44 }]
tolerance = 0.05
[runs]
per_cell = 400
[output]
theorems = true
"#;

fn theorems_hold() {
    let mut both = Vec::new();
    for form in ["full", "reduced"] {
        let results = results(&format!("model.form = '{form}'\nexperiment.seed = {}\n{PATIENT}", seed()));
        for Record { cell, checks, .. } in &results.records {
            let cell = *cell;
            let what = format!("{form}, cell {cell}, seed {}: {checks:?}", seed());
            assert!(
                checks.iter().all(|check| check.violated == 0 && check.kept + check.undecided == check.met),
                "{what}"
            );
            assert!(checks[0].kept > 60 && checks[1].kept == 400, "{what}");
            assert_eq!(checks[2].kept > 40, cell < 2, "a ratio of 0.1 alone is below 1/2: {what}");
            assert_eq!(checks[0].undecided + checks[2].undecided, 0, "{what}");
        }
        let text = results.theorems().text();
        assert!(text.contains("theorem_4_3") && !text.contains("verdict") && !text.contains("degenerate"), "{text}");
        both.push(results.records.into_iter().map(|record| record.checks).collect::<Vec<_>>());
    }
    assert_eq!(both[0], both[1]);
    let quick = results("output.theorems = true\nruns.per_cell = 10").theorems().text();
    assert!(quick.contains("with descent.verdicts = false they are"), "{quick}");
}

/// Through the program: the same starts meet the same conditions, and the runs on the GPU keep them.
fn theorems_hold_on_a_gpu() {
    let place = Place::with(&format!("model.form = 'reduced'\n{PATIENT}").replace("per_cell = 400", "per_cell = 200"));
    let gpu = gpu_arguments();
    let gpu: Vec<&str> = gpu.iter().map(String::as_str).collect();
    let ran = place.run(&[&["run", "spec.toml", "-q", "--out", "gpu"][..], &gpu].concat()).done();
    let said: Vec<&str> = ran.err.lines().filter(|line| !line.contains("is a software adapter")).collect();
    assert!(said.is_empty(), "no violation is said: {}", ran.err);
    place.run(&["run", "spec.toml", "-q", "--out", "cpu", "--backend", "cpu"]).done();
    assert_eq!(place.table("gpu/theorems.csv"), place.table("cpu/theorems.csv"));
    assert!(place.table("gpu/theorems.csv").column("violated").iter().all(|count| *count == "0"));
}

/// The theorem of [`Wrong`] forgets a condition: some of the runs break it, and the first of them is named.
fn a_wrong_theorem_is_caught() {
    let text = "[model]\nform = 'reduced'\n[runs]\nper_cell = 900\n[compute]\nbackend = 'cpu'\nbatch = \
                64\n[output]\ntheorems = true\n";
    let spec = Spec { model: &Wrong, params: Vec::new(), ..Spec::parse(text, "test", &[]).unwrap() };
    let results = result::run(&spec).unwrap();
    let check = results.records[0].checks[0];
    let cell = &results.plan.cells[0];
    let mut broken = Vec::new();
    for run in 0..900 {
        let start = cell.problem.start(cell.seed, run);
        let precision = spurious::numerics::real::Precision::F64;
        let track = Track { model: &Wrong, form: "reduced", cell, precision };
        let path = replay(track, run, Every::Decade, false);
        if start[0] < 0.0 && path.unwrap().found.outcome != Outcome::Spurious {
            broken.push(run);
        }
    }
    assert!(broken.len() > 10, "{broken:?}");
    assert_eq!((check.violated, check.first_violation), (broken.len() as u64, broken.first().copied()));
    assert_eq!((check.runs, check.kept), (900, check.met - check.violated));
    let table = results.theorems();
    let lines = table.violations("results/wrong");
    let expected = format!("wrong in cell 0: {} of the {} runs that it promises spurious", check.violated, check.met);
    assert!(lines.len() == 1 && lines[0].starts_with(&expected), "{lines:?}");
    assert!(lines[0].ends_with(&format!("spurious replay results/wrong 0:{}", broken[0])), "{lines:?}");
    assert!(
        table.text().lines().any(|line| line.trim_end().ends_with(&format!(" {}", check.violated))),
        "{}",
        table.text()
    );
    // What is true of the same runs is not called violated.
    let truth = result::run(&Spec::parse(&text.replace("64", "900"), "test", &[]).unwrap()).unwrap();
    assert!(truth.records[0].checks.iter().all(|check| check.violated == 0));
}

fn checks_add() {
    let claims = [
        (Claim::Silent, Outcome::Spurious),
        (Claim::Degenerate, Outcome::Global),
        (Claim::Holds(true), Outcome::Diverged),
        (Claim::Holds(false), Outcome::Global),
        (Claim::Ends(Outcome::Global), Outcome::Global),
        (Claim::Ends(Outcome::Global), Outcome::Undecided),
        (Claim::Ends(Outcome::Global), Outcome::Slow),
        (Claim::Ends(Outcome::Global), Outcome::Saddle),
        (Claim::Ends(Outcome::Spurious), Outcome::NonFinite),
    ];
    let all = |from: usize, to: usize| {
        let mut check = Check::default();
        (from..to).for_each(|i| check.add(100 + i as u64, claims[i].0, claims[i].1));
        check
    };
    let expected =
        Check { runs: 9, met: 7, degenerate: 1, kept: 2, undecided: 2, violated: 3, first_violation: Some(103) };
    assert_eq!(all(0, 9), expected);
    for cut in 0..=9 {
        // In any order: parts of a folder come as they are found.
        let mut check = all(cut, 9);
        check.merge(&all(0, cut));
        assert_eq!(check, expected, "cut at {cut}");
    }
}

/// Every model's theorems have names of their own, which the help lists, and one claim each.
fn theorems_have_names() {
    let place = Place::new();
    let mut with = 0;
    for model in MODELS {
        let set: Set = &[];
        let settings = Settings { tolerance: model.about().tolerance.default, ..settings() };
        let problem = problem(model.name(), model.forms()[0].0, set, &settings);
        let theorems = problem.theorem_list();
        let help = place.run(&["models", model.name()]).done().out;
        assert_eq!(help.contains("theorems = true"), !theorems.is_empty(), "{}", model.name());
        for (i, theorem) in theorems.iter().enumerate() {
            assert!(help.contains(theorem.name) && help.contains(theorem.about), "{help}");
            assert!(theorems[..i].iter().all(|other| other.name != theorem.name));
        }
        with += usize::from(!theorems.is_empty());
    }
    assert!(with > 0);
}
