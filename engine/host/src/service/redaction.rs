//! Keeps the values of secrets out of whatever leaves a service for people, for logs and for the journal.
//!
//! What is looked for is the value as it stands and as it stands in JSON text. A plugin that encodes a secret in some other way
//! can still give it away: what a plugin is told it knows. This is against mishaps, such as a request that is logged as a whole.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::schema;

/// The secrets of one call.
#[derive(Clone, Default)]
pub(crate) struct Redaction {
    /// What is looked for, and what is put in its place: the longest first, lest a secret that is the beginning of another
    /// leaves the end of it standing.
    replacements: Vec<(String, String)>,
}

impl Redaction {
    /// Of these secrets, by name.
    pub(crate) fn new(secrets: &BTreeMap<String, String>) -> Redaction {
        let mut replacements = Vec::new();
        for (name, value) in secrets {
            let shown = format!("[secret {name}]");
            let quoted = Value::from(value.as_str()).to_string();
            let in_json = quoted.trim_matches('"').to_owned();
            if in_json != *value {
                replacements.push((in_json, shown.clone()));
            }
            replacements.push((value.clone(), shown));
        }
        replacements.retain(|(value, _)| !value.is_empty());
        replacements.sort_by_key(|(value, _)| std::cmp::Reverse(value.len()));
        Redaction { replacements }
    }

    /// Whether `bytes` hold a secret.
    pub(crate) fn finds_in(&self, bytes: &[u8]) -> bool {
        let text = String::from_utf8_lossy(bytes);
        self.replacements
            .iter()
            .any(|(value, _)| text.contains(value))
    }

    /// `text` with the name of each secret in place of its value.
    pub(crate) fn text(&self, mut text: String) -> String {
        for (value, shown) in &self.replacements {
            if text.contains(value) {
                text = text.replace(value, shown);
            }
        }
        text
    }

    /// The same for all texts in `value`, names of fields included. Whether there was one.
    pub(crate) fn value(&self, value: &mut Value) -> bool {
        match value {
            Value::String(text) => {
                let found = self.finds_in(text.as_bytes());
                if found {
                    *text = self.text(std::mem::take(text));
                }
                found
            }
            // A number is no text, but one can be written with a secret's digits.
            Value::Number(number) => {
                let text = number.to_string();
                let found = self.finds_in(text.as_bytes());
                if found {
                    *value = Value::from(self.text(text));
                }
                found
            }
            Value::Array(items) => items
                .iter_mut()
                .fold(false, |found, item| self.value(item) | found),
            Value::Object(fields) => {
                let found_below = fields
                    .values_mut()
                    .fold(false, |found, field| self.value(field) | found);
                if !fields.keys().any(|name| self.finds_in(name.as_bytes())) {
                    return found_below;
                }
                let all = std::mem::take(fields).into_iter();
                *fields = all.map(|(name, field)| (self.text(name), field)).collect();
                true
            }
            Value::Null | Value::Bool(_) => false,
        }
    }

    /// JSON text, where it is that; whether there was a secret in it.
    pub(crate) fn json(&self, text: String) -> (String, bool) {
        if !self.finds_in(text.as_bytes()) && !text.contains('\\') {
            return (text, false);
        }
        let Ok(mut value) = serde_json::from_str::<Value>(&text) else {
            let redacted = self.text(text.clone());
            let found = redacted != text;
            return (redacted, found);
        };
        match self.value(&mut value) {
            true => (schema::text(&value).unwrap_or_default(), true),
            false => (text, false),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn redaction() -> Redaction {
        let secrets = [
            ("token", "tok\"en-1234"),
            ("longer", "tok\"en-1234-and-more"),
            ("pin", "12345678"),
        ];
        let secrets = secrets.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Redaction::new(&secrets.into())
    }

    #[test]
    fn texts_name_secrets_in_place_of_their_values() {
        let text = r#"a tok"en-1234, tok"en-1234-and-more, {"t": "tok\"en-1234"}"#;
        assert_eq!(
            redaction().text(text.to_owned()),
            r#"a [secret token], [secret longer], {"t": "[secret token]"}"#
        );
        assert_eq!(redaction().text("nothing".to_owned()), "nothing");
    }

    #[test]
    fn values_are_looked_through() {
        let mut value = json!({"a": ["x tok\"en-1234", 12345678, 5], "tok\"en-1234": null});
        assert!(redaction().value(&mut value));
        assert_eq!(
            value,
            json!({"a": ["x [secret token]", "[secret pin]", 5], "[secret token]": null})
        );
        let mut value = json!({"a": ["x"], "b": true});
        assert!(!redaction().value(&mut value));
    }

    #[test]
    fn escapes_do_not_hide_a_secret() {
        let (text, found) =
            redaction().json(r#"{"a": "\u0031\u00325678 \u00312345678"}"#.to_owned());
        assert_eq!(
            (text.as_str(), found),
            (r#"{"a":"125678 [secret pin]"}"#, true)
        );
        let text = r#"{"a":  "untouched \n"}"#.to_owned();
        assert_eq!(redaction().json(text.clone()), (text, false));
        let (text, found) = redaction().json("no json: 12345678".to_owned());
        assert_eq!((text.as_str(), found), ("no json: [secret pin]", true));
    }
}
