//! What is wrong with an experiment, said in one line on stderr: file or flag, key, value, problem and remedy.

use crate::support::program::{Place, SMALL, gpu_arguments};
use crate::support::trials;
use libtest_mimic::Trial;

trials![
    a_missing_experiment_is_refused,
    too_many_cells_are_refused,
    gpu(lanes_that_do_not_fit_are_refused),
    more(of("", WRONG, refuses_spec)),
    more(of("set_", WRONG_SETS, refuses_set)),
];

/// A test for each of a list.
fn of(prefix: &str, wrong: &'static [Wrong], test: fn(&Wrong)) -> impl Iterator<Item = Trial> {
    wrong.iter().map(move |wrong| {
        let name = trials::name(module_path!(), &format!("{prefix}{}", wrong.0));
        trials::plain(name, move || test(wrong))
    })
}

/// Name, text of the experiment file, and what the message must hold besides the file: key, value and remedy.
type Wrong = (&'static str, &'static str, &'static [&'static str]);

const WRONG: &[Wrong] = &[
    ("an_unknown_key", "[params]\npatchs = 25", &["params.patchs = 25", "did you mean params.patches?"]),
    ("an_unknown_key_unlike_any", "[runs]\nxyz = 7", &["runs.xyz = 7", "known here: per_cell"]),
    ("an_unknown_table", "[parameters]\npatches = 25", &["parameters = ", "25", "did you mean params?"]),
    ("a_text_for_a_number", "[params]\npatches = \"many\"", &["params.patches = \"many\"", "whole number from 1"]),
    ("a_fraction_for_a_whole_number", "[params]\npatches = 2.5", &["params.patches = 2.5", "whole number from 1"]),
    ("a_number_for_a_flag", "[descent]\nverdicts = 1", &["descent.verdicts = 1", "true or false"]),
    ("a_number_for_a_table", "runs = 10", &["runs = 10", "write [runs]"]),
    ("a_name_of_no_folder", "[experiment]\nname = \"a/b\"", &["experiment.name = \"a/b\"", "use letters"]),
    ("a_name_of_two_lines", "[experiment]\nname = \"a\\nb\"", &["experiment.name = ", "use letters"]),
    ("a_negative_seed", "[experiment]\nseed = -1", &["experiment.seed = -1", "whole number from 0"]),
    ("too_many_patches", "[params]\npatches = 5000", &["params.patches = 5000", "from 1 to 4096"]),
    ("a_negative_ratio", "[params]\nratio = -0.5", &["params.ratio = -0.5", "from 0 to"]),
    ("a_ratio_that_is_no_number", "[params]\nratio = nan", &["params.ratio = nan", "from 0 to"]),
    ("a_tolerance_too_large", "[descent]\ntolerance = 0.7", &["descent.tolerance = 0.7", "between 0 and 0.5"]),
    ("a_level_of_one", "[output]\nlevel = 1.0", &["output.level = 1.0", "between 0 and 1"]),
    ("an_unknown_model", "[model]\nname = \"mlp\"", &["model.name = \"mlp\"", "\"cnn\""]),
    ("an_unknown_form", "[model]\nform = \"polar\"", &["model.form = \"polar\"", "\"full\", \"reduced\""]),
    ("an_unknown_choice", "[params]\nstart_filter = \"cube\"", &["params.start_filter = \"cube\"", "\"gaussian\""]),
    ("an_empty_list", "[params]\npatches = []", &["params.patches = []", "at least one value"]),
    ("a_value_listed_twice", "[params]\nratio = [1, 4, 1]", &["params.ratio = 1", "listed twice", "remove one"]),
    ("a_step_listed_twice", "[descent]\nstep = [0.1, 0.1]", &["descent.step = [0.1, 0.1]", "twice", "remove one"]),
    ("an_adapter_for_the_cpu", "[compute]\nbackend = \"cpu\"\nadapter = \"x\"", &["compute.adapter = \"x\"", "remove"]),
    (
        "a_constant_beyond_f32",
        "[params]\nteacher_norm = 1e30\n[compute]\nbackend = \"cpu\"\nprecision = \"f32\"",
        &["params: ", "target_overlap 1.00e60", "--precision f64"],
    ),
    (
        "a_published_figure_in_percent",
        "[published]\ncolumns = [\"ratio\"]\nruns_per_cell = 10\nrows = [[4, 73]]",
        &["published.rows = 73", "is not a probability"],
    ),
    (
        "published_figures_without_runs",
        "[published]\ncolumns = [\"ratio\"]\nrows = [[4, 0.73]]",
        &["published.runs_per_cell", "is missing"],
    ),
    ("an_empty_list_of_steps", "[descent]\nstep = []", &["descent.step = []", "\"auto\""]),
    (
        "a_wrong_value_in_a_list",
        "[params]\npatches = [25, 0]\nratio = 1",
        &["params.patches = 0", "whole number from 1"],
    ),
    (
        "a_ratio_above_the_patches",
        "[params]\npatches = 25\nratio = 30",
        &["params.ratio = 30", "number of patches, 25", "choose ratio between 0 and 25"],
    ),
    (
        "a_ratio_above_some_of_the_patches",
        "[params]\npatches = [36, 25]\nratio = [4, 30]",
        &["params.ratio = 30", "choose ratio between 0 and 25"],
    ),
    ("a_filter_of_one", "[params]\nfilter_size = 1", &["params.filter_size = 1", "whole number from 2"]),
    ("one_patch_with_a_ratio", "[params]\npatches = 1\nratio = 0.5", &["params.ratio = 0.5", "set ratio = 1"]),
    ("no_runs", "[runs]\nper_cell = 0", &["runs.per_cell = 0", "whole number from 1"]),
    (
        "an_adapter_on_the_cpu",
        "[compute]\nbackend = \"cpu\"\nadapter = \"any\"",
        &["compute.adapter = \"any\"", "choose backend gpu"],
    ),
    ("no_threads", "[compute]\nthreads = 0", &["compute.threads = 0", "\"auto\" or a whole number from 1"]),
    // 4π/(k+π−1) = 0.463 is unstable, half of it is what verdicts allow.
    ("an_unstable_step", "[descent]\nstep = 1.0", &["descent.step = 1", "at patches = 25", "choose at most 0.2314"]),
    (
        "an_unstable_step_of_a_group",
        "[descent]\nstep = { filter = 0.1, output = 1.0 }",
        &["descent.step.output = 1", "choose at most 0.2314"],
    ),
    ("a_step_of_one_group", "[descent]\nstep = { filter = 0.1 }", &["descent.step = ", "0.1", "filter and output"]),
    ("a_step_of_zero", "[descent]\nstep = 0", &["descent.step = 0", "greater than 0"]),
    ("a_syntax_error", "[params]\npatches = 25\nratio = = 4\n", &["line 3", "not TOML", "correct the syntax"]),
    ("a_syntax_error_at_a_line_start", "[params]\npatches = 25\n= 4\n", &["line 3", "not TOML"]),
    ("a_key_given_twice", "[params]\npatches = 25\n\npatches = 36\n", &["line 4", "not TOML"]),
    (
        "a_published_column_of_no_parameter",
        "[published]\noutcome = \"global\"\ncolumns = [\"q\"]",
        &["published.columns = q", "name parameters only"],
    ),
    (
        "an_unknown_published_outcome",
        "[published]\noutcome = \"lucky\"\ncolumns = [\"ratio\"]",
        &["published.outcome = \"lucky\"", "\"global\", \"spurious\", \"saddle\"", "write one of"],
    ),
    (
        "a_parameter_of_another_model",
        "[model]\nname = \"relu_sum\"\n[params]\npatches = 25",
        &["params.patches = 25", "is a parameter of cnn, pooled_cnn, not of this model; known here: teachers"],
    ),
    (
        "a_form_of_another_model",
        "[model]\nname = \"relu_sum\"\nform = \"reduced\"",
        &["model.form = \"reduced\"", "\"full\""],
    ),
    ("an_unknown_sign", "[params]\nstart_signs = \"up\"", &["params.start_signs = \"up\"", "\"output_flipped\""]),
    (
        "pairs_of_no_two_cells",
        "[params]\npatches = [25, 36]\n[output]\npaired = true",
        &["output.paired = true", "no two cells share their draws", "start_signs", "descent.step"],
    ),
    (
        "too_many_cells_to_pair",
        "[params]\nstart_signs = [\"as_drawn\", \"both_flipped\"]\n[descent]\nstep = [0.01, 0.011, 0.012, 0.013, \
         0.014, 0.015, 0.016, 0.017, 0.018, 0.019, 0.02, 0.021, 0.022, 0.023, 0.024, 0.025, 0.026, 0.027, 0.028, \
         0.029, 0.03, 0.031, 0.032, 0.033, 0.034, 0.035, 0.036, 0.037, 0.038, 0.039, 0.04, 0.041, \
         0.042]\n[output]\npaired = true",
        &["output.paired = true", "66 cells share their draws, more than 64", "shorten the lists"],
    ),
    (
        "theorems_of_a_model_without",
        "[model]\nname = \"relu_sum\"\n[output]\ntheorems = true",
        &["output.theorems = true", "model relu_sum has no theorem", "leave it out"],
    ),
    (
        "a_published_row_of_wrong_width",
        "[published]\noutcome = \"global\"\ncolumns = [\"ratio\"]\nrows = [[1, 0.5], [4]]",
        &["published.rows = ", "rows of 2 numbers"],
    ),
];

