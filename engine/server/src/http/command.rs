//! A request that asks for a step: who asks, for what, and whether it may be sent again.

use std::time::Duration;

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::HeaderMap;
use casewright_case::Actor;
use casewright_runtime::{Committed, Done, Once, Reply, Terms};
use serde::de::DeserializeOwned;
use tokio::sync::OwnedSemaphorePermit;

use super::Server;
use super::actor::From as FromActor;
use super::answer::Form;
use super::body::{Body, Measure, malformed};
use super::idempotency::{Keyed, key};
use super::problem::Problem;

/// A command.
pub(super) struct Command<T> {
    /// Who asks.
    pub(super) actor: Actor,
    /// The headers of the request.
    pub(super) headers: HeaderMap,
    /// What is asked for.
    pub(super) body: T,
    /// What is held while it is carried out.
    pub(super) admission: Admission,
}

/// Leave to carry out a command.
pub(super) struct Admission {
    permit: OwnedSemaphorePermit,
    keyed: Option<Keyed>,
}

impl<T: DeserializeOwned> FromRequest<Server> for Command<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, server: &Server) -> Result<Self, Problem> {
        let (mut parts, body) = request.into_parts();
        let FromActor(actor) = FromActor::from_request_parts(&mut parts, server).await?;
        let key = key(&parts.headers)?;
        let measure = Measure::of_commands(server);
        let Body { bytes, permit } = Body::take_in(body, server, measure).await?;
        let body = serde_json::from_slice(&bytes).map_err(|error| malformed(&error))?;
        let keyed = key.map(|key| Keyed::new(&key, &actor, &parts, &bytes));
        Ok(Command {
            actor,
            headers: parts.headers,
            body,
            admission: Admission { permit, keyed },
        })
    }
}

impl Admission {
    /// The terms on which the command is carried out. Its step is answered in a form.
    pub(super) fn terms(self, server: &Server, actor: &Actor, form: Form) -> Terms {
        let once = self.keyed.map(|keyed| {
            let expiry = server.edge.idempotency_expiry;
            let (server, actor) = (server.clone(), actor.clone());
            Once {
                request: keyed.request,
                fingerprint: keyed.fingerprint,
                expiry_ms: milliseconds(expiry),
                answer: Box::new(move |view| form(&server, view, &actor).into_reply()),
            }
        });
        Terms {
            permit: Some(self.permit),
            once,
        }
    }
}

/// What a command came to that is not remembered, or else the answer that is: of now or of before.
pub(super) fn unless_remembered(done: Done) -> Result<Committed, Reply> {
    match done {
        Done::Before(reply) => Err(reply),
        Done::Now(mut committed) => match committed.reply.take() {
            Some(reply) => Err(reply),
            None => Ok(committed),
        },
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
