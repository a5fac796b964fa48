//! Conditions and wishes in the headers of a request: RFC 9110, 13 and RFC 7240.

use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};

use super::problem::Problem;

/// A revision as an entity tag (RFC 9110, 8.8.3).
pub(super) fn etag(revision: u64) -> HeaderValue {
    HeaderValue::from_str(&format!("\"{revision}\"")).unwrap_or(HeaderValue::from_static("\"0\""))
}

/// What `If-Match` asks for (RFC 9110, 13.1.1).
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// Anything that is there.
    Any,
    /// One of these strong tags, without their quotation marks.
    Tags(Vec<String>),
}

/// What `If-Match` asks for; none when it is absent. A weak tag matches nothing and is left out. `what` says
/// what a tag should be.
pub(super) fn wanted(headers: &HeaderMap, what: &str) -> Result<Option<Wanted>, Problem> {
    let values = headers.get_all(header::IF_MATCH);
    let mut values = values.iter().peekable();
    if values.peek().is_none() {
        return Ok(None);
    }
    let mut wanted = Vec::new();
    let tags = values.flat_map(|value| value.to_str().unwrap_or("?").split(','));
    for tag in tags.map(str::trim) {
        if tag == "*" {
            return Ok(Some(Wanted::Any));
        }
        let strong = tag.strip_prefix("W/").unwrap_or(tag);
        let quoted = strong
            .strip_prefix('"')
            .and_then(|tag| tag.strip_suffix('"'));
        let Some(quoted) = quoted else {
            return Err(Problem::new(
                "precondition-invalid",
                format!("expected `If-Match` to be {what}, found `{tag}`"),
            ));
        };
        wanted.extend(Some(quoted.to_owned()).filter(|_| strong == tag));
    }
    Ok(Some(Wanted::Tags(wanted)))
}

/// What a request asks of the file that it replaces, which is known by its digest.
pub(super) struct Condition {
    must_be_new: bool,
    wanted: Option<Wanted>,
}

impl Condition {
    /// What `If-Match` and `If-None-Match` ask for. `what` says what a tag should be.
    pub(super) fn of(headers: &HeaderMap, what: &str) -> Result<Self, Problem> {
        Ok(Condition {
            wanted: wanted(headers, what)?,
            must_be_new: must_be_new(headers),
        })
    }

    /// Whether it holds for the digest of the file in use, if there is one.
    pub(super) fn holds(&self, digest: Option<&str>) -> bool {
        match (digest, &self.wanted) {
            (Some(_), _) if self.must_be_new => false,
            (_, None) | (Some(_), Some(Wanted::Any)) => true,
            (Some(digest), Some(Wanted::Tags(tags))) => tags.iter().any(|tag| tag == digest),
            (None, Some(_)) => false,
        }
    }
}

/// An answer with a digest as its `ETag`.
pub(super) fn tagged(digest: &str, answer: impl IntoResponse) -> Response {
    let mut response = answer.into_response();
    // A digest is hexadecimal.
    if let Ok(tag) = HeaderValue::from_str(&format!("\"{digest}\"")) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

/// The revisions that `If-Match` names; none when it is absent or `*`. A tag that is no revision matches none.
pub(super) fn if_match(headers: &HeaderMap) -> Result<Option<Vec<u64>>, Problem> {
    match wanted(headers, "a revision such as `\"7\"`")? {
        None | Some(Wanted::Any) => Ok(None),
        Some(Wanted::Tags(tags)) => {
            let revisions = tags.iter().filter_map(|tag| tag.parse().ok());
            Ok(Some(revisions.collect()))
        }
    }
}

/// Whether `If-None-Match: *` asks that nothing be there yet (RFC 9110, 13.1.2).
pub(super) fn must_be_new(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(header::IF_NONE_MATCH).iter();
    values.any(|value| value.as_bytes() == b"*")
}

/// Whether `Prefer` asks for `return=minimal` (RFC 7240).
pub(super) fn wants_minimal(headers: &HeaderMap) -> bool {
    let values = headers.get_all("prefer").iter();
    let mut preferences = values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','));
    preferences.any(|preference| {
        let preference = preference.split(';').next().unwrap_or_default();
        let (name, value) = preference.split_once('=').unwrap_or((preference, ""));
        let value = value.trim().trim_matches('"');
        name.trim().eq_ignore_ascii_case("return") && value.eq_ignore_ascii_case("minimal")
    })
}
