//! Numbers of runs: the least that do, what a pilot asks for, and what it costs.

use crate::support::for_cases;
use spurious::experiment::Sampling;
use spurious::experiment::sampling::{DEFAULT_MOST, DecidedBy, Rule, SHARE, Trial as Tried, Width};
use spurious::numerics::interval::exact_half_width;
use spurious::numerics::{CellSeed, Interval, Method};

trials![
    half_widths_are_those_of_intervals,
    are_the_least_that_do,
    match_references,
    the_worst_share_needs_most,
    a_pilot_costs_little,
    other_limits_decide,
    a_time_is_filled,
    a_pilot_has_starts_of_its_own,
];

const NEVER: u64 = 1 << 53;

fn half_widths_are_those_of_intervals() {
    for runs in [1, 2, 10, 300, 1_000_000] {
        for hits in [0, 1, runs / 3, runs / 2, runs] {
            let interval = Method::ClopperPearson.interval(hits, runs, 0.95);
            let smooth = exact_half_width(hits as f64 / runs as f64, runs, 0.95);
            // The share is rounded, and with it the hits, to 1e-16 of the runs.
            let same = (interval.half_width() - smooth).abs() <= 1e-12;
            assert!(same, "{hits} of {runs}: {interval:?}, {smooth}");
        }
    }
    assert_eq!(exact_half_width(0.3, 0, 0.95), 0.5);
    assert_eq!(Interval { low: 0.25, high: 0.75 }.half_width(), 0.25);
}

/// The least number of runs by trying one after another; every later one must do as well.
fn by_trying(width: Width, p: f64, level: f64, most: u64) -> Option<u64> {
    let mut least = None;
    let mut last = f64::INFINITY;
    for runs in 1..=most {
        let half = exact_half_width(p, runs, level);
        // Near p = 0 and 1 intervals of a few runs differ by rounding only.
        assert!(half <= last * (1.0 + 1e-12), "{p}, {runs} runs: {half} after {last}");
        last = half;
        if half <= width.around(p) {
            least = least.or(Some(runs));
        }
    }
    least
}

fn are_the_least_that_do() {
    let most = 2000;
    let found = std::cell::Cell::new(0);
    for_cases("sampling::sizes", 60, |case, draws| {
        // The ends, the middle, and anything between.
        let p = [0.0, 1.0, 0.5].get(case as usize).copied().unwrap_or_else(|| draws.uniform());
        let level = [0.5, 0.9, 0.95, 0.999][case as usize % 4];
        // Widths of a few runs up to about as many as are tried.
        let scale = 0.02_f64.powf(draws.uniform());
        let width = if case % 2 == 0 { Width::Absolute(0.5 * scale) } else { Width::Relative(scale) };
        let expected = by_trying(width, p, level, most);
        assert_eq!(width.runs(p, level, most), expected, "{width:?} at p = {p}, level {level}");
        if let Some(runs) = expected {
            found.set(found.get() + 1);
            assert_eq!(width.runs(p, level, runs), Some(runs));
            assert_eq!(width.runs(p, level, NEVER), Some(runs));
            assert!(runs == 1 || width.runs(p, level, runs - 1).is_none());
        }
    });
    assert!(found.get() > 30, "only {} cases have an answer", found.get());
    assert_eq!(Width::Relative(0.1).runs(0.0, 0.95, NEVER), None, "no number of runs finds what is never there");
}

fn match_references() {
    // By bisection on the quantiles of the beta distribution of scipy 1.17, for shares of hits that need not be whole.
    let absolute = [
        (0.5, 0.001, 0.95, 961_363),
        (0.73, 0.001, 0.95, 758_150),
        (0.9, 0.0005, 0.99, 2_390_562),
        (1.0, 0.001, 0.95, 1843),
        (0.0, 0.001, 0.95, 1843),
        (0.001, 0.0001, 0.95, 394_011),
        (0.25, 0.01, 0.999, 20_397),
    ];
    for (p, half_width, level, runs) in absolute {
        assert_eq!(Width::Absolute(half_width).runs(p, level, NEVER), Some(runs), "{half_width} at {p}");
    }
    let relative = [
        (0.5, 0.05, 0.95, 1574),
        (0.001, 0.05, 0.95, 1_555_300),
        (0.999, 0.0005, 0.95, 17_606),
        (1.0, 0.01, 0.95, 183),
        (0.01, 0.1, 0.99, 66_724),
    ];
    for (p, ratio, level, runs) in relative {
        assert_eq!(Width::Relative(ratio).runs(p, level, NEVER), Some(runs), "{ratio} at {p}");
    }
}

fn the_worst_share_needs_most() {
    for (low, high) in [(0.1, 0.3), (0.2, 0.8), (0.6, 0.9), (0.45, 0.5)] {
        for width in [Width::Absolute(0.02), Width::Relative(0.1)] {
            let runs = |p| width.runs(p, 0.95, NEVER).unwrap();
            let worst = runs(width.worst(Interval { low, high }));
            for i in 0..=40 {
                let p = low + (high - low) * f64::from(i) / 40.0;
                assert!(runs(p) <= worst, "{width:?}: {p} in {low}–{high}");
            }
        }
    }
}

fn of_width(width: Width) -> Sampling {
    Sampling { rule: Rule { width: Some(width), seconds: None }, most: DEFAULT_MOST, level: 0.95 }
}

