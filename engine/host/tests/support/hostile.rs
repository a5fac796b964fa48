//! Plugins that misbehave in one chosen way, built on the spot from WebAssembly text.
//!
//! Each is a core module whose exports follow the canonical ABI's names for the world `decision` or
//! `service`, with the section `component-type` that tells how to wrap it. It has one function, and does
//! everything right except for the one thing asked for. Nothing here depends on the host, so that
//! other packages' tests can take the file by `#[path]`; they need `wat`, `wit-component` and
//! `wit-parser`.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![allow(dead_code, reason = "each test takes what it needs")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

const WIT: &str = include_str!("../../../../plugins/wit/v0.1.0/casewright-plugin.wit");

/// The newer contract, behind what it refers to.
const NEWER_WIT: [&str; 5] = [
    include_str!("../../../../plugins/wit/v0.2.0/deps/io.wit"),
    include_str!("../../../../plugins/wit/v0.2.0/deps/clocks.wit"),
    include_str!("../../../../plugins/wit/v0.2.0/deps/random.wit"),
    include_str!("../../../../plugins/wit/v0.2.0/deps/http.wit"),
    include_str!("../../../../plugins/wit/v0.2.0/casewright-plugin.wit"),
];
/// The version that it is of.
const NEWER: &str = "0.2.0";

/// Where the texts lie in memory. What is below is scratch space.
const TEXTS: usize = 1024;

