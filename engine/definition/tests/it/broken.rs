//! Every file in `tests/broken` has something wrong with it, and a text beside it that says how
//! people are told.
//!
//! A file that begins with `# as: roles.yaml` stands for that file of the pack; any other is a
//! workflow. `UPDATE_EXPECT=1` writes the texts anew.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use casewright_definition::diagnostic::Code;
use casewright_definition::{Files, Pack, analysis, lower, pack, read, source};
use expect_test::expect_file;

use crate::desk;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/broken")
}

pub(crate) fn broken() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder()).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| {
        path.extension()
            .is_some_and(|extension| extension == "yaml")
    });
    paths.sort();
    paths
}

/// The pack with the broken file in it.
fn files(name: &str, bytes: Vec<u8>) -> Files {
    let mut files = desk::files();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let place = text
        .lines()
        .next()
        .and_then(|line| line.strip_prefix("# as: "));
    match place.and_then(|place| place.strip_prefix("no ")) {
        Some(missing) => {
            files.remove(missing);
        }
        None => {
            // There are two files of this workflow.
            if name.contains("same-id") {
                files.insert("workflows/00-first.yaml".to_owned(), bytes.clone());
            }
            let place = place.map_or_else(|| format!("workflows/{name}"), str::to_owned);
            files.insert(place, bytes);
        }
    }
    files
}

pub(crate) fn report(path: &Path) -> (String, bool) {
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    let files = files(&name, std::fs::read(path).unwrap());
    let checked = Pack::check(&files, str::to_owned, Some(&desk::functions()));
    let reports = checked
        .findings
        .iter()
        .map(|findings| findings.report().to_string());
    (reports.collect(), checked.is_sound())
}

#[test]
fn every_mistake_is_told_well() {
    let paths = broken();
    assert!(paths.len() >= 30, "{} files", paths.len());
    for path in paths {
        let (report, sound) = report(&path);
        assert!(
            !report.is_empty(),
            "nothing is wrong with {}",
            path.display()
        );
        assert!(!sound || report.contains("warning["), "{}", path.display());
        expect_file![path.with_extension("txt")].assert_eq(&report);
    }
}

#[test]
fn every_code_has_an_example() {
    let reports: String = broken().iter().map(|path| report(path).0).collect();
    let told = |code: &&Code| reports.contains(&format!("[{code}]"));
    let codes = lower::CODES.iter().chain(pack::CODES).chain(source::CODES);
    let missing: BTreeSet<&Code> = codes
        .chain([&read::FILE_SHAPE])
        .chain(analysis::CODES)
        .filter(|code| !told(code))
        // Only a bundle that was not checked can have it: `bundle` tests it.
        .filter(|code| code.0 != "workflow-calendar")
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn every_text_has_its_file() {
    for entry in std::fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        assert!(path.with_extension("yaml").exists(), "{}", path.display());
    }
}
