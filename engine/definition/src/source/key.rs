//! Mapping keys: a key is a text, and what else YAML allows is refused or, for integers, kept as written.

use granit_parser::ScalarStyle;
use serde_json::Value;

use super::frame::Built;
use super::node::Content;
use super::{MAX_KEY_CHARS, Source, YAML_KEY, YAML_LIMIT, YAML_MERGE_KEY};
use crate::diagnostic::{Diagnostic, quoted};

/// The text of a finished node that stands as a key, or a finding that has no span yet.
pub(super) fn text(source: &Source, built: &Built) -> Result<String, Diagnostic> {
    let Content::Scalar { style, written } = built.node.content else {
        let found = if built.value.is_array() {
            "a sequence"
        } else {
            "a mapping"
        };
        return Err(Diagnostic::error(
            YAML_KEY,
            format!("expected a text as the key, found {found}"),
        ));
    };
    let as_written = source.slice(written);
    if style == ScalarStyle::Plain && as_written == "<<" {
        return Err(
            Diagnostic::error(YAML_MERGE_KEY, "merge key `<<` is not part of YAML 1.2")
                .with_hint("write the keys out, or alias the whole mapping with `*name`"),
        );
    }
    let text = match &built.value {
        Value::String(text) => text.as_str(),
        Value::Number(number) if !number.is_f64() => as_written,
        _ if as_written.is_empty() => {
            return Err(Diagnostic::error(
                YAML_KEY,
                "expected a key, found nothing before `:`",
            ));
        }
        _ => {
            let message = format!("expected a text as the key, found {}", quoted(as_written));
            return Err(Diagnostic::error(YAML_KEY, message).with_hint("put it in quotes"));
        }
    };
    if text.chars().count() > MAX_KEY_CHARS {
        let message = format!(
            "expected a key of at most {MAX_KEY_CHARS} characters, found {}",
            quoted(text)
        );
        return Err(Diagnostic::error(YAML_LIMIT, message));
    }
    Ok(text.to_owned())
}
