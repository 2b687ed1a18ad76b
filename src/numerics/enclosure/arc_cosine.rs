//! The arc-cosine kernel over balls: enclosures of `f(u, v) = E relu(uᵀx) relu(vᵀx)`, `x ~ N(0, I)`, and of its
//! derivatives for all `u` and `v` in given balls.
//!
//! With `t = ∠(u, v)`, `û = u/‖u‖`, the part `n = v̂ − cos t û` of `v̂` across `û`, `‖n‖ = sin t`, and its direction
//! `m = n/sin t`
//!
//! ```text
//! f        = ‖u‖‖v‖ (sin t + (π − t) cos t)/2π                                   (Cho & Saul 2009)
//! ∂f/∂u    = (‖v‖ sin t û + (π − t) v)/2π
//! ∂²f/∂u∂u = ‖v‖ { sin t (I − ûûᵀ) + n mᵀ }/2π‖u‖
//! ∂²f/∂u∂v = { (π − t) I + sin t cos t ûûᵀ − cos t n mᵀ + sin t (û nᵀ + n ûᵀ) }/2π
//! ```
//!
//! Nothing is divided by the sine but the unit vector `m`, whose components are in `[−1, 1]` whatever the quotient
//! says: parallel vectors are no exception. Sine and angle come from the chords `‖û − v̂‖ = 2 sin(t/2)` and
//! `‖û + v̂‖ = 2 cos(t/2)`, so that neither small nor nearly straight angles lose digits.
//!
//! A ball of vectors becomes a cone of unit vectors by the inequality `‖x/‖x‖ − y/‖y‖‖ ≤ 2‖x − y‖/(‖x‖ + ‖y‖)` (Dunkl &
//! Williams, American Mathematical Monthly 71, 1964): with `‖x − y‖ ≤ ρ` the right side is at most `2ρ/(2‖x‖ − ρ)`.
//! Chords and cosines of two cones move by at most the sum of their widths.

use crate::numerics::Enclosure;
use crate::numerics::enclosure::{add_up, div_up, sub_down};

/// The vectors of a ball, none of them zero.
#[derive(Clone, Debug)]
pub(crate) struct Ray {
    /// The centre.
    centre: Vec<f64>,
    /// Norms.
    pub(crate) norm: Enclosure,
    /// Unit vector of the centre.
    middle: Vec<Enclosure>,
    /// Largest distance of another unit vector from that.
    spread: f64,
    /// Unit vectors.
    pub(crate) unit: Vec<Enclosure>,
}

impl Ray {
    /// The ball of a radius around a vector; `None` if it cannot be excluded that it holds the zero vector.
    pub(crate) fn new(centre: &[f64], radius: f64) -> Option<Self> {
        let length = length(centre.iter().map(|x| Enclosure::point(*x)));
        let low = sub_down(length.low(), radius);
        if !(low > 0.0 && length.is_finite() && radius >= 0.0) {
            return None;
        }
        let spread = div_up(2.0 * radius, sub_down(2.0 * length.low(), radius));
        let middle: Vec<Enclosure> = centre.iter().map(|x| Enclosure::point(*x) / length).collect();
        let unit = middle.iter().map(|x| widened(*x, spread).meet(Enclosure::between(-1.0, 1.0))).collect();
        Some(Ray {
            centre: centre.to_vec(),
            norm: Enclosure::between(low, add_up(length.high(), radius)),
            middle,
            spread,
            unit,
        })
    }
}

/// An enclosure with this much more on both sides.
fn widened(x: Enclosure, by: f64) -> Enclosure {
    if by == 0.0 { x } else { x + Enclosure::between(-by, by) }
}

/// Euclidean norm.
pub(crate) fn length(components: impl Iterator<Item = Enclosure>) -> Enclosure {
    components.map(Enclosure::square).sum::<Enclosure>().sqrt()
}

/// The angle between the vectors of two balls.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Meeting {
    /// `cos t`
    cosine: Enclosure,
    /// `sin t`
    pub(crate) sine: Enclosure,
    /// `π − t`
    pub(crate) supplement: Enclosure,
}

impl Meeting {
    /// The angle between two balls of vectors with as many components.
    pub(crate) fn new(u: &Ray, v: &Ray) -> Self {
        let spread = add_up(u.spread, v.spread);
        let pairs = || u.middle.iter().zip(&v.middle);
        let chord = |length: Enclosure| widened(length, spread).meet(Enclosure::between(0.0, 2.0));
        let apart = chord(length(pairs().map(|(x, y)| *x - *y)));
        let along = chord(length(pairs().map(|(x, y)| *x + *y)));
        let product = widened(pairs().map(|(x, y)| *x * *y).sum(), spread);
        let cosine = product.meet((along.square() - apart.square()) * Enclosure::point(0.25));
        // t = 2 atan(apart/along), from the smaller of the two to the larger.
        let supplement = if along.high() <= apart.low() {
            (along / apart).arc_tangent() * Enclosure::point(2.0)
        } else {
            Enclosure::PI - angle(apart, along)
        };
        Meeting {
            cosine: cosine.meet(Enclosure::between(-1.0, 1.0)),
            sine: (apart * along * Enclosure::point(0.5)).meet(Enclosure::between(0.0, 1.0)),
            supplement: supplement.meet(Enclosure::between(0.0, Enclosure::PI.high())),
        }
    }

