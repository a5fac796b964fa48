//! What a newcomer does first works as it is told: the examples, the greeting, the tour of the README.
//!
//! `SNAPSHOTS=overwrite cargo test -p casewright-tests examples` rewrites the expected outputs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use casewright_tests::server::{Server, Settings};
use casewright_tests::{program, root};
use snapbox::Data;
use tempfile::TempDir;

use crate::page::{assert_shown, blocks, shell};

/// The folders of `examples/`, and the workflow of the shipped pack that each is about.
const EXAMPLES: &[(&str, &str)] = &[
    ("01-complaint", "complaint-handling"),
    ("02-admission", "account-admission"),
    ("03-project", "project-lifecycle"),
    ("04-exit", "exit-management"),
];
/// Where the commands of the README and the examples expect the server.
pub(crate) const USUAL_ADDRESS: &str = "http://127.0.0.1:8080";

#[test]
fn every_example_is_run() {
    let entries = fs::read_dir(root().join("examples")).unwrap();
    let entries = entries.map(|entry| entry.unwrap());
    let folders = entries.filter(|entry| entry.file_type().unwrap().is_dir());
    let mut names: Vec<String> = folders
        .map(|folder| folder.file_name().into_string().unwrap())
        .collect();
    names.sort();
    let mut run: Vec<&str> = EXAMPLES.iter().map(|(name, _)| *name).collect();
    run.push(crate::crm_example::EXAMPLE);
    assert_eq!(
        names, run,
        "the list at the top of this file names every example"
    );
}

#[test]
fn scenarios_of_examples_are_simulated_as_they_say() {
    for (name, workflow) in EXAMPLES {
        let mut simulate = program();
        simulate.current_dir(root()).arg("simulate");
        simulate.arg(format!(
            "schemas/packs/key-account/workflows/{workflow}.yaml"
        ));
        simulate.args(["--events", &format!("examples/{name}/scenario.jsonl")]);
        let printed = succeed(simulate.output().unwrap());
        assert_is(&printed, &example(name).join("simulated.txt"));
    }
}

#[test]
fn a_scenario_of_an_example_holds_as_it_says() {
    let mut test = program();
    test.current_dir(root()).arg("test");
    test.arg("examples/01-complaint/scenario.yaml");
    let printed = succeed(test.output().unwrap());
    assert_is(&printed, &example("01-complaint").join("tested.txt"));
}

#[test]
fn scripts_of_examples_print_what_they_say() {
    require_curl();
    let server = Server::start();
    for (name, _) in EXAMPLES {
        let mut script = Command::new("sh");
        script.arg(example(name).join("run.sh"));
        script.env("CASE", name);
        script.env("CASEWRIGHT_URL", format!("http://{}", server.address()));
        let printed = succeed(script.output().unwrap());
        assert_is(
            &without_times(&printed),
            &example(name).join("expected.txt"),
        );
    }
}

#[test]
fn commands_of_the_greeting_work_as_pasted() {
    require_curl();
    // With what is shipped, and with another pack.
    for (mut server, count) in [(Server::start(), 3), (Settings::small().start(), 2)] {
        let greeting = server.greeting();
        let commands: Vec<&String> = greeting
            .iter()
            .filter(|line| line.starts_with("curl "))
            .collect();
        assert_eq!(commands.len(), count, "{greeting:#?}");
        let folder = tempfile::tempdir().unwrap();
        for command in commands {
            let answer = succeed(shell(command, folder.path()));
            assert!(
                answer.starts_with('{') && !is_problem(&answer),
                "{command}\n{answer}"
            );
        }
    }
}

#[test]
fn the_tour_of_the_readme_works_as_pasted() {
    require_curl();
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let server = Server::start();
    let address = format!("http://{}", server.address());
    let checkout = Checkout::new();
    let blocks = blocks(&readme);
    let mut steps = 0;
    for (number, block) in blocks
        .iter()
        .enumerate()
        .filter(|(_, block)| block.language() == "sh")
    {
        let shown = blocks
            .get(number + 1)
            .filter(|next| ["json", "text"].contains(&next.language()));
        let shown = shown.map_or("", |next| &next.text);
        let command = block.text.replace(USUAL_ADDRESS, &address);
        // What an example takes when it is not told where the server is.
        let command = format!("export CASEWRIGHT_URL={address}\n{command}");
        let output = shell(&command, checkout.path());
        let printed = text(&output.stdout) + &text(&output.stderr);
        let told = format!("{}\n{printed}", block.text);
        assert_eq!(output.status.success(), !shown.contains("error["), "{told}");
        assert_eq!(is_problem(&printed), is_problem(shown), "{told}");
        assert_shown(shown, &printed);
        steps += 1;
    }
    assert!(steps >= 10, "the README has lost its tour");
    // The one command of the tour that does not come back.
    Settings::new()
        .with("--pack", checkout.path().join("company/packs/acme"))
        .start();
}

#[test]
fn the_readme_in_chinese_has_the_same_commands() {
    let [english, chinese] = ["README.md", "README.zh-CN.md"].map(|name| {
        let text = fs::read_to_string(root().join(name)).unwrap();
        blocks(&text)
    });
    assert_eq!(english, chinese);
}

/// A folder that looks like the checkout to the commands of the README, and may be written to.
pub(crate) struct Checkout(TempDir);

impl Checkout {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        copy(&root().join("schemas"), &folder.path().join("schemas"));
        copy(&root().join("examples"), &folder.path().join("examples"));
        Checkout(folder)
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &to),
            false => {
                fs::copy(entry.path(), to).unwrap();
            }
        }
    }
}

fn is_problem(answer: &str) -> bool {
    answer.contains("\"type\":\"/problems/")
}

#[track_caller]
pub(crate) fn require_curl() {
    let version = Command::new("curl").arg("--version").output();
    let found = version.is_ok_and(|output| output.status.success());
    assert!(
        found,
        "the examples and the README speak to the server with `curl`: install it"
    );
}

#[track_caller]
pub(crate) fn succeed(output: Output) -> String {
    assert!(
        output.status.success(),
        "{}{}",
        text(&output.stdout),
        text(&output.stderr)
    );
    text(&output.stdout)
}

#[track_caller]
pub(crate) fn assert_is(printed: &str, expected: &Path) {
    snapbox::assert_data_eq!(printed.to_owned(), Data::read_from(expected, None).raw());
}

fn example(name: &str) -> PathBuf {
    root().join("examples").join(name)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// The times of RFC 3339 in UTC replaced by `<time>`.
pub(crate) fn without_times(text: &str) -> String {
    let without = |word: &str| match is_time(word) {
        true => "<time>".to_owned(),
        false => word.to_owned(),
    };
    let words: Vec<String> = text.split(' ').map(without).collect();
    words.join(" ")
}

fn is_time(word: &str) -> bool {
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    let rest = word.trim_start_matches(|c: char| c.is_ascii_digit() || "-T:.".contains(c));
    digits >= "20260105010000".len() && rest == "Z"
}
