//! What language runtimes link besides is there for services, and leads nowhere: no arguments, no environment, no files, no
//! input; what is printed is not printed by the server.
#![allow(
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed, and one looks for what is printed"
)]

#[path = "support/hostile.rs"]
mod hostile;

use std::env;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::Arc;

use casewright_host::{Attempt, CallError, Granted, Host, HostConfig, MemorySpace, Reason, Served};
use hostile::{Behaviour, Hostile};
use serde_json::json;

/// As much of WASI as is asked about here, in the words of WASI.
const WIT: [&str; 3] = [
    "package wasi:cli@0.2.12;
     interface environment {
       get-environment: func() -> list<tuple<string, string>>;
       get-arguments: func() -> list<string>;
       initial-cwd: func() -> option<string>;
     }
     interface exit { exit: func(status: result); }
     interface stdin {
       use wasi:io/streams@0.2.12.{input-stream};
       get-stdin: func() -> input-stream;
     }
     interface stdout {
       use wasi:io/streams@0.2.12.{output-stream};
       get-stdout: func() -> output-stream;
     }
     interface stderr {
       use wasi:io/streams@0.2.12.{output-stream};
       get-stderr: func() -> output-stream;
     }",
    "package wasi:filesystem@0.2.12;
     interface types {
       enum error-code {
         access, would-block, already, bad-descriptor, busy, deadlock, quota, exist, file-too-large,
         illegal-byte-sequence, in-progress, interrupted, invalid, io, is-directory, loop, too-many-links,
         message-size, name-too-long, no-device, no-entry, no-lock, insufficient-memory, insufficient-space,
         not-directory, not-empty, not-recoverable, unsupported, no-tty, no-such-device, overflow, not-permitted,
         pipe, read-only, invalid-seek, text-file-busy, cross-device,
       }
       flags path-flags { symlink-follow }
       flags open-flags { create, directory, exclusive, truncate }
       flags descriptor-flags {
         read, write, file-integrity-sync, data-integrity-sync, requested-write-sync, mutate-directory,
       }
       resource descriptor {
         open-at: func(path-flags: path-flags, path: string, open-flags: open-flags, %flags: descriptor-flags)
           -> result<descriptor, error-code>;
       }
     }
     interface preopens {
       use types.{descriptor};
       get-directories: func() -> list<tuple<descriptor, string>>;
     }",
    "package test:looking-around;
     world plugin {
       import wasi:cli/environment@0.2.12;
       import wasi:cli/exit@0.2.12;
       import wasi:cli/stdin@0.2.12;
       import wasi:cli/stdout@0.2.12;
       import wasi:cli/stderr@0.2.12;
       import wasi:filesystem/types@0.2.12;
       import wasi:filesystem/preopens@0.2.12;
       include casewright:plugin/service@0.2.0;
     }",
];

const IMPORTS: &str = r#"
    (import "wasi:cli/environment@0.2.12" "get-environment" (func $get-environment (param i32)))
    (import "wasi:cli/environment@0.2.12" "get-arguments" (func $get-arguments (param i32)))
    (import "wasi:cli/environment@0.2.12" "initial-cwd" (func $initial-cwd (param i32)))
    (import "wasi:cli/exit@0.2.12" "exit" (func $exit (param i32)))
    (import "wasi:cli/stdin@0.2.12" "get-stdin" (func $get-stdin (result i32)))
    (import "wasi:cli/stdout@0.2.12" "get-stdout" (func $get-stdout (result i32)))
    (import "wasi:cli/stderr@0.2.12" "get-stderr" (func $get-stderr (result i32)))
    (import "wasi:filesystem/preopens@0.2.12" "get-directories" (func $get-directories (param i32)))
    (import "wasi:filesystem/types@0.2.12" "[method]descriptor.open-at"
      (func $open-at (param i32 i32 i32 i32 i32 i32 i32)))
    (import "wasi:io/streams@0.2.12" "[method]input-stream.blocking-read"
      (func $read (param i32 i64 i32)))
    (import "wasi:io/streams@0.2.12" "[method]output-stream.blocking-write-and-flush"
      (func $write (param i32 i32 i32 i32)))
    (data (i32.const 256) "/etc/passwd")
    (data (i32.const 288) "printed by a plugin\n")"#;

/// Where imports put what they return.
const RETURNED: &str = "(i32.const 512)";
/// `/etc/passwd` and `printed by a plugin` in memory.
const PATH: &str = "(i32.const 256) (i32.const 11)";
const LINE: &str = "(i32.const 288) (i32.const 20)";

