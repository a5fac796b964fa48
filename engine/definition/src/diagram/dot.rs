//! A definition as a graph in Graphviz's DOT.

use std::fmt::{self, Write};

use casewright_chart::{StateIndex, StateKind};

use super::picture::Picture;
use crate::definition::Definition;

/// A `digraph` for Graphviz, with titles in the language; the `active` states, by id, stand out.
/// Nested states are clusters, and arrows end at their borders.
///
/// ```
/// # use casewright_definition::{Definition, diagram::dot};
/// # fn draw(definition: &Definition) {
/// assert!(dot(definition, "en", &[]).starts_with("digraph "));
/// # }
/// ```
pub fn dot(definition: &Definition, language: &str, active: &[&str]) -> String {
    let picture = Picture {
        definition,
        language,
    };
    let active = active
        .iter()
        .filter_map(|id| picture.chart().state_index(id));
    let mut graph = Graph {
        picture,
        active: active.collect(),
        text: String::new(),
    };
    // Writing into a text cannot fail.
    let _ = graph.draw();
    graph.text
}

struct Graph<'a> {
    picture: Picture<'a>,
    active: Vec<StateIndex>,
    text: String,
}

impl Graph<'_> {
    fn draw(&mut self) -> fmt::Result {
        writeln!(
            self.text,
            "digraph {} {{",
            quote(&self.picture.definition.id)
        )?;
        writeln!(self.text, "    compound=true")?;
        let font = "fontname=\"Noto Sans CJK SC, sans-serif\"";
        writeln!(self.text, "    graph [{font}, fontsize=12, style=rounded]")?;
        writeln!(
            self.text,
            "    node [{font}, fontsize=12, shape=box, style=\"rounded,filled\", fillcolor=white]"
        )?;
        writeln!(self.text, "    edge [{font}, fontsize=10]")?;
        self.children(StateIndex::ROOT, 1)?;
        let picture = self.picture;
        for ((source, target), words) in picture.arrows() {
            let texts: Vec<&str> = words.iter().map(|words| words.text.as_str()).collect();
            let details: Vec<&str> = words.iter().map(|words| words.details.as_str()).collect();
            let mut attributes = vec![
                format!("label={}", quote(&texts.join("\n"))),
                format!("tooltip={}", quote(&details.join("\n"))),
            ];
            for (end, state) in [("ltail", source), ("lhead", target)] {
                let other = if end == "ltail" { target } else { source };
                let is_inside = self.picture.chart().is_descendant(other, state);
                if self.is_cluster(state) && !is_inside && source != target {
                    attributes.push(format!("{end}=\"cluster_{}\"", state.get()));
                }
            }
            let (from, to) = (self.anchor(source), self.anchor(target));
            writeln!(self.text, "    {from} -> {to} [{}]", attributes.join(", "))?;
        }
        writeln!(self.text, "}}")
    }

    fn children(&mut self, parent: StateIndex, depth: usize) -> fmt::Result {
        let indent = "    ".repeat(depth);
        let chart = self.picture.chart();
        let state = chart.state(parent);
        if let Some(initial) = &state.initial {
            let number = parent.get();
            let shape = "label=\"\", shape=circle, width=0.12, fillcolor=black";
            writeln!(self.text, "{indent}i{number} [{shape}]")?;
            for target in &initial.targets {
                let head = match self.is_cluster(*target) {
                    true => format!(" [lhead=\"cluster_{}\"]", target.get()),
                    false => String::new(),
                };
                let to = self.anchor(*target);
                writeln!(self.text, "{indent}i{number} -> {to}{head}")?;
            }
        }
        for child in &state.children {
            self.state(*child, depth)?;
        }
        Ok(())
    }

    fn state(&mut self, index: StateIndex, depth: usize) -> fmt::Result {
        let indent = "    ".repeat(depth);
        let chart = self.picture.chart();
        let state = chart.state(index);
        let title = quote(self.picture.title(state));
        let tooltip = quote(&state.id);
        let is_active = self.active.contains(&index);
        let colour = if is_active {
            ", color=\"#b8860b\", penwidth=2"
        } else {
            ""
        };
        if !self.is_cluster(index) {
            let fill = if is_active {
                ", fillcolor=\"#ffe9a8\""
            } else {
                ""
            };
            let shape = match state.kind {
                StateKind::Final => ", peripheries=2",
                StateKind::ShallowHistory | StateKind::DeepHistory => ", shape=circle",
                _ => "",
            };
            let attributes = format!("label={title}, tooltip={tooltip}{shape}{colour}{fill}");
            return writeln!(self.text, "{indent}s{} [{attributes}]", index.get());
        }
        let parent = state.parent.map(|parent| chart.state(parent).kind);
        let style = match parent {
            Some(StateKind::Parallel) => "\"rounded,dashed\"",
            _ => "rounded",
        };
        writeln!(self.text, "{indent}subgraph cluster_{} {{", index.get())?;
        let attributes = format!("label={title}, tooltip={tooltip}, style={style}{colour}");
        writeln!(self.text, "{indent}    graph [{attributes}]")?;
        self.children(index, depth + 1)?;
        writeln!(self.text, "{indent}}}")
    }

    fn is_cluster(&self, index: StateIndex) -> bool {
        !self.picture.chart().state(index).children.is_empty()
    }

    /// The node at which an arrow to a state ends: arrows cannot end at clusters, and are cut at their
    /// borders.
    fn anchor(&self, index: StateIndex) -> String {
        let chart = self.picture.chart();
        let mut at = index;
        while let Some(child) = chart.child_states(at).next() {
            at = child;
        }
        format!("s{}", at.get())
    }
}

/// A quoted text of DOT, with its lines.
fn quote(text: &str) -> String {
    let text = text.replace('\\', "\\\\").replace('"', "\\\"");
    let text: String = text
        .chars()
        .map(|c| if c == '\r' { ' ' } else { c })
        .collect();
    format!("\"{}\"", text.replace('\n', "\\n").replace('\0', " "))
}
