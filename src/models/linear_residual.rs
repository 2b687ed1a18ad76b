//! `linear_residual`: deep linear networks started at, or near, the identity, the landscape of Bartlett, Helmbold and
//! Long, "Gradient Descent with Identity Initialization Efficiently Learns Positive-Definite Linear Transformations by
//! Deep Residual Networks" (2018, arXiv 1802.06093).
//!
//! For inputs with `E xxᵀ = I`, layers `Θ_1 … Θ_L ∈ R^{d×d}` and a target `Φ`
//!
//! ```text
//! h(x)    = Θ_L … Θ_1 x
//! ℓ       = ½ E ‖h(x) − Φx‖² = ½ ‖P_L − Φ‖_F²,   P_i = Θ_i … Θ_1
//! ∂ℓ/∂Θ_i = M_i P_{i−1}ᵀ,   M_L = P_L − Φ,   M_{i−1} = Θ_iᵀ M_i
//! ```
//!
//! # Critical points
//! Every local minimum is global, of loss 0 (Kawaguchi 2016, arXiv 1605.07110; Laurent & von Brecht 2018, arXiv
//! 1712.01473): there are no spurious minima, and a critical point of larger loss is a saddle. With `D = P_L − Φ` its
//! slopes at the first and the last layer give `P_LᵀD = 0` and `D P_Lᵀ = 0`: the singular vectors of `P_L` and of `−D`
//! together are those of their sum `Φ`. So the product is the target without some of its singular values `σ_i`, and the
//! loss `½ Σ σ_i²` over those, at least `½ σ_min²`. A bounded path of the gradient flow ends in a critical point, and
//! its loss never rises: below `½ σ_min²` it can only lead to loss 0.
//!
//! From three layers on a saddle can lack a negative eigenvalue. Descent then approaches it, and leaves it, not faster
//! than a power of `t`.
//!
//! # The reduction
//! For symmetric `Φ = Q diag(λ) Qᵀ` and `Θ_i = I` at the start all layers stay equal, `Θ_i = Q diag(θ) Qᵀ`, and descent
//! is exactly, for each eigenvalue by itself,
//!
//! ```text
//! θ ← θ − η θ^{L−1} (θ^L − λ),   ℓ = ½ Σ_j (θ_j^L − λ_j)²
//! ```
//!
//! # When success or failure is certain
//! Let `s = ηL max(1, ‖Φ‖)^{2−2/L}` and all `λ > 0`, `θ = 1` at the start. With `r = λ^{1/L}` the step is
//! `η θ^{L−1}(λ − θ^L)`, and `|λ − θ^L| ≤ L max(θ, r)^{L−1} |r − θ|`: if `s ≤ 1`, no step passes `r`, `θ` goes
//! monotonically to a fixed point that is not 0, which is `r`. So every run is global. (The paper's step,
//! `η ≤ 1/(L(1+‖Φ‖²))`, has `s < 1`.)
//!
//! Let one `λ < 0` and `L ≥ 2`, and write a step as `θ (1 − f(θ))` with `f(θ) = η θ^{L−2} (θ^L + |λ|)`, which grows
//! with `θ > 0`.
//!
//! - `θ > 0` and `f(θ) < 1`: the next `θ` is positive and smaller, so that the same holds for ever. `θ` falls to the
//!   only fixed point at or above 0, which is 0, and the loss never falls below `λ²/2`: the run ends in a saddle.
//! - `L` even: `f` depends on `|θ|` alone. If `f(θ) < 2`, `|θ|` shrinks at every step and the same follows. Whatever
//!   the step, `θ^L ≥ 0`: a run may diverge but never becomes global.
//! - `L` odd and `f(θ) > 1`: the step jumps across 0. For negative `θ` the recursion is that of `−θ` with the target
//!   `|λ|`, and the run succeeds where that does. From the identity this takes `η > 1/(1+|λ|)`.
//!
//! The other eigenvalues must stay bounded: with `m = max(θ^L, λ)` and `ηL max(1, m²) < 1` they do, by the argument
//! above. Where all of this holds at a state of the reduced form, the run ends there by the verdict `saddle`.
//!
//! # Rounding
//! In full form a saddle is the limit only of runs that stay in the set of equal, symmetric layers. In the eigenbasis
//! the entries beside the diagonals stay exactly 0 and so do runs. In any other basis rounding leaves that set, and
//! where the saddle is strict, with two layers, noise of the size of rounding is enough for nearly every run to escape
//! and become global. That two layers fail here all the same is owed to the order of summation: their slopes are sums
//! of the same products in the same order, so that `Θ_2 = Θ_1ᵀ` to the last bit, and the product `Θ_1ᵀΘ_1` has no
//! negative eigenvalue whatever else is rounded. With `start_sigma = 1e-15` nearly all become global, as they do with a
//! matrix product that sums in another order. With more layers rounding leaves the set as well, and runs go on to the
//! saddle that gives up the smallest eigenvalue instead of the negative one: 87, 84 and 72 % of 200 runs with 3, 4 and
//! 8 layers within 20,000 steps in f64, 95, 95 and 86 % in f32. The theorem is one of exact arithmetic: the reduced
//! form is where it is to be seen.

mod class;
pub mod full;
pub mod landscape;
mod matrix;
pub mod reduced;
pub mod shared;
mod target;
pub mod theory;

use crate::landscape::{
    About, Critical, CriticalPoint, Invalid, Kind, Model, Parameter, Problem, Settings, Tolerance, Values, conformance,
};
use shared::ResidualCell;

/// The model; see the module's page.
#[derive(Debug)]
pub struct LinearResidual;

