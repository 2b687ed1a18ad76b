//! The text of a landscape file as the language takes it.
//!
//! The file is Starlark, a dialect of Python without files, clocks and unbounded loops. What its interpreter leaves to
//! values, such as `1 − x`, where the number on the left does not know the one on the right, or whether `x < y` holds,
//! goes to functions of our own instead: operators are exchanged in the parsed text by the interpreter's own means, and
//! what it has none for is written differently before it is parsed: `a -= b` as `a = a - (b)`, `m[i, j]` as `m[i][j]`,
//! `if c` as `if operator_truth(c)`. Places in messages are those of the file.

use super::operators::OPERATORS;
use starlark::codemap::{FileSpan, Span};
use starlark::syntax::ast::{
    AssignOp, AssignTarget, AstExpr, AstLiteral, AstNoPayload, AstStmt, BinOp, ClauseP, Expr, Stmt,
};
use starlark::syntax::{AstModule, Dialect};
use std::collections::HashMap;

/// Most bytes of a file.
pub(super) const MOST_BYTES: usize = 128 << 10;
/// Deepest nesting of brackets.
const DEEPEST: usize = 100;
/// Name of the function that a condition is handed to.
pub(super) const TRUTH: &str = "operator_truth";

/// A line and a column, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Line.
    pub line: usize,
    /// Column, in characters.
    pub column: usize,
}

/// What is wrong with a file.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{}; {remedy}", self.located())]
pub struct Fault {
    /// Where, if it is somewhere.
    pub place: Option<Place>,
    /// What is wrong.
    pub problem: String,
    /// What to do.
    pub remedy: String,
}

impl Fault {
    /// What is wrong, with its place.
    pub fn located(&self) -> String {
        match self.place {
            Some(Place { line, column }) => format!("line {line}, column {column}: {}", self.problem),
            None => self.problem.clone(),
        }
    }

    /// Something that is wrong with the file as a whole.
    pub(super) fn new(problem: impl Into<String>, remedy: impl Into<String>) -> Self {
        Fault { place: None, problem: problem.into(), remedy: remedy.into() }
    }

    fn at(self, place: Place) -> Self {
        Fault { place: Some(place), ..self }
    }
}

/// A part of the text that is replaced.
struct Edit {
    from: usize,
    to: usize,
    by: String,
}

/// The text that the interpreter is given, and where its parts come from.
pub(super) struct Source {
    /// The file's text.
    original: String,
    /// The interpreter's.
    text: String,
    /// Offsets in the interpreter's text and in the file's at which equal parts begin, rising.
    parts: Vec<(usize, usize)>,
    /// What the file and its functions say of themselves.
    pub(super) docstrings: Docstrings,
}

const DIALECT: Dialect = Dialect {
    enable_def: true,
    enable_lambda: true,
    enable_load: false,
    enable_keyword_only_arguments: false,
    enable_positional_only_arguments: false,
    enable_load_reexport: false,
    enable_top_level_stmt: true,
    enable_f_strings: false,
    ..Dialect::Standard
};

impl Source {
    /// Parses a file's text.
    ///
    /// # Errors
    /// It is too long, or not in the language.
    pub(super) fn new(original: &str) -> Result<Self, Fault> {
        if original.len() > MOST_BYTES {
            let problem = format!("the file has {} bytes, more than {MOST_BYTES}", original.len());
            return Err(Fault::new(problem, "put numbers into a file of points"));
        }
        let docstrings = Docstrings::default();
        let plain = Source { original: original.into(), text: original.into(), parts: vec![(0, 0)], docstrings };
        if let Some(at) = too_deep(original) {
            let fault = Fault::new(format!("brackets are nested more than {DEEPEST} deep"), "name parts of it");
            return Err(fault.at(plain.place(at)));
        }
        let parsed = plain.parse()?;
        let mut edits = Vec::new();
        rewrite_statement(parsed.statement(), original, &mut edits);
        // Stable: of two that begin at the same place the outer was found first.
        edits.sort_by_key(|edit: &Edit| edit.from);
        let (mut text, mut parts, mut at) = (String::new(), vec![(0, 0)], 0);
        for edit in edits {
            text.push_str(original.get(at..edit.from).unwrap_or_default());
            text.push_str(&edit.by);
            at = edit.to;
            parts.push((text.len(), at));
        }
        text.push_str(original.get(at..).unwrap_or_default());
        Ok(Source { original: original.into(), text, parts, docstrings: Docstrings::of(parsed.statement()) })
    }

    fn parse(&self) -> Result<AstModule, Fault> {
        AstModule::parse("landscape", self.text.clone(), &DIALECT).map_err(|error| self.fault(&error))
    }

