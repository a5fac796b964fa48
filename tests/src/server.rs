//! The real binary, serving: started on a free port, spoken to over HTTP, killed and started again.
//!
//! Nothing here waits for a length of time. A server is ready when it says so on stdout, and ends
//! when its process does. When a [`Server`] is dropped its process is killed, and the test fails if
//! it ever told of a panic.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot have its server fails, and says why"
)]

pub mod client;
pub mod output;
pub mod polling;
pub mod raw;

use std::ffi::OsStr;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::Duration;

use tempfile::TempDir;

pub use client::{Client, Reply};
use output::{Collected, Lines};
pub use polling::{eventually, pause};

/// How long a server may take to greet: plugins are compiled at the start, on a busy machine by a
/// build without optimisation.
const START_LIMIT: Duration = Duration::from_secs(60);

/// How a server is started.
#[derive(Clone, Debug)]
pub struct Settings {
    arguments: Vec<String>,
    may_panic: bool,
    /// What a shell does before the server takes its place.
    before: Option<String>,
}

/// A server that runs.
pub struct Server {
    settings: Settings,
    data: PathBuf,
    /// Its data folder when it is its own, removed when it is dropped.
    folder: Option<TempDir>,
    process: Process,
    address: SocketAddr,
}

/// What came of a server that did not start.
#[derive(Debug)]
pub struct Ended {
    /// The exit code.
    pub code: Option<i32>,
    /// All that it printed.
    pub stdout: String,
    /// All that it told.
    pub stderr: String,
}

struct Process {
    child: Child,
    /// Locked only so that a server can be shared by threads.
    stdout: Mutex<Lines>,
    stderr: Collected,
}

impl Settings {
    /// The shipped pack and plugins, on a free port.
    pub fn new() -> Self {
        Settings {
            arguments: Vec::new(),
            may_panic: false,
            before: None,
        }
        .with("--listen", "127.0.0.1:0")
    }

    /// A pack of two small workflows, `counting` and `reminding`, and no plugins: it starts at once.
    pub fn small() -> Self {
        let pack = crate::root().join("tests/packs/small");
        Settings::new()
            .with("--pack", &pack)
            .with("--plugins", &pack)
    }

    /// On data that is damaged: redb may tell of a panic, which the server must outlive.
    #[must_use]
    pub fn on_damaged_data(mut self) -> Self {
        self.may_panic = true;
        self
    }

    /// In a process that a shell has prepared: `ulimit -n 64`.
    #[cfg(unix)]
    #[must_use]
    pub fn after(mut self, commands: &str) -> Self {
        self.before = Some(commands.to_owned());
        self
    }

    /// With an argument and its value; the last of the same name counts.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        let named = self.arguments.iter().position(|argument| argument == name);
        if let Some(place) = named {
            self.arguments.drain(place..place + 2);
        }
        let value = value
            .as_ref()
            .to_str()
            .expect("arguments of tests are UTF-8");
        self.arguments.extend([name.to_owned(), value.to_owned()]);
        self
    }

    /// Starts a server on a data folder of its own.
    ///
    /// # Panics
    /// It does not start.
    #[track_caller]
    pub fn start(&self) -> Server {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let mut server = self.start_on(&data);
        server.folder = Some(folder);
        server
    }

    /// Starts a server on a data folder that outlives it.
    ///
    /// # Panics
    /// It does not start.
    #[track_caller]
    pub fn start_on(&self, data: &Path) -> Server {
        match self.try_start_on(data) {
            Ok(server) => server,
            Err(ended) => panic!("the server did not start: {ended:?}"),
        }
    }

    /// Starts a server that cannot start, and waits for its end.
    ///
    /// # Panics
    /// It starts all the same.
    #[track_caller]
    pub fn fail_on(&self, data: &Path) -> Ended {
        match self.try_start_on(data) {
            Ok(server) => panic!("the server listens on {}, and should not", server.address),
            Err(ended) => ended,
        }
    }

    /// Starts a server on a data folder that outlives it.
    ///
    /// # Errors
    /// It has ended before it served.
    pub fn try_start_on(&self, data: &Path) -> Result<Server, Ended> {
        let settings = self.clone().with("--data", data);
        let (process, address) = Process::start(&settings)?;
        Ok(Server {
            settings,
            data: data.to_owned(),
            folder: None,
            process,
            address,
        })
    }
}

impl Settings {
    /// Starts a server, and kills it a moment after it has made its data folder: before it greets, if
    /// the moment is short.
    ///
    /// # Panics
    /// It makes no folder.
    #[track_caller]
    pub fn start_and_kill(&self, data: &Path, moment: Duration) {
        let mut child = self.clone().with("--data", data).spawn();
        eventually("the data folder is made", || data.exists().then_some(()));
        pause(moment);
        // An error means that it has ended by itself.
        let _ = child.kill();
        let _ = child.wait();
    }

