//! The verdict on whether a case can always end, against an enumeration that shares nothing with it but
//! the interpreter.
//!
//! Charts are drawn from a tape of bytes: few states of every kind, events, guards, deadlines, raised
//! events, services. The enumeration runs the whole chart with its own evaluator. Which guards are free it finds
//! by asking each with data that make it hold and with data that do not; what a step may do, by trying
//! both answers of every free question, one question after the other. It is bounded in questions of a
//! step, microsteps and configurations; a chart beyond a bound is drawn anew.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};

use casewright_chart::{
    Action, Answer, Block, DecisionError, DecisionIndex, Evaluate, EvaluateError, Event,
    ExpressionIndex, Limits, Scope, Send, Snapshot, StateIndex, Status, Step, StepError, Timestamp,
    Value, start, step,
};
use casewright_definition::analysis::{Soundness, Walk, WalkError, soundness};
use casewright_definition::source::Source;
use casewright_definition::{Circumstances, Definition, Evaluator, Pack};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use serde_json::{Map, Value as Json, json};

use crate::desk;

static PACK: LazyLock<Pack> = LazyLock::new(desk::pack);

const EVENTS: [&str; 3] = ["go", "stop", "turn"];
/// The bounds of the enumeration. The interpreter's own limit of microsteps is that of the search.
const MAX_QUESTIONS: usize = 7;
const MAX_FOUND: usize = 150;
const MICROSTEPS: usize = 100;
const MAX_STATES: usize = 9;

/// Draws numbers from bytes; when they are used up, every number is the smallest.
struct Tape<'a>(std::slice::Iter<'a, u8>);

impl Tape<'_> {
    fn below(&mut self, end: usize) -> usize {
        self.0.next().map_or(0, |byte| usize::from(*byte) % end)
    }
}

/// A state before its transitions are drawn.
struct Node {
    id: String,
    kind: &'static str,
    children: Vec<Node>,
}

fn draw_children(tape: &mut Tape<'_>, above: &str, inside: &str, left: &mut usize) -> Vec<Node> {
    let wanted = if inside == "parallel" {
        2
    } else {
        2 + tape.below(3)
    };
    let mut children: Vec<Node> = Vec::new();
    for number in 0..wanted {
        if *left == 0 && number >= 1 {
            break;
        }
        *left = left.saturating_sub(1);
        let is_region = inside == "parallel";
        let drawn = [
            "atomic", "compound", "final", "parallel", "history", "atomic",
        ][tape.below(6)];
        let kind = match drawn {
            // Every region can be done, and what comes first is entered.
            "final" | "history" if number == 0 || is_region => "atomic",
            "history" if inside == "root" || children.iter().any(|node| node.kind == "history") => {
                "final"
            }
            "compound" | "parallel" if *left < 2 => "atomic",
            drawn => drawn,
        };
        let id = format!("{above}{}", ["a", "b", "c", "d"][number]);
        let inner = match kind {
            "compound" | "parallel" => draw_children(tape, &format!("{id}."), kind, left),
            _ => Vec::new(),
        };
        children.push(Node {
            id,
            kind,
            children: inner,
        });
    }
    children
}

fn ids(nodes: &[Node], all: &mut Vec<String>) {
    for node in nodes {
        all.push(node.id.clone());
        ids(&node.children, all);
    }
}

struct Drawing<'t, 'b> {
    tape: &'t mut Tape<'b>,
    ids: Vec<String>,
    guards: usize,
}

impl Drawing<'_, '_> {
    /// A free guard, each its own text, or one about another state, or none.
    fn guard(&mut self) -> Option<String> {
        match self.tape.below(5) {
            0 | 1 => {
                self.guards += 1;
                Some(format!("data.n > {}", self.guards))
            }
            2 => {
                let id = self.tape.below(self.ids.len());
                Some(format!("In('{}')", self.ids[id]))
            }
            _ => None,
        }
    }

    fn transition(&mut self) -> Json {
        let target = self.tape.below(self.ids.len());
        let mut transition = Map::new();
        transition.insert("target".to_owned(), format!("#{}", self.ids[target]).into());
        transition.insert("reenter".to_owned(), true.into());
        if let Some(guard) = self.guard() {
            transition.insert("guard".to_owned(), guard.into());
        }
        if self.tape.below(5) == 1 {
            let event = EVENTS[self.tape.below(EVENTS.len())];
            transition.insert("actions".to_owned(), json!([{ "raise": event }]));
        }
        transition.into()
    }

    /// A service, of which only the failure may lead on.
    fn invoke(&mut self) -> Json {
        let key = ["onDone", "onError"][self.tape.below(2)];
        json!({ "src": "other.system", key: [self.transition()] })
    }

