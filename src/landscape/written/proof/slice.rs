//! Critical points that a symmetry moves along: the loss on the affine space through a point across its flat
//! directions.
//!
//! Let vector fields `v_j` keep the loss, `∇F · v_j = 0` everywhere: so the landscape says, and it is part of the
//! statement. At a critical point `H v_j = 0`, and where a field is not 0 there the Hessian is singular. Let `x` be the
//! centre, `S` those fields whose values at `x` are taken (below), `k` their number, `V(y)` the matrix of their values
//! at `y`, and `U` an orthonormal basis of the directions across all columns of `V(x)`. The *slice* is the ball of
//! radius `ρ` in the space `x + U z`, and `f(z) = F(x + U z)` the loss on it. The theorem of
//! [`crate::landscape::proof`] is proved of `f`, whose gradient and Hessian are `Uᵀ∇F` and `UᵀHU`. What follows for
//! `F`, and why, is in the document there; it needs that `V(y)ᵀV(x)` is regular for all `y` of the slice, which is
//! shown by its symmetric part, a positive definite one.
//!
//! **Which fields are taken.** In the order in which the landscape names them, each whose part across the values at `x`
//! of those before is longer than 2⁻²⁰ times the longest value of a field at `x`. Where enclosures cannot tell, nothing
//! is proved.
//!
//! **The basis.** Householder reflections, one for each field that is taken, turn the columns of `V(x)` into the first
//! `k` directions; the images of the others are `U`. Each is `I − 2uuᵀ/uᵀu` with some vector `u`, and is orthogonal
//! exactly, whatever `u` is: enclosed is an orthonormal basis and nothing close to one.
//!
//! **What is said of the fields is tried** at the centre and at points around it, near and far. Where the derivative
//! along a field is enclosed by numbers other than 0, it is false.

use super::{Derivatives, size};
use crate::expression::enclose::enclose;
use crate::landscape::proof::smooth::Smooth;
use crate::landscape::{Refusal, Verdict};
use crate::numerics::enclosure::spectrum::{SymmetricEnclosure, positive};
use crate::numerics::{CellSeed, Enclosure};
use serde_json::Value;

/// How short a field's part across the others may be, relative to the longest of them: 2⁻²⁰.
const LEAST: f64 = 1.0 / 1_048_576.0;
/// Points at which it is tried whether fields keep the loss, and how far they are from the centre at most, relative to
/// its size.
const TRIED: [(u64, f64); 3] = [(4, 1e-3), (4, 0.1), (8, 1.0)];

/// The loss on a slice; a point of it is the `z` above.
pub(super) struct Slice<'a> {
    made: &'a Derivatives,
    centre: Vec<f64>,
    /// Positions of the fields that are taken.
    taken: Vec<usize>,
    /// Their values at the centre.
    values: Vec<Vec<Enclosure>>,
    /// Vectors of the orthonormal basis.
    basis: Vec<Vec<Enclosure>>,
}

/// `x · y`
fn dot(x: &[Enclosure], y: &[Enclosure]) -> Enclosure {
    x.iter().zip(y).map(|(x, y)| *x * *y).sum()
}

/// `x · x`
fn square(x: &[Enclosure]) -> Enclosure {
    x.iter().map(|x| x.square()).sum()
}

/// A reflection `I − 2uuᵀ/uᵀu`, the first numbers of `u` being 0.
struct Reflection {
    u: Vec<Enclosure>,
    square: Enclosure,
}

impl Reflection {
    /// The one that turns what follows the first `from` numbers of a vector into the direction of the next number.
    fn of(vector: &[Enclosure], from: usize, length: Enclosure) -> Self {
        let mut u = vector.to_vec();
        u[..from].fill(Enclosure::ZERO);
        let lead = u[from];
        // Away from 0; either sign is right.
        u[from] = if lead.mid() < 0.0 { lead - length } else { lead + length };
        let square = square(&u);
        Reflection { u, square }
    }

    fn apply(&self, vector: &mut [Enclosure]) {
        let twice = Enclosure::point(2.0) * dot(&self.u, vector) / self.square;
        vector.iter_mut().zip(&self.u).for_each(|(x, u)| *x -= twice * *u);
    }
}

impl<'a> Slice<'a> {
    /// The slice through a point; `None` where all fields are 0 there.
    pub(super) fn new(made: &'a Derivatives, point: &[f64]) -> Result<Option<Self>, Refusal> {
        let dim = made.dim;
        let all = made.fields(&super::points(point))?;
        let lengths: Vec<Enclosure> = all.iter().map(|field| square(field).sqrt()).collect();
        let longest =
            lengths.iter().copied().reduce(|a, b| Enclosure::between(a.low().max(b.low()), a.high().max(b.high())));
        let Some(least) = longest.map(|longest| Enclosure::point(LEAST) * longest).filter(|least| least.low() > 0.0)
        else {
            return Ok(None);
        };
        let (mut taken, mut values, mut reflections) = (Vec::new(), Vec::new(), Vec::<Reflection>::new());
        for (j, field) in all.iter().enumerate() {
            let mut turned = field.clone();
            reflections.iter().for_each(|reflection| reflection.apply(&mut turned));
            let across = square(&turned[taken.len()..]).sqrt();
            if across.high() <= least.low() {
                continue;
            }
            if across.low() <= least.high() || taken.len() + 1 >= dim {
                let why = "it cannot be told which flat directions are independent there";
                return Err(Refusal(why.into()));
            }
            reflections.push(Reflection::of(&turned, taken.len(), across));
            taken.push(j);
            values.push(field.clone());
        }
        let direction = |i: usize| {
            let mut vector = vec![Enclosure::ZERO; dim];
            vector[i] = Enclosure::ONE;
            reflections.iter().rev().for_each(|reflection| reflection.apply(&mut vector));
            vector
        };
        let basis = (taken.len()..dim).map(direction).collect();
        let slice = Slice { made, centre: point.to_vec(), taken, values, basis };
        slice.try_fields()?;
        Ok(Some(slice))
    }

