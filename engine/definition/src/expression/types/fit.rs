//! Values that can never match a schema.

use super::{Kind, Kinds, Object, Type};

/// Why no value of a type can match what is expected.
#[derive(Debug, PartialEq)]
pub(crate) struct Misfit {
    /// Where in the value: names of fields, outermost first.
    pub(crate) path: Vec<String>,
    /// What would match.
    pub(crate) expected: String,
    /// What there is.
    pub(crate) found: String,
}

/// Why no value of the type can match the schema that the other type was read from; none when one may.
pub(crate) fn misfit(value: &Type, schema: &Type) -> Option<Misfit> {
    let kinds = stored(value.kinds);
    if value.kinds.is_empty() || schema.kinds.is_empty() {
        return None;
    }
    let allowed = schema.kinds.equal_to();
    let common = kinds.intersection(allowed);
    if common.is_empty() {
        return Some(Misfit {
            path: Vec::new(),
            expected: schema.kinds.describe(),
            found: value.kinds.describe(),
        });
    }
    if common == Kind::String.into()
        && !value.kinds.has(Kind::Timestamp)
        && !value.kinds.has(Kind::Duration)
        && let (Some(texts), Some(allowed)) = (&value.texts, &schema.texts)
        && texts.is_disjoint(allowed)
    {
        return Some(Misfit {
            path: Vec::new(),
            expected: words(allowed.iter()),
            found: words(texts.iter()),
        });
    }
    match (&value.object, &schema.object) {
        (Some(value), Some(schema)) if common == Kind::Map.into() => fields(value, schema),
        _ => None,
    }
}

fn fields(value: &Object, schema: &Object) -> Option<Misfit> {
    for (name, field) in &value.fields {
        let at = |misfit: Misfit| {
            let path = std::iter::once(name.clone()).chain(misfit.path);
            Misfit {
                path: path.collect(),
                ..misfit
            }
        };
        match schema.field(name) {
            Some(expected) if field.required => {
                if let Some(misfit) = misfit(&field.value, &expected.value) {
                    return Some(at(misfit));
                }
            }
            None if field.required => {
                return Some(at(Misfit {
                    path: Vec::new(),
                    expected: "nothing".to_owned(),
                    found: field.value.kinds.describe(),
                }));
            }
            _ => {}
        }
    }
    None
}

/// What is expected as a field that an object never has.
pub(crate) fn missing(value: &Type, schema: &Type) -> Option<Misfit> {
    let (value, schema) = (value.object.as_ref()?, schema.object.as_ref()?);
    let mut fields = schema.fields.iter();
    let (name, field) =
        fields.find(|(name, field)| field.required && value.field(name).is_none())?;
    Some(Misfit {
        path: vec![name.clone()],
        expected: field.value.kinds.describe(),
        found: "nothing".to_owned(),
    })
}

/// The kinds as which values are kept: times and durations become texts.
fn stored(kinds: Kinds) -> Kinds {
    let mut stored = kinds.intersection(Kinds::JSON);
    if kinds.has(Kind::Timestamp) || kinds.has(Kind::Duration) {
        stored = stored.with(Kind::String);
    }
    if kinds.has(Kind::Uint) {
        stored = stored.with(Kind::Int);
    }
    stored
}

fn words<'a>(texts: impl Iterator<Item = &'a String>) -> String {
    let texts: Vec<&String> = texts.collect();
    crate::read::list(&texts, "or")
}
