//! Speaking HTTP to a server.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value as Json;
use ureq::http::{HeaderMap, Method, Request};
use ureq::{Agent, Error};

/// How long an answer may take: a limit for tests that hang, not a measure of anything.
const ANSWER_LIMIT: Duration = Duration::from_secs(60);
/// The largest answer that is read.
const MAX_ANSWER_BYTES: u64 = 64 << 20;

/// Somebody who sends requests. Clones share their connections.
#[derive(Clone, Debug)]
pub struct Client {
    base: String,
    agent: Agent,
    headers: Vec<(String, Vec<u8>)>,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The status.
    pub status: u16,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Client {
    /// Somebody who does not say who they are.
    pub fn new(address: SocketAddr) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(ANSWER_LIMIT))
            .max_redirects(0)
            .build();
        Client {
            base: format!("http://{address}"),
            agent: config.new_agent(),
            headers: Vec::new(),
        }
    }

    /// The same, in the name of an actor with some roles, separated by commas.
    #[must_use]
    pub fn acting(&self, id: &str, roles: &str) -> Self {
        self.with("Casewright-Actor", id)
            .with("Casewright-Roles", roles)
    }

    /// The same with a header in every request, in place of one of that name.
    #[must_use]
    pub fn with(&self, name: &str, value: impl AsRef<[u8]>) -> Self {
        let mut client = self.clone();
        client
            .headers
            .retain(|(other, _)| !other.eq_ignore_ascii_case(name));
        client
            .headers
            .push((name.to_owned(), value.as_ref().to_vec()));
        client
    }

    /// Sends `GET`.
    ///
    /// # Panics
    /// There is no answer; the same holds for the others.
    #[track_caller]
    pub fn get(&self, path: &str) -> Reply {
        self.send("GET", path, None)
    }

    /// Sends `PUT` with JSON.
    #[track_caller]
    pub fn put(&self, path: &str, body: &Json) -> Reply {
        self.send("PUT", path, Some(body.to_string().as_bytes()))
    }

    /// Sends `POST` with JSON.
    #[track_caller]
    pub fn post(&self, path: &str, body: &Json) -> Reply {
        self.send("POST", path, Some(body.to_string().as_bytes()))
    }

    /// Opens a case under an id.
    #[track_caller]
    pub fn open(&self, case: &str, workflow: &str, data: &Json) -> Reply {
        let body = serde_json::json!({ "workflow": workflow, "data": data });
        self.put(&format!("/cases/{case}"), &body)
    }

    /// Sends a case an event.
    #[track_caller]
    pub fn event(&self, case: &str, event: &str, data: &Json) -> Reply {
        let body = serde_json::json!({ "event": event, "data": data });
        self.post(&format!("/cases/{case}/events"), &body)
    }

    /// Sends any request.
    #[track_caller]
    pub fn send(&self, method: &str, path: &str, body: Option<&[u8]>) -> Reply {
        match self.try_send(method, path, body) {
            Ok(reply) => reply,
            Err(error) => panic!("{method} {path}: {error}"),
        }
    }

    /// Sends any request, which may come to nothing when the server is killed.
    ///
    /// # Errors
    /// There was no answer.
    pub fn try_send(&self, method: &str, path: &str, body: Option<&[u8]>) -> Result<Reply, Error> {
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base));
        for (name, value) in &self.headers {
            request = request.header(name.as_str(), value.as_slice());
        }
        let answer = match body {
            Some(body) => self.agent.run(request.body(body).map_err(Error::Http)?),
            None => self.agent.run(request.body(()).map_err(Error::Http)?),
        };
        let (parts, body) = answer?.into_parts();
        let body = body
            .into_with_config()
            .limit(MAX_ANSWER_BYTES)
            .read_to_vec()?;
        Ok(Reply {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body,
        })
    }
}

impl Reply {
    /// The same answer, if it has this status.
    ///
    /// # Panics
    /// It has another.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text());
        self
    }

    /// The problem that it tells of: one of this status and code, in the form of RFC 9457.
    ///
    /// # Panics
    /// It is another, or none.
    #[track_caller]
    pub fn problem(&self, status: u16, code: &str) -> Json {
        assert_eq!(self.status, status, "{}", self.text());
        assert_eq!(
            self.header("content-type"),
            Some("application/problem+json")
        );
        let problem = self.json();
        assert_eq!(problem["type"], format!("/problems/{code}"), "{problem:#}");
        assert_eq!(problem["status"], status, "{problem:#}");
        let told = |member: &str| {
            problem[member]
                .as_str()
                .is_some_and(|text| !text.is_empty())
        };
        assert!(told("title") && told("detail"), "{problem:#}");
        problem
    }

    /// A header, if it is there and is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The revision that `ETag` tells.
    ///
    /// # Panics
    /// It tells none.
    #[track_caller]
    pub fn revision(&self) -> u64 {
        let tag = self
            .header("etag")
            .and_then(|tag| tag.strip_prefix('"')?.strip_suffix('"'));
        match tag.and_then(|tag| tag.parse().ok()) {
            Some(revision) => revision,
            None => panic!("expected an `ETag` that holds a revision, found {self:?}"),
        }
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// It is none.
    #[track_caller]
    pub fn json(&self) -> Json {
        match serde_json::from_slice(&self.body) {
            Ok(json) => json,
            Err(error) => panic!("expected JSON, found {error}: {}", self.text()),
        }
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The code of a problem: the end of its `type`. None when the answer tells of none.
    #[track_caller]
    pub fn code(&self) -> Option<String> {
        if self.status < 400 {
            return None;
        }
        let problem = self.json();
        let code = problem["type"].as_str()?.strip_prefix("/problems/")?;
        Some(code.to_owned())
    }
}
