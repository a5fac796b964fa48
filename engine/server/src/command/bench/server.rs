//! A server to measure: this program, started once more.

use std::cell::Cell;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::connection::Connection;
use super::disk::{allocated_bytes, device_bytes};
use super::process::Process;
use super::script::{self, Script};
use crate::cli::Failure;
use crate::http::{COMMITS, STEPS};

/// A server that runs, and is killed when this is dropped.
pub(super) struct Server {
    child: Child,
    pub(super) address: SocketAddr,
    /// Its data; none of the one that stores nothing.
    data: Option<PathBuf>,
    clients: Cell<u64>,
}

/// What a server has used and done by now.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Usage {
    pub(super) process: Process,
    /// What its data takes on disk.
    pub(super) disk_bytes: u64,
    /// What was written to its disk, by everybody on it; none where the system does not tell.
    pub(super) device_bytes: Option<u64>,
    /// Steps that it has written.
    pub(super) steps: u64,
    /// The commits in which it has written them.
    pub(super) commits: u64,
}

impl Server {
    /// Starts a server on a folder.
    ///
    /// # Errors
    /// It does not start; why has been told by itself.
    pub(super) fn start(data: &Path) -> Result<Self, Failure> {
        let mut command = program()?;
        command.args(["serve", "--listen", "127.0.0.1:0", "--data"]);
        command.arg(data);
        Server::spawn(command, Some(data.to_owned()))
    }

    /// Starts the server that does nothing.
    ///
    /// # Errors
    /// It does not start.
    pub(super) fn start_bare() -> Result<Self, Failure> {
        let mut command = program()?;
        command.args(["bench", "--bare"]);
        Server::spawn(command, None)
    }

    fn spawn(mut command: Command, data: Option<PathBuf>) -> Result<Self, Failure> {
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| Failure::new("cannot start a server", error))?;
        let mut server = Server {
            child,
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            data,
            clients: Cell::new(0),
        };
        let stdout = server.child.stdout.take().map(BufReader::new);
        let mut lines = stdout.into_iter().flat_map(BufRead::lines);
        let address = lines.find_map(|line| listens_on(&line.ok()?));
        server.address = address.ok_or_else(|| Failure("the server did not start".into()))?;
        Ok(server)
    }

    /// The id of its process.
    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Makes the workflow of a script known.
    ///
    /// # Errors
    /// The server does not take it.
    pub(super) async fn apply(&self, script: &Script) -> Result<(), Failure> {
        let mut connection = Connection::open(self.address).await?;
        connection.ask(&script.apply()).await?;
        Ok(())
    }

    /// A number that no other client of this server has.
    pub(super) fn next_client(&self) -> u64 {
        self.clients.replace(self.clients.get() + 1)
    }

    /// What it has used and done by now.
    ///
    /// # Errors
    /// It does not answer.
    pub(super) async fn usage(&self) -> Result<Usage, Failure> {
        let process = Process::of(self.id());
        let Some(data) = &self.data else {
            return Ok(Usage {
                process,
                ..Usage::default()
            });
        };
        let mut connection = Connection::open(self.address).await?;
        let figures = connection.ask(&script::get("/metrics")).await?;
        let figures = String::from_utf8_lossy(figures);
        let counter = |name: &str| {
            let line = figures.lines().find_map(|line| line.strip_prefix(name));
            line.and_then(|value| value.trim().parse().ok())
                .ok_or_else(|| Failure(format!("the server does not tell `{name}`")))
        };
        Ok(Usage {
            process,
            disk_bytes: allocated_bytes(data),
            device_bytes: device_bytes(data),
            steps: counter(STEPS)?,
            commits: counter(COMMITS)?,
        })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // An error means that it has ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// This program.
fn program() -> Result<Command, Failure> {
    let program = std::env::current_exe();
    let program = program.map_err(|error| Failure::new("cannot find this program", error))?;
    Ok(Command::new(program))
}

/// The address in the first line of a greeting.
fn listens_on(line: &str) -> Option<SocketAddr> {
    let (_, address) = line.split_once(" listens on http://")?;
    address.trim().parse().ok()
}
