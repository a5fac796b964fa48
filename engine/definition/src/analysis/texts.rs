//! Texts that lack a language in which the file says everything else.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::TEXT_LANGUAGE;
use crate::diagnostic::Diagnostic;
use crate::read::escape;
use crate::source::Document;

/// The keys whose values are texts for people.
const TEXTS: [&str; 3] = ["title", "description", "message"];
/// The keys below which keys are names that the author chose.
const NAMED: [&str; 4] = ["states", "events", "on", "after"];
/// The keys below which nothing is the engine's: schemas, and values to work out.
const FOREIGN: [&str; 6] = ["data", "input", "assign", "delays", "output", "value"];

/// Every text that lacks a language which at least half of the texts have.
pub(super) fn findings(document: &Document) -> Vec<Diagnostic> {
    let mut texts = Vec::new();
    collect(&document.value, "", false, &mut texts);
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (_, text) in &texts {
        for language in text.keys() {
            *counts.entry(language).or_default() += 1;
        }
    }
    let usual: Vec<&str> = counts
        .into_iter()
        .filter(|(_, count)| 2 * count >= texts.len())
        .map(|(language, _)| language)
        .collect();
    texts
        .iter()
        .filter_map(|(pointer, text)| {
            let missing = usual
                .iter()
                .filter(|language| !text.contains_key(**language));
            let missing: Vec<String> = missing.map(|language| format!("`{language}`")).collect();
            if missing.is_empty() {
                return None;
            }
            let message = format!(
                "the text lacks {}, which most texts of the file have",
                missing.join(", ")
            );
            let hint = "a text that is the same in every language is written without languages";
            let warning = Diagnostic::warning(TEXT_LANGUAGE, message)
                .with_pointer(&**pointer)
                .with_hint(hint);
            Some(warning)
        })
        .collect()
}

type Texts<'a> = Vec<(String, &'a serde_json::Map<String, Json>)>;

fn collect<'a>(value: &'a Json, pointer: &str, keys_are_names: bool, texts: &mut Texts<'a>) {
    match value {
        Json::Array(items) => {
            for (number, item) in items.iter().enumerate() {
                collect(item, &format!("{pointer}/{number}"), false, texts);
            }
        }
        Json::Object(map) => {
            for (key, value) in map {
                let pointer = format!("{pointer}/{}", escape(key));
                let key = key.as_str();
                match value {
                    _ if keys_are_names => collect(value, &pointer, false, texts),
                    _ if FOREIGN.contains(&key) => {}
                    Json::Object(text) if TEXTS.contains(&key) => texts.push((pointer, text)),
                    _ => collect(value, &pointer, NAMED.contains(&key), texts),
                }
            }
        }
        _ => {}
    }
}
