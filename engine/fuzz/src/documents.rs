//! Files: workflows, the other files of a pack, and what is imported.

use casewright_definition::diagram::mermaid;
use casewright_definition::import;
use casewright_definition::source::Source;
use casewright_definition::{Bundle, Definition, Files, Findings, Pack};

use crate::shipped::{SHARED, shared};

/// A workflow that stands in every pack, so that something asks for what the pack holds.
const WORKFLOW: &str = "
id: order
version: 1.0.0
title: { en: Order, zh: 订单 }
start: { roles: [account-manager] }
data: { properties: { account: { $ref: 'types#/account' } } }
delays: { late: working_days(params.handover_working_days) }
events: { close: { title: Close, roles: [ka-team] } }
states:
  open: { on: { close: closed }, after: { late: closed } }
  closed: { type: final }
";

/// Checks a workflow file against the shipped pack. What passes can be stored, compiled again and drawn.
pub fn check(bytes: &[u8]) {
    let found = Definition::check_bytes("fuzz.yaml".into(), bytes.to_vec(), shared(), None);
    judge(found);
}

/// Checks a pack, one file of which is made of the bytes: the first byte says which.
pub fn pack(bytes: &[u8]) {
    let Some((which, bytes)) = bytes.split_first() else {
        return;
    };
    let replaced = usize::from(*which) % SHARED.len();
    let mut files: Files = SHARED
        .map(|(path, bytes)| (path.to_owned(), bytes.to_vec()))
        .into();
    files.insert(SHARED[replaced].0.to_owned(), bytes.to_vec());
    files.insert("workflows/order.yaml".into(), WORKFLOW.as_bytes().to_vec());
    let checked = Pack::check(&files, str::to_owned, None);
    for findings in &checked.findings {
        read_out(findings);
    }
    assert!(
        checked.pack.is_some() || !checked.is_sound(),
        "a pack that is refused has an error"
    );
}

/// Imports an SCXML document. What comes of it passes the check of its own pack.
pub fn scxml(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let source = Source::new("fuzz.scxml", text);
    match import::scxml(&source) {
        Err(findings) => assert!(!findings.is_empty(), "a refusal says why"),
        Ok(imported) => {
            let json = serde_json::to_vec(&imported.workflow).expect("a workflow is JSON");
            judge(Definition::check_bytes(
                "fuzz.json".into(),
                json,
                &imported.pack,
                None,
            ));
        }
    }
}

fn judge((definition, findings): (Option<Definition>, Findings)) {
    read_out(&findings);
    assert_eq!(
        definition.is_none(),
        findings.has_errors(),
        "a workflow is refused exactly when it has an error"
    );
    let Some(definition) = definition else {
        return;
    };
    let _ = mermaid(&definition, "zh", &[]);
    let stored = definition
        .bundle
        .to_bytes()
        .expect("a bundle can be stored");
    let bundle: Bundle = serde_json::from_slice(&stored).expect("a stored bundle can be read");
    let again = Definition::compile(definition.digest, bundle).expect("a stored bundle compiles");
    assert_eq!(
        again.bundle.to_bytes().expect("a bundle can be stored"),
        stored,
        "what was stored comes back"
    );
}

/// Findings can be drawn, and lie in the text.
fn read_out(findings: &Findings) {
    let _ = findings.report().to_string();
    let text = &findings.source.text;
    for finding in &findings.diagnostics {
        if let Some(span) = finding.span {
            assert!(
                text.get(span.start..span.end).is_some(),
                "`{}` lies outside the text, or between the bytes of a character",
                finding.code
            );
        }
    }
}