/// Text of `--set`, and what the message must hold besides `--set`.
const WRONG_SETS: &[Wrong] = &[
    ("without_equals_sign", "params.patches", &["params.patches", "has no '='", "write key=value"]),
    ("without_key", "=3", &["=3", "names no key", "write key=value"]),
    ("of_an_unknown_key", "params.ratios=3", &["params.ratios = 3", "did you mean params.ratio?"]),
    ("of_an_unknown_table", "parms.ratio=3", &["parms", "3", "did you mean params?"]),
    ("of_a_key_below_a_value", "params.patches.x=3", &["params.patches = ", "3", "whole number from 1"]),
    ("of_an_impossible_value", "params.ratio=30", &["params.ratio = 30", "choose ratio between 0 and 25"]),
    ("of_a_wrong_type", "compute.threads=\"two\"", &["compute.threads = \"two\"", "whole number from 1"]),
    ("of_a_word_for_a_number", "params.patches=many", &["params.patches = many", "whole number from 1"]),
    ("of_an_unstable_step", "descent.step=1.0", &["descent.step = 1", "choose at most 0.2314"]),
    ("of_one_step_group", "descent.step.output=0.1", &["descent.step = ", "0.1", "filter and output"]),
];

fn refuses_spec((_, text, parts): &Wrong) {
    let place = Place::with(text);
    let before = place.snapshot();
    for arguments in [&["run", "spec.toml", "--quiet", "--out", "out"][..], &["plan", "spec.toml"]] {
        let ran = place.run(arguments);
        ran.refused(2, &[&["error: spec.toml: "], *parts].concat());
        assert!(place.snapshot() == before, "nothing is written");
    }
}

