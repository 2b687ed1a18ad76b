//! Reading a landscape file: what it declares, and the cell of given values.

mod state;

use super::declared::{Change, Declaration, Declared};
use super::source::{Fault, Source};
use super::trace;
use super::value::{Array, Number, Operand, described, node, plain};
use super::{arithmetic, declared, kernels, operators, shapes};
use crate::expression::{Graph, Node};
use crate::landscape::text::{kept, nearest};
use crate::landscape::{Exchange, Goal, Parameter, Prediction, Value as Given, Values, Written};
use starlark::environment::{Globals, GlobalsBuilder, Module};
use starlark::eval::Evaluator;
use starlark::values::dict::DictRef;
use starlark::values::list::ListRef;
use starlark::values::structs::AllocStruct;
use starlark::values::tuple::TupleRef;
use starlark::values::{Value, ValueLike};
use state::Named;
use std::sync::{Arc, LazyLock};

/// Most operations of the expressions of a cell.
pub(super) const MOST_NODES: usize = 60_000;
/// Most steps of a loop or calls of functions of a file, all together.
const MOST_STEPS: u64 = 5_000_000;
/// Most bytes that values of a file may take.
const MOST_MEMORY: usize = 512 << 20;
/// Deepest chain of calls.
const DEEPEST_CALLS: usize = 100;
/// Room for the interpreter, which descends into expressions; only what is used is taken.
const STACK: usize = 256 << 20;

/// What a file can say.
const NAMES: &[&str] = &["parameters", "state", "loss", "outcome", "symmetry", "flat", "observables", "theory", "step"];

static GLOBALS: LazyLock<Globals> = LazyLock::new(|| {
    let builder = GlobalsBuilder::standard();
    let builder =
        builder.with(operators::operators).with(arithmetic::arithmetic).with(shapes::shapes).with(kernels::kernels);
    builder.with(declared::declarations).build()
});

/// A file under evaluation.
struct File<'v, 'a, 'e, 's> {
    source: &'s Source,
    evaluator: Evaluator<'v, 'a, 'e>,
}

/// What is read of a file's top: its parameters.
pub(super) fn parameters(source: &Source) -> Result<Vec<Parameter>, Fault> {
    let (parameters, _) = evaluate(source, |file| file.parameters())?;
    Ok(parameters)
}

/// The cell of given values.
pub(super) fn cell(source: &Source, values: &Values) -> Result<Written, Fault> {
    let (parts, graph) = evaluate(source, |file| file.cell(values))?;
    Ok(Written { graph: Arc::new(graph), ..parts })
}

/// Evaluates a file on a thread of its own, with room for deep expressions.
fn evaluate<T: Send>(
    source: &Source,
    work: impl for<'v, 'a, 'e> FnOnce(&mut File<'v, 'a, 'e, '_>) -> Result<T, Fault> + Send,
) -> Result<(T, Graph), Fault> {
    let here = || {
        let (result, graph) = trace::with_graph(MOST_NODES, || {
            Module::with_temp_heap(|module| {
                let module_ast = source.module()?;
                let mut evaluator = Evaluator::new(&module);
                limit(&mut evaluator)?;
                let pi = trace::make(Graph::pi).map_err(|error| Fault::new(error.to_string(), "see the manual"))?;
                module.set("pi", module.heap().alloc(Number(pi)));
                evaluator.eval_module(module_ast, &GLOBALS).map_err(|error| source.fault(&error))?;
                work(&mut File { source, evaluator })
            })
        });
        Ok((result?, graph))
    };
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, here);
        let thread = thread.map_err(|error| Fault::new(format!("no thread to read it ({error})"), "free memory"))?;
        let broken = |_| Fault::new("the interpreter broke off", "simplify the file, and report it");
        thread.join().map_err(broken)?
    })
}

/// What a file may take.
fn limit(evaluator: &mut Evaluator<'_, '_, '_>) -> Result<(), Fault> {
    let set = evaluator
        .set_max_callstack_size(DEEPEST_CALLS)
        .and_then(|()| evaluator.set_max_tick_count(MOST_STEPS))
        .and_then(|()| evaluator.set_max_heap_size(MOST_MEMORY));
    set.map_err(|error| Fault::new(error.to_string(), "report it"))
}

