//! How often does gradient descent, restarted from random weights, end in the global minimum, and how often in a spurious
//! one? For families of networks with Gaussian input the population loss and its gradient have closed forms, so the
//! question is answered exactly and at scale: millions of independent runs on CPU or GPU, each outcome proven
//! where a proof is known and never guessed from a small gradient, each probability with an interval.
//!
//! ```
//! use spurious::endpoint::Outcome;
//! use spurious::spec::Spec;
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
//! let results = spurious::experiment::run(&spec)?;
//! assert!((results.probability(0, Outcome::Global) - 0.73).abs() < 0.05);
//! assert_eq!(results.probability(1, Outcome::Global), 1.0);
//! println!("{}", results.summary().text());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Words
//! A **model** is a landscape with named parameters; a **form** is one of its coordinate systems (`full`, the paper's weights, or
//! `reduced`, an exact low-dimensional image of the same trajectory). A **cell** is a model with a form, parameter values
//! and descent settings. A **run** is one descent from one random start. A **batch** goes to a backend at once, a **segment** is
//! what a device advances it by in one dispatch, a **team** is the lanes that share one run. A **verdict** is a proof, tested inside
//! the loop, that a run can only end in one outcome. An **endpoint** is where a run stopped, its **status** why, its **outcome** what it
//! found; an **estimate** is the probability of an outcome with an interval. A **family** is the endpoints whose critical points no
//! permutation that keeps the loss tells apart. Cells whose starts come from the same draws are a **group**. A **promise** is a theorem
//! that says of some starts where descent ends. A **path** is the steps of a run, a **waypoint** one of them that is kept, a **guide**
//! what theory draws beside it. A **proof** is of a critical point in a ball around a floating-point one, a **certificate** the file that holds it, an
//! **enclosure** an interval that is sure to contain a number.
//!
//! # Modules, in the direction in which data flows
//! [`spec`] (the experiment file) → [`plan`] (cells; how many runs: [`sampling`]) → [`seed`], [`starts`] → [`backend`] (CPU or GPU) →
//! [`endpoint`] → [`tally`] → [`interval`] → [`report`], with [`paired`] outcomes on the way; [`experiment`] ties them together and
//! [`store`] keeps what has been done. [`model`] holds the landscapes with their [`parameter`]s and [`promise`]s, each [`mod@form`]
//! written once over the number types of [`real`] for the descent of [`descent`]; [`points`] reads files of points for it. [`replay`]
//! repeats a run and [`trace`] follows it past its verdict, with the model's [`observable`]s and what theory draws beside them; a
//! [`map`] runs a [`plane`] of starts. [`figure`] draws. [`certify`] proves what a
//! critical point is, with the intervals of [`enclosure`]. [`mod@bench`] measures how fast all of it is, and how fast it could be.

pub mod arc_cosine;
pub mod backend;
pub mod bench;
pub mod certify;
pub mod classify;
mod dense;
pub mod descent;
pub mod elementary;
pub mod enclosure;
pub mod endpoint;
pub mod experiment;
pub mod family;
pub mod figure;
mod fnv;
pub mod form;
pub mod interval;
pub mod map;
pub mod model;
pub mod normal;
pub mod observable;
pub mod paired;
pub mod parameter;
pub mod plan;
pub mod plane;
pub mod points;
pub mod progress;
pub mod promise;
pub mod random;
pub mod real;
pub mod refine;
pub mod replay;
pub mod report;
pub mod sampling;
pub mod seed;
pub mod spec;
pub mod starts;
pub mod store;
pub mod symmetry;
pub mod tally;
pub mod trace;
