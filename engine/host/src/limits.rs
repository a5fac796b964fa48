//! What one call may use, by name and figure.

/// About a fifth of a second of plain arithmetic on a 2020s core. A decision runs inside a step,
/// with a person waiting: the shipped ones use less than a thousandth of this.
pub const DEFAULT_FUEL: u64 = 200_000_000;

/// A language runtime may have to start before it can describe itself, and nobody waits for it: a second
/// or so of arithmetic.
pub const DEFAULT_DESCRIBE_FUEL: u64 = 1_000_000_000;

/// Enough for a language runtime (JavaScript starts at about 10 MiB) with room for its data; the
/// memory is only touched by calls that use it.
pub const DEFAULT_MEMORY_BYTES: usize = 64 << 20;

/// Function tables of language runtimes hold some ten thousand entries; nobody needs ten times that.
pub const DEFAULT_TABLE_ELEMENTS: usize = 100_000;

/// The data of a case is kilobytes: a whole megabyte is a mistake in the workflow, not a case.
pub const DEFAULT_INPUT_BYTES: usize = 1 << 20;

/// An answer is stored in the journal for ever, so it is bounded as tightly as the input.
pub const DEFAULT_OUTPUT_BYTES: usize = 1 << 20;

/// Some hundreds of lines: enough to explain one answer, too little to fill a disk.
pub const DEFAULT_LOG_BYTES: usize = 64 << 10;

/// Half a megabyte of stack is what WebAssembly engines give by default; it fits into the two
/// megabytes of an ordinary thread with room for the host's own frames.
pub const DEFAULT_STACK_BYTES: usize = 512 << 10;

/// A Python plugin carries its interpreter, about 18 MiB; a Rust one is well under one.
pub const DEFAULT_COMPONENT_BYTES: usize = 48 << 20;

/// A service waits for other machines, which answer within seconds or not at all; the job is tried again.
pub const DEFAULT_DEADLINE_MS: u64 = 10_000;

/// To look something up and to write it down, page after page: more than that is a loop.
pub const DEFAULT_HTTP_REQUESTS: u32 = 16;

/// As much as an input: what is sent is mostly made of it.
pub const DEFAULT_HTTP_REQUEST_BYTES: u64 = 1 << 20;

/// A long list of another system's records; it has to fit into the plugin's memory.
pub const DEFAULT_HTTP_RESPONSE_BYTES: u64 = 8 << 20;

/// What one call may use. All limits are always on; there is no way to say "none".
///
/// The names of the fields are the names that errors give for them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Work, in units of wasmtime's fuel: about one per WebAssembly instruction. Log lines are paid
    /// for as well.
    pub fuel: u64,
    /// The same, for the one call of `describe` when the plugin is loaded.
    pub describe_fuel: u64,
    /// All linear memories of the call together, in bytes.
    pub memory_bytes: usize,
    /// All tables of the call together, in elements.
    pub table_elements: usize,
    /// The input text, in bytes.
    pub input_bytes: usize,
    /// The output text, the texts of a failure together, or the description, in bytes.
    pub output_bytes: usize,
    /// Levels and messages of all log lines of the call, in bytes. Further lines are dropped, and
    /// the last line kept says so; the call goes on.
    pub log_bytes: usize,
    /// Stack of WebAssembly frames, in bytes. One figure for the whole host: it is fixed when the
    /// host is made, so that in the limits of a single plugin it says nothing. The calling thread needs
    /// this much and some 256 KiB more.
    pub stack_bytes: usize,
    /// The plugin's file, in bytes.
    pub component_bytes: usize,
    /// How long a call of a service may take, waiting included, in milliseconds; the call of its `describe`, too. It stands
    /// in the place of fuel, which decisions have.
    pub deadline_ms: u64,
    /// HTTP requests of one call of a service.
    pub http_requests: u32,
    /// The body of an HTTP request, in bytes.
    pub http_request_bytes: u64,
    /// The body of the response to one, in bytes.
    pub http_response_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            fuel: DEFAULT_FUEL,
            describe_fuel: DEFAULT_DESCRIBE_FUEL,
            memory_bytes: DEFAULT_MEMORY_BYTES,
            table_elements: DEFAULT_TABLE_ELEMENTS,
            input_bytes: DEFAULT_INPUT_BYTES,
            output_bytes: DEFAULT_OUTPUT_BYTES,
            log_bytes: DEFAULT_LOG_BYTES,
            stack_bytes: DEFAULT_STACK_BYTES,
            component_bytes: DEFAULT_COMPONENT_BYTES,
            deadline_ms: DEFAULT_DEADLINE_MS,
            http_requests: DEFAULT_HTTP_REQUESTS,
            http_request_bytes: DEFAULT_HTTP_REQUEST_BYTES,
            http_response_bytes: DEFAULT_HTTP_RESPONSE_BYTES,
        }
    }
}
