//! `Idempotency-Key`: requests that may be sent again (draft-ietf-httpapi-idempotency-key-header).

use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, header};
use casewright_case::Actor;
use casewright_runtime::RequestKey;
use sha2::{Digest as _, Sha256};

use super::problem::Problem;

/// The header with the key.
const HEADER: &str = "idempotency-key";
/// The longest key, in bytes. A UUID has 36.
const MAX_KEY_BYTES: usize = 256;
/// Headers that make two requests different ones, beside the actor's.
const TELLING: [HeaderName; 3] = [
    header::IF_MATCH,
    header::IF_NONE_MATCH,
    HeaderName::from_static("prefer"),
];

/// The key of a request; none when it has none.
pub(super) fn key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let mut values = headers.get_all(HEADER).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    let invalid = |found: String| {
        let detail = format!("expected one `Idempotency-Key`, {found}");
        Problem::new("idempotency-key-invalid", detail)
            .with_hint("send a new UUID in quotation marks with every new request: `Idempotency-Key: \"8e03978e-40d5-43dd-bc93-6894a57f9324\"`")
    };
    if values.next().is_some() {
        return Err(invalid("found more".to_owned()));
    }
    let text = value.to_str().ok().and_then(read);
    match text {
        None => Err(invalid("found none that can be read".to_owned())),
        Some(key) if key.is_empty() => Err(invalid("found an empty one".to_owned())),
        Some(key) if key.len() > MAX_KEY_BYTES => {
            Err(invalid(format!("found more than {MAX_KEY_BYTES} bytes")))
        }
        Some(key) => Ok(Some(key)),
    }
}

/// The string of a structured field (RFC 9651, 3.3.3), or the bare text that many clients send in its place.
fn read(text: &str) -> Option<String> {
    let text = text.trim_matches([' ', '\t']);
    let is_bare = |byte: u8| byte.is_ascii_graphic() && !b"\"\\,;".contains(&byte);
    match text.strip_prefix('"') {
        Some(rest) => quoted(rest),
        None => text.bytes().all(is_bare).then(|| text.to_owned()),
    }
}

/// What stands before the quotation mark that ends a string; nothing may follow but parameters, which say
/// nothing here.
fn quoted(text: &str) -> Option<String> {
    let mut key = String::with_capacity(text.len());
    let mut letters = text.chars();
    loop {
        match letters.next()? {
            '"' => break,
            '\\' => key.push(letters.next().filter(|letter| "\"\\".contains(*letter))?),
            letter @ ' '..='~' => key.push(letter),
            _ => return None,
        }
    }
    let rest = letters.as_str();
    (rest.is_empty() || rest.starts_with(';')).then_some(key)
}

/// A key and what it was given for.
#[derive(Debug)]
pub(super) struct Keyed {
    pub(super) request: RequestKey,
    pub(super) fingerprint: [u8; 32],
}

impl Keyed {
    /// A request of an actor under a key.
    pub(super) fn new(key: &str, actor: &Actor, parts: &Parts, body: &[u8]) -> Self {
        Keyed {
            request: RequestKey::new(&actor.id, key),
            fingerprint: fingerprint(actor, parts, body),
        }
    }
}

/// The SHA-256 of what makes two requests of an actor the same: all that decides what comes of them.
fn fingerprint(actor: &Actor, parts: &Parts, body: &[u8]) -> [u8; 32] {
    let mut hash = Sha256::new();
    // Every part behind its length, so that none can pass for another.
    let mut add = |part: &[u8]| {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    };
    add(parts.method.as_str().as_bytes());
    add(parts.uri.path().as_bytes());
    let mut roles: Vec<&str> = actor.roles.iter().map(|role| &**role).collect();
    roles.sort_unstable();
    roles.dedup();
    add(roles.join(",").as_bytes());
    for name in TELLING {
        let values = parts.headers.get_all(&name).iter();
        values.for_each(|value| add(value.as_bytes()));
        // Where the values of one end and those of the next begin.
        add(name.as_str().as_bytes());
    }
    add(body);
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::{HeaderValue, Request};

    #[track_caller]
    fn assert_key(value: &'static str, expected: Option<&str>) {
        let mut headers = HeaderMap::new();
        headers.insert(HEADER, HeaderValue::from_static(value));
        let found = key(&headers).ok().flatten();
        assert_eq!(found.as_deref(), expected, "{value}");
    }

    #[test]
    fn a_key_is_a_string_of_a_structured_field_or_bare() {
        assert_key("\"8e03978e-40d5\"", Some("8e03978e-40d5"));
        assert_key("8e03978e-40d5", Some("8e03978e-40d5"));
        assert_key(" \"a b\" ", Some("a b"));
        assert_key(r#""a\"b\\c""#, Some(r#"a"b\c"#));
        assert_key("\"a\";v=1", Some("a"));
        for value in [
            "", "\"\"", "\"a", "a\"", "\"a\"b", "a b", "a, b", r#""a\b""#, "a;b",
        ] {
            assert_key(value, None);
        }
    }

    #[test]
    fn what_decides_the_outcome_makes_another_request() {
        let actor = |roles: &[&'static str]| Actor::new("li.na", roles.iter().copied());
        let print = |actor: &Actor, path: &str, headers: &[(&str, &str)], body: &str| {
            let mut request = Request::put(path);
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            let (parts, ()) = request.body(()).unwrap().into_parts();
            fingerprint(actor, &parts, body.as_bytes())
        };
        let clerk = actor(&["clerk", "auditor"]);
        let first = print(&clerk, "/cases/a", &[], "{}");
        let turned = actor(&["auditor", "clerk"]);
        assert_eq!(
            first,
            print(&turned, "/cases/a", &[("accept", "*/*")], "{}")
        );
        let others = [
            print(&actor(&["clerk"]), "/cases/a", &[], "{}"),
            print(&clerk, "/cases/b", &[], "{}"),
            print(&clerk, "/cases/a", &[], "{ }"),
            print(&clerk, "/cases/a", &[("if-match", "\"1\"")], "{}"),
            print(&clerk, "/cases/a", &[("if-none-match", "\"1\"")], "{}"),
            print(&clerk, "/cases/a", &[("prefer", "return=minimal")], "{}"),
        ];
        for (place, other) in others.iter().enumerate() {
            assert_ne!(first, *other);
            assert!(!others[..place].contains(other));
        }
    }
}
