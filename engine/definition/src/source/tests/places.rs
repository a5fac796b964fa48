//! Where it stands.

use expect_test::{Expect, expect};

use super::{parse, under};

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
