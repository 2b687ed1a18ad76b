//! Axes of many values in few words: `range(10, 100, 10)`, `linspace(0, 1, 11)`, `geomspace(1e-3, 1e3, 7)`, each
//! standing for the list of its values.

use crate::numerics::decimal;
use toml::Value;

/// Most values that one of them stands for: as many as a grid may have cells.
const MOST: usize = 1 << 20;

/// The names with how each is written and read.
const FUNCTIONS: [(&str, &str); 3] = [
    ("range", "range(first, last, step), as range(10, 100, 10): 10, 20, …, 100, with the last where a step hits it"),
    ("linspace", "linspace(first, last, count), as linspace(0, 1, 11): 0, 0.1, …, 1"),
    ("geomspace", "geomspace(first, last, count), as geomspace(0.01, 100, 5): 0.01, 0.1, 1, 10, 100"),
];

/// What is wrong with an axis, and what to write.
pub(super) type Wrong = (String, String);

/// The values that a text stands for; `None` if it is no such text.
///
/// # Errors
/// It has the name of one and is not written as it must be.
pub(super) fn expand(text: &str) -> Option<Result<Vec<Value>, Wrong>> {
    let (name, rest) = text.trim().split_once('(')?;
    let (name, usage) = FUNCTIONS.iter().find(|(known, _)| *known == name.trim())?;
    let wrong = |problem: &str| (problem.to_string(), format!("write {usage}"));
    let Some(inside) = rest.strip_suffix(')') else { return Some(Err(wrong("is not closed by ')'"))) };
    let texts: Vec<String> = inside.split(',').map(|text| text.trim().replace('_', "")).collect();
    let [a, b, c] = &texts[..] else {
        return Some(Err(wrong(&format!(
            "takes three numbers, not {}",
            texts.iter().filter(|t| !t.is_empty()).count()
        ))));
    };
    let numbers = [a, b, c].map(|text| decimal::read(text).map_err(|fault| wrong(&format!("{text} {fault}"))));
    Some(match numbers {
        [Ok(first), Ok(last), Ok(third)] => match *name {
            "range" => range([a, b, c], [first, last, third]),
            "linspace" => spaced(first, last, third, linear),
            _ if first == 0.0 || last == 0.0 || first.signum() != last.signum() => {
                Err("needs two numbers other than 0 of one sign".into())
            }
            _ => spaced(first, last, third, geometric),
        }
        .map_err(|problem| wrong(&problem)),
        [a, b, c] => Err(a.err().or(b.err()).or(c.err()).unwrap_or_default()),
    })
}

/// From the first by steps up to the last, which is among them where a step hits it.
fn range(texts: [&str; 3], [first, last, step]: [f64; 3]) -> Result<Vec<Value>, String> {
    if step == 0.0 || (last - first) * step < 0.0 {
        return Err(format!("never gets from {first} to {last} by steps of {step}"));
    }
    // Whole multiples of a power of ten, which have no rounding: 0.1 + 0.1 + 0.1 is 0.3.
    let digits = texts.map(|text| text.split_once('.').map_or(0, |(_, digits)| digits.len()));
    let digits = digits.into_iter().max().unwrap_or(0);
    let scaled = |text: &str| -> Option<i64> {
        let (whole, part) = text.split_once('.').unwrap_or((text, ""));
        format!("{whole}{part:0<digits$}").parse().ok()
    };
    let exact = match texts.map(scaled) {
        [Some(first), Some(last), Some(step)] if digits <= 15 && step != 0 => Some((first, last, step)),
        _ => None,
    };
    let count = match exact {
        Some((first, last, step)) => ((i128::from(last) - i128::from(first)) / i128::from(step)) as f64,
        // A last one that is missed by rounding is hit.
        None => ((last - first) / step + 1e-9).floor(),
    };
    let count = checked(count + 1.0)?;
    let value = |i: usize| match exact {
        Some((first, _, step)) if digits == 0 => Value::Integer(first + step * i as i64),
        Some((first, _, step)) => Value::Float((first + step * i as i64) as f64 / 10f64.powi(digits as i32)),
        None => Value::Float(rounded(first + step * i as f64)),
    };
    Ok((0..count).map(value).collect())
}

/// A number of values from the first to the last, both exactly as they are written.
fn spaced(first: f64, last: f64, count: f64, between: fn(f64, f64, f64) -> f64) -> Result<Vec<Value>, String> {
    if count.fract() != 0.0 || count < 2.0 {
        return Err(format!("has no {count} values: the count is a whole number from 2"));
    }
    let count = checked(count)?;
    let value = |i: usize| match i {
        0 => first,
        i if i + 1 == count => last,
        i => rounded(between(first, last, i as f64 / (count - 1) as f64)),
    };
    Ok((0..count).map(|i| Value::Float(value(i))).collect())
}

fn linear(first: f64, last: f64, part: f64) -> f64 {
    first * (1.0 - part) + last * part
}

fn geometric(first: f64, last: f64, part: f64) -> f64 {
    // Logarithms apart, so that no ratio overflows; those of `libm`, so that the values are the same on every machine.
    first.signum() * libm::exp(libm::log(first.abs()) * (1.0 - part) + libm::log(last.abs()) * part)
}

/// The nearest number of 13 significant digits: values that were meant to be round are.
fn rounded(x: f64) -> f64 {
    format!("{x:.12e}").parse().unwrap_or(x)
}

fn checked(count: f64) -> Result<usize, String> {
    if count <= MOST as f64 { Ok(count as usize) } else { Err(format!("stands for {count} values, more than {MOST}")) }
}
