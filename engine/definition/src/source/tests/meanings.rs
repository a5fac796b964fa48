//! What YAML allows and has more than one meaning.

use expect_test::expect;

use super::check_errors;

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
