//! Sizes of the network, and where in a state its weights are.

use crate::landscape::{Invalid, Values};

/// Most weights.
const MOST_WEIGHTS: usize = 4096;

/// Sizes of a network. A state holds the filters `w_1 … w_T`, the biases `b`, the read-out weights `v`, those of neuron
/// `(t, p)` at `tP + p`, and at last the read-out's bias `c`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    /// `d`, numbers in a sample.
    pub input_length: usize,
    /// `l`
    pub filter_length: usize,
    /// `s`, inputs from one patch to the next.
    pub stride: usize,
    /// `T`
    pub filters: usize,
    /// `P`
    pub patches: usize,
    /// Whether the activation is ReLU instead of softplus.
    pub relu: bool,
}

impl Network {
    pub(super) fn new(values: &Values) -> Result<Self, Invalid> {
        let size = |name: &str| values.integer(name) as usize;
        let [d, l, s] = ["input_length", "filter_length", "stride"].map(size);
        if l > d {
            return Err(Invalid::parameter(
                "filter_length",
                l,
                format!("is longer than a sample of {d} inputs"),
                format!("choose filter_length <= {d}, or a larger input_length"),
            ));
        }
        if l == d && s != 1 {
            return Err(Invalid::parameter("stride", s, "has no effect with a single patch", "remove it"));
        }
        if s > l {
            return Err(Invalid::parameter(
                "stride",
                s,
                format!("leaves inputs between the patches that no filter of {l} sees"),
                format!("choose stride <= {l}"),
            ));
        }
        if !(d - l).is_multiple_of(s) {
            return Err(Invalid::parameter(
                "input_length",
                d,
                format!("leaves {} inputs at the end that no patch reaches", (d - l) % s),
                format!("choose {} or {}", d - (d - l) % s, d - (d - l) % s + s),
            ));
        }
        let network = Network {
            input_length: d,
            filter_length: l,
            stride: s,
            filters: size("filters"),
            patches: (d - l) / s + 1,
            relu: values.choice("activation") == "relu",
        };
        if network.dim() > MOST_WEIGHTS {
            return Err(Invalid::parameter(
                "filters",
                network.filters,
                format!("make {} weights, more than {MOST_WEIGHTS}", network.dim()),
                "choose fewer filters, a smaller input_length, or a larger stride",
            ));
        }
        Ok(network)
    }

    /// `n_1 = TP`, the width of the convolutional layer.
    #[must_use]
    pub fn width(&self) -> usize {
        self.filters * self.patches
    }

    /// Weights of all filters, and the place of the first bias.
    #[must_use]
    pub fn biases(&self) -> usize {
        self.filters * self.filter_length
    }

    /// Place of the first read-out weight.
    #[must_use]
    pub fn outputs(&self) -> usize {
        self.biases() + self.width()
    }

    /// Number of weights, `Tl + 2 n_1 + 1`.
    #[must_use]
    pub fn dim(&self) -> usize {
        self.outputs() + self.width() + 1
    }
}