const PARAMETERS: &[Parameter] = &[
    Parameter::seeding("layers", "L", Kind::Integer(1, 64), "4").heading().about("layers"),
    Parameter::seeding("dimension", "d", Kind::Integer(1, 32), "5")
        .heading()
        .about("inputs and outputs of every layer"),
    Parameter::seeding(
        "target",
        "Φ",
        Kind::Choice(&["spd", "symmetric", "near_identity", "sphere", "file"]),
        "\"spd\"",
    )
    .heading()
    .about(
        "law of the target: spd (symmetric, all eigenvalues positive), symmetric (with `negatives` negative ones), \
         near_identity (I + E with E uniform on the sphere ‖E‖_F = target_distance), sphere (uniform on ‖Φ‖_F = \
         target_norm), or the one that target_file holds",
    ),
    Parameter::seeding("target_norm", "", Kind::Positive, "3.1622776601683795")
        .about("‖Φ‖, the largest |eigenvalue|, of spd and symmetric targets; ‖Φ‖_F for target = \"sphere\""),
    Parameter::seeding("condition", "κ", Kind::Real(1.0, 1e12), "10.0").about(
        "|eigenvalues| of spd and symmetric targets lie between target_norm/condition and target_norm, uniform in \
         their logarithm",
    ),
    Parameter::seeding("extremes", "", Kind::Choice(&["pinned", "free"]), "\"pinned\"").about(
        "whether the first |eigenvalue| is the smallest and the second the largest that there can be (pinned), or \
         all are drawn (free)",
    ),
    Parameter::seeding("negatives", "", Kind::Integer(1, 32), "1")
        .about("negative eigenvalues, the last ones, for target = \"symmetric\""),
    Parameter::seeding("basis", "Q", Kind::Choice(&["rotated", "eigen"]), "\"rotated\"")
        .about("eigenvectors of spd and symmetric targets: uniform random ones (rotated), or the unit vectors (eigen)"),
    Parameter::seeding("target_distance", "δ", Kind::Positive, "0.5").about("‖Φ − I‖_F for target = \"near_identity\""),
    Parameter::seeding(
        "target_class",
        "",
        Kind::Choice(&["any", "det_positive", "det_negative", "positive", "indefinite"]),
        "\"any\"",
    )
    .about(
        "which targets of the laws near_identity and sphere are drawn: any, those of positive or negative \
         determinant; and near the identity positive (uᵀΦu > 0 for all u) and indefinite (positive determinant, but \
         uᵀΦu ≤ 0 for some u)",
    ),
    Parameter::seeding("target_file", "", Kind::Points, "\"\"")
        .about("the target for target = \"file\", one row: its d² entries row by row, or d numbers, its diagonal"),
    Parameter::seeding("target_drawn", "", Kind::Choice(&["per_run", "once"]), "\"per_run\"").about(
        "whether every run draws a target of its own, or all runs of a cell share the one that target_seed gives",
    ),
    Parameter::seeding("target_seed", "", Kind::Integer(0, i64::MAX), "0")
        .about("seed of the target for target_drawn = \"once\""),
    Parameter::seeding("start_sigma", "σ", Kind::Real(0.0, f64::INFINITY), "0.0")
        .about("layers start at I + σN/√d with independent standard normal entries of N; 0 for the identity"),
    Parameter::sharing("step_times_layers", "", Kind::Real(0.0, f64::INFINITY), "0.0")
        .about("η L for descent.step = \"auto\"; 0 for 1/(1+‖Φ‖²)"),
];

impl Model for LinearResidual {
    fn about(&self) -> About {
        About {
            name: "linear_residual",
            summary: "deep linear network started at the identity (Bartlett, Helmbold, Long 2018)",
            description: include_str!("linear_residual/description.txt"),
            parameters: PARAMETERS,
            forms: &[
                ("full", "Θ₁ ∈ R^{d×d} row by row, then Θ₂ … Θ_L; then Φ where every run has its own"),
                (
                    "reduced",
                    "θ₁ … θ_d, the layers' eigenvalues; then λ₁ … λ_d, the target's, where every run has its own",
                ),
            ],
            tolerance: Tolerance { default: 1e-10, about: "largest loss that counts as global" },
            step_groups: &["weights"],
        }
    }

    fn problem(&self, form: &str, values: &Values, settings: &Settings) -> Result<Problem, Invalid> {
        let cell = ResidualCell::new(values, settings)?;
        Ok(match form {
            "reduced" => reduced::Reduced::new(cell)?.problem(),
            _ => full::Full::new(cell).problem(),
        })
    }

    /// The target as the first layer, all others the identity: loss 0.
    fn teacher(&self, values: &Values) -> Result<Vec<f64>, Invalid> {
        shared::teacher(values)
    }

    conformance! {
        [layers = 1, dimension = 2, condition = 3.0, extremes = "free"],
        [layers = 2, dimension = 3, target = "symmetric", negatives = 2, basis = "eigen"],
        [layers = 3, dimension = 4, target_norm = 2.0, extremes = "free"],
        [layers = 3, dimension = 3, target = "symmetric", extremes = "free", target_drawn = "once", target_seed = 3],
        [layers = 3, dimension = 1, target = "symmetric", condition = 1.0, target_norm = 0.5],
        ; critical: &[Critical { name: "target", form: "full", at: target }]
    }
}

/// The target in one layer and the identity in the others: not the only way to write it as a product.
fn target(values: &Values) -> Option<CriticalPoint> {
    Some(CriticalPoint::global(shared::teacher(values).ok()?).among_others())
}
