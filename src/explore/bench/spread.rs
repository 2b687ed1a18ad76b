//! Median and quartiles of repetitions.

/// Spread of repetitions from which on they are not to be relied on.
pub const LARGEST: f64 = 0.1;

/// The number below which a share `at` of the numbers lies, interpolated between neighbours as if they stood at equal
/// distances; `None` of no numbers.
pub fn quantile(numbers: &[f64], at: f64) -> Option<f64> {
    let mut sorted = numbers.to_vec();
    sorted.sort_by(f64::total_cmp);
    let place = at.clamp(0.0, 1.0) * (sorted.len().checked_sub(1)?) as f64;
    let (below, above) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
    Some(below + (above - below) * place.fract())
}

/// The middle of the numbers, and the first and third quartile, between which the middle half of them lies.
pub fn quartiles(numbers: &[f64]) -> Option<(f64, f64, f64)> {
    Some((quantile(numbers, 0.5)?, quantile(numbers, 0.25)?, quantile(numbers, 0.75)?))
}

/// Interquartile range over the median: one disturbed repetition of five does not show, two do. `None` of fewer than
/// two numbers.
pub fn spread(numbers: &[f64]) -> Option<f64> {
    let (middle, low, high) = quartiles(numbers).filter(|_| numbers.len() > 1)?;
    Some((high - low) / middle)
}
