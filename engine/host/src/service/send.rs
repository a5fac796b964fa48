//! One request over one connection: the name resolved once, the addresses judged, and none but those connected to.

use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::{Request, Response, Uri};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep_until, timeout};
use tokio_rustls::rustls;
use tokio_rustls::rustls::pki_types::ServerName;
use wasmtime_wasi_http::io::TokioIo;
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody};

use crate::grants::{Scheme, Trust};
use crate::service::address;
use crate::service::http::{Sizes, patience};
use crate::service::notes::Notes;
use crate::service::refusal::{CertificateFault, Refusal};

/// The status line and headers of a response, in bytes.
const MAX_HEAD_BYTES: usize = 64 << 10;

/// Where a request is to go.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) scheme: Scheme,
    pub(crate) host: String,
    pub(crate) port: u16,
    /// Whether the host may have an address that is not public.
    pub(crate) private: bool,
    /// Whose word is taken for who the host is.
    pub(crate) trust: Trust,
}

impl Target {
    /// Scheme, host and port.
    fn shown(&self) -> String {
        let scheme = match self.scheme {
            Scheme::Https => "https",
            Scheme::Http => "http",
        };
        format!("{scheme}://{}:{}", self.host, self.port)
    }
}

/// A connection, with TLS or without.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Sends `request` to `target`; the response, and the connection that has to be driven while its body is read.
pub(crate) async fn send(
    mut request: Request<WasiBody>,
    target: &Target,
    sizes: Sizes,
    options: RequestOptions,
    notes: Notes,
) -> Result<
    (
        Response<Received>,
        impl Future<Output = Result<(), Error>> + use<>,
    ),
    Error,
> {
    let connecting = connect(target, &notes);
    let stream = timeout(patience(options.connect_timeout), connecting);
    let stream = stream.await.map_err(|_| Error::ConnectionTimeout)??;
    let mut client = http1::Builder::new();
    client.max_buf_size(MAX_HEAD_BYTES);
    let (mut sender, connection) = client.handshake(TokioIo::new(stream)).await?;
    let mut connection = Some(Box::pin(connection));

    let path = request.uri().path_and_query().cloned();
    *request.uri_mut() = path.map_or_else(|| Uri::from_static("/"), Uri::from);
    let too_large = Arc::new(AtomicBool::new(false));
    let request = request.map(|body| Counted {
        body,
        left: sizes.request,
        limit: sizes.request,
        too_large: too_large.clone(),
        notes: notes.clone(),
    });
    let responding = sender.send_request(request);
    let mut responding = pin!(timeout(patience(options.first_byte_timeout), responding));
    let mut ended = None;
    let response = loop {
        tokio::select! {
            biased;
            response = &mut responding => break response,
            // A whole response may have come before it. Once the connection is gone, the request knows what it got.
            end = driven(&mut connection) => {
                connection = None;
                ended = Some(end);
            }
        }
    };
    let response = match (response, ended) {
        (Ok(Ok(response)), _) => Ok(response),
        // What ended the connection ended the request, and says why.
        (Ok(Err(_)), Some(end)) => Err(end.err().map_or(Error::ConnectionTerminated, Error::from)),
        (Ok(Err(error)), None) => Err(Error::from(error)),
        (Err(_), _) => Err(Error::ConnectionReadTimeout),
    };
    // Whatever the connection makes of a body that breaks off.
    let response = response.map_err(|error| match too_large.load(Ordering::Relaxed) {
        true => Error::HttpRequestBodySize(Some(sizes.request)),
        false => error,
    })?;
    let idle = patience(options.between_bytes_timeout);
    let response = response.map(|body| Received {
        body,
        left: sizes.response,
        limit: sizes.response,
        idle,
        sleep: Box::pin(sleep_until(Instant::now() + idle)),
        notes,
    });
    Ok((response, async move {
        match connection {
            Some(connection) => connection.await.map_err(Error::from),
            None => Ok(()),
        }
    }))
}

/// What ends a connection; for ever when there is none.
async fn driven<C: Future<Output = hyper::Result<()>> + Unpin>(
    connection: &mut Option<C>,
) -> hyper::Result<()> {
    match connection {
        Some(connection) => connection.await,
        None => std::future::pending().await,
    }
}

