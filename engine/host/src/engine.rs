//! The engine that all plugins of a process share: what makes an instance a call cheap, and what keeps
//! instances apart all the same.
//!
//! A call makes an instance, runs for a microsecond or so, and throws the instance away. What there is to
//! save lies around the running: system calls, page faults, and locks that all threads share.
//!
//! | setting | what it saves | what keeps instances apart |
//! | --- | --- | --- |
//! | places made in advance (`Pooling`) | mapping and unmapping memory for each call, which stops all threads | a place is reset after each call, before anyone else can get it |
//! | `memory_init_cow` | copying a plugin's data at the start: its first pages are those of the compiled file until they are written to | what is written is private to the place (`MAP_PRIVATE`) and goes with the reset |
//! | `linear_memory_keep_resident` | a page fault for each page that a call touches: so much stays in memory from call to call | it is overwritten with what the plugin begins with, byte by byte; the rest is given back to the system, which hands out zeroes |
//! | `pagemap_scan` | overwriting all of that: the system says which pages were written, and just those are reset | a page that the system does not name was not written; it names them by the page table, which no guest can reach |
//! | `table_keep_resident` | the same for tables, of which nearly all fit into one page | as for memory |
//!
//! All of that is between calls. Within one, memory is bounded as WebAssembly says: each memory has four
//! gigabytes of addresses to itself and a guard behind them, so no 32-bit address that a guest computes leads
//! outside, and what lies beyond the memory's size cannot be accessed and ends the call. Explicit bounds checks
//! in place of that (`signals_based_traps(false)`) spare the change of protection when a memory grows. That
//! would be worth as much as all the rest to plugins that begin by growing it, but it takes away Cranelift's
//! mitigation of speculative reads out of bounds; and plugins that bring their first memory along, as those of
//! the SDK do, gain nothing by it.
//!
//! Where `PAGEMAP_SCAN` is not to be had (Linux before 6.7, other systems), the first
//! [`BLIND_RESIDENT_BYTES`] of every memory are reset, written or not.
//!
//! What else stands here is for the sake of sameness: fuel in place of a clock, one form of NaN, no relaxed
//! SIMD. What a call costs and where: `cargo bench -p casewright-host`.

use wasmtime::{
    Config, Enabled, InstanceAllocationStrategy, PoolingAllocationConfig, WasmBacktraceDetails,
};

use crate::backtrace;
use crate::limits::Limits;
use crate::meter::{MAX_INSTANCES, MAX_MEMORIES, MAX_TABLES};

/// What a place keeps in memory when the system tells which pages were written: all that a call of a small
/// plugin writes, and a good part of what one with a language runtime does. Sixty-four places of it are 128 MiB.
const RESIDENT_BYTES: usize = 2 << 20;

/// What a place keeps when all of it has to be reset after every call: the stack of a plugin that is built as
/// `plugins/README.md` says, its data, and the first of what it allocates.
const BLIND_RESIDENT_BYTES: usize = 192 << 10;

/// A page. Tables of up to 512 elements are reset without asking the system anything.
const TABLE_RESIDENT_BYTES: usize = 4 << 10;

/// The largest figure of each limit that the engine has to know: its places must fit every plugin.
pub(crate) fn largest<'a>(limits: &Limits, others: impl Iterator<Item = &'a Limits>) -> Limits {
    others.fold(limits.clone(), |largest, other| Limits {
        memory_bytes: largest.memory_bytes.max(other.memory_bytes),
        table_elements: largest.table_elements.max(other.table_elements),
        ..largest
    })
}

/// How the engine is set up for calls of at most these limits, so many at a time.
pub(crate) fn config(limits: &Limits, concurrent_calls: u32) -> Config {
    let mut config = Config::new();
    config
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pool(
            limits,
            concurrent_calls,
        )))
        .memory_init_cow(true)
        .max_wasm_stack(limits.stack_bytes)
        .wasm_backtrace_max_frames(Some(backtrace::max_frames()))
        // Whatever the environment says: see `backtrace`.
        .wasm_backtrace_details(WasmBacktraceDetails::Disable)
        // Determinism: work is counted instead of timed, and no instruction may differ by machine.
        .consume_fuel(true)
        .cranelift_nan_canonicalization(true)
        .wasm_relaxed_simd(false)
        .relaxed_simd_deterministic(true);
    config
}

fn pool(limits: &Limits, concurrent_calls: u32) -> PoolingAllocationConfig {
    let resident_bytes = match PoolingAllocationConfig::is_pagemap_scan_available() {
        true => RESIDENT_BYTES,
        false => BLIND_RESIDENT_BYTES,
    };
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(concurrent_calls)
        .total_core_instances(concurrent_calls.saturating_mul(MAX_INSTANCES as u32))
        .total_memories(concurrent_calls.saturating_mul(MAX_MEMORIES as u32))
        .total_tables(concurrent_calls.saturating_mul(MAX_TABLES as u32))
        .max_core_instances_per_component(MAX_INSTANCES as u32)
        .max_memories_per_component(MAX_MEMORIES as u32)
        .max_tables_per_component(MAX_TABLES as u32)
        .max_memory_size(limits.memory_bytes)
        .table_elements(limits.table_elements)
        .pagemap_scan(Enabled::Auto)
        .linear_memory_keep_resident(resident_bytes)
        .table_keep_resident(TABLE_RESIDENT_BYTES);
    pool
}