/// What a plugin does when its function is called, unless said otherwise.
#[derive(Debug, Clone)]
pub(crate) enum Behaviour {
    /// Answers with these bytes, whatever they are.
    Answer(Vec<u8>),
    /// Declines with a code, a message and details.
    Fail(&'static str, &'static str, &'static str),
    /// Runs without end.
    Loop,
    /// Runs without end when it is asked to describe itself.
    LoopInDescribe,
    /// Asks for memory without end, and traps when it is refused as Rust programs do.
    MemoryBomb,
    /// Asks for too much memory and answers `{}` all the same when it is refused.
    MemoryRefused,
    /// Asks for table elements without end, and traps when it is refused.
    TableBomb,
    /// Traps at once.
    Trap,
    /// Divides by zero in a function that a function with one of Rust's names calls.
    DeepTrap,
    /// Traps when it is asked to describe itself.
    TrapInDescribe,
    /// Calls itself without end.
    Recurse,
    /// Answers with this many zero bytes.
    HugeAnswer(u32),
    /// Answers with a string outside of its memory.
    OutOfBounds,
    /// Logs this many lines of 100 bytes, then answers `{}`.
    LogFlood(u32),
    /// Logs one line of this many zero bytes, then answers `{}`.
    HugeLogLine(u32),
    /// Counts its calls in memory and in a global, and answers with the sum of both.
    Count,
    /// Imports a function from somewhere else.
    Import(&'static str, &'static str),
    /// Answers `{}`, but describes this many functions that share one name.
    ManyFunctions(u32),
    /// Runs without end before anything is asked of it.
    LoopInStart,
    /// Asks for memory without end before anything is asked of it.
    MemoryBombInStart,
    /// Calls itself without end before anything is asked of it.
    RecurseInStart,
    /// Asks for memory without end when it is asked to describe itself.
    MemoryBombInDescribe,
    /// Calls itself without end when it is asked to describe itself.
    RecurseInDescribe,
    /// Logs this many lines of 100 bytes when it is asked to describe itself.
    LogFloodInDescribe(u32),
    /// Runs without end when it is asked for room for the input.
    LoopInRealloc,
    /// Gives room for the input outside of its memory.
    ReallocOutOfBounds,
    /// Answers, and runs without end when the answer is given back.
    LoopInPostReturn,
    /// Answers with neither a text nor a failure, but a third thing.
    NoSuchCase,
    /// Logs a line that is not UTF-8.
    LogNotText,
    /// Answers with the bits of NaNs that were made in different ways, in hexadecimal.
    NanBits,
    /// Answers with its input, byte by byte.
    Echo,
    /// Answers with the bytes that its input spells: see [`spelled`].
    Spelled,
    /// Declines with the bytes that its input spells as code, message and details.
    SpelledFailure,
    /// Has these imports and items, runs these instructions, and answers with so many bytes from address 0 on.
    Custom(String, String, u32),
}

impl Behaviour {
    /// Those that cost most before they fail, by a name for people.
    pub(crate) fn costly() -> [(&'static str, Behaviour); 4] {
        [
            ("endless loops", Behaviour::Loop),
            ("memory bombs", Behaviour::MemoryBomb),
            ("floods of the log", Behaviour::LogFlood(u32::MAX)),
            ("traps", Behaviour::Trap),
        ]
    }
}

/// `bytes` as the JSON text that [`Behaviour::Spelled`] reads: two letters from `a` to `p` for each.
pub(crate) fn spelled(bytes: &[u8]) -> String {
    let letter = |half: u8| char::from(b'a' + half);
    let letters = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    format!("\"{}\"", letters.map(letter).collect::<String>())
}

/// A plugin to build: what it says about itself, and how it behaves.
#[derive(Debug, Clone)]
pub(crate) struct Hostile {
    /// The plugin's name.
    pub(crate) name: String,
    /// The plugin's version.
    pub(crate) version: String,
    /// The name of its one function.
    pub(crate) function: String,
    /// The kind of its one function.
    pub(crate) kind: String,
    /// Text of the input schema.
    pub(crate) input_schema: String,
    /// Text of the output schema.
    pub(crate) output_schema: String,
    /// The world that it is for.
    pub(crate) world: &'static str,
    /// The version of the contract that it is built against.
    pub(crate) contract: String,
    /// The secret that it asks for, which only those of the newer contract can.
    pub(crate) secret: Option<&'static str>,
    /// More of WIT, the last of which has a world `plugin` that takes the place of the contract's own.
    pub(crate) wit: Vec<String>,
    /// What it does.
    pub(crate) behaviour: Behaviour,
}

impl Hostile {
    /// A plugin `name` of version `6.6.6` with the decision `function`, from any object to any.
    pub(crate) fn new(name: &str, function: &str, behaviour: Behaviour) -> Self {
        Hostile {
            name: name.to_owned(),
            version: "6.6.6".to_owned(),
            function: function.to_owned(),
            kind: "decision".to_owned(),
            input_schema: r#"{"type": "object"}"#.to_owned(),
            output_schema: r#"{"type": "object"}"#.to_owned(),
            world: "decision",
            contract: "0.1.0".to_owned(),
            secret: None,
            wit: Vec::new(),
            behaviour,
        }
    }

    /// The same with a service.
    pub(crate) fn service(name: &str, function: &str, behaviour: Behaviour) -> Self {
        Hostile {
            kind: "service".to_owned(),
            world: "service",
            contract: NEWER.to_owned(),
            ..Hostile::new(name, function, behaviour)
        }
    }

    /// The plugin as a core module with the description of its world.
    pub(crate) fn module(&self) -> Vec<u8> {
        let mut module = self.bare_module();
        let mut resolve = Resolve::default();
        let versioned = [self.versioned(WIT)];
        let texts: Vec<&str> = match self.contract == NEWER {
            true => NEWER_WIT.to_vec(),
            false => versioned.iter().map(String::as_str).collect(),
        };
        let texts = texts.into_iter().chain(self.wit.iter().map(String::as_str));
        let packages = texts.map(|text| resolve.push_str("plugin.wit", text).unwrap());
        let package = packages.last().unwrap();
        let world = match self.wit.is_empty() {
            true => self.world,
            false => "plugin",
        };
        let world = resolve.select_world(&[package], Some(world)).unwrap();
        embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
        module
    }

    /// The plugin as a component.
    pub(crate) fn component(&self) -> Vec<u8> {
        let mut encoder = ComponentEncoder::default().module(&self.module()).unwrap();
        encoder.encode().unwrap()
    }

