//! The scenarios of the shipped pack hold, and together they take every transition.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use casewright::folder::{check_pack, load_plugins};
use casewright::scenario::{News, Opening, Script, play};
use casewright_tests::root;

/// The folders of scenarios, one for each workflow, with their files.
fn scenarios(pack: &Path) -> BTreeMap<String, Vec<PathBuf>> {
    let folders = entries(&pack.join("scenarios")).into_iter();
    folders
        .map(|folder| {
            let workflow = folder.file_name().unwrap().to_str().unwrap().to_owned();
            let files = entries(&folder);
            let is_script = |path: &PathBuf| path.extension().is_some_and(|end| end == "jsonl");
            (workflow, files.into_iter().filter(is_script).collect())
        })
        .collect()
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

#[test]
fn every_scenario_holds_and_together_they_take_every_transition() {
    let pack = root().join("schemas/packs/key-account");
    let plugins = load_plugins(None).unwrap();
    let checked = check_pack(Some(&pack), &plugins).unwrap();
    assert!(checked.is_sound(), "`casewright check` says why");
    let scenarios = scenarios(&pack);
    let tested: Vec<&String> = scenarios.keys().collect();
    let workflows: Vec<&String> = checked.workflows.keys().collect();
    assert_eq!(tested, workflows, "a folder of scenarios for each workflow");

    let mut wrong = Vec::new();
    for (workflow, files) in &scenarios {
        let definition = &checked.workflows[workflow];
        let mut taken = BTreeSet::new();
        for file in files {
            let name = file
                .strip_prefix(root())
                .unwrap_or(file)
                .display()
                .to_string();
            let script = Script::read(&name, &fs::read(file).unwrap());
            let script = script.unwrap_or_else(|fault| panic!("{fault}"));
            assert!(
                script.start.is_some(),
                "{name}: no `start` says who opens the case"
            );
            let mut tell = |news: News<'_>| {
                if let News::Failed(failed) = news {
                    wrong.push(format!("{name}:{}: {}", failed.line, failed.message));
                }
            };
            let report = play(definition, &plugins, &script, Opening::default(), &mut tell);
            let report = report.unwrap_or_else(|fault| panic!("{fault}"));
            assert!(report.expectations > 0, "{name}: nothing is expected");
            taken.extend(report.taken);
        }
        let chart = &definition.chart;
        for (index, transition) in chart
            .transitions()
            .filter(|(index, _)| !taken.contains(index))
        {
            let id = |state| chart.state(state).id.to_string();
            let targets: Vec<String> = transition.targets.iter().map(|state| id(*state)).collect();
            let events = transition.descriptors.iter();
            let events: Vec<&str> = events.map(|descriptor| descriptor.prefix()).collect();
            wrong.push(format!(
                "{workflow}: no scenario takes transition {}: {} --[{}]--> {}",
                index.get(),
                id(transition.source),
                events.join(", "),
                targets.join(", ")
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} findings:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