    fn states(&mut self, nodes: &[Node]) -> Json {
        let drawn = nodes.iter().map(|node| {
            let key = node.id.rsplit('.').next().unwrap_or_default().to_owned();
            (key, self.state(node))
        });
        drawn.collect::<Map<String, Json>>().into()
    }

    fn state(&mut self, node: &Node) -> Json {
        let mut state = Map::new();
        match node.kind {
            "final" => return json!({ "type": "final" }),
            "history" => {
                let depth = ["shallow", "deep"][self.tape.below(2)];
                return json!({ "type": "history", "history": depth });
            }
            "parallel" => drop(state.insert("type".to_owned(), "parallel".into())),
            _ => {}
        }
        let mut on: BTreeMap<&str, Vec<Json>> = BTreeMap::new();
        for _ in 0..self.tape.below(3) {
            let event = EVENTS[self.tape.below(EVENTS.len())];
            on.entry(event).or_default().push(self.transition());
        }
        if self.tape.below(6) == 1 {
            on.entry("done.invoke.*")
                .or_default()
                .push(self.transition());
        }
        state.insert("on".to_owned(), json!(on));
        match self.tape.below(8) {
            1 => drop(state.insert("always".to_owned(), json!([self.transition()]))),
            2 => drop(state.insert("after".to_owned(), json!({ "PT1H": [self.transition()] }))),
            3 => {
                let event = EVENTS[self.tape.below(EVENTS.len())];
                state.insert("entry".to_owned(), json!([{ "raise": event }]));
            }
            4 => drop(state.insert("invoke".to_owned(), self.invoke())),
            _ => {}
        }
        if !node.children.is_empty() {
            if self.tape.below(2) == 0 {
                state.insert("onDone".to_owned(), json!([self.transition()]));
            }
            state.insert("states".to_owned(), self.states(&node.children));
        }
        state.into()
    }
}

/// A workflow drawn from a tape; none when what was drawn is no chart.
fn draw(bytes: &[u8]) -> Option<Definition> {
    let mut tape = Tape(bytes.iter());
    let mut left = MAX_STATES;
    let nodes = draw_children(&mut tape, "", "root", &mut left);
    let mut all = Vec::new();
    ids(&nodes, &mut all);
    let mut drawing = Drawing {
        tape: &mut tape,
        ids: all,
        guards: 0,
    };
    let states = drawing.states(&nodes);
    let events: Map<String, Json> = EVENTS
        .iter()
        .map(|event| {
            (
                (*event).to_owned(),
                json!({ "title": event, "roles": ["clerk"] }),
            )
        })
        .collect();
    let workflow = json!({
        "id": "drawn", "version": "1.0.0", "title": "Drawn", "start": { "roles": ["clerk"] },
        "data": { "properties": { "n": { "type": "integer", "default": 0 } } },
        "events": events,
        "states": states,
    });
    let source = Source::new("drawn.json", workflow.to_string());
    Definition::check(source, &PACK, None).0
}

/// A guard as it was asked in a step.
type Question = (ExpressionIndex, Vec<StateIndex>, Option<Arc<str>>);

/// Answers what is known, and notes the first question to which there is no answer yet.
struct Free<'a> {
    real: Evaluator<'a>,
    answers: Vec<(Question, bool)>,
    open: RefCell<Option<Question>>,
}

impl Free<'_> {
    fn with(
        &self,
        n: i64,
        guard: ExpressionIndex,
        scope: &Scope<'_>,
    ) -> Result<bool, EvaluateError> {
        let data = Value::map([("n", Value::Int(n))]);
        let scope = Scope {
            data: &data,
            ..*scope
        };
        self.real.guard(guard, &scope)
    }
}

impl Evaluate for Free<'_> {
    fn guard(&self, guard: ExpressionIndex, scope: &Scope<'_>) -> Result<bool, EvaluateError> {
        let few = self.with(0, guard, scope)?;
        if few == self.with(1_000, guard, scope)? {
            return Ok(few);
        }
        let event = scope.event.map(|event| event.name.clone());
        let question = (guard, scope.configuration.to_vec(), event);
        let known = self.answers.iter().find(|(asked, _)| *asked == question);
        if known.is_none() {
            self.open.borrow_mut().get_or_insert(question);
        }
        Ok(known.is_some_and(|(_, answer)| *answer))
    }

    fn value(&self, value: ExpressionIndex, scope: &Scope<'_>) -> Result<Value, EvaluateError> {
        self.real.value(value, scope)
    }

    fn delay_ms(&self, delay: ExpressionIndex, scope: &Scope<'_>) -> Result<u64, EvaluateError> {
        self.real.delay_ms(delay, scope)
    }

    fn decide(&self, decision: DecisionIndex, input: &Value) -> Result<Answer, DecisionError> {
        self.real.decide(decision, input)
    }
}

