//! The checker against the library: every cell of its tables, and random expressions on random data.

use std::cell::Cell;

use cel::common::ast::{EntryExpr, Expr, operators};
use cel::{Context, ExecutionError, IdedExpr};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRng, TestRunner};
use serde_json::{Value as Json, json};

use super::overloads::{form, is_form, result};
use super::*;
use crate::expression::{Program, convert};
use crate::file;
use crate::json::from_json;

/// A value of each kind, as CEL writes it.
const WITNESSES: [(Kind, &str); 13] = [
    (Kind::Null, "null"),
    (Kind::Bool, "true"),
    (Kind::Int, "1"),
    (Kind::Uint, "1u"),
    (Kind::Double, "1.0"),
    (Kind::String, "'1'"),
    (Kind::Bytes, "b'1'"),
    (Kind::List, "[1]"),
    (Kind::Map, "{'1': 1}"),
    (Kind::Timestamp, "timestamp('2026-01-01T00:00:00Z')"),
    (Kind::Duration, "duration('1s')"),
    (Kind::Type, "int"),
    (Kind::Optional, "optional.of(1)"),
];

fn context() -> Context<'static, 'static> {
    let mut context = Context::default();
    let active = |state: Arc<String>| !state.is_empty();
    context.add_function("In", active).unwrap();
    let days = |cel::extractors::This(days): cel::extractors::This<i64>| convert::duration_ms(days);
    context.add_function("working_days", days).unwrap();
    context.add_function("max", cel::functions::max).unwrap();
    context.add_function("min", cel::functions::min).unwrap();
    context
}

/// Whether an evaluation failed for the kinds of its values, not for the values themselves.
fn is_of_kinds(error: &ExecutionError) -> bool {
    let name = format!("{error:?}");
    [
        "NoSuchOverload",
        "Unsupported",
        "UnexpectedType",
        "InvalidArgumentCount",
        "UndeclaredReference",
        "UndeclaredMethod",
        "ValuesNotComparable",
    ]
    .iter()
    .any(|kind| name.starts_with(kind))
}

fn kind_of(value: &cel::Value) -> Kind {
    match value {
        cel::Value::Null => Kind::Null,
        cel::Value::Bool(_) => Kind::Bool,
        cel::Value::Int(_) => Kind::Int,
        cel::Value::UInt(_) => Kind::Uint,
        cel::Value::Float(_) => Kind::Double,
        cel::Value::String(_) => Kind::String,
        cel::Value::Bytes(_) => Kind::Bytes,
        cel::Value::List(_) => Kind::List,
        cel::Value::Map(_) => Kind::Map,
        cel::Value::Timestamp(_) => Kind::Timestamp,
        cel::Value::Duration(_) => Kind::Duration,
        _ => Kind::Optional,
    }
}

/// Compares one cell of the tables with what the library does.
fn compare(name: &str, is_member: bool, kinds: &[Kind], source: &str) {
    let program = cel::Program::compile(source).unwrap();
    let known = result(name, is_member, kinds);
    match program.execute(&context()) {
        Ok(value) => {
            // What `type` gives comes out as a text.
            let kind = match known {
                Some(Kind::Type) => Kind::Type,
                _ => kind_of(&value),
            };
            assert_eq!(known, Some(kind), "{source}");
        }
        Err(error) if is_of_kinds(&error) => assert_eq!(known, None, "{source}: {error:?}"),
        Err(error) => assert!(known.is_some(), "{source}: {error:?}"),
    }
}

#[test]
fn operators_go_with_what_the_library_takes() {
    let binary = [
        (operators::EQUALS, "=="),
        (operators::NOT_EQUALS, "!="),
        (operators::LESS, "<"),
        (operators::LESS_EQUALS, "<="),
        (operators::GREATER, ">"),
        (operators::GREATER_EQUALS, ">="),
        (operators::ADD, "+"),
        (operators::SUBSTRACT, "-"),
        (operators::MULTIPLY, "*"),
        (operators::DIVIDE, "/"),
        (operators::MODULO, "%"),
        (operators::IN, "in"),
    ];
    for (left, one) in WITNESSES {
        for (name, sign) in [(operators::NEGATE, "-"), (operators::LOGICAL_NOT, "!")] {
            compare(name, false, &[left], &format!("{sign}({one})"));
        }
        for (right, other) in WITNESSES {
            for (name, sign) in binary {
                let source = format!("({one}) {sign} ({other})");
                compare(name, false, &[left, right], &source);
            }
        }
    }
}

