//! The model `cnn`.

pub(crate) mod bounds;
pub(crate) mod counts;
pub(crate) mod landscape;
pub(crate) mod late;
pub(crate) mod noise;
pub(crate) mod signs;

trials![modules(bounds, counts, landscape, late, noise, signs)];
