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
        expect![""],
    );
    check(
        |records| {
            records[1].changes.clear();
        },
        expect![""],
    );
    check(
        |records| records[1].emitted[0].event = "hushed".into(),
        expect![""],
    );
    check(
        |records| {
            records[1].trace.pop();
        },
        expect![""],
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
        expect![""],
    );
    check(|records| records[1].actor.roles.clear(), expect![""]);
    check(
        |records| {
            records[1].cause = Cause::Event {
                name: "note".into(),
                data: Value::map([("text", Value::from("altered"))]),
            };
        },
        expect![""],
    );
    check(
        |records| {
            let Cause::Timer { sequence, .. } = &mut records[4].cause else {
                panic!("a timer fired");
            };
            *sequence += 77;
        },
        expect![""],
    );
}

#[test]
fn decisions_are_answered_by_the_journal_alone() {
    check(
        |records| records[2].decisions[0].answer.output = Value::Null,
        expect![""],
    );
    check(
        |records| records[2].decisions[1].input = Value::Null,
        expect![""],
    );
    check(
        |records| {
            records[2].decisions.pop();
        },
        expect![""],
    );
    check(
        |records| {
            let one_more = records[2].decisions[1].clone();
            records[2].decisions.push(one_more);
        },
        expect![""],
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
        expect![""],
    );
    check(
        |records| {
            records.remove(1);
        },
        expect![""],
    );
    check(|records| records.swap(2, 3), expect![""]);
    check(
        |records| {
            let opening = records[0].clone();
            records.push(opening);
        },
        expect![""],
    );
}
