//! Types: what the variables of expressions are, and what is expected of their values.

use casewright_chart::{Descriptor, ExpressionIndex, Value};
use serde_json::Value as Json;

use super::Lowering;
use super::codes::*;
use super::expressions::Names;
use crate::definition::Decision;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::expression::types::{
    Checker, Field, Issue, Kind, Kinds, Misfit, Mismatch, Schemas, Type, Variables, misfit, missing,
};
use crate::expression::{Expression, Program};
use crate::file;

impl Lowering<'_> {
    /// What the variables are that are the same all over the workflow.
    pub(super) fn variables(&self) -> Variables {
        let schemas = Schemas::new(&self.pack.types);
        let text = || Type::of(Kind::String.into());
        let mut data = schemas.json(&self.workflow.data, &self.workflow.data);
        data.kinds = Kind::Map.into();
        let parameters = self.pack.parameters.iter();
        let parameters = parameters.map(|(name, parameter)| {
            let value = schemas.parameter(&parameter.schema);
            (name.clone(), always(value))
        });
        let object = |fields: &[(&str, Type)]| {
            let fields = fields.iter();
            Type::object(fields.map(|(name, value)| ((*name).to_owned(), always(value.clone()))))
        };
        let actor = object(&[("id", text()), ("roles", Type::list(text()))]);
        let case = object(&[
            ("id", text()),
            ("workflow", text()),
            ("created_at", text()),
            ("created_by", text()),
        ]);
        let variables = [
            ("data", data),
            ("params", Type::object(parameters)),
            ("actor", actor),
            ("case", case),
            ("now", Type::of(Kind::Timestamp.into())),
        ];
        let named = |(name, value): (&str, Type)| (name.to_owned(), value);
        variables.into_iter().map(named).collect()
    }

    /// What the events of descriptors carry; none where it is not known.
    pub(super) fn event_data(&self, descriptors: &[Descriptor]) -> Option<Type> {
        if self.variables.is_empty() {
            return None;
        }
        let mut types = Vec::new();
        for descriptor in descriptors {
            // What the workflow sends to itself may be declared as well, but nobody checks it.
            if self.own_events.keys().any(|name| descriptor.matches(name)) {
                return None;
            }
            if self.is_returned(descriptor) && !self.sends_any_event {
                types.push(self.returned_data(descriptor)?);
                continue;
            }
            self.event_fields(descriptor)?;
            let events = self.workflow.events.iter();
            let events = events.filter(|(name, _)| descriptor.matches(name));
            types.extend(events.map(|(_, event)| self.carried(event)));
        }
        types.into_iter().reduce(|one, other| one.union(&other))
    }

    /// What an event carries.
    fn carried(&self, event: &file::Event) -> Type {
        let schemas = Schemas::new(&self.pack.types);
        let whole = &self.workflow.data;
        let stored = |required: bool| {
            move |name: &String| {
                let value = schemas.json(&whole["properties"][name], whole);
                (name.clone(), Field { value, required })
            }
        };
        let brought = |(name, schema): (&String, &Json)| {
            let field = Field {
                value: schemas.json(schema, whole),
                required: event.required.contains(name),
            };
            (name.clone(), field)
        };
        let accepted = event.accepts.iter().map(stored(false));
        let required = event.requires.iter().map(stored(true));
        Type::object(
            accepted
                .chain(required)
                .chain(event.input.iter().map(brought)),
        )
    }

    /// Reports what in a program can never work.
    pub(super) fn check_types(&mut self, program: &Program, pointer: &str, names: &Names) {
        if self.variables.is_empty() {
            return;
        }
        let event = event(names);
        let mut checker = Checker::new(program, &self.variables, &event, &names.local_types);
        checker.run();
        for mismatch in checker.found {
            let place = mismatch.place;
            let found = self.mild(diagnostic(mismatch));
            self.report_at(found, pointer, place);
        }
    }

    /// What an expression is worth.
    fn type_of(&self, expression: &Expression, names: &Names) -> Type {
        match expression {
            Expression::Program(program) => {
                let event = event(names);
                Checker::new(program, &self.variables, &event, &names.local_types).run()
            }
            Expression::Literal(value) => of_value(value),
            Expression::List(items) => {
                let items = items.iter().map(|item| self.type_of(item, names));
                let item = items.reduce(|one, other| one.union(&other));
                Type::list(item.unwrap_or(Type::of(Kinds::NONE)))
            }
            Expression::Map(entries) => {
                let entries = entries.iter();
                Type::object(
                    entries.map(|(name, value)| {
                        (name.to_string(), always(self.type_of(value, names)))
                    }),
                )
            }
            _ => Type::ANY,
        }
    }

    /// A guard, which must be true or false.
    pub(super) fn guard(&mut self, guard: &file::Cel, pointer: &str, names: &Names) -> Expression {
        let guard = self.program(&guard.0, pointer, names);
        self.expect(&guard, Kind::Bool.into(), "a guard", pointer, names);
        guard
    }

    pub(super) fn expect_delay(&mut self, delay: ExpressionIndex, pointer: &str, names: &Names) {
        let kinds = Kinds::of(&[Kind::Duration, Kind::String]);
        self.expect_number(delay, kinds, "a delay", pointer, names);
    }

    pub(super) fn expect_object(&mut self, value: ExpressionIndex, pointer: &str, names: &Names) {
        self.expect_number(
            value,
            Kind::Map.into(),
            "what is merged into the case data",
            pointer,
            names,
        );
    }

    /// What the items are of a list to go through.
    pub(super) fn expect_list(
        &mut self,
        list: ExpressionIndex,
        pointer: &str,
        names: &Names,
    ) -> Type {
        self.expect_number(
            list,
            Kind::List.into(),
            "what `foreach` goes through",
            pointer,
            names,
        )
        .filter(|found| found.kinds == Kind::List.into())
        .map_or(Type::ANY, |found| found.item())
    }

    fn expect_number(
        &mut self,
        index: ExpressionIndex,
        kinds: Kinds,
        what: &str,
        pointer: &str,
        names: &Names,
    ) -> Option<Type> {
        let expressions = std::mem::take(&mut self.expressions);
        let expression = expressions.get(index.0 as usize);
        let found =
            expression.and_then(|expression| self.expect(expression, kinds, what, pointer, names));
        self.expressions = expressions;
        found
    }

    /// Reports a value that is never of these kinds; otherwise what it is.
    fn expect(
        &mut self,
        expression: &Expression,
        kinds: Kinds,
        what: &str,
        pointer: &str,
        names: &Names,
    ) -> Option<Type> {
        if self.variables.is_empty() || self.is_told(pointer) {
            return None;
        }
        let found = self.type_of(expression, names);
        if !found.kinds.is_empty() && found.kinds.intersection(kinds).is_empty() {
            let message = format!(
                "expected {what} to be {}, found {}",
                kinds.describe(),
                found.kinds.describe()
            );
            let found = self.mild(Diagnostic::error(CEL_TYPE, message));
            self.report(found.with_pointer(pointer));
            return None;
        }
        Some(found)
    }

    /// Whether the value at a place is known to be wrong.
    fn is_told(&self, pointer: &str) -> bool {
        let mut found = self.diagnostics.iter();
        found.any(|found| found.is_error() && found.pointer.as_deref() == Some(pointer))
    }

    /// A value that goes to a place in the case data, keys joined by `.`.
    pub(super) fn expect_field(
        &mut self,
        value: ExpressionIndex,
        place: &str,
        pointer: &str,
        names: &Names,
    ) {
        if let (Some(data), false) = (self.variables.get("data"), self.is_told(pointer)) {
            let schema = data.at(place.split('.'));
            if let Some(value) = self.type_at(value, names) {
                let found = misfit(&value, &schema);
                self.report_misfit(found, &format!("`data.{place}`"), pointer);
            }
        }
    }

    /// What a plugin's function is asked.
    pub(super) fn expect_input(
        &mut self,
        function: &str,
        input: ExpressionIndex,
        pointer: &str,
        names: &Names,
    ) {
        let functions = self.functions;
        let schemas = functions.and_then(|functions| functions.get(function));
        let value = self.type_at(input, names);
        if let (Some(schemas), Some(value)) = (schemas, value) {
            let what = format!("what `{function}` takes");
            let schema = of_plugin(&schemas.input);
            let found = misfit(&value, &schema).or_else(|| missing(&value, &schema));
            self.report_misfit(found, &what, pointer);
        }
    }

    /// What a plugin's function gives, when that is known.
    pub(super) fn output_of(&self, function: &Decision) -> Option<Type> {
        let name = format!("{}.{}", function.plugin, function.function);
        let schemas = self.functions?.get(&name)?;
        Some(of_plugin(&schemas.output))
    }

    /// Where the answer of a plugin's function goes.
    pub(super) fn expect_answer(&mut self, decide: &file::Decide, pointer: &str) {
        let functions = self.functions;
        let schemas = functions.and_then(|functions| functions.get(&decide.function));
        let (Some(schemas), Some(data)) = (schemas, self.variables.get("data")) else {
            return;
        };
        let field = data.at(decide.assign.split('.'));
        let what = format!("`data.{}`, to which the answer goes,", decide.assign);
        let found = misfit(&of_plugin(&schemas.output), &field);
        self.report_misfit(found, &what, &format!("{pointer}/assign"));
    }

    fn type_at(&self, index: ExpressionIndex, names: &Names) -> Option<Type> {
        let expression = self.expressions.get(index.0 as usize)?;
        Some(self.type_of(expression, names))
    }

    fn report_misfit(&mut self, misfit: Option<Misfit>, what: &str, pointer: &str) {
        let Some(misfit) = misfit else {
            return;
        };
        let inside = match misfit.path.is_empty() {
            true => String::new(),
            false => format!("`{}` in ", misfit.path.join(".")),
        };
        let message = format!(
            "expected {inside}{what} to be {}, found {}",
            misfit.expected, misfit.found
        );
        let found = self.mild(Diagnostic::error(VALUE_TYPE, message));
        self.report(found.with_pointer(pointer));
    }

    /// A chart that takes any event, as imported ones do, may count on a failure: it raises
    /// `error.execution`.
    fn mild(&self, mut found: Diagnostic) -> Diagnostic {
        if self.workflow.open_events && found.is_error() {
            found.severity = Severity::Warning;
        }
        found
    }
}

