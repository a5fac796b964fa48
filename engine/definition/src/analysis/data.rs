//! Fields of the case data that expressions read and nothing writes.

use std::collections::BTreeSet;

use casewright_chart::Action;

use super::{Analysis, FIELD_NEVER_WRITTEN, reach};
use crate::diagnostic::Diagnostic;
use crate::expression::Expression;

impl Analysis<'_> {
    pub(super) fn data(&mut self) {
        let Some(written) = self.written() else {
            return;
        };
        let properties = self.definition.bundle.workflow.data["properties"].as_object();
        let mut told = BTreeSet::new();
        for read in &self.places.reads {
            let declared = properties.is_some_and(|fields| fields.contains_key(&read.field));
            if !declared || written.contains(&read.field) || !told.insert(&read.field) {
                continue;
            }
            let message = format!("nothing ever writes `data.{}`", read.field);
            let warning = Diagnostic::warning(FIELD_NEVER_WRITTEN, message)
                .with_pointer(&*read.pointer)
                .with_hint(
                    "let an event bring it (`requires`, `accepts`), assign it, or give it a `default`",
                );
            self.diagnostics.push(match read.span {
                Some(span) => warning.with_span(span),
                None => warning,
            });
        }
    }

    /// Every field that something may write; none when an action may write any field.
    fn written(&self) -> Option<BTreeSet<String>> {
        let definition = self.definition;
        let defaults = definition.defaults.as_map().into_iter();
        let defaults = defaults.flat_map(|map| map.keys());
        let stored = defaults.chain(&definition.start.stored);
        let mut written: BTreeSet<String> = stored.map(|name| name.to_string()).collect();
        let mut any = false;
        reach::visit(self.chart, &mut |action| match action {
            Action::Assign { location, .. } | Action::Decide { location, .. } => {
                match location.first() {
                    Some(field) => drop(written.insert(field.to_string())),
                    None => any = true,
                }
            }
            Action::Send(send) => match send.id_location.as_ref().map(|to| to.first()) {
                Some(Some(field)) => drop(written.insert(field.to_string())),
                Some(None) => any = true,
                None => {}
            },
            Action::Merge { value } => match definition.expressions.get(value.0 as usize) {
                Some(Expression::EventFields(events)) => {
                    let fields = events.iter().flat_map(|(_, fields)| fields);
                    written.extend(fields.map(|field| field.to_string()));
                }
                _ => any = true,
            },
            _ => {}
        });
        (!any).then_some(written)
    }
}