    /// The plugin as a core module that does not say what world it is for.
    pub(crate) fn bare_module(&self) -> Vec<u8> {
        wat::parse_str(self.versioned(&self.text())).unwrap()
    }

    fn is_service(&self) -> bool {
        self.world == "service"
    }

    fn versioned(&self, text: &str) -> String {
        text.replace("@0.1.0", &format!("@{}", self.contract))
    }

    /// Writes the plugin to `folder`, as `<name>.wasm`.
    pub(crate) fn write(&self, folder: &Path) -> PathBuf {
        let path = folder.join(format!("{}.wasm", self.name));
        std::fs::write(&path, self.module()).unwrap();
        path
    }

    fn text(&self) -> String {
        let mut data = Data {
            bytes: Vec::new(),
            of_service: self.is_service(),
        };
        let texts = [
            &self.function,
            &self.kind,
            "",
            "",
            &self.input_schema,
            &self.output_schema,
            "",
        ]
        .map(|text| data.text(text.as_bytes()));
        let function = data.record(&texts.concat());
        let functions = match self.behaviour {
            Behaviour::ManyFunctions(count) => [function, count],
            _ => [function, 1],
        };
        let name = data.text(self.name.as_bytes());
        let version = data.text(self.version.as_bytes());
        let capabilities = match self.secret {
            Some(secret) => {
                let texts = ["secret", secret, "", ""].map(|text| data.text(text.as_bytes()));
                [data.record(&texts.concat()), 1]
            }
            None => [0, 0],
        };
        let said = [name, version, functions, capabilities, [0, 0]];
        // The newer contract has capabilities before the extensions.
        let fields = if self.contract == NEWER { 5 } else { 4 };
        let description = data.record(&said[..fields].concat());
        let code = self.code(&mut data);
        let in_describe = code.describe;
        let Code {
            items,
            decide,
            answer,
            realloc,
            ..
        } = code;
        let realloc = match realloc.is_empty() {
            true => REALLOC,
            false => &realloc,
        };
        let (entry, attempt) = match self.is_service() {
            true => ("services@0.1.0#serve", "i32 i32 i32 i32 i32 i32 i32"),
            false => ("decisions@0.1.0#decide", ""),
        };
        format!(
            r#"(module
              {items}
              (memory (export "memory") 80)
              (data (i32.const {TEXTS}) "{data}")
              (global $next (mut i32) (i32.const 1048576))
              (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
                {realloc})
              (func $describe (export "casewright:plugin/catalogue@0.1.0#describe") (result i32)
                (local $i i32)
                {in_describe}
                i32.const {description})
              (func $decide (export "casewright:plugin/{entry}")
                (param i32 i32 i32 i32 {attempt}) (result i32) (local $i i32)
                {decide}
                i32.const {answer}))"#,
            data = data.escaped(),
        )
    }