/// A bound of the enumeration was met.
struct Beyond;

type Taken<'a> = &'a dyn Fn(&Free<'_>) -> Result<Step, StepError>;

/// Every outcome of a step: questions are answered both ways, one after the other.
fn outcomes(
    definition: &Definition,
    answers: &[(Question, bool)],
    take: Taken<'_>,
    found: &mut Vec<Snapshot>,
) -> Result<(), Beyond> {
    let free = Free {
        real: Evaluator {
            definition,
            circumstances: &Circumstances::default(),
            decide: &desk::Doubler,
        },
        answers: answers.to_vec(),
        open: RefCell::default(),
    };
    let step = take(&free);
    let open = free.open.take();
    let Some(question) = open else {
        found.extend(
            step.ok()
                .filter(|step| step.taken)
                .map(|step| step.snapshot),
        );
        return Ok(());
    };
    if answers.len() == MAX_QUESTIONS {
        return Err(Beyond);
    }
    for answer in [false, true] {
        let mut answers = answers.to_vec();
        answers.push((question.clone(), answer));
        outcomes(definition, &answers, take, found)?;
    }
    Ok(())
}

/// What the events are that may come while states are active: those of people, those of timers, those of the
/// services that run in these states, and the engine's own.
fn names(definition: &Definition, active: &[StateIndex]) -> BTreeSet<Arc<str>> {
    let mut names: BTreeSet<Arc<str>> = definition.events.keys().cloned().collect();
    names.insert("error.execution".into());
    let mut see = |block: &Block| {
        for action in block {
            if let Action::Send(Send { event, .. }) = action {
                names.extend(event.fixed().cloned());
            }
        }
    };
    for (_, state) in definition.chart.states() {
        state.entry.iter().chain(&state.exit).for_each(&mut see);
    }
    for state in active {
        let invokes = definition.chart.state(*state).invokes.iter();
        names.extend(invokes.flat_map(|invoke| [invoke.done(), invoke.error()]));
    }
    names
}

type Place = (Vec<StateIndex>, Vec<(StateIndex, Vec<StateIndex>)>, bool);

fn place(snapshot: &Snapshot) -> Place {
    let history = snapshot.history.iter();
    (
        snapshot.configuration.clone(),
        history
            .map(|(state, kept)| (*state, kept.clone()))
            .collect(),
        snapshot.status != Status::Running,
    )
}

/// Everything that was found: where a case may stand, how many events lead there, and where it may
/// stand after one more.
#[derive(Default)]
struct Graph {
    distance: BTreeMap<Place, usize>,
    next: BTreeMap<Place, BTreeSet<Place>>,
}

fn enumerate(definition: &Definition) -> Result<Graph, Beyond> {
    let chart = &definition.chart;
    let limits = Limits {
        microsteps: MICROSTEPS,
        ..Limits::default()
    };
    let now = Timestamp::from_unix_ms(desk::NOON_MS);
    let mut graph = Graph::default();
    let mut layer = Vec::new();
    outcomes(
        definition,
        &[],
        &|free| start(chart, definition.defaults.clone(), now, free, &limits),
        &mut layer,
    )?;
    let mut distance = 0;
    while !layer.is_empty() {
        let mut next_layer = Vec::new();
        for snapshot in layer {
            let from = place(&snapshot);
            if graph.distance.contains_key(&from) {
                continue;
            }
            graph.distance.insert(from.clone(), distance);
            if graph.distance.len() > MAX_FOUND {
                return Err(Beyond);
            }
            let mut found = Vec::new();
            if snapshot.status == Status::Running {
                for name in names(definition, &snapshot.configuration) {
                    outcomes(
                        definition,
                        &[],
                        &|free| {
                            let event = Event::external(name.clone(), Value::Null);
                            step(chart, &snapshot, event, now, free, &limits)
                        },
                        &mut found,
                    )?;
                }
            }
            graph.next.insert(from, found.iter().map(place).collect());
            next_layer.extend(found);
        }
        layer = next_layer;
        distance += 1;
    }
    Ok(graph)
}

/// Whether an end can be reached from a place: the plain definition, asked for every place anew.
fn can_end(graph: &Graph, from: &Place) -> bool {
    let mut seen = BTreeSet::new();
    let mut open = vec![from];
    while let Some(at) = open.pop() {
        if at.2 {
            return true;
        }
        if seen.insert(at) {
            open.extend(&graph.next[at]);
        }
    }
    false
}

/// Goes the way to where a case is stuck.
fn walk<'a>(
    definition: &'a Definition,
    path: &[Arc<str>],
    answers: &[Vec<bool>],
) -> Result<Walk<'a>, WalkError> {
    let mut walk = Walk::start(definition, &answers[0])?;
    for (event, answers) in path.iter().zip(&answers[1..]) {
        walk.send(event, answers)?;
    }
    Ok(walk)
}

