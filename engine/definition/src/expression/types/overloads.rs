//! Which operators and functions go with which kinds of values.
//!
//! It is the behaviour of the library at run time, written down: tests run every cell.

use cel::common::ast::operators;

use super::{Kind, Kinds};

/// What a call gives for values of these kinds, the target first if there is one; none when it fails
/// for want of an overload.
pub(super) fn result(name: &str, is_member: bool, kinds: &[Kind]) -> Option<Kind> {
    match (is_member, kinds) {
        (false, [kind]) => unary(name, *kind).or_else(|| global(name, kinds)),
        (false, [left, right]) => binary(name, *left, *right).or_else(|| global(name, kinds)),
        (false, _) => global(name, kinds),
        (true, _) => member(name, kinds).or_else(|| own(name, kinds)),
    }
}

fn unary(name: &str, kind: Kind) -> Option<Kind> {
    match (name, kind) {
        (operators::LOGICAL_NOT, Kind::Bool) => Some(Kind::Bool),
        (operators::NEGATE, Kind::Int | Kind::Double) => Some(kind),
        _ => None,
    }
}

fn binary(name: &str, left: Kind, right: Kind) -> Option<Kind> {
    use Kind::{Bool, Bytes, Double, Duration, Int, List, Map, String, Timestamp, Uint};
    let same = left == right;
    match name {
        operators::EQUALS | operators::NOT_EQUALS => Some(Bool),
        operators::LESS
        | operators::LESS_EQUALS
        | operators::GREATER
        | operators::GREATER_EQUALS => {
            let ordered = matches!(left, Bool | String | Bytes | Timestamp | Duration);
            let numbers = left.is_number() && right.is_number();
            (numbers || (same && ordered)).then_some(Bool)
        }
        operators::ADD => match (left, right) {
            (Int | Uint | Double | String | Bytes | List | Duration, _) if same => Some(left),
            (List, Map) => Some(List),
            (Timestamp, Duration) | (Duration, Timestamp) => Some(Timestamp),
            _ => None,
        },
        operators::SUBSTRACT => match (left, right) {
            (Int | Uint | Double | Duration, _) if same => Some(left),
            (Timestamp, Timestamp) => Some(Duration),
            (Timestamp, Duration) => Some(Timestamp),
            _ => None,
        },
        operators::MULTIPLY | operators::DIVIDE => (same && left.is_number()).then_some(left),
        operators::MODULO => (same && matches!(left, Int | Uint)).then_some(left),
        operators::IN => match right {
            List => Some(Bool),
            Map => is_key(left).then_some(Bool),
            _ => None,
        },
        _ => None,
    }
}

/// Whether `max` and `min` can tell which of two values is the greater.
fn compare(left: Kind, right: Kind) -> bool {
    use Kind::{Bool, Duration, Null, String, Timestamp};
    let same = matches!(left, Null | Bool | String | Timestamp | Duration) && left == right;
    same || (left.is_number() && right.is_number())
}

/// Whether `max` and `min` go with some values of these kinds.
pub(super) fn may_compare(one: Kinds, other: Kinds) -> bool {
    one.iter()
        .any(|left| other.iter().any(|right| compare(left, right)))
}

/// Whether `max` and `min` go with all values of these kinds.
pub(super) fn all_compare(one: Kinds, other: Kinds) -> bool {
    one.iter()
        .all(|left| other.iter().all(|right| compare(left, right)))
}

/// What may stand in the brackets after an object, or before `in`.
pub(super) fn is_key(kind: Kind) -> bool {
    matches!(kind, Kind::Bool | Kind::String) || kind.is_number()
}

/// Functions that are called as `name(value)`.
fn global(name: &str, kinds: &[Kind]) -> Option<Kind> {
    use Kind::{Bool, Bytes, Double, Duration, Int, List, Map, String, Timestamp, Uint};
    match (name, kinds) {
        ("size", [String | Bytes | List | Map]) => Some(Int),
        ("int", [Int | Uint | Double | String | Timestamp]) => Some(Int),
        ("uint", [Int | Uint | Double | String]) => Some(Uint),
        ("double", [Int | Uint | Double | String]) => Some(Double),
        ("string", [Bool | Int | Uint | Double | String | Bytes | Timestamp | Duration]) => {
            Some(String)
        }
        ("bool", [Bool | String]) => Some(Bool),
        ("bytes", [String | Bytes]) => Some(Bytes),
        ("type", [_]) => Some(Kind::Type),
        ("dyn", [kind]) => Some(*kind),
        ("duration", [String | Duration]) => Some(Duration),
        ("timestamp", [Int | String | Timestamp]) => Some(Timestamp),
        ("matches", [String, String]) | ("In", [String, ..]) => Some(Bool),
        _ => own(name, kinds),
    }
}

