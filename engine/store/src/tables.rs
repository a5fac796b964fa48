//! The whole database: every table, its keys and its values.
//!
//! Key order is processing order: the journal is in commit order, timers in the order in which they
//! are due. Numbers in keys are big-endian, so that bytes sort as numbers do. Text in front of more
//! key ends with a zero byte, which ids cannot hold.

/// The format of the store as a whole, kept under [`FORMAT_KEY`]. It changes when a key does; a
/// value's own version is its first byte.
///
/// | format | what is new in it |
/// | --- | --- |
/// | 1 | the first |
/// | 2 | a log stands in front of redb, with rows that redb does not hold yet |
/// | 3 | services: their jobs, and what they remember |
pub const FORMAT: u32 = 3;

/// Where the format is kept, in [`Table::Meta`].
pub const FORMAT_KEY: &[u8] = b"format";

/// Where it is kept, in [`Table::Meta`], from which format the store is on its way to [`FORMAT_KEY`]'s.
pub const MIGRATING_KEY: &[u8] = b"migrating";

/// One table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Table {
    /// `name` -> value. About the store itself: [`FORMAT_KEY`] and [`MIGRATING_KEY`] -> `u32`.
    Meta,
    /// `digest (32 bytes)` -> the JSON of a [`Bundle`](casewright_definition::Bundle). Never
    /// changed, never removed: a case runs by the definition with which it started.
    Definitions,
    /// `workflow id` -> `digest (32 bytes)` of the definition that new cases start with.
    Workflows,
    /// `case id` -> [`CaseRecord`](crate::CaseRecord): where every case stands.
    Cases,
    /// `sequence (u64)` -> [`JournalRecord`](crate::JournalRecord): every step in commit order, from
    /// 1, without gaps. The source of truth.
    Journal,
    /// `due (i64, milliseconds, sign bit flipped)`, `timer sequence (u64)`, `case id` -> nothing.
    Timers,
    /// Nothing but keys, for finding cases:
    /// - `all`, zero, `case id`
    /// - `workflow`, zero, `workflow id`, zero, `case id`
    /// - `state`, zero, `workflow id`, zero, `state id`, zero, `case id`
    /// - `status`, zero, `running` or `done`, zero, `case id`
    /// - `workflow-status`, zero, `workflow id`, zero, `running` or `done`, zero, `case id`
    Index,
    /// `actor id`, zero, `idempotency key` -> [`AnswerRecord`](crate::AnswerRecord): what was answered to
    /// requests that may be sent again.
    Answers,
    /// `expiry (i64, milliseconds, sign bit flipped)`, then the key of the answer -> nothing: answers in
    /// the order in which they are forgotten.
    Expiries,
    /// `case id`, zero, `sequence (u64)` of the invocation -> [`JobRecord`](crate::JobRecord): every service that
    /// runs, or waits to be run again. It comes and goes with the step that starts or ends the invocation.
    Jobs,
    /// `plugin name`, zero, `due (i64, milliseconds, sign bit flipped)`, `sequence (u64)`, `case id` -> nothing: the
    /// jobs of each plugin in the order in which they are run. Those that are not run again, until somebody says
    /// so, are due at the end of time.
    Queue,
    /// `plugin name`, zero, `key` -> whatever a service of the plugin keeps there.
    KeyValues,
}

impl Table {
    /// Every table.
    pub const ALL: [Table; 12] = [
        Table::Meta,
        Table::Definitions,
        Table::Workflows,
        Table::Cases,
        Table::Journal,
        Table::Timers,
        Table::Index,
        Table::Answers,
        Table::Expiries,
        Table::Jobs,
        Table::Queue,
        Table::KeyValues,
    ];

    /// Its number in the log: its place in [`Table::ALL`], which only grows at its end.
    pub(crate) const fn code(self) -> u8 {
        self as u8
    }

    /// The table with a number.
    pub(crate) fn of_code(code: u8) -> Option<Table> {
        Table::ALL.get(usize::from(code)).copied()
    }

    /// Its name in the backend.
    pub const fn name(self) -> &'static str {
        match self {
            Table::Meta => "meta",
            Table::Definitions => "definitions",
            Table::Workflows => "workflows",
            Table::Cases => "cases",
            Table::Journal => "journal",
            Table::Timers => "timers",
            Table::Index => "index",
            Table::Answers => "answers",
            Table::Expiries => "expiries",
            Table::Jobs => "jobs",
            Table::Queue => "queue",
            Table::KeyValues => "key_values",
        }
    }
}

/// The key of a timer.
pub(crate) fn timer_key(due_unix_ms: i64, sequence: u64, case: &str) -> Vec<u8> {
    let mut key = timer_bound(due_unix_ms).to_vec();
    key.extend_from_slice(&sequence.to_be_bytes());
    key.extend_from_slice(case.as_bytes());
    key
}

