//! Why a text is no CEL, in the words of this project.

use cel::ParseErrors;

use crate::diagnostic::quoted;

/// Why a text is no CEL program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompileError {
    /// What is wrong.
    pub message: String,
    /// The sign in the text at which it is wrong: where it begins and ends, as byte offsets.
    pub span: Option<(usize, usize)>,
    /// The one thing to try.
    pub hint: Option<&'static str>,
}

impl CompileError {
    /// An error about the whole text.
    pub(super) fn new(message: String) -> Self {
        CompileError {
            message,
            span: None,
            hint: None,
        }
    }

    /// What the parser's errors come to: the first, as the others mostly follow from it.
    pub(super) fn of(source: &str, errors: &ParseErrors) -> Self {
        if source.trim().is_empty() {
            return Self::new("expected an expression, found an empty text".to_owned());
        }
        // What the parser calls incomplete, another error says better.
        let is_clear = |message: &str| !message.starts_with("Incomplete ");
        let errors = errors.errors.iter();
        let Some(first) = errors.min_by_key(|error| !is_clear(&error.msg)) else {
            return Self::new("expected an expression of CEL".to_owned());
        };
        let offset = offset_of(source, first.pos);
        let (message, hint) = words(&first.msg, source, offset);
        CompileError {
            message,
            span: offset
                .filter(|_| !first.msg.contains("Recursion limit"))
                .map(|at| (at, at + width_of_sign(source, at))),
            hint,
        }
    }
}

fn words(message: &str, source: &str, offset: Option<usize>) -> (String, Option<&'static str>) {
    let message = message.strip_prefix("Syntax error: ").unwrap_or(message);
    if let Some(rest) = message.strip_prefix("token recognition error at: ") {
        return unreadable(rest);
    }
    if message.contains("Recursion limit") {
        let message = "the expression is nested too deeply".to_owned();
        return (
            message,
            Some("put parts of it into the case data with `assign`"),
        );
    }
    if let Some(name) = message.strip_prefix("reserved identifier: ") {
        return (
            format!("{} is a reserved word of CEL", quoted(name)),
            of_word(name),
        );
    }
    let found = between(message, "input '", "'")
        .or_else(|| between(message, " at '", "'"))
        .filter(|_| !message.starts_with("no viable alternative"));
    let found = match found {
        Some(found) => found,
        None => match rest_of(source, offset) {
            Some(found) if message.starts_with("no viable alternative") => found,
            _ => return (super::program::tidy(message), None),
        },
    };
    let described = match found {
        "<EOF>" | "" => "the end of the expression".to_owned(),
        found => quoted(found),
    };
    let expected = expected(message);
    (
        format!("expected {expected}, found {described}"),
        of_word(found),
    )
}

/// What could have stood there, from the parser's list of tokens.
fn expected(message: &str) -> String {
    if let Some(missing) = between(message, "missing '", "'") {
        return quoted(missing);
    }
    if message.starts_with("no viable alternative") {
        return "the name of a field".to_owned();
    }
    let list = message
        .split_once("expecting ")
        .map_or("", |(_, list)| list);
    if list.contains("IDENTIFIER") {
        "a value".to_owned()
    } else if list.contains("<EOF>") {
        "an operator or the end of the expression".to_owned()
    } else if list.contains("':'") && list.contains("'=='") {
        "`:` and the other value of `? :`".to_owned()
    } else {
        let closing = |sign: &&str| list.contains(&format!("'{sign}'"));
        let signs: Vec<&str> = [")", "]", "}", ",", ":"]
            .into_iter()
            .filter(closing)
            .collect();
        match signs.is_empty() {
            true => "something else".to_owned(),
            false => crate::read::list(&signs, "or"),
        }
    }
}

/// A sign that begins no token of CEL.
fn unreadable(rest: &str) -> (String, Option<&'static str>) {
    let found = rest.strip_prefix('\'').unwrap_or(rest);
    let found = found.strip_suffix('\'').unwrap_or(found).trim_end();
    if found.starts_with(['\'', '"']) {
        let message = "the text that begins here has no end, or an escape that CEL does not know";
        return (message.to_owned(), None);
    }
    let hint = match found {
        "=" => Some("`==` compares"),
        "&" => Some("`&&` means and"),
        "|" => Some("`||` means or"),
        _ if !found.is_ascii() => {
            Some("a name in another script than Latin is written as `data['客户']`")
        }
        _ => None,
    };
    (format!("{} is no sign of CEL", quoted(found)), hint)
}

/// What people who know another language may have meant.
fn of_word(found: &str) -> Option<&'static str> {
    match found.to_lowercase().as_str() {
        "and" => Some("`&&` means and"),
        "or" => Some("`||` means or"),
        "not" => Some("`!` means not"),
        "if" | "then" | "else" => Some("a choice is written as `condition ? one : other`"),
        _ => None,
    }
}

/// The word, or the sign, after an offset and a dot.
fn rest_of(source: &str, offset: Option<usize>) -> Option<&str> {
    let rest = source.get(offset?..)?.trim_start_matches('.');
    let end = rest
        .find(|c: char| !c.is_alphanumeric())
        .unwrap_or(rest.len());
    let length = rest.chars().next().map_or(0, char::len_utf8);
    rest.get(..end.max(length))
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(start)?;
    rest.split_once(end).map(|(found, _)| found)
}

/// How many bytes the sign at an offset has; one behind the end has one.
fn width_of_sign(source: &str, at: usize) -> usize {
    let rest = source.get(at..).unwrap_or_default();
    rest.chars().next().map_or(1, char::len_utf8)
}

/// The byte offset of a line and a column, both from 1, the column in characters.
fn offset_of(source: &str, (line, column): (isize, isize)) -> Option<usize> {
    let line = usize::try_from(line).ok()?.checked_sub(1)?;
    let column = usize::try_from(column).ok()?.saturating_sub(1);
    let text = source.split_inclusive('\n').nth(line)?;
    let before: usize = source.split_inclusive('\n').take(line).map(str::len).sum();
    let mut characters = text.char_indices();
    let within = characters.nth(column).map_or(text.len(), |(at, _)| at);
    Some(before + within)
}
