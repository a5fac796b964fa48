//! `casewright serve`.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use casewright_chart::Limits;
use casewright_definition::{Checked, Pack};
use casewright_runtime::{Plugins, Runtime, SystemClock};
use clap::Args;
use tokio::net::TcpListener;
#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::Notify;
use tokio::time::timeout;
use tracing_subscriber::EnvFilter;

use crate::cli::{Failure, Verdict, print, tell};
use crate::edge::{self, Edge};
use crate::folder;
use crate::http;
use crate::plugin_store::{Chosen, PluginStore};

/// Serve cases over HTTP, with the workflows of a pack on an embedded store.
#[derive(Debug, Args)]
pub struct Serve {
    /// Where to listen. Port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// The folder with the data; made when it is not there.
    #[arg(long, value_name = "DIR", default_value = "casewright-data")]
    data: PathBuf,
    /// A pack to apply at the start: its workflows become those that new cases start with. Without
    /// this, the shipped workflows are applied where the store has none of the same name.
    #[arg(long, value_name = "DIR")]
    pack: Option<PathBuf>,
    #[command(flatten)]
    chosen: Chosen,
    #[command(flatten)]
    edge: Edge,
}

impl Serve {
    /// Serves until the process is told to stop.
    ///
    /// # Errors
    /// The pack is not sound, or the plugins, the data folder or the address cannot be used.
    pub fn run(self) -> Result<Verdict, Failure> {
        start_log();
        let (store, plugins) = PluginStore::open(&self.data, &self.chosen)?;
        let checked = folder::check_pack(self.pack.as_deref(), &plugins)?;
        let sound = checked.is_sound();
        // Warnings are for whoever writes the pack: `check` shows them.
        for findings in checked
            .findings
            .iter()
            .filter(|findings| findings.has_errors())
        {
            tell(findings.report());
        }
        let Some(pack) = checked.pack.clone().filter(|_| sound) else {
            return Err(Failure(
                "the pack is not sound, so nothing is served\n\nhint: `casewright check` shows the same findings".into(),
            ));
        };
        let threads = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .map_err(|error| Failure::new("cannot start threads", error))?;
        let served = threads.block_on(self.serve(store, plugins, checked, pack));
        // Everything acknowledged is written; whatever still computes is not waited for.
        threads.shutdown_timeout(LAST_REQUESTS);
        served
    }

    async fn serve(
        self,
        store: PluginStore,
        plugins: Plugins,
        checked: Checked,
        pack: Pack,
    ) -> Result<Verdict, Failure> {
        let failed = |error: casewright_runtime::StoreError| Failure(error.to_string());
        let clock = Arc::new(SystemClock::default());
        // Before the store is touched: a second server on one address must not get that far.
        let listener = self.bind().await?;
        let runtime = Runtime::open_folder(&self.data, plugins, clock, Limits::default());
        let runtime = runtime.map_err(failed)?;
        let wanted = checked.workflows.into_values();
        let wanted = wanted.filter(|definition| {
            self.pack.is_some() || runtime.definitions().current(&definition.id).is_none()
        });
        runtime.apply(wanted.collect()).map_err(failed)?;
        let address = listener
            .local_addr()
            .map_err(|error| Failure::new("cannot tell the address", error))?;
        // Before anybody knows that there is somebody to stop.
        let told_to_stop = Stop::listen()?;
        self.greet(address, &runtime);
        let edge = Arc::new(self.edge);
        let largest = store.upload_bytes();
        let app = http::app(runtime.clone(), Arc::new(pack), store, edge.clone());
        let stop = Notify::new();
        let mut serving = pin!(edge::serve(listener, app, &edge, largest, stop.notified()));
        tokio::select! {
            () = &mut serving => {}
            () = told_to_stop.told() => {
                stop.notify_one();
                // What is still asked then is given up.
                let _ = timeout(LAST_REQUESTS, serving).await;
            }
        }
        runtime.shut_down().await;
        Ok(Verdict::Yes)
    }

    async fn bind(&self) -> Result<TcpListener, Failure> {
        TcpListener::bind(self.listen).await.map_err(|error| {
            let what = format!("cannot listen on {}", self.listen);
            match error.kind() {
                io::ErrorKind::AddrInUse => Failure(format!(
                    "{what}: something else does\n\nhint: `--listen 127.0.0.1:0` takes a free port"
                )),
                _ => Failure::new(what, error),
            }
        })
    }

    /// Where to look and what to try.
    fn greet(&self, address: SocketAddr, runtime: &Runtime) {
        let base = format!("http://{address}");
        let definitions = runtime.definitions().all();
        let workflows: Vec<&str> = definitions
            .iter()
            .map(|definition| &*definition.id)
            .collect();
        print(format_args!(
            "casewright {} listens on {base}\nworkflows: {}\ndata: {}\n\nTry it:\n",
            env!("CARGO_PKG_VERSION"),
            workflows.join(", "),
            self.data.display(),
        ));
        let who = "-H 'Casewright-Actor: zhang.wei' -H 'Casewright-Roles: account-manager'";
        match workflows.contains(&"complaint-handling") {
            true => print(format_args!(
                "curl -X PUT {base}/cases/demo-1 {who} -d '{{\"workflow\": \"complaint-handling\", \"data\": {COMPLAINT}}}'\n\n\
                 curl {base}/cases/demo-1/events {who} -d '{{\"event\": \"register\", \"data\": {REGISTER}}}'\n\n\
                 curl {base}/cases/demo-1/history {who}\n",
            )),
            false => print(format_args!(
                "curl {base}/workflows {who}\n\ncurl {base}/cases {who}\n"
            )),
        }
        print("Stop with Ctrl-C.");
        if !address.ip().is_loopback() {
            tell(
                "warning: the server believes the headers that name the actor; let nobody reach it but a proxy that sets them",
            );
        }
    }
}

/// How long requests may go on after the process was told to stop. Steps take far less; a client that
/// hangs in the middle of a request would take for ever.
const LAST_REQUESTS: Duration = Duration::from_secs(5);

/// What the greeting opens a complaint with.
const COMPLAINT: &str =
    r#"{"account": {"name": "华东能源集团", "id": "C-1001"}, "tier": "core", "channel": "phone"}"#;
/// What the greeting registers it with.
const REGISTER: &str = r#"{"content": "三号产线的控制器交付延期，而且停机两次", "customer_info": {"name": "李敏", "phone": "021-5555 0101"}}"#;

/// Logs to stderr: warnings and worse, or what `RUST_LOG` says.
fn start_log() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    // A second call in one process, as in tests, keeps the first log.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .try_init();
}

/// What ends the process when nobody listens for it: Ctrl-C, and what the system sends to end it.
struct Stop {
    #[cfg(unix)]
    interrupt: Signal,
    #[cfg(unix)]
    terminate: Signal,
}

impl Stop {
    /// From here on, the process ends only when it wants to.
    #[cfg(unix)]
    fn listen() -> Result<Stop, Failure> {
        let listen =
            |kind| signal(kind).map_err(|error| Failure::new("cannot listen for signals", error));
        Ok(Stop {
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
        })
    }

    #[cfg(not(unix))]
    fn listen() -> Result<Stop, Failure> {
        Ok(Stop {})
    }

    /// Waits until the process is told to end.
    #[cfg(unix)]
    async fn told(mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }

    #[cfg(not(unix))]
    async fn told(self) {
        if let Err(error) = tokio::signal::ctrl_c().await {
            tracing::error!(%error, "cannot listen for Ctrl-C");
            std::future::pending::<()>().await;
        }
    }
}
