//! Two builds of the program, compared in pairs of measurements.

use super::Label;
use super::columns::{Columns, padded, percent};
use super::spread::{self, quartiles};
use crate::numerics::text::counted;
use crate::result::tables::layout;
use crate::result::tables::plain::field;
use crate::result::tables::rows::Rows;
use crate::show::progress::si;

/// Rates of one program in one measurement.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rates {
    /// Steps that all runs together took.
    pub run_steps: f64,
    /// Run-steps per second from seeding to tally.
    pub whole: f64,
    /// Run-steps per second of the descent alone, where it can be timed.
    pub kernel: Option<f64>,
}

/// A row, measured by two programs one after the other, several times over.
#[derive(Clone, Debug)]
pub struct Pair {
    /// What of.
    pub label: Label,
    /// Rates of this program and of the other, one for each time.
    pub rates: Vec<(Rates, Rates)>,
}

/// Two sorts of rates, compared.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Comparison {
    /// Median rate of this program.
    pub this: f64,
    /// Median rate of the other.
    pub other: f64,
    /// Median over the pairs of this rate over the other.
    pub ratio: f64,
    /// First quartile of these ratios.
    pub low: f64,
    /// Third quartile.
    pub high: f64,
}

impl Comparison {
    /// Of pairs of rates; `None` without any.
    pub fn of(pairs: &[(f64, f64)]) -> Option<Self> {
        let ratios: Vec<f64> = pairs.iter().map(|(this, other)| this / other).collect();
        let (ratio, low, high) = quartiles(&ratios)?;
        let middle = |rates: Vec<f64>| spread::quantile(&rates, 0.5);
        let this = middle(pairs.iter().map(|(this, _)| *this).collect())?;
        let other = middle(pairs.iter().map(|(_, other)| *other).collect())?;
        Some(Comparison { this, other, ratio, low, high })
    }

    fn cells(self) -> [String; 3] {
        let ratio = format!("{:.3} ({:.3}–{:.3})", self.ratio, self.low, self.high);
        [si(self.this), si(self.other), ratio]
    }

    fn fields(self) -> [String; 5] {
        [self.this, self.other, self.ratio, self.low, self.high].map(|x| field(Some(x)))
    }
}

impl Pair {
    /// Rates of the whole, compared.
    pub fn whole(&self) -> Option<Comparison> {
        let rates: Vec<_> = self.rates.iter().map(|(this, other)| (this.whole, other.whole)).collect();
        Comparison::of(&rates)
    }

    /// Rates of the descent alone, compared, where both programs time it.
    pub fn kernel(&self) -> Option<Comparison> {
        let rates: Vec<_> = self.rates.iter().filter_map(|(this, other)| Some((this.kernel?, other.kernel?))).collect();
        Comparison::of(&rates)
    }

    /// Whether both programs took as many steps.
    fn same_steps(&self) -> bool {
        self.rates.iter().all(|(this, other)| this.run_steps == other.run_steps)
    }

    /// Range of the middle half of the ratios over their median, the larger of whole and kernel.
    fn spread(&self) -> f64 {
        let both = self.whole().into_iter().chain(self.kernel());
        both.map(|of| (of.high - of.low) / of.ratio).fold(0.0, f64::max)
    }
}

/// Columns of a comparison for programs.
const COMPARED: [&str; 12] = [
    "repeats",
    "run_steps_per_s",
    "other_run_steps_per_s",
    "ratio",
    "ratio_low",
    "ratio_high",
    "kernel_run_steps_per_s",
    "other_kernel_run_steps_per_s",
    "kernel_ratio",
    "kernel_ratio_low",
    "kernel_ratio_high",
    "same_run_steps",
];

/// Columns of a comparison for people, with their widths on a terminal.
const SHOWN: [(&str, usize); 6] =
    [("run-steps/s", 11), ("other", 7), ("ratio", 19), ("kernel", 7), ("other", 7), ("ratio", 19)];

/// The table of a comparison.
#[derive(Clone, Debug)]
pub struct PairTable {
    /// The columns that say what a row is about.
    pub columns: Columns,
    /// The rows, cell by cell.
    pub pairs: Vec<Pair>,
    /// What could not be measured, and why.
    pub left_out: Vec<String>,
}

impl PairTable {
    /// A table without rows.
    pub fn new(columns: Columns) -> Self {
        PairTable { columns, pairs: Vec::new(), left_out: Vec::new() }
    }

    /// Rows for programs.
    pub fn rows(&self, pairs: &[Pair]) -> Rows {
        let mut rows = Rows::new(self.columns.names().into_iter().chain(COMPARED));
        for pair in pairs {
            let mut texts = self.columns.fields(&pair.label);
            texts.push(pair.rates.len().to_string());
            for compared in [pair.whole(), pair.kernel()] {
                texts.extend(compared.map_or(Default::default(), Comparison::fields));
            }
            texts.push(pair.same_steps().to_string());
            rows.rows.push(texts);
        }
        rows
    }

    fn header(&self) -> (Vec<String>, Vec<usize>) {
        let (mut names, mut widths) = self.columns.header();
        names.extend(SHOWN.iter().map(|(name, _)| name.to_string()));
        widths.extend(SHOWN.iter().map(|(_, width)| *width));
        (names, widths)
    }

    fn cells(&self, pair: &Pair) -> Vec<String> {
        let mut cells = self.columns.cells(&pair.label);
        for compared in [pair.whole(), pair.kernel()] {
            cells.extend(compared.map_or(["–", "–", "–"].map(String::from), Comparison::cells));
        }
        cells
    }

    /// The first line of the table for a terminal.
    pub fn text_header(&self) -> String {
        let (names, widths) = self.header();
        padded(&names, &widths)
    }

    /// Rows for a terminal.
    pub fn text_rows(&self, pairs: &[Pair]) -> String {
        let (_, widths) = self.header();
        pairs.iter().map(|pair| padded(&self.cells(pair), &widths)).collect()
    }

    /// Table in Markdown.
    pub fn markdown(&self) -> String {
        let rows: Vec<Vec<String>> = self.pairs.iter().map(|pair| self.cells(pair)).collect();
        let notes: Vec<String> = self.notes().into_iter().map(|note| format!("\n{note}\n")).collect();
        layout::markdown(&self.header().0, &rows) + &notes.concat()
    }

    /// What stands below the table: what its numbers are, what should not be relied on, and what is missing.
    pub fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if let Some(pair) = self.pairs.first() {
            notes.push(format!(
                "{} steps a run, medians of {} of measurements; ratio = this / other, in brackets its middle half.",
                pair.label.steps,
                counted(pair.rates.len() as u64, "pair")
            ));
        }
        let rows = self.pairs.len();
        let wide: Vec<f64> = self.pairs.iter().map(Pair::spread).filter(|x| *x > spread::LARGEST).collect();
        if let Some(worst) = wide.iter().copied().max_by(f64::total_cmp) {
            notes.push(format!(
                "Ratios spread by more than {} in {} of {rows} rows, by up to {}: the machine had something else to \
                 do; measure these again, or with more --repeat.",
                percent(spread::LARGEST),
                wide.len(),
                percent(worst)
            ));
        }
        let differ = self.pairs.iter().filter(|pair| !pair.same_steps()).count();
        if differ > 0 {
            notes.push(format!("The programs take different numbers of steps in {differ} of {rows} rows."));
        }
        notes.extend(self.left_out.iter().map(|reason| format!("Left out: {reason}.")));
        notes
    }
}