    fn code(&self, data: &mut Data) -> Code {
        let object = |data: &mut Data| data.answer(b"{}");
        match &self.behaviour {
            Behaviour::Answer(bytes) => Code::answering(data.answer(bytes)),
            Behaviour::Fail(code, message, details) => {
                let texts = [code, message, details].map(|text| data.text(text.as_bytes()));
                Code::answering(data.failure(texts))
            }
            Behaviour::Loop => Code::deciding("(loop br 0)"),
            Behaviour::LoopInDescribe => Code::describing("(loop br 0)"),
            Behaviour::LoopInStart => Code::starting("(loop br 0)"),
            Behaviour::MemoryBomb => Code::deciding(MEMORY_BOMB),
            Behaviour::MemoryBombInStart => Code::starting(MEMORY_BOMB),
            Behaviour::MemoryBombInDescribe => Code::describing(MEMORY_BOMB),
            Behaviour::MemoryRefused => Code {
                decide: "(drop (memory.grow (i32.const 60000)))".to_owned(),
                ..Code::answering(object(data))
            },
            Behaviour::TableBomb => Code {
                items: "(table $t 1 funcref)".to_owned(),
                ..Code::deciding(
                    "(loop
                       (if (i32.eq (table.grow $t (ref.null func) (i32.const 10000)) (i32.const -1))
                         (then unreachable))
                       br 0)",
                )
            },
            Behaviour::Trap => Code::deciding("unreachable"),
            Behaviour::DeepTrap => Code::deciding("(drop (call $outer (i32.const 0)))").with(
                r#"(func $inner (param i32) (result i32) (i32.div_u (i32.const 1) (local.get 0)))
                   (func $outer (@name "_ZN5rules5outer17h0123456789abcdefE") (param i32) (result i32)
                     (i32.add (call $inner (local.get 0)) (i32.const 1)))"#,
            ),
            Behaviour::TrapInDescribe => Code::describing("unreachable"),
            Behaviour::Recurse => Code::deciding(GO_DEEP).with(DEEP),
            Behaviour::RecurseInStart => Code::starting(GO_DEEP).with(DEEP),
            Behaviour::RecurseInDescribe => Code::describing(GO_DEEP).with(DEEP),
            Behaviour::LoopInRealloc => Code {
                realloc: "(loop br 0) unreachable".to_owned(),
                ..Code::answering(object(data))
            },
            Behaviour::ReallocOutOfBounds => Code {
                realloc: "i32.const -16".to_owned(),
                ..Code::answering(object(data))
            },
            Behaviour::LoopInPostReturn => Code::answering(object(data)).with(
                r#"(func (export "cabi_post_casewright:plugin/decisions@0.1.0#decide") (param i32)
                     (loop br 0))"#,
            ),
            Behaviour::NoSuchCase => Code::answering(data.outcome(2, &[0, 0])),
            Behaviour::NanBits => Code {
                decide: NAN_BITS.to_owned(),
                ..Code::answering(data.outcome(0, &[0, 82])).with(DIGIT)
            },
            Behaviour::HugeAnswer(bytes) => Code::answering(data.outcome(0, &[0, *bytes])),
            Behaviour::OutOfBounds => Code::answering(data.outcome(0, &[u32::MAX - 15, 100])),
            Behaviour::LogFlood(lines) => Code::logging(*lines, 96, object(data)),
            Behaviour::LogFloodInDescribe(lines) => {
                let logging = Code::logging(*lines, 96, object(data));
                Code {
                    describe: logging.decide,
                    items: logging.items,
                    ..Code::default()
                }
            }
            Behaviour::LogNotText => {
                let [address, length] = data.text(b"\xff\xfe");
                Code::logging_at(1, address, length, object(data))
            }
            Behaviour::HugeLogLine(bytes) => Code::logging(1, *bytes, object(data)),
            Behaviour::Count => Code {
                items: "(global $calls (mut i32) (i32.const 0))".to_owned(),
                decide: "(global.set $calls (i32.add (global.get $calls) (i32.const 1)))
                         (i32.store8 (i32.const 8) (i32.add (i32.load8_u (i32.const 8)) (i32.const 1)))
                         (i32.store8 (i32.const 0)
                           (i32.add (i32.const 48)
                             (i32.add (global.get $calls) (i32.load8_u (i32.const 8)))))"
                    .to_owned(),
                ..Code::answering(data.outcome(0, &[0, 1]))
            },
            Behaviour::Import(module, name) => Code {
                items: format!(r#"(import "{module}" "{name}" (func))"#),
                ..Code::answering(object(data))
            },
            Behaviour::ManyFunctions(_) => Code::answering(object(data)),
            Behaviour::Echo => {
                let answer = data.outcome(0, &[0, 0]);
                Code {
                    decide: data.handing_over(answer, 1),
                    ..Code::answering(answer)
                }
            }
            Behaviour::Spelled => {
                let answer = data.outcome(0, &[0, 0]);
                Code {
                    decide: format!("{SPELL} {}", data.handing_over(answer, 1)),
                    ..Code::answering(answer)
                }
            }
            Behaviour::SpelledFailure => {
                let answer = data.failure([[0, 0]; 3]);
                Code {
                    decide: format!("{SPELL} {}", data.handing_over(answer, 3)),
                    ..Code::answering(answer)
                }
            }
            Behaviour::Custom(items, instructions, bytes) => Code {
                decide: instructions.clone(),
                ..Code::answering(data.outcome(0, &[0, *bytes])).with(items)
            },
        }
    }
}

