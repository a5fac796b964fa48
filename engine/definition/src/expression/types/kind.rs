//! The kinds of values that CEL tells apart.

/// One kind of value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool,
    /// A whole number.
    Int,
    /// A whole number that is written `1u`.
    Uint,
    /// A number with a fraction, be it 0.
    Double,
    /// A text.
    String,
    /// Bytes.
    Bytes,
    /// A list.
    List,
    /// An object.
    Map,
    /// A point in time.
    Timestamp,
    /// A span of time.
    Duration,
    /// A type, such as `int`.
    Type,
    /// What `data.?field` gives.
    Optional,
}

impl Kind {
    /// Every kind.
    pub(crate) const ALL: [Kind; 13] = [
        Kind::Null,
        Kind::Bool,
        Kind::Int,
        Kind::Uint,
        Kind::Double,
        Kind::String,
        Kind::Bytes,
        Kind::List,
        Kind::Map,
        Kind::Timestamp,
        Kind::Duration,
        Kind::Type,
        Kind::Optional,
    ];

    /// What people call a value of this kind, with its article.
    pub(crate) const fn describe(self) -> &'static str {
        match self {
            Kind::Null => "`null`",
            Kind::Bool => "`true` or `false`",
            Kind::Int => "a whole number",
            Kind::Uint => "an unsigned number",
            Kind::Double => "a number with a fraction",
            Kind::String => "a text",
            Kind::Bytes => "bytes",
            Kind::List => "a list",
            Kind::Map => "an object",
            Kind::Timestamp => "a time",
            Kind::Duration => "a duration",
            Kind::Type => "a type",
            Kind::Optional => "an optional value",
        }
    }

    /// Whether it is one of the three kinds of numbers.
    pub(crate) const fn is_number(self) -> bool {
        matches!(self, Kind::Int | Kind::Uint | Kind::Double)
    }
}

/// A set of kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Kinds(u16);

impl From<Kind> for Kinds {
    fn from(kind: Kind) -> Self {
        Kinds(1 << kind as u16)
    }
}

impl Kinds {
    pub(crate) const NONE: Kinds = Kinds(0);
    pub(crate) const ALL: Kinds = Kinds((1 << Kind::ALL.len()) - 1);
    /// What JSON can be.
    pub(crate) const JSON: Kinds = Kinds::of(&[
        Kind::Null,
        Kind::Bool,
        Kind::Int,
        Kind::Double,
        Kind::String,
        Kind::List,
        Kind::Map,
    ]);
    /// Numbers of every kind.
    pub(crate) const NUMBERS: Kinds = Kinds::of(&[Kind::Int, Kind::Uint, Kind::Double]);

    pub(crate) const fn of(kinds: &[Kind]) -> Kinds {
        let mut bits = 0;
        let mut at = 0;
        while at < kinds.len() {
            bits |= 1 << kinds[at] as u16;
            at += 1;
        }
        Kinds(bits)
    }

    pub(crate) const fn has(self, kind: Kind) -> bool {
        self.0 & (1 << kind as u16) != 0
    }

    pub(crate) const fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(crate) const fn union(self, other: Kinds) -> Kinds {
        Kinds(self.0 | other.0)
    }

    pub(crate) const fn intersection(self, other: Kinds) -> Kinds {
        Kinds(self.0 & other.0)
    }

    pub(crate) const fn with(self, kind: Kind) -> Kinds {
        Kinds(self.0 | (1 << kind as u16))
    }

    pub(crate) const fn without(self, kind: Kind) -> Kinds {
        Kinds(self.0 & !(1 << kind as u16))
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = Kind> + Clone {
        Kind::ALL.into_iter().filter(move |kind| self.has(*kind))
    }

    /// The kinds that a value of one of these may equal: a number equals one of another kind.
    pub(crate) fn equal_to(self) -> Kinds {
        match self.intersection(Kinds::NUMBERS).is_empty() {
            true => self,
            false => self.union(Kinds::NUMBERS),
        }
    }

    /// What people call it: `a text or a list`.
    pub(crate) fn describe(self) -> String {
        if self == Kinds::ALL || self == Kinds::JSON {
            return "anything".to_owned();
        }
        let either = [Kind::Int, Kind::Double].iter().all(|kind| self.has(*kind));
        let words: Vec<&str> = self
            .iter()
            .filter(|kind| !(either && *kind == Kind::Double))
            .map(|kind| match kind {
                Kind::Int if either => "a number",
                kind => kind.describe(),
            })
            .collect();
        match words.as_slice() {
            [] => "nothing".to_owned(),
            [one] => (*one).to_owned(),
            [first @ .., last] => format!("{} or {last}", first.join(", ")),
        }
    }
}