/// Our own functions, which may be called either way. They do not look at what else they are given.
fn own(name: &str, kinds: &[Kind]) -> Option<Kind> {
    match (name, kinds) {
        ("working_days", [Kind::Int, ..]) => Some(Kind::Duration),
        _ => None,
    }
}

/// How many of a call's values matter. Our own functions do not look at what else they are given, so
/// that there is no need to go through what that may be.
pub(super) fn counted(name: &str, is_member: bool) -> usize {
    match (name, is_member) {
        ("working_days", _) | ("In", false) => 1,
        _ => usize::MAX,
    }
}

/// Functions that are called as `value.name()`, the value first.
fn member(name: &str, kinds: &[Kind]) -> Option<Kind> {
    use Kind::{Bool, Bytes, Duration, Int, List, Map, Optional, String, Timestamp};
    match (name, kinds) {
        ("contains" | "startsWith" | "endsWith" | "matches", [String, String]) => Some(Bool),
        ("size", [String | Bytes | List | Map]) => Some(Int),
        ("getHours" | "getMinutes" | "getSeconds" | "getMilliseconds", [Duration]) => Some(Int),
        (name, [Timestamp] | [Timestamp, String]) if PARTS_OF_TIME.contains(&name) => Some(Int),
        // It does not look at what it is called on.
        ("In", [_, String]) => Some(Bool),
        ("hasValue", [Optional]) => Some(Bool),
        _ => None,
    }
}

const PARTS_OF_TIME: [&str; 10] = [
    "getFullYear",
    "getMonth",
    "getDate",
    "getDayOfMonth",
    "getDayOfWeek",
    "getDayOfYear",
    "getHours",
    "getMinutes",
    "getSeconds",
    "getMilliseconds",
];

/// How a function is called, for one that is called in another way; none for one that is not known
/// here, of which nothing is said.
pub(super) fn form(name: &str) -> Option<&'static str> {
    Some(match name {
        "size" => "size(value)",
        "int" => "int(value)",
        "uint" => "uint(value)",
        "double" => "double(value)",
        "string" => "string(value)",
        "bool" => "bool(value)",
        "bytes" => "bytes(value)",
        "type" => "type(value)",
        "dyn" => "dyn(value)",
        "duration" => "duration(text)",
        "timestamp" => "timestamp(text)",
        "In" => "In('state')",
        "working_days" => "working_days(number)",
        "contains" => "text.contains(part)",
        "startsWith" => "text.startsWith(part)",
        "endsWith" => "text.endsWith(part)",
        "matches" => "text.matches(pattern)",
        "getFullYear" => "time.getFullYear(zone)",
        "getMonth" => "time.getMonth(zone)",
        "getDate" => "time.getDate(zone)",
        "getDayOfMonth" => "time.getDayOfMonth(zone)",
        "getDayOfWeek" => "time.getDayOfWeek(zone)",
        "getDayOfYear" => "time.getDayOfYear(zone)",
        "getHours" => "time.getHours(zone)",
        "getMinutes" => "time.getMinutes(zone)",
        "getSeconds" => "time.getSeconds(zone)",
        "getMilliseconds" => "time.getMilliseconds(zone)",
        _ => return None,
    })
}

/// Whether any values at all go with a call of this form.
pub(super) fn is_form(name: &str, is_member: bool, count: usize) -> bool {
    let in_global = match name {
        "matches" => count == 2,
        "In" | "working_days" => true,
        "contains" | "startsWith" | "endsWith" => false,
        name => count == 1 && !PARTS_OF_TIME.contains(&name),
    };
    let in_member = match name {
        "contains" | "startsWith" | "endsWith" | "matches" | "In" => count == 2,
        "size" => count == 1,
        "working_days" => true,
        name => PARTS_OF_TIME.contains(&name) && (count == 1 || count == 2),
    };
    match is_member {
        true => in_member,
        false => in_global,
    }
}
