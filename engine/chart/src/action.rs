//! Executable content (SCXML 4) and invocations (SCXML 6.4), with expressions as numbers.

use std::sync::Arc;

/// The number of an expression that an [`Evaluate`](crate::Evaluate) knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ExpressionIndex(pub u32);

/// The number of a decision function that an [`Evaluate`](crate::Evaluate) knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DecisionIndex(pub u32);

/// A place in the data: keys from the outermost in. The empty path is all of the data.
pub type Location = Arc<[Arc<str>]>;

/// A name that is written out, or worked out when it is needed (SCXML's `eventexpr` and
/// `sendidexpr`).
#[derive(Clone, Debug, PartialEq)]
pub enum Name {
    /// The name itself.
    Fixed(Arc<str>),
    /// What gives the name: a text.
    Computed(ExpressionIndex),
}

impl Name {
    /// The name, if it is written out.
    pub fn fixed(&self) -> Option<&Arc<str>> {
        match self {
            Name::Fixed(name) => Some(name),
            Name::Computed(_) => None,
        }
    }
}

impl From<Arc<str>> for Name {
    fn from(name: Arc<str>) -> Self {
        Name::Fixed(name)
    }
}

impl From<&str> for Name {
    fn from(name: &str) -> Self {
        Name::Fixed(name.into())
    }
}

/// Actions that stand together: when one of them fails, the rest of its block is skipped
/// (SCXML 4.1).
pub type Block = Vec<Action>;

/// One piece of executable content.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Puts a value at a place in the data (SCXML `<assign>`).
    Assign {
        /// Where to.
        location: Location,
        /// What.
        value: ExpressionIndex,
    },
    /// Puts every key of an object into the data (XState's `assign` with a function).
    Merge {
        /// The object.
        value: ExpressionIndex,
    },
    /// Puts an event on the internal queue (SCXML `<raise>`).
    Raise {
        /// The event's name.
        event: Name,
        /// The event's data.
        data: Option<ExpressionIndex>,
    },
    /// Sends an event to the chart itself, now or after a delay (SCXML `<send>`).
    Send(Send),
    /// Drops every delayed event that was sent with this id (SCXML `<cancel>`).
    Cancel {
        /// The id of the `send`.
        id: Name,
    },
    /// Notes a value in the trace (SCXML `<log>`).
    Log {
        /// What the value is.
        label: Option<Arc<str>>,
        /// The value.
        value: ExpressionIndex,
    },
    /// The first branch whose guard holds, or else `otherwise` (SCXML `<if>`).
    If {
        /// `if` and every `elseif`.
        branches: Vec<Branch>,
        /// `else`.
        otherwise: Block,
    },
    /// A block for each item of a list, of which it works on a copy (SCXML `<foreach>`).
    ///
    /// DIFFERENCE: SCXML declares item and index in the data, where they stay. Here they are names
    /// that end with the block, so that no loop leaves its traces in a case.
    ForEach {
        /// The list.
        array: ExpressionIndex,
        /// The name under which the block sees the item.
        item: Arc<str>,
        /// The name under which the block sees the item's number from 0.
        index: Option<Arc<str>>,
        /// The block.
        body: Block,
    },
    /// A block inside a block: when an action of it fails, what comes after it goes on.
    Block(Block),
    /// Tells the world something (XState `emit`).
    Emit {
        /// What it is called.
        event: Arc<str>,
        /// What it says.
        data: Option<ExpressionIndex>,
    },
    /// Asks a decision and puts its answer into the data.
    Decide {
        /// Which.
        decision: DecisionIndex,
        /// What it is asked.
        input: ExpressionIndex,
        /// Where the answer goes.
        location: Location,
    },
}

/// An event on its way (SCXML `<send>`).
#[derive(Clone, Debug, PartialEq)]
pub struct Send {
    /// The event's name.
    pub event: Name,
    /// What [`Action::Cancel`] calls it.
    pub id: Option<Arc<str>>,
    /// Where in the data an id goes that is made for it when it has none (SCXML `idlocation`).
    pub id_location: Option<Location>,
    /// Where to: `#_internal`, or an address that [`Evaluate`](crate::Evaluate) knows for the chart's
    /// own; its external queue when absent.
    pub target: Option<Name>,
    /// How: SCXML's event processor, which is meant when absent, is the only one.
    pub processor: Option<Name>,
    /// How long to wait; at once when absent.
    pub delay: Option<ExpressionIndex>,
    /// The event's data, evaluated now.
    pub data: Option<ExpressionIndex>,
}

impl Send {
    /// An event without data, to the external queue at once.
    pub fn new(event: impl Into<Name>) -> Self {
        Send {
            event: event.into(),
            id: None,
            id_location: None,
            target: None,
            processor: None,
            delay: None,
            data: None,
        }
    }
}

/// One guarded block of an [`Action::If`].
#[derive(Clone, Debug, PartialEq)]
pub struct Branch {
    /// When to take it.
    pub guard: ExpressionIndex,
    /// What to do.
    pub body: Block,
}

/// A service that runs while its state is active (SCXML `<invoke>`).
#[derive(Clone, Debug, PartialEq)]
pub struct Invoke {
    /// Tells the invocation apart within the chart; `done.invoke.` and this is its answer.
    pub id: Arc<str>,
    /// What to run.
    pub source: Arc<str>,
    /// What to hand it.
    pub input: Option<ExpressionIndex>,
    /// What is done with its answer before transitions are looked at (SCXML 6.5, `<finalize>`).
    pub finalize: Block,
}

impl Invoke {
    /// The event that says that it is done.
    pub fn done(&self) -> Arc<str> {
        format!("done.invoke.{}", self.id).into()
    }

    /// The event that says that it has failed.
    pub fn error(&self) -> Arc<str> {
        format!("error.invoke.{}", self.id).into()
    }
}
