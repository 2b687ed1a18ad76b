//! The endpoints that Safran and Shamir published with their paper (repository ItaySafran/OneLayerGDconvergence).
//!
//! They are no part of this crate: `SPURIOUS_SAFRAN_DATA` names a folder with files such as `k07_n07.csv`, k teachers
//! and n neurons, of columns `point,x0,x1,…`: a name and the weights, neuron by neuron. Without it the tests are listed
//! as ignored, by name.

use super::{AT_REST, Size};
use crate::support::{assert_close, distance, trials};
use libtest_mimic::Trial;
use spurious::judge::classify::Classifier;
use spurious::judge::lead;
use spurious::judge::refine;
use spurious::landscape::{Outcome, Verdict};
use spurious::numerics::real::Precision::F64;
use spurious::numerics::vector;
use std::path::PathBuf;
use std::sync::Arc;

trials![with(
    published,
    published_endpoints_are_minima,
    published_endpoints_are_proved,
    published_families_are_distinct,
    published_type_two_is_the_oracles
)];

const FOLDER: &str = "SPURIOUS_SAFRAN_DATA";

/// A test that needs the published data.
fn published(name: String, test: fn()) -> Trial {
    let missing = std::env::var_os(FOLDER).is_none();
    trials::plain(name, test).with_ignored_flag(missing).with_kind(if missing { "needs published data" } else { "" })
}

/// The published points of one pair of sizes.
struct File {
    size: Size,
    points: Vec<(String, Vec<f64>)>,
}

impl File {
    fn read(path: &PathBuf) -> Option<File> {
        let name = path.file_stem()?.to_str()?;
        let (k, n) = name.strip_prefix('k')?.split_once("_n")?;
        let (k, n): (usize, usize) = (k.parse().ok()?, n.parse().ok()?);
        let size = Size { n, k, d: k };
        let mut reader = csv::Reader::from_path(path).unwrap();
        let header: Vec<String> = reader.headers().unwrap().iter().map(str::to_string).collect();
        let expected = (0..n * k).map(|i| format!("x{i}"));
        assert!(header.iter().cloned().eq(["point".to_string()].into_iter().chain(expected)), "{name}: {header:?}");
        let point = |row: csv::StringRecord| {
            (row[0].to_string(), row.iter().skip(1).map(|x| x.parse().unwrap()).collect::<Vec<f64>>())
        };
        Some(File { size, points: reader.records().map(|row| point(row.unwrap())).collect() })
    }

    /// All files, by size.
    fn all() -> Vec<File> {
        let folder = PathBuf::from(std::env::var_os(FOLDER).unwrap());
        let entries = std::fs::read_dir(&folder).unwrap_or_else(|e| panic!("{FOLDER}={}: {e}", folder.display()));
        let mut files: Vec<File> = entries.filter_map(|entry| File::read(&entry.unwrap().path())).collect();
        files.sort_by_key(|file| (file.size.k, file.size.n));
        assert!(!files.is_empty(), "{FOLDER}={}: no file like k07_n07.csv", folder.display());
        files
    }

    /// The one published endpoint here that is no minimum: a saddle of the published data, by interval arithmetic.
    fn is_saddle(&self, loss: f64) -> bool {
        (self.size.k, self.size.n) == (15, 16) && (loss - 0.020_315).abs() < 1e-6
    }
}

fn published_endpoints_are_minima() {
    let mut saddles = 0;
    let mut points = 0;
    let files = File::all();
    for file in &files {
        let problem = file.size.problem();
        for (name, state) in &file.points {
            let what = format!("{name} of k={}, n={}", file.size.k, file.size.n);
            let here = problem.evaluate(F64, state);
            // They stopped at 1e-9/2π for each neuron, by formulas that round otherwise.
            assert!(vector::norm(&here.gradient) < 1e-8, "{what}: gradient {:e}", vector::norm(&here.gradient));
            let spectrum = refine::spectrum(&problem, state).unwrap();
            let saddle = file.is_saddle(here.loss);
            assert_eq!(spectrum.is_minimum(), !saddle, "{what}: smallest eigenvalue {:e}", spectrum.min());
            assert_eq!(spectrum.index(), if saddle { 2 } else { 0 }, "{what}");
            // Theirs are those above 1e-3.
            assert!(here.loss > 1e-3, "{what}: loss {:e}", here.loss);
            let settled = lead::settle(&problem, state).unwrap_or_else(|| panic!("{what}: not settled"));
            assert_eq!(settled.spectrum.index(), spectrum.index(), "{what}");
            // ‖gradient‖/λ, twice for the Hessian's change in between.
            let allowed = 2.0 * vector::norm(&here.gradient) / spectrum.min().abs() + 1e-11;
            let off = distance(&settled.point, state);
            assert!(off <= allowed, "{what}: {off:e} from its critical point, allowed {allowed:e}");
            points += 1;
            saddles += usize::from(saddle);
        }
    }
    let has_saddle = files.iter().any(|file| (file.size.k, file.size.n) == (15, 16));
    assert_eq!(saddles, usize::from(has_saddle), "of {points} points");
}