    /// `f(u, v)`
    pub(crate) fn value(&self, u: &Ray, v: &Ray) -> Enclosure {
        u.norm * v.norm * (self.sine + self.supplement * self.cosine) / two_pi()
    }

    /// Adds `scale · ∂f/∂u` at the centres of the balls, to be called for balls of radius 0.
    pub(crate) fn add_gradient(&self, scale: f64, u: &Ray, v: &Ray, gradient: &mut [Enclosure]) {
        let scale = Enclosure::point(scale) / two_pi();
        let (along, across) = (scale * v.norm * self.sine, scale * self.supplement);
        for ((g, x), y) in gradient.iter_mut().zip(&u.unit).zip(&v.centre) {
            *g += along * *x + across * Enclosure::point(*y);
        }
    }

    /// `n`, and `m` in `[−1, 1]`.
    fn across(&self, u: &Ray, v: &Ray) -> (Vec<Enclosure>, Vec<Enclosure>) {
        let sine = Enclosure::between(-self.sine.high(), self.sine.high());
        let rest = u.unit.iter().zip(&v.unit).map(|(x, y)| (*y - self.cosine * *x).meet(sine));
        let rest: Vec<Enclosure> = rest.collect();
        let direction = |n: &Enclosure| (*n / self.sine).meet(Enclosure::between(-1.0, 1.0));
        let directions = rest.iter().map(direction).collect();
        (rest, directions)
    }

    /// `2π ∂²f/∂u∂v`, row by row; it is symmetric.
    pub(crate) fn mixed(&self, u: &Ray, v: &Ray) -> Vec<Enclosure> {
        let dim = u.unit.len();
        let (n, m) = self.across(u, v);
        let mut matrix = vec![Enclosure::ZERO; dim * dim];
        let turn = self.sine * self.cosine;
        for a in 0..dim {
            let (x, lean) = (turn * u.unit[a], self.sine * u.unit[a]);
            let (back, tilt) = (self.cosine * n[a], self.sine * n[a]);
            for b in 0..=a {
                let mut entry = x * u.unit[b] - back * m[b] + lean * n[b] + tilt * u.unit[b];
                if a == b {
                    entry += self.supplement;
                }
                matrix[a * dim + b] = entry;
                matrix[b * dim + a] = entry;
            }
        }
        matrix
    }
}

/// `2 atan(apart/along)` where the second may reach down to 0.
fn angle(apart: Enclosure, along: Enclosure) -> Enclosure {
    let at = |apart: f64, along: f64| match along > 0.0 {
        true => (Enclosure::point(apart) / Enclosure::point(along)).arc_tangent() * Enclosure::point(2.0),
        false => Enclosure::PI,
    };
    // The angle grows with the one and falls with the other.
    Enclosure::between(at(apart.low(), along.high()).low(), at(apart.high(), along.low()).high())
}

/// `2π`
pub(crate) fn two_pi() -> Enclosure {
    Enclosure::PI * Enclosure::point(2.0)
}

/// A sum `Σ σ_j ∂²f/∂u∂u(u, v_j)` over several `v_j`.
#[derive(Debug)]
pub(crate) struct Own<'a> {
    ray: &'a Ray,
    /// `Σ σ ‖v‖ sin t`
    round: Enclosure,
    /// `Σ σ ‖v‖ n mᵀ`, row by row, of which the lower half is kept.
    lower: Vec<Enclosure>,
}

impl<'a> Own<'a> {
    /// The empty sum for a ball of `u`.
    pub(crate) fn new(ray: &'a Ray) -> Self {
        let dim = ray.unit.len();
        Own { ray, round: Enclosure::ZERO, lower: vec![Enclosure::ZERO; dim * dim] }
    }

    /// Adds the term of another ball.
    pub(crate) fn add(&mut self, scale: f64, v: &Ray, meeting: &Meeting) {
        let dim = self.ray.unit.len();
        let (n, m) = meeting.across(self.ray, v);
        let scale = Enclosure::point(scale) * v.norm;
        self.round += scale * meeting.sine;
        for (a, (row, n)) in self.lower.chunks_exact_mut(dim).zip(&n).enumerate() {
            let factor = scale * *n;
            row.iter_mut().zip(&m[..=a]).for_each(|(entry, m)| *entry += factor * *m);
        }
    }

    /// An entry of `2π‖u‖` times the sum.
    pub(crate) fn entry(&self, a: usize, b: usize) -> Enclosure {
        let (a, b) = (a.max(b), a.min(b));
        let unit = &self.ray.unit;
        let identity = if a == b { Enclosure::ONE } else { Enclosure::ZERO };
        self.round * (identity - unit[a] * unit[b]) + self.lower[a * unit.len() + b]
    }
}
