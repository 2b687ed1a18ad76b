//! Places and texts of ticks.
//!
//! A linear axis has ticks at multiples of 1, 2 or 5 times a power of ten. A logarithmic one has them at powers of ten,
//! with small ones between, or at 1, 2 and 5 times them where it spans less than two.

/// A tick. One without text is a small one.
#[derive(Clone, Debug, PartialEq)]
pub struct Tick {
    /// The value.
    pub at: f64,
    /// Its text.
    pub text: String,
}

/// Multiples of a round step between two values, at most `most` of them; none if the values are not finite or not
/// ascending.
pub fn linear(low: f64, high: f64, most: usize) -> Vec<Tick> {
    if !(low.is_finite() && high.is_finite() && low < high) || most == 0 {
        return Vec::new();
    }
    // From a step that is surely too small upwards.
    let mut exponent = ((high - low) / most as f64).log10().floor() as i32 - 1;
    loop {
        for mantissa in [1, 2, 5] {
            let step = scaled(f64::from(mantissa), exponent);
            // A tick that rounding puts outside by a little belongs to the axis.
            let (first, last) = ((low / step - 1e-6).ceil(), (high / step + 1e-6).floor());
            if last - first < most as f64 && step > 0.0 {
                let values: Vec<f64> = (0..=(last - first) as i64)
                    .map(|i| scaled((first + i as f64) * f64::from(mantissa), exponent))
                    .filter(|v| *v >= low - 1e-6 * step && *v <= high + 1e-6 * step)
                    .collect();
                let texts = texts(&values, exponent);
                return values.into_iter().zip(texts).map(|(at, text)| Tick { at, text }).collect();
            }
        }
        exponent += 1;
        if exponent > 308 {
            return Vec::new();
        }
    }
}

/// Powers of ten between two positive values, or rounder numbers where there are fewer than two, at most `most` with a
/// text; none if the values are not finite, positive and ascending.
pub fn logarithmic(low: f64, high: f64, most: usize) -> Vec<Tick> {
    if !(low > 0.0 && high.is_finite() && low < high) || most == 0 {
        return Vec::new();
    }
    let (first, last) = (low.log10().floor() as i32 - 1, high.log10().ceil() as i32 + 1);
    let inside = |v: f64| v >= low * (1.0 - 1e-9) && v <= high * (1.0 + 1e-9);
    let decades: Vec<i32> = (first..=last).filter(|e| inside(scaled(1.0, *e))).collect();
    if decades.len() >= 2 {
        let every = decades.len().div_ceil(most) as i32;
        let plain = decades.iter().all(|e| (-2..=3).contains(e));
        let text = |e: i32| match (e.rem_euclid(every) == 0, plain) {
            (false, _) => String::new(),
            (true, true) => texts(&[scaled(1.0, e)], e.min(0)).concat(),
            (true, false) => format!("10{}", superscript(e)),
        };
        // Small ticks tell a logarithmic axis from a linear one; with many decades they would run together.
        let small = if decades.len() <= 10 { 9 } else { 1 };
        return (first..=last)
            .flat_map(|e| (1..=small).map(move |m| (m, e)))
            .map(|(m, e)| (scaled(f64::from(m), e), m, e))
            .filter(|(v, ..)| inside(*v))
            .map(|(at, m, e)| Tick { at, text: if m == 1 { text(e) } else { String::new() } })
            .collect();
    }
    let round = (first..=last).flat_map(|e| [1, 2, 5].map(|m| (m, e)));
    let round: Vec<(f64, i32)> = round.map(|(m, e)| (scaled(f64::from(m), e), e)).filter(|(v, _)| inside(*v)).collect();
    if round.len() < 2 || round.len() > most {
        return linear(low, high, most);
    }
    round.into_iter().map(|(at, e)| Tick { at, text: texts(&[at], e).concat() }).collect()
}

/// `mantissa · 10^exponent`, correctly rounded where the power is exact.
fn scaled(mantissa: f64, exponent: i32) -> f64 {
    let value = if exponent < 0 { mantissa / 10f64.powi(-exponent) } else { mantissa * 10f64.powi(exponent) };
    // No negative zero, and no quotient by an infinite power.
    if value == 0.0 && mantissa != 0.0 { mantissa * 10f64.powi(exponent) } else { value + 0.0 }
}

/// Texts of values that are multiples of `10^exponent`: all with the same decimals, and with a power of ten where they
/// are very large or small.
fn texts(values: &[f64], exponent: i32) -> Vec<String> {
    let largest = values.iter().fold(0.0f64, |m, v| m.max(v.abs()));
    if largest == 0.0 {
        return vec!["0".to_string(); values.len()];
    }
    let power = largest.log10().floor() as i32;
    if (1e-4..1e6).contains(&largest) && exponent >= -7 {
        let decimals = (-exponent).max(0) as usize;
        return values.iter().map(|v| minus(&format!("{v:.decimals$}"))).collect();
    }
    let decimals = (power - exponent).max(0) as usize;
    let text = |v: &f64| {
        if *v == 0.0 {
            return "0".to_string();
        }
        let mantissa = minus(&format!("{:.decimals$}", v / 10f64.powi(power)));
        match mantissa.as_str() {
            "1" => format!("10{}", superscript(power)),
            "−1" => format!("−10{}", superscript(power)),
            mantissa => format!("{mantissa}×10{}", superscript(power)),
        }
    };
    values.iter().map(text).collect()
}

/// A number for people: up to `digits` significant digits, `−` for minus, powers of ten for the very large and small.
pub fn number(x: f64, digits: usize) -> String {
    if x == 0.0 || !x.is_finite() {
        return if x == 0.0 { "0".into() } else { minus(&x.to_string()).replace("inf", "∞") };
    }
    let text = format!("{:.*e}", digits.max(1) - 1, x);
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let trimmed = |text: &str| {
        let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text };
        minus(text)
    };
    if (-4..6).contains(&exponent) {
        let decimals = (digits as i32 - 1 - exponent).max(0) as usize;
        let rounded: f64 = text.parse().unwrap_or(x);
        return trimmed(&format!("{rounded:.decimals$}"));
    }
    match trimmed(mantissa).as_str() {
        "1" => format!("10{}", superscript(exponent)),
        mantissa => format!("{mantissa}×10{}", superscript(exponent)),
    }
}

fn minus(text: &str) -> String {
    text.replace('-', "−")
}

/// A whole number in raised digits.
pub fn superscript(n: i32) -> String {
    let raised = |c: char| match c {
        '-' => '⁻',
        '0' => '⁰',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        '4' => '⁴',
        '5' => '⁵',
        '6' => '⁶',
        '7' => '⁷',
        '8' => '⁸',
        _ => '⁹',
    };
    n.to_string().chars().map(raised).collect()
}
