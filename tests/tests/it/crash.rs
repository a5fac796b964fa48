//! `kill -9` on the real binary: what was acknowledged is there afterwards, once.

mod steps;
mod timers;

use casewright_tests::server::Server;

/// Counts what is sent to it, and keeps the last number.
const COUNTING: &str = "\
id: counting
version: 1.0.0
title: { en: Counting, zh: 计数 }
start: { roles: [system] }
data:
  type: object
  additionalProperties: false
  properties:
    count: { type: integer, default: 0 }
    last: { type: string, default: '' }
events:
  count: { title: { en: Count, zh: 计数 }, roles: [system], requires: [last] }
  close: { title: { en: Close, zh: 关闭 }, roles: [system] }
initial: open
states:
  open:
    on:
      count: { actions: [ { assign: { count: data.count + 1 } } ] }
      close: closed
  closed: { type: final }
";

/// Reminds once after a while, and says so.
const REMINDING: &str = "\
id: reminding
version: 1.0.0
title: { en: Reminding, zh: 到期提醒 }
start: { roles: [system] }
data:
  type: object
  additionalProperties: false
  properties:
    reminders: { type: integer, default: 0 }
events:
  close: { title: { en: Close, zh: 关闭 }, roles: [system] }
initial: waiting
states:
  waiting:
    after:
      500:
        target: reminded
        actions:
          - assign: { reminders: data.reminders + 1 }
          - notify: { to: account-manager, message: { en: It is due., zh: 已到期，请处理。 } }
  reminded:
    on: { close: closed }
  closed: { type: final }
";

/// Applies a workflow to a server.
fn apply(server: &Server, workflow: &str, file: &str) {
    let administrator = server.actor("admin", "administrator");
    let path = format!("/workflows/{workflow}");
    administrator.send("PUT", &path, Some(file.as_bytes())).expect(200);
}