    /// The parsed text with operators that go to our functions.
    ///
    /// # Errors
    /// As [`Source::new`].
    pub(super) fn module(&self) -> Result<AstModule, Fault> {
        let mut module = self.parse()?;
        let operators: HashMap<String, String> =
            OPERATORS.iter().map(|(sign, name)| ((*sign).into(), (*name).into())).collect();
        module.replace_binary_operators(&operators);
        Ok(module)
    }

    /// Where a name of the file's top is defined.
    pub(super) fn definition(&self, name: &str) -> Option<Place> {
        let module = self.parse().ok()?;
        let Stmt::Statements(statements) = &module.statement().node else { return None };
        let defines = |statement: &&AstStmt| match &statement.node {
            Stmt::Def(def) => def.name.node.ident == name,
            Stmt::Assign(assign) => {
                matches!(&assign.lhs.node, AssignTarget::Identifier(target) if target.node.ident == name)
            }
            _ => false,
        };
        let statement = statements.iter().find(defines)?;
        Some(self.place(range(statement.span).0))
    }

    /// Where in the file an offset of the interpreter's text lies.
    fn place(&self, offset: usize) -> Place {
        let part = self.parts.partition_point(|(new, _)| *new <= offset).saturating_sub(1);
        let (new, old) = self.parts[part];
        let next = self.parts.get(part + 1).map_or(self.original.len(), |(_, old)| *old);
        let at = (old + (offset - new)).min(next).min(self.original.len());
        let before = &self.original.as_bytes()[..at];
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |i| i + 1);
        Place { line, column: String::from_utf8_lossy(&before[start..]).chars().count() + 1 }
    }

    fn place_of(&self, span: &FileSpan) -> Place {
        self.place(span.span.begin().get() as usize)
    }

    /// An error of the interpreter, in the terms of the file.
    pub(super) fn fault(&self, error: &starlark::Error) -> Fault {
        let said = format!("{}", error.without_diagnostic());
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        let place = error.span().map(|span| self.place_of(span));
        let line = place.and_then(|place| self.original.lines().nth(place.line - 1)).unwrap_or_default();
        let (problem, remedy) = explained(&said, line);
        Fault { place, problem, remedy }
    }
}

/// What files and functions say of themselves.
#[derive(Debug, Default)]
pub(super) struct Docstrings {
    pub(super) file: Option<String>,
    pub(super) functions: HashMap<String, String>,
}

impl Docstrings {
    /// The first statement of the file, and of each of its functions, where it is a text.
    fn of(file: &AstStmt) -> Self {
        let Stmt::Statements(statements) = &file.node else { return Docstrings::default() };
        let function = |statement: &AstStmt| match &statement.node {
            Stmt::Def(def) => {
                let first = match &def.body.node {
                    Stmt::Statements(body) => body.first().and_then(docstring),
                    _ => docstring(&def.body),
                };
                first.map(|text| (def.name.node.ident.clone(), text))
            }
            _ => None,
        };
        let functions = statements.iter().filter_map(function).collect();
        Docstrings { file: statements.first().and_then(docstring), functions }
    }
}

fn docstring(statement: &AstStmt) -> Option<String> {
    let Stmt::Expression(expression) = &statement.node else { return None };
    match &expression.node {
        Expr::Literal(AstLiteral::String(text)) => Some(text.node.clone()),
        _ => None,
    }
}

/// What the interpreter says, with what to do.
fn explained(said: &str, line: &str) -> (String, String) {
    // Messages of ours have both parts.
    if let Some((problem, remedy)) = said.rsplit_once("; ") {
        return (problem.into(), remedy.into());
    }
    let remedy = [
        ("Parse error", "**", "write pow(x, n) for a power"),
        ("Parse error", "import", "there is nothing to import: sqrt, exp, dot and the others are there"),
        ("Parse error", "class", "there are no classes; write functions"),
        ("Parse error", "while", "write for … in range(…): a file cannot loop for ever"),
        ("Parse error", "f\"", "write \"{}\".format(x)"),
        ("Parse error", "", "correct the syntax, which is that of Python"),
        ("stack overflow", "", "do not let a function call itself"),
        ("stack size", "", "do not let a function call itself"),
        ("duration limit", "", "take fewer steps: write sums of vectors with dot and sum"),
        ("more operations", "", "write a smaller loss"),
        ("Variable", "", "define it, or correct its name"),
        ("has no attribute", "", "name a block of the state, or a parameter"),
        ("Division by zero", "", "keep the divisor from 0"),
        ("Missing", "", "give it, or a default"),
    ];
    let known = remedy.iter().find(|(what, context, _)| said.contains(what) && line.contains(context));
    let remedy = known.map_or("correct this place; spurious models FILE shows what a file may say", |found| found.2);
    (said.into(), remedy.into())
}

