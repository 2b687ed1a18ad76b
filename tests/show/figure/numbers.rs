//! Ticks, texts and colours.

use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestRunner};
use spurious::show::figure::ticks::{linear, logarithmic, number, superscript};
use spurious::show::figure::{Ink, Map, color, text};

trials![
    ticks_of_a_linear_axis_are_round_and_inside,
    ticks_of_a_logarithmic_axis_ascend_inside,
    ticks_have_the_texts_of_a_textbook,
    numbers_are_short,
    lines_fit_and_keep_every_word,
    widths_are_those_of_the_font,
    viridis_grows_lighter_evenly,
    differences_are_palest_in_the_middle,
    inks_stand_out_on_their_paper,
];

const SEED: u64 = 20_180_802;

fn property<S: Strategy>(strategy: S, test: impl Fn(S::Value) -> Result<(), TestCaseError>) {
    let config = Config { cases: 2000, rng_seed: RngSeed::Fixed(SEED), failure_persistence: None, ..Config::default() };
    let result = TestRunner::new(config).run(&strategy, test);
    result.unwrap_or_else(|e| panic!("seed {SEED}: {e}"));
}

/// The value that a text stands for.
fn value(text: &str) -> f64 {
    let plain = text.replace('−', "-");
    let (mantissa, power) = match (plain.split_once("×10"), plain.strip_prefix("-10"), plain.strip_prefix("10")) {
        (Some((mantissa, power)), ..) => (mantissa.to_string(), power.to_string()),
        (None, Some(power), _) if !power.is_empty() && !power.is_ascii() => ("-1".to_string(), power.to_string()),
        (None, _, Some(power)) if !power.is_empty() && !power.is_ascii() => ("1".to_string(), power.to_string()),
        _ => return plain.parse().unwrap(),
    };
    let digits = "⁰¹²³⁴⁵⁶⁷⁸⁹";
    let plain = |c: char| digits.chars().position(|d| d == c).map_or('-', |i| char::from(b'0' + i as u8));
    format!("{mantissa}e{}", power.chars().map(plain).collect::<String>()).parse().unwrap()
}

fn ticks_of_a_linear_axis_are_round_and_inside() {
    let sizes = (-1.0f64..1.0, -250i32..250, 0.0f64..1.0, -12i32..2, 2usize..12);
    property(sizes, |(mantissa, exponent, share, narrower, most)| {
        let low = mantissa * 10f64.powi(exponent);
        let span = (0.01 + share) * 10f64.powi(exponent + narrower);
        let ticks = linear(low, low + span, most);
        prop_assert!(!ticks.is_empty() && ticks.len() <= most, "{} ticks of {most}", ticks.len());
        let slack = 1e-5 * span;
        for tick in &ticks {
            prop_assert!(tick.at >= low - slack && tick.at <= low + span + slack, "{tick:?} is outside");
            // As far apart as ticks are, the texts tell them apart and say where they are.
            prop_assert!((value(&tick.text) - tick.at).abs() <= 1e-6 * span + 1e-14 * tick.at.abs(), "{tick:?}");
        }
        if let [a, b, ..] = &ticks[..] {
            let step = b.at - a.at;
            let mantissa = step / 10f64.powf(step.log10().floor());
            let is_round = [1.0, 2.0, 5.0, 10.0].iter().any(|m| (mantissa - m).abs() < 1e-2);
            prop_assert!(is_round || step < 1e-10 * low.abs(), "a step of {step}");
            // Half the number asked for is the least that steps of 1, 2 and 5 can give, less one at the end.
            prop_assert!(ticks.len() as f64 >= most as f64 / 2.5 - 1.0, "{} ticks of {most}", ticks.len());
        }
        Ok(())
    });
    for (low, high) in [(1.0, 1.0), (2.0, 1.0), (f64::NAN, 1.0), (0.0, f64::INFINITY)] {
        assert!(linear(low, high, 5).is_empty(), "from {low} to {high}");
    }
}

fn ticks_of_a_logarithmic_axis_ascend_inside() {
    property((-280.0f64..280.0, 0.001f64..20.0, 2usize..12), |(exponent, decades, most)| {
        let (low, high) = (10f64.powf(exponent), 10f64.powf(exponent + decades));
        let ticks = logarithmic(low, high, most);
        let named: Vec<_> = ticks.iter().filter(|t| !t.text.is_empty()).collect();
        prop_assert!(!named.is_empty() && named.len() <= most, "{} named ticks of {most}", named.len());
        prop_assert!(ticks.windows(2).all(|w| w[0].at < w[1].at));
        let inside = |at: f64| at >= low * (1.0 - 1e-5) && at <= high * (1.0 + 1e-5);
        prop_assert!(ticks.iter().all(|t| inside(t.at)), "{ticks:?}");
        prop_assert!(named.iter().all(|t| (value(&t.text) / t.at - 1.0).abs() < 1e-6), "{named:?}");
        Ok(())
    });
    for (low, high) in [(0.0, 1.0), (-1.0, 1.0), (2.0, 2.0), (1.0, f64::INFINITY)] {
        assert!(logarithmic(low, high, 5).is_empty(), "from {low} to {high}");
    }
}

