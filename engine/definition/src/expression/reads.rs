//! What an expression reads of each variable, found in its syntax tree.

use std::collections::BTreeMap;

use cel::IdedExpr;
use cel::common::ast::{EntryExpr, Expr};

/// Which parts of an object are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reads {
    /// All of it.
    All,
    /// These fields, and of each these parts.
    Fields(BTreeMap<String, Reads>),
}

/// A chain of names in an expression that begins with a variable: `data.customer.name`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    /// The number of the node of the variable, for its place in the text.
    pub node: u64,
    /// The names, the variable's first.
    pub names: Vec<String>,
}

/// Everything that an expression refers to.
#[derive(Debug, Default)]
pub struct References {
    /// Variables and their fields, in the order in which they are written.
    pub paths: Vec<Path>,
    /// Functions that are called, with the nodes that call them.
    pub functions: Vec<(u64, String)>,
    /// How deep macros that go through lists stand inside each other.
    pub nested_loops: usize,
    /// Texts that `In` is called with, with their nodes; none where it is no literal.
    pub states: Vec<(u64, Option<String>)>,
    /// The loops around the part that is being walked.
    open_loops: usize,
}

impl References {
    /// Walks the tree.
    pub fn of(expression: &IdedExpr) -> Self {
        let mut references = References::default();
        references.walk(expression, &mut Vec::new());
        references
    }

    /// The parts that are read of one variable; none when it is not read at all.
    pub fn reads(&self, variable: &str) -> Option<Reads> {
        let mut paths = self
            .paths
            .iter()
            .filter(|path| path.names.first().is_some_and(|name| name == variable))
            .peekable();
        paths.peek()?;
        let mut reads = Reads::Fields(BTreeMap::new());
        for path in paths {
            reads.add(&path.names[1..]);
        }
        Some(reads)
    }

    fn walk(&mut self, expression: &IdedExpr, bound: &mut Vec<String>) {
        match &expression.expr {
            Expr::Ident(_) | Expr::Select(_) => self.walk_path(expression, bound),
            Expr::Call(call) => {
                self.functions.push((expression.id, call.func_name.clone()));
                if call.func_name == "In" {
                    self.states.extend(call.args.iter().map(state));
                }
                let target = call.target.iter().map(|target| target.as_ref());
                for part in target.chain(&call.args) {
                    self.walk(part, bound);
                }
            }
            Expr::List(list) => {
                for element in &list.elements {
                    self.walk(element, bound);
                }
            }
            Expr::Map(map) => self.walk_entries(map.entries.iter().map(|entry| &entry.expr), bound),
            Expr::Struct(object) => {
                self.walk_entries(object.entries.iter().map(|entry| &entry.expr), bound);
            }
            Expr::Comprehension(comprehension) => {
                self.walk(&comprehension.iter_range, bound);
                self.walk(&comprehension.accu_init, bound);
                let outer = bound.len();
                self.open_loops += 1;
                self.nested_loops = self.nested_loops.max(self.open_loops);
                bound.push(comprehension.iter_var.clone());
                bound.extend(comprehension.iter_var2.clone());
                bound.push(comprehension.accu_var.clone());
                self.walk(&comprehension.loop_cond, bound);
                self.walk(&comprehension.loop_step, bound);
                self.walk(&comprehension.result, bound);
                bound.truncate(outer);
                self.open_loops -= 1;
            }
            Expr::Literal(_) | Expr::Unspecified => {}
        }
    }

    fn walk_entries<'a>(
        &mut self,
        entries: impl Iterator<Item = &'a EntryExpr>,
        bound: &mut Vec<String>,
    ) {
        for entry in entries {
            match entry {
                EntryExpr::StructField(field) => self.walk(&field.value, bound),
                EntryExpr::MapEntry(entry) => {
                    self.walk(&entry.key, bound);
                    self.walk(&entry.value, bound);
                }
            }
        }
    }

    /// A chain of selections: a path when it begins with a variable that is not bound here.
    fn walk_path(&mut self, expression: &IdedExpr, bound: &mut Vec<String>) {
        let mut names = Vec::new();
        let mut inner = expression;
        loop {
            match &inner.expr {
                Expr::Select(select) => {
                    names.push(select.field.clone());
                    inner = &select.operand;
                }
                Expr::Ident(name) => {
                    let name = name.trim_start_matches('.');
                    if !bound.iter().any(|other| other == name) {
                        names.push(name.to_owned());
                        names.reverse();
                        let node = inner.id;
                        self.paths.push(Path { node, names });
                    }
                    return;
                }
                _ => return self.walk(inner, bound),
            }
        }
    }
}

impl Reads {
    fn add(&mut self, names: &[String]) {
        match (names.split_first(), &mut *self) {
            (_, Reads::All) => {}
            (None, _) => *self = Reads::All,
            (Some((name, rest)), Reads::Fields(fields)) => fields
                .entry(name.clone())
                .or_insert_with(|| Reads::Fields(BTreeMap::new()))
                .add(rest),
        }
    }
}

fn state(argument: &IdedExpr) -> (u64, Option<String>) {
    let text = match &argument.expr {
        Expr::Literal(cel::common::ast::LiteralValue::String(text)) => {
            Some(text.inner().to_string())
        }
        _ => None,
    };
    (argument.id, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(source: &str) -> Vec<String> {
        let program = cel::Program::compile(source).unwrap();
        References::of(program.expression())
            .paths
            .iter()
            .map(|path| path.names.join("."))
            .collect()
    }

    #[test]
    fn paths_are_found_and_bound_names_are_not() {
        assert_eq!(
            paths("has(data.a.b) && data.list.exists(x, x.ok && x.n > params.limit[data.tier])"),
            ["data.a.b", "data.list", "params.limit", "data.tier"]
        );
    }

    #[test]
    fn the_wider_read_wins() {
        let program = cel::Program::compile("data.a.b == 1 && size(data.a) > 0").unwrap();
        let reads = References::of(program.expression()).reads("data");
        let expected = Reads::Fields([("a".to_owned(), Reads::All)].into());
        assert_eq!(reads, Some(expected));
    }
}
