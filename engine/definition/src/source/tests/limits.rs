//! What is empty, too large, or no text.

use expect_test::expect;

use super::super::*;
use super::parse;

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
