//! The independent checker in Python, on certificates of every kind and on falsified ones.
//!
//! It needs python-flint: `tests/certificates/install.sh` brings it. Without it the tests are listed as ignored, by
//! name, and fail if `REQUIRE_FLINT=1`.

use crate::landscape::proof::fuzz::{altered, perturbed, sources};
use crate::landscape::proof::padded::blocks_of_three;
use crate::landscape::proof::written::{
    SIGNAL, double_well, factor, factorisation, phase_retrieval, saddle, smooth_functions, sphere, subject, wells,
};
use crate::landscape::proof::{cell, square};
use crate::models::relu_sum::families::named;
use crate::support::program::Place;
use crate::support::{seed, trials};
use libtest_mimic::Trial;
use spurious::landscape::{Goal, Provable, Verdict};
use spurious::numerics::CellSeed;
use spurious::result::certificate::Certificate;
use std::path::PathBuf;
use std::process::Command;
use std::sync::LazyLock;

trials![with(
    flint,
    python_formulas_hold,
    python_proves_certificates,
    python_proves_what_is_perturbed,
    python_refuses_false_certificates,
    python_refuses_changed_files,
    python_proves_written_losses,
    python_refuses_false_written_losses
),];

/// Python with the folder that `install.sh` may have filled.
fn python() -> Command {
    let mut command = Command::new("python3");
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    let installed = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/python");
    let path = std::env::var_os("PYTHONPATH").unwrap_or_default();
    let folders = std::iter::once(installed).chain(std::env::split_paths(&path));
    command.env("PYTHONPATH", std::env::join_paths(folders).unwrap());
    command
}

/// A test that needs python-flint.
fn flint(name: String, test: fn()) -> Trial {
    static FOUND: LazyLock<bool> =
        LazyLock::new(|| python().args(["-c", "import flint"]).output().is_ok_and(|output| output.status.success()));
    trials::needing(("python-flint", *FOUND), "REQUIRE_FLINT", name, test)
}

fn certificate(subject: &dyn Provable, name: &str, point: &[f64]) -> Certificate {
    let proof = subject.prove(point, None).unwrap_or_else(|why| panic!("{name}: {why}"));
    Certificate::new(name, Vec::new(), subject, point, proof)
}

/// Certificates of minima, saddles and global minima of all models.
fn all() -> Vec<Certificate> {
    let mut all = Vec::new();
    for (k, name) in [(2, "global"), (5, "II"), (5, "A"), (6, "II"), (6, "A"), (6, "global"), (8, "II^2"), (9, "II^3")]
    {
        all.push(certificate(&*square(k).1, &format!("{name}-{k}"), &named(name, k)));
    }
    all.push(certificate(&*square(6).1, "blocks of three", &blocks_of_three()));
    let (problem, subject) = cell("relu_sum", &[("teachers", "6"), ("input_dim", "8")]);
    let wide: Vec<f64> = named("II", 6).chunks_exact(6).flat_map(|w| [w, &[0.0; 2]].concat()).collect();
    assert_eq!(wide.len(), problem.dim());
    all.push(certificate(&*subject, "padded", &wide));
    let set = [("filter_length", "2"), ("stride", "1"), ("patches", "5"), ("teacher", "\"angle\"")];
    let (problem, subject) = cell("pooled_cnn", &set);
    let spurious = spurious::judge::refine::polished(&problem, &[0.634, -0.634]);
    all.push(certificate(&*subject, "pooled", &spurious));
    for (model, set) in
        [("pooled_cnn", &[("filter_length", "7"), ("stride", "3")][..]), ("cnn", &[]), ("cnn", &[("ratio", "12.0")])]
    {
        let (_, subject) = cell(model, set);
        all.extend(subject.known().iter().map(|(name, point)| certificate(&*subject, name, point)));
    }
    all
}

