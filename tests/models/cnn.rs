//! The model `cnn`.

pub(crate) mod bounds;
pub(crate) mod counts;
pub(crate) mod endpoints;
pub(crate) mod hessian;
pub(crate) mod landscape;
pub(crate) mod late;
pub(crate) mod noise;
pub(crate) mod oracle;
pub(crate) mod signs;

trials![modules(bounds, counts, endpoints, hessian, landscape, late, noise, oracle, signs)];
