//! stub
pub mod arc_cosine;
pub mod backend;
pub mod descent;
pub mod endpoint;
pub mod interval;
pub mod model;
pub mod normal;
pub mod real;
pub mod seed;
