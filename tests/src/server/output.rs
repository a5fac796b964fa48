//! What a process prints and tells, read by threads so that no pipe fills up.

use std::io::{BufRead, BufReader, Read};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// The lines of a stream as they come.
pub struct Lines {
    lines: Receiver<String>,
    seen: Vec<String>,
    open: bool,
}

impl Lines {
    /// Reads a stream to its end.
    pub fn of(stream: impl Read + Send + 'static) -> Self {
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            let lines = BufReader::new(stream).lines().map_while(Result::ok);
            for line in lines {
                // Whoever listened may have heard enough; the pipe is emptied all the same.
                let _ = sender.send(line);
            }
        });
        Lines {
            lines,
            seen: Vec::new(),
            open: true,
        }
    }

    /// Waits for a line in which there is something to find; none when the stream ends, or when no
    /// line comes within the limit.
    pub fn wait_for<T>(&mut self, limit: Duration, find: impl Fn(&str) -> Option<T>) -> Option<T> {
        loop {
            match self.lines.recv_timeout(limit) {
                Ok(line) => {
                    let found = find(&line);
                    self.seen.push(line);
                    if found.is_some() {
                        return found;
                    }
                }
                Err(RecvTimeoutError::Timeout) => return None,
                Err(RecvTimeoutError::Disconnected) => {
                    self.open = false;
                    return None;
                }
            }
        }
    }

    /// Whether more may come.
    pub fn is_open(&self) -> bool {
        self.open
    }

    /// The lines that were waited for.
    pub fn seen(&self) -> &[String] {
        &self.seen
    }
}

/// All that has come of a stream.
pub struct Collected {
    text: Arc<Mutex<Vec<u8>>>,
    reader: Option<JoinHandle<()>>,
}

impl Collected {
    /// Reads a stream to its end.
    pub fn of(mut stream: impl Read + Send + 'static) -> Self {
        let text = Arc::new(Mutex::new(Vec::new()));
        let into = text.clone();
        let reader = std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = stream.read(&mut buffer) {
                let mut into = into.lock().unwrap_or_else(PoisonError::into_inner);
                into.extend_from_slice(&buffer[..count]);
            }
        });
        Collected {
            text,
            reader: Some(reader),
        }
    }

    /// Waits for the end of the stream.
    pub fn finish(&mut self) {
        if let Some(reader) = self.reader.take() {
            // A reader does nothing that could panic.
            let _ = reader.join();
        }
    }

    /// What has come so far.
    pub fn text(&self) -> String {
        let text = self.text.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&text).into_owned()
    }
}