/// What the documentation says of the price.
fn a_pilot_costs_little() {
    let price = |width: Width, p: f64| {
        let size = of_width(width).expect(p, 0.0);
        let needed = width.runs(p, 0.95, NEVER).unwrap() as f64;
        (size.pilot as f64, (size.runs + size.pilot) as f64 / needed - 1.0)
    };
    let narrow = Width::Absolute(0.001);
    assert!(price(narrow, 0.5).1 < 0.002, "{:?}", price(narrow, 0.5));
    for i in 1..20 {
        let p = f64::from(i) / 20.0;
        let (pilot, more) = price(narrow, p);
        let most = if (0.15..0.9).contains(&p) { 0.12 } else { 0.25 };
        assert!(more > 0.0 && more < most, "{more} more at {p}, pilot {pilot}");
    }
    // For certain outcomes a pilot of thousands costs more than the sample, and both next to nothing.
    assert!(price(narrow, 1.0).0 < 10_000.0);
    for p in [1e-4, 1e-3, 1e-2, 0.1] {
        let (pilot, more) = price(Width::Relative(0.05), p);
        assert!(more > 0.0 && more < 0.5, "{more} more at {p}, pilot {pilot}");
    }
}

fn other_limits_decide() {
    let rare = of_width(Width::Relative(0.05));
    let size = rare.expect(0.0, 0.0);
    assert_eq!((size.runs, size.decided_by), (DEFAULT_MOST, DecidedBy::PerCell));
    // It gives up when it has cost one part in 32, and had stages of twice the length.
    assert!((DEFAULT_MOST / SHARE..=2 * DEFAULT_MOST / SHARE).contains(&size.pilot), "{size:?}");
    let few = Sampling { most: 10, ..of_width(Width::Absolute(0.001)) };
    let size = few.expect(0.5, 0.0);
    assert_eq!((size.runs, size.decided_by), (10, DecidedBy::PerCell));
    assert!(size.pilot <= 32, "{size:?}");
    let interval = Method::ClopperPearson.interval(5, 10, 0.95);
    assert!(!few.meets(0.5, interval) && of_width(Width::Absolute(0.4)).meets(0.5, interval));
    // A limit that is enough changes nothing.
    let enough = of_width(Width::Absolute(0.01)).expect(0.3, 0.0);
    let limited = Sampling { most: enough.runs, ..of_width(Width::Absolute(0.01)) };
    assert!(limited.expect(0.3, 0.0).runs <= enough.runs && enough.runs > 8165, "{enough:?}");
    // An outcome that is certain needs fewer runs than the limit, which only a pilot several times as large can see.
    let certain = Sampling { most: 900, ..of_width(Width::Absolute(0.02)) }.expect(1.0, 0.0);
    assert_eq!((certain.runs, certain.pilot, certain.decided_by), (327, 256, DecidedBy::HalfWidth));
    assert_eq!(enough.decided_by, DecidedBy::HalfWidth);
}

fn a_time_is_filled() {
    let timed = |width, most| Sampling { rule: Rule { width, seconds: Some(60.0) }, most, level: 0.95 };
    let seen = |runs, hits, rate| Tried { runs, hits, rate };
    let size = timed(None, DEFAULT_MOST).size(&seen(64, 0, 1000.5));
    assert_eq!((size.runs, size.decided_by, size.pilot), (60_030, DecidedBy::Seconds, 64));
    // One run is made, however long it takes, and a clock that stood still is no limit.
    assert_eq!(timed(None, DEFAULT_MOST).size(&seen(16, 0, 0.001)).runs, 1);
    assert_eq!(timed(None, 5000).size(&seen(16, 0, f64::INFINITY)).decided_by, DecidedBy::PerCell);
    // The smaller of the two.
    let both = timed(Some(Width::Absolute(0.01)), DEFAULT_MOST);
    assert_eq!(both.size(&seen(1000, 500, 1e6)).runs, of_width(Width::Absolute(0.01)).size(&seen(1000, 500, 0.0)).runs);
    assert_eq!(both.size(&seen(1000, 500, 10.0)).runs, 600);
    // A pilot takes about 1/32 of the time, and its second stage is never its first: that one includes what is made
    // once.
    for rate in [0.01, 3.0, 1e3, 1e6] {
        let size = timed(None, DEFAULT_MOST).expect(0.5, rate);
        assert_eq!(size.runs, ((rate * 60.0) as u64).max(1));
        assert!(size.pilot == 16 || (1.0..=2.0).contains(&(32.0 * size.pilot as f64 / size.runs as f64)), "{size:?}");
    }
}

fn a_pilot_has_starts_of_its_own() {
    // By an independent program; experiments can be repeated only while these bits stay.
    let cell = CellSeed::new(1, "cnn");
    let found = |run| {
        let mut draws = cell.pilot().run(run);
        [draws.uniform(), draws.uniform()].map(|u| format!("{:016x}", u.to_bits()))
    };
    assert_eq!(found(0), ["3fd35159170fe356", "3fcbbd53d170a5b4"]);
    assert_eq!(found(5), ["3fe07af097b2e9c9", "3fe0866339febbd1"]);
    // No run of a pilot begins as one of the cell does.
    let first = |seed: CellSeed| (0..1000).map(|run| seed.run(run).uniform().to_bits()).collect::<Vec<_>>();
    let cells = first(cell);
    assert!(first(cell.pilot()).iter().all(|start| !cells.contains(start)));
}
