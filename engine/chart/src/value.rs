//! JSON-shaped values that are cheap to clone.

use std::fmt;
use std::sync::Arc;

use indexmap::IndexMap;

/// An object of values, in the order in which its keys were written.
pub type Map = IndexMap<Arc<str>, Value>;

/// A value of case data or event data: JSON's types, with integers kept apart from fractions.
///
/// Texts, lists and maps are shared, so that a clone costs one reference count; a change copies
/// only what it touches ([`Value::assign`]).
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Value {
    /// `null`, and what an absent event carries.
    #[default]
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number from -2^63 to 2^63-1.
    Int(i64),
    /// A number with a fraction or an exponent. Never NaN or infinite when it came from JSON.
    Float(f64),
    /// Text.
    String(Arc<str>),
    /// A list.
    List(Arc<Vec<Value>>),
    /// An object.
    Map(Arc<Map>),
}

impl Value {
    /// The value at `path`, key by key from here, if all of it is there.
    ///
    /// ```
    /// use casewright_chart::Value;
    /// let customer = Value::map([("name", Value::from("华东能源"))]);
    /// let data = Value::map([("customer", customer)]);
    /// assert_eq!(data.get(&["customer", "name"]), Some(&Value::from("华东能源")));
    /// assert_eq!(data.get(&["customer", "tier"]), None);
    /// ```
    pub fn get<K: AsRef<str>>(&self, path: &[K]) -> Option<&Value> {
        path.iter().try_fold(self, |value, key| match value {
            Value::Map(map) => map.get(key.as_ref()),
            _ => None,
        })
    }

    /// Puts `value` at `path`, making maps along the way where there is nothing or `null`. A key that
    /// is a number from 0 finds an item that a list has.
    ///
    /// # Errors
    /// Something other than a map, or a list with that item, stands in the way: the length of the path
    /// up to and with it.
    pub fn assign(&mut self, path: &[Arc<str>], value: Value) -> Result<(), usize> {
        let Some((key, rest)) = path.split_first() else {
            *self = value;
            return Ok(());
        };
        if *self == Value::Null {
            *self = Value::Map(Arc::default());
        }
        let inner = match self {
            Value::Map(map) => Arc::make_mut(map).entry(key.clone()).or_default(),
            Value::List(items) => item(items, key).ok_or(0_usize)?,
            _ => return Err(0),
        };
        inner.assign(rest, value).map_err(|depth| depth + 1)
    }

    /// A map of the given entries, in their order.
    pub fn map<K: Into<Arc<str>>>(entries: impl IntoIterator<Item = (K, Value)>) -> Value {
        Value::Map(Arc::new(
            entries
                .into_iter()
                .map(|(key, value)| (key.into(), value))
                .collect(),
        ))
    }

    /// A list of the given items.
    pub fn list(items: impl IntoIterator<Item = Value>) -> Value {
        Value::List(Arc::new(items.into_iter().collect()))
    }

    /// The text, if this is one.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// The object, if this is one.
    pub fn as_map(&self) -> Option<&Map> {
        match self {
            Value::Map(map) => Some(map),
            _ => None,
        }
    }

    /// What JSON calls a value like this: `null`, `boolean`, `integer`, `number`, `string`,
    /// `array` or `object`.
    pub fn type_name(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Int(_) => "integer",
            Value::Float(_) => "number",
            Value::String(_) => "string",
            Value::List(_) => "array",
            Value::Map(_) => "object",
        }
    }

    /// About how many bytes the value takes as JSON text; what [`Limits::data_bytes`] counts.
    ///
    /// [`Limits::data_bytes`]: crate::step::Limits::data_bytes
    pub fn size_bytes(&self) -> usize {
        match self {
            Value::Null | Value::Bool(_) => 4,
            Value::Int(_) | Value::Float(_) => 8,
            Value::String(text) => text.len() + 2,
            Value::List(items) => {
                2 + items
                    .iter()
                    .map(|item| item.size_bytes() + 1)
                    .sum::<usize>()
            }
            Value::Map(map) => {
                let entry = |(key, value): (&Arc<str>, &Value)| key.len() + 4 + value.size_bytes();
                2 + map.iter().map(entry).sum::<usize>()
            }
        }
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Value::Bool(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Value::Int(value)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::String(text.into())
    }
}

impl From<Arc<str>> for Value {
    fn from(text: Arc<str>) -> Self {
        Value::String(text)
    }
}

impl From<Map> for Value {
    fn from(map: Map) -> Self {
        Value::Map(Arc::new(map))
    }
}

impl fmt::Display for Value {
    /// Compact text for traces and logs: JSON but for the escapes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Null => f.write_str("null"),
            Value::Bool(value) => write!(f, "{value}"),
            Value::Int(value) => write!(f, "{value}"),
            Value::Float(value) => write!(f, "{value:?}"),
            Value::String(text) => write!(f, "{text:?}"),
            Value::List(items) => {
                f.write_str("[")?;
                for (index, item) in items.iter().enumerate() {
                    write!(f, "{}{item}", if index == 0 { "" } else { ", " })?;
                }
                f.write_str("]")
            }
            Value::Map(map) => {
                f.write_str("{")?;
                for (index, (key, value)) in map.iter().enumerate() {
                    let comma = if index == 0 { "" } else { ", " };
                    write!(f, "{comma}{key:?}: {value}")?;
                }
                f.write_str("}")
            }
        }
    }
}

/// The item of a list whose number a key is, if it has one.
fn item<'a>(items: &'a mut Arc<Vec<Value>>, key: &str) -> Option<&'a mut Value> {
    let number: usize = key.parse().ok().filter(|number| *number < items.len())?;
    Arc::make_mut(items).get_mut(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(keys: &[&str]) -> Vec<Arc<str>> {
        keys.iter().map(|key| Arc::from(*key)).collect()
    }

    #[test]
    fn assign_makes_maps_on_the_way_and_leaves_other_copies_alone() {
        let before = Value::map([("rounds", Value::Int(1))]);
        let mut after = before.clone();
        after
            .assign(&path(&["customer", "name"]), Value::from("A"))
            .unwrap();
        assert_eq!(before.to_string(), r#"{"rounds": 1}"#);
        assert_eq!(
            after.to_string(),
            r#"{"rounds": 1, "customer": {"name": "A"}}"#
        );
    }

    #[test]
    fn assign_names_what_stands_in_the_way() {
        let mut data = Value::map([("a", Value::map([("b", Value::Int(1))]))]);
        let before = data.clone();
        assert_eq!(data.assign(&path(&["a", "b", "c"]), Value::Null), Err(2));
        assert_eq!(data, before);
    }

    #[test]
    fn assign_changes_an_item_that_a_list_has() {
        let mut data = Value::map([("list", Value::list([Value::Int(1), Value::Int(2)]))]);
        let before = data.clone();
        assert_eq!(data.assign(&path(&["list", "1"]), Value::Int(5)), Ok(()));
        assert_eq!(data.to_string(), r#"{"list": [1, 5]}"#);
        assert_eq!(before.to_string(), r#"{"list": [1, 2]}"#);
        assert_eq!(data.assign(&path(&["list", "2"]), Value::Int(5)), Err(1));
        assert_eq!(data.assign(&path(&["list", "x"]), Value::Int(5)), Err(1));
    }
}