    fn spawn(&self) -> Child {
        let mut command = match &self.before {
            None => crate::program(),
            Some(before) => {
                let mut shell = Command::new("sh");
                shell.args(["-c", &format!("{before} && exec \"$0\" \"$@\"")]);
                shell.arg(crate::binary());
                shell
            }
        };
        command.arg("serve").args(&self.arguments);
        command.env_remove("RUST_LOG").env_remove("RUST_BACKTRACE");
        crate::share_plugin_cache(&mut command);
        command.stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().unwrap()
    }
}

impl Default for Settings {
    fn default() -> Self {
        Settings::new()
    }
}

impl Server {
    /// A server with the shipped pack and plugins, on a data folder of its own.
    ///
    /// # Panics
    /// It does not start.
    #[track_caller]
    pub fn start() -> Self {
        Settings::new().start()
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its data folder.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// A client that names no actor.
    pub fn nobody(&self) -> Client {
        Client::new(self.address)
    }

    /// A client of an actor with some roles, separated by commas.
    pub fn actor(&self, id: &str, roles: &str) -> Client {
        self.nobody().acting(id, roles)
    }

    /// The lines with which it greets. To be asked for once.
    ///
    /// # Panics
    /// They do not come.
    #[track_caller]
    pub fn greeting(&mut self) -> &[String] {
        let last = |line: &str| line.starts_with("Stop with").then_some(());
        let lines = self.process.stdout.get_mut().unwrap();
        assert!(
            lines.wait_for(START_LIMIT, last).is_some(),
            "the greeting has no end"
        );
        lines.seen()
    }

    /// What it has told on stderr so far.
    pub fn stderr(&self) -> String {
        self.process.stderr.text()
    }

    /// Kills it as `kill -9` does: no chance to put anything in order.
    pub fn kill(&mut self) {
        self.process.end();
    }

    /// Kills it and starts it anew on the same data.
    ///
    /// # Panics
    /// It does not start.
    #[track_caller]
    pub fn restart(&mut self) {
        self.kill();
        self.assert_calm();
        match Process::start(&self.settings) {
            Ok((process, address)) => (self.process, self.address) = (process, address),
            Err(ended) => panic!("the server did not start again: {ended:?}"),
        }
    }

    /// Kills it, and sees to it that its store is what the journal leads to.
    ///
    /// # Panics
    /// It is not.
    #[track_caller]
    pub fn kill_and_verify(&mut self) {
        self.kill();
        let mut verify = crate::program();
        let output = verify.args(["verify", "--data"]).arg(&self.data).output();
        let output = output.unwrap();
        let told = String::from_utf8_lossy(&output.stdout);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{told}\n{stderr}");
    }

    /// Asks it to stop, as a service manager does, and gives its exit code.
    ///
    /// # Panics
    /// There is no `kill` on this system.
    pub fn stop(mut self) -> Option<i32> {
        let id = self.process.child.id().to_string();
        let told = Command::new("kill").args(["-TERM", &id]).status().unwrap();
        assert!(told.success(), "cannot tell the server to stop");
        let status = self.process.child.wait().unwrap();
        self.process.stderr.finish();
        status.code()
    }

    /// It has told of no panic.
    ///
    /// # Panics
    /// It has.
    #[track_caller]
    pub fn assert_calm(&self) {
        let stderr = self.stderr();
        assert!(!stderr.contains("panic"), "the server panicked:\n{stderr}");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.process.end();
        if !self.settings.may_panic && !std::thread::panicking() {
            self.assert_calm();
        }
    }
}

impl Process {
    fn start(settings: &Settings) -> Result<(Self, SocketAddr), Ended> {
        let mut child = settings.spawn();
        let mut stdout = Lines::of(child.stdout.take().unwrap());
        let stderr = Collected::of(child.stderr.take().unwrap());
        let address = stdout.wait_for(START_LIMIT, listens_on);
        let process = Process {
            child,
            stdout: Mutex::new(stdout),
            stderr,
        };
        match address {
            Some(address) => Ok((process, address)),
            None => Err(process.ended()),
        }
    }

    /// How it ended by itself; it has closed its stdout, or is far too slow to.
    fn ended(mut self) -> Ended {
        if self.stdout.get_mut().unwrap().is_open() {
            self.end();
            let stderr = self.stderr.text();
            panic!("the server did not greet within {START_LIMIT:?}:\n{stderr}");
        }
        let status = self.child.wait().unwrap();
        self.stderr.finish();
        Ended {
            code: status.code(),
            stdout: self.stdout.get_mut().unwrap().seen().join("\n"),
            stderr: self.stderr.text(),
        }
    }

    /// Kills it. A second time does nothing.
    fn end(&mut self) {
        // An error means that it has ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.stderr.finish();
    }
}

/// The address in the first line of the greeting.
fn listens_on(line: &str) -> Option<SocketAddr> {
    let (_, address) = line.split_once(" listens on http://")?;
    address.trim().parse().ok()
}
