//! Actions.

use std::sync::Arc;

use casewright_chart::{Action, Block, Branch, ExpressionIndex, Location, Name, Send};
use serde_json::{Value as Json, json};

use super::codes::*;
use super::expressions::Names;
use super::shape::check_path;
use super::{FunctionKind, Lowering};
use crate::diagnostic::Diagnostic;
use crate::expression::Expression;
use crate::expression::types::{Kind, Type};
use crate::file;
use crate::json::from_json;
use crate::read::escape;

/// The event under which a `notify` is emitted.
pub const NOTIFY: &str = "notify";

impl Lowering<'_> {
    pub(super) fn block(
        &mut self,
        actions: &file::OneOrMany<file::Action>,
        pointer: &str,
        names: &Names,
    ) -> Block {
        let mut block = Block::new();
        for (action, pointer) in self.numbered(actions, pointer) {
            self.action(action, &pointer, names, &mut block);
        }
        block
    }

    fn action(&mut self, action: &file::Action, pointer: &str, names: &Names, block: &mut Block) {
        let action = match action {
            file::Action::Assign(assign) => {
                return self.assign(assign, &format!("{pointer}/assign"), names, block);
            }
            file::Action::Raise(raise) => Action::Raise {
                event: self.name(&raise.event, &format!("{pointer}/raise/event"), names),
                data: self.optional(&raise.data, &format!("{pointer}/raise/data"), names),
            },
            file::Action::Send(send) => self.send(send, &format!("{pointer}/send"), names),
            file::Action::Cancel(id) => Action::Cancel {
                id: self.name(id, &format!("{pointer}/cancel"), names),
            },
            file::Action::Log(log) => Action::Log {
                label: log.label.as_deref().map(Arc::from),
                value: self.log(log, &format!("{pointer}/log"), names),
            },
            file::Action::If(branches) => self.branches(branches, &format!("{pointer}/if"), names),
            file::Action::Foreach(each) => {
                self.for_each(each, &format!("{pointer}/foreach"), names)
            }
            file::Action::Block(actions) => {
                Action::Block(self.block(actions, &format!("{pointer}/block"), names))
            }
            file::Action::Notify(notify) => {
                self.notify(notify, &format!("{pointer}/notify"), names)
            }
            file::Action::Emit(emit) => Action::Emit {
                event: emit.event.as_str().into(),
                data: self.optional(&emit.data, &format!("{pointer}/emit/data"), names),
            },
            file::Action::Decide(decide) => {
                self.decide(decide, &format!("{pointer}/decide"), names)
            }
        };
        block.push(action);
    }

    fn name(&mut self, name: &file::Name, pointer: &str, names: &Names) -> Name {
        match name {
            file::Name::Fixed(name) => Name::Fixed(name.as_str().into()),
            file::Name::Computed(cel) => {
                Name::Computed(self.cel(cel, &format!("{pointer}/expr"), names))
            }
        }
    }

    fn optional(
        &mut self,
        expression: &Option<file::Expression>,
        pointer: &str,
        names: &Names,
    ) -> Option<ExpressionIndex> {
        let expression = expression.as_ref()?;
        Some(self.expression(expression, pointer, names))
    }

    fn assign(&mut self, assign: &file::Assign, pointer: &str, names: &Names, block: &mut Block) {
        match assign {
            file::Assign::All(cel) => {
                let value = self.cel(cel, pointer, names);
                self.expect_object(value, pointer, names);
                block.push(Action::Merge { value });
            }
            file::Assign::Places(places) => {
                for (place, value) in places {
                    let pointer = format!("{pointer}/{}", escape(place));
                    let location = self.location(place, &pointer, true);
                    let value = self.expression(value, &pointer, names);
                    self.expect_field(value, place, &pointer, names);
                    block.push(Action::Assign { location, value });
                }
            }
        }
    }

    /// A place in the case data, keys joined by `.`.
    fn location(&mut self, place: &str, pointer: &str, is_key: bool) -> Location {
        let path: Vec<String> = place.split('.').map(str::to_owned).collect();
        if let Err(unknown) = check_path(&self.workflow.data, &self.pack.types, &path) {
            let name = &path[unknown.depth];
            let message = format!("the case data has no field `{name}`");
            let error =
                Diagnostic::error(FIELD_UNKNOWN, message).with_suggestion(name, unknown.candidates);
            match is_key {
                true => self.report_key(error, pointer),
                false => self.report(error.with_pointer(pointer)),
            }
        }
        path.iter().map(|key| Arc::from(key.as_str())).collect()
    }

    fn send(&mut self, send: &file::Send, pointer: &str, names: &Names) -> Action {
        let pointer_of_delay = format!("{pointer}/delay");
        let delay = match &send.delay {
            None => None,
            Some(file::action::Delay::Milliseconds(ms)) => {
                Some(self.push(Expression::DelayMs(*ms)))
            }
            Some(file::action::Delay::Named(name)) => {
                Some(self.delay(name, &pointer_of_delay, false))
            }
            Some(file::action::Delay::Computed { expr }) => {
                let pointer = format!("{pointer_of_delay}/expr");
                let delay = self.cel(expr, &pointer, names);
                self.expect_delay(delay, &pointer, names);
                Some(delay)
            }
        };
        Action::Send(Send {
            event: self.name(&send.event, &format!("{pointer}/event"), names),
            id: send.id.as_deref().map(Arc::from),
            id_location: send
                .idlocation
                .as_ref()
                .map(|place| self.location(place, &format!("{pointer}/idlocation"), false)),
            target: (send.target.as_ref())
                .map(|target| self.name(target, &format!("{pointer}/target"), names)),
            processor: (send.processor.as_ref())
                .map(|processor| self.name(processor, &format!("{pointer}/type"), names)),
            delay,
            data: self.optional(&send.data, &format!("{pointer}/data"), names),
        })
    }

    fn log(&mut self, log: &file::Log, pointer: &str, names: &Names) -> ExpressionIndex {
        let pointer = match log.label {
            Some(_) => format!("{pointer}/value"),
            None => pointer.to_owned(),
        };
        self.expression(&log.value, &pointer, names)
    }

    fn branches(&mut self, branches: &[file::Branch], pointer: &str, names: &Names) -> Action {
        let mut guarded = Vec::new();
        let mut otherwise = Block::new();
        for (number, branch) in branches.iter().enumerate() {
            let pointer = format!("{pointer}/{number}");
            let body = self.block(&branch.actions, &format!("{pointer}/actions"), names);
            match &branch.guard {
                Some(guard) => {
                    let place = format!("{pointer}/guard");
                    let guard = self.guard(guard, &place, names);
                    let guard = self.push(guard);
                    self.places.branches.push((guard, place));
                    guarded.push(Branch { guard, body });
                }
                None if number + 1 == branches.len() => otherwise = body,
                None => {
                    let message = "only the last branch of an `if` may go without a guard";
                    self.error(STATE_SHAPE, &pointer, message);
                }
            }
        }
        Action::If {
            branches: guarded,
            otherwise,
        }
    }

    fn for_each(&mut self, each: &file::ForEach, pointer: &str, names: &Names) -> Action {
        let place = format!("{pointer}/array");
        let array = self.expression(&each.array, &place, names);
        let mut inner = names.clone();
        inner.locals.push(each.item.clone());
        inner.locals.extend(each.index.clone());
        let item = self.expect_list(array, &place, names);
        inner.local_types.push((each.item.clone(), item));
        let index = each.index.clone();
        inner
            .local_types
            .extend(index.map(|index| (index, Type::of(Kind::Int.into()))));
        Action::ForEach {
            array,
            item: each.item.as_str().into(),
            index: each.index.as_deref().map(Arc::from),
            body: self.block(&each.actions, &format!("{pointer}/actions"), &inner),
        }
    }

    /// A message to people is an emitted record with a known form: `to`, `message` by language, and
    /// `data`.
    fn notify(&mut self, notify: &file::Notify, pointer: &str, names: &Names) -> Action {
        for (role, pointer) in self.numbered(&notify.to, &format!("{pointer}/to")) {
            self.check_role(role, &pointer);
        }
        let message = match &notify.message {
            file::Text::Plain(text) => json!({ "en": text }),
            file::Text::Localised(texts) => json!(texts),
        };
        let literal = |json: &Json| Expression::Literal(from_json(json));
        let mut entries = vec![
            ("to".into(), literal(&json!(notify.to.0))),
            ("message".into(), literal(&message)),
        ];
        if let Some(data) = &notify.data {
            let data = self.value(&data.0, &format!("{pointer}/data"), names);
            entries.push(("data".into(), data));
        }
        let data = self.push(Expression::Map(entries));
        Action::Emit {
            event: NOTIFY.into(),
            data: Some(data),
        }
    }

    fn decide(&mut self, decide: &file::Decide, pointer: &str, names: &Names) -> Action {
        let place = format!("{pointer}/function");
        let (plugin, function) = self.function(&decide.function, FunctionKind::Decision, &place);
        let decision = self.decision(plugin, function);
        let place = format!("{pointer}/input");
        let fits = self.check_input(&decide.function, &decide.input.0, &place);
        let input = self.expression(&decide.input, &place, names);
        self.expect_answer(decide, pointer);
        if fits {
            self.expect_input(&decide.function, input, &place, names);
        }
        Action::Decide {
            decision,
            input,
            location: self.location(&decide.assign, &format!("{pointer}/assign"), false),
        }
    }
}