fn compare(definition: &Definition, graph: &Graph) -> Result<bool, TestCaseError> {
    let stuck: Vec<&Place> = graph
        .distance
        .keys()
        .filter(|at| !can_end(graph, at))
        .collect();
    let nearest = stuck.iter().map(|at| graph.distance[*at]).min();
    match soundness(definition) {
        Soundness::Sound { configurations } => {
            prop_assert_eq!(nearest, None, "called sound");
            prop_assert_eq!(configurations, graph.distance.len());
            Ok(true)
        }
        Soundness::Unsound {
            path,
            answers,
            active,
        } if graph.distance.is_empty() => {
            prop_assert!(path.is_empty() && answers.is_empty() && active.is_empty());
            Ok(false)
        }
        Soundness::Unsound {
            path,
            answers,
            active,
        } => {
            let walk = walk(definition, &path, &answers).unwrap();
            prop_assert_eq!(walk.active(), active.clone(), "gone again");
            prop_assert!(!walk.is_done());
            prop_assert_eq!(nearest, Some(path.len()), "the shortest way to be stuck");
            let chart = &definition.chart;
            let is_told = |at: &&&Place| {
                let atomic = chart.atomic_states(&at.0);
                let ids: Vec<Arc<str>> =
                    atomic.map(|state| chart.state(state).id.clone()).collect();
                ids == active && graph.distance[**at] == path.len()
            };
            prop_assert!(stuck.iter().any(|at| is_told(&at)), "{:?}", active);
            Ok(false)
        }
        Soundness::Unknown { limit } => Err(TestCaseError::fail(format!("given up at `{limit}`"))),
    }
}

#[test]
fn the_verdict_is_that_of_plain_enumeration() {
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases: 300,
        failure_persistence: None,
        max_global_rejects: 4_000,
        ..ProptestConfig::default()
    });
    let sound = RefCell::new([0, 0]);
    let tape = prop::collection::vec(any::<u8>(), 20..120);
    runner
        .run(&tape, |bytes| {
            let Some(definition) = draw(&bytes) else {
                return Err(TestCaseError::reject("no chart"));
            };
            let Ok(graph) = enumerate(&definition) else {
                return Err(TestCaseError::reject("beyond a bound"));
            };
            let verdict = compare(&definition, &graph)?;
            sound.borrow_mut()[usize::from(verdict)] += 1;
            Ok(())
        })
        .unwrap();
    // Were nearly all of one kind, little would have been compared.
    let [unsound, sound] = sound.into_inner();
    assert!(
        unsound >= 30 && sound >= 30,
        "{unsound} unsound, {sound} sound"
    );
}

/// A parallel state whose regions each go to any of their states when one event comes.
fn regions(count: usize, states: usize) -> Soundness {
    let mut guard = 0;
    let region = |_| {
        let names: Vec<String> = (0..states).map(|number| format!("s{number}")).collect();
        let ways: Vec<Json> = names[1..]
            .iter()
            .map(|name| {
                guard += 1;
                json!({ "target": name, "guard": format!("data.n > {guard}") })
            })
            .collect();
        let mut inner = Map::new();
        for name in &names {
            inner.insert(name.clone(), json!({}));
        }
        inner["s0"] = json!({ "on": { "go": ways } });
        json!({ "states": inner })
    };
    let regions: Map<String, Json> = (0..count)
        .map(|number| format!("r{number}"))
        .zip((0..count).map(region))
        .collect();
    let workflow = json!({
        "id": "many", "version": "1.0.0", "title": "Many", "start": { "roles": ["clerk"] },
        "data": { "properties": { "n": { "type": "integer", "default": 0 } } },
        "events": { "go": { "title": "Go", "roles": ["clerk"] } },
        "states": { "all": { "type": "parallel", "states": regions } },
    });
    let source = Source::new("many.json", workflow.to_string());
    let (definition, findings) = Definition::check(source, &PACK, None);
    soundness(&definition.unwrap_or_else(|| panic!("{}", findings.report())))
}

#[test]
fn regions_that_multiply_end_the_search_at_a_limit() {
    let given_up = |limit| Soundness::Unknown { limit };
    // 5^7 configurations, each a cheap step away: there are too many of them.
    assert_eq!(regions(7, 5), given_up("MAX_CONFIGURATIONS"));
    // 3^10 configurations of more states each: the steps cost too much before.
    assert_eq!(regions(10, 3), given_up("MAX_EFFORT"));
    // A few are judged.
    assert!(matches!(regions(4, 3), Soundness::Unsound { .. }));
}
