//! Whether a case can always still end.
//!
//! The interpreter itself is run from every configuration with every event, and every guard is answered
//! both ways. Guards and timers are taken apart from the data and the time: each answer is possible, and
//! every event that is declared or sent may come at any time, and a service come back either way while its
//! state is active. So a workflow that is called sound may still
//! be held up by a guard that never holds; one that is called unsound has a place from which no guard, no
//! event and no timer leads to an end.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use casewright_chart::{
    Chart, Event, Limits, Snapshot, StateIndex, Status, Step, StepError, Timestamp, Value, start,
    step,
};
use indexmap::IndexMap;

use super::endless::{Chain, Round, caught};
use super::oracle::Oracle;
use super::reach::{outside_events, returned_events};
use super::skeleton::skeleton;
use super::transitions::takes;
use crate::definition::Definition;

/// The most configurations that are explored, history counted in. The largest workflow of the shipped
/// pack has 29; a parallel state of ten regions with three states each has 59,049.
pub const MAX_CONFIGURATIONS: usize = 20_000;
/// The most work: one for each event that a configuration is asked about, more for each step that is
/// taken. It keeps the search well below a second, for people wait for it.
pub const MAX_EFFORT: usize = 2_000_000;

/// What a step costs beside the question whether there is one.
const STEP_EFFORT: usize = 16;
/// The most microsteps in a step: guards are answered the same way in the same place, so that a longer
/// one goes round.
const MAX_MICROSTEPS: usize = 100;

/// Whether a case can always still end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Soundness {
    /// From every configuration that can be reached a final one can be.
    Sound {
        /// How many there are.
        configurations: usize,
    },
    /// There is a configuration from which none can.
    Unsound {
        /// The shortest sequence of events that leads there.
        path: Vec<Arc<str>>,
        /// How guards are answered on the way, in the order in which they are asked: first when the
        /// case begins, then at each event of the path. Empty when no case can begin.
        answers: Vec<Vec<bool>>,
        /// The atomic states that are active there.
        active: Vec<Arc<str>>,
    },
    /// The search was given up.
    Unknown {
        /// The name of the limit: `MAX_CONFIGURATIONS` or `MAX_EFFORT`.
        limit: &'static str,
    },
}

/// Explores the configurations of a definition's chart.
pub fn soundness(definition: &Definition) -> Soundness {
    explored(definition).0
}

/// What [`soundness`] says, and the rounds without an end that were met.
pub(super) fn explored(definition: &Definition) -> (Soundness, BTreeSet<Round>) {
    let Some(chart) = skeleton(&definition.chart) else {
        let limit = "MAX_EFFORT";
        return (Soundness::Unknown { limit }, BTreeSet::new());
    };
    let mut search = Search {
        chart: &chart,
        events: events(definition),
        returned: only_returned(definition),
        oracle: Oracle::new(definition),
        limits: limits(),
        found: IndexMap::new(),
        rounds: BTreeSet::new(),
        chain: Chain::default(),
        effort: 0,
    };
    let soundness = match search.explore() {
        Ok(()) => search.judge(),
        Err(limit) => Soundness::Unknown { limit },
    };
    let mut rounds = search.chain.rounds();
    rounds.extend(search.rounds);
    (soundness, rounds)
}

/// Every event that may come.
pub(super) fn events(definition: &Definition) -> Vec<Arc<str>> {
    let mut events = outside_events(definition);
    events.push("error.execution".into());
    let returned = returned_events(&definition.chart).map(|(_, event)| event);
    for event in returned {
        if !events.contains(&event) {
            events.push(event);
        }
    }
    events
}

/// The events as which a service comes back, and nothing else, each with the state in which it runs.
fn only_returned(definition: &Definition) -> BTreeMap<Arc<str>, StateIndex> {
    let others = outside_events(definition);
    let returned = returned_events(&definition.chart);
    returned
        .filter(|(_, event)| !others.contains(event))
        .map(|(state, event)| (event, state))
        .collect()
}

/// The limits of one step.
pub(super) fn limits() -> Limits {
    Limits {
        microsteps: MAX_MICROSTEPS,
        ..Limits::default()
    }
}

/// What tells one configuration from another.
#[derive(PartialEq, Eq, Hash)]
struct Key {
    configuration: Vec<StateIndex>,
    history: Vec<(StateIndex, Vec<StateIndex>)>,
    done: bool,
}

/// One configuration that was found.
struct Found {
    snapshot: Snapshot,
    /// From where it was found, and by which event; none at the start.
    from: Option<(usize, Arc<str>)>,
    /// How guards were answered in that step.
    answers: Vec<bool>,
    /// From where else a step leads to it.
    before: Vec<usize>,
}

struct Search<'a> {
    chart: &'a Chart,
    events: Vec<Arc<str>>,
    /// Those that only come while a state is active.
    returned: BTreeMap<Arc<str>, StateIndex>,
    oracle: Oracle<'a>,
    limits: Limits,
    found: IndexMap<Key, Found>,
    /// The rounds in which steps were caught.
    rounds: BTreeSet<Round>,
    /// The steps that send events at once.
    chain: Chain,
    effort: usize,
}

