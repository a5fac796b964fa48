//! Hostile plugins in the real server: each costs its own call and nothing else.

#[path = "../../../engine/host/tests/support/hostile.rs"]
mod builder;

mod calls;
mod files;
mod replaced;

use casewright_tests::server::Server;

/// A workflow whose event `ask` asks a plugin, and whose event `note` asks nobody.
fn asking(plugin: &str) -> String {
    format!(
        "id: ask-{plugin}\nversion: 1.0.0\ntitle: {{ en: Ask, zh: 询问 }}\n\
         start: {{ roles: [system] }}\n\
         data:\n  type: object\n  additionalProperties: false\n  properties:\n    question: {{ type: string }}\n    answer: {{ type: object }}\n    remark: {{ type: string }}\n\
         events:\n  ask: {{ title: {{ en: Ask, zh: 询问 }}, roles: [system], requires: [question] }}\n  note: {{ title: {{ en: Note, zh: 备注 }}, roles: [system], requires: [remark] }}\n\
         initial: open\nstates:\n  open:\n    on:\n      ask:\n        target: answered\n        actions:\n          - decide: {{ function: {plugin}.judge, input: {{ question: event.data.question }}, assign: answer }}\n      note: {{}}\n  answered:\n    on: {{ note: {{}} }}\n"
    )
}

/// Applies the workflow that asks a plugin.
fn apply(server: &Server, plugin: &str) {
    let administrator = server.actor("admin", "administrator");
    let path = format!("/workflows/ask-{plugin}");
    administrator
        .send("PUT", &path, Some(asking(plugin).as_bytes()))
        .expect(200);
}
