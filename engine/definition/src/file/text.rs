//! Texts for people, in one language or several.

use std::borrow::Cow;

use indexmap::IndexMap;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize};

/// A text for people: plain, or one per language (`{en: Admitted, zh: 已准入}`), keyed by BCP 47
/// language tag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Text {
    /// The same in every language.
    Plain(String),
    /// One per language.
    Localised(IndexMap<String, String>),
}

impl Text {
    /// The text in the language, or else in English, or else the first there is.
    ///
    /// ```
    /// use casewright_definition::file::Text;
    /// let title: Text = serde_json::from_str(r#"{"en": "Admitted", "zh": "已准入"}"#)?;
    /// assert_eq!(title.get("zh"), "已准入");
    /// assert_eq!(title.get("de"), "Admitted");
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn get(&self, language: &str) -> &str {
        match self {
            Text::Plain(text) => text,
            Text::Localised(texts) => texts
                .get(language)
                .or_else(|| texts.get("en"))
                .or_else(|| texts.values().next())
                .map_or("", String::as_str),
        }
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        super::shorthand::string_or_map(
            deserializer,
            "a text, or an object with a text per language",
            |text| Ok(Text::Plain(text)),
            Text::Localised,
        )
    }
}

impl JsonSchema for Text {
    fn schema_name() -> Cow<'static, str> {
        "Text".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A text for people: plain, or one per language, keyed by BCP 47 language tag.",
            "anyOf": [
                { "type": "string" },
                {
                    "type": "object",
                    "minProperties": 1,
                    "propertyNames": { "pattern": "^[a-z]{2,3}(-[A-Za-z0-9]+)*$" },
                    "additionalProperties": { "type": "string", "minLength": 1 },
                },
            ],
        })
    }
}
