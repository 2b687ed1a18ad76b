//! The state of a landscape file: its blocks, and numbers that are given for a whole state.

use super::File;
use crate::expression::{Node, Operation};
use crate::landscape::{Block, BlockStart, Values};
use crate::models::file::declared::{Declaration, Declared, Law};
use crate::models::file::source::Fault;
use crate::models::file::trace;
use crate::models::file::value::{Array, Number, array, described, node};
use starlark::values::dict::DictRef;
use starlark::values::structs::AllocStruct;
use starlark::values::{Value, ValueLike};

/// Most numbers of a state.
const MOST_WEIGHTS: usize = 4096;

/// A block of the state, and what the file sees of it.
pub(super) struct Named {
    pub(super) block: Block,
    pub(super) is_matrix: bool,
    is_scalar: bool,
}

impl std::ops::Deref for Named {
    type Target = Block;

    fn deref(&self) -> &Block {
        &self.block
    }
}

impl<'v> File<'v, '_, '_, '_> {
    /// The blocks of the state.
    pub(super) fn blocks(&mut self, p: Value<'v>, values: &Values) -> Result<Vec<Named>, Fault> {
        let example = "return {\"w\": gaussian([p.n])}";
        let given = self.called("state", &[p])?.unwrap_or_default();
        let Some(entries) = DictRef::from_value(given) else {
            return Err(self.fault("state", format!("state gives {}", described(given)), example));
        };
        let mut blocks = Vec::new();
        for (key, value) in entries.iter() {
            let name = key.unpack_str().unwrap_or_default().to_string();
            let mut letters = name.chars();
            let is_name = letters.next().is_some_and(|c| c.is_ascii_alphabetic())
                && letters.all(|c| c.is_ascii_alphanumeric() || c == '_');
            if !is_name {
                let problem = format!("a block is called {}", described(key));
                return Err(self.fault("state", problem, "give it a name of letters, digits and _"));
            }
            let Some(Declared(Declaration::Block(shape))) = value.downcast_ref::<Declared>() else {
                return Err(self.fault("state", format!("block {name} is {}", described(value)), example));
            };
            let (rows, columns) = (shape.rows.unwrap_or(1), shape.columns.unwrap_or(1));
            let start = self.start(&name, &shape.start, rows * columns, values)?;
            blocks.push(Named {
                block: Block { name, rows, columns, start },
                is_matrix: shape.rows.is_some(),
                is_scalar: shape.columns.is_none(),
            });
        }
        let weights: usize = blocks.iter().map(|block| block.len()).sum();
        if weights == 0 || weights > MOST_WEIGHTS {
            let problem = format!("the state has {weights} numbers, not 1 to {MOST_WEIGHTS}");
            return Err(self.fault("state", problem, "change the shapes of its blocks"));
        }
        Ok(blocks)
    }

    fn start(&self, name: &str, law: &Law, numbers: usize, values: &Values) -> Result<BlockStart, Fault> {
        let parameter = match law {
            Law::Known(start) => return Ok(start.clone()),
            Law::RowsOf(parameter) => parameter,
        };
        let Some(points) = values.points(parameter) else {
            let problem = format!("block {name} starts with rows of p.{parameter}, which is no file of points here");
            return Err(self.fault("state", problem, "give the parameter a file"));
        };
        if points.width() != numbers {
            let problem = format!("block {name} has {numbers} numbers, a row of {points} has {}", points.width());
            return Err(self.fault("state", problem, "give a file whose points fit the block"));
        }
        Ok(BlockStart::Rows(points.clone()))
    }

    /// The state as the file sees it.
    pub(super) fn state(&self, blocks: &[Named]) -> Result<Value<'v>, Fault> {
        let heap = self.evaluator.heap();
        let mut first = 0;
        let mut fields: Vec<(&str, Value<'v>)> = Vec::new();
        for block in blocks {
            let range = first..first + block.len() as u32;
            first = range.end;
            let nodes: Result<Vec<Node>, _> = trace::make(|graph| range.map(|at| graph.state(at)).collect());
            let nodes = nodes.map_err(|error| self.fault("state", error.to_string(), "make it smaller"))?;
            let value = match (block.is_matrix, block.is_scalar) {
                (true, _) => heap.alloc(Array::matrix(block.rows, block.columns, nodes)),
                (_, true) => heap.alloc(Number(nodes[0])),
                _ => heap.alloc(Array::vector(nodes)),
            };
            fields.push((&block.name, value));
        }
        Ok(heap.alloc(AllocStruct(fields)))
    }

    /// Numbers for a whole state, given block by block as a dictionary, or as the only block; `None` where nothing is
    /// given.
    pub(super) fn field(&self, of: &str, given: Value<'v>, blocks: &[Named]) -> Result<Vec<Option<Node>>, Fault> {
        let one = |block: &Named, value: Value<'v>| {
            let what = format!("the part of {}", block.name);
            let nodes = match block.is_scalar {
                true => node(value, &what).map(|node| vec![node]),
                false => array(value, &what).map(|array| array.nodes),
            };
            let nodes = nodes.map_err(|error| self.of_error(of, &error))?;
            if nodes.len() != block.len() {
                let problem = format!("{what} has {} numbers, not {}", nodes.len(), block.len());
                return Err(self.fault(of, problem, "give as many as the block has"));
            }
            Ok(nodes)
        };
        let Some(parts) = DictRef::from_value(given) else {
            let [block] = blocks else {
                let problem = format!("{} for a state of several blocks", described(given));
                return Err(self.fault(of, problem, "write {\"block\": numbers}"));
            };
            return Ok(one(block, given)?.into_iter().map(Some).collect());
        };
        let mut nodes = vec![None; blocks.iter().map(|block| block.len()).sum()];
        for (key, value) in parts.iter() {
            let name = key.unpack_str().unwrap_or_default();
            let at = self.block(of, name, blocks)?;
            let first: usize = blocks[..at].iter().map(|block| block.len()).sum();
            for (place, node) in nodes[first..].iter_mut().zip(one(&blocks[at], value)?) {
                *place = Some(node);
            }
        }
        Ok(nodes)
    }

    /// Position of a block by its name.
    pub(super) fn block(&self, of: &str, name: &str, blocks: &[Named]) -> Result<usize, Fault> {
        blocks.iter().position(|block| block.name == name).ok_or_else(|| {
            let known = blocks.iter().map(|block| block.name.as_str()).collect::<Vec<_>>().join(", ");
            self.fault(of, format!("there is no block {name:?} of the state"), format!("there are {known}"))
        })
    }

    /// The same for a field of one block, whose numbers tell where it stands in the state.
    pub(super) fn field_of_block(
        &self,
        block: Value<'v>,
        turned: Value<'v>,
        blocks: &[Named],
    ) -> Result<Vec<Option<Node>>, Fault> {
        let wrong = |error| self.of_error("flat", &error);
        let (block, turned) = (array(block, "the block").map_err(wrong)?, array(turned, "the field").map_err(wrong)?);
        let mut nodes = vec![None; blocks.iter().map(|block| block.len()).sum()];
        for (own, node) in block.nodes.iter().zip(turned.nodes) {
            let component = trace::make(|graph| match graph.operation(*own) {
                Some(Operation::State(component)) => Some(component as usize),
                _ => None,
            });
            let place = component.ok().flatten().and_then(|at| nodes.get_mut(at)).ok_or_else(|| {
                self.fault("flat", "a field of numbers that are computed", "name numbers of the state")
            })?;
            *place = Some(node);
        }
        Ok(nodes)
    }
}