impl<'v> File<'v, '_, '_, '_> {
    /// What the file calls so, if it does.
    fn get(&self, name: &str) -> Option<Value<'v>> {
        self.evaluator.module().get(name)
    }

    /// The same with the remedy where it must be there.
    fn needed(&self, name: &str, example: &str) -> Result<Value<'v>, Fault> {
        self.get(name).ok_or_else(|| {
            let close = self.evaluator.module().names().map(|known| known.as_str().to_string()).collect::<Vec<_>>();
            let close = close.iter().map(String::as_str).filter(|known| !NAMES.contains(known));
            let remedy = match nearest(name, close) {
                Some(meant) => format!("rename {meant}, or write {example}"),
                None => format!("write {example}"),
            };
            Fault::new(format!("there is no {name}"), remedy)
        })
    }

    /// A fault at the definition of a name.
    fn fault(&self, name: &str, problem: impl Into<String>, remedy: impl Into<String>) -> Fault {
        Fault { place: self.source.definition(name), problem: problem.into(), remedy: remedy.into() }
    }

    /// The same from an error whose text has both parts.
    fn of_error(&self, name: &str, error: &starlark::Error) -> Fault {
        let fault = self.source.fault(error);
        Fault { place: fault.place.or_else(|| self.source.definition(name)), ..fault }
    }

    /// A value that a file gives as such or as a function of some arguments.
    fn called(&mut self, name: &str, arguments: &[Value<'v>]) -> Result<Option<Value<'v>>, Fault> {
        let Some(value) = self.get(name) else { return Ok(None) };
        if value.get_type() != "function" {
            return Ok(Some(value));
        }
        let made = self.evaluator.eval_function(value, arguments, &[]);
        made.map(Some).map_err(|error| self.of_error(name, &error))
    }

    fn parameters(&self) -> Result<Vec<Parameter>, Fault> {
        self.needed("loss", "def loss(w, p): … return a number")?;
        self.needed("state", "def state(p): return {\"w\": gaussian([p.n])}")?;
        let Some(given) = self.get("parameters") else { return Ok(Vec::new()) };
        let example = "write parameters = {\"n\": whole(10, 1, 100, \"meaning\")}";
        let Some(entries) = DictRef::from_value(given) else {
            return Err(self.fault("parameters", format!("parameters is {}", described(given)), example));
        };
        let mut parameters: Vec<Parameter> = Vec::new();
        for (key, value) in entries.iter() {
            let name = key.unpack_str().unwrap_or_default();
            let is_name = name.starts_with(|c: char| c.is_ascii_lowercase())
                && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
            if !is_name {
                let problem = format!("a parameter is called {}", described(key));
                return Err(self.fault("parameters", problem, "give it a name of small letters, digits and _"));
            }
            let Some(Declared(Declaration::Parameter(parameter))) = value.downcast_ref::<Declared>() else {
                return Err(self.fault("parameters", format!("parameter {name} is {}", described(value)), example));
            };
            parameters.push(Parameter { name: kept(name), ..*parameter });
        }
        for parameter in &parameters {
            if let crate::landscape::Kind::Relative { base, .. } = parameter.kind
                && !parameters.iter().any(|p| p.name == base && matches!(p.kind, crate::landscape::Kind::Integer(..)))
            {
                let problem = format!("the default of {} names {base}, which is no whole parameter", parameter.name);
                return Err(self.fault("parameters", problem, "give a number, or the name of a whole parameter"));
            }
        }
        Ok(parameters)
    }

    /// The values of a cell as the file sees them.
    fn values(&self, values: &Values) -> Result<Value<'v>, Fault> {
        let heap = self.evaluator.heap();
        let mut fields: Vec<(&'static str, Value<'v>)> = Vec::new();
        for (name, value) in values.iter() {
            let value = match values.absolute(value) {
                Given::Integer(i) => heap.alloc(i),
                Given::Real(x) => heap.alloc(x),
                Given::Choice(text) => heap.alloc(text.as_str()),
                Given::Points(None) | Given::Above(..) => Value::new_none(),
                Given::Points(Some(points)) => {
                    let numbers = (0..points.count()).flat_map(|i| points.point(i).to_vec());
                    let nodes = trace::make(|graph| numbers.map(|x| graph.constant(x)).collect());
                    let nodes = nodes.map_err(|error| {
                        let problem = format!("params.{name}: {error}");
                        Fault::new(problem, "use a file of fewer points")
                    })?;
                    heap.alloc(Array::matrix(points.count(), points.width(), nodes))
                }
            };
            fields.push((name, value));
        }
        Ok(heap.alloc(AllocStruct(fields)))
    }

    fn cell(&mut self, values: &Values) -> Result<Written, Fault> {
        let p = self.values(values)?;
        let blocks = self.blocks(p, values)?;
        let w = self.state(&blocks)?;
        let loss = self.needed("loss", "def loss(w, p): … return a number")?;
        let value = self.evaluator.eval_function(loss, &[w, p], &[]).map_err(|error| self.of_error("loss", &error))?;
        let loss = node(value, "what loss returns").map_err(|error| self.of_error("loss", &error))?;
        let reads = trace::make(|graph| graph.reads(&[loss])).ok().and_then(Result::ok).unwrap_or(0);
        if reads == 0 {
            let remedy = "compute it from w, the first argument";
            return Err(self.fault("loss", "the loss does not depend on the state", remedy));
        }
        let goal = self.goal(p, &blocks)?;
        let symmetries = self.symmetries(p, &blocks)?;
        let flat = self.flat(w, p, &blocks)?;
        let observables = self.observables(w, p)?;
        let theory = self.theory(p)?;
        let step = self.called("step", &[p])?.filter(|step| !step.is_none());
        let step = step.map(|step| plain(step, "the step")).transpose().map_err(|e| self.of_error("step", &e))?;
        if let Some(step) = step.filter(|step| *step <= 0.0) {
            return Err(self.fault("step", format!("the step is {step}"), "return a number greater than 0"));
        }
        let blocks = blocks.into_iter().map(|named| named.block).collect();
        // The graph is put in its place once it is whole.
        let graph = Arc::new(Graph::new(0));
        Ok(Written { graph, loss, blocks, goal, step, symmetries, flat, observables, theory })
    }

    /// What a minimum is compared with.
    fn goal(&mut self, p: Value<'v>, blocks: &[Named]) -> Result<Goal, Fault> {
        let example = "write outcome = 0.0 (the least loss), or a function of p that gives it, or known minima";
        let Some(given) = self.called("outcome", &[p])? else {
            return Err(Fault::new("there is no outcome", example));
        };
        match given.unpack_str() {
            Some("curvature") => return Ok(Goal::Unknown),
            Some(text) => return Err(self.fault("outcome", format!("outcome is {text:?}"), example)),
            None => {}
        }
        if Operand::of(given).is_some_and(|x| !matches!(x, Operand::Array(_))) {
            return plain(given, "the least loss").map(Goal::Least).map_err(|error| self.of_error("outcome", &error));
        }
        let Some(list) = ListRef::from_value(given).filter(|list| !list.is_empty()) else {
            return Err(self.fault("outcome", format!("outcome is {}", described(given)), example));
        };
        let points = list.iter().map(|point| {
            let nodes = self.field("outcome", point, blocks)?;
            let values = nodes.into_iter().map(|node| node.map_or(Some(0.0), trace::value));
            let values: Option<Vec<f64>> = values.collect();
            values.filter(|point| point.iter().all(|x| x.is_finite())).ok_or_else(|| {
                self.fault("outcome", "a minimum has numbers that are not known or not finite", "give finite numbers")
            })
        });
        points.collect::<Result<_, _>>().map(Goal::Minima)
    }

    fn symmetries(&mut self, p: Value<'v>, blocks: &[Named]) -> Result<Vec<Exchange>, Fault> {
        let Some(given) = self.called("symmetry", &[p])? else { return Ok(Vec::new()) };
        let example = "write symmetry = [permute_rows(\"w\")]";
        let Some(list) = ListRef::from_value(given) else {
            return Err(self.fault("symmetry", format!("symmetry is {}", described(given)), example));
        };
        let mut symmetries = Vec::new();
        for item in list.iter() {
            let Some(Declared(Declaration::Symmetry(change, names))) = item.downcast_ref::<Declared>() else {
                return Err(self.fault("symmetry", format!("a symmetry is {}", described(item)), example));
            };
            let places = names.iter().map(|name| self.block("symmetry", name, blocks));
            let places: Vec<usize> = places.collect::<Result<_, _>>()?;
            // A matrix of one row has nothing to permute, and its row's sign is that of all its numbers.
            let single = places.iter().any(|at| blocks[*at].is_matrix && blocks[*at].rows == 1);
            match change {
                Change::Rows if single => {}
                Change::RowSigns if single => symmetries.push(Exchange::Sign(places)),
                Change::Rows => symmetries.push(Exchange::Rows(places)),
                Change::Sign => symmetries.push(Exchange::Sign(places)),
                Change::RowSigns => symmetries.push(Exchange::RowSigns(places)),
                Change::Columns => symmetries.extend(places.into_iter().map(Exchange::Columns)),
                Change::ColumnSigns => symmetries.extend(places.into_iter().map(Exchange::ColumnSigns)),
            }
        }
        Ok(symmetries)
    }

    /// Vector fields along which the loss is constant, with the names of their symmetries.
    fn flat(&mut self, w: Value<'v>, p: Value<'v>, blocks: &[Named]) -> Result<Vec<(String, Vec<Node>)>, Fault> {
        let Some(given) = self.called("flat", &[w, p])? else { return Ok(Vec::new()) };
        let mut named: Vec<(String, Value<'v>)> = Vec::new();
        let is_field = |value: Value<'v>| TupleRef::from_value(value).is_some();
        match (DictRef::from_value(given), ListRef::from_value(given)) {
            (Some(entries), _) => {
                for (key, value) in entries.iter() {
                    let name = key.unpack_str().unwrap_or("symmetry").to_string();
                    match ListRef::from_value(value) {
                        Some(list) => named.extend(list.iter().map(|field| (name.clone(), field))),
                        None => named.push((name, value)),
                    }
                }
            }
            (_, Some(list)) => {
                let name = |field| if is_field(field) { "rotation" } else { "symmetry" };
                named.extend(list.iter().map(|field| (name(field).to_string(), field)));
            }
            _ => {
                let problem = format!("flat gives {}", described(given));
                return Err(self.fault("flat", problem, "return [{\"block\": direction}], or rotations(w.block)"));
            }
        }
        let zero = trace::make(|graph| graph.constant(0.0));
        let zero = zero.map_err(|error| self.fault("flat", error.to_string(), "name fewer directions"))?;
        let mut fields = Vec::new();
        for (name, field) in named {
            // A field of a block: where it stands in the state is told by the block's own numbers.
            let nodes = match TupleRef::from_value(field).map(|pair| pair.content().to_vec()).as_deref() {
                Some([block, turned]) => self.field_of_block(*block, *turned, blocks)?,
                _ => self.field("flat", field, blocks)?,
            };
            fields.push((name, nodes.into_iter().map(|node| node.unwrap_or(zero)).collect()));
        }
        Ok(fields)
    }

    fn observables(&mut self, w: Value<'v>, p: Value<'v>) -> Result<Vec<(String, String, Node)>, Fault> {
        let Some(given) = self.called("observables", &[w, p])? else { return Ok(Vec::new()) };
        let Some(entries) = DictRef::from_value(given) else {
            let problem = format!("observables gives {}", described(given));
            return Err(self.fault(
                "observables",
                problem,
                "return {\"name\": number}, or {\"name\": (number, label)}",
            ));
        };
        let mut observables = Vec::new();
        for (key, value) in entries.iter() {
            let name = key.unpack_str().unwrap_or_default().to_string();
            let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
            if !is_name || ["loss", "grad_norm", "step"].contains(&name.as_str()) {
                let problem = format!("an observable is called {}", described(key));
                return Err(self.fault("observables", problem, "give it another name, of letters, digits and _"));
            }
            let (value, label) = match TupleRef::from_value(value).map(|pair| pair.content().to_vec()).as_deref() {
                Some([value, label]) => (*value, label.unpack_str().unwrap_or(&name).to_string()),
                _ => (value, name.clone()),
            };
            let node = node(value, &format!("the observable {name}"));
            observables.push((name, label, node.map_err(|error| self.of_error("observables", &error))?));
        }
        Ok(observables)
    }

    fn theory(&mut self, p: Value<'v>) -> Result<Vec<Prediction>, Fault> {
        let Some(given) = self.called("theory", &[p])? else { return Ok(Vec::new()) };
        let example = "return {\"success\": success(1.0), \"q_c\": number(2.5, \"meaning\")}";
        let Some(entries) = DictRef::from_value(given) else {
            return Err(self.fault("theory", format!("theory gives {}", described(given)), example));
        };
        let mut theory = Vec::new();
        for (key, value) in entries.iter() {
            let name = key.unpack_str().unwrap_or_default();
            let Some(Declared(Declaration::Theory(prediction))) = value.downcast_ref::<Declared>() else {
                return Err(self.fault("theory", format!("{name} is {}", described(value)), example));
            };
            let chance = prediction.value.filter(|_| prediction.is_success);
            if let Some(value) = chance.filter(|value| !(0.0..=1.0).contains(value)) {
                return Err(self.fault("theory", format!("{name} = {value} is no probability"), "give 0 to 1"));
            }
            theory.push(Prediction { name: kept(name), ..prediction.clone() });
        }
        Ok(theory)
    }
}
