//! Services: `<invoke>` of our own type (SCXML 6.4), as the export writes it.

use serde_json::Value as Json;

use super::xml::{Node, tag};
use super::{Importer, SCXML_SHAPE};
use crate::diagnostic::quoted;
use crate::export::SERVICE_TYPE;
use crate::file::{Expression, Invoke, OneOrMany};

/// The attributes of `<invoke>` that a service has.
const INVOKE: [&str; 5] = ["type", "src", "id", "namelist", "autoforward"];

impl<'d> Importer<'d> {
    /// The service of a state; none for anything else that SCXML can invoke.
    pub(super) fn invoke(&mut self, node: Node<'d>) -> Option<Invoke> {
        let kind = self.attribute(node, "type").map(|kind| kind.value);
        if kind != Some(SERVICE_TYPE) {
            self.misplaced(node);
            return None;
        }
        self.check_attributes(node, &INVOKE);
        if let Some(forward) = self.attribute(node, "autoforward")
            && forward.value != "false"
        {
            let message = "a service takes no events: expected `autoforward` to be `false`";
            self.error(SCXML_SHAPE, forward.span, message);
        }
        let src = self.required(node, "src")?;
        if !src.value.contains('.') {
            let message = format!("expected `plugin.function`, found {}", quoted(src.value));
            self.error(SCXML_SHAPE, src.span, message);
        }
        let namelist = self.attribute(node, "namelist");
        let input = match self.payload(node, namelist) {
            Ok(input) => input,
            // SCXML 6.4: an argument that fails keeps the service from being started.
            Err(failing) => Some(Expression(Json::String(failing.0))),
        };
        let finalize = node.children().find(|child| tag(*child) == "finalize");
        let finalize = finalize.map(|finalize| {
            self.check_attributes(finalize, &[]);
            self.actions(finalize)
        });
        let id = self.attribute(node, "id");
        Some(Invoke {
            id: id.map(|id| id.value.to_owned()),
            src: src.value.to_owned(),
            input,
            finalize: OneOrMany(finalize.unwrap_or_default()),
            on_done: OneOrMany::default(),
            on_error: OneOrMany::default(),
            title: None,
            description: None,
            source: None,
        })
    }
}
