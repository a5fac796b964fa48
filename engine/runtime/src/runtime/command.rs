//! Commands from outside: opening a case, and sending it an event.

use casewright_case::{Actor, Case, Setting};
use serde_json::Value as Json;
use tokio::sync::OwnedSemaphorePermit;

use super::{Committed, Runtime, Writing};
use crate::error::CommandError;
use crate::once::{Done, Remember, Reply, Terms, Turn};

/// What a command holds while it is carried out.
#[derive(Default)]
struct Held {
    permit: Option<OwnedSemaphorePermit>,
    remember: Option<Remember>,
}

impl Runtime {
    /// Opens a case. Without an id it gets one. Opening a case again in the same way - the same
    /// workflow, actor and data - changes nothing and gives the case as it is.
    ///
    /// # Errors
    /// See [`CommandError`].
    pub async fn open(
        &self,
        workflow: &str,
        id: Option<String>,
        data: Json,
        actor: Actor,
    ) -> Result<Committed, CommandError> {
        self.open_now(workflow, id, data, actor, Held::default())
            .await
    }

    /// Opens a case on terms, as [`Runtime::open`] does.
    ///
    /// # Errors
    /// See [`CommandError`].
    pub async fn open_on(
        &self,
        terms: Terms,
        workflow: &str,
        id: Option<String>,
        data: Json,
        actor: Actor,
    ) -> Result<Done, CommandError> {
        let held = match self.held(terms)? {
            Ok(held) => held,
            Err(reply) => return Ok(Done::Before(reply)),
        };
        let opened = self.open_now(workflow, id, data, actor, held).await?;
        Ok(Done::Now(opened))
    }

    async fn open_now(
        &self,
        workflow: &str,
        id: Option<String>,
        data: Json,
        actor: Actor,
        held: Held,
    ) -> Result<Committed, CommandError> {
        let definition = self.current(workflow)?;
        let id = id.unwrap_or_else(|| uuid::Uuid::now_v7().to_string());
        let place = self.line_up(&id)?;
        self.in_lane(place, id, move |runtime, id| async move {
            let Held {
                permit: _permit,
                mut remember,
            } = held;
            if let Some(stored) = runtime.shared.store.case(&id)? {
                return runtime.repeated(&id, &stored, &definition, &data, &actor);
            }
            let opening =
                move |setting: Setting<'_>| casewright_case::open(setting, &id, &data, &actor);
            let outcome = runtime.take_step(definition.clone(), opening).await?;
            let outcome = outcome.map_err(|refusal| CommandError::Refused {
                refusal,
                case: None,
            })?;
            let step = Writing {
                before: None,
                outcome,
                definition,
                fired: None,
            };
            runtime.write(step, remember.as_mut()).await
        })
        .await
    }

    /// Sends a case an event. With revisions, only if the case is at one of them.
    ///
    /// # Errors
    /// See [`CommandError`].
    pub async fn send(
        &self,
        id: &str,
        event: String,
        data: Json,
        actor: Actor,
        revisions: Option<Vec<u64>>,
    ) -> Result<Committed, CommandError> {
        self.send_now(id, event, data, actor, revisions, Held::default())
            .await
    }

    /// Sends a case an event on terms, as [`Runtime::send`] does.
    ///
    /// # Errors
    /// See [`CommandError`].
    pub async fn send_on(
        &self,
        terms: Terms,
        id: &str,
        event: String,
        data: Json,
        actor: Actor,
        revisions: Option<Vec<u64>>,
    ) -> Result<Done, CommandError> {
        let held = match self.held(terms)? {
            Ok(held) => held,
            Err(reply) => return Ok(Done::Before(reply)),
        };
        let sent = self.send_now(id, event, data, actor, revisions, held);
        Ok(Done::Now(sent.await?))
    }

    async fn send_now(
        &self,
        id: &str,
        event: String,
        data: Json,
        actor: Actor,
        revisions: Option<Vec<u64>>,
        held: Held,
    ) -> Result<Committed, CommandError> {
        let place = self.line_up(id)?;
        self.in_lane(place, id.to_owned(), move |runtime, id| async move {
            let Held {
                permit: _permit,
                mut remember,
            } = held;
            let (stored, view) = runtime.load(&id)?;
            let found = view.case.revision;
            if let Some(expected) = revisions
                && !expected.contains(&found)
            {
                return Err(CommandError::RevisionMismatch { expected, found });
            }
            let step = move |setting: Setting<'_>, case: &Case| {
                casewright_case::send(setting, case, &event, &data, &actor)
            };
            runtime
                .step(stored, view, None, remember.as_mut(), step)
                .await
        })
        .await
    }

    /// What a command on terms holds, or what was answered to it before.
    fn held(&self, terms: Terms) -> Result<Result<Held, Reply>, CommandError> {
        let Terms { permit, once } = terms;
        Ok(match self.turn_of(once)? {
            Turn::Past(reply) => Err(reply),
            Turn::Now(remember) => Ok(Held { permit, remember }),
        })
    }
}
