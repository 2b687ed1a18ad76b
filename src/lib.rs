//! How often does gradient descent, restarted from random weights, end in the global minimum, and how often in a
//! spurious one? For families of networks with Gaussian input the population loss and its gradient have closed forms,
//! so the question is answered exactly and at scale: millions of independent runs on CPU or GPU, each outcome proven
//! where a proof is known and never guessed from a small gradient, each probability with an interval.
//!
//! ```
//! use spurious::experiment::Spec;
//! use spurious::landscape::Outcome;
//!
//! let spec = Spec::parse("
//!     [params]
//!     patches = 25
//!     ratio = [4, 9]          # below and above the critical ratio 1 + 24/π = 8.64
//!     [runs]
//!     per_cell = 2000
//!     [compute]
//!     backend = 'cpu'
//! ", "example", &[])?;
//! let results = spurious::result::run(&spec)?;
//! assert!((results.probability(0, Outcome::Global) - 0.73).abs() < 0.05);
//! assert_eq!(results.probability(1, Outcome::Global), 1.0);
//! println!("{}", results.summary().text());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Words
//! A **model** is a landscape with named parameters; a **form** is one of its coordinate systems (`full`, the paper's
//! weights, or `reduced`, an exact low-dimensional image of the same trajectory). A **cell** is a model with a form,
//! parameter values and descent settings, and its **problem** what everything else sees of it: a core and
//! **capabilities**. A **run** is one descent from one random start. A **batch** goes to a backend at once, a
//! **segment** is what a device advances it by in one dispatch; **lanes per run** share one run on a device. A
//! **verdict** is a proof, tested inside the loop, that a run can only end in one outcome. An **endpoint** is where a
//! run stopped, its **status** why, its **outcome** what it found; an **estimate** is the probability of an outcome
//! with an interval. A **record** is what consecutive runs of a cell ended in. A **family** is the endpoints whose
//! critical points no permutation that keeps the loss tells apart. Cells whose starts come from the same draws are a
//! **group**. A **theorem** says of some starts where descent ends. A **path** is the steps of a run, a **trace point**
//! one of them that is kept, a **reference curve** what theory draws beside it. A **proof** is of a critical point in a
//! ball around a floating-point one, a **certificate** the file that holds it, an **enclosure** an interval that is
//! sure to contain a number.
//!
//! # Rooms
//! A module may import those above it in this list, and none below. `tests/rooms.rs` reads the imports and fails on one
//! that runs back.
//!
//! - [`numerics`]: number types, elementary functions, linear algebra, random numbers and start laws, intervals,
//!   enclosures;
//! - [`expression`]: a loss as a graph of scalar operations, its derivatives, and what computes it;
//! - [`landscape`]: what a landscape is: models, problems, forms, parameters, outcomes, theorems, symmetry, proofs;
//! - [`models`]: the landscapes, and the one list of them;
//! - [`mod@descent`]: gradient descent, many runs at once, on CPU or GPU;
//! - [`judge`]: what an endpoint is: Newton refinement, classification, families;
//! - [`experiment`]: from an experiment file to runs that have ended;
//! - [`result`]: what was found: the results, the folder that keeps them, the tables, the certificates;
//! - [`show`]: results for people: the page, figures, progress;
//! - [`explore`]: single runs, planes of starts, speed.

pub mod descent;
pub mod experiment;
pub mod explore;
pub mod expression;
pub mod judge;
pub mod landscape;
pub mod models;
pub mod numerics;
pub mod result;
pub mod show;