/// Where brackets are nested too deep, if they are.
fn too_deep(text: &str) -> Option<usize> {
    let mut depth = 0usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > DEEPEST {
            return Some(at);
        }
    }
    None
}

fn range(span: Span) -> (usize, usize) {
    (span.begin().get() as usize, span.end().get() as usize)
}

fn insert(edits: &mut Vec<Edit>, at: usize, by: &str) {
    edits.push(Edit { from: at, to: at, by: by.into() });
}

/// Hands a condition to our function.
fn rewrite_condition(condition: &AstExpr, text: &str, edits: &mut Vec<Edit>) {
    let (from, to) = range(condition.span);
    insert(edits, from, &format!("{TRUTH}("));
    rewrite(condition, text, edits);
    insert(edits, to, ")");
}

fn rewrite_statement(statement: &AstStmt, text: &str, edits: &mut Vec<Edit>) {
    match &statement.node {
        Stmt::If(condition, then) => {
            rewrite_condition(condition, text, edits);
            rewrite_statement(then, text, edits);
        }
        Stmt::IfElse(condition, branches) => {
            rewrite_condition(condition, text, edits);
            rewrite_statement(&branches.0, text, edits);
            rewrite_statement(&branches.1, text, edits);
        }
        Stmt::AssignModify(target, operation, value)
            if matches!(operation, AssignOp::Add | AssignOp::Subtract | AssignOp::Multiply | AssignOp::Divide) =>
        {
            let ((from, to), (begin, end)) = (range(target.span), range(value.span));
            let sign = operation.to_string();
            let sign = sign.trim().trim_end_matches('=');
            let target = text.get(from..to).unwrap_or_default();
            edits.push(Edit { from: to, to: begin, by: format!(" = {target} {sign} (") });
            rewrite(value, text, edits);
            insert(edits, end, ")");
        }
        Stmt::AssignModify(_, _, value) => rewrite(value, text, edits),
        Stmt::Statements(statements) => statements.iter().for_each(|inner| rewrite_statement(inner, text, edits)),
        Stmt::For(each) => {
            rewrite(&each.over, text, edits);
            rewrite_statement(&each.body, text, edits);
        }
        Stmt::Def(def) => rewrite_statement(&def.body, text, edits),
        Stmt::Return(Some(value)) | Stmt::Expression(value) => rewrite(value, text, edits),
        Stmt::Assign(assign) => rewrite(&assign.rhs, text, edits),
        Stmt::Return(None) | Stmt::Break | Stmt::Continue | Stmt::Pass | Stmt::Load(_) => {}
    }
}

fn rewrite(expression: &AstExpr, text: &str, edits: &mut Vec<Edit>) {
    match &expression.node {
        Expr::If(parts) => {
            let (condition, yes, no) = &**parts;
            rewrite(yes, text, edits);
            rewrite_condition(condition, text, edits);
            rewrite(no, text, edits);
        }
        Expr::Not(inner) => rewrite_condition(inner, text, edits),
        Expr::Op(left, BinOp::And | BinOp::Or, right) => {
            rewrite_condition(left, text, edits);
            rewrite_condition(right, text, edits);
        }
        Expr::Index2(parts) => {
            let (array, first, second) = &**parts;
            rewrite(array, text, edits);
            rewrite(first, text, edits);
            edits.push(Edit { from: range(first.span).1, to: range(second.span).0, by: "][".into() });
            rewrite(second, text, edits);
        }
        Expr::ListComprehension(value, first, clauses) => {
            rewrite(value, text, edits);
            rewrite(&first.over, text, edits);
            rewrite_clauses(clauses, text, edits);
        }
        Expr::DictComprehension(value, first, clauses) => {
            rewrite(&value.0, text, edits);
            rewrite(&value.1, text, edits);
            rewrite(&first.over, text, edits);
            rewrite_clauses(clauses, text, edits);
        }
        node => node.visit_expr(|inner| rewrite(inner, text, edits)),
    }
}

fn rewrite_clauses(clauses: &[ClauseP<AstNoPayload>], text: &str, edits: &mut Vec<Edit>) {
    for clause in clauses {
        match clause {
            ClauseP::For(part) => rewrite(&part.over, text, edits),
            ClauseP::If(condition) => rewrite_condition(condition, text, edits),
        }
    }
}