/// A service that runs instructions and answers with the first `bytes` of its memory.
fn running(instructions: String, bytes: u32) -> Result<Served, CallError> {
    let custom = Behaviour::Custom(IMPORTS.to_owned(), instructions, bytes);
    let mut plugin = Hostile::service("curious", "look", custom);
    plugin.output_schema = "{}".to_owned();
    plugin.wit = WIT.map(str::to_owned).into();
    let host = Host::new(HostConfig::default()).unwrap();
    let plugin = host.load("curious.wasm", &plugin.component()).unwrap();
    let space = Arc::new(MemorySpace::default());
    let plugin = plugin.granted(&Granted::default(), space).unwrap();
    let attempt = Attempt {
        key: "key".to_owned(),
        number: 1,
        case: "case".to_owned(),
    };
    plugin.serve("look", &json!({}), &attempt)
}

/// A service that does each thing in turn and then tells a number below ten; the answer is the list of them.
fn telling(looks: &[(&str, &str)]) -> Result<Served, CallError> {
    let byte = |at: usize, value: &str| format!("(i32.store8 (i32.const {at}) {value})");
    let mut instructions = byte(0, "(i32.const 91)");
    for (at, (look, number)) in looks.iter().enumerate() {
        let (digit, after) = (2 * at + 1, 2 * at + 2);
        let separator = if at + 1 == looks.len() { 93 } else { 44 };
        instructions += look;
        instructions += &byte(digit, &format!("(i32.add (i32.const 48) {number})"));
        instructions += &byte(after, &format!("(i32.const {separator})"));
    }
    running(instructions, 2 * looks.len() as u32 + 1)
}

/// The number that came back so many bytes behind [`RETURNED`].
fn returned(offset: u32) -> String {
    format!("(i32.load8_u offset={offset} {RETURNED})")
}

#[test]
fn nothing_of_the_server_is_seen() {
    let get = |import: &str| format!("(call ${import} {RETURNED})");
    let (case, length) = (returned(0), returned(4));
    let served = telling(&[
        (&get("get-environment"), &length),
        (&get("get-arguments"), &length),
        (&get("initial-cwd"), &case),
        (&get("get-directories"), &length),
    ])
    .unwrap();
    assert_eq!(served.value, json!([0, 0, 0, 0]));
}

/// Files are opened from a directory that was given, and none was: not even by guessing its number.
#[test]
fn no_file_is_opened() {
    for directory in 0..4 {
        let open = format!(
            "(call $open-at (i32.const {directory}) (i32.const 1) {PATH} (i32.const 0) (i32.const 1) {RETURNED})"
        );
        let error = telling(&[(&open, &returned(0))]).unwrap_err();
        let Reason::Trap { message, .. } = &*error.reason else {
            panic!("{error}");
        };
        assert!(
            message.contains("unknown handle index"),
            "{directory}: {message}"
        );
    }
}

/// That the service ends says nothing about the server.
#[test]
fn an_exit_ends_the_call_alone() {
    for status in [0, 1] {
        let exit = format!("(call $exit (i32.const {status}))");
        let error = running(exit, 2).unwrap_err();
        assert_eq!(error.code(), "trap", "{error}");
    }
    assert_eq!(telling(&[("", "(i32.const 7)")]).unwrap().value, json!([7]));
}

/// Prints to both streams, and reads: what is read is at its end from the beginning.
fn print_and_read() {
    let print = |stream: &str| format!("(call $write (call $get-{stream}) {LINE} {RETURNED})");
    let read = format!("(call $read (call $get-stdin) (i64.const 8) {RETURNED})");
    let (case, which) = (returned(0), returned(4));
    let served = telling(&[
        (&print("stdout"), &case),
        (&print("stderr"), &case),
        (&read, &case),
        ("", &which),
    ])
    .unwrap();
    // Printed, printed, an error, namely the second: `closed`.
    assert_eq!(served.value, json!([0, 0, 1, 1]));
    assert_eq!(served.logs, []);
    println!("the service has answered");
}

/// In a process of its own, whose streams can be looked at.
#[test]
fn what_is_printed_goes_nowhere_and_nothing_is_read() {
    const INSIDE: &str = "CASEWRIGHT_TEST_PRINTS";
    if env::var_os(INSIDE).is_some() {
        return print_and_read();
    }
    let mut process = Command::new(env::current_exe().unwrap())
        .args([
            "--exact",
            "what_is_printed_goes_nowhere_and_nothing_is_read",
        ])
        .arg("--nocapture")
        .env(INSIDE, "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = process.stdin.take().unwrap();
    input.write_all(b"for the server\n").unwrap();
    let output = process.wait_with_output().unwrap();
    let [printed, complained] =
        [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    assert!(output.status.success(), "{printed}{complained}");
    assert!(printed.contains("the service has answered"), "{printed}");
    for stream in [printed, complained] {
        assert!(!stream.contains("printed by a plugin"), "{stream}");
    }
}
