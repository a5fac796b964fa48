//! What is read.

use serde_json::json;

use super::parse;

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