/// As they were published, without a polish: their gradients are small enough. Every minimum holds for all input
/// dimensions, as theirs.
fn published_endpoints_are_proved() {
    for file in File::all() {
        let problem = file.size.problem();
        let subject = problem.proofs().expect("a model with proofs").provable();
        for (name, state) in &file.points {
            let what = format!("{name} of k={}, n={}", file.size.k, file.size.n);
            for point in [state.clone(), refine::polish(&problem, state).unwrap()] {
                let proof = subject.prove(&point, None).unwrap_or_else(|why| panic!("{what}: {why}"));
                let expected =
                    if file.is_saddle(proof.loss_low) { (Verdict::Saddle, 2) } else { (Verdict::Minimum, 0) };
                assert_eq!((proof.verdict, proof.index), expected, "{what}");
                assert_eq!(proof.every_input_dim, Some(true), "{what}");
                assert!(proof.loss_low > 1e-3 && proof.loss_high - proof.loss_low < 1e-9, "{what}: {proof:?}");
            }
        }
    }
}

fn published_families_are_distinct() {
    for file in File::all() {
        let problem = file.size.problem();
        let classifier = Classifier::new(&problem);
        let found: Vec<_> = file.points.iter().map(|(_, p)| classifier.classify(&problem, p, &AT_REST)).collect();
        let families: Vec<_> = found.iter().map(|found| found.family.clone().expect("a family")).collect();
        for (i, a) in families.iter().enumerate() {
            let (k, n) = (file.size.k, file.size.n);
            for (j, b) in families.iter().enumerate().take(i) {
                assert!(!Arc::ptr_eq(a, b) && !a.is_same(b), "k={k}, n={n}: points {i} and {j}");
            }
            let expected = if file.is_saddle(a.loss) { Outcome::Saddle } else { Outcome::Spurious };
            assert_eq!(found[i].outcome, expected, "k={k}, n={n}: point {i}");
            // Two blocks of teachers at most: n = k ones split as k−m and m.
            assert!(a.orbits.split(" | ").nth(1).unwrap().split('+').count() <= 2, "k={k}, n={n}: {}", a.orbits);
        }
    }
}

/// Where the oracle has one neuron turned round, their most frequent point is the same minimum.
fn published_type_two_is_the_oracles() {
    let mut compared = 0;
    for file in File::all().into_iter().filter(|file| file.size.n == file.size.k && file.size.k <= 12) {
        let problem = file.size.problem();
        let oracle = super::point("II", file.size.k);
        let loss = |state: &[f64]| problem.evaluate(F64, state).loss;
        let same = file.points.iter().find(|(_, p)| (loss(p) - oracle.loss).abs() < 1e-8);
        let (_, state) = same.unwrap_or_else(|| panic!("k={}: no type II", file.size.k));
        let polished = refine::polish(&problem, state).unwrap();
        assert_close(loss(&polished), oracle.loss, 1e-12, &oracle.what());
        assert_eq!(problem.overlaps(&polished).orbits(1e-5).to_string(), oracle.orbits);
        let ours = Classifier::new(&problem);
        let families = [state, &oracle.weights].map(|p| ours.classify(&problem, p, &AT_REST).family.unwrap());
        assert!(Arc::ptr_eq(&families[0], &families[1]), "{}", oracle.what());
        compared += 1;
    }
    assert!(compared > 0, "no file with n = k of at most 12");
}
