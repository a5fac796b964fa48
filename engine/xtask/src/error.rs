//! Why a task did not succeed.

use std::io;
use std::path::{Path, PathBuf};

/// Why a task did not succeed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TaskError {
    /// What is checked is not as it should be.
    #[error(
        "the built plugins do not match their sources:\n{}\n\n\
         hint: run `cargo xtask plugins build` and commit `plugins/dist`",
        .differences.join("\n")
    )]
    Stale {
        /// One line for each difference.
        differences: Vec<String>,
    },
    /// Generated files are not what the code makes now.
    #[error(
        "the generated files do not match the code:\n{}\n\n\
         hint: run `cargo xtask generate` and commit `schemas`",
        .differences.join("\n")
    )]
    NotCurrent {
        /// One line for each difference.
        differences: Vec<String>,
    },
    /// No compiler for guests was found.
    #[error(
        "no Rust toolchain here can build for `wasm32-unknown-unknown`\n\n\
         hint: run `rustup target add wasm32-unknown-unknown`; with Debian's own toolchain, \
         `apt-get install rustc-web cargo-web rust-web-src lld`"
    )]
    NoToolchain,
    /// A program failed or could not be started.
    #[error("`{program}` failed: {reason}")]
    Program {
        /// The program with its first arguments.
        program: String,
        /// Its exit status, or why it did not start.
        reason: String,
    },
    /// A file could not be read or written.
    #[error("`{}`: {source}", .path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// A file or a program's output is not what was expected.
    #[error("{place}: {reason}")]
    Unexpected {
        /// Where.
        place: String,
        /// What was expected and what was found.
        reason: String,
    },
}

impl TaskError {
    /// 1 for a "no", 2 for "could not run".
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            TaskError::Stale { .. } | TaskError::NotCurrent { .. } => 1,
            _ => 2,
        }
    }

    /// For `map_err` on an operation on `path`.
    pub(crate) fn file(path: &Path) -> impl FnOnce(io::Error) -> TaskError + '_ {
        move |source| TaskError::File {
            path: path.to_owned(),
            source,
        }
    }

    pub(crate) fn unexpected(place: impl ToString, reason: impl ToString) -> TaskError {
        TaskError::Unexpected {
            place: place.to_string(),
            reason: reason.to_string(),
        }
    }
}