fn ticks_have_the_texts_of_a_textbook() {
    let texts = |ticks: Vec<spurious::show::figure::ticks::Tick>| {
        ticks.into_iter().map(|t| t.text).filter(|t| !t.is_empty()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(texts(linear(0.0, 1.0, 6)), "0.0 0.2 0.4 0.6 0.8 1.0");
    assert_eq!(texts(linear(-2.0, 2.0, 5)), "−2 −1 0 1 2");
    assert_eq!(texts(linear(0.0, 1e-5, 3)), "0 0.5×10⁻⁵ 1.0×10⁻⁵");
    assert_eq!(texts(linear(0.0, 3e7, 4)), "0 10⁷ 2×10⁷ 3×10⁷");
    assert_eq!(texts(linear(0.995, 1.0, 6)), "0.995 0.996 0.997 0.998 0.999 1.000");
    assert_eq!(texts(logarithmic(1e-6, 1.0, 8)), "10⁻⁶ 10⁻⁵ 10⁻⁴ 10⁻³ 10⁻² 10⁻¹ 10⁰");
    assert_eq!(texts(logarithmic(0.01, 100.0, 8)), "0.01 0.1 1 10 100");
    assert_eq!(texts(logarithmic(3.0, 30.0, 8)), "5 10 20");
    let small = logarithmic(1.0, 100.0, 8).into_iter().filter(|t| t.text.is_empty()).count();
    assert_eq!(small, 16, "2 to 9 and 20 to 90");
}

fn numbers_are_short() {
    for (x, text) in [
        (0.0, "0"),
        (-0.25, "−0.25"),
        (0.1 + 0.2, "0.3"),
        (123456.0, "123500"),
        (1234567.0, "1.235×10⁶"),
        (1e-7, "10⁻⁷"),
        (-2.5e-9, "−2.5×10⁻⁹"),
        (f64::INFINITY, "∞"),
    ] {
        assert_eq!(number(x, 4), text);
    }
    assert_eq!(superscript(-1203), "⁻¹²⁰³");
}

fn lines_fit_and_keep_every_word() {
    property(("[ a-zé,.]{0,120}", 20.0f64..200.0), |(words, room)| {
        let lines = text::wrap(&words, 11.0, room);
        let letters = |text: &str| text.split_whitespace().collect::<String>();
        prop_assert_eq!(letters(&lines.concat()), letters(&words));
        for line in &lines {
            let fits = text::width(line, 11.0) <= room || line.chars().count() == 1;
            prop_assert!(fits && !line.trim().is_empty(), "{} in {}", line, room);
        }
        Ok(())
    });
}

fn widths_are_those_of_the_font() {
    // Advance widths of DejaVu Sans in units of 1/2048 of its size, from the table hmtx.
    for (text, units) in [("0", 1303), (".", 651), ("A", 1401), ("m", 1995), (" ", 651), ("−", 1716)] {
        let expected = 12.0 * f64::from(units) / 2048.0;
        assert!(
            (text::width(text, 12.0) - expected).abs() < 1e-4,
            "{text}: {} for {expected}",
            text::width(text, 12.0)
        );
    }
    assert!(text::is_covered("probability 10⁻³ ‖a*‖ φ η σ ≤ − × ᵀ 1ᵀa* δ Ω ²₀") && !text::is_covered("漢"));
}

fn viridis_grows_lighter_evenly() {
    let steps: Vec<f64> = (0..=64).map(|i| color::lightness(Map::Viridis.rgb(f64::from(i) / 64.0))).collect();
    let slope = (steps[64] - steps[0]) / 64.0;
    for pair in steps.windows(2) {
        // Its authors made the lightness linear in another space of colours; in L* its slope varies by a half, and
        // rounding to 8 bits adds some tenths.
        let step = pair[1] - pair[0];
        assert!(step > 0.4 * slope && step < 1.7 * slope, "a step of {step} among steps of {slope}");
    }
    assert_eq!((Map::Viridis.rgb(-1.0), Map::Viridis.rgb(2.0)), ([0x44, 0x01, 0x54], [0xfd, 0xe7, 0x25]));
}

fn differences_are_palest_in_the_middle() {
    let light = |place: f64| color::lightness(Map::Difference.rgb(place));
    for i in 0..20 {
        let (a, b) = (f64::from(i) / 40.0, f64::from(i + 1) / 40.0);
        assert!(light(a) < light(b) && light(1.0 - a) < light(1.0 - b), "at {a}");
    }
    let (low, high) = (Map::Difference.rgb(0.1), Map::Difference.rgb(0.9));
    assert!(low[2] > low[0] && high[0] > high[2], "blue for less, red for more: {low:?}, {high:?}");
}

fn inks_stand_out_on_their_paper() {
    for dark in [false, true] {
        let paper = Ink::Paper.rgb(dark);
        let contrast = |ink: Ink| color::contrast(ink.rgb(dark), paper);
        // Text: 4.5 by WCAG 2.2, 1.4.3. Lines: 3 by 1.4.11, which the two palest colours of Okabe and Ito miss on
        // white; they come last, and marks and patterns tell them apart.
        assert!(contrast(Ink::Text) >= 7.0 && contrast(Ink::Faint) >= 4.5, "dark: {dark}");
        for i in 0..color::SERIES {
            let least = if dark || !(4..6).contains(&i) { 3.0 } else { 2.0 };
            assert!(contrast(Ink::Series(i)) >= least, "series {i}, dark: {dark}: {}", contrast(Ink::Series(i)));
        }
    }
    assert!((color::contrast([0; 3], [255; 3]) - 21.0).abs() < 1e-9);
}
