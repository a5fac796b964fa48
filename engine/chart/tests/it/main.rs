//! The interpreter against the sentences of [SCXML 1.0](https://www.w3.org/TR/scxml/).
//!
//! Charts are indented text (`notation`), and a test compares the whole story of a run (`run`).
//! `UPDATE_EXPECT=1 cargo test -p casewright-chart` rewrites what is expected.
//!
//! | clause | what it says | tests |
//! | --- | --- | --- |
//! | 3.1.2, 3.12, 5.10 | descriptors, queues and their order, what an event carries | `events` |
//! | 3.2, 3.3, 3.6, 3.8, 3.9, 3.11 | start, default entry, initial content, entry and exit order | `entry` |
//! | 3.4 | regions | `entry`, `transitions`; when they are done: `finals` |
//! | 3.5, 3.13 | targetless, internal, external and self transitions, several targets | `transitions` |
//! | 3.7, 5.5 | final states, done events, their data, the end of a run | `finals` |
//! | 3.10 | shallow and deep history, defaults | `history`, `history_targets` |
//! | 3.13 | conflicts and preemption | `conflicts` |
//! | 4.1, 4.2, 4.7, 4.8, 5.4 | blocks, errors in them, raise, log, assign | `actions` |
//! | 4.3 to 4.6 | if, elseif, else, foreach | `control` |
//! | 5.9.1 | conditions and `In` | `guards` |
//! | 6.2, 6.3 | delayed events and cancelling them | `send` |
//! | 6.4 | services: when they start and stop | `invokes` |
//! | D | the whole algorithm, on random charts | `properties` |
//! | - | limits, refused steps, foreign snapshots | `limits`, `refusals` |
//! | - | every line of the source marked `DIFFERENCE:` | `differences` |
//! | - | trees that are no charts | `build` |
#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking, in its helpers too"
)]

mod notation;

mod tokens;

mod content;

mod expression;

mod run;

mod entry;

mod events;

mod transitions;

mod conflicts;

mod history;

mod history_targets;

mod finals;

mod actions;

mod control;

mod guards;

mod send;

mod invokes;

mod limits;

mod refusals;

mod differences;

mod build;

mod random_chart;

mod stored;

mod properties;
