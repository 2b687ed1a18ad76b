//! What an endpoint is.
//!
//! In come endpoints, out go outcomes: Newton's method and the curvature ([`refine`]) decide what a run came to rest at
//! ([`classify`]); where they cannot at its endpoint, descent goes on from there ([`lead`]). Critical points that a
//! symmetry does not tell apart are one [`family`].
//!
//! May import: `numerics`, `landscape`, `descent`.

pub mod classify;
pub mod family;
mod known;
pub mod lead;
pub mod refine;
