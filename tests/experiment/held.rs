//! Runs that are held on their way: whoever goes on with them, however often, ends where one process would have.

use crate::support::gpu;
use spurious::descent::backend::cpu::Cpu;
use spurious::descent::backend::{Backend, BackendError};
use spurious::experiment::run::{self, Details, Done, Held, How};
use spurious::experiment::{Plan, Record, Spec};
use spurious::judge::family::digits;
use spurious::numerics::Precision::{F32, F64};
use spurious::result::checkpoint::{decode, encode};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

trials![
    held_often_they_end_alike,
    another_process_goes_on,
    gpu(a_device_goes_on),
    bytes_are_what_was_held,
    what_is_stopped_is_not_over,
    ranges_are_told_apart,
];

/// Two cells of runs that end at very different times, some only when their budget is spent.
const PATHS: &str = "[model]\nform = \"reduced\"\n[params]\npatches = 25\nratio = [1, 9]\n[descent]\n\
    step = [0.1, 0.2]\nmax_steps = 60_000\nverdicts = false\ntolerance = 1e-30\n[runs]\nper_cell = 700\n\
    [output]\nruns = true\nendpoints = true\npaired = true\n";

/// Runs that come to rest and are refined, with families and checks of nothing else.
const FAMILIES: &str =
    "[model]\nname = \"relu_sum\"\n[params]\nteachers = 6\n[runs]\nper_cell = 60\n[output]\nruns = true\n";

fn plan(text: &str) -> (Plan, Details) {
    let spec = Spec::parse(text, "held.toml", &[]).unwrap();
    (Plan::new(&spec).unwrap(), Details::of(&spec.output))
}

/// One record of each cell.
fn joined(mut records: Vec<Record>) -> Vec<Record> {
    records.sort_by_key(|record| (record.cell, record.runs.start));
    let mut whole: Vec<Record> = Vec::new();
    for record in records {
        match whole.last_mut().filter(|last| last.cell == record.cell) {
            Some(last) => last.add(record),
            None => whole.push(record),
        }
    }
    whole
}

/// What one process finds that is never held.
fn at_once(backend: &dyn Backend, plan: &Plan, details: Details) -> Vec<Record> {
    let mut all = Vec::new();
    let sink = |wave: Vec<Record>| {
        all.extend(wave);
        Ok::<(), BackendError>(())
    };
    run::execute(plan, backend, 0, &run::everything(plan), details, &AtomicBool::new(false), sink).unwrap();
    joined(all)
}

/// Goes on with what is left after `records`, from bytes that were kept, until it is over or has been held so many
/// times; then it is stopped. Returns whether it is over, how many runs were held in all, and the bytes.
fn go_on(
    backend: &dyn Backend,
    (plan, details): (&Plan, Details),
    records: &mut Vec<Record>,
    bytes: &[u8],
    (every, times): (Duration, usize),
) -> (bool, u64, Vec<u8>) {
    let mut kept: Vec<Record> = records.clone();
    kept.sort_by_key(|record| (record.cell, record.runs.start));
    let held = decode(plan, backend.name(), &kept, bytes);
    let todo = run::apart_from(&run::missing(plan, &kept), &held);
    let how = How { batch: 0, details, every: Some(every) };
    let cancel = AtomicBool::new(false);
    let (mut seen, mut left, mut count) = (0, bytes.to_vec(), 0);
    let sink = |done: Done<'_>| {
        match done {
            Done::Ended(wave) => records.extend(wave),
            Done::Held(held) => {
                seen += held.iter().map(Held::open).sum::<u64>();
                left = encode(plan, backend.name(), &held);
                count += 1;
                cancel.store(count >= times, Ordering::Relaxed);
            }
        }
        Ok::<(), BackendError>(())
    };
    match run::go_on(plan, backend, &how, (&todo, held), &cancel, sink) {
        Ok(()) => (true, seen, left),
        Err(BackendError::Cancelled) => (false, seen, left),
        Err(error) => panic!("{error}"),
    }
}