async fn connect(target: &Target, notes: &Notes) -> Result<Box<dyn Stream>, Error> {
    let name = target.host.trim_start_matches('[').trim_end_matches(']');
    let say = |what: &str, error: &dyn std::fmt::Display| {
        let Target { host, port, .. } = target;
        notes.log("warn".to_owned(), format!("{what} {host}:{port}: {error}"));
    };
    let found = tokio::net::lookup_host((name, target.port)).await;
    let found: Vec<SocketAddr> = match found {
        Ok(found) => found.collect(),
        Err(error) => {
            say("cannot resolve", &error);
            let rcode = Some("the name cannot be resolved".to_owned());
            return Err(Error::DnsError {
                rcode,
                info_code: None,
            });
        }
    };
    let reachable = |address: &&SocketAddr| address::is_reachable(address.ip(), target.private);
    let judged: Vec<SocketAddr> = found.iter().filter(reachable).copied().collect();
    if let ([], Some(first)) = (judged.as_slice(), found.first()) {
        notes.refuse(Refusal::PrivateAddress {
            host: target.shown(),
            address: first.ip(),
        });
        return Err(Error::DestinationIpProhibited);
    }
    // These very addresses: the name is not looked up again.
    let stream = TcpStream::connect(judged.as_slice())
        .await
        .map_err(|error| {
            say("cannot connect to", &error);
            match error.kind() {
                io::ErrorKind::TimedOut => Error::ConnectionTimeout,
                io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => {
                    Error::DestinationUnavailable
                }
                _ => Error::ConnectionRefused,
            }
        })?;
    match target.scheme {
        Scheme::Http => Ok(Box::new(stream)),
        Scheme::Https => {
            let server = ServerName::try_from(name.to_owned());
            let server = server.map_err(|_| Error::HttpRequestUriInvalid)?;
            let connecting = target.trust.connector().connect(server, stream);
            let stream = connecting.await.map_err(|error| match distrust(&error) {
                Some(fault) => {
                    let host = target.shown();
                    notes.refuse(Refusal::Certificate { host, fault });
                    Error::TlsCertificateError
                }
                None => {
                    say("no TLS with", &error);
                    Error::TlsProtocolError
                }
            })?;
            Ok(Box::new(stream))
        }
    }
}

/// What is wrong with the host's certificate, if that is what ended the connection.
fn distrust(error: &io::Error) -> Option<CertificateFault> {
    match error.get_ref()?.downcast_ref::<rustls::Error>()? {
        rustls::Error::InvalidCertificate(error) => Some(CertificateFault::of(error)),
        _ => None,
    }
}

/// The body of a request, within a number of bytes.
struct Counted {
    body: WasiBody,
    left: u64,
    limit: u64,
    /// Set when it is longer.
    too_large: Arc<AtomicBool>,
    notes: Notes,
}

/// Takes the bytes of a frame off what is left, if there is so much.
fn take(left: &mut u64, frame: &Frame<Bytes>) -> bool {
    let bytes = frame.data_ref().map_or(0, Bytes::len) as u64;
    let rest = left.checked_sub(bytes);
    *left = rest.unwrap_or(0);
    rest.is_some()
}

impl Body for Counted {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        let Some(Ok(frame)) = frame else {
            return Poll::Ready(frame);
        };
        if take(&mut self.left, &frame) {
            return Poll::Ready(Some(Ok(frame)));
        }
        let limit = self.limit;
        self.too_large.store(true, Ordering::Relaxed);
        self.notes.refuse(Refusal::RequestTooLarge { limit });
        Poll::Ready(Some(Err(Error::HttpRequestBodySize(Some(limit)))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> http_body::SizeHint {
        self.body.size_hint()
    }
}

/// The body of a response, within a number of bytes, none of which may keep the plugin waiting for longer than it said.
pub(crate) struct Received {
    body: Incoming,
    left: u64,
    limit: u64,
    idle: Duration,
    sleep: Pin<Box<Sleep>>,
    notes: Notes,
}

impl Body for Received {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let frame = match Pin::new(&mut self.body).poll_frame(context) {
            Poll::Ready(frame) => frame,
            Poll::Pending => {
                ready!(self.sleep.as_mut().poll(context));
                return Poll::Ready(Some(Err(Error::ConnectionReadTimeout)));
            }
        };
        let again = Instant::now() + self.idle;
        self.sleep.as_mut().reset(again);
        match frame {
            Some(Ok(frame)) if take(&mut self.left, &frame) => Poll::Ready(Some(Ok(frame))),
            Some(Ok(_)) => {
                let limit = self.limit;
                self.notes.refuse(Refusal::ResponseTooLarge { limit });
                Poll::Ready(Some(Err(Error::HttpResponseBodySize(Some(limit)))))
            }
            Some(Err(error)) => Poll::Ready(Some(Err(Error::from(error)))),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> http_body::SizeHint {
        self.body.size_hint()
    }
}
