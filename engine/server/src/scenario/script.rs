//! The file of a script: JSON Lines.

use casewright_case::Actor;
use casewright_chart::Timestamp;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value as Json};

use super::Fault;
use super::delay::parse_ms;
use super::expectation::Expectation;
use super::file::{Failure, Reply, present};

/// A script that has been read.
#[derive(Clone, Debug)]
pub struct Script {
    /// What it is called in messages.
    pub name: String,
    /// How the case is opened, as far as the script says so.
    pub start: Option<Start>,
    /// Everything after that, and what is expected of the opening.
    pub lines: Vec<Line>,
}

/// How a case is opened.
#[derive(Clone, Debug)]
pub struct Start {
    /// Its line.
    pub line: usize,
    /// The case data given.
    pub data: Json,
    /// When.
    pub now: Option<Timestamp>,
}

/// One line. Its parts count in this order.
#[derive(Clone, Debug, Default)]
pub struct Line {
    /// Its number, from 1.
    pub number: usize,
    /// Who acts from now on.
    pub actor: Option<Actor>,
    /// How much time passes.
    pub after_ms: Option<u64>,
    /// The event that is sent, and what it carries.
    pub send: Option<(String, Json)>,
    /// The id of the service that comes back, and with what.
    pub service: Option<(String, Reply)>,
    /// What must hold then.
    pub expect: Option<Expectation>,
}

/// One line of a script, a file of JSON Lines. The first may open the case with `start`; each other
/// lets time pass (`after`), sends an `event` or lets a `service` come back, and says what to `expect` then,
/// in this order.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Line of a script")]
pub struct Form {
    /// In the first line: opens the case with these fields of the case data.
    start: Option<Map<String, Json>>,
    /// Beside `start`: when the case is opened, as in RFC 3339.
    now: Option<String>,
    /// Who acts, in this line and all that follow.
    actor: Option<ActorForm>,
    /// How much time passes first: `PT4H`, `P10D`, `90m`, `1500ms`. Timers that fall due in it fire.
    after: Option<String>,
    /// The event that is sent.
    event: Option<String>,
    /// What the event carries.
    data: Option<Map<String, Json>>,
    /// The id of the service that comes back: with what it `returns`, or with why it `fails`.
    service: Option<String>,
    /// What the service gives.
    #[serde(default, deserialize_with = "present")]
    returns: Option<Json>,
    /// Why the service has failed for good.
    fails: Option<Failure>,
    /// What must hold then.
    expect: Option<Expectation>,
}

/// Who acts.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ActorForm {
    /// The id of the person or system.
    pub id: String,
    /// The roles in which it acts.
    #[serde(default)]
    pub roles: Vec<String>,
}

impl ActorForm {
    /// The actor.
    pub fn actor(&self) -> Actor {
        Actor::new(&self.id, self.roles.iter().map(String::as_str))
    }
}

impl Script {
    /// Reads a script.
    ///
    /// # Errors
    /// The first line that is none.
    pub fn read(name: &str, bytes: &[u8]) -> Result<Self, Fault> {
        let fault = |line: usize, message: String| Fault {
            name: name.to_owned(),
            line,
            message,
        };
        let text = std::str::from_utf8(bytes).map_err(|error| {
            let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
            let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
            fault(line, "expected text in UTF-8, found other bytes".to_owned())
        })?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut script = Script {
            name: name.to_owned(),
            start: None,
            lines: Vec::new(),
        };
        let numbered = text
            .lines()
            .enumerate()
            .map(|(index, text)| (index + 1, text));
        for (number, text) in numbered.filter(|(_, text)| !text.trim().is_empty()) {
            let read = read_line(number, text);
            let (start, line) = read.map_err(|message| fault(number, message))?;
            if start.is_some() && !script.lines.is_empty() {
                let message = "only the first line can have a `start`".to_owned();
                return Err(fault(number, message));
            }
            script.start = start.or(script.start);
            script.lines.push(line);
        }
        Ok(script)
    }

    /// Who acts at first, as far as the script says so in its first line.
    pub fn actor(&self) -> Option<&Actor> {
        self.lines.first()?.actor.as_ref()
    }
}

fn read_line(number: usize, text: &str) -> Result<(Option<Start>, Line), String> {
    let form: Form = serde_json::from_str(text).map_err(|error| in_column(&error))?;
    form.check()?;
    let now = form.now.map(|now| parse_time(&now)).transpose()?;
    let start = form.start.map(|data| Start {
        line: number,
        data: Json::Object(data),
        now,
    });
    let data = Json::Object(form.data.unwrap_or_default());
    let line = Line {
        number,
        actor: form.actor.as_ref().map(ActorForm::actor),
        after_ms: form.after.as_deref().map(parse_ms).transpose()?,
        send: form.event.map(|event| (event, data)),
        service: service(form.service, form.returns, form.fails)?,
        expect: form.expect,
    };
    Ok((start, line))
}

/// The service that comes back, and with what.
///
/// # Errors
/// What is missing, or too much.
pub fn service(
    id: Option<String>,
    returns: Option<Json>,
    fails: Option<Failure>,
) -> Result<Option<(String, Reply)>, String> {
    let reply = match (id, returns, fails) {
        (None, None, None) => return Ok(None),
        (None, ..) => return Err("there is no `service` that could come back".to_owned()),
        (Some(id), Some(value), None) => (id, Reply::Returns(value)),
        (Some(id), None, Some(failure)) => (id, Reply::Fails(failure)),
        (Some(_), ..) => {
            return Err(
                "expected `returns` or `fails` beside `service`, and one of them".to_owned(),
            );
        }
    };
    Ok(Some(reply))
}