/// A record as tables tell it: the loss of what was found has nine digits, of which the last bits depend on which run
/// was refined first.
fn told(record: &Record) -> Record {
    let mut record = record.clone();
    for end in &mut record.ends {
        end.found_loss = end.found_loss.map(|loss| digits(loss).parse().unwrap());
    }
    record
}

fn assert_alike(what: &str, expected: &[Record], found: Vec<Record>) {
    let found = joined(found);
    assert_eq!(expected.len(), found.len(), "{what}");
    for (a, b) in expected.iter().map(told).zip(found.iter().map(told)) {
        assert!(a.tally == b.tally, "{what}: cell {} differs: {:?} and {:?}", a.cell, a.tally, b.tally);
        for (run, (one, other)) in a.ends.iter().zip(&b.ends).enumerate() {
            assert!(one == other, "{what}: cell {}, run {run} differs:\n{one:?}\n{other:?}", a.cell);
        }
        assert!(a == b, "{what}: cell {} differs", a.cell);
    }
}

/// Held as often as there is time for.
fn held_often_they_end_alike() {
    for (text, precision) in [(PATHS, F64), (PATHS, F32), (FAMILIES, F64)] {
        let (plan, details) = plan(text);
        let cpu = Cpu::new(precision);
        let expected = at_once(&cpu, &plan, details);
        let mut records = Vec::new();
        let forever = (Duration::from_millis(1), usize::MAX);
        let (over, held, _) = go_on(&cpu, (&plan, details), &mut records, &[], forever);
        assert!(over && held > 0, "{held} runs were held");
        assert_alike("held often", &expected, records);
    }
}

/// Every process is stopped after it has been held once, as if it had been killed then; what had ended is kept, the
/// rest goes on from bytes.
fn another_process_goes_on() {
    for (text, precision) in [(PATHS, F64), (FAMILIES, F32)] {
        let (plan, details) = plan(text);
        let cpu = Cpu::new(precision);
        let expected = at_once(&cpu, &plan, details);
        let (mut records, mut bytes, mut processes) = (Vec::new(), Vec::new(), 0);
        let began = Instant::now();
        loop {
            let once = (Duration::from_millis(3), 1);
            let (over, _, left) = go_on(&cpu, (&plan, details), &mut records, &bytes, once);
            (bytes, processes) = (left, processes + 1);
            if over {
                break;
            }
            assert!(began.elapsed() < Duration::from_secs(300), "{processes} processes did not end it");
        }
        assert!(processes > 1, "one process did it all");
        assert_alike("processes", &expected, records);
    }
}

/// The same on a device, where batches are in flight.
fn a_device_goes_on() {
    let (plan, details) = plan(PATHS);
    let device = gpu(F32, 1);
    let expected = at_once(&device, &plan, details);
    let (mut records, mut bytes, mut held_in_all) = (Vec::new(), Vec::new(), 0);
    for times in [1, 2, usize::MAX] {
        let once = (Duration::from_millis(50), times);
        let (over, held, left) = go_on(&device, (&plan, details), &mut records, &bytes, once);
        (bytes, held_in_all) = (left, held_in_all + held);
        if over {
            break;
        }
    }
    assert!(held_in_all > 0, "nothing was held");
    assert_alike("on a device", &expected, records);
}

