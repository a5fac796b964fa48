//! Bytes over TCP, for requests that no client library would send.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value as Json;

/// A limit for tests that hang.
const LIMIT: Duration = Duration::from_secs(60);

/// An answer to bytes.
#[derive(Debug)]
pub struct RawReply {
    /// The status.
    pub status: u16,
    /// The lines of the head, without the first.
    pub head: Vec<String>,
    /// What follows the head.
    pub body: Vec<u8>,
}

/// Sends bytes as they are, and reads the one answer to them. The server may answer before it has
/// read everything, and may close the connection then.
///
/// # Panics
/// There is no answer.
#[track_caller]
pub fn exchange(address: SocketAddr, parts: impl IntoIterator<Item = Vec<u8>> + Send) -> RawReply {
    let mut stream = connect(address);
    let mut writing = stream.try_clone().unwrap();
    let answer = std::thread::scope(|scope| {
        scope.spawn(move || {
            let all = parts
                .into_iter()
                .try_for_each(|part| writing.write_all(&part));
            // A server that has heard enough hangs up; its answer tells why.
            let _ = all.and_then(|()| writing.flush());
        });
        let answer = read_answer(&mut stream);
        // Ends the writing, if it still goes on.
        let _ = stream.shutdown(Shutdown::Both);
        answer
    });
    match answer {
        Some(reply) => reply,
        None => panic!("the server hung up without an answer"),
    }
}

/// A connection on which a test says what it wants, when it wants.
///
/// # Panics
/// The server takes none.
#[track_caller]
pub fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    stream.set_write_timeout(Some(LIMIT)).unwrap();
    stream
}

/// Reads one answer, and nothing of the next; none when the server hangs up before its end.
pub fn read_answer(stream: &mut TcpStream) -> Option<RawReply> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(read(stream, 1)?[0]);
    }
    let head = String::from_utf8_lossy(&head);
    let mut lines = head
        .lines()
        .filter(|line| !line.is_empty())
        .map(str::to_owned);
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let head: Vec<String> = lines.collect();
    let length = value(&head, "content-length").and_then(|length| length.parse().ok());
    let body = read(stream, length.unwrap_or(0))?;
    Some(RawReply { status, head, body })
}

fn read(stream: &mut TcpStream, length: usize) -> Option<Vec<u8>> {
    let mut bytes = vec![0; length];
    stream.read_exact(&mut bytes).ok()?;
    Some(bytes)
}

fn value<'a>(head: &'a [String], name: &str) -> Option<&'a str> {
    head.iter().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        key.eq_ignore_ascii_case(name).then_some(value.trim())
    })
}

impl RawReply {
    /// A header.
    pub fn header(&self, name: &str) -> Option<&str> {
        value(&self.head, name)
    }

    /// The problem that it tells of, if it is one of this status and code.
    ///
    /// # Panics
    /// It is another, or none.
    #[track_caller]
    pub fn problem(&self, status: u16, code: &str) -> Json {
        assert_eq!(
            self.status,
            status,
            "{}",
            String::from_utf8_lossy(&self.body)
        );
        assert_eq!(
            self.header("content-type"),
            Some("application/problem+json")
        );
        let problem: Json = serde_json::from_slice(&self.body).unwrap();
        assert_eq!(problem["type"], format!("/problems/{code}"), "{problem:#}");
        problem
    }
}
