//! Diagrams.

use casewright_definition::diagram::{MAX_BOXES, TooLarge, dot, mermaid, svg};
use expect_test::expect;
use roxmltree::{Document, Node};

use crate::desk::{definition, workflow};

#[test]
fn a_workflow_of_every_kind_of_state() {
    let definition = definition(include_str!("../desk/whole.yaml"));
    let active = ["review", "review.legal", "review.legal.reading"];
    let text = mermaid(&definition, "zh", &active);
    expect![[r#"
        stateDiagram-v2
            state "受理" as s1
            state "Review" as s2
            state s2 {
                state "legal" as s3
                state s3 {
                    state "reading" as s4
                    state "read" as s5
                    [*] --> s4
                    s5 --> [*]
                    s4 --> s5 : 批准
                }
                --
                state "money" as s6
                state s6 {
                    state "counting" as s7
                    state "counted" as s8
                    [*] --> s7
                    s8 --> [*]
                    s7 --> s8 : 批准
                }
                state "H*" as s9
            }
            state "waiting" as s10
            state "已关闭" as s11
            [*] --> s1
            s11 --> [*]
            s1 --> s2 : 批准 ?
            s1 --> s11 : 批准 / Reject / ⏱ PT8H / ?
            s2 --> s10 : Pause
            s2 --> s11 : ✓
            s10 --> s2 : ✗ 推送
            s10 --> s9 : Resume
            s10 --> s11 : ✗ 推送 ?
            classDef active fill:#ffe9a8,stroke:#b8860b,stroke-width:2px
            class s2,s3,s4 active
    "#]]
    .assert_eq(&text);
}

#[test]
fn a_service_that_comes_back_has_its_name_on_the_arrow() {
    let text = "
data: {}
events: { close: { title: Close, roles: [clerk] } }
states:
  pushing:
    invoke:
      id: push
      title: { en: Push, zh: 推送 }
      src: crm-sync.push-account
      input: { number: \"'K-1'\" }
      onDone: pushed
      onError: { target: pushed, guard: event.data.code == 'known' }
    on: { close: pushed }
  pushed: { type: final }
";
    let text = mermaid(&definition(&workflow(text)), "zh", &[]);
    let arrow = text.lines().find(|line| line.contains("s1 --> s2"));
    assert_eq!(arrow, Some("    s1 --> s2 : Close / ✓ 推送 / ✗ 推送 ?"));
}

/// Titles and names that could break out of their places.
const TRICKY: &str = r##"
data: {}
delays: { "a;b --> c": PT1H }
events:
  go: { title: "a: b --> c; %% \"end\" } {[*]} <script>#35; \\ 大客户：准入", roles: [clerk] }
  go.on: { title: { zh: "state x {", en: "note left of s1\nstate y {" }, roles: [clerk] }
states:
  end:
    title: "end\n    end note \"}"
    on: { go: state-1, go.on: "#[*]" }
    after: { "a;b --> c": 受理 }
  state-1:
    title: ""
    states:
      note: { on: { go: direction } }
      direction: { type: final }
  受理: { id: "[*]", title: "`大客户` ~~ :::active" }
"##;

#[test]
fn no_name_breaks_the_diagram() {
    let definition = definition(&workflow(TRICKY));
    for language in ["en", "zh"] {
        let text = mermaid(&definition, language, &["end", "[*]", "nothing"]);
        let mut open = 0;
        for line in text.lines() {
            assert!(is_well_formed(line.trim()), "{line}");
            open += i32::from(line.ends_with('{')) - i32::from(line.trim() == "}");
            assert!(open >= 0, "{text}");
        }
        assert_eq!(open, 0, "{text}");
    }
    let text = mermaid(&definition, "zh", &["end", "[*]"]);
    expect![[r##"
        stateDiagram-v2
            state "end     end note #34;#125;" as s1
            state "state-1" as s2
            state s2 {
                state "note" as s3
                state "direction" as s4
                [*] --> s3
                s4 --> [*]
                s3 --> s4 : a#58; b --#62; c#59; #37;#37; #34;end#34; #125; #123;#91;*#93;#125; #60;script#62;#35;35#59; #92; 大客户#65306;准入
            }
            state "#96;大客户#96; #126;#126; #58;#58;#58;active" as s5
            [*] --> s1
            s1 --> s2 : a#58; b --#62; c#59; #37;#37; #34;end#34; #125; #123;#91;*#93;#125; #60;script#62;#35;35#59; #92; 大客户#65306;准入
            s1 --> s5 : state x #123; / ⏱ a#59;b --#62; c
            classDef active fill:#ffe9a8,stroke:#b8860b,stroke-width:2px
            class s1,s5 active
    "##]].assert_eq(&text);
}

/// Whether a line is one of those that a diagram is made of, with harmless ids and labels.
fn is_well_formed(line: &str) -> bool {
    let is_id = |id: &str| {
        id == "[*]" || (!id.is_empty() && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'))
    };
    let is_label = |label: &str| {
        let rest = label.replace(
            |c: char| c.is_alphanumeric() || " -_.,?*/()✓⏱，。、（）".contains(c),
            "",
        );
        // Only entities are left, of which the digits are gone.
        rest.replace("#;", "").is_empty()
    };
    if ["stateDiagram-v2", "}", "--"].contains(&line) || line.starts_with("classDef active ") {
        return true;
    }
    if let Some(rest) = line.strip_prefix("class ") {
        return rest
            .strip_suffix(" active")
            .is_some_and(|ids| ids.split(',').all(is_id));
    }
    if let Some(rest) = line.strip_prefix("state \"") {
        return rest
            .split_once("\" as ")
            .is_some_and(|(label, id)| is_label(label) && is_id(id));
    }
    if let Some(rest) = line.strip_prefix("state ") {
        return rest.strip_suffix(" {").is_some_and(is_id);
    }
    let Some((from, rest)) = line.split_once(" --> ") else {
        return false;
    };
    let (to, label) = rest.split_once(" : ").unwrap_or((rest, ""));
    is_id(from) && is_id(to) && is_label(label)
}

/// The rectangles of a picture whose corners are so round: from the left, the top, to the right, the
/// bottom.
fn rectangles(picture: &Document<'_>, corners: &str) -> Vec<[f64; 4]> {
    let number =
        |node: &Node<'_, '_>, name: &str| -> f64 { node.attribute(name).unwrap().parse().unwrap() };
    let found = picture.descendants().filter(|node| {
        let is_inner = node.attribute("fill") != Some("#f6f8fa") || corners == "3";
        node.has_tag_name("rect") && node.attribute("rx") == Some(corners) && is_inner
    });
    let found = found.map(|node| {
        let (x, y) = (number(&node, "x"), number(&node, "y"));
        [
            x,
            y,
            x + number(&node, "width"),
            y + number(&node, "height"),
        ]
    });
    found.collect()
}

#[test]
fn what_stands_on_arrows_covers_no_state() {
    for definition in crate::exchange::definitions().1 {
        for language in ["en", "zh"] {
            let text = svg(&definition, language, &[]).unwrap();
            let plain = text.replace(" xmlns=\"http://www.w3.org/2000/svg\"", "");
            let picture = Document::parse(&plain).unwrap();
            let boxes = rectangles(&picture, "8");
            let labels = rectangles(&picture, "3");
            assert!(boxes.len() > 3 && labels.len() > 3, "{}", definition.id);
            for all in [(&boxes, &labels), (&boxes, &boxes), (&labels, &labels)] {
                for (number, one) in all.0.iter().enumerate() {
                    for (other_number, other) in all.1.iter().enumerate() {
                        let is_same = std::ptr::eq(all.0, all.1) && number == other_number;
                        let apart = one[2] <= other[0]
                            || other[2] <= one[0]
                            || one[3] <= other[1]
                            || other[3] <= one[1];
                        assert!(is_same || apart, "{}: {one:?} {other:?}", definition.id);
                    }
                }
            }
        }
    }
}

#[test]
fn no_name_breaks_the_picture() {
    let definition = definition(&workflow(TRICKY));
    for language in ["en", "zh"] {
        let text = svg(&definition, language, &["end", "[*]", "nothing"]).unwrap();
        let picture = Document::parse(&text).unwrap();
        let count = |name: &str| {
            picture
                .descendants()
                .filter(|n| n.tag_name().name() == name)
                .count()
        };
        assert_eq!(count("script"), 0);
        let tooltips: Vec<&str> = picture
            .descendants()
            .filter(|node| node.tag_name().name() == "title")
            .filter_map(|node| node.text())
            .collect();
        for id in ["end", "[*]", "state-1.note"] {
            assert!(tooltips.contains(&id), "{tooltips:?}");
        }
        assert_eq!(text.matches("#ffe9a8").count(), 2, "two states stand out");
        assert_eq!(svg(&definition, language, &["[*]", "end"]).unwrap(), text);
        let graph = dot(&definition, language, &["end"]);
        let lines = graph.lines().filter(|line| line.contains("->"));
        // A quote that is not escaped would end a text: their number in a line is even.
        for line in lines {
            let quotes = line
                .replace("\\\\", "")
                .replace("\\\"", "")
                .matches('"')
                .count();
            assert!(quotes.is_multiple_of(2), "{line}");
        }
    }
}

#[test]
fn arrows_cross_borders_at_small_circles() {
    let nested = "data: {}\nevents: { go: { title: Go, roles: [clerk] } }\nstates:\n  a:\n    states:\n      b: { states: { c: { on: { go: \"#f\" } } } }\n    on: { go: .b }\n  d: { states: { e: {}, f: { on: { go: \"#a\" } } } }\n";
    let nested = nested.replace("\"#f\"", "\"#d.f\"");
    let text = svg(&definition(&workflow(&nested)), "en", &[]).unwrap();
    // Out of b and a, into d; within a; out of d.
    assert_eq!(text.matches("r=\"4\"").count(), 5, "{text}");
}

#[test]
fn a_picture_has_a_limit() {
    let states: String = (0..=MAX_BOXES).map(|n| format!("  s{n}: {{}}\n")).collect();
    let definition = definition(&workflow(&format!(
        "data: {{}}\nevents: {{}}\nstates:\n{states}"
    )));
    let found = MAX_BOXES + 2;
    assert_eq!(svg(&definition, "en", &[]), Err(TooLarge { found }));
}
