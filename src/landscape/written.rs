//! A landscape whose loss is written as a graph of operations, by whoever reads it from somewhere: what such a
//! landscape consists of, and its [`proof`]s.

pub mod proof;

mod curvature;
mod exchange;
mod flat;
mod kink;
mod loss;
mod observed;
mod problem;
mod refused;
mod scale;
mod starts;

use super::{Points, Prediction};
use crate::expression::{Graph, Node};
use std::sync::Arc;

/// A cell whose loss is a graph, and what is known of it.
#[derive(Clone, Debug)]
pub struct Written {
    /// The expressions, over the real numbers.
    pub graph: Arc<Graph>,
    /// The loss.
    pub loss: Node,
    /// The state, block after block.
    pub blocks: Vec<Block>,
    /// How the minima that a run finds are told apart.
    pub goal: Goal,
    /// The step size of `auto`, where the landscape has a rule of its own.
    pub step: Option<f64>,
    /// Changes of the state that keep the loss.
    pub symmetries: Vec<Exchange>,
    /// Vector fields along which a symmetry keeps the loss constant: the name of the symmetry, and of each field as
    /// many nodes as the state has numbers.
    pub flat: Vec<(String, Vec<Node>)>,
    /// What is worth knowing of a state: name, label with symbol, and the number.
    pub observables: Vec<(String, String, Node)>,
    /// What theory says about the cell.
    pub theory: Vec<Prediction>,
}

/// A named part of the state: a scalar, a vector or a matrix.
#[derive(Clone, Debug)]
pub struct Block {
    /// Name.
    pub name: String,
    /// Rows; 1 for a vector or a scalar.
    pub rows: usize,
    /// Numbers in a row.
    pub columns: usize,
    /// Law of its start.
    pub start: BlockStart,
}

/// Law by which the start of a block is drawn, apart from the others.
#[derive(Clone, Debug, PartialEq)]
pub enum BlockStart {
    /// Independent normal numbers of mean 0 and this standard deviation.
    Gaussian(f64),
    /// Uniform on the sphere of this radius, all numbers of the block together.
    Sphere(f64),
    /// Uniform in the ball of this radius, all numbers of the block together.
    Ball(f64),
    /// Independent numbers, uniform between two bounds.
    Uniform(f64, f64),
    /// Always these numbers.
    Constant(Vec<f64>),
    /// A point of a file, drawn uniformly.
    Rows(Points),
}

/// What a minimum is compared with.
#[derive(Clone, Debug, PartialEq)]
pub enum Goal {
    /// The least loss is known.
    Least(f64),
    /// Global minima are known, points of the state; their loss is the least one.
    Minima(Vec<Vec<f64>>),
    /// Nothing is known: minima are told apart by their families alone.
    Unknown,
}

/// Changes of the state that keep the loss.
#[derive(Clone, Debug, PartialEq)]
pub enum Exchange {
    /// The rows of these blocks (positions in the list of blocks) may be permuted, all blocks in the same way; a vector
    /// counts as a column, one number for each row.
    Rows(Vec<usize>),
    /// The columns of this block may be permuted.
    Columns(usize),
    /// All numbers of these blocks may change their sign together.
    Sign(Vec<usize>),
    /// Each row of these blocks may change its sign, in all blocks together; a vector counts as a column.
    RowSigns(Vec<usize>),
    /// Each column of this block may change its sign.
    ColumnSigns(usize),
}

impl Block {
    /// Its numbers.
    pub fn len(&self) -> usize {
        self.rows * self.columns
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Written {
    /// Numbers in a state.
    pub fn dim(&self) -> usize {
        self.blocks.iter().map(Block::len).sum()
    }
}
