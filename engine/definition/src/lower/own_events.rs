//! The events that a workflow sends to itself.

use indexmap::IndexMap;

use super::Lowering;
use crate::file;
use crate::read::escape;

impl Lowering<'_> {
    /// Notes every event that is raised or sent. This comes before anything is lowered, because any
    /// state may take them.
    pub(super) fn collect_own_events(&mut self) {
        let workflow = self.workflow;
        self.own_events_of(&workflow.entry, "/entry");
        self.own_events_of(&workflow.exit, "/exit");
        self.own_events_of_initial(workflow.initial.as_ref(), "");
        self.own_events_of_on(&workflow.on, "");
        self.own_events_of_invokes(&workflow.invoke, "");
        self.own_events_of_states(&workflow.states, "");
    }

    fn own_events_of_states(&mut self, states: &IndexMap<String, file::State>, parent: &str) {
        for (key, state) in states {
            let here = format!("{parent}/states/{}", escape(key));
            self.own_events_of(&state.entry, &format!("{here}/entry"));
            self.own_events_of(&state.exit, &format!("{here}/exit"));
            self.own_events_of(&state.actions, &format!("{here}/actions"));
            self.own_events_of_initial(state.initial.as_ref(), &here);
            self.own_events_of_on(&state.on, &here);
            for (key, transitions) in &state.after {
                let pointer = format!("{here}/after/{}", escape(key));
                self.own_events_of_transitions(transitions, &pointer);
            }
            self.own_events_of_invokes(&state.invoke, &here);
            self.own_events_of_transitions(&state.always, &format!("{here}/always"));
            self.own_events_of_transitions(&state.on_done, &format!("{here}/onDone"));
            self.own_events_of_states(&state.states, &here);
        }
    }

    fn own_events_of_on(&mut self, on: &file::On, parent: &str) {
        match on {
            file::On::ByEvent(by_event) => {
                for (key, transitions) in by_event {
                    let pointer = format!("{parent}/on/{}", escape(key));
                    self.own_events_of_transitions(transitions, &pointer);
                }
            }
            file::On::InOrder(handlers) => {
                for (number, handler) in handlers.iter().enumerate() {
                    let pointer = format!("{parent}/on/{number}/actions");
                    self.own_events_of(&handler.transition.actions, &pointer);
                }
            }
        }
    }

    fn own_events_of_invokes(&mut self, invokes: &file::OneOrMany<file::Invoke>, parent: &str) {
        for (invoke, pointer) in self.numbered(invokes, &format!("{parent}/invoke")) {
            self.own_events_of(&invoke.finalize, &format!("{pointer}/finalize"));
            self.own_events_of_transitions(&invoke.on_done, &format!("{pointer}/onDone"));
            self.own_events_of_transitions(&invoke.on_error, &format!("{pointer}/onError"));
        }
    }

    fn own_events_of_initial(&mut self, initial: Option<&file::Initial>, parent: &str) {
        if let Some(initial) = initial {
            self.own_events_of(&initial.actions, &format!("{parent}/initial/actions"));
        }
    }

    fn own_events_of_transitions(&mut self, transitions: &file::Transitions, pointer: &str) {
        for (transition, pointer) in self.numbered(transitions, pointer) {
            self.own_events_of(&transition.actions, &format!("{pointer}/actions"));
        }
    }

    fn own_events_of(&mut self, actions: &file::OneOrMany<file::Action>, pointer: &str) {
        for (action, pointer) in self.numbered(actions, pointer) {
            match action {
                file::Action::Raise(raise) => {
                    self.own_event(&raise.event, format!("{pointer}/raise/event"));
                }
                file::Action::Send(send) => {
                    self.own_event(&send.event, format!("{pointer}/send/event"));
                }
                file::Action::If(branches) => {
                    for (number, branch) in branches.iter().enumerate() {
                        let pointer = format!("{pointer}/if/{number}/actions");
                        self.own_events_of(&branch.actions, &pointer);
                    }
                }
                file::Action::Foreach(each) => {
                    self.own_events_of(&each.actions, &format!("{pointer}/foreach/actions"));
                }
                file::Action::Block(actions) => {
                    self.own_events_of(actions, &format!("{pointer}/block"));
                }
                _ => {}
            }
        }
    }

    fn own_event(&mut self, name: &file::Name, pointer: String) {
        match name.fixed() {
            Some(name) => {
                self.own_events.entry(name.to_owned()).or_insert(pointer);
            }
            // It may be any event.
            None => self.sends_any_event = true,
        }
    }
}
