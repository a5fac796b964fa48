//! The way out for HTTP requests: each is judged before anything is sent.

use std::sync::Arc;
use std::time::Duration;

use http_body_util::BodyExt;
use hyper::header::{HeaderName, HeaderValue};
use hyper::http::uri::Scheme as UriScheme;
use hyper::{Method, Request, Response};
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpHooks};

use crate::grants::Scheme;
use crate::limits::Limits;
use crate::service::notes::Notes;
use crate::service::send::{self, Target};
use crate::service::{Reach, Refusal};

/// What tells the other side that two requests are the same one.
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// What a request is answered with: the response, and the connection, which runs on while its body is read.
type Sent = (Response<WasiBody>, Connection);
type Connection = Box<dyn Future<Output = Result<(), Error>> + Send>;

/// The requests of one call.
pub(crate) struct Outgoing {
    reach: Arc<Reach>,
    notes: Notes,
    key: Option<HeaderValue>,
    requests: u32,
    requests_limit: u32,
    sizes: Sizes,
}

/// How long bodies may be, in bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sizes {
    pub(crate) request: u64,
    pub(crate) response: u64,
}

impl Outgoing {
    pub(crate) fn new(limits: &Limits, reach: Arc<Reach>, notes: Notes, key: Option<&str>) -> Self {
        Outgoing {
            reach,
            notes,
            key: key.and_then(|key| HeaderValue::from_str(key).ok()),
            requests: 0,
            requests_limit: limits.http_requests,
            sizes: Sizes {
                request: limits.http_request_bytes,
                response: limits.http_response_bytes,
            },
        }
    }

    /// Where the request is to go, if it may.
    fn admit(&mut self, request: &mut Request<WasiBody>) -> Result<Target, Refusal> {
        if self.requests >= self.requests_limit {
            let limit = u64::from(self.requests_limit);
            return Err(Refusal::TooManyRequests { limit });
        }
        self.requests += 1;
        let target = self.target(request)?;
        if let (Some(key), headers) = (&self.key, request.headers_mut())
            && !headers.contains_key(IDEMPOTENCY_KEY)
        {
            headers.insert(IDEMPOTENCY_KEY, key.clone());
        }
        Ok(target)
    }

    fn target(&self, request: &Request<WasiBody>) -> Result<Target, Refusal> {
        let wrong = |message: &str| Refusal::Request {
            message: message.to_owned(),
        };
        if request.method() == Method::CONNECT {
            return Err(wrong("the method CONNECT would open a tunnel"));
        }
        let scheme = match request.uri().scheme() {
            Some(scheme) if *scheme == UriScheme::HTTP => Scheme::Http,
            _ => Scheme::Https,
        };
        let authority = request.uri().authority();
        let authority = authority.ok_or_else(|| wrong("a request needs a host"))?;
        if authority.as_str().contains('@') {
            return Err(wrong("a name and password before the host are not sent"));
        }
        let host = authority.host().to_ascii_lowercase();
        let port = match (authority.port_u16(), scheme) {
            (Some(port), _) => port,
            (None, Scheme::Https) => 443,
            (None, Scheme::Http) => 80,
        };
        let private = self.reach.host(scheme, &host, port)?;
        Ok(Target {
            scheme,
            host,
            port,
            private,
            trust: self.reach.trust().clone(),
        })
    }
}

impl WasiHttpHooks for Outgoing {
    fn send_request(
        &mut self,
        mut request: Request<WasiBody>,
        options: Option<RequestOptions>,
        _: Connection,
    ) -> Box<dyn Future<Output = Result<Sent, Error>> + Send> {
        match self.admit(&mut request) {
            Ok(target) => {
                let notes = self.notes.clone();
                let sizes = self.sizes;
                notes.count_request();
                let options = options.unwrap_or_default();
                Box::new(async move {
                    let (response, connection) =
                        send::send(request, &target, sizes, options, notes).await?;
                    let connection = Box::new(connection) as Connection;
                    Ok((response.map(BodyExt::boxed_unsync), connection))
                })
            }
            Err(refusal) => {
                let error = match refusal {
                    Refusal::TooManyRequests { .. } => Error::ConnectionLimitReached,
                    _ => Error::HttpRequestDenied,
                };
                self.notes.refuse(refusal);
                Box::new(std::future::ready(Err(error)))
            }
        }
    }

    /// So much is copied out of the plugin before it is sent.
    fn p2_outgoing_body_chunk_size(&mut self) -> usize {
        64 << 10
    }
}

/// How long the plugin is willing to wait for each part; the deadline of the call ends everything anyway.
pub(crate) fn patience(asked: Option<Duration>) -> Duration {
    const FOREVER: Duration = Duration::from_secs(24 * 60 * 60);
    asked.unwrap_or(FOREVER).min(FOREVER)
}
