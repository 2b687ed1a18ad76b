//! Vectors of f64: products, norms, orthonormal bases.

/// Inner product.
pub fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

/// Euclidean norm.
pub fn norm(x: &[f64]) -> f64 {
    dot(x, x).sqrt()
}

/// Euclidean distance of two vectors.
pub fn distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| (x - y) * (x - y)).sum::<f64>().sqrt()
}

/// Length and direction of a vector, however short or long it is; `None` for zero, and where a number is not finite.
pub fn polar(x: &[f64]) -> Option<(f64, Vec<f64>)> {
    let largest = x.iter().fold(0.0f64, |most, x| most.max(x.abs()));
    if !(largest > 0.0 && x.iter().all(|x| x.is_finite())) {
        return None;
    }
    let mut unit: Vec<f64> = x.iter().map(|x| x / largest).collect();
    let length = norm(&unit);
    unit.iter_mut().for_each(|x| *x /= length);
    Some((largest * length, unit))
}

/// Orthonormal basis of the span of some vectors.
pub fn orthonormal<'a>(vectors: impl Iterator<Item = &'a [f64]>) -> Vec<Vec<f64>> {
    let mut basis: Vec<Vec<f64>> = Vec::new();
    for vector in vectors {
        let mut rest = vector.to_vec();
        let length = norm(&rest);
        for unit in &basis {
            remove(&mut rest, unit);
        }
        let left = norm(&rest);
        if left > 1e-8 * length {
            rest.iter_mut().for_each(|x| *x /= left);
            basis.push(rest);
        }
    }
    basis
}

/// Takes the part along a unit vector out of a vector.
pub(crate) fn remove(vector: &mut [f64], unit: &[f64]) {
    let along = dot(unit, vector);
    vector.iter_mut().zip(unit).for_each(|(x, u)| *x -= along * u);
}
