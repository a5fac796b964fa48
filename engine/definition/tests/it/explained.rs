//! The pages about findings.

use std::collections::BTreeSet;
use std::path::Path;

use casewright_definition::diagnostic::{Code, Diagnostic, Finding, Report};
use casewright_definition::explain::{PAGES, SCENARIO_CODES, groups, page, severity, summary};
use casewright_definition::import::Imported;
use casewright_definition::source::Source;
use casewright_definition::{Pack, analysis, definition, import, lower, pack, read, source};

use crate::desk;

fn codes() -> BTreeSet<&'static str> {
    let lists = [
        lower::CODES,
        pack::CODES,
        source::CODES,
        analysis::CODES,
        import::CODES,
        import::XSTATE_CODES,
        SCENARIO_CODES,
    ];
    let single: [Code; 2] = [read::FILE_SHAPE, definition::BUNDLE_UNKNOWN];
    let codes = lists.into_iter().flatten().copied().chain(single);
    codes.map(|code| code.0).collect()
}

#[test]
fn each_code_has_a_page_and_each_page_a_code() {
    let pages: BTreeSet<&str> = PAGES.iter().map(|(code, _)| *code).collect();
    assert_eq!(pages, codes());
    assert_eq!(pages.len(), PAGES.len(), "a page is listed twice");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/explain");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| {
        let name = entry.unwrap().file_name().into_string().unwrap();
        name.strip_suffix(".md").unwrap().to_owned()
    });
    let files: BTreeSet<String> = files.collect();
    assert_eq!(files, pages.iter().map(|code| (*code).to_owned()).collect());
}

#[test]
fn each_page_has_the_same_parts() {
    for (code, text) in PAGES {
        assert!(text.starts_with(&format!("# {code}\n\n")), "{code}");
        assert!(text.contains("\nWrong:\n\n```"), "{code}");
        let mend = text.rsplit("```\n").next().unwrap();
        assert!(mend.trim().ends_with('.'), "{code}: {mend}");
        assert!(text.lines().count() <= 60, "{code}");
        assert_eq!(page(code), Some(*text));
    }
    assert_eq!(page("nothing"), None);
}

/// An example: the language that it is written in, and its text.
type Example<'a> = (&'a str, &'a str);

/// The example below a heading of a page.
fn example<'a>(page: &'a str, heading: &str) -> Option<Example<'a>> {
    let below = page.split_once(&format!("\n{heading}:\n\n```"))?.1;
    below.split_once("```\n")?.0.split_once('\n')
}

/// Those that a few lines cannot show: of bytes, of many files, of a store.
const UNSHOWN: [&str; 6] = [
    "bundle-unknown",
    "import-refused",
    "pack-file",
    "workflow-calendar",
    "yaml-encoding",
    "yaml-limit",
];

/// What a workflow consists of where an example leaves it away.
const REST: [(&str, &str); 7] = [
    ("id", "order"),
    ("version", "1.0.0"),
    ("title", "Order"),
    ("start", "{ roles: [clerk] }"),
    ("data", "{}"),
    ("events", "{ close: { title: Close, roles: [clerk] } }"),
    (
        "states",
        "{ open: { no-deadline: as long as it takes, on: { close: closed } }, closed: { type: final } }",
    ),
];

/// A whole workflow of the keys that an example shows, unless it shows none at all.
fn whole(example: &str) -> String {
    let shows = |key: &str| {
        let line = format!("{key}:");
        example.lines().any(|text| text.starts_with(&line))
    };
    let mut text = example.to_owned();
    if REST.iter().any(|(key, _)| shows(key)) {
        for (key, value) in REST.iter().filter(|(key, _)| !shows(key)) {
            text.push_str(&format!("{key}: {value}\n"));
        }
    }
    text
}

