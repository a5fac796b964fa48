//! What an expression can be worth: types, as far as schemas tell them.
//!
//! A [`Type`] is a set of kinds of values, and what is known of them: the texts of an enumeration, the
//! items of lists, the fields of objects. What a schema leaves open may be anything, and nothing is
//! ever said against it: a finding is made only when no value that the schemas allow could do.
//!
//! - `kind` names the kinds, `schema` reads types from JSON Schemas, `fit` says which can never match one;
//! - `overloads` says which operators and functions go with which kinds. Tests compare it with the library,
//!   cell by cell;
//! - `check` walks an expression.

mod check;
mod fit;
mod kind;
mod overloads;
mod schema;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub(crate) use check::{Checker, Issue, Mismatch, Variables};
pub(crate) use fit::{Misfit, misfit, missing};
pub(crate) use kind::{Kind, Kinds};
pub(crate) use schema::Schemas;

/// What is known of a value before there is one.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Type {
    /// What it may be. Of nothing at all, as of the items of `[]`, nothing is said.
    pub(crate) kinds: Kinds,
    /// If it is a text, one of these; none when it may be any.
    pub(crate) texts: Option<Arc<BTreeSet<String>>>,
    /// If it is a number, the least and the most that it can be.
    pub(crate) range: Option<(f64, f64)>,
    /// If it is a list, what its items are.
    pub(crate) item: Option<Arc<Type>>,
    /// If it is an object, what its fields are.
    pub(crate) object: Option<Arc<Object>>,
}

/// What is known of the fields of an object.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Object {
    /// The fields that are named.
    pub(crate) fields: BTreeMap<String, Field>,
    /// What any other field is; none when there is no other.
    pub(crate) rest: Option<Type>,
}

/// A field of an object.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Field {
    /// What it is, when it is there.
    pub(crate) value: Type,
    /// Whether it is always there.
    pub(crate) required: bool,
}

impl Type {
    /// Anything.
    pub(crate) const ANY: Type = Type::of(Kinds::ALL);

    /// Any value of some kinds.
    pub(crate) const fn of(kinds: Kinds) -> Type {
        Type {
            kinds,
            texts: None,
            range: None,
            item: None,
            object: None,
        }
    }

    pub(crate) fn text(text: &str) -> Type {
        Type {
            texts: Some(Arc::new([text.to_owned()].into())),
            ..Type::of(Kind::String.into())
        }
    }

    pub(crate) fn list(item: Type) -> Type {
        Type {
            item: Some(Arc::new(item)),
            ..Type::of(Kind::List.into())
        }
    }

    /// An object with just these fields.
    pub(crate) fn object(fields: impl IntoIterator<Item = (String, Field)>) -> Type {
        Type::of_object(Object {
            fields: fields.into_iter().collect(),
            rest: None,
        })
    }

    pub(crate) fn of_object(object: Object) -> Type {
        Type {
            object: Some(Arc::new(object)),
            ..Type::of(Kind::Map.into())
        }
    }

    /// The same, but perhaps `null` instead.
    pub(crate) fn or_null(mut self) -> Type {
        self.kinds = self.kinds.with(Kind::Null);
        self
    }

    /// What its items are, if it is a list.
    pub(crate) fn item(&self) -> Type {
        self.item.as_deref().cloned().unwrap_or(Type::ANY)
    }

