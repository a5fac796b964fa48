//! Expressions of the worst shapes, in a thread whose stack is small.

use casewright_definition::expression::{MAX_EXPRESSION_BYTES, Program};
use casewright_definition::source::{MAX_DEPTH, Source};
use casewright_definition::{Bundle, Definition};

use crate::desk::{Case, definition, workflow};

/// What a thread of the runtime has at least.
const STACK_BYTES: usize = 2 * 1024 * 1024;

fn in_small_stack(work: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().stack_size(STACK_BYTES);
    thread.spawn(work).unwrap().join().unwrap();
}

fn shapes() -> Vec<(&'static str, String)> {
    let fill = |part: &str| part.repeat(MAX_EXPRESSION_BYTES / part.len());
    let nest = |open: &str, inner: &str, close: &str, depth: usize| {
        format!("{}{inner}{}", open.repeat(depth), close.repeat(depth))
    };
    let mut shapes = vec![
        ("parentheses that never close", fill("(")),
        ("brackets that never close", fill("[")),
        ("braces that never close", fill("{")),
        ("denials", fill("!")),
        ("signs", fill("-")),
        ("selections", format!("data{}", ".a".repeat(2_000))),
        ("indices", format!("data{}", "[0]".repeat(1_300))),
        ("calls", format!("data{}", ".f()".repeat(1_000))),
        ("a long sum", format!("1{}", "+1".repeat(2_000))),
        (
            "a long disjunction",
            format!("true{}", "||true".repeat(680)),
        ),
        (
            "a long conjunction",
            format!("true{}", "&&true".repeat(680)),
        ),
        ("a long choice", format!("{}1", "true?1:".repeat(580))),
        ("a long list", format!("[{}1]", "1,".repeat(2_000))),
        ("a long text", format!("'{}'", "客".repeat(1_300))),
        ("a long name", fill("a")),
    ];
    for depth in [10, 30, 90, 200, 500] {
        shapes.push(("nested parentheses", nest("(", "1", ")", depth)));
        shapes.push(("nested lists", nest("[", "1", "]", depth)));
        shapes.push(("nested calls", nest("size(", "'a'", ")", depth)));
        shapes.push(("nested maps", nest("{'a':", "1", "}", depth)));
        shapes.push(("nested choices", nest("true?(", "1", "):0", depth)));
    }
    for depth in [5, 20, 40, 100] {
        shapes.push(("nested macros", nest("[1].map(x,", "x", ")", depth)));
        shapes.push(("nested filters", nest("[1].exists(x,", "true", ")", depth)));
    }
    shapes.retain(|(_, text)| text.len() <= MAX_EXPRESSION_BYTES);
    shapes
}

#[test]
fn no_shape_of_expression_overflows_the_stack() {
    for (_, text) in shapes() {
        in_small_stack(move || {
            // Whether it is CEL or not is not the question; that there is an answer is.
            let _ = Program::compile(&text);
        });
    }
}

#[test]
fn what_compiles_can_be_run_too() {
    for (_, text) in shapes() {
        in_small_stack(move || {
            if Program::compile(&text).is_err() {
                return;
            }
            let rest = format!(
                "data: {{}}\nevents: {{ go: {{ title: Go, roles: [clerk] }} }}\nstates:\n  open:\n    on:\n      go: {{ actions: {{ log: {} }} }}\n",
                serde_json::to_string(&text).unwrap()
            );
            let source = Source::new("deep.yaml", workflow(&rest));
            let checked = Definition::check(source, &crate::desk::pack(), None);
            if let (Some(definition), _) = checked {
                let mut case = Case::new(definition);
                case.start();
                case.send("go");
            }
        });
    }
}

#[test]
fn data_does_not_grow_deeper_than_can_be_walked() {
    let list = format!("[{}1]", "1,".repeat(300));
    let rest = format!(
        "data: {{ properties: {{ x: {{ default: 1 }} }} }}\nevents: {{}}\nstates:\n  open:\n    entry:\n      - foreach: {{ array: \"{list}\", item: n, actions: {{ assign: {{ x: [data.x] }} }} }}\n"
    );
    let mut case = Case::new(definition(&workflow(&rest)));
    case.start();
    assert!(
        case.story.contains("at most 64 levels of nesting"),
        "{}",
        case.story
    );
}