fn refuses_set((_, set, parts): &Wrong) {
    let place = Place::with(SMALL);
    let before = place.snapshot();
    for arguments in [&["run", "spec.toml", "--quiet", "--set", set][..], &["plan", "spec.toml", "--set", set]] {
        let ran = place.run(arguments);
        ran.refused(2, &[&["error: --set: "], *parts].concat());
        assert!(place.snapshot() == before, "nothing is written");
    }
}

fn a_missing_experiment_is_refused() {
    let place = Place::new();
    for command in ["run", "plan"] {
        place.run(&[command, "absent.toml"]).refused(2, &["absent.toml", "does not exist", "check the path"]);
    }
    assert!(place.snapshot().is_empty());
}

fn too_many_cells_are_refused() {
    let hundred: Vec<String> = (2..130).map(|i| i.to_string()).collect();
    let list = hundred.join(", ");
    let place =
        Place::with(&format!("[params]\npatches = [{list}]\nfilter_size = [{list}]\nteacher_norm = [{list}]\n"));
    for command in ["run", "plan"] {
        place
            .run(&[command, "spec.toml"])
            .refused(2, &["spec.toml: line 1, column 1: params: ", "2097152 cells", "shorten them"]);
    }
}

fn lanes_that_do_not_fit_are_refused() {
    let gpu = gpu_arguments();
    let gpu: Vec<&str> = gpu.iter().map(String::as_str).collect();
    let cases = [
        ("compute.lanes=3", "compute.lanes = 3", "power of two"),
        ("compute.lanes=1024", "compute.lanes = 1024", "choose"),
        ("compute.lanes=32", "compute.lanes = 32", "share"),
    ];
    for (set, shown, problem) in cases {
        let place = Place::with(SMALL);
        let arguments = [&["run", "spec.toml", "-q", "--set", set, "--out", "out"], &gpu[..]].concat();
        place.run(&arguments).refused(2, &["error: --set: ", shown, problem, "choose"]);
        // What it leaves behind does not stand in the way.
        place.run(&["run", "spec.toml", "-q", "--precision", "f32", "--out", "out"]).done();
    }
    let wide = "[params]\npatches = 1000\n[runs]\nper_cell = 10\n[compute]\nlanes = 1\n";
    let arguments = [&["run", "spec.toml", "-q", "--out", "out"], &gpu[..]].concat();
    Place::with(wide)
        .run(&arguments)
        .refused(2, &["error: spec.toml: ", "compute.lanes = 1", "1005 numbers", "choose"]);
}
