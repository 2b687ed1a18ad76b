//! The targets, one for each kind of file: anything may come in. `fuzz/` takes this file too, so that it names nothing
//! of the tests.

use spurious::experiment::grid::Grid;
use spurious::experiment::{Plan, Spec};
use spurious::landscape::{Points, Value};
use spurious::models;
use spurious::result::certificate::Certificate;

/// Cells of a grid that is made, and the largest number of a parameter that it is made with: some take memory with its
/// square.
const SMALL: (usize, i64) = (64, 32);

/// Text of an experiment: one that is read says the same of itself when it is read again, and every message has all
/// parts.
pub(crate) fn experiment(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let spec = match Spec::parse(text, "fuzz.toml", &[]) {
        Ok(spec) => spec,
        Err(error) => {
            assert!(!error.problem.is_empty() && !error.remedy.is_empty(), "{error:?}");
            return;
        }
    };
    let written = spec.to_toml();
    let again = Spec::parse(&written, "again.toml", &[]).unwrap_or_else(|error| panic!("{error}\n{written}"));
    assert_eq!(again.to_toml(), written);
    let is_small = |value: &Value| !matches!(value, Value::Integer(i) if *i > SMALL.1);
    let all_small = spec.params.iter().all(|(_, values)| values.iter().all(is_small));
    if Grid::of(&spec).cells() > SMALL.0 || !all_small {
        return;
    }
    match Plan::new(&spec) {
        Ok(plan) => assert_eq!(plan.cells.len(), Grid::of(&spec).cells()),
        Err(error) => assert!(!error.problem.is_empty() && !error.remedy.is_empty(), "{error:?}"),
    }
}

/// A file of points: what is read is finite, and as wide as it says.
pub(crate) fn points(bytes: &[u8]) {
    match Points::read_from(bytes, "fuzz.csv", None) {
        Ok(points) => {
            assert_eq!(points.values().len(), points.count() * points.width());
            assert!(points.count() > 0 && points.values().iter().all(|x| x.is_finite()));
            assert!((0..points.count()).all(|i| points.line(i) > 1));
        }
        Err(error) => assert!(!error.problem.is_empty() && !error.remedy.is_empty(), "{error:?}"),
    }
}

/// A certificate: one that is read is written as it was, and one that is proved is one of [`certificates`].
pub(crate) fn certificate(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let read = match Certificate::parse(text, "fuzz.json") {
        Ok(read) => read,
        Err(error) => {
            assert!(!error.problem.is_empty() && !error.remedy.is_empty(), "{error:?}");
            return;
        }
    };
    assert_eq!(Certificate::parse(&read.text(), "again.json").as_ref(), Ok(&read));
    // Its checksum is right: no chance finds another one.
    assert!(certificates().contains(&read), "{text}");
}

/// A certificate of each model that has some.
pub(crate) fn certificates() -> &'static [Certificate] {
    static ALL: std::sync::LazyLock<Vec<Certificate>> = std::sync::LazyLock::new(|| {
        let of = |model: &str| {
            let text = format!("[model]\nname = \"{model}\"\n");
            let spec = Spec::parse(&text, model, &[]).ok()?;
            let plan = Plan::new(&spec).ok()?;
            let subject = plan.cells[0].problem.proofs()?.provable();
            let (name, point) = subject.known().into_iter().next()?;
            let proof = subject.prove(&point, None).ok()?;
            let parameters = plan.columns(&plan.cells[0]).into_iter().map(|(name, text)| (name.into(), text)).collect();
            Some(Certificate::new(&name, parameters, &*subject, &point, proof))
        };
        models::all().iter().filter_map(|model| of(model.name())).collect()
    });
    &ALL
}