#[test]
fn macros_inside_macros_are_few() {
    let ten = "[1,2,3,4,5,6,7,8,9,10]";
    let loops = |depth: usize| {
        let open = format!("{ten}.map(x, ").repeat(depth);
        Program::compile(&format!("{open}1{}", ")".repeat(depth)))
    };
    assert!(loops(3).is_ok());
    let error = loops(4).unwrap_err();
    assert_eq!(
        error.message,
        "expected macros such as `map` at most 3 deep, found 4"
    );
}

#[test]
fn a_product_of_lists_is_bounded_by_what_can_be_written() {
    let ten = "[1,2,3,4,5,6,7,8,9,10]";
    let rest = format!(
        "data: {{}}\nevents: {{}}\nstates:\n  open:\n    entry: {{ log: \"size({ten}.map(a, {ten}.map(b, {ten}.map(c, a * b * c))))\" }}\n"
    );
    let mut case = Case::new(definition(&workflow(&rest)));
    case.start();
    assert!(case.story.contains("log 10"), "{}", case.story);
}

/// As many states inside each other, with something to do in the innermost.
fn tower(depth: usize) -> String {
    let open: String = (0..depth).map(|n| format!("<state id='s{n}'>")).collect();
    let close = "</state>".repeat(depth);
    let inner = "<onentry><if cond='true'><if cond='true'><log expr='[[1]]'/></if></if></onentry><transition event='e' target='s0'/>";
    format!("<scxml>{open}{inner}{close}</scxml>")
}

#[test]
fn sixty_states_inside_each_other_fit_in_a_small_stack() {
    in_small_stack(|| {
        let last = crate::scxml::run(&tower(60), "e");
        assert_eq!(last, "s59");
    });
}

#[test]
fn a_file_as_deep_as_may_be_fits_in_a_small_stack() {
    let nest = |open: &str, inner: &str, close: &str, levels: usize| {
        let depth = (MAX_DEPTH - 12) / levels;
        format!("{}{inner}{}", open.repeat(depth), close.repeat(depth))
    };
    let log = "{log: '1'}";
    let actions = [
        nest("{block: ", log, "}", 1),
        nest("{block: [", log, "]}", 2),
        nest("{if: {guard: 'true', actions: ", log, "}}", 2),
        nest(
            "{foreach: {array: '[1]', item: n, actions: [",
            log,
            "]}}",
            3,
        ),
        format!("{{log: {{value: {}}}}}", nest("[", "'1'", "]", 1)),
        format!("{{log: {{value: {}}}}}", nest("{a: ", "'1'", "}", 1)),
    ];
    let schemas = [
        nest("{properties: {x: ", "{type: integer}", "}}", 2),
        nest("{items: ", "{type: integer}", "}", 1),
        nest("{allOf: [", "{type: integer}", "]}", 2),
        nest("{not: ", "{type: integer}", "}", 1),
        format!("{{default: {}}}", nest("[", "1", "]", 1)),
    ];
    let actions =
        actions.map(|action| format!("data: {{}}\nstates: {{ a: {{ entry: {action} }} }}\n"));
    let schemas = schemas.map(|schema| {
        format!("data: {{ properties: {{ x: {schema} }} }}\nstates: {{ a: {{ entry: {{log: data.x}} }} }}\n")
    });
    for rest in actions.into_iter().chain(schemas) {
        in_small_stack(move || {
            let source = Source::new("deep.yaml", workflow(&format!("events: {{}}\n{rest}")));
            let (definition, findings) = Definition::check(source, &crate::desk::pack(), None);
            // Other limits may come first, but they must be told.
            assert!(definition.is_some() || findings.has_errors());
            let Some(definition) = definition else { return };
            let bytes = definition.bundle.to_bytes().unwrap();
            assert_eq!(Bundle::from_bytes(&bytes).unwrap(), definition.bundle);
            let mut case = Case::new(definition);
            case.start();
        });
    }
}
