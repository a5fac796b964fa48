//! Conditions and wishes in the headers of a request: RFC 9110, 13 and RFC 7240.

use axum::http::{HeaderMap, HeaderValue, header};

use super::problem::Problem;

/// A revision as an entity tag (RFC 9110, 8.8.3).
pub(super) fn etag(revision: u64) -> HeaderValue {
    HeaderValue::from_str(&format!("\"{revision}\"")).unwrap_or(HeaderValue::from_static("\"0\""))
}

/// The revisions that `If-Match` names (RFC 9110, 13.1.1); none when it is absent or `*`. A weak tag, and
/// one that is no revision, matches none.
pub(super) fn if_match(headers: &HeaderMap) -> Result<Option<Vec<u64>>, Problem> {
    let values = headers.get_all(header::IF_MATCH);
    let mut values = values.iter().peekable();
    if values.peek().is_none() {
        return Ok(None);
    }
    let mut revisions = Vec::new();
    let tags = values.flat_map(|value| value.to_str().unwrap_or("?").split(','));
    for tag in tags.map(str::trim) {
        if tag == "*" {
            return Ok(None);
        }
        let strong = tag.strip_prefix("W/").unwrap_or(tag);
        let quoted = strong
            .strip_prefix('"')
            .and_then(|tag| tag.strip_suffix('"'));
        let Some(quoted) = quoted else {
            return Err(Problem::new(
                "precondition-invalid",
                format!("expected `If-Match` to be a revision such as `\"7\"`, found `{tag}`"),
            ));
        };
        revisions.extend(quoted.parse::<u64>().ok().filter(|_| strong == tag));
    }
    Ok(Some(revisions))
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
