//! The kinds of findings about a workflow.

use crate::diagnostic::Code;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        $($(#[$doc])* pub(crate) const $name: Code = Code($text);)*

        /// Every kind of finding that lowering makes.
        pub const CODES: &[Code] = &[$($name),*];
    };
}

codes! {
    /// The id of the workflow is not in kebab-case.
    WORKFLOW_ID = "workflow-id";
    /// The version is no semantic version.
    WORKFLOW_VERSION = "workflow-version";
    /// The calendar of the pack cannot be used.
    WORKFLOW_CALENDAR = "workflow-calendar";
    /// A target, an initial state or an `In` names a state that is not there.
    STATE_UNKNOWN = "state-unknown";
    /// Two states have one id.
    STATE_DUPLICATE = "state-duplicate";
    /// The key of a state has a character that a path cannot hold.
    STATE_KEY = "state-key";
    /// The keys of a state contradict each other, or its children do not fit it.
    STATE_SHAPE = "state-shape";
    /// A transition leads to its own state and does not say whether that is left.
    TRANSITION_SELF = "transition-self";
    /// `on` names an event that nobody sends.
    EVENT_UNKNOWN = "event-unknown";
    /// A declared event is taken in no state, or an event that is sent is not.
    EVENT_UNUSED = "event-unused";
    /// The name of an event is reserved, or has a character that names cannot hold.
    EVENT_NAME = "event-name";
    /// An event from outside has no role that may send it.
    EVENT_NOBODY = "event-nobody";
    /// A role that the pack does not have.
    ROLE_UNKNOWN = "role-unknown";
    /// A field that the case data, an event or a parameter does not have.
    FIELD_UNKNOWN = "field-unknown";
    /// A JSON Schema that is none.
    SCHEMA_INVALID = "schema-invalid";
    /// A `default` that does not match its schema.
    SCHEMA_DEFAULT = "schema-default";
    /// A delay that is neither a name of `delays` nor a duration.
    DELAY_UNKNOWN = "delay-unknown";
    /// A delayed transition without a delay: a loop of them would never end.
    DELAY_ZERO = "delay-zero";
    /// A text that is no CEL.
    CEL_SYNTAX = "cel-syntax";
    /// A variable that expressions do not have.
    CEL_VARIABLE = "cel-variable";
    /// A function that expressions do not have.
    CEL_FUNCTION = "cel-function";
    /// A part of an expression that fails for every value that the schemas allow.
    CEL_TYPE = "cel-type";
    /// A comparison that says the same for every value that the schemas allow.
    CEL_COMPARISON = "cel-comparison";
    /// Whole numbers and numbers with a fraction that may meet where they do not go together.
    CEL_NUMBER = "cel-number";
    /// A value that can never match the schema of where it goes.
    VALUE_TYPE = "value-type";
    /// A plugin or a function of one that is not at hand.
    FUNCTION_UNKNOWN = "function-unknown";
    /// A `decide` that names a service, or an `invoke` that names a decision.
    FUNCTION_KIND = "function-kind";
    /// The id of a service is another's, too, or has a character that events cannot hold.
    INVOKE_ID = "invoke-id";
    /// What a function is asked has a key that it does not take, or lacks one that it needs.
    FUNCTION_INPUT = "function-input";
}

/// Findings that are true whatever the rest of the file says, even when parts of it could not be
/// read.
pub(crate) const STANDS_ALONE: &[Code] = &[
    WORKFLOW_ID,
    WORKFLOW_VERSION,
    STATE_KEY,
    EVENT_NAME,
    ROLE_UNKNOWN,
    SCHEMA_INVALID,
    CEL_SYNTAX,
    CEL_FUNCTION,
];