impl Search<'_> {
    /// Finds every configuration, those that take fewer events first.
    fn explore(&mut self) -> Result<(), &'static str> {
        let now = Timestamp::default();
        self.each_way(None, 0, |search| {
            start(
                search.chart,
                Value::Null,
                now,
                &search.oracle,
                &search.limits,
            )
        })?;
        let mut at = 0;
        while let Some((_, found)) = self.found.get_index(at) {
            let snapshot = found.snapshot.clone();
            if snapshot.status == Status::Running {
                for number in 0..self.events.len() {
                    self.spend(1)?;
                    let event = self.events[number].clone();
                    let comes = self.may_come(&event, &snapshot.configuration);
                    if comes && takes(self.chart, &snapshot.configuration, &event) {
                        self.each_way(
                            Some((at, event.clone())),
                            snapshot.configuration.len(),
                            |search| {
                                let event = Event::external(event.clone(), Value::Null);
                                let (oracle, limits) = (&search.oracle, &search.limits);
                                step(search.chart, &snapshot, event, now, oracle, limits)
                            },
                        )?;
                    }
                }
            }
            at += 1;
        }
        Ok(())
    }

    /// Whether an event may come: a service comes back only while its state is active.
    fn may_come(&self, event: &Arc<str>, configuration: &[StateIndex]) -> bool {
        let state = self.returned.get(event);
        state.is_none_or(|state| *state == StateIndex::ROOT || configuration.contains(state))
    }

    /// Takes a step with every script, and notes where each leads. One that goes round leads nowhere,
    /// and so does one whose event no transition takes: it is refused.
    fn each_way(
        &mut self,
        from: Option<(usize, Arc<str>)>,
        active: usize,
        take: impl Fn(&Self) -> Result<Step, StepError>,
    ) -> Result<(), &'static str> {
        loop {
            // Transitions that are taken together are compared pair by pair.
            self.spend(STEP_EFFORT + active * active / 4)?;
            match take(self) {
                Ok(step) if step.taken => self.note(step.snapshot, from.clone())?,
                Ok(_) => {}
                Err(_) => self.rounds.extend(caught(&self.oracle.noted())),
            }
            if !self.oracle.turn() {
                return Ok(());
            }
        }
    }

    fn note(
        &mut self,
        mut snapshot: Snapshot,
        from: Option<(usize, Arc<str>)>,
    ) -> Result<(), &'static str> {
        // What was sent counts as an event that may come at any time.
        let pending = std::mem::take(&mut snapshot.pending);
        let history = snapshot.history.iter();
        let key = Key {
            configuration: snapshot.configuration.clone(),
            history: history
                .map(|(state, kept)| (*state, kept.clone()))
                .collect(),
            done: snapshot.status != Status::Running,
        };
        let before = from.as_ref().map(|(before, _)| *before);
        let entry = self.found.entry(key);
        if let [sent] = pending.as_slice() {
            let sent = (entry.index(), sent.event.clone());
            self.chain.note(from.clone(), sent, &self.oracle.noted());
        }
        let found = entry.or_insert_with(|| Found {
            snapshot,
            from,
            answers: self.oracle.answers(),
            before: Vec::new(),
        });
        found.before.extend(before);
        match self.found.len() <= MAX_CONFIGURATIONS {
            true => Ok(()),
            false => Err("MAX_CONFIGURATIONS"),
        }
    }

    fn spend(&mut self, effort: usize) -> Result<(), &'static str> {
        self.effort += effort;
        match self.effort <= MAX_EFFORT {
            true => Ok(()),
            false => Err("MAX_EFFORT"),
        }
    }

    /// Goes back from the ends: what is not met on the way can never end.
    fn judge(&self) -> Soundness {
        let mut ends = vec![false; self.found.len()];
        let mut queue: VecDeque<usize> = VecDeque::new();
        for (number, key) in self.found.keys().enumerate() {
            if key.done {
                ends[number] = true;
                queue.push_back(number);
            }
        }
        while let Some(number) = queue.pop_front() {
            for before in &self.found[number].before {
                if !std::mem::replace(&mut ends[*before], true) {
                    queue.push_back(*before);
                }
            }
        }
        match ends.iter().position(|ends| !ends) {
            Some(number) => self.unsound(number),
            // A chart whose first step goes round for ever has no configuration at all.
            None if ends.is_empty() => Soundness::Unsound {
                path: Vec::new(),
                answers: Vec::new(),
                active: Vec::new(),
            },
            None => Soundness::Sound {
                configurations: ends.len(),
            },
        }
    }

    fn unsound(&self, number: usize) -> Soundness {
        let (mut path, mut answers) = (Vec::new(), Vec::new());
        let mut at = number;
        while let Some((before, event)) = &self.found[at].from {
            path.push(event.clone());
            answers.push(self.found[at].answers.clone());
            at = *before;
        }
        answers.push(self.found[at].answers.clone());
        path.reverse();
        answers.reverse();
        let configuration = &self.found[number].snapshot.configuration;
        let atomic = self.chart.atomic_states(configuration);
        Soundness::Unsound {
            path,
            answers,
            active: atomic
                .map(|state| self.chart.state(state).id.clone())
                .collect(),
        }
    }
}