/// What every key of a timer due at this time begins with.
pub(crate) fn timer_bound(due_unix_ms: i64) -> [u8; 8] {
    ((due_unix_ms as u64) ^ (1 << 63)).to_be_bytes()
}

/// The due time, sequence and case of a timer's key.
pub(crate) fn parse_timer_key(key: &[u8]) -> Option<(i64, u64, &str)> {
    let (due, rest) = key.split_first_chunk::<8>()?;
    let (sequence, case) = rest.split_first_chunk::<8>()?;
    let due = (u64::from_be_bytes(*due) ^ (1 << 63)) as i64;
    let case = std::str::from_utf8(case).ok()?;
    Some((due, u64::from_be_bytes(*sequence), case))
}

/// The key of an answer: who asked, and the key that they gave.
pub(crate) fn answer_key(actor: &str, key: &str) -> Vec<u8> {
    [actor.as_bytes(), &[0], key.as_bytes()].concat()
}

/// The key under which the expiry of an answer stands.
pub(crate) fn expiry_key(expires_unix_ms: i64, answer: &[u8]) -> Vec<u8> {
    [&timer_bound(expires_unix_ms), answer].concat()
}

/// When an answer expires, and its key.
pub(crate) fn parse_expiry_key(key: &[u8]) -> Option<(i64, &[u8])> {
    let (expires, answer) = key.split_first_chunk::<8>()?;
    let expires = (u64::from_be_bytes(*expires) ^ (1 << 63)) as i64;
    Some((expires, answer))
}

/// The key of a job.
pub(crate) fn job_key(case: &str, sequence: u64) -> Vec<u8> {
    [case.as_bytes(), &[0], &sequence.to_be_bytes()].concat()
}

/// The case and the sequence of a job's key.
pub(crate) fn parse_job_key(key: &[u8]) -> Option<(&str, u64)> {
    let (case, sequence) = key.split_last_chunk::<8>()?;
    let case = std::str::from_utf8(case.strip_suffix(&[0])?).ok()?;
    Some((case, u64::from_be_bytes(*sequence)))
}

/// What the keys of all jobs of a plugin begin with, in [`Table::Queue`].
pub(crate) fn queue_prefix(plugin: &str) -> Vec<u8> {
    [plugin.as_bytes(), &[0]].concat()
}

/// The key at which a job waits.
pub(crate) fn queue_key(plugin: &str, due_unix_ms: i64, sequence: u64, case: &str) -> Vec<u8> {
    [queue_prefix(plugin), timer_key(due_unix_ms, sequence, case)].concat()
}

/// The plugin of a key at which a job waits, and when it is due, its sequence and its case.
pub(crate) fn parse_queue_key(key: &[u8]) -> Option<(&str, (i64, u64, &str))> {
    let end = key.iter().position(|byte| *byte == 0)?;
    let (plugin, rest) = key.split_at_checked(end)?;
    let plugin = std::str::from_utf8(plugin).ok()?;
    Some((plugin, parse_timer_key(rest.get(1..)?)?))
}

/// What every index key of a kind begins with.
pub(crate) fn index_prefix(parts: &[&str]) -> Vec<u8> {
    let room = parts.iter().map(|part| part.len() + 1).sum();
    let mut prefix = Vec::with_capacity(room);
    for part in parts {
        prefix.extend_from_slice(part.as_bytes());
        prefix.push(0);
    }
    prefix
}

/// An index key: its prefix, then the case.
pub(crate) fn index_key(parts: &[&str], case: &str) -> Vec<u8> {
    let mut key = index_prefix(parts);
    key.reserve_exact(case.len());
    key.extend_from_slice(case.as_bytes());
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_known_by_its_number() {
        let found = Table::ALL.map(|table| Table::of_code(table.code()));
        assert_eq!(found, Table::ALL.map(Some));
        assert_eq!(Table::of_code(Table::ALL.len() as u8), None);
    }

    #[test]
    fn the_keys_of_a_job_say_which_one_it_is() {
        assert_eq!(parse_job_key(&job_key("c-1", 7)), Some(("c-1", 7)));
        assert_eq!(parse_job_key(b"c-1"), None);
        let keys = [0, 1_700_000_000_000, i64::MAX].map(|due| queue_key("crm", due, 256, "c-1"));
        assert!(keys.is_sorted());
        let found = parse_queue_key(&keys[2]);
        assert_eq!(found, Some(("crm", (i64::MAX, 256, "c-1"))));
        assert_eq!(parse_queue_key(b"crm"), None);
    }

    #[test]
    fn timers_sort_by_due_time_across_1970() {
        let keys = [-5, -1, 0, 1, 1_700_000_000_000].map(|due| timer_key(due, 0, "c"));
        assert!(keys.is_sorted());
        assert_eq!(parse_timer_key(&keys[0]), Some((-5, 0, "c")));
    }
}
