//! A record that was altered is told by its number, with what it says and what its replay gives.

use casewright_case::{Cause, Record};
use casewright_chart::{Timestamp, Value};
use expect_test::{Expect, expect};

use super::{LIMITS, Run, Try, every_feature, replay};

/// A case that was opened, noted something, was scored, and had a timer fire.
fn records() -> Vec<Record> {
    let (definition, pool) = every_feature();
    let mut run = Run::open(definition, &pool.openings[0], &pool.actor).unwrap();
    for number in [1, 2, 3] {
        run.try_out(&Try::Event(number), pool);
    }
    run.try_out(&Try::Timer(0), pool);
    assert_eq!(run.records.len(), 5);
    run.records
}

fn check(alter: impl FnOnce(&mut Vec<Record>), expected: Expect) {
    let mut records = records();
    alter(&mut records);
    let (definition, _) = every_feature();
    let told = match replay(definition, "case-1", &records, &LIMITS) {
        Ok(_) => "no difference".to_owned(),
        Err(difference) => difference.to_string(),
    };
    expected.assert_eq(&told);
}

#[test]
fn what_was_changed_is_told_with_its_place() {
    check(|_| {}, expect!["no difference"]);
    check(
        |records| {
            let changes = &mut records[3].changes;
            changes.insert("amount".into(), Value::Float(33.6));
        },
        expect!["revision 4: `changes.amount`: stored is 33.6, replayed is 33.5"],
    );
    check(
        |records| {
            records[1].changes.clear();
        },
        expect![[r#"revision 2: `changes: fields`: stored is [], replayed is ["notes"]"#]],
    );
    check(
        |records| records[1].emitted[0].event = "hushed".into(),
        expect![[r#"revision 2: `emitted[0]`: stored is "hushed", replayed is "noted""#]],
    );
    check(
        |records| {
            records[1].trace.pop();
        },
        expect!["revision 2: `trace: length`: stored is 1, replayed is 2"],
    );
}

#[test]
fn what_a_step_was_made_of_shows_in_what_came_of_it() {
    check(
        |records| records[4].at = Timestamp::from_unix_ms(5),
        expect!["no difference"],
    );
    check(
        |records| records[0].at = Timestamp::from_unix_ms(5),
        expect![[
            r#"revision 2: `emitted[0].at`: stored is "2026-01-05T01:00:00.123Z", replayed is "1970-01-01T00:00:00.005Z""#
        ]],
    );
    check(
        |records| records[1].actor.roles.clear(),
        expect![
            "revision 2: `step`: stored is `note`, taken, replayed is refused: the event `note` takes one of the roles `clerk`"
        ],
    );
    check(
        |records| {
            records[1].cause = Cause::Event {
                name: "note".into(),
                data: Value::map([("text", Value::from("altered"))]),
            };
        },
        expect![[
            r#"revision 2: `changes.notes[0]`: stored is {"n": [1, 2.5, null, true, -7, 1e300, 1.8446744073709552e19], "zh": "停机两次"}, replayed is "altered""#
        ]],
    );
    check(
        |records| {
            let Cause::Timer { sequence, .. } = &mut records[4].cause else {
                panic!("a timer fired");
            };
            *sequence += 77;
        },
        expect![
            "revision 5: `step`: stored is `after.patience.open:work:busy`, taken, replayed is refused: the timer is not pending"
        ],
    );
}

#[test]
fn decisions_are_answered_by_the_journal_alone() {
    check(
        |records| records[2].decisions[0].answer.output = Value::Null,
        expect![[
            r#"revision 3: `trace[3]`: stored is "decision scoring.score: {\"severity\": \"minor\", \"responsible_dept\": \"technical-support\", \"score\": 60.0, \"proposed_grade\": \"platinum\", \"tier\": \"minor\", \"clocks\": [], \"action\": \"no…, replayed is "decision scoring.score: null""#
        ]],
    );
    check(
        |records| records[2].decisions[1].input = Value::Null,
        expect![[
            r#"revision 3: `step`: stored is `score`, taken, replayed is refused: decision 1 asks `scoring.score` about {"amount": 60.0}, the journal has an answer about null"#
        ]],
    );
    check(
        |records| {
            records[2].decisions.pop();
        },
        expect![
            "revision 3: `step`: stored is `score`, taken, replayed is refused: decision 1 asks `scoring.score`, the journal has 1 answers"
        ],
    );
    check(
        |records| {
            let one_more = records[2].decisions[1].clone();
            records[2].decisions.push(one_more);
        },
        expect!["revision 3: `decisions: length`: stored is 3, replayed is 2"],
    );
    check(
        |records| records[2].decisions[0].answer.digest = "another".into(),
        expect!["no difference"],
    );
}

#[test]
fn records_that_are_missing_or_stand_elsewhere_are_told() {
    check(
        |records| {
            records.remove(0);
        },
        expect![
            "revision 2: `step`: stored is `note`, taken, replayed is refused: the case is not open"
        ],
    );
    check(
        |records| {
            records.remove(1);
        },
        expect![[
            r#"revision 3: `step`: stored is `score`, taken, replayed is refused: decision 0 asks `scoring.score` about {"amount": 100.5, "notes": []}, the journal has an answer about {"amount": 100.5, "notes": [{"n": [1, 2.5, null, true, -7, 1e300, 1.8446744073709552e19],…"#
        ]],
    );
    check(
        |records| records.swap(2, 3),
        expect!["revision 4: `revision`: stored is 4, replayed is 3"],
    );
    check(
        |records| {
            let opening = records[0].clone();
            records.push(opening);
        },
        expect![
            "revision 1: `step`: stored is `open`, taken, replayed is refused: the case is open"
        ],
    );
}
