//! Who is asking.
//!
//! The server believes what the request says, as behind a proxy that has authenticated the person:
//! `Casewright-Actor` is the id, `Casewright-Roles` the roles, separated by commas. This is why it
//! listens on the loopback address unless told otherwise.

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use casewright_case::Actor;

use super::problem::Problem;

/// The header that names the actor.
pub(super) const ACTOR: &str = "casewright-actor";
/// The header that names the actor's roles.
pub(super) const ROLES: &str = "casewright-roles";
/// What the ids of the engine's own actors begin with.
const RESERVED: &str = "casewright:";
/// The longest id of an actor, and the longest list of roles, in bytes.
const MAX_HEADER_BYTES: usize = 1024;

/// The actor of a request.
pub(super) struct From(pub(super) Actor);

impl<S: Send + Sync> FromRequestParts<S> for From {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let Some(id) = text(&parts.headers, ACTOR)? else {
            let detail = "the request does not say who is asking";
            return Err(Problem::new("actor-missing", detail).with_hint(
                "send the headers `Casewright-Actor: zhang.wei` and `Casewright-Roles: account-manager`",
            ));
        };
        if id.starts_with(RESERVED) {
            let detail = format!("ids that begin with `{RESERVED}` are the engine's own");
            return Err(Problem::new("actor-invalid", detail));
        }
        let roles = text(&parts.headers, ROLES)?.unwrap_or_default();
        let roles = roles.split(',').map(str::trim);
        let roles = roles.filter(|role| !role.is_empty());
        Ok(From(Actor::new(id, roles)))
    }
}

/// A header as UTF-8 text; names of people are not all ASCII.
fn text<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a str>, Problem> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    let invalid = |what: String| {
        Problem::new(
            "actor-invalid",
            format!("expected the header `{name}` to be {what}"),
        )
    };
    // A proxy that adds its own header to the client's must not let the client's be believed.
    if values.next().is_some() {
        return Err(invalid("there once".to_owned()));
    }
    if value.len() > MAX_HEADER_BYTES {
        return Err(invalid(format!("at most {MAX_HEADER_BYTES} bytes")));
    }
    match std::str::from_utf8(value.as_bytes()) {
        Ok(text) => Ok(Some(text.trim()).filter(|text| !text.is_empty())),
        Err(_) => Err(invalid("UTF-8".to_owned())),
    }
}
