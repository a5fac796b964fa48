//! Pages in Markdown that are run: their fenced blocks, and what is shown after a command.

use std::path::Path;
use std::process::{Command, Output};

use casewright_tests::{binary, share_plugin_cache};

/// A fenced block.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Block {
    /// What stands after the fence: a language, and marks for the test of the page.
    pub(crate) info: String,
    pub(crate) text: String,
}

impl Block {
    /// The first word after the fence.
    pub(crate) fn language(&self) -> &str {
        self.info.split_whitespace().next().unwrap_or_default()
    }

    /// Whether one of the words after the language is this.
    pub(crate) fn is(&self, mark: &str) -> bool {
        self.info
            .split_whitespace()
            .skip(1)
            .any(|word| word == mark)
    }
}

/// The fenced blocks of a page, in order.
pub(crate) fn blocks(page: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut lines = page.lines().map(str::trim_end);
    while let Some(line) = lines.next() {
        if let Some(info) = line.strip_prefix("```") {
            let text: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            blocks.push(Block {
                info: info.to_owned(),
                text: text.join("\n"),
            });
        }
    }
    blocks
}

/// What a page shows was printed, in this order, where `…` stands for anything. White space does not
/// count: answers are one line.
#[track_caller]
pub(crate) fn assert_shown(shown: &str, printed: &str) {
    let squeeze = |text: &str| text.split_whitespace().collect::<String>();
    let all = squeeze(printed);
    let mut rest = all.as_str();
    for part in squeeze(shown).split('…') {
        match rest.find(part) {
            Some(place) => rest = &rest[place + part.len()..],
            None => panic!("expected `{part}` in what follows:\n{rest}\n\nall of it:\n{printed}"),
        }
    }
}

/// Runs a command of a page in a folder, with the binary on its path.
pub(crate) fn shell(command: &str, folder: &Path) -> Output {
    let path = std::env::var("PATH").unwrap();
    let path = format!("{}:{path}", binary().parent().unwrap().display());
    let mut shell = Command::new("sh");
    shell
        .args(["-eu", "-c", command])
        .current_dir(folder)
        .env("PATH", path);
    share_plugin_cache(&mut shell);
    shell.output().unwrap()
}