/// The pack with the example in it: as the file that its first line names, or else as a workflow.
fn findings_of_yaml(text: &str) -> Vec<Finding> {
    let mut files = desk::files();
    let place = text.strip_prefix("# ").and_then(|line| {
        let end = line.find([',', '\n'])?;
        line[..end].ends_with(".yaml").then(|| &line[..end])
    });
    match place {
        Some(place) if place.starts_with("workflows/") => {
            files.insert(
                "workflows/a.yaml".to_owned(),
                whole("id: order\n").into_bytes(),
            );
            files.insert(place.to_owned(), whole(text).into_bytes());
        }
        Some(place) => {
            // The company's values are of the parameters of the desk, and nobody asks for them here.
            let manifest = "id: desk\nversion: 1.0.0\ntitle: Desk\n";
            files.insert("pack.yaml".to_owned(), manifest.as_bytes().to_vec());
            files.insert(place.to_owned(), text.as_bytes().to_vec());
        }
        None => drop(files.insert("workflows/a.yaml".to_owned(), whole(text).into_bytes())),
    }
    let checked = Pack::check(&files, str::to_owned, Some(&desk::functions()));
    let findings = checked.findings.iter();
    findings
        .flat_map(|file| file.report().findings().collect::<Vec<_>>())
        .collect()
}

fn findings_of_import(
    name: &str,
    text: &str,
    import: impl Fn(&Source) -> Result<Imported, Vec<Diagnostic>>,
) -> Vec<Finding> {
    let source = Source::new(name, text);
    let findings = match import(&source) {
        Ok(imported) => imported.findings,
        Err(errors) => errors,
    };
    Report::new(&source, &findings).findings().collect()
}

fn findings((language, text): Example<'_>) -> Vec<Finding> {
    match language {
        "yaml" => findings_of_yaml(text),
        "xml" => findings_of_import("chart.scxml", text, import::scxml),
        "json" => findings_of_import("machine.json", text, import::xstate),
        other => panic!("an example in `{other}` cannot be checked"),
    }
}

/// What is not as it should be about the examples below a heading: a line each.
fn objections(heading: &str, should: impl Fn(&str, &[Finding]) -> bool) -> Vec<String> {
    let mut objections = Vec::new();
    // Scenarios are read where cases are run.
    let of_scenarios = |code: &str| SCENARIO_CODES.iter().any(|of| of.0 == code);
    let shown = |code: &str| !UNSHOWN.contains(&code) && !of_scenarios(code);
    for (code, page) in PAGES.iter().filter(|(code, _)| shown(code)) {
        let found = findings(example(page, heading).unwrap());
        if !should(code, &found) {
            let found: Vec<String> = found
                .iter()
                .map(|finding| format!("{}: {}", finding.code, finding.message))
                .collect();
            objections.push(format!("{code}: {}", found.join("; ")));
        }
    }
    objections
}

#[test]
fn each_wrong_example_has_its_finding_and_no_other() {
    let objections = objections("Wrong", |code, found| {
        let worst = found.iter().map(|finding| finding.severity).min();
        let mut each = found.iter();
        worst == Some(severity(code))
            && each.all(|finding| {
                finding.code == code && (finding.line.is_some() || code == "yaml-empty")
            })
    });
    assert_eq!(objections, [""; 0]);
}

#[test]
fn each_right_example_has_no_finding_at_all() {
    assert_eq!(objections("Right", |_, found| found.is_empty()), [""; 0]);
}

#[test]
fn what_is_not_shown_says_so() {
    for (code, page) in PAGES {
        let language = example(page, "Wrong").unwrap().0;
        assert_eq!(UNSHOWN.contains(code), language == "text", "{code}");
    }
}

#[test]
fn each_code_stands_under_one_heading() {
    let mut listed: Vec<&str> = groups().flat_map(|(_, codes)| codes).collect();
    assert_eq!(listed.len(), PAGES.len());
    listed.sort_unstable();
    listed.dedup();
    assert_eq!(listed.len(), PAGES.len(), "a code stands twice");
    assert!(
        groups().all(|(_, codes)| !codes.is_empty()),
        "an empty heading"
    );
}

#[test]
fn each_page_begins_with_a_sentence() {
    for (code, page) in PAGES {
        let summary = summary(page);
        assert!(
            summary.ends_with('.') && summary.len() < 200,
            "{code}: {summary}"
        );
    }
}