/// The checker's own formulas, against difference quotients and each other.
fn python_formulas_hold() {
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/certificates/facts.py");
    let output = python().arg(script).output().expect("python3");
    assert!(output.status.success(), "{output:?}");
}

/// Runs the checker on some certificates; its lines and its exit code.
fn check(certificates: &[Certificate]) -> (Vec<String>, Option<i32>) {
    check_texts(certificates.iter().map(Certificate::text).collect())
}

/// The same for texts of files.
fn check_texts(texts: Vec<String>) -> (Vec<String>, Option<i32>) {
    let place = Place::new();
    let files: Vec<String> = (0..texts.len()).map(|i| format!("{i:03}.json")).collect();
    files.iter().zip(texts).for_each(|(file, text)| place.write(file, text));
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/certificates/check.py");
    let output = python().current_dir(place.path(".")).arg(script).args(&files).output().expect("python3");
    let lines: Vec<String> = String::from_utf8(output.stdout).unwrap().lines().map(String::from).collect();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(lines.len(), files.len(), "{lines:?}\n{errors}");
    (lines, output.status.code())
}

fn python_proves_certificates() {
    let certificates = all();
    let (lines, code) = check(&certificates);
    for (line, certificate) in lines.iter().zip(&certificates) {
        let expected = format!(": proved: {}", certificate.proof.verdict.name());
        assert!(line.contains(&expected), "{} {}: {line}", certificate.model, certificate.name);
    }
    assert_eq!(code, Some(0));
}

/// A sample of what the program proves of perturbed points, as they are, and of perturbed certificates.
fn python_proves_what_is_perturbed() {
    let mut draws = CellSeed::new(seed(), "perturbed points for python").run(0);
    let mut certificates = Vec::new();
    for (_, subject, points) in sources() {
        for point in points {
            let moved: Vec<Vec<f64>> = (0..40).map(|_| perturbed(&point, &mut draws)).collect();
            let proofs = moved.iter().filter_map(|point| Some((point, subject.prove(point, None).ok()?)));
            certificates.extend(
                proofs.take(6).map(|(point, proof)| Certificate::new("p", Vec::new(), &*subject, point, proof)),
            );
        }
    }
    assert!(certificates.len() > 30, "{}", certificates.len());
    // Of altered certificates what the program still accepts; but for a smaller gap, from which the checker takes its
    // distances.
    let right = certificate(&*square(4).1, "A", &named("A", 4));
    let altered = (0..400).map(|_| altered(&right, &mut draws)).filter(|c| c.proof.gap_low == right.proof.gap_low);
    let accepted: Vec<Certificate> = altered.filter(|certificate| certificate.check().is_ok()).take(40).collect();
    assert!(accepted.len() > 20, "{}", accepted.len());
    certificates.extend(accepted);
    let (lines, _) = check(&certificates);
    for (line, certificate) in lines.iter().zip(&certificates) {
        assert!(line.contains(": proved: "), "{line}: {certificate:?}");
    }
}

fn python_refuses_false_certificates() {
    let right = certificate(&*square(6).1, "II", &named("II", 6));
    let change = |change: &dyn Fn(&mut Certificate)| {
        let mut wrong = right.clone();
        change(&mut wrong);
        wrong
    };
    let blocks = certificate(&*square(6).1, "blocks of three", &blocks_of_three());
    let saddle = |change: &dyn Fn(&mut Certificate)| {
        let mut wrong = blocks.clone();
        change(&mut wrong);
        wrong
    };
    let wrong = [
        change(&|c| c.proof.index = 1),
        change(&|c| c.proof.verdict = Verdict::Global),
        change(&|c| c.proof.verdict = Verdict::Saddle),
        change(&|c| c.proof.gap_low *= 4.0),
        change(&|c| c.proof.eigenvalue_min_low *= 1.01),
        change(&|c| c.proof.loss_low += 1e-9),
        change(&|c| c.proof.loss_high -= 1e-9),
        change(&|c| c.proof.gradient_norm_high = 0.0),
        change(&|c| c.proof.radius = 0.5),
        change(&|c| c.proof.extra_eigenvalue_low = Some(0.5)),
        change(&|c| c.point[3] += 1e-3),
        change(&|c| c.point[..6].fill(0.0)),
        change(&|c| c.landscape["teachers"][1] = "0x1.0000000000000p-4".into()),
        // The gap of fewer inputs, which further ones make smaller at this saddle.
        saddle(&|c| c.proof.extra_eigenvalue_low = Some(c.proof.gap_low)),
        saddle(&|c| c.proof.extra_eigenvalue_low = c.proof.extra_eigenvalue_low.map(|extra| 1.5 * extra)),
    ];
    let (lines, code) = check(&wrong);
    for (line, certificate) in lines.iter().zip(&wrong) {
        assert!(line.contains(": refused: "), "{line}: {certificate:?}");
    }
    assert_eq!(code, Some(1));
}