    /// How many directions the slice leaves out.
    pub(super) fn directions(&self) -> usize {
        self.taken.len()
    }

    /// Errors if a field that is taken does not keep the loss at one of some points.
    fn try_fields(&self) -> Result<(), Refusal> {
        let mut draws = CellSeed::new(0, "flat directions").run(0);
        let far = |(count, share): (u64, f64)| (0..count).map(move |_| share);
        let reaches = std::iter::once(0.0).chain(TRIED.into_iter().flat_map(far));
        for reach in reaches {
            let reach = reach * size(&self.centre);
            let state: Vec<Enclosure> =
                self.centre.iter().map(|x| Enclosure::point(x + reach * (2.0 * draws.uniform() - 1.0))).collect();
            let along = enclose(&self.made.graph, &self.made.along, &state).map_err(super::refused)?;
            if let Some(j) = self.taken.iter().find(|j| !along[**j].contains(0.0)) {
                let at: Vec<String> = state.iter().map(|x| format!("{}", x.mid())).collect();
                return Err(Refusal(format!(
                    "flat direction {} does not keep the loss: its derivative along it at ({}) is {:.1e}",
                    j + 1,
                    at.join(", "),
                    along[*j].mid()
                )));
            }
        }
        Ok(())
    }

    /// Errors if the fields may depend on each other, seen from the centre, at a state in a box.
    fn check_regular(&self, state: &[Enclosure]) -> Result<(), Refusal> {
        let there = self.made.fields(state)?;
        let mut mean = SymmetricEnclosure::zero(self.taken.len());
        let half = Enclosure::point(0.5);
        for a in 0..self.taken.len() {
            for b in 0..=a {
                let [ab, ba] = [(a, b), (b, a)].map(|(a, b)| dot(&there[self.taken[a]], &self.values[b]));
                mean.set(a, b, half * (ab + ba));
            }
        }
        match positive(&mean) {
            Some(_) => Ok(()),
            None => Err(Refusal("the flat directions may become dependent there".into())),
        }
    }

    fn along_basis(&self, vector: &[Enclosure]) -> Vec<Enclosure> {
        self.basis.iter().map(|u| dot(u, vector)).collect()
    }
}

impl Smooth for Slice<'_> {
    fn model(&self) -> &str {
        ""
    }

    fn dim(&self) -> usize {
        self.basis.len()
    }

    fn landscape(&self) -> Value {
        Value::Null
    }

    fn known(&self) -> Vec<(String, Vec<f64>)> {
        Vec::new()
    }

    fn slope(&self, point: &[f64]) -> Result<(Enclosure, Vec<Enclosure>), Refusal> {
        let moved = |i: usize| -> Enclosure {
            self.basis.iter().zip(point).map(|(u, z)| u[i] * Enclosure::point(*z)).sum::<Enclosure>()
        };
        let state: Vec<Enclosure> =
            self.centre.iter().enumerate().map(|(i, x)| Enclosure::point(*x) + moved(i)).collect();
        let (loss, gradient) = self.made.slope_at(&state)?;
        Ok((loss, self.along_basis(&gradient)))
    }

    /// Of the ball around the centre of the slice, whatever the point. Also shows that the fields are independent in
    /// all of it.
    fn hessian(&self, point: &[f64], radius: f64) -> Result<SymmetricEnclosure, Refusal> {
        if point.iter().any(|z| *z != 0.0) {
            return Err(Refusal("a slice is proved of around its centre".into()));
        }
        let state: Vec<Enclosure> = self.centre.iter().map(|x| Enclosure::around(*x, radius)).collect();
        self.check_regular(&state)?;
        let whole = self.made.hessian_in(&state)?;
        let count = self.basis.len();
        let mut matrix = SymmetricEnclosure::zero(count);
        for (a, u) in self.basis.iter().enumerate() {
            let image: Vec<Enclosure> = (0..self.made.dim)
                .map(|i| u.iter().enumerate().map(|(j, x)| whole.get(i, j) * *x).sum::<Enclosure>())
                .collect();
            (0..=a).for_each(|b| matrix.set(a, b, dot(&self.basis[b], &image)));
        }
        Ok(matrix)
    }

    fn least_loss(&self) -> Option<f64> {
        self.made.least_loss.map(Enclosure::high)
    }

    fn size(&self, _point: &[f64]) -> f64 {
        size(&self.centre)
    }

    fn minimum(&self, _point: &[f64], _radius: f64, loss: Enclosure) -> Result<Verdict, Refusal> {
        self.made.minimum(loss)
    }
}
