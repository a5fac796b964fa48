//! What every diagram shows, whatever it is drawn with: titles, and arrows with what stands on them.

use std::collections::BTreeMap;

use casewright_chart::{Chart, State, StateIndex, StateKind, Transition};

use crate::definition::Definition;
use crate::expression::Expression;

/// A definition, looked at in a language.
#[derive(Clone, Copy)]
pub(super) struct Picture<'a> {
    pub(super) definition: &'a Definition,
    pub(super) language: &'a str,
}

/// What makes something happen, on an arrow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Words {
    /// For people: an event by its title, a delay by its name, `?` for a guard.
    pub(super) text: String,
    /// The events by their names, and the guard.
    pub(super) details: String,
}

/// What stands on each arrow, by its source and its target: several transitions between the same two
/// states are one arrow.
pub(super) type Arrows = BTreeMap<(StateIndex, StateIndex), Vec<Words>>;

impl<'a> Picture<'a> {
    pub(super) fn chart(&self) -> &'a Chart {
        &self.definition.chart
    }

    /// What stands in the box: the title, or else the last key of the id.
    pub(super) fn title(&self, state: &'a State) -> &'a str {
        let title = match state.kind {
            StateKind::ShallowHistory => "H",
            StateKind::DeepHistory => "H*",
            _ => match self.definition.titles.get(&state.id) {
                Some(title) => title.get(self.language),
                None => state.id.rsplit('.').next().unwrap_or_default(),
            },
        };
        match title.trim().is_empty() {
            true => &state.id,
            false => title,
        }
    }

    /// Every transition that leads somewhere.
    pub(super) fn arrows(&self) -> Arrows {
        let chart = self.chart();
        let mut arrows = Arrows::new();
        for (_, transition) in chart.transitions() {
            let words = self.words(transition);
            for source in self.sources(transition.source) {
                for target in &transition.targets {
                    let labels = arrows.entry((source, *target)).or_default();
                    let seen = labels.iter_mut().find(|label| label.text == words.text);
                    match seen {
                        Some(label) if label.details != words.details => {
                            label.details = format!("{}\n{}", label.details, words.details);
                        }
                        Some(_) => {}
                        None => labels.push(words.clone()),
                    }
                }
            }
        }
        for (index, state) in chart.states() {
            // In a parallel state, history stands for its regions, which an arrow cannot show.
            let parent = state.parent.map(|parent| chart.state(parent).kind);
            if chart.is_history(index) && parent == Some(StateKind::Compound) {
                for target in state.initial.iter().flat_map(|initial| &initial.targets) {
                    arrows.entry((index, *target)).or_default();
                }
            }
        }
        arrows
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

    /// What makes a transition happen.
    fn words(&self, transition: &Transition) -> Words {
        let source = self.chart().state(transition.source);
        let prefixes = || transition.descriptors.iter().map(|d| d.prefix());
        let titles: Vec<String> = prefixes().map(|name| self.event(name, source)).collect();
        let guard = transition.guard.and_then(|guard| {
            let guard = self.definition.expressions.get(guard.0 as usize);
            guard.and_then(guard_text)
        });
        let sign = match (guard.is_some(), titles.is_empty()) {
            (true, true) => "?",
            (true, false) => " ?",
            (false, _) => "",
        };
        let names: Vec<&str> = prefixes()
            .map(|name| if name.is_empty() { "*" } else { name })
            .collect();
        let guard = guard.map(|guard| format!("[{guard}]"));
        let names = Some(names.join(", ")).filter(|names| !names.is_empty());
        let details: Vec<String> = names.into_iter().chain(guard).collect();
        Words {
            text: format!("{}{sign}", titles.join(", ")),
            details: details.join(" "),
        }
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
            _ => self.service(name).unwrap_or_else(|| name.to_owned()),
        }
    }

    /// A service that comes back, by its title or its id: `✓ push`, or `✗ push` for a failure.
    fn service(&self, event: &str) -> Option<String> {
        let signs = [("done.invoke.", "✓"), ("error.invoke.", "✗")];
        let mut signs = signs.iter();
        let (id, sign) =
            signs.find_map(|(begin, sign)| Some((event.strip_prefix(begin)?, sign)))?;
        let title = self.definition.services.get(id)?.title.as_ref();
        let title = title.map_or(id, |title| title.get(self.language));
        Some(format!("{sign} {title}"))
    }
}

/// The text of a guard; none where only the event itself is asked for.
fn guard_text(guard: &Expression) -> Option<&str> {
    match guard {
        Expression::Exactly(_, None) => None,
        Expression::Exactly(_, Some(guard)) => guard_text(guard),
        Expression::Program(program) => Some(program.source()),
        _ => Some("…"),
    }
}