/// What the checksum covers, keys that are given twice, an older format, and files that are none.
fn python_refuses_changed_files() {
    let text = certificate(&*square(6).1, "II", &named("II", 6)).text();
    let texts = [
        (text.replacen("\"name\": \"II\"", "\"name\": \"A\"", 1), "checksum"),
        (text.replacen("\"parameters\": {}", "\"parameters\": {\"teachers\": \"7\"}", 1), "checksum"),
        (text.replacen("\"neurons\": 6", "\"neurons\": 7, \"neurons\": 6", 1), "given twice"),
        (text.replace("certificate 2", "certificate 1"), "certify the point again"),
        ("point,x0\na,1\n".into(), "no certificate"),
    ];
    let (lines, code) = check_texts(texts.iter().map(|(text, _)| text.clone()).collect());
    for (line, (_, part)) in lines.iter().zip(&texts) {
        assert!(line.contains(": refused: ") && line.contains(part), "{part}: {line}");
    }
    assert_eq!(code, Some(1));
}

/// Certificates of losses that are graphs, of every verdict, in all of the space and across a rotation.
fn written() -> Vec<Certificate> {
    let [spurious, top, global] = wells();
    let minima = Goal::Minima(vec![SIGNAL.into(), SIGNAL.map(|x| -x).into()]);
    let mut all = Vec::new();
    for (goal, x) in [
        (Goal::Least(0.0), spurious),
        (Goal::Least(0.0), top),
        (Goal::Least(0.0), global),
        (Goal::Unknown, spurious),
        (Goal::Minima(vec![vec![1.0]]), spurious),
        (Goal::Minima(vec![vec![1.0]]), global),
    ] {
        all.push(certificate(&subject(&double_well(goal)), "well", &[x]));
    }
    let phases = subject(&phase_retrieval(minima, true));
    for point in [SIGNAL, [0.0; 3], saddle()] {
        all.push(certificate(&phases, "phase", &point));
    }
    let (functions, point) = smooth_functions();
    all.push(certificate(&subject(&functions), "functions", &point));
    let matrix = subject(&factorisation());
    for entries in [[0, 1], [1, 4]] {
        all.push(certificate(&matrix, "factors", &factor(entries)));
    }
    all.push(certificate(&subject(&sphere(Goal::Least(-1.0))), "sphere", &[0.48, 0.6, -0.64]));
    all
}

fn python_proves_written_losses() {
    let certificates = written();
    let flat = |count| certificates.iter().any(|certificate| certificate.proof.flat_directions == count);
    assert!(flat(None) && flat(Some(1)) && flat(Some(2)));
    let (lines, code) = check(&certificates);
    for (line, certificate) in lines.iter().zip(&certificates) {
        let expected = format!(": proved: {}:", certificate.proof.verdict.name());
        assert!(line.contains(&expected), "{line}: {}", certificate.text());
    }
    assert_eq!(code, Some(0));
}

