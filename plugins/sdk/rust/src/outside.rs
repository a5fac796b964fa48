//! What a service reaches through the host.

use crate::context::World;
use crate::failure::Failure;
use crate::guest::bindings::casewright::plugin::problems::Problem;
use crate::guest::bindings::casewright::plugin::{key_value, secrets};
use crate::guest::bindings::wasi::http::outgoing_handler;
use crate::guest::bindings::wasi::http::types::{
    ErrorCode, Fields, IncomingBody, IncomingResponse, Method, OutgoingBody, OutgoingRequest,
    Scheme,
};
use crate::guest::bindings::wasi::io::streams::StreamError;
use crate::http::{Request, Response};

/// What is taken at once from a body. The host gives no more.
const CHUNK_BYTES: usize = 64 << 10;
/// What can be given at once to a body.
const WRITE_BYTES: usize = 4 << 10;

/// The host's world.
pub(crate) struct Outside;

impl World for Outside {
    fn send(&self, request: &Request) -> Result<Response, Failure> {
        let outgoing = outgoing(request)?;
        let body = match request.body().is_empty() {
            true => None,
            false => Some(outgoing.body().map_err(|()| invalid("the body"))?),
        };
        let pending = outgoing_handler::handle(outgoing, None).map_err(|error| failure(&error))?;
        if let Some(body) = body {
            write(body, request.body());
        }
        pending.subscribe().block();
        match pending.get() {
            Some(Ok(Ok(response))) => read(response),
            Some(Ok(Err(error))) => Err(failure(&error)),
            Some(Err(())) | None => Err(unreachable("there is no answer")),
        }
    }

    fn secret(&self, name: &str) -> Result<String, Failure> {
        secrets::get(name).map_err(problem)
    }

    fn get(&self, key: &str) -> Result<Option<Vec<u8>>, Failure> {
        key_value::get(key).map_err(problem)
    }

    fn set(&self, key: &str, value: &[u8]) -> Result<(), Failure> {
        key_value::set(key, value).map_err(problem)
    }

    fn delete(&self, key: &str) -> Result<(), Failure> {
        key_value::delete(key).map_err(problem)
    }

    fn keys(&self, prefix: &str, after: Option<&str>) -> Result<Vec<String>, Failure> {
        key_value::keys(prefix, after).map_err(problem)
    }
}

/// Method, address and headers of a request.
fn outgoing(request: &Request) -> Result<OutgoingRequest, Failure> {
    let headers = Fields::new();
    for (name, value) in request.headers() {
        let appended = headers.append(name, value.as_bytes());
        appended.map_err(|_| invalid(&format!("the header `{name}`")))?;
    }
    if !request.body().is_empty() {
        let length = request.body().len().to_string();
        let appended = headers.append("content-length", length.as_bytes());
        appended.map_err(|_| invalid("the length of the body"))?;
    }
    let (scheme, rest) = match request.url().split_once("://") {
        Some(("https", rest)) => (Scheme::Https, rest),
        Some(("http", rest)) => (Scheme::Http, rest),
        _ => return Err(invalid("an address that does not begin with `https://`")),
    };
    let rest = rest.split('#').next().unwrap_or_default();
    let (authority, path) = match rest.find(['/', '?']) {
        Some(at) => rest.split_at(at),
        None => (rest, "/"),
    };
    let path = match path.starts_with('/') {
        true => path.to_owned(),
        false => format!("/{path}"),
    };
    let outgoing = OutgoingRequest::new(headers);
    let set = outgoing.set_method(&method(request.method())).is_ok()
        && outgoing.set_scheme(Some(&scheme)).is_ok()
        && outgoing.set_authority(Some(authority)).is_ok()
        && outgoing.set_path_with_query(Some(&path)).is_ok();
    match set {
        true => Ok(outgoing),
        false => Err(invalid("the method or the address")),
    }
}

fn method(name: &str) -> Method {
    match name {
        "GET" => Method::Get,
        "HEAD" => Method::Head,
        "POST" => Method::Post,
        "PUT" => Method::Put,
        "DELETE" => Method::Delete,
        "PATCH" => Method::Patch,
        "OPTIONS" => Method::Options,
        other => Method::Other(other.to_owned()),
    }
}

/// When it cannot be written, there will be no response, and that says why.
fn write(body: OutgoingBody, bytes: &[u8]) {
    if let Ok(stream) = body.write() {
        for chunk in bytes.chunks(WRITE_BYTES) {
            if stream.blocking_write_and_flush(chunk).is_err() {
                break;
            }
        }
    }
    let _ = OutgoingBody::finish(body, None);
}

fn read(response: IncomingResponse) -> Result<Response, Failure> {
    let mut read = Response::new(response.status());
    for (name, value) in response.headers().entries() {
        read = read.with_header(&name, String::from_utf8_lossy(&value));
    }
    let body = response
        .consume()
        .map_err(|()| unreachable("the answer has no body"))?;
    let bytes = read_body(&body)?;
    Ok(read.with_body(bytes))
}

fn read_body(body: &IncomingBody) -> Result<Vec<u8>, Failure> {
    let stream = body
        .stream()
        .map_err(|()| unreachable("the answer cannot be read"))?;
    let mut bytes = Vec::new();
    loop {
        match stream.blocking_read(CHUNK_BYTES as u64) {
            Ok(chunk) => bytes.extend_from_slice(&chunk),
            Err(StreamError::Closed) => return Ok(bytes),
            Err(StreamError::LastOperationFailed(error)) => {
                let code = crate::guest::bindings::wasi::http::types::http_error_code(&error);
                return Err(match code {
                    Some(code) => failure(&code),
                    // Some hosts have only words for it.
                    None if error.to_debug_string().contains("body size exceeds limit") => {
                        failure(&ErrorCode::HttpResponseBodySize(None))
                    }
                    None => unreachable("the answer broke off"),
                });
            }
        }
    }
}

fn problem(problem: Problem) -> Failure {
    let failure = Failure::new(&problem.code, problem.message);
    match problem.code.as_str() {
        "unavailable" => failure.try_again(),
        _ => failure,
    }
}

fn invalid(what: &str) -> Failure {
    Failure::new("http-invalid", format!("{what} is not valid"))
}

fn unreachable(what: &str) -> Failure {
    Failure::new("http-unreachable", what).try_again()
}

/// What an error means for whoever wanted a response.
fn failure(error: &ErrorCode) -> Failure {
    match error {
        ErrorCode::HttpRequestDenied | ErrorCode::DestinationIpProhibited => {
            Failure::new("http-not-granted", "requests to this host are not granted")
        }
        ErrorCode::ConnectionLimitReached => Failure::new(
            "http-too-many-requests",
            "no more requests are granted to this call",
        ),
        ErrorCode::HttpRequestBodySize(_) => {
            Failure::new("http-too-large", "the request is longer than granted")
        }
        ErrorCode::HttpResponseBodySize(_) => {
            Failure::new("http-too-large", "the answer is longer than granted")
        }
        ErrorCode::HttpRequestMethodInvalid | ErrorCode::HttpRequestUriInvalid => {
            invalid("the method or the address")
        }
        ErrorCode::DnsError(_) => unreachable("the host's name cannot be resolved"),
        ErrorCode::ConnectionRefused => unreachable("the host refused the connection"),
        ErrorCode::TlsProtocolError => unreachable("the host did not agree on TLS"),
        ErrorCode::ConnectionTerminated | ErrorCode::HttpResponseIncomplete => {
            unreachable("the host closed the connection")
        }
        _ => unreachable("the host could not be asked"),
    }
}
