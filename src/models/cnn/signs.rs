//! The four sign choices of a start: `(v₀, a₀)`, `(v₀, −a₀)`, `(−v₀, a₀)`, `(−v₀, −a₀)`.
//!
//! Du et al. (2018), Theorem 4.2, start descent from all four, since one of them meets the conditions of Theorem 4.1. A
//! flip acts on what has been drawn, so cells that differ only in it share their draws, and each by itself has starts
//! of the same law.

/// Values of `start_signs`, in the order of the module's page.
pub(super) const CHOICES: &[&str] = &["as_drawn", "output_flipped", "filter_flipped", "both_flipped"];

/// Which of the two signs are flipped after drawing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Signs {
    filter: bool,
    output: bool,
}

#[inline(always)]
fn negate(numbers: &mut [f64]) {
    numbers.iter_mut().for_each(|x| *x = -*x);
}

impl Signs {
    /// All four, in the order of [`CHOICES`].
    pub(super) const ALL: [Signs; 4] = [
        Signs { filter: false, output: false },
        Signs { filter: false, output: true },
        Signs { filter: true, output: false },
        Signs { filter: true, output: true },
    ];

    /// Those of a choice; nothing is flipped for a word that is none.
    pub(super) fn of(choice: &str) -> Self {
        let place = CHOICES.iter().position(|known| *known == choice).unwrap_or(0);
        Self::ALL[place]
    }

    /// `-1` where the filter is flipped, and `-1` where the output weights are; else 1.
    pub(super) fn factors(self) -> [f64; 2] {
        [self.filter, self.output].map(|flipped| if flipped { -1.0 } else { 1.0 })
    }

    /// Flips rows of `dim` numbers, the first `filter_size` of which are the filter.
    #[inline(always)]
    pub(super) fn flip_rows(self, rows: &mut [f64], dim: usize, filter_size: usize) {
        if self == Self::ALL[0] {
            return;
        }
        for row in rows.chunks_exact_mut(dim) {
            let (filter, output) = row.split_at_mut(filter_size);
            if self.filter {
                negate(filter);
            }
            if self.output {
                negate(output);
            }
        }
    }

    /// Flips the components of many runs in the frame of the reduced form: `x`, and `A₁`, `A₂`.
    #[inline(always)]
    pub(super) fn flip_columns(self, x: &mut [f64], output: [&mut [f64]; 2]) {
        if self.filter {
            negate(x);
        }
        if self.output {
            output.into_iter().for_each(negate);
        }
    }
}