#[test]
fn functions_go_with_what_the_library_takes() {
    let names = [
        "size",
        "int",
        "uint",
        "double",
        "string",
        "bool",
        "bytes",
        "type",
        "dyn",
        "duration",
        "timestamp",
        "In",
        "working_days",
        "contains",
        "startsWith",
        "endsWith",
        "matches",
        "getFullYear",
        "getMonth",
        "getDate",
        "getDayOfMonth",
        "getDayOfWeek",
        "getDayOfYear",
        "getHours",
        "getMinutes",
        "getSeconds",
        "getMilliseconds",
    ];
    for name in names {
        assert!(form(name).is_some(), "{name}");
        for (kind, one) in WITNESSES {
            compare(name, false, &[kind], &format!("{name}({one})"));
            compare(name, true, &[kind], &format!("({one}).{name}()"));
            for (second, other) in WITNESSES {
                let kinds = [kind, second];
                compare(name, false, &kinds, &format!("{name}({one}, {other})"));
                compare(name, true, &kinds, &format!("({one}).{name}({other})"));
            }
        }
        for (is_member, count) in [(false, 1), (false, 2), (true, 1), (true, 2)] {
            let mut any = false;
            for (kind, _) in WITNESSES {
                any |= match count {
                    1 => result(name, is_member, &[kind]).is_some(),
                    _ => WITNESSES
                        .iter()
                        .any(|(other, _)| result(name, is_member, &[kind, *other]).is_some()),
                };
            }
            assert_eq!(
                any,
                is_form(name, is_member, count),
                "{name} {is_member} {count}"
            );
        }
    }
}

