//! Slips of syntax.

use expect_test::expect;

use super::check_errors;

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
