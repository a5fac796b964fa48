//! What stands in the files of a pack, as it stands there.
//!
//! These types are the format: serde reads them, schemars writes their JSON Schema, and their doc
//! comments are what an editor shows to the administrator. Keys are XState's where XState has one.
//! Nothing is checked here but the shape; [`crate::lower`] gives it meaning.

pub mod action;
pub mod expression;
pub mod initial;
pub mod invoke;
pub mod name;
pub mod on;
pub mod pack;
pub mod shorthand;
pub mod state;
pub mod text;
pub mod workflow;

pub use action::{Action, Assign, Branch, Decide, Emit, ForEach, Log, Notify, Raise, Send};
pub use expression::{Cel, Expression};
pub use initial::Initial;
pub use invoke::Invoke;
pub use name::Name;
pub use on::{Handler, On};
pub use pack::{Calendar, Pack, Parameter, Parameters, Role, Roles, Types, Weekday};
pub use shorthand::OneOrMany;
pub use state::{History, State, StateType, Transition, Transitions};
pub use text::Text;
pub use workflow::{Event, Start, Workflow};