/// Gives room that nobody had before.
const REALLOC: &str = "global.get $next
    (global.set $next (i32.add (global.get $next) (local.get 3)))
    (global.set $next (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))";

/// Asks for memory until it is refused, and traps as Rust programs do.
const MEMORY_BOMB: &str = "(loop
    (if (i32.eq (memory.grow (i32.const 16)) (i32.const -1)) (then unreachable))
    br 0)";

/// A function that calls itself without end, and cannot be made a loop.
const DEEP: &str = "(func $deep (param i32) (result i32)
    (i32.add (call $deep (local.get 0)) (i32.const 1)))";

/// Calls it.
const GO_DEEP: &str = "(drop (call $deep (i32.const 0)))";

/// NaNs by division, by a square root, from a payload and its sign turned round, of both widths; stored in a row
/// and written out in hexadecimal between quotes at address 0.
const NAN_BITS: &str = "
    (f64.store (i32.const 512) (f64.div (f64.const 0) (f64.const 0)))
    (f64.store (i32.const 520) (f64.sqrt (f64.const -1)))
    (f64.store (i32.const 528) (f64.add (f64.const -nan:0x4000000000123) (f64.const 1)))
    (f64.store (i32.const 536) (f64.promote_f32 (f32.div (f32.const 0) (f32.const 0))))
    (f32.store (i32.const 544) (f32.sub (f32.const inf) (f32.const inf)))
    (f32.store (i32.const 548) (f32.demote_f64 (f64.mul (f64.const inf) (f64.const 0))))
    (i32.store8 (i32.const 0) (i32.const 34))
    (loop
      (i32.store8 (i32.add (i32.mul (local.get $i) (i32.const 2)) (i32.const 1))
        (call $digit (i32.shr_u (i32.load8_u offset=512 (local.get $i)) (i32.const 4))))
      (i32.store8 (i32.add (i32.mul (local.get $i) (i32.const 2)) (i32.const 2))
        (call $digit (i32.and (i32.load8_u offset=512 (local.get $i)) (i32.const 15))))
      (br_if 0 (i32.lt_u
        (local.tee $i (i32.add (local.get $i) (i32.const 1)))
        (i32.const 40))))
    (i32.store8 (i32.const 81) (i32.const 34))";

/// Puts the bytes that the input spells where it stood.
const SPELL: &str = "
    (local.set 3 (i32.div_u (i32.sub (local.get 3) (i32.const 2)) (i32.const 2)))
    (block (loop
      (br_if 1 (i32.ge_u (local.get $i) (local.get 3)))
      (i32.store8 (i32.add (local.get 2) (local.get $i))
        (i32.or
          (i32.shl
            (i32.sub
              (i32.load8_u offset=1
                (i32.add (local.get 2) (i32.mul (local.get $i) (i32.const 2))))
              (i32.const 97))
            (i32.const 4))
          (i32.sub
            (i32.load8_u offset=2
              (i32.add (local.get 2) (i32.mul (local.get $i) (i32.const 2))))
            (i32.const 97))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br 0)))";

/// The digit of a number below 16.
const DIGIT: &str = "(func $digit (param i32) (result i32)
    (i32.add (local.get 0)
      (select (i32.const 48) (i32.const 87) (i32.lt_u (local.get 0) (i32.const 10)))))";

/// The parts of a module that differ.
#[derive(Debug, Default)]
struct Code {
    /// Imports and further items of the module.
    items: String,
    /// Instructions that `describe` runs first.
    describe: String,
    /// Instructions that `decide` runs first.
    decide: String,
    /// Instructions that give room for the input, in place of [`REALLOC`].
    realloc: String,
    /// Where the answer lies in memory.
    answer: u32,
}

