use expect_test::{Expect, expect};
use proptest::prelude::*;
use serde_json::json;

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

#[test]
fn plain_scalars_follow_the_core_schema() {
    let text = "
null: [null, ~, NULL, ]
bool: [true, False]
text: [yes, no, on, off, 1_000, 2026-01-02, '5', \"true\", 0b1, 1e, .]
int: [0, -1, +7, 007, 0o17, 0xFF, 9223372036854775808, 18446744073709551615]
float: [1.5, .5, 1., -2e3, 1E+2]
tags: [!!str 5, ! 5, !!int 5, !!float 5, !!null ~]
"
    .replace("null: [", "'null': [");
    assert_eq!(
        parse(&text).value,
        json!({
            "null": [null, null, null],
            "bool": [true, false],
            "text": ["yes", "no", "on", "off", "1_000", "2026-01-02", "5", "true", "0b1", "1e", "."],
            "int": [0, -1, 7, 7, 15, 255, 9_223_372_036_854_775_808_u64, u64::MAX],
            "float": [1.5, 0.5, 1.0, -2000.0, 100.0],
            "tags": ["5", "5", 5, 5.0, null],
        })
    );
}

#[test]
fn keys_are_texts_in_the_order_of_the_file() {
    let document = parse("on: 1\nyes: 2\n2026: 3\n'true': 4\na: 5\n");
    let keys: Vec<_> = document.value.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["on", "yes", "2026", "true", "a"]);
}

#[test]
fn json_is_yaml() {
    let text =
        "{\n\t\"客户\": [1, -2.5e1, true, null, \"a\\u5ba2\\ud83d\\ude00\\/\\n\"],\n\t\"b\": {}\n}";
    assert_eq!(
        parse(text).value,
        serde_json::from_str::<serde_json::Value>(text).unwrap()
    );
}

#[test]
fn every_node_has_its_place() {
    let document = parse(
        "\u{feff}# 说明\nstates:\n  open: {on: {close: done}}\n  a/b~c:\n  - 一\n  - 'x': 1 # end\n  - |\n    text\n\nend: 1\n",
    );
    assert_eq!(under(&document, "/states/open"), "{on: {close: done}}");
    assert_eq!(under(&document, "/states/open/on/close"), "done");
    assert_eq!(
        under(&document, "/states/a~1b~0c"),
        "- 一\n  - 'x': 1 # end\n  - |\n    text"
    );
    assert_eq!(under(&document, "/states/a~1b~0c/0"), "一");
    assert_eq!(under(&document, "/states/a~1b~0c/1"), "'x': 1");
    assert_eq!(under(&document, "/states/a~1b~0c/2"), "text");
    let slice = |span| document.source.slice(span);
    assert_eq!(
        document.key_span("/states/a~1b~0c").map(slice),
        Some("a/b~c")
    );
    assert_eq!(document.key_span("/states/a~1b~0c/0"), None);
    assert_eq!(document.key_span(""), None);
    assert_eq!(
        slice(document.nearest_span("/states/open/on/close/x/y")),
        "done"
    );
    assert_eq!(slice(document.label_span("/states/open/missing")), "open");
    for absent in [
        "states",
        "/state",
        "/states/a~1b~0c/00",
        "/states/a~1b~0c/3",
        "/end/0",
    ] {
        assert_eq!(document.span(absent), None, "{absent}");
    }
}

#[test]
fn an_alias_stands_where_it_is_and_its_inside_at_the_anchor() {
    let document = parse("a: &x {guard: level > 3}\nb: *x\nc: [*x, *x]\n");
    assert_eq!(document.value["c"][1]["guard"], "level > 3");
    assert_eq!(under(&document, "/b"), "*x");
    assert_eq!(under(&document, "/b/guard"), "level > 3");
    assert_eq!(
        document.offset_in_scalar("/b/guard", 6),
        document.offset_in_scalar("/a/guard", 6)
    );
}

/// Every character of the value that has an exact place has the right one.
#[track_caller]
fn check_offsets(text: &str, expect: Expect) {
    let document = parse(text);
    let value = document.value["k"].as_str().unwrap();
    let mut shown = String::new();
    for (at, character) in value.char_indices() {
        let found = document.offset_in_scalar("/k", at);
        let in_file = found.and_then(|offset| document.source.text[offset..].chars().next());
        match in_file {
            Some(in_file) if in_file == character => shown.push(character),
            Some('\n' | '\r' | '\\' | '\'') => shown.push('^'),
            Some(other) => panic!("byte {at}, `{character}`, is mapped to `{other}`"),
            None => shown.push('?'),
        }
    }
    expect.assert_eq(&shown);
}

