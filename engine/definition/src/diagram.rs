//! A definition as a picture: the text of a Mermaid `stateDiagram-v2`.
//!
//! Mermaid's grammar has no escapes to speak of: ids are letters, digits and `_`, and a label ends
//! with its line. So ids are numbers (`s3`), and the signs that Mermaid would take for its own are
//! written as its entities (`#58;`).

use std::collections::BTreeMap;
use std::fmt::{self, Write};

use casewright_chart::{Chart, State, StateIndex, StateKind, Transition};

use crate::definition::Definition;
use crate::expression::Expression;

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
        definition,
        language,
        text: String::from("stateDiagram-v2\n"),
    };
    // Writing into a text cannot fail.
    let _ = diagram.draw(active);
    diagram.text
}

/// What stands on each arrow, by the state in which it is written, its source and its target.
/// Several transitions between the same two states are one arrow.
type Arrows = BTreeMap<(StateIndex, StateIndex, StateIndex), Vec<String>>;

struct Diagram<'a> {
    definition: &'a Definition,
    language: &'a str,
    text: String,
}

impl Diagram<'_> {
    fn chart(&self) -> &Chart {
        &self.definition.chart
    }

    fn draw(&mut self, active: &[&str]) -> fmt::Result {
        let arrows = self.arrows();
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
        let definition = self.definition;
        let state = definition.chart.state(parent);
        let is_parallel = state.kind == StateKind::Parallel;
        for (number, child) in state.children.iter().enumerate() {
            // A history state is no region of its own.
            if is_parallel && number > 0 && !definition.chart.is_history(*child) {
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
            if definition.chart.state(*child).kind == StateKind::Final {
                writeln!(self.text, "{indent}{} --> [*]", id(*child))?;
            }
        }
        for ((home, source, target), labels) in arrows {
            if *home == parent {
                let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
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
        let definition = self.definition;
        let state = definition.chart.state(index);
        let title = self.title(state);
        writeln!(self.text, "{indent}state \"{title}\" as {}", id(index))?;
        if state.children.is_empty() {
            return Ok(());
        }
        writeln!(self.text, "{indent}state {} {{", id(index))?;
        self.children(index, arrows, depth + 1)?;
        writeln!(self.text, "{indent}}}")
    }

    /// What stands in the box: the title, or else the last key of the id.
    fn title(&self, state: &State) -> String {
        let title = match state.kind {
            StateKind::ShallowHistory => "H",
            StateKind::DeepHistory => "H*",
            _ => match self.definition.titles.get(&state.id) {
                Some(title) => title.get(self.language),
                None => state.id.rsplit('.').next().unwrap_or_default(),
            },
        };
        match label(title) {
            empty if empty.is_empty() => label(&state.id),
            title => title,
        }
    }

    /// Every transition that leads somewhere.
    fn arrows(&self) -> Arrows {
        let chart = self.chart();
        let mut arrows = Arrows::new();
        for (_, transition) in chart.transitions() {
            let words = self.words(transition);
            for source in self.sources(transition.source) {
                for target in &transition.targets {
                    let home = self.home(source, *target);
                    let labels = arrows.entry((home, source, *target)).or_default();
                    let is_new = !words.is_empty() && !labels.contains(&words);
                    labels.extend(is_new.then(|| words.clone()));
                }
            }
        }
        for (index, state) in chart.states() {
            // In a parallel state, history stands for its regions, which an arrow cannot show.
            let parent = state.parent.map(|parent| chart.state(parent).kind);
            if chart.is_history(index) && parent == Some(StateKind::Compound) {
                for target in state.initial.iter().flat_map(|initial| &initial.targets) {
                    let home = self.home(index, *target);
                    arrows.entry((home, index, *target)).or_default();
                }
            }
        }
        arrows
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

    /// Where an arrow begins. The root is no box: what it takes may be taken in every state at the
    /// top, but for those in which the case has ended.
    fn sources(&self, source: StateIndex) -> Vec<StateIndex> {
        if source != StateIndex::ROOT {
            return vec![source];
        }
        let lives = |index: &StateIndex| self.chart().state(*index).kind != StateKind::Final;
        self.chart().child_states(source).filter(lives).collect()
    }

    /// What makes a transition happen: an event by its title, a delay by its name.
    fn words(&self, transition: &Transition) -> String {
        let source = self.chart().state(transition.source);
        let events = transition.descriptors.iter();
        let events: Vec<String> = events
            .map(|descriptor| self.event(descriptor.prefix(), source))
            .collect();
        let guarded = transition.guard.is_some_and(|guard| {
            let guard = self.definition.expressions.get(guard.0 as usize);
            !matches!(guard, Some(Expression::Exactly(_, None)))
        });
        let guard = match (guarded, events.is_empty()) {
            (true, true) => "?",
            (true, false) => " ?",
            (false, _) => "",
        };
        label(&format!("{}{guard}", events.join(", ")))
    }

    fn event(&self, name: &str, source: &State) -> String {
        if let Some(signature) = self.definition.events.get(name) {
            return signature.title.get(self.language).to_owned();
        }
        let delay = name
            .strip_prefix("after.")
            .and_then(|rest| rest.split('.').next());
        match (name, delay) {
            ("", _) => "*".to_owned(),
            (_, Some(delay)) => format!("⏱ {}", delay.replace(':', ".")),
            _ if name.strip_prefix("done.state.") == Some(&source.id) => "✓".to_owned(),
            _ => name.to_owned(),
        }
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
            _ if character.is_alphanumeric() || " -_.,?*/()✓⏱，。、（）".contains(character) =>
            {
                label.push(character);
            }
            // `#58;` is the sign with the number 58.
            _ => label.push_str(&format!("#{};", u32::from(character))),
        }
    }
    label.trim().to_owned()
}
