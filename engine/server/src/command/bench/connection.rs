//! One connection that is kept, and asked one thing after the other.
//!
//! It shares the machine with the server, so it does little: a request is bytes that are ready, of an
//! answer no more is read than where it ends.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::cli::Failure;

/// More headers than any answer has.
const MAX_HEADERS: usize = 64;

/// A connection to a server.
pub(super) struct Connection {
    stream: TcpStream,
    /// What came last.
    received: Vec<u8>,
}

/// Where an answer lies in what was received.
struct Frame {
    status: u16,
    body: usize,
    end: usize,
}

impl Connection {
    pub(super) async fn open(address: SocketAddr) -> Result<Self, Failure> {
        let stream = TcpStream::connect(address).await.map_err(lost)?;
        stream.set_nodelay(true).map_err(lost)?;
        Ok(Connection {
            stream,
            received: Vec::with_capacity(16 * 1024),
        })
    }

    /// Sends a request and waits for its answer; the body of it.
    ///
    /// # Errors
    /// The connection is lost, or the answer is anything but a success; then it is told in full.
    pub(super) async fn ask(&mut self, request: &[u8]) -> Result<&[u8], Failure> {
        self.stream.write_all(request).await.map_err(lost)?;
        self.received.clear();
        let frame = loop {
            let count = self.stream.read_buf(&mut self.received).await;
            if count.map_err(lost)? == 0 {
                return Err(Failure("the server closed a connection".into()));
            }
            if let Some(frame) = frame(&self.received)?
                && frame.end <= self.received.len()
            {
                break frame;
            }
        };
        let body = self.received.get(frame.body..frame.end).unwrap_or_default();
        match frame.status {
            200..=299 => Ok(body),
            status => Err(Failure(format!(
                "expected every request to succeed, found the answer {status}: {}",
                String::from_utf8_lossy(body)
            ))),
        }
    }
}

/// Where an answer ends, once its head is there.
fn frame(received: &[u8]) -> Result<Option<Frame>, Failure> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut answer = httparse::Response::new(&mut headers);
    let head = answer.parse(received);
    let head = head.map_err(|error| Failure::new("cannot read an answer", error))?;
    let httparse::Status::Complete(body) = head else {
        return Ok(None);
    };
    let length = answer
        .headers
        .iter()
        .find(|header| header.name.eq_ignore_ascii_case("content-length"));
    let length = match (answer.code, length) {
        (Some(204), _) => 0,
        (_, Some(length)) => std::str::from_utf8(length.value)
            .ok()
            .and_then(|length| length.trim().parse::<usize>().ok())
            .ok_or_else(|| Failure("an answer has a length that is no number".into()))?,
        (_, None) => return Err(Failure("an answer does not say how long it is".into())),
    };
    Ok(Some(Frame {
        status: answer.code.unwrap_or(0),
        body,
        end: body.saturating_add(length),
    }))
}

fn lost(error: std::io::Error) -> Failure {
    Failure::new("lost the connection to the server", error)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(received: &str) -> Option<(u16, usize, usize)> {
        let frame = frame(received.as_bytes()).unwrap()?;
        Some((frame.status, frame.body, frame.end))
    }

    #[test]
    fn an_answer_ends_where_its_length_says() {
        let head = "HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n";
        assert_eq!(check(&head[..20]), None);
        assert_eq!(check(head), Some((201, head.len(), head.len() + 2)));
        let empty = "HTTP/1.1 204 No Content\r\n\r\n";
        assert_eq!(check(empty), Some((204, empty.len(), empty.len())));
        assert!(frame(b"HTTP/1.1 200 OK\r\n\r\n").is_err());
    }
}
