//! Counts the memory and the tables of one call, and remembers what was refused.

use wasmtime::ResourceLimiter;

use crate::limits::Limits;

/// Instances inside one component: the plugin, its adapters and the shims around them. A Python plugin has
/// one for each library of its interpreter and each stub of WASI, 38 in all.
pub(crate) const MAX_INSTANCES: usize = 64;
/// Linear memories inside one component: its own, and those of adapters; a JavaScript plugin has three.
pub(crate) const MAX_MEMORIES: usize = 4;
/// Tables inside one component of decisions: its own, and those of the shims.
pub(crate) const MAX_TABLES: usize = 4;
/// The same of services, which may have a part beside them that reaches the world. Decisions end at the figure above:
/// places for more are not there.
const MAX_TABLES_OF_SERVICES: usize = 8;

/// The counts of one call. Guests see a refused growth as `memory.grow` answering -1 and mostly
/// trap soon after; that the growth was refused is what the error should say, so it is kept.
#[derive(Debug)]
pub(crate) struct Meter {
    memory_limit: usize,
    table_limit: usize,
    memory_bytes: usize,
    table_elements: usize,
    /// A growth of memory was refused.
    pub(crate) memory_refused: bool,
    /// A growth of a table was refused.
    pub(crate) table_refused: bool,
}

impl Meter {
    pub(crate) fn new(limits: &Limits) -> Self {
        Meter {
            memory_limit: limits.memory_bytes,
            table_limit: limits.table_elements,
            memory_bytes: 0,
            table_elements: 0,
            memory_refused: false,
            table_refused: false,
        }
    }

    /// The memory of the call in bytes: memories never shrink, so this is the peak.
    pub(crate) fn memory_bytes(&self) -> u64 {
        self.memory_bytes as u64
    }
}

/// Judges one growth and updates the total.
///
/// The limit comes before the part's own maximum, since the allocator lowers that maximum to the
/// limit: only what stays within the limit can fail by the plugin's own choice.
fn grow(
    total: &mut usize,
    refused: &mut bool,
    limit: usize,
    (current, desired): (usize, usize),
    maximum: Option<usize>,
) -> bool {
    let after = total.saturating_sub(current).saturating_add(desired);
    if after > limit {
        *refused = true;
        return false;
    }
    if maximum.is_some_and(|maximum| desired > maximum) {
        return false;
    }
    *total = after;
    true
}

impl ResourceLimiter for Meter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let (total, refused) = (&mut self.memory_bytes, &mut self.memory_refused);
        let step = (current, desired);
        Ok(grow(total, refused, self.memory_limit, step, maximum))
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let (total, refused) = (&mut self.table_elements, &mut self.table_refused);
        let step = (current, desired);
        Ok(grow(total, refused, self.table_limit, step, maximum))
    }

    fn instances(&self) -> usize {
        MAX_INSTANCES
    }

    fn tables(&self) -> usize {
        MAX_TABLES_OF_SERVICES
    }

    fn memories(&self) -> usize {
        MAX_MEMORIES
    }
}
