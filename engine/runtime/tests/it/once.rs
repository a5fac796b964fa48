//! Requests with a key: carried out once, however often they are sent.

use casewright_runtime::{Committed, Done, Once, Reply, RequestKey, Terms, View};

use super::*;

const EXPIRY_MS: u64 = 60_000;

/// Terms under a key, for a request with some content.
fn keyed(key: &str, content: u8) -> Terms {
    let once = Once {
        request: RequestKey::new("li.na", key),
        fingerprint: [content; 32],
        expiry_ms: EXPIRY_MS,
        answer: Box::new(reply),
    };
    Terms {
        permit: None,
        once: Some(once),
    }
}

fn reply(view: &View) -> Reply {
    Reply {
        status: 200,
        headers: vec![("etag".into(), b"\"x\"".to_vec())],
        body: format!("{} at {}", view.case.id, view.case.revision).into_bytes(),
    }
}

impl Desk {
    async fn note_once(&self, key: &str, content: u8) -> Result<Done, CommandError> {
        let note = "note".to_owned();
        let terms = keyed(key, content);
        self.runtime
            .send_on(terms, "a", note, json!({}), clerk(), None)
            .await
    }
}

/// The reply of a command that was carried out now.
fn now(done: Done) -> Reply {
    match done {
        Done::Now(Committed {
            reply: Some(reply), ..
        }) => reply,
        other => panic!("{other:?}"),
    }
}

fn before(done: Done) -> Reply {
    match done {
        Done::Before(reply) => reply,
        Done::Now(other) => panic!("carried out again: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_at_once_one_is_carried_out() {
    let desk = Arc::new(Desk::new());
    desk.open("a").await;
    let tasks: Vec<_> = (0..64)
        .map(|_| {
            let desk = desk.clone();
            tokio::spawn(async move { desk.note_once("k", 1).await })
        })
        .collect();
    let mut carried_out = 0;
    for task in tasks {
        match task.await.unwrap() {
            Ok(Done::Now(_)) => carried_out += 1,
            Ok(Done::Before(reply)) => assert_eq!(reply.body, b"a at 2"),
            Err(error) => assert!(matches!(error, CommandError::RequestInFlight), "{error}"),
        }
    }
    assert_eq!(carried_out, 1);
    assert_eq!(desk.field("a", "count"), "1");
    assert_eq!(
        before(desk.note_once("k", 1).await.unwrap()).body,
        b"a at 2"
    );
}

#[expect(clippy::await_holding_lock, reason = "nothing is committed meanwhile")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_is_under_way_is_refused_until_its_step_is_stored() {
    let desk = Desk::new();
    desk.open("a").await;
    let disk = desk.disk.clone();
    let gate = disk.gate.lock().unwrap();
    let mut first = Box::pin(desk.note_once("k", 1));
    assert!(is_pending(first.as_mut()).await);
    let again = desk.note_once("k", 1).await;
    assert!(matches!(again, Err(CommandError::RequestInFlight)));
    let other = desk.note_once("k", 2).await;
    assert!(matches!(other, Err(CommandError::KeyReused)));
    drop(gate);
    let first = now(first.await.unwrap());
    assert_eq!(first.body, b"a at 2");
    assert_eq!(before(desk.note_once("k", 1).await.unwrap()), first);
}

#[expect(clippy::await_holding_lock, reason = "nothing is committed meanwhile")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_is_gone_finds_its_answer_when_it_comes_back() {
    let desk = Desk::new();
    desk.open("a").await;
    let disk = desk.disk.clone();
    let gate = disk.gate.lock().unwrap();
    let mut first = Box::pin(desk.note_once("k", 1));
    assert!(is_pending(first.as_mut()).await);
    drop(first);
    let again = desk.note_once("k", 1).await;
    assert!(matches!(again, Err(CommandError::RequestInFlight)));
    drop(gate);
    let reply = loop {
        match desk.note_once("k", 1).await {
            Ok(done) => break before(done),
            Err(CommandError::RequestInFlight) => tokio::task::yield_now().await,
            Err(error) => panic!("{error}"),
        }
    };
    assert_eq!(reply.body, b"a at 2");
}

#[tokio::test]
async fn another_request_under_the_same_key_is_refused() {
    let desk = Desk::new();
    desk.open("a").await;
    now(desk.note_once("k", 1).await.unwrap());
    let other = desk.note_once("k", 2).await;
    assert!(matches!(other, Err(CommandError::KeyReused)), "{other:?}");
    now(desk.note_once("another", 2).await.unwrap());
    assert_eq!(desk.field("a", "count"), "2");
}

#[tokio::test]
async fn only_what_was_stored_is_remembered() {
    let desk = Desk::new();
    // Refused: there is no such case yet.
    let refused = desk.note_once("k", 1).await;
    assert!(matches!(refused, Err(CommandError::UnknownCase(_))));
    desk.open("a").await;
    desk.disk.full.store(true, Ordering::SeqCst);
    let failed = desk.note_once("k", 1).await;
    assert!(matches!(failed, Err(CommandError::Store(_))));
    desk.disk.full.store(false, Ordering::SeqCst);
    assert_eq!(now(desk.note_once("k", 1).await.unwrap()).body, b"a at 2");
    assert_eq!(
        before(desk.note_once("k", 1).await.unwrap()).body,
        b"a at 2"
    );
}

#[tokio::test]
async fn a_case_without_an_id_of_its_own_is_opened_once() {
    let desk = Desk::new();
    let open = || {
        let terms = keyed("k", 1);
        desk.runtime
            .open_on(terms, "claim", None, json!({}), clerk())
    };
    let first = now(open().await.unwrap());
    assert_eq!(before(open().await.unwrap()), first);
    let cases = desk
        .runtime
        .cases(&CaseFilter::All, None, 9, |view| view.case.id.clone());
    assert_eq!(cases.unwrap().len(), 1);
}

#[tokio::test]
async fn opening_a_case_a_second_time_takes_no_step_and_is_not_remembered() {
    let desk = Desk::new();
    desk.open("a").await;
    let opening =
        desk.runtime
            .open_on(keyed("k", 1), "claim", Some("a".into()), json!({}), clerk());
    let Done::Now(Committed { record, reply, .. }) = opening.await.unwrap() else {
        panic!("nothing is remembered");
    };
    assert_eq!((record, reply), (None, None));
}

#[tokio::test]
async fn an_answer_outlives_the_process_and_is_forgotten_in_time() {
    let desk = Desk::new();
    desk.open("a").await;
    let first = now(desk.note_once("k", 1).await.unwrap());
    desk.runtime.shut_down().await;
    let at = casewright_runtime::Clock::now(&*desk.clock);
    let again = Desk::on(desk.disk.clone(), at);
    again.clock.advance_ms(EXPIRY_MS as i64 - 1);
    assert_eq!(before(again.note_once("k", 1).await.unwrap()), first);
    again.clock.advance_ms(1);
    assert_eq!(now(again.note_once("k", 2).await.unwrap()).body, b"a at 3");
    let all = Range::prefix(&[], None, 9);
    let expiries = again.disk.memory.scan(Table::Expiries, &all).unwrap();
    assert_eq!(expiries.len(), 1, "the first answer's went with it");
}
