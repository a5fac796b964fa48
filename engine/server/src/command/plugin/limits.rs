//! What a call may use while a plugin is tried out.

use casewright_host::{Host, HostConfig, Limits};
use clap::Args;

use crate::cli::Failure;
use crate::folder;
use crate::grants::Given;

/// How many bytes a mebibyte has.
const MEBIBYTE: u64 = 1 << 20;

/// The limits that people change; all others are the usual ones.
#[derive(Debug, Clone, Args)]
pub(crate) struct CallLimits {
    /// What a call of a plugin may compute, in units of fuel: about one for each WebAssembly instruction.
    #[arg(long = "plugin-fuel", value_name = "UNITS", default_value_t = Limits::default().fuel, value_parser = clap::value_parser!(u64).range(1..))]
    fuel: u64,
    /// The memory that a call of a plugin may have, in mebibytes.
    #[arg(long = "plugin-memory", value_name = "MIB", default_value_t = (Limits::default().memory_bytes as u64) / MEBIBYTE, value_parser = clap::value_parser!(u64).range(1..=4096))]
    memory_mib: u64,
}

impl Default for CallLimits {
    fn default() -> Self {
        let usual = Limits::default();
        CallLimits {
            fuel: usual.fuel,
            memory_mib: usual.memory_bytes as u64 / MEBIBYTE,
        }
    }
}

impl CallLimits {
    /// As the host takes them.
    pub(crate) fn limits(&self) -> Limits {
        let memory_bytes = self.memory_mib.saturating_mul(MEBIBYTE);
        Limits {
            fuel: self.fuel,
            memory_bytes: usize::try_from(memory_bytes).unwrap_or(usize::MAX),
            ..Limits::default()
        }
    }

    /// A host that makes one call at a time, within these limits.
    pub(super) fn host(&self) -> Result<Host, Failure> {
        self.host_with(&Given::default())
    }

    /// The same, but for what `given` says otherwise.
    pub(super) fn host_with(&self, given: &Given) -> Result<Host, Failure> {
        let (limits, plugin_limits) = given.limits(&self.limits());
        let config = HostConfig {
            limits,
            plugin_limits,
            concurrent_calls: 1,
            ..HostConfig::default()
        };
        folder::desk_host(config)
    }
}