fn python_refuses_false_written_losses() {
    let all = written();
    let zero = || serde_json::json!("0x0.0p+0");
    let one = || serde_json::json!("0x1.0000000000000p+0");
    let mut wrong: Vec<(Certificate, &str)> = Vec::new();
    for right in &all {
        let mut add = |part, change: &dyn Fn(&mut Certificate)| {
            let mut certificate = right.clone();
            change(&mut certificate);
            wrong.push((certificate, part));
        };
        let is_saddle = right.proof.verdict == Verdict::Saddle;
        let other = if is_saddle { Verdict::LocalMinimum } else { Verdict::Saddle };
        add("with index", &|c| c.proof.verdict = other);
        add(if is_saddle { "below the gap" } else { "with index 1" }, &|c| c.proof.index += 1);
        add("below the gap", &|c| c.proof.gap_low *= 4.0);
        add("eigenvalue_min_low is too high", &|c| c.proof.eigenvalue_min_low += 0.01);
        add("below loss_low", &|c| c.proof.loss_low += 1e-3);
        add("above loss_high", &|c| c.proof.loss_high -= 1e-3);
        add("not at most gradient_norm_high", &|c| c.proof.gradient_norm_high = -1.0);
        add("", &|c| c.proof.radius = 100.0);
        add("every_input_dim: not of a graph", &|c| c.proof.every_input_dim = Some(true));
        add("", &|c| c.point[0] += 0.3);
        add("", &|c| c.landscape["loss"] = 0.into());
        add("is not a graph of operations", &|c| c.model = "relu_sum".into());
    }
    let mut add = |part, i: usize, change: &dyn Fn(&mut Certificate)| {
        let mut certificate = all[i].clone();
        change(&mut certificate);
        wrong.push((certificate, part));
    };
    // Known minima that are in no ball, and a least loss that is not below.
    add("not above the least loss", 3, &|c| c.proof.verdict = Verdict::Minimum);
    add("no known minimum is in the ball", 4, &|c| c.proof.verdict = Verdict::Global);
    add("not above the least loss", 2, &|c| c.proof.verdict = Verdict::Minimum);
    add("no known minimum is in the ball", 2, &|c| c.proof.verdict = Verdict::Global);
    add("not above the least loss", 0, &|c| c.landscape["least_loss"] = one());
    add("no known minimum is in the ball", 5, &|c| c.landscape["minima"][0][0] = zero());
    // One operation is another.
    add("component 1", 0, &|c| c.landscape["operations"][0] = "state 1".into());
    add("the gradient is", 9, &|c| {
        let operations = c.landscape["operations"].as_array_mut().unwrap();
        let at = operations.iter().position(|x| x.as_str().unwrap().starts_with("erf")).unwrap();
        operations[at] = operations[at].as_str().unwrap().replace("erf", "sin").into();
    });
    // Flat directions that there are not, or not said, or false.
    add("1 to 2 eigenvalues are below the gap", 8, &|c| c.proof.flat_directions = None);
    add("1 are independent", 8, &|c| c.proof.flat_directions = Some(2));
    add("the landscape has none", 8, &|c| c.landscape["flat"] = serde_json::json!([]));
    add("all are 0 at the point", 6, &|c| c.proof.flat_directions = Some(2));
    add("does not keep the loss", 8, &|c| {
        let first = c.landscape["flat"][0][0].clone();
        c.landscape["flat"][0][1] = first;
    });
    add("", 8, &|c| c.proof.verdict = Verdict::Global);
    let (lines, code) = check(&wrong.iter().map(|(certificate, _)| certificate.clone()).collect::<Vec<_>>());
    for (line, (certificate, part)) in lines.iter().zip(&wrong) {
        assert!(line.contains(": refused: ") && line.contains(part), "{part}: {line}: {}", certificate.text());
        // Nor does the program prove them.
        let read = Certificate::parse(&certificate.text(), "file").expect("a certificate");
        assert!(read.check().is_err(), "{}", certificate.text());
    }
    assert_eq!(code, Some(1));
}
