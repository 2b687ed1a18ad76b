//! What is known of a cell saves time and changes nothing: neither outcomes nor the points that stand for families
//! depend on which endpoints were looked at before.

use crate::support::{problem, run, settings_of, starts};
use spurious::descent::backend::cpu::Cpu;
use spurious::judge::classify::{Classifier, Found};
use spurious::judge::family::{Families, Family};
use spurious::landscape::{Endpoints, Problem, Stop};
use spurious::numerics::Precision::{F32, F64};
use std::ops::Range;
use std::sync::atomic::AtomicBool;

trials![knowledge_changes_nothing, families_are_those_of_any_cut,];

/// Endpoints of eight neurons, an eighth of them spurious.
fn endpoints(single: bool, runs: usize) -> (Problem, Endpoints) {
    let size = [("neurons", "8"), ("teachers", "8")];
    let problem = problem("relu_sum", "full", &size, &settings_of("relu_sum"));
    let begin = starts("relu_sum", &size, &problem, 3, runs);
    let ends = run(&Cpu::new(if single { F32 } else { F64 }), &problem, &begin);
    (problem, ends)
}

/// What is said of an endpoint, beside its family.
fn said(found: &Found) -> String {
    let Found { outcome, doubt, continued, moved, .. } = found;
    format!("{outcome:?} {doubt:?} after {continued} steps, moved {moved}")
}

/// Endpoints of either format, each looked at by who knows nothing and by who has seen all others.
fn knowledge_changes_nothing() {
    for single in [true, false] {
        let (problem, ends) = endpoints(single, 160);
        let informed = Classifier::new(&problem);
        let each = || ends.states.chunks_exact(problem.dim()).zip(&ends.stops);
        each().for_each(|(state, stop)| drop(informed.classify(&problem, state, stop)));
        let mut recognised = 0;
        for (state, stop) in each() {
            let (known, fresh) =
                (informed.classify(&problem, state, stop), Classifier::new(&problem).classify(&problem, state, stop));
            assert_eq!(said(&known), said(&fresh));
            match (&known.family, &fresh.family) {
                (Some(known), Some(fresh)) => assert!(known.is_same(fresh)),
                (known, fresh) => assert_eq!(known.is_some(), fresh.is_some()),
            }
            recognised += usize::from(known.family.is_some() && known.settled.is_none());
        }
        assert!(recognised > 100, "most were recognised: {recognised}");
    }
}

/// The families of parts of a batch, looked at in some order and joined in the order of the runs.
fn families(problem: &Problem, ends: &Endpoints, parts: &[Range<usize>], backwards: bool) -> Vec<Family> {
    let classifier = Classifier::new(problem);
    let dim = problem.dim();
    let judge = |part: &Range<usize>| {
        let (states, stops): (&[f64], &[Stop]) =
            (&ends.states[part.start * dim..part.end * dim], &ends.stops[part.clone()]);
        let runs = part.start as u64..part.end as u64;
        classifier.judge(problem, states, stops, runs, &AtomicBool::new(false)).expect("nothing stops it").families
    };
    let mut judged: Vec<Families> =
        if backwards { parts.iter().rev().map(judge).collect() } else { parts.iter().map(judge).collect() };
    if backwards {
        judged.reverse();
    }
    let mut all = Families::default();
    judged.iter().for_each(|families| all.merge(families));
    all.all().to_vec()
}

/// One batch, many, or single runs, forwards and backwards: the same families to the last bit.
fn families_are_those_of_any_cut() {
    for single in [true, false] {
        let (problem, ends) = endpoints(single, 160);
        let whole = families(&problem, &ends, std::slice::from_ref(&(0..160)), false);
        assert!(whole.len() > 1, "{} families", whole.len());
        let cuts: [Vec<Range<usize>>; 3] =
            [vec![0..50, 50..160], (0..160).map(|run| run..run + 1).collect(), vec![0..7, 7..8, 8..159, 159..160]];
        for cut in cuts {
            for backwards in [false, true] {
                let pieces = families(&problem, &ends, &cut, backwards);
                assert_eq!(pieces, whole, "{} parts", cut.len());
            }
        }
        // The first run of a family refines the point that stands for it.
        let later = families(&problem, &ends, std::slice::from_ref(&(80..160)), false);
        let other =
            later.iter().find_map(|family| whole.iter().find(|first| first.is_same(family)).map(|f| (f, family)));
        let (first, second) = other.expect("a family in both halves");
        assert!(first.first_run < 80 && second.first_run >= 80);
        assert_ne!(first.point, second.point, "each from its own endpoint");
    }
}