    /// What stands at a path of fields.
    pub(crate) fn at<'a>(&self, path: impl IntoIterator<Item = &'a str>) -> Type {
        let mut found = self.clone();
        for name in path {
            let object = found.object.filter(|_| found.kinds == Kind::Map.into());
            let field = object.and_then(|object| object.field(name));
            found = field.map_or(Type::ANY, |field| field.value);
        }
        found
    }

    fn is_number(&self) -> bool {
        !self.kinds.intersection(Kinds::NUMBERS).is_empty()
    }

    /// What is either of the two.
    pub(crate) fn union(&self, other: &Type) -> Type {
        fn known<T: Clone>(
            kind: Kind,
            (of, here): (&Type, &Option<T>),
            (other_of, there): (&Type, &Option<T>),
            both: impl Fn(&T, &T) -> T,
        ) -> Option<T> {
            match (of.kinds.has(kind), other_of.kinds.has(kind)) {
                (true, true) => Some(both(here.as_ref()?, there.as_ref()?)),
                (true, false) => here.clone(),
                (false, true) => there.clone(),
                (false, false) => None,
            }
        }
        Type {
            kinds: self.kinds.union(other.kinds),
            texts: known(
                Kind::String,
                (self, &self.texts),
                (other, &other.texts),
                |a, b| Arc::new(a.union(b).cloned().collect()),
            ),
            range: match (self.is_number(), other.is_number()) {
                (true, true) => {
                    let limits = self.range.zip(other.range);
                    limits.map(|(one, other)| (one.0.min(other.0), one.1.max(other.1)))
                }
                (true, false) => self.range,
                (false, _) => other.range,
            },
            item: known(
                Kind::List,
                (self, &self.item),
                (other, &other.item),
                |a, b| Arc::new(a.union(b)),
            ),
            object: known(
                Kind::Map,
                (self, &self.object),
                (other, &other.object),
                |a, b| Arc::new(a.union(b)),
            ),
        }
    }

    /// What is both.
    pub(crate) fn intersection(&self, other: &Type) -> Type {
        fn known<T: Clone>(
            here: &Option<T>,
            there: &Option<T>,
            both: impl Fn(&T, &T) -> T,
        ) -> Option<T> {
            match (here, there) {
                (Some(here), Some(there)) => Some(both(here, there)),
                (here, there) => here.clone().or_else(|| there.clone()),
            }
        }
        Type {
            kinds: self.kinds.intersection(other.kinds),
            texts: known(&self.texts, &other.texts, |a, b| {
                Arc::new(a.intersection(b).cloned().collect())
            }),
            range: known(&self.range, &other.range, |one, other| {
                (one.0.max(other.0), one.1.min(other.1))
            }),
            item: known(&self.item, &other.item, |a, b| Arc::new(a.intersection(b))),
            object: known(&self.object, &other.object, |a, b| {
                Arc::new(a.intersection(b))
            }),
        }
    }

    /// Whether a value of the one may equal a value of the other.
    pub(crate) fn may_equal(&self, other: &Type) -> bool {
        let common = self.kinds.equal_to().intersection(other.kinds);
        let texts = match (&self.texts, &other.texts) {
            (Some(texts), Some(others)) => !texts.is_disjoint(others),
            _ => true,
        };
        self.kinds.is_empty()
            || other.kinds.is_empty()
            || (common.has(Kind::String) && texts)
            || !common.without(Kind::String).is_empty()
    }
}

impl Object {
    /// What a field is, and whether it is always there; none when no such field can be there.
    pub(crate) fn field(&self, name: &str) -> Option<Field> {
        match self.fields.get(name) {
            Some(field) => Some(field.clone()),
            None => self.rest.clone().map(|value| Field {
                value,
                required: false,
            }),
        }
    }

    fn names<'a>(&'a self, other: &'a Object) -> BTreeSet<&'a String> {
        self.fields.keys().chain(other.fields.keys()).collect()
    }

    fn union(&self, other: &Object) -> Object {
        let field = |name: &String| {
            let field = match (self.field(name), other.field(name)) {
                (Some(here), Some(there)) => Field {
                    value: here.value.union(&there.value),
                    required: here.required && there.required,
                },
                (here, there) => Field {
                    required: false,
                    ..here.or(there)?
                },
            };
            Some((name.clone(), field))
        };
        Object {
            fields: self.names(other).into_iter().filter_map(field).collect(),
            rest: match (&self.rest, &other.rest) {
                (Some(here), Some(there)) => Some(here.union(there)),
                (here, there) => here.clone().or_else(|| there.clone()),
            },
        }
    }

    fn intersection(&self, other: &Object) -> Object {
        let field = |name: &String| {
            let (here, there) = (self.field(name)?, other.field(name)?);
            let field = Field {
                value: here.value.intersection(&there.value),
                required: here.required || there.required,
            };
            Some((name.clone(), field))
        };
        let rest = self.rest.as_ref().zip(other.rest.as_ref());
        Object {
            fields: self.names(other).into_iter().filter_map(field).collect(),
            rest: rest.map(|(here, there)| here.intersection(there)),
        }
    }
}

#[cfg(test)]
mod tests;
