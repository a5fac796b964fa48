//! Rounds that a step, or a chain of events that a chart sends itself at once, goes for ever.
//!
//! `soundness` takes every step with every answer of the guards. A step that comes to no end repeats
//! itself in what the oracle noted of it; when no guard was asked in what repeats, nothing stops it.
//! Events that are sent without a delay are followed from one step to the next in the same way. What
//! depends on a guard that is no constant is never called endless: it may hold, or cease to.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use casewright_chart::Chart;

use super::oracle::Noted;
use super::{Analysis, TRANSITION_ENDLESS};

/// The numbers of the transitions of a round, each once, the first in the document first.
pub(super) type Round = Vec<usize>;

/// The round in which a step that came to no end is caught: the shortest piece that stands twice at the
/// end of what was noted.
pub(super) fn caught(noted: &[Noted]) -> Option<Round> {
    let lengths = 1..=noted.len() / 2;
    let (_, end) = lengths
        .map(|length| noted.split_at(noted.len() - length))
        .find(|(before, end)| before.ends_with(end))?;
    unguarded(end)
}

/// The transitions that were taken, when no guard was asked that data answers.
fn unguarded(noted: &[Noted]) -> Option<Round> {
    let taken: Option<BTreeSet<usize>> = noted
        .iter()
        .map(|noted| match noted {
            Noted::Taken(transition) => Some(*transition),
            Noted::Asked => None,
        })
        .collect();
    taken
        .filter(|taken| !taken.is_empty())
        .map(|taken| taken.into_iter().collect())
}

/// A configuration, by its number, and the event that was sent on the way to it.
type Sent = (usize, Arc<str>);

/// The steps on which a chart sends itself one event, and no other.
#[derive(Default)]
pub(super) struct Chain {
    /// From where a chain may begin: a step that was taken by this, or the start.
    begins: BTreeSet<(Option<Sent>, Sent)>,
    /// Where a step leads that asked no guard which data answers, and by which transitions.
    next: BTreeMap<Sent, (Sent, Round)>,
}

impl Chain {
    /// Notes a step that sends one event.
    pub(super) fn note(&mut self, from: Option<Sent>, sent: Sent, noted: &[Noted]) {
        if let (Some(from), Some(round)) = (&from, unguarded(noted)) {
            self.next.insert(from.clone(), (sent.clone(), round));
        }
        self.begins.insert((from, sent));
    }

    /// The rounds that such a chain enters from outside.
    pub(super) fn rounds(&self) -> BTreeSet<Round> {
        let begins = self.begins.iter();
        begins
            .filter_map(|(from, sent)| {
                let (on_it, round) = self.round(sent)?;
                let is_outside = from.as_ref().is_none_or(|from| !on_it.contains(from));
                is_outside.then_some(round)
            })
            .collect()
    }

    /// Where the chain from here on goes round, and by which transitions.
    fn round<'a>(&'a self, first: &'a Sent) -> Option<(BTreeSet<&'a Sent>, Round)> {
        let mut met = BTreeSet::new();
        let mut at = first;
        while met.insert(at) {
            at = &self.next.get(at)?.0;
        }
        let (mut on_it, mut round) = (BTreeSet::new(), BTreeSet::new());
        while on_it.insert(at) {
            let (next, taken) = self.next.get(at)?;
            round.extend(taken.iter().copied());
            at = next;
        }
        Some((on_it, round.into_iter().collect()))
    }
}

impl Analysis<'_> {
    /// Warns of every round that was found, but for those of which a transition was told of already.
    pub(super) fn endless(&mut self, rounds: &BTreeSet<Round>) {
        for round in rounds {
            let places = self.places_of(round);
            let mut told = self.diagnostics.iter();
            let is_told = told.any(|found| {
                let at = found.pointer.as_deref();
                found.code == TRANSITION_ENDLESS
                    && at.is_some_and(|at| places.iter().any(|place| place == at))
            });
            let Some(first) = places.first().filter(|_| !is_told) else {
                continue;
            };
            let message = "the transitions from here on lead round for ever: no guard and no delay holds them up";
            let hint = format!(
                "they are those of {}; give one of them a guard, or let it wait with `after`",
                sources(self.chart, round)
            );
            self.warn(TRANSITION_ENDLESS, first, message.to_owned(), &hint);
        }
    }

    fn places_of(&self, round: &Round) -> Vec<String> {
        let transitions = self.chart.transitions();
        transitions
            .filter(|(index, _)| round.contains(&index.get()))
            .map(|(index, _)| self.pointer_of(index))
            .collect()
    }
}

/// The states of the transitions, in the order of the document.
fn sources(chart: &Chart, round: &Round) -> String {
    let transitions = chart.transitions();
    let mut states: Vec<String> = transitions
        .filter(|(index, _)| round.contains(&index.get()))
        .map(|(_, transition)| format!("`{}`", chart.state(transition.source).id))
        .collect();
    states.dedup();
    states.join(", ")
}