impl Form {
    /// What does not go together.
    fn check(&self) -> Result<(), String> {
        let comes = self.event.is_some() || self.service.is_some();
        let acts = comes || self.after.is_some();
        if self.start.is_some() && acts {
            let message = "a line with `start` can have no `event`, no `service` and no `after`";
            return Err(message.to_owned());
        }
        if self.event.is_some() && self.service.is_some() {
            return Err("expected an `event` or a `service`, found both".to_owned());
        }
        if self.start.is_none() && self.now.is_some() {
            return Err("`now` belongs to `start`; later, `after` lets time pass".to_owned());
        }
        if self.event.is_none() && self.data.is_some() {
            return Err("there is `data` and no `event` to carry it".to_owned());
        }
        if self.start.is_none() && !acts && self.expect.is_none() && self.actor.is_none() {
            let message = "expected `start`, `event`, `service`, `after`, `expect` or `actor`";
            return Err(message.to_owned());
        }
        self.expect.as_ref().map_or(Ok(()), Expectation::check)
    }
}

/// A time as in RFC 3339.
///
/// # Errors
/// What was expected.
pub fn parse_time(text: &str) -> Result<Timestamp, String> {
    let parsed = text.parse::<jiff::Timestamp>();
    let parsed = parsed.map(|at| Timestamp::from_unix_ms(at.as_millisecond()));
    parsed
        .map_err(|_| format!("expected a time such as `2026-01-05T09:00:00+08:00`, found `{text}`"))
}

/// The message of an error in a text of one line: the number of the line says nothing.
pub fn in_column(error: &serde_json::Error) -> String {
    let message = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    match message.strip_suffix(&place) {
        // What is wrong with all of it has no place.
        Some(message) if error.column() == 0 => message.to_owned(),
        Some(message) => format!("{message} (column {})", error.column()),
        None => message,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> String {
        let fault = Script::read("a.jsonl", text.as_bytes()).unwrap_err();
        fault.to_string()
    }

    #[test]
    fn a_line_has_its_number_and_empty_lines_count() {
        let text = "\u{feff}{\"start\": {}, \"actor\": {\"id\": \"li.na\"}}\r\n\r\n{\"after\": \"4h\", \"event\": \"go\"}\r\n";
        let script = Script::read("a.jsonl", text.as_bytes()).unwrap();
        assert_eq!(script.start.as_ref().map(|start| start.line), Some(1));
        assert_eq!(script.actor().map(|actor| &*actor.id), Some("li.na"));
        let line = &script.lines[1];
        assert_eq!((line.number, line.after_ms), (3, Some(14_400_000)));
    }

    #[test]
    fn a_bad_line_is_named() {
        for (text, message) in [
            (
                "{}",
                "a.jsonl:1: expected `start`, `event`, `service`, `after`, `expect` or `actor`",
            ),
            (
                "\n{\"evnt\": 1}",
                "a.jsonl:2: unknown field `evnt`, expected one of `start`, `now`, `actor`, `after`, `event`, `data`, `service`, `returns`, `fails`, `expect` (column 7)",
            ),
            (
                "{\"after\": \"P1M\"}",
                "a.jsonl:1: expected a duration such as `PT4H`, `P10D` or `1500ms`, found `P1M`",
            ),
            (
                "{\"after\": \"1h\"}\n{\"start\": {}}",
                "a.jsonl:2: only the first line can have a `start`",
            ),
            (
                "{\"data\": {}}",
                "a.jsonl:1: there is `data` and no `event` to carry it",
            ),
            (
                "{\"start\": {}, \"event\": \"x\"}",
                "a.jsonl:1: a line with `start` can have no `event`, no `service` and no `after`",
            ),
            (
                "{\"start\": {}, \"now\": \"today\"}",
                "a.jsonl:1: expected a time such as `2026-01-05T09:00:00+08:00`, found `today`",
            ),
            (
                "{\"expect\": {}}",
                "a.jsonl:1: expected `active`, `done`, `data`, `unset`, `refused`, `because`, `effects`, `timers` or `services` in `expect`",
            ),
            (
                "{\"service\": \"x\"}",
                "a.jsonl:1: expected `returns` or `fails` beside `service`, and one of them",
            ),
            (
                "{\"service\": \"x\", \"returns\": null, \"fails\": \"no\"}",
                "a.jsonl:1: expected `returns` or `fails` beside `service`, and one of them",
            ),
            (
                "{\"after\": \"1h\", \"returns\": null}",
                "a.jsonl:1: there is no `service` that could come back",
            ),
            (
                "{\"event\": \"x\", \"service\": \"y\", \"returns\": 1}",
                "a.jsonl:1: expected an `event` or a `service`, found both",
            ),
            (
                "{\"event\": \"x\"",
                "a.jsonl:1: EOF while parsing an object (column 13)",
            ),
        ] {
            assert_eq!(fault(text), message);
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_named_by_their_line() {
        let fault = Script::read("a.jsonl", b"{\"after\": \"1h\"}\n\xff").unwrap_err();
        assert_eq!(
            fault.to_string(),
            "a.jsonl:2: expected text in UTF-8, found other bytes"
        );
    }
}
