//! The tutorials on plugins, step by step: from the template to a case that has used the plugin.
//!
//! Their tools - a compiler for WebAssembly, Node.js, Python, and what those bring in - are not on every machine. So a
//! tutorial goes to its end only where `CASEWRIGHT_TUTORIALS` names it (`rust,javascript,python`), as `.ci/run` does.
//! Elsewhere it goes as far as it needs no tool: the project is made, and what the page shows of it stands in it.
//! Plugins of `plugins/` in these languages, and the projects of services, are built and tested in the same way, where theirs
//! is named.

mod services;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use casewright_tests::root;
use casewright_tests::server::{Server, Settings};
use tempfile::TempDir;

use crate::page::{Block, assert_shown, blocks, shell};

/// Where the pages expect the server.
const USUAL_ADDRESS: &str = "http://127.0.0.1:8080";

/// Somebody who follows a page.
struct Reader {
    /// Kept as long as the project in it.
    _scratch: TempDir,
    /// Where the commands run: `cd` goes elsewhere.
    folder: PathBuf,
    server: Option<Server>,
    steps: usize,
}

impl Reader {
    #[allow(
        clippy::print_stdout,
        reason = "`.ci/run` counts the tutorials that were followed"
    )]
    fn goes_through(page: &str, is_asked: bool) -> Reader {
        let scratch = tempfile::tempdir().unwrap();
        let mut reader = Reader {
            folder: scratch.path().canonicalize().unwrap(),
            _scratch: scratch,
            server: None,
            steps: 0,
        };
        let path = root().join("plugins/tutorials").join(format!("{page}.md"));
        let blocks = blocks(&fs::read_to_string(path).unwrap());
        for (number, block) in blocks.iter().enumerate() {
            let shown = blocks.get(number + 1).filter(|next| is_output(next));
            let shown = shown.map_or("", |next| &next.text);
            match block.language() {
                // The first one makes the project, which needs no tool.
                "shell" if is_asked || reader.steps == 0 => reader.does(block, shown),
                "shell" => {}
                _ if is_output(block) => {}
                _ => reader.sees(block),
            }
        }
        if is_asked {
            assert!(reader.steps >= 9, "the page has lost its steps");
            assert!(reader.server.is_some(), "the page starts no server");
            println!("tutorial {page}: {} steps", reader.steps);
        }
        reader
    }

    /// Puts a plugin that goes wrong in every way into the project, and asks it what its cases ask.
    #[track_caller]
    fn tries_faults(&self, language: &str, sources: &str) {
        let guest = root().join("tests/tests/guests").join(language);
        let command = format!(
            "rm -r dist cases\ncp -r '{0}/cases' .\ncp '{0}'/*.* {sources}\ncasewright plugin build\ncasewright plugin test",
            guest.display()
        );
        succeeds(
            &command,
            &self.folder,
            "cases of `faults` 0.1.0, all as expected",
        );
    }

    #[track_caller]
    fn does(&mut self, block: &Block, shown: &str) {
        self.steps += 1;
        if block.is("server") {
            return self.serves(&block.text);
        }
        let command = match &self.server {
            Some(server) => {
                let address = format!("http://{}", server.address());
                block.text.replace(USUAL_ADDRESS, &address)
            }
            None => block.text.clone(),
        };
        let left = self.folder.join(".left");
        // What the shipped plugins were built from needs no building again.
        let target = root().join("plugins/target");
        let command = format!(
            "export CARGO_TARGET_DIR='{}'\n{command}\npwd > '{}'",
            target.display(),
            left.display()
        );
        let output = shell(&command, &self.folder);
        let printed = printed(&output);
        let told = format!("{}\n{printed}", block.text);
        let fails = shown.contains("FAIL");
        assert_eq!(output.status.success(), !fails, "{told}");
        assert_shown(shown, &printed);
        if !fails {
            self.folder = fs::read_to_string(&left).unwrap().trim_end().into();
            fs::remove_file(&left).unwrap();
        }
    }

    /// The command that does not come back.
    #[track_caller]
    fn serves(&mut self, command: &str) {
        let words: Vec<&str> = command.split_whitespace().collect();
        let ["casewright", "serve", "--plugins", plugins, "--pack", pack] = *words else {
            panic!("another command than is known here: {command}");
        };
        let mut settings = Settings::new();
        settings = settings.with("--plugins", self.folder.join(plugins));
        settings = settings.with("--pack", self.folder.join(pack));
        self.server = Some(settings.start());
    }

    /// What the page shows of a file of the project.
    #[track_caller]
    fn sees(&self, block: &Block) {
        let (_, file) = block
            .info
            .split_once(' ')
            .expect("a file is named beside the language");
        let text = fs::read_to_string(self.folder.join(file)).unwrap();
        assert!(
            text.contains(&block.text),
            "not in `{file}`:\n{}",
            block.text
        );
    }
}

