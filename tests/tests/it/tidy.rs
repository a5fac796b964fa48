//! House rules that a compiler cannot hold.

use std::fs;
use std::path::{Path, PathBuf};

use casewright_tests::root;

/// The longest file. Nobody finds a thing in one that is longer; most have 100 to 250 lines.
const MAX_LINES: usize = 650;
/// This file, which names what it forbids.
const SELF: &str = "tests/tests/it/tidy.rs";

/// What no file may hold, and what to do instead.
const FORBIDDEN: &[(&str, &str)] = &[
    ("todo!(", "finish it, or leave it away"),
    ("unimplemented!(", "finish it, or leave it away"),
    ("dbg!(", "use `tracing`"),
    ("#[ignore", "a test runs, or is not there"),
    ("thread::sleep", "wait for the thing itself"),
    ("time::sleep", "wait for the thing itself"),
];

/// Every Rust file that is part of the project, with `/`, relative to the checkout.
fn files() -> Vec<String> {
    let mut files = Vec::new();
    for folder in ["engine", "plugins", "examples", "tests"] {
        collect(&root().join(folder), &mut files);
    }
    let mut files: Vec<String> = files
        .iter()
        .map(|path| {
            let inside = path.strip_prefix(root()).unwrap();
            inside.to_str().unwrap().replace('\\', "/")
        })
        .collect();
    files.sort();
    files
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            // Built, or brought in by a package manager.
            if name != "target" && name != "node_modules" && !name.starts_with('.') {
                collect(&path, files);
            }
        } else if name.ends_with(".rs") {
            files.push(path);
        }
    }
}

fn breaches(name: &str, text: &str) -> Vec<String> {
    let mut breaches = Vec::new();
    if !text.trim_start().starts_with("//!") {
        breaches.push(format!("{name}: no `//!` header says what it is for"));
    }
    let lines = text.lines().count();
    if lines > MAX_LINES {
        breaches.push(format!("{name}: {lines} lines, more than {MAX_LINES}"));
    }
    for (number, line) in text.lines().enumerate() {
        let place = format!("{name}:{}", number + 1);
        for (word, instead) in FORBIDDEN {
            if line.contains(word) {
                breaches.push(format!("{place}: `{word}`: {instead}"));
            }
        }
    }
    breaches
}

#[test]
fn every_file_keeps_the_house_rules() {
    let files = files();
    assert!(files.len() > 100, "only {} files were found", files.len());
    let mut found = Vec::new();
    for name in files.iter().filter(|name| *name != SELF) {
        let text = fs::read_to_string(root().join(name)).unwrap();
        found.extend(breaches(name, &text));
    }
    assert!(
        found.is_empty(),
        "{} breaches:\n{}",
        found.len(),
        found.join("\n")
    );
}

#[test]
fn a_breach_is_told_with_its_line() {
    let text = "//! A header.\n\nfn wait() {\n    std::thread::sleep(LONG);\n    todo!()\n}\n";
    assert_eq!(
        breaches("a.rs", text),
        [
            "a.rs:4: `thread::sleep`: wait for the thing itself",
            "a.rs:5: `todo!(`: finish it, or leave it away",
        ]
    );
    assert_eq!(
        breaches("b.rs", "fn main() {}\n"),
        ["b.rs: no `//!` header says what it is for"]
    );
}
