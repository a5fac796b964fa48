//! HTTP requests of services, and the responses to them.

use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::failure::Failure;

/// An HTTP request. [`Context::http`](crate::Context::http) sends it.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    method: String,
    url: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Request {
    /// A request without headers and body; `url` begins with `https://` or `http://`.
    pub fn new(method: &str, url: impl Into<String>) -> Self {
        Request {
            method: method.to_owned(),
            url: url.into(),
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    /// A `GET` request.
    pub fn get(url: impl Into<String>) -> Self {
        Request::new("GET", url)
    }

    /// A `POST` request.
    pub fn post(url: impl Into<String>) -> Self {
        Request::new("POST", url)
    }

    /// A `PUT` request.
    pub fn put(url: impl Into<String>) -> Self {
        Request::new("PUT", url)
    }

    /// A `PATCH` request.
    pub fn patch(url: impl Into<String>) -> Self {
        Request::new("PATCH", url)
    }

    /// A `DELETE` request.
    pub fn delete(url: impl Into<String>) -> Self {
        Request::new("DELETE", url)
    }

    /// The same with one more header.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// The same with `token` in the header `Authorization`.
    #[must_use]
    pub fn with_bearer(self, token: &str) -> Self {
        self.with_header("authorization", format!("Bearer {token}"))
    }

    /// The same with this body.
    #[must_use]
    pub fn with_body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// The same with `value` as JSON in its body.
    ///
    /// # Errors
    ///
    /// A [`Failure`] when `value` has no form in JSON.
    pub fn with_json<T: Serialize>(self, value: &T) -> Result<Self, Failure> {
        let text = serde_json::to_vec(value)
            .map_err(|error| Failure::new("request-not-writable", error.to_string()))?;
        let request = self.with_header("content-type", "application/json");
        Ok(request.with_body(text))
    }

    /// The method.
    pub fn method(&self) -> &str {
        &self.method
    }

    /// The address.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The headers, in the order in which they were added.
    pub fn headers(&self) -> &[(String, String)] {
        &self.headers
    }

    /// The first header of this name, in whatever case.
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }

    /// The body.
    pub fn body(&self) -> &[u8] {
        &self.body
    }
}

/// The response to an HTTP request, whatever its status.
#[derive(Debug, Clone, PartialEq)]
pub struct Response {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Response {
    /// A response without headers and body.
    pub fn new(status: u16) -> Self {
        Response {
            status,
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    /// The same with one more header.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// The same with this body.
    #[must_use]
    pub fn with_body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// The status, such as 200.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The headers, in the order in which they came.
    pub fn headers(&self) -> &[(String, String)] {
        &self.headers
    }

    /// The first header of this name, in whatever case.
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }

    /// The body.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The body, read as JSON.
    ///
    /// # Errors
    ///
    /// A [`Failure`] `response-not-readable` when it is no JSON, or not of this type.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        serde_json::from_slice(&self.body)
            .map_err(|error| Failure::new("response-not-readable", error.to_string()))
    }

    /// The response, if its status is one of success.
    ///
    /// # Errors
    ///
    /// A [`Failure`] `http-status` with the status in its details. The call is worth trying again when the other side is
    /// busy or broken (408, 425, 429, 5xx), after the time that `Retry-After` says in seconds, if it does; not when it
    /// understood and declined.
    pub fn success(self) -> Result<Self, Failure> {
        let status = self.status;
        if (200..300).contains(&status) {
            return Ok(self);
        }
        let failure = Failure::new("http-status", format!("the answer was {status}"));
        let failure = failure.with_details(json!({ "status": status }));
        let again = matches!(status, 408 | 425 | 429 | 500..);
        let seconds = self.header("retry-after").map(str::trim).map(str::parse);
        Err(match (again, seconds) {
            (true, Some(Ok(seconds))) => failure.try_again_after(Duration::from_secs(seconds)),
            (true, _) => failure.try_again(),
            (false, _) => failure,
        })
    }
}

fn header<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let same = |(other, _): &&(String, String)| other.eq_ignore_ascii_case(name);
    headers.iter().find(same).map(|(_, value)| value.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn success_is_what_the_status_says() {
        assert!(Response::new(204).success().is_ok());
        let failure = |response: Response| {
            let failure = response.success().unwrap_err();
            (failure.try_again, failure.try_again_after)
        };
        assert_eq!(failure(Response::new(404)), (false, None));
        assert_eq!(failure(Response::new(301)), (false, None));
        assert_eq!(failure(Response::new(500)), (true, None));
        let busy = Response::new(429).with_header("Retry-After", "7");
        assert_eq!(failure(busy), (true, Some(Duration::from_secs(7))));
        let busy = Response::new(503).with_header("retry-after", "Fri, 31 Dec 2027 23:59:59 GMT");
        assert_eq!(failure(busy), (true, None));
        let declined = Response::new(409).with_header("retry-after", "7");
        assert_eq!(failure(declined), (false, None));
    }
}
