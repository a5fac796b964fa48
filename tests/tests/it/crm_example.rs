//! The example that tells a CRM works as its page says: with the stand-in that lies beside it, and a real server.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use casewright_tests::root;
use casewright_tests::server::{Client, Settings, eventually};

use crate::examples::{Checkout, USUAL_ADDRESS, assert_is, require_curl, succeed, without_times};
use crate::page::{Block, assert_shown, blocks, shell};

/// The folder of the example.
pub(crate) const EXAMPLE: &str = "05-crm";
/// Where the files of the example expect the CRM.
const USUAL_CRM: &str = "127.0.0.1:8090";
/// What the page has everybody export.
const TOKEN: &str = "a-token-for-this-example";

/// The stand-in for a CRM, until it is dropped.
struct Crm {
    process: Child,
    address: String,
}

impl Crm {
    fn start(example: &Path, port: &str) -> Self {
        let mut python = Command::new("python3");
        python.arg(example.join("crm.py")).arg(port);
        python.env("CRM_TOKEN", TOKEN).stdout(Stdio::piped());
        let started = python.spawn();
        let mut process = started.expect("the stand-in for a CRM needs `python3`: install it");
        let mut line = String::new();
        let mut printed = BufReader::new(process.stdout.take().unwrap());
        printed.read_line(&mut line).unwrap();
        let address = line.trim_end().rsplit("http://").next().unwrap().to_owned();
        // What it prints later is for people; it must not block it.
        std::thread::spawn(move || std::io::copy(&mut printed, &mut std::io::sink()));
        Crm { process, address }
    }
}

impl Drop for Crm {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The blocks of the page that are run, with what is shown after each.
fn steps(page: &str) -> Vec<(String, String)> {
    let blocks = blocks(page);
    let shown = |number: usize| -> Option<&Block> {
        let next = blocks.get(number + 1)?;
        ["json", "text"].contains(&next.language()).then_some(next)
    };
    let run = blocks.iter().enumerate();
    run.filter(|(_, block)| block.language() == "sh")
        .map(|(number, block)| {
            let shown = shown(number).map_or_else(String::new, |block| block.text.clone());
            (block.text.clone(), shown)
        })
        .collect()
}

fn has_failed(client: &Client) -> Option<()> {
    let jobs = client.get("/cases/crm-down/jobs").expect(200).json();
    jobs["jobs"][0]["failure"].is_object().then_some(())
}

#[test]
fn the_example_that_tells_a_crm_works_as_it_says() {
    require_curl();
    let checkout = Checkout::new();
    let folder = checkout.path();
    let plugin = "plugins/dist/examples/crm-sync.wasm";
    fs::create_dir_all(folder.join("plugins/dist/examples")).unwrap();
    fs::copy(root().join(plugin), folder.join(plugin)).unwrap();
    let example = folder.join("examples").join(EXAMPLE);
    let crm = Crm::start(&example, "0");
    for file in ["parameters.yaml", "grants.yaml"] {
        let text = fs::read_to_string(example.join(file)).unwrap();
        assert_eq!(text.matches(USUAL_CRM).count(), 1, "{file}");
        fs::write(example.join(file), text.replace(USUAL_CRM, &crm.address)).unwrap();
    }

    let page = fs::read_to_string(example.join("README.md")).unwrap();
    let steps = steps(&page);
    let (before, after) = steps.split_at(2);
    for (command, shown) in before {
        assert_shown(shown, &succeed(shell(command, folder)));
    }
    let settings = Settings::new()
        .after(&format!("export CRM_TOKEN={TOKEN}"))
        .with("--pack", &example)
        .with("--plugins", folder.join("crm-plugins"))
        .with("--grants", example.join("grants.yaml"));
    let mut server = settings.start_on(&folder.join("crm-data"));
    let address = format!("http://{}", server.address());
    let at = |command: &str| {
        let command = command.replace(USUAL_ADDRESS, &address);
        format!("export CASEWRIGHT_URL={address} CASE={EXAMPLE}\n{command}")
    };

    let [(script, _), (open, opened), (ask, asked), (list, listed)] = after else {
        panic!("the page has lost a step: {steps:#?}");
    };
    let printed = succeed(shell(&at(script), folder));
    let expected = root().join("examples").join(EXAMPLE).join("expected.txt");
    assert_is(&without_times(&printed), &expected);

    let port = crm.address.rsplit(':').next().unwrap().to_owned();
    drop(crm);
    assert_shown(opened, &succeed(shell(&at(open), folder)));
    let client = server.actor("zhang.wei", "account-manager");
    eventually("the service finds nobody", || has_failed(&client));
    assert_shown(asked, &succeed(shell(&at(ask), folder)));
    server.kill();
    assert_shown(listed, &succeed(shell(list, folder)));

    // Both are there again: the case hears of it by itself.
    let _crm = Crm::start(&example, &port);
    server.restart();
    let client = server.actor("zhang.wei", "account-manager");
    eventually("the CRM is told", || {
        let view = client.get("/cases/crm-down").expect(200).json();
        (view["states"][0]["id"] == "told").then_some(())
    });
    server.kill_and_verify();
}
