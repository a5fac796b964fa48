//! No text makes the reader panic.

use proptest::prelude::*;

use super::super::*;
use crate::diagnostic::Report;

/// All pointers of a value.
fn pointers(value: &serde_json::Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    let mut visit = |token: &str, child| {
        let mut pointer = at.to_owned();
        document::push_token(&mut pointer, token);
        pointers(child, &pointer, found);
    };
    match value {
        serde_json::Value::Array(items) => items
            .iter()
            .enumerate()
            .for_each(|(at, item)| visit(&at.to_string(), item)),
        serde_json::Value::Object(values) => {
            values.iter().for_each(|(key, value)| visit(key, value))
        }
        _ => {}
    }
}

/// Whatever the text, reading, locating and reporting do not panic, and what was read is all located.
fn survives(text: &str) {
    let source = Source::new("a.yaml", text);
    match Document::parse(source.clone()) {
        Ok(document) => {
            let mut found = Vec::new();
            pointers(&document.value, "", &mut found);
            for pointer in found {
                let span = document.span(&pointer).expect("every node has a span");
                assert!(source.text.get(span.start..span.end).is_some());
                let value = document.value.pointer(&pointer).unwrap();
                for offset in 0..=value.as_str().map_or(0, str::len) {
                    let in_file = document.offset_in_scalar(&pointer, offset);
                    assert!(in_file.is_none_or(|offset| source.text.is_char_boundary(offset)));
                }
            }
        }
        Err(errors) => {
            assert!(!errors.is_empty());
            assert!(errors.iter().all(|error| error.span.is_some()));
            let report = Report::new(&source, &errors).width(40);
            assert!(!report.to_string().is_empty());
            assert_eq!(report.findings().count(), errors.len());
        }
    }
}

const SAMPLE: &str = "\
id: complaint # 投诉
title: {en: Complaint, zh: '客户''投诉'}
data: &d
  level: {type: integer, enum: [1, 2, 0x3]}
states:
  open:
    on:
      close: [ {target: \"a\\u5ba2\\\"b\", guard: level > 3}, *d ]
    entry: |
      one
       two

    exit: >-
      folded
      text
? explicit
: - 1.5
  - ~
";

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in any::<String>()) {
        survives(&text);
    }

    #[test]
    fn no_yaml_like_text_makes_the_reader_panic(text in "([a-c客：:#&*!|>'\"%@`,?<~\\\\\\-\\[\\]{} \t\r\n\u{feff}0-9.+e]|: |- |\n  |---|&a |\\*a){0,60}") {
        survives(&text);
    }

    #[test]
    fn no_slip_of_the_pen_makes_the_reader_panic(
        edits in prop::collection::vec((0..SAMPLE.len(), 0_usize..6, "[ :\\-\\[\\]{}'\"|>&*!#\n\t\r,?客a~]{0,3}"), 1..5),
    ) {
        let mut text = SAMPLE.to_owned();
        for (at, length, insert) in edits {
            let start = text.floor_char_boundary(at.min(text.len()));
            let end = text.floor_char_boundary((start + length).min(text.len()));
            text.replace_range(start..end, &insert);
        }
        survives(&text);
    }
}
