//! Reading files, good and bad.

mod limits;
mod meanings;
mod places;
mod slips;
mod survival;
mod values;

use expect_test::Expect;

use super::*;
use crate::diagnostic::Report;

fn parse(text: &str) -> Document {
    let source = Source::new("a.yaml", text);
    Document::parse(source.clone())
        .unwrap_or_else(|errors| panic!("{}", Report::new(&source, &errors)))
}

#[track_caller]
fn check_errors(text: &str, expect: Expect) {
    let source = Source::new("a.yaml", text);
    let errors = Document::parse(source.clone()).expect_err("the text should be refused");
    expect.assert_eq(&Report::new(&source, &errors).to_string());
}

/// The text under the span of a pointer.
fn under<'a>(document: &'a Document, pointer: &str) -> &'a str {
    document.source.slice(document.span(pointer).unwrap())
}
