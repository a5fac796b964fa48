//! The host's side of one instance of a service.

use std::sync::Arc;

use wasmtime::component::ResourceTable;
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

use crate::limits::Limits;
use crate::meter::Meter;
use crate::service::Reach;
use crate::service::http::Outgoing;
use crate::service::notes::Notes;

/// Streams, requests, headers and the like that a plugin may hold at a time: the host keeps memory for each.
const MAX_RESOURCES: usize = 1000;
/// Headers of one message, in bytes as the host keeps them.
const MAX_FIELDS_BYTES: usize = 64 << 10;
/// Random bytes that a plugin may ask for at once.
const MAX_RANDOM_BYTES: u64 = 64 << 10;

/// The host's side of one instance.
pub(crate) struct ServiceState {
    pub(crate) meter: Meter,
    pub(crate) notes: Notes,
    pub(crate) reach: Arc<Reach>,
    outgoing: Outgoing,
    table: ResourceTable,
    wasi: WasiCtx,
    http: WasiHttpCtx,
}

impl ServiceState {
    /// For a call under `limits` that may reach what is in `reach`, and whose requests carry `key`.
    pub(crate) fn new(limits: &Limits, reach: &Arc<Reach>, key: Option<&str>) -> ServiceState {
        let notes = Notes::new(reach.redaction().clone(), limits.log_bytes);
        let mut table = ResourceTable::new();
        table.set_max_capacity(MAX_RESOURCES);
        let mut http = WasiHttpCtx::new();
        http.set_field_size_limit(MAX_FIELDS_BYTES);
        ServiceState {
            meter: Meter::new(limits),
            outgoing: Outgoing::new(limits, reach.clone(), notes.clone(), key),
            notes,
            reach: reach.clone(),
            table,
            // No arguments, no environment, no files, no addresses; what is printed goes nowhere.
            wasi: WasiCtx::builder()
                .max_random_size(MAX_RANDOM_BYTES)
                .allow_tcp(false)
                .allow_udp(false)
                .build(),
            http,
        }
    }
}

impl WasiView for ServiceState {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.wasi,
            table: &mut self.table,
        }
    }
}

impl WasiHttpView for ServiceState {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView {
            hooks: &mut self.outgoing,
            table: &mut self.table,
            ctx: &mut self.http,
        }
    }
}
