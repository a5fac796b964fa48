//! Answers to commands: made once, sent now, and sent again when they are remembered.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use casewright_case::Actor;
use casewright_runtime::{Reply, View};

use super::Server;
use super::conditional::etag;
use super::problem::Problem;
use super::views::CaseView;

/// Room for most answers, so that few grow while they are written, in bytes.
const USUAL_BYTES: usize = 2048;

/// An answer.
#[derive(Debug)]
pub(super) struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

/// How a step is answered.
pub(super) type Form = fn(&Server, &View, &Actor) -> Answer;

impl Answer {
    /// A case as it is.
    pub(super) fn case(server: &Server, status: StatusCode, view: &View, actor: &Actor) -> Self {
        let possible = server.runtime.possible(view, actor);
        let case = CaseView::of(view, &possible);
        let mut body = Vec::with_capacity(USUAL_BYTES);
        // Nothing that a view holds can come in the way.
        if let Err(error) = serde_json::to_writer(&mut body, &case) {
            body = error.to_string().into_bytes();
        }
        let mut headers = HeaderMap::with_capacity(4);
        let json = HeaderValue::from_static("application/json");
        headers.insert(header::CONTENT_TYPE, json);
        headers.insert(header::ETAG, etag(view.case.revision));
        Answer {
            status,
            headers,
            body,
        }
    }

    /// Nothing but the revision of a case: all that `Prefer: return=minimal` asks for.
    pub(super) fn minimal(view: &View) -> Self {
        let mut headers = HeaderMap::with_capacity(4);
        headers.insert(header::ETAG, etag(view.case.revision));
        let applied = HeaderValue::from_static("return=minimal");
        headers.insert(HeaderName::from_static("preference-applied"), applied);
        Answer {
            status: StatusCode::NO_CONTENT,
            headers,
            body: Vec::new(),
        }
    }

    /// With a header that names the address of a case.
    pub(super) fn at_case(mut self, name: HeaderName, case: &str) -> Self {
        // An id has been checked to hold nothing that an address cannot.
        if let Ok(address) = HeaderValue::from_str(&format!("/cases/{case}")) {
            self.headers.insert(name, address);
        }
        self
    }

    /// As it is remembered.
    pub(super) fn into_reply(self) -> Reply {
        let headers = self.headers.iter();
        let header = |(name, value): (&HeaderName, &HeaderValue)| {
            (name.to_string(), value.as_bytes().to_vec())
        };
        Reply {
            status: self.status.as_u16(),
            headers: headers.map(header).collect(),
            body: self.body,
        }
    }

    /// One that was remembered.
    pub(super) fn of(reply: Reply) -> Result<Self, Problem> {
        let damaged = || Problem::new("store-failed", "the answer that is stored is damaged");
        let mut headers = HeaderMap::with_capacity(4);
        for (name, value) in reply.headers {
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| damaged())?;
            let value = HeaderValue::from_bytes(&value).map_err(|_| damaged())?;
            headers.append(name, value);
        }
        Ok(Answer {
            status: StatusCode::from_u16(reply.status).map_err(|_| damaged())?,
            headers,
            body: reply.body,
        })
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        response
    }
}
