//! The pages about findings.

use std::collections::BTreeSet;
use std::path::Path;

use casewright_definition::diagnostic::Code;
use casewright_definition::explain::{PAGES, page};
use casewright_definition::source::Source;
use casewright_definition::{Definition, analysis, definition, import, lower, pack, read, source};

use crate::desk;

fn codes() -> BTreeSet<&'static str> {
    let lists = [
        lower::CODES,
        pack::CODES,
        source::CODES,
        analysis::CODES,
        import::XSTATE_CODES,
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
        assert!(text.lines().count() <= 40, "{code}");
        assert_eq!(page(code), Some(*text));
    }
    assert_eq!(page("nothing"), None);
}

/// The example of a page, when it is a whole workflow.
fn whole(text: &str) -> Option<&str> {
    let example = text.split("```yaml\n").nth(1)?.split("```").next()?;
    let is_whole = ["id: ", "version: ", "states:"]
        .iter()
        .all(|key| example.lines().any(|line| line.starts_with(key)));
    is_whole.then_some(example)
}

#[test]
fn an_example_that_is_a_whole_file_has_the_finding_and_no_other() {
    let mut count = 0;
    for (code, text) in PAGES {
        let Some(example) = whole(text) else { continue };
        count += 1;
        let source = Source::new("example.yaml", example);
        let (_, findings) = Definition::check(source, &desk::pack(), Some(&desk::functions()));
        let found: BTreeSet<&str> = findings.diagnostics.iter().map(|f| f.code.0).collect();
        assert_eq!(found, [*code].into(), "{}", findings.report());
    }
    assert!(count >= analysis::CODES.len(), "{count}");
}