impl Code {
    fn answering(answer: u32) -> Self {
        Code {
            answer,
            ..Code::default()
        }
    }

    fn deciding(decide: &str) -> Self {
        Code {
            decide: decide.to_owned(),
            ..Code::default()
        }
    }

    fn describing(describe: &str) -> Self {
        Code {
            describe: describe.to_owned(),
            ..Code::default()
        }
    }

    fn starting(start: &str) -> Self {
        Code::default().with(&format!("(func $start {start}) (start $start)"))
    }

    fn with(mut self, items: &str) -> Self {
        self.items.push_str(items);
        self
    }

    /// Logs `lines` lines of `bytes` zero bytes at a level of four.
    fn logging(lines: u32, bytes: u32, answer: u32) -> Self {
        Code::logging_at(lines, 0, bytes, answer)
    }

    /// Logs `lines` lines of the `bytes` bytes at `address`.
    fn logging_at(lines: u32, address: u32, bytes: u32, answer: u32) -> Self {
        Code {
            items: r#"(import "casewright:plugin/logging@0.1.0" "log"
                        (func $log (param i32 i32 i32 i32)))"#
                .to_owned(),
            decide: format!(
                "(loop
                   (call $log (i32.const 0) (i32.const 4) (i32.const {address}) (i32.const {bytes}))
                   (br_if 0 (i32.lt_u
                     (local.tee $i (i32.add (local.get $i) (i32.const 1)))
                     (i32.const {lines}))))"
            ),
            ..Code::answering(answer)
        }
    }
}

/// The contents of memory from [`TEXTS`] on.
#[derive(Debug)]
struct Data {
    bytes: Vec<u8>,
    /// Whether answers are those of services: aligned for the number of 64 bits that is in their failures.
    of_service: bool,
}

impl Data {
    /// Adds a text; its address and length.
    fn text(&mut self, text: &[u8]) -> [u32; 2] {
        let address = self.address();
        self.bytes.extend(text);
        [address, text.len() as u32]
    }

    /// Adds 32-bit fields, aligned; their address.
    fn record(&mut self, fields: &[u32]) -> u32 {
        while !self.bytes.len().is_multiple_of(8) {
            self.bytes.push(0);
        }
        let address = self.address();
        self.bytes
            .extend(fields.iter().flat_map(|field| field.to_le_bytes()));
        address
    }

    /// Adds an answer that is not a failure.
    fn answer(&mut self, text: &[u8]) -> u32 {
        let text = self.text(text);
        self.outcome(0, &text)
    }

    /// Adds a failure of code, message and details.
    fn failure(&mut self, texts: [[u32; 2]; 3]) -> u32 {
        // Those of services go on: not to be tried again, after no time, no extensions.
        let rest = if self.of_service { 8 } else { 0 };
        self.outcome(1, &[texts.concat(), vec![0; rest]].concat())
    }

    /// Adds one of the cases of what a function returns.
    fn outcome(&mut self, case: u32, fields: &[u32]) -> u32 {
        let mut outcome = vec![case];
        outcome.resize(self.payload() as usize / 4, 0);
        self.record(&[&outcome, fields].concat())
    }

    /// Where the fields of an outcome begin.
    fn payload(&self) -> u32 {
        if self.of_service { 8 } else { 4 }
    }

    /// Instructions that put the input into the first texts of the outcome at `address`.
    fn handing_over(&self, address: u32, texts: u32) -> String {
        let first = address + self.payload();
        let texts = (0..texts).map(|text| {
            let (start, length) = (first + 8 * text, first + 8 * text + 4);
            format!(
                "(i32.store (i32.const {start}) (local.get 2))
                 (i32.store (i32.const {length}) (local.get 3))"
            )
        });
        texts.collect()
    }

    fn address(&self) -> u32 {
        (TEXTS + self.bytes.len()) as u32
    }

    fn escaped(&self) -> String {
        let mut text = String::new();
        for byte in &self.bytes {
            write!(text, "\\{byte:02x}").unwrap();
        }
        text
    }
}
