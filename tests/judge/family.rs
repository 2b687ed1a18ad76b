//! Families as a table: counts add in any order, labels tell families apart, numbers read well.

use crate::landscape::symmetry::shuffled;
use crate::support::for_cases;
use spurious::judge::family::{Families, Family, digits};
use spurious::landscape::Outcome;
use std::collections::BTreeSet;

trials![families_add_in_any_order, labels_are_unique_and_stable, order_of_tables, digits_of_a_label,];

fn family(loss: f64, index: usize, orbits: &str, smallest: f64) -> Family {
    Family {
        outcome: if index == 0 { Outcome::Spurious } else { Outcome::Saddle },
        loss,
        index,
        orbits: orbits.into(),
        spectrum: vec![smallest, 0.25, 2.0],
        point: vec![1.0, 0.0, 0.0, 1.0],
        count: 1,
        first_run: 0,
        moved: 0.0,
    }
}

/// Families that differ in one thing each, three of them alike in all that a name says.
fn kinds() -> Vec<Family> {
    vec![
        family(0.0, 0, "6 | 6", 0.09),
        family(0.025_080_581_002, 0, "5+1 | 5+1", 0.0047),
        family(0.025_080_581_002, 1, "5+1 | 5+1", -0.0047),
        family(0.025_080_581_002, 0, "6 | 6", 0.0047),
        family(0.025_080_581_002, 0, "5+1 | 5+1", 0.0011),
        family(0.025_080_581_002, 0, "5+1 | 5+1", 0.0102),
        family(0.055_668_581_322, 0, "6 | 6", 0.0015),
    ]
}

/// A family's members as sums see them: name, runs, first run, largest distance.
fn contents(families: &Families) -> BTreeSet<(String, u64, u64, u64)> {
    let labels = families.labels();
    let each = families.all().iter().zip(labels);
    each.map(|(f, label)| (label, f.count, f.first_run, f.moved.to_bits())).collect()
}

/// Any order of the runs, any cut into parts, any order of the parts: the same counts, first runs and distances.
fn families_add_in_any_order() {
    for_cases("relu_sum::families", 50, |_, draws| {
        let kinds = kinds();
        let runs: Vec<Family> = (0..60)
            .map(|run| {
                let kind = &kinds[(draws.uniform() * kinds.len() as f64) as usize];
                Family { first_run: run, moved: draws.uniform(), ..kind.clone() }
            })
            .collect();
        let mut expected = Families::default();
        runs.iter().for_each(|run| {
            expected.add(run.clone());
        });
        assert_eq!(expected.all().iter().map(|f| f.count).sum::<u64>(), 60);
        for f in expected.all() {
            let members: Vec<&Family> = runs.iter().filter(|run| run.is_same(f)).collect();
            assert_eq!(f.count as usize, members.len());
            assert_eq!(Some(f.first_run), members.iter().map(|m| m.first_run).min());
            assert_eq!(f.moved, members.iter().fold(0.0, |most: f64, m| most.max(m.moved)));
        }
        let order = shuffled(draws, 60);
        let size = 1 + (draws.uniform() * 20.0) as usize;
        let parts: Vec<Families> = order
            .chunks(size)
            .map(|part| {
                let mut families = Families::default();
                part.iter().for_each(|run| {
                    let place = families.add(runs[*run].clone());
                    assert!(families.all()[place].is_same(&runs[*run]));
                    assert_eq!(families.position(&runs[*run]), Some(place));
                });
                families
            })
            .collect();
        let fold = |order: &[usize]| {
            let mut all = Families::default();
            order.iter().for_each(|i| all.merge(&parts[*i]));
            all
        };
        let order = shuffled(draws, parts.len());
        assert_eq!(contents(&fold(&order)), contents(&expected));
        // (a + b) + c = a + (b + c)
        let (left, right) = order.split_at(order.len() / 2);
        let mut grouped = fold(left);
        grouped.merge(&fold(right));
        assert_eq!(contents(&grouped), contents(&expected));
        // Nothing is an identity.
        grouped.merge(&Families::default());
        assert_eq!(contents(&grouped), contents(&expected));
    });
    assert!(Families::default().is_empty() && Families::default().labels().is_empty());
}

fn labels_are_unique_and_stable() {
    let kinds = kinds();
    let label_of = |families: &Families, kind: &Family| families.labels()[families.position(kind).unwrap()].clone();
    let mut all = Families::default();
    kinds.iter().for_each(|kind| {
        all.add(kind.clone());
    });
    let expected: Vec<String> = kinds.iter().map(|kind| label_of(&all, kind)).collect();
    assert_eq!(
        expected,
        [
            "0/0/6|6",
            "0.025080581/0/5+1|5+1/2",
            "0.025080581/1/5+1|5+1",
            "0.025080581/0/6|6",
            "0.025080581/0/5+1|5+1/1",
            "0.025080581/0/5+1|5+1/3",
            "0.0556685813/0/6|6",
        ]
    );
    assert_eq!(expected.iter().collect::<BTreeSet<_>>().len(), kinds.len());
    for_cases("relu_sum::labels", 30, |_, draws| {
        let mut families = Families::default();
        for i in shuffled(draws, kinds.len()) {
            families.add(kinds[i].clone());
        }
        let found: Vec<String> = kinds.iter().map(|kind| label_of(&families, kind)).collect();
        assert_eq!(found, expected);
    });
    // Two losses that print alike but are of two families, by 1e-9 of themselves.
    let close = [0.025_080_581_02, 0.025_080_581_07].map(|loss| family(loss, 0, "5+1 | 5+1", 0.0047));
    assert!(!close[0].is_same(&close[1]));
}

fn order_of_tables() {
    let mut families = Families::default();
    for (kind, (count, first_run)) in kinds().into_iter().zip([(5, 9), (1, 3), (7, 0), (1, 1), (1, 2), (1, 4), (5, 8)])
    {
        families.add(Family { count, first_run, ..kind });
    }
    // Most runs first; among as many the smaller loss; then the earlier run.
    assert_eq!(families.order(), [2, 0, 6, 3, 4, 1, 5]);
}

fn digits_of_a_label() {
    for (x, text) in [
        (0.0, "0"),
        (1e-12, "0"),
        (-1e-12, "0"),
        (123.456, "123.456"),
        (0.025_080_581_002_463, "0.025080581"),
        (0.055_668_581_322_283, "0.0556685813"),
        (1.0, "1"),
        (10.0, "10"),
        (0.1 + 0.2, "0.3"),
        (-0.5, "-0.5"),
        (1.0 / 3.0, "0.333333333"),
        (2.0e-5 / 3.0, "0.00000666666667"),
        (123_456_789.4, "123456789"),
        (1_200.0, "1200"),
        (99.999_999_999_9, "100"),
        (9.999_999_999e-3, "0.01"),
    ] {
        assert_eq!(digits(x), text, "{x:e}");
    }
    for_cases("relu_sum::digits", 500, |_, draws| {
        let x = draws.normal() * 10f64.powf(8.0 * draws.uniform() - 6.0);
        let read: f64 = digits(x).parse().unwrap();
        // Half a unit in the ninth digit, relative to a leading digit of 1; what is below 1e-11 is 0.
        assert!((read - x).abs() <= 5.000_001e-9 * x.abs() || x.abs() < 1e-11, "{x:e} as {read:e}");
    });
}