/// The type of a plugin's schema, which stands alone.
fn of_plugin(schema: &Json) -> Type {
    Schemas::new(&file::Types::default()).json(schema, schema)
}

/// A field that is always there.
fn always(value: Type) -> Field {
    Field {
        value,
        required: true,
    }
}

/// What `event` is.
fn event(names: &Names) -> Type {
    let text = || Type::of(Kind::String.into());
    let data = names.event_data.clone();
    let is_known = data.is_some();
    let fields = [
        ("name", text()),
        ("data", data.unwrap_or(Type::of(Kinds::JSON))),
        ("type", text()),
        ("sendid", text().or_null()),
        ("invokeid", text().or_null()),
        ("origin", text().or_null()),
        ("origintype", text().or_null()),
    ];
    let event = Type::object(fields.map(|(name, value)| (name.to_owned(), always(value))));
    match is_known {
        true => event,
        false => event.or_null(),
    }
}

fn of_value(value: &Value) -> Type {
    match value {
        Value::Null => Type::of(Kind::Null.into()),
        Value::Bool(_) => Type::of(Kind::Bool.into()),
        Value::Int(_) => Type::of(Kind::Int.into()),
        Value::Float(_) => Type::of(Kind::Double.into()),
        Value::String(text) => Type::text(text),
        Value::List(items) => {
            let item = items
                .iter()
                .map(of_value)
                .reduce(|one, other| one.union(&other));
            Type::list(item.unwrap_or(Type::of(Kinds::NONE)))
        }
        Value::Map(map) => {
            let entries = map.iter();
            Type::object(entries.map(|(name, value)| (name.to_string(), always(of_value(value)))))
        }
    }
}

fn diagnostic(mismatch: Mismatch) -> Diagnostic {
    let (severity, code): (Severity, Code) = match mismatch.issue {
        Issue::Fails | Issue::NotBool => (Severity::Error, CEL_TYPE),
        Issue::NoField => (Severity::Error, FIELD_UNKNOWN),
        Issue::NeverEqual => (Severity::Error, CEL_COMPARISON),
        Issue::NeverNull => (Severity::Warning, CEL_COMPARISON),
        Issue::MixedNumbers => (Severity::Warning, CEL_NUMBER),
    };
    let found = Diagnostic::new(severity, code, mismatch.message);
    let found = match mismatch.names {
        Some((name, known)) => found.with_suggestion(&name, known.iter().map(String::as_str)),
        None => found,
    };
    match mismatch.hint {
        Some(hint) => found.with_hint(hint),
        None => found,
    }
}
