//! Where a guest was when it trapped, by the names that it carries.
//!
//! Only the section with the names of functions is read. Files and lines would stand in the debugging
//! information, but that is the plugin's, can be tens of megabytes made to be slow to read, and would be
//! read by the host, where no fuel counts it. `casewright_plugin` says file and line of a panic in the log.

use std::fmt;
use std::num::NonZeroUsize;

use wasmtime::WasmBacktrace;

/// Frames that are kept: the innermost tell where it happened.
const MAX_FRAMES: NonZeroUsize = NonZeroUsize::MIN.saturating_add(11);

/// How much of a name is kept, in characters.
const MAX_NAME_CHARS: usize = 120;

/// One function that was running.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// The function's name, demangled if it is one of Rust's, cut if it is long and with control
    /// characters escaped; `None` when the plugin carries no names.
    pub function: Option<String>,
    /// The function's number in its module.
    pub index: u32,
    /// Where in the module's file it was, in bytes.
    pub offset: Option<u64>,
}

impl fmt::Display for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.function {
            Some(name) => write!(f, "`{name}`"),
            None => write!(f, "function {}", self.index),
        }
    }
}

/// How many frames the engine is to note.
pub(crate) fn max_frames() -> NonZeroUsize {
    MAX_FRAMES
}

/// The frames that `error` brought along, the innermost first.
pub(crate) fn frames(error: &wasmtime::Error) -> Vec<Frame> {
    let Some(backtrace) = error.downcast_ref::<WasmBacktrace>() else {
        return Vec::new();
    };
    let frames = backtrace.frames().iter().take(MAX_FRAMES.get());
    frames
        .map(|frame| Frame {
            function: frame.func_name().map(shown),
            index: frame.func_index(),
            offset: frame.module_offset().map(|offset| offset as u64),
        })
        .collect()
}

/// A name to be shown. It is the plugin's, so it may be anything.
fn shown(name: &str) -> String {
    // Demangling can make a short name very long, so that it is cut while it is written.
    let mut cut = Cut(String::new(), MAX_NAME_CHARS);
    let written = match rustc_demangle::try_demangle(name) {
        // `{:#}` leaves out the hash at the end.
        Ok(demangled) => fmt::write(&mut cut, format_args!("{demangled:#}")),
        Err(_) => fmt::Write::write_str(&mut cut, name),
    };
    match written {
        Ok(()) => cut.0,
        Err(fmt::Error) => cut.0 + "…",
    }
}

/// Takes a number of characters, escaped, and then refuses more.
struct Cut(String, usize);

impl fmt::Write for Cut {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for character in text.chars() {
            self.1 = self.1.checked_sub(1).ok_or(fmt::Error)?;
            match character {
                '\'' | '"' => self.0.push(character),
                '`' => self.0.extend(character.escape_unicode()),
                _ => self.0.extend(character.escape_debug()),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_source() {
        let name = "_ZN15account_scoring5score13score_account17h0123456789abcdefE";
        assert_eq!(shown(name), "account_scoring::score::score_account");
        assert_eq!(shown("judge"), "judge");
    }

    #[test]
    fn names_are_cut_and_escaped() {
        assert_eq!(shown("a\u{1b}[2J\nb"), r"a\u{1b}[2J\nb");
        let long = shown(&"长".repeat(MAX_NAME_CHARS + 1));
        assert_eq!(long, "长".repeat(MAX_NAME_CHARS) + "…");
    }
}