/// What a random field holds.
#[derive(Clone, Debug)]
enum Shape {
    Bool,
    Int,
    Number,
    Text,
    Enum(Vec<&'static str>),
    Null,
    Open,
    Either(Box<Shape>, Box<Shape>),
    List(Box<Shape>),
    Object(Vec<(&'static str, Shape, bool)>),
}

impl Shape {
    fn schema(&self) -> Json {
        match self {
            Shape::Bool => json!({"type": "boolean"}),
            Shape::Int => json!({"$ref": "types#/whole"}),
            Shape::Number => json!({"type": "number"}),
            Shape::Text => json!({"type": "string"}),
            Shape::Enum(texts) => json!({"enum": texts}),
            Shape::Null => json!({"const": null, "type": "null"}),
            Shape::Open => json!({}),
            Shape::Either(one, other) => json!({"anyOf": [one.schema(), other.schema()]}),
            Shape::List(item) => json!({"type": "array", "items": item.schema()}),
            Shape::Object(fields) => {
                let properties: serde_json::Map<String, Json> = fields
                    .iter()
                    .map(|(name, shape, _)| ((*name).to_owned(), shape.schema()))
                    .collect();
                let required = fields.iter().filter(|(.., required)| *required);
                let required: Vec<&str> = required.map(|(name, ..)| *name).collect();
                json!({
                    "type": "object",
                    "properties": properties,
                    "required": required,
                    "additionalProperties": false,
                })
            }
        }
    }

    fn value(&self, random: &mut TestRng) -> Json {
        match self {
            Shape::Bool => random.next_u32().is_multiple_of(2).into(),
            Shape::Int => (random.next_u32() % 4).into(),
            Shape::Number => match random.next_u32() % 2 {
                0 => json!(2),
                _ => json!(1.5),
            },
            Shape::Text => ["", "a", "red"][random.next_u32() as usize % 3].into(),
            Shape::Enum(texts) => texts[random.next_u32() as usize % texts.len()].into(),
            Shape::Null => Json::Null,
            Shape::Open => {
                let shapes = [Shape::Bool, Shape::Int, Shape::Text, Shape::Null];
                shapes[random.next_u32() as usize % shapes.len()].value(random)
            }
            Shape::Either(one, other) => match random.next_u32() % 2 {
                0 => one.value(random),
                _ => other.value(random),
            },
            Shape::List(item) => (0..random.next_u32() % 3)
                .map(|_| item.value(random))
                .collect(),
            Shape::Object(fields) => {
                let mut object = serde_json::Map::new();
                for (name, shape, required) in fields {
                    if *required || random.next_u32().is_multiple_of(2) {
                        object.insert((*name).to_owned(), shape.value(random));
                    }
                }
                Json::Object(object)
            }
        }
    }
}

fn shapes() -> impl Strategy<Value = Shape> {
    let leaf = prop_oneof![
        Just(Shape::Bool),
        Just(Shape::Int),
        Just(Shape::Number),
        Just(Shape::Text),
        Just(Shape::Enum(vec!["red", "green"])),
        Just(Shape::Null),
        Just(Shape::Open),
    ];
    leaf.prop_recursive(3, 12, 2, |inner| {
        let field = (inner.clone(), any::<bool>());
        prop_oneof![
            inner.clone().prop_map(|item| Shape::List(Box::new(item))),
            (inner.clone(), inner)
                .prop_map(|(one, other)| Shape::Either(Box::new(one), Box::new(other))),
            (field.clone(), field).prop_map(|((x, x_is), (y, y_is))| {
                Shape::Object(vec![("x", x, x_is), ("y", y, y_is)])
            }),
        ]
    })
}

fn expressions() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        6 => prop::sample::select(vec!["data.a", "data.b", "data.c", "data.d"])
            .prop_map(str::to_owned),
        2 => prop::sample::select(vec!["data.a.x", "data.b.y", "data.c[0]", "data.d['x']", "data.a.z"])
            .prop_map(str::to_owned),
        4 => prop::sample::select(vec![
            "1", "2.5", "'red'", "'blue'", "true", "null", "[1, 2]", "['red', 'a']", "{'x': 1}", "now", "[]",
            "duration('4h')",
        ])
        .prop_map(str::to_owned),
    ];
    leaf.prop_recursive(3, 16, 3, |inner| {
        let two = (inner.clone(), inner.clone());
        let signs = vec![
            "==", "!=", "<", ">=", "+", "-", "*", "/", "in", "&&", "||",
        ];
        prop_oneof![
            6 => (inner.clone(), prop::sample::select(signs), inner.clone())
                .prop_map(|(one, sign, other)| format!("({one} {sign} {other})")),
            1 => inner.clone().prop_map(|one| format!("!({one})")),
            1 => inner.clone().prop_map(|one| format!("-({one})")),
            2 => (prop::sample::select(vec!["size", "string", "double", "type", "timestamp"]), inner.clone())
                .prop_map(|(name, one)| format!("{name}({one})")),
            1 => two.clone().prop_map(|(one, other)| format!("({one}).startsWith({other})")),
            1 => two.clone().prop_map(|(one, other)| format!("max({one}, {other})")),
            1 => inner.clone().prop_map(|one| format!("min({one})")),
            1 => inner.clone().prop_map(|one| format!("({one}).getHours()")),
            1 => inner.clone().prop_map(|one| format!("({one}).x")),
            1 => inner.clone().prop_map(|one| format!("has(({one}).x)")),
            1 => two.clone().prop_map(|(one, other)| format!("({one})[{other}]")),
            1 => (inner.clone(), inner.clone(), inner.clone())
                .prop_map(|(one, two, three)| format!("({one} ? {two} : {three})")),
            2 => (two, prop::sample::select(vec!["exists", "all", "map", "filter", "exists_one"]))
                .prop_map(|((one, other), name)| format!("({one}).{name}(i, i == {other})")),
            1 => inner.clone().prop_map(|one| format!("({one}).map(i, i + 1)")),
            1 => inner.prop_map(|one| format!("({one}).exists(i, i.x > 1)")),
        ]
    })
}

/// The part of an expression with a number, unless it stands inside a loop.
fn part(whole: &IdedExpr, node: u64) -> Option<&IdedExpr> {
    if whole.id == node {
        return Some(whole);
    }
    match &whole.expr {
        Expr::Call(call) => {
            let target = call.target.iter().map(|target| &**target);
            target.chain(&call.args).find_map(|inner| part(inner, node))
        }
        Expr::Select(select) => part(&select.operand, node),
        Expr::List(list) => list.elements.iter().find_map(|inner| part(inner, node)),
        Expr::Map(map) => map.entries.iter().find_map(|entry| match &entry.expr {
            EntryExpr::MapEntry(entry) => part(&entry.value, node),
            EntryExpr::StructField(_) => None,
        }),
        Expr::Comprehension(loops) => part(&loops.iter_range, node),
        _ => None,
    }
}

/// What is claimed about a part of an expression is true of one value of it.
fn holds(issue: Issue, part: &IdedExpr, value: &Result<cel::Value, ExecutionError>) -> bool {
    match issue {
        Issue::Fails | Issue::NoField => value.is_err(),
        Issue::NotBool => !matches!(value, Ok(cel::Value::Bool(_))),
        Issue::NeverEqual | Issue::NeverNull => match &part.expr {
            Expr::Call(call) => {
                let unequal = call.func_name == operators::NOT_EQUALS;
                value
                    .as_ref()
                    .map_or(true, |value| *value == cel::Value::Bool(unequal))
            }
            // A written text that is compared with an enumeration.
            _ => true,
        },
        Issue::MixedNumbers => true,
    }
}

#[test]
fn what_is_accepted_never_fails_for_its_kinds_and_what_is_flagged_always_does() {
    let (accepted, flagged) = (Cell::new(0), Cell::new(0));
    let types: file::Types = [("whole".to_owned(), json!({"type": "integer"}))]
        .into_iter()
        .collect();
    let config = Config {
        cases: 6_000,
        failure_persistence: None,
        ..Config::default()
    };
    let mut runner = TestRunner::new_with_rng(
        config,
        TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha),
    );
    let fields = (shapes(), shapes(), shapes(), shapes());
    let cases = (fields, expressions()).prop_perturb(|((a, b, c, d), source), mut random| {
        let fields = vec![
            ("a", a, true),
            ("b", b, true),
            ("c", c, true),
            ("d", d, true),
        ];
        let shape = Shape::Object(fields);
        let values: Vec<Json> = (0..6).map(|_| shape.value(&mut random)).collect();
        (shape.schema(), source, values)
    });
    let outcome = runner.run(&cases, |(schema, source, values)| {
        let program = Program::compile(&source).unwrap();
        let data = Schemas::new(&types).json(&schema, &schema);
        let variables = Variables::from([
            ("data".to_owned(), data),
            ("now".to_owned(), Type::of(Kind::Timestamp.into())),
        ]);
        let event = Type::ANY;
        let mut checker = Checker::new(&program, &variables, &event, &[]);
        let found = checker.run();
        let is_accepted = checker.found.is_empty() && !checker.doubtful;
        accepted.set(accepted.get() + usize::from(is_accepted));
        flagged.set(flagged.get() + checker.found.len());
        for value in &values {
            let mut context = context();
            context.add_variable_from_value("data", convert::to_cel(&from_json(value)));
            context.add_variable_from_value("now", convert::timestamp(0));
            let worth = cel::Value::resolve(program.expression(), &context);
            match &worth {
                Ok(value) => {
                    let kind = kind_of(value);
                    let known = found.kinds.has(kind)
                        || (kind == Kind::String && found.kinds.has(Kind::Type));
                    prop_assert!(known || !checker.found.is_empty(), "{value:?}");
                }
                Err(error) => prop_assert!(!(is_accepted && is_of_kinds(error)), "{error:?}"),
            }
            for mismatch in &checker.found {
                if let Some(part) = part(program.expression(), mismatch.node) {
                    let value = cel::Value::resolve(part, &context);
                    let claim = (mismatch.issue, &mismatch.message);
                    prop_assert!(holds(mismatch.issue, part, &value), "{claim:?}: {value:?}");
                }
            }
        }
        Ok(())
    });
    outcome.unwrap();
    assert!(accepted.get() > 300, "accepted {}", accepted.get());
    assert!(flagged.get() > 1_000, "flagged {}", flagged.get());
}

#[test]
fn a_call_with_many_values_is_judged_at_once() {
    let (variables, event) = (Variables::new(), Type::ANY);
    let arguments = vec!["data.a"; 200].join(", ");
    for source in [
        format!("working_days({arguments})"),
        format!("In({arguments})"),
    ] {
        let program = Program::compile(&source).unwrap();
        let mut checker = Checker::new(&program, &variables, &event, &[]);
        checker.run();
        assert!(checker.found.is_empty());
    }
}

#[test]
fn schemas_that_refer_to_each_other_many_times_are_read_in_reasonable_time() {
    let types = file::Types::default();
    let many = |target: &str| -> serde_json::Map<String, Json> {
        let names = (0..40).map(|number| format!("f{number}"));
        names.map(|name| (name, json!({"$ref": target}))).collect()
    };
    let schema = json!({
        "type": "object",
        "properties": {"a": {"type": "string"}, "tree": {"$ref": "#/$defs/node"}},
        "$defs": {"node": {"type": "object", "properties": many("#/$defs/node")}},
    });
    let found = Schemas::new(&types).json(&schema, &schema);
    assert_eq!(found.at(["a"]).kinds, Kind::String.into());
    assert_eq!(found.at(["tree"]).kinds, Kind::Map.into());
}
