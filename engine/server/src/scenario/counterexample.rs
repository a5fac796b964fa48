//! Why a workflow is not sound, as a scenario file that goes the way there.

use std::sync::Arc;

use casewright_definition::Definition;
use casewright_definition::analysis::{Soundness, soundness};
use serde_json::Value as Json;

/// A scenario that takes a case to where it can never end, in YAML; none when the workflow is not known
/// to be unsound, or when no case can even begin, so that there is no way to go.
pub fn counterexample(definition: &Definition) -> Option<String> {
    let Soundness::Unsound {
        path,
        active,
        answers,
    } = soundness(definition)
    else {
        return None;
    };
    let (first, answers) = answers.split_first()?;
    let ids = |separator: &str, show: fn(&str) -> String| {
        let ids: Vec<String> = active.iter().map(|id| show(id)).collect();
        ids.join(separator)
    };
    let title = format!(
        "A case that has come to {} can never end",
        ids(" and ", |id| format!("`{id}`"))
    );
    let stuck = format!("then: {{ active: [{}], done: false }}\n", ids(", ", scalar));
    let mut text = format!(
        "# `casewright test` with this file and `--pack` goes this way again.\nscenario: {}\nworkflow: {}\ngiven: {{ by: {{ id: anybody }}, assuming: {} }}\n",
        scalar(&title),
        scalar(&definition.id),
        list(first),
    );
    if path.is_empty() {
        text.push_str(&stuck);
        return Some(text);
    }
    text.push_str("steps:\n");
    for (event, answers) in path.iter().zip(answers) {
        text.push_str(&step(event, answers));
    }
    text.push_str("    ");
    text.push_str(&stuck);
    Some(text)
}

fn step(event: &Arc<str>, answers: &[bool]) -> String {
    let (event, answers) = (scalar(event), list(answers));
    format!("  - when: {{ event: {event}, assuming: {answers} }}\n")
}

/// A text as YAML has it, too: what JSON writes is read the same.
fn scalar(text: &str) -> String {
    Json::from(text).to_string()
}

fn list(answers: &[bool]) -> String {
    let answers: Vec<String> = answers.iter().map(bool::to_string).collect();
    format!("[{}]", answers.join(", "))
}
