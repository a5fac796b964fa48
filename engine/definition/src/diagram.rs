//! A definition as a picture: a Mermaid `stateDiagram-v2`, a graph in Graphviz's DOT, or an SVG that is
//! laid out here.
//!
//! Mermaid's grammar has no escapes to speak of: ids are letters, digits and `_`, and a label ends
//! with its line. So ids are numbers (`s3`), and the signs that Mermaid would take for its own are
//! written as its entities (`#58;`).

mod dot;
mod layout;
mod picture;
mod svg;
pub(crate) mod text;

use std::fmt::{self, Write};

use casewright_chart::{Chart, StateIndex, StateKind};

use crate::definition::Definition;
use picture::{Arrows, Picture};

pub use dot::dot;
pub use layout::MAX_BOXES;
pub use svg::{TooLarge, svg};

/// How far a level of states is indented.
const INDENT: &str = "    ";

/// The diagram, with titles in the language; the `active` states, by id, stand out.
///
/// ```
/// # use casewright_definition::{Definition, Pack, diagram::mermaid};
/// # fn draw(definition: &Definition) {
/// let text = mermaid(definition, "zh", &["investigating"]);
/// assert!(text.starts_with("stateDiagram-v2\n"));
/// # }
/// ```
pub fn mermaid(definition: &Definition, language: &str, active: &[&str]) -> String {
    let mut diagram = Diagram {
        picture: Picture {
            definition,
            language,
        },
        text: String::from("stateDiagram-v2\n"),
    };
    // Writing into a text cannot fail.
    let _ = diagram.draw(active);
    diagram.text
}

struct Diagram<'a> {
    picture: Picture<'a>,
    text: String,
}

impl<'a> Diagram<'a> {
    fn chart(&self) -> &'a Chart {
        self.picture.chart()
    }

    fn draw(&mut self, active: &[&str]) -> fmt::Result {
        let arrows = self.picture.arrows();
        self.children(StateIndex::ROOT, &arrows, 1)?;
        let active: Vec<String> = active
            .iter()
            .filter_map(|id| self.chart().state_index(id))
            .filter(|index| *index != StateIndex::ROOT)
            .map(id)
            .collect();
        if !active.is_empty() {
            let style = "fill:#ffe9a8,stroke:#b8860b,stroke-width:2px";
            writeln!(self.text, "{INDENT}classDef active {style}")?;
            writeln!(self.text, "{INDENT}class {} active", active.join(","))?;
        }
        Ok(())
    }

    /// The states inside a state, where it starts and ends, and the arrows inside it.
    fn children(&mut self, parent: StateIndex, arrows: &Arrows, depth: usize) -> fmt::Result {
        let indent = INDENT.repeat(depth);
        let chart = self.chart();
        let state = chart.state(parent);
        let is_parallel = state.kind == StateKind::Parallel;
        for (number, child) in state.children.iter().enumerate() {
            // A history state is no region of its own.
            if is_parallel && number > 0 && !chart.is_history(*child) {
                writeln!(self.text, "{indent}--")?;
            }
            self.state(*child, arrows, depth)?;
        }
        if is_parallel {
            return Ok(());
        }
        for target in state.initial.iter().flat_map(|initial| &initial.targets) {
            writeln!(self.text, "{indent}[*] --> {}", id(*target))?;
        }
        for child in &state.children {
            if chart.state(*child).kind == StateKind::Final {
                writeln!(self.text, "{indent}{} --> [*]", id(*child))?;
            }
        }
        for ((source, target), words) in arrows {
            if self.home(*source, *target) == parent {
                let labels = words.iter().map(|words| label(&words.text));
                let labels: Vec<String> = labels.filter(|label| !label.is_empty()).collect();
                let label = match labels.is_empty() {
                    true => String::new(),
                    false => format!(" : {}", labels.join(" / ")),
                };
                writeln!(
                    self.text,
                    "{indent}{} --> {}{label}",
                    id(*source),
                    id(*target)
                )?;
            }
        }
        Ok(())
    }

    fn state(&mut self, index: StateIndex, arrows: &Arrows, depth: usize) -> fmt::Result {
        let indent = INDENT.repeat(depth);
        let chart = self.chart();
        let state = chart.state(index);
        let title = label(self.picture.title(state));
        writeln!(self.text, "{indent}state \"{title}\" as {}", id(index))?;
        if state.children.is_empty() {
            return Ok(());
        }
        writeln!(self.text, "{indent}state {} {{", id(index))?;
        self.children(index, arrows, depth + 1)?;
        writeln!(self.text, "{indent}}}")
    }

    /// The innermost state around both in which an arrow can be written: Mermaid would take an arrow
    /// further out, or in another region, for two new states.
    fn home(&self, source: StateIndex, target: StateIndex) -> StateIndex {
        let chart = self.chart();
        let around = |state: &StateIndex| {
            chart.state(*state).kind == StateKind::Compound && chart.is_descendant(target, *state)
        };
        let mut ancestors = chart.proper_ancestors(source, None);
        ancestors.find(around).unwrap_or(StateIndex::ROOT)
    }
}

fn id(index: StateIndex) -> String {
    format!("s{}", index.get())
}

/// A text with nothing in it that Mermaid would take for its own: letters and digits of any script
/// and a few harmless signs stand for themselves.
fn label(text: &str) -> String {
    let mut label = String::new();
    for character in text.chars() {
        match character {
            _ if character.is_whitespace() || character.is_control() => label.push(' '),
            _ if character.is_alphanumeric() || " -_.,?*/()✓✗⏱，。、（）".contains(character) =>
            {
                label.push(character);
            }
            // `#58;` is the sign with the number 58.
            _ => label.push_str(&format!("#{};", u32::from(character))),
        }
    }
    label.trim().to_owned()
}