#[test]
fn offsets_in_texts_are_exact_or_absent() {
    check_offsets("k: 等级 > 3\n", expect!["等级 > 3"]);
    check_offsets(
        "k: a &&\n   b\n\n   c # d\n",
        expect![[r#"
        a &&^b
        c"#]],
    );
    check_offsets("k: 'it''s'\n", expect!["it's"]);
    check_offsets("k: 'a  \n  b'\n", expect!["a b"]);
    check_offsets("k: \"a \\\"b\\\" c\"\n", expect![[r#"a ^b^ c"#]]);
    check_offsets("k: \"ab\\tcd\"\n", expect!["ab^??"]);
    check_offsets("k: \"a\\\n  b\"\n", expect!["a^"]);
    check_offsets(
        "k: |\n  a\n    b\n\n\n  客户\n",
        expect![[r#"
        a
          b
        ??客户
    "#]],
    );
    check_offsets("k: |2-\n\n    a\n   b\n", expect!["?  a\n b"]);
    check_offsets(
        "k: >\n  a &&\n  b\n\n  c\n    d\n  e\n",
        expect!["a &&^b\nc\n  d\ne\n"],
    );
    check_offsets("k: |\r\n  a\r\n  b\r\n", expect!["a^b^"]);
}

#[test]
fn a_byte_inside_a_character_has_no_offset() {
    let document = parse("k: 客\nn: 5\n");
    assert_eq!(document.offset_in_scalar("/k", 1), None);
    assert_eq!(document.offset_in_scalar("/k", 3), Some(6));
    assert_eq!(document.offset_in_scalar("/k", 4), None);
    assert_eq!(document.offset_in_scalar("/n", 0), None);
}

#[test]
fn slips_of_syntax_are_explained() {
    check_errors(
        "a: 1\n名称：客户\nb: 2\n",
        expect![[r#"
        error[yaml-syntax]: expected `key: value`, found other text
         --> a.yaml:2:1
          |
        2 | 名称：客户
          | ^^^^^^^^^^
          |
          = hint: `：` is a full-width colon; write `:` and a space
    "#]],
    );
    check_errors(
        "a:1\nb: 2\n",
        expect![[r#"
            error[yaml-syntax]: a key can't stand here, found `:`
             --> a.yaml:2:2
              |
            2 | b: 2
              |  ^
              |
              = hint: put a space after `:` on the line before
        "#]],
    );
    check_errors(
        "a: b: c\n",
        expect![[r#"
        error[yaml-syntax]: a key can't stand here, found `:`
         --> a.yaml:1:5
          |
        1 | a: b: c
          |     ^
          |
          = hint: put the value in quotes if it holds `: `, or else check the indentation
    "#]],
    );
    check_errors(
        "a:\n\tb: 1\n",
        expect![[r#"
            error[yaml-syntax]: expected spaces as indentation, found a tab
             --> a.yaml:2:1
              |
            2 |     b: 1
              | ^^^^
              |
              = hint: indent with spaces
        "#]],
    );
    check_errors(
        "a: [1, 2\n",
        expect![[r#"
        error[yaml-syntax]: bracket `[` is never closed
         --> a.yaml:1:4
          |
        1 | a: [1, 2
          |    ^
    "#]],
    );
    check_errors(
        "a: @客户\n",
        expect![[r#"
        error[yaml-syntax]: a text without quotes can't begin with `@`
         --> a.yaml:1:4
          |
        1 | a: @客户
          |    ^
          |
          = hint: put it in quotes
    "#]],
    );
    check_errors(
        "a: 客户\u{7}\n",
        expect![[r#"
        error[yaml-syntax]: character `U+0007` is not allowed here
         --> a.yaml:1:6
          |
        1 | a: 客户␇
          |        ^
          |
          = hint: remove it, or write it as an escape in double quotes
    "#]],
    );
    check_errors(
        "a: 'it's'\n",
        expect![[r#"
        error[yaml-syntax]: expected the end of the value after the closing quote, found more text
         --> a.yaml:1:8
          |
        1 | a: 'it's'
          |        ^
          |
          = hint: write a quote inside single quotes twice: `''`
    "#]],
    );
    check_errors(
        "a: \"b\nc: d\n",
        expect![[r#"
        error[yaml-syntax]: quote is not closed before the next key
         --> a.yaml:2:1
          |
        2 | c: d
          | ^
          |
          = hint: close the quote, or indent the lines that follow
    "#]],
    );
    check_errors(
        "- a\nb: 1\n",
        expect![[r#"
        error[yaml-syntax]: expected `- ` and the next item of the list
         --> a.yaml:2:1
          |
        2 | b: 1
          | ^
          |
          = hint: a list and the keys of a mapping can't stand at the same indentation
    "#]],
    );
    check_errors(
        "a: *开\n",
        expect![[r#"
        error[yaml-alias]: alias `*开` has no anchor before it
         --> a.yaml:1:4
          |
        1 | a: *开
          |    ^^^
          |
          = hint: put it in quotes if it is meant as text
    "#]],
    );
}

#[test]
fn what_has_no_one_meaning_is_refused() {
    check_errors(
        "客户: 1\nb: 2\n客户: 3\n",
        expect![[r#"
        error[yaml-duplicate-key]: key `客户` is already set in this mapping
         --> a.yaml:3:1
          |
        1 | 客户: 1
          | ---- first set here
        2 | b: 2
        3 | 客户: 3
          | ^^^^
    "#]],
    );
    check_errors(
        "a: &x {b: 1}\nc:\n  <<: *x\n",
        expect![[r#"
        error[yaml-merge-key]: merge key `<<` is not part of YAML 1.2
         --> a.yaml:3:3
          |
        3 |   <<: *x
          |   ^^
          |
          = hint: write the keys out, or alias the whole mapping with `*name`
    "#]],
    );
    check_errors(
        "a:\n  true: 1\n  1.5: 2\n  : 3\n  [x]: 4\n",
        expect![[r#"
        error[yaml-key]: expected a text as the key, found `true`
         --> a.yaml:2:3
          |
        2 |   true: 1
          |   ^^^^
          |
          = hint: put it in quotes

        error[yaml-key]: expected a text as the key, found `1.5`
         --> a.yaml:3:3
          |
        3 |   1.5: 2
          |   ^^^
          |
          = hint: put it in quotes

        error[yaml-key]: expected a key, found nothing before `:`
         --> a.yaml:4:3
          |
        4 |   : 3
          |   ^

        error[yaml-key]: expected a text as the key, found a sequence
         --> a.yaml:5:3
          |
        5 |   [x]: 4
          |   ^^^
    "#]],
    );
    check_errors(
        "a: [.nan, -.inf, 123456789012345678901, 1e999]\n",
        expect![[r#"
        error[yaml-number]: expected a finite number, found `.nan`
         --> a.yaml:1:5
          |
        1 | a: [.nan, -.inf, 123456789012345678901, 1e999]
          |     ^^^^
          |
          = hint: put it in quotes if it is meant as text

        error[yaml-number]: expected a finite number, found `-.inf`
         --> a.yaml:1:11
          |
        1 | a: [.nan, -.inf, 123456789012345678901, 1e999]
          |           ^^^^^
          |
          = hint: put it in quotes if it is meant as text

        error[yaml-number]: number `123456789012345678901` is too large to be kept exactly
         --> a.yaml:1:18
          |
        1 | a: [.nan, -.inf, 123456789012345678901, 1e999]
          |                  ^^^^^^^^^^^^^^^^^^^^^
          |
          = hint: put it in quotes if it is an identifier

        error[yaml-number]: number `1e999` is too large to be kept exactly
         --> a.yaml:1:41
          |
        1 | a: [.nan, -.inf, 123456789012345678901, 1e999]
          |                                         ^^^^^
          |
          = hint: put it in quotes if it is an identifier
    "#]],
    );
    check_errors(
        "a: !money 5\nb: !!int x\nc: !!map [1]\nd: !!binary aGk=\n",
        expect![[r#"
            error[yaml-tag]: expected a value without a tag, found tag `!money`
             --> a.yaml:1:4
              |
            1 | a: !money 5
              |    ^^^^^^
              |
              = hint: remove the tag

            error[yaml-tag]: tag `!!int` does not fit `x`
             --> a.yaml:2:4
              |
            2 | b: !!int x
              |    ^^^^^
              |
              = hint: remove the tag

            error[yaml-tag]: tag `!!map` does not fit a sequence
             --> a.yaml:3:4
              |
            3 | c: !!map [1]
              |    ^^^^^
              |
              = hint: remove the tag

            error[yaml-tag]: expected a value without a tag, found tag `!!binary`
             --> a.yaml:4:4
              |
            4 | d: !!binary aGk=
              |    ^^^^^^^^
              |
              = hint: remove the tag
        "#]],
    );
    check_errors(
        "a: 1\n---\nb: 2\n",
        expect![[r#"
        error[yaml-document]: expected one document in the file, found another
         --> a.yaml:2:1
          |
        2 | ---
          | ^^^
          |
          = hint: put it into a file of its own
    "#]],
    );
    check_errors(
        "%YAML 1.1\n---\non: 1\n",
        expect![[r#"
        error[yaml-document]: expected YAML 1.2, found 1.1
         --> a.yaml:2:1
          |
        2 | ---
          | ^^^
    "#]],
    );
    check_errors(
        "a: &x [*x]\n",
        expect![[r#"
        error[yaml-alias]: alias `*x` stands inside what it repeats
         --> a.yaml:1:8
          |
        1 | a: &x [*x]
          |        ^^
    "#]],
    );
}

#[test]
fn an_empty_file_is_refused() {
    for text in ["", "\n", "# only a comment\n", "---\n", "\u{feff}"] {
        let errors = Document::parse(Source::new("a.yaml", text)).unwrap_err();
        assert_eq!(errors[0].code, YAML_EMPTY, "{text:?}");
    }
    assert!(parse("null\n").value.is_null());
}

#[track_caller]
fn check_limit(text: &str) {
    let errors = Document::parse(Source::new("a.yaml", text)).unwrap_err();
    assert_eq!(errors.len(), 1);
    assert_eq!(errors[0].code, YAML_LIMIT, "{errors:?}");
}

#[test]
fn everything_is_bounded() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let stairs = |depth: usize| {
        (0..depth)
            .map(|level| format!("{}a:\n", " ".repeat(level)))
            .collect::<String>()
    };
    assert_eq!(
        parse(&nested(MAX_DEPTH)).span("").unwrap().end,
        2 * MAX_DEPTH
    );
    parse(&stairs(MAX_DEPTH));
    check_limit(&nested(MAX_DEPTH + 1));
    check_limit(&stairs(MAX_DEPTH + 1));
    check_limit(&nested(100_000));
    check_limit(&"- ".repeat(100_000));
    check_limit(&format!("a: &x {}\nb: [*x]", nested(MAX_DEPTH - 1)));
    check_limit(&format!("[{}]", "[],".repeat(MAX_NODES)));
    check_limit(&" ".repeat(MAX_BYTES + 1));
    check_limit(&format!("? {}\n: 1\n", "k".repeat(MAX_KEY_CHARS + 1)));
    let laughs: String = (1..12)
        .map(|n| format!("- &a{n} [{}]\n", format!("*a{},", n - 1).repeat(10)))
        .collect();
    check_limit(&format!("- &a0 lol\n{laughs}"));
    check_limit(&format!(
        "- &a {}\n- [{}]\n",
        "x".repeat(500_000),
        "*a,".repeat(10_000)
    ));
    let many = Document::parse(Source::new("a.yaml", "- .nan\n".repeat(1000))).unwrap_err();
    assert_eq!(many.len(), MAX_ERRORS);
}

#[test]
fn bytes_must_be_utf8() {
    let error = |bytes: &[u8]| {
        Source::from_bytes("a.yaml", bytes.to_vec())
            .unwrap_err()
            .message
    };
    let mut gbk = b"a: 1\nb: ".to_vec();
    gbk.extend([0xbf, 0xcd, 0xbb, 0xa7]);
    expect!["expected UTF-8 text, found byte `0xBF` on line 2"].assert_eq(&error(&gbk));
    expect!["expected UTF-8 text, found UTF-16"].assert_eq(&error(&[0xff, 0xfe, b'a', 0]));
    expect!["expected a file of at most 1048576 bytes, found 1048577"]
        .assert_eq(&error(&vec![b' '; MAX_BYTES + 1]));
    let source = Source::from_bytes("a.yaml", "\u{feff}a: 1\n".into()).unwrap();
    assert_eq!(&*source.text, "a: 1\n");
}

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