/// What a command printed: first to stdout, then to stderr.
fn printed(output: &Output) -> String {
    let parts = [&output.stdout, &output.stderr];
    let parts = parts.map(|text| String::from_utf8(text.clone()).unwrap());
    parts.concat()
}

/// Runs commands that have to succeed, and to print what is shown.
#[track_caller]
fn succeeds(command: &str, folder: &Path, shown: &str) {
    let output = shell(command, folder);
    let printed = printed(&output);
    assert!(output.status.success(), "{printed}");
    assert_shown(shown, &printed);
}

/// Lays a plugin of `plugins/` over a fresh project of its language, brings in its tools, and runs its unit tests, its
/// build and its cases. `passed` is what the unit tests print in the end.
#[track_caller]
fn builds_and_passes(name: &str, language: &str, commands: &str, passed: &str) {
    let scratch = tempfile::tempdir().unwrap();
    let plugin = root().join("plugins").join(name);
    let cases = fs::read_dir(plugin.join("cases")).unwrap().count();
    assert!(cases >= 6, "only {cases} cases in {plugin:?}");
    let command = format!(
        "exec 2>&1\ncasewright plugin new --lang {language} {name}\ncd {name}\nrm -rf cases pack src test\n\
         cp -r '{}'/. .\n{commands}\ncasewright plugin build\ncasewright plugin test",
        plugin.display()
    );
    let shown = format!(
        "{passed} … dist/{name}.wasm: `{name}` 0.1.0, 1 function, … {cases} cases of `{name}` 0.1.0, all as expected"
    );
    succeeds(&command, scratch.path(), &shown);
}

/// What a command printed; a part of a file has the file's name beside its language.
fn is_output(block: &Block) -> bool {
    ["text", "json"].contains(&&*block.info)
}

fn is_asked(page: &str) -> bool {
    let asked = std::env::var("CASEWRIGHT_TUTORIALS").unwrap_or_default();
    asked.split(',').any(|asked| asked == page)
}

#[test]
fn rust() {
    Reader::goes_through("rust", is_asked("rust"));
}

#[test]
fn javascript() {
    let is_asked = is_asked("javascript");
    let reader = Reader::goes_through("javascript", is_asked);
    if is_asked {
        reader.tries_faults("javascript", "src");
    }
}

#[test]
fn python() {
    let is_asked = is_asked("python");
    let reader = Reader::goes_through("python", is_asked);
    if is_asked {
        reader.tries_faults("python", ".");
    }
}

#[test]
fn health_score() {
    if is_asked("javascript") {
        let commands = "npm ci\nnpm test";
        builds_and_passes("health-score", "js", commands, "# pass … # fail 0");
    }
}

#[test]
fn delay_percentage() {
    if is_asked("python") {
        let commands = "python3 -m venv .venv\n.venv/bin/pip install --quiet -r requirements.txt\npython3 -m unittest";
        builds_and_passes("delay-percentage", "python", commands, "Ran … OK");
    }
}

#[test]
fn every_tutorial_is_run() {
    let entries = fs::read_dir(root().join("plugins/tutorials")).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["javascript.md", "python.md", "rust.md"]);
}