/// What is read is what was written; of other backends, other experiments and broken bytes nothing is taken.
fn bytes_are_what_was_held() {
    let (plan, details) = plan(PATHS);
    let cpu = Cpu::new(F64);
    let (mut records, none) = (Vec::new(), Vec::new());
    let (over, held, bytes) = go_on(&cpu, (&plan, details), &mut records, &none, (Duration::from_millis(1), 1));
    assert!(!over && held > 0);
    let read = decode(&plan, "cpu", &[], &bytes);
    assert!(read.iter().map(Held::open).sum::<u64>() == held && read.iter().all(|held| held.fits(&plan)));
    assert_eq!(encode(&plan, "cpu", &read), bytes);
    assert!(decode(&plan, "gpu", &[], &bytes).is_empty(), "steps of one backend go on in no other");
    let (other, _) = self::plan(&PATHS.replace("[1, 9]", "[1, 9, 16]"));
    assert!(decode(&other, "cpu", &[], &bytes).is_empty(), "cells have other numbers there");
    let (shorter, _) = self::plan(&PATHS.replace("700", "7"));
    assert!(decode(&shorter, "cpu", &[], &bytes).is_empty(), "there are no such runs");
    for cut in [0, 1, bytes.len() / 2, bytes.len() - 1] {
        assert!(decode(&plan, "cpu", &[], &bytes[..cut]).is_empty(), "cut to {cut} bytes");
    }
    assert!(decode(&plan, "cpu", &[], &[&bytes[..], b"more"].concat()).is_empty());
    // What has ended since is not made again.
    let done =
        Record { cell: read[0].cell, runs: read[0].runs[0].start..read[0].runs[0].start + 5, ..Record::default() };
    let left = decode(&plan, "cpu", std::slice::from_ref(&done), &bytes);
    let count = |all: &[Held<'_>]| all.iter().map(Held::count).sum::<u64>();
    assert_eq!(count(&left) + 5, count(&read));
    let of_cell = left.iter().filter(|held| held.cell == done.cell);
    assert!(of_cell.flat_map(|held| held.runs.iter()).all(|range| range.start >= done.runs.end));
}

/// Work that is to stop from the first moment, or while a wave is seeded, has not ended.
fn what_is_stopped_is_not_over() {
    let (plan, details) = plan(&PATHS.replace("60_000", "50"));
    let cpu = Cpu::new(F64);
    let todo = run::everything(&plan);
    let how = How { batch: 100, details, every: None };
    let stopped = AtomicBool::new(true);
    let nothing = |done: Done<'_>| match done {
        Done::Ended(_) => panic!("a run has ended"),
        Done::Held(held) => {
            assert!(held.is_empty());
            Ok::<(), BackendError>(())
        }
    };
    let ended = run::go_on(&plan, &cpu, &how, (&todo, Vec::new()), &stopped, nothing);
    assert!(matches!(ended, Err(BackendError::Cancelled)));
    // After the first wave of batches, while the next is seeded.
    let cancel = AtomicBool::new(false);
    let mut runs = 0;
    let sink = |wave: Vec<Record>| {
        runs += wave.iter().map(|record| record.tally.runs()).sum::<u64>();
        cancel.store(true, Ordering::Relaxed);
        Ok::<(), BackendError>(())
    };
    let many = plan.cells.iter().map(|cell| (cell.index, 0..1_000_000)).collect::<Vec<_>>();
    let ended = run::execute(&plan, &cpu, 2, &many, Details::default(), &cancel, sink);
    assert!(matches!(ended, Err(BackendError::Cancelled)) && runs < 4_000_000, "{runs} runs");
}

/// What is left of ranges without those that are held.
fn ranges_are_told_apart() {
    let held = |cell: usize, runs: &[(u64, u64)]| Held {
        cell,
        runs: runs.iter().map(|(first, beyond)| *first..*beyond).collect(),
        stops: Vec::new().into(),
        states: Vec::new().into(),
    };
    let todo = [(0, 0..10), (1, 5..20), (2, 0..3)];
    assert_eq!(run::apart_from(&todo, &[]), todo);
    let left = run::apart_from(&todo, &[held(1, &[(15, 20)]), held(0, &[(0, 10)]), held(1, &[(0, 6), (8, 9)])]);
    assert_eq!(left, [(1, 6..8), (1, 9..15), (2, 0..3)]);
    assert_eq!(run::apart_from(&[(0, 3..7)], &[held(0, &[(0, 4)]), held(0, &[(6, 9)])]), [(0, 4..6)]);
}
