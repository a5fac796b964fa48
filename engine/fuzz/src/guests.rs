//! A host with small limits, and plugins made on the spot to try it with.

use std::sync::LazyLock;

use casewright_host::{Host, HostConfig, Limits};

#[path = "../../host/tests/support/hostile.rs"]
mod hostile;

pub(crate) use hostile::{Behaviour, Hostile, spelled};

/// What files are called that may hold anything, services that never end included.
pub(crate) const MADE_UP: &str = "made-up";

/// Whose limits a made-up plugin meets soon, so that no input takes long.
static HOST: LazyLock<Host> = LazyLock::new(|| {
    let limits = Limits {
        fuel: 5_000_000,
        describe_fuel: 1_000_000,
        memory_bytes: 8 << 20,
        table_elements: 10_000,
        stack_bytes: 128 << 10,
        ..Limits::default()
    };
    let hasty = Limits {
        deadline_ms: 500,
        ..limits.clone()
    };
    let config = HostConfig {
        limits,
        plugin_limits: [(MADE_UP.to_owned(), hasty)].into(),
        concurrent_calls: 2,
        ..HostConfig::default()
    };
    Host::new(config).expect("a host with small limits")
});

/// The host that all inputs share.
pub(crate) fn host() -> &'static Host {
    &HOST
}
