//! One way to write a number for programs, one for people.

use crate::support::for_cases;
use spurious::numerics::text::{counted, grouped, number, readable};

trials![numbers_read_back, people_read_groups];

fn numbers_read_back() {
    for (x, text) in [
        (0.0, "0"),
        (-0.0, "0"),
        (4.0, "4"),
        (-2.5, "-2.5"),
        (1e-300, "1e-300"),
        (1e14, "100000000000000"),
        (1e300, "1e300"),
        (f64::INFINITY, "inf"),
    ] {
        assert_eq!(number(x), text);
    }
    for_cases("text::number", 2000, |_, draws| {
        let x = draws.normal() * 10f64.powf(40.0 * (draws.uniform() - 0.5));
        assert_eq!(number(x).parse::<f64>().unwrap(), x);
        assert!(number(x).len() < 26, "{}", number(x));
    });
}

fn people_read_groups() {
    let texts = [0, 7, 999, 1000, 100_000, 1_234_567].map(grouped);
    assert_eq!(texts, ["0", "7", "999", "1,000", "100,000", "1,234,567"]);
    assert_eq!((counted(1, "run"), counted(2000, "run")), ("1 run".into(), "2,000 runs".into()));
    let texts = [-1234.0, 0.25, f64::INFINITY, f64::NAN, 1e-9, -0.0].map(readable);
    assert_eq!(texts, ["-1,234", "0.25", "∞", "–", "1e-9", "0"]);
}
