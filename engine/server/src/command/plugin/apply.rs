//! `casewright plugin apply`.

use std::path::PathBuf;
use std::time::Duration;

use base64ct::{Base64, Encoding};
use casewright_host::Plugin;
use clap::Args;
use serde_json::Value as Json;
use ureq::http::{Method, Request, StatusCode, header};
use ureq::{Agent, AsSendBody, RequestExt};

use super::limits::CallLimits;
use super::loaded::{File, built};
use crate::cli::{Failure, Verdict, print, tell};
use crate::grants::Given;
use crate::signature::{SIGNATURE, beside};

/// A plugin that carries a language runtime is compiled for seconds, and the server may have others to compile.
const PATIENCE: Duration = Duration::from_secs(180);

/// Have a running server ask this plugin from now on, in the place of the one with its name
///
/// Steps under way end with the one that they began with. If somebody else replaced it in the meantime, nothing
/// happens. The signature beside the file, `FILE.sig`, is sent along.
#[derive(Debug, Args)]
#[command(after_help = "Exit codes: 0 it answers now, 1 the server refuses it, 2 could not run.")]
pub(super) struct Apply {
    /// The `.wasm` file [default: what was built of the project in this folder]
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// The address of the server.
    #[arg(
        long,
        value_name = "URL",
        env = "CASEWRIGHT_SERVER",
        default_value = "http://127.0.0.1:8080"
    )]
    server: String,
    /// Who applies it, for a server that nothing stands in front of to say so.
    #[arg(long, value_name = "NAME", default_value = "administrator")]
    actor: String,
    /// The server's file of grants, when it lets the plugin use more than is usual.
    #[arg(long, value_name = "FILE")]
    grants: Option<PathBuf>,
    /// A header for whatever stands in front of the server: `Authorization: Bearer …`.
    #[arg(long = "header", value_name = "NAME: VALUE", value_parser = header_of)]
    headers: Vec<(String, String)>,
}

fn header_of(text: &str) -> Result<(String, String), String> {
    let (name, value) = text
        .split_once(':')
        .ok_or("expected a name, a colon, and a value")?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}

/// A plugin as a server shows it.
struct InUse {
    version: String,
    digest: String,
}

impl Apply {
    pub(super) fn run(self) -> Result<Verdict, Failure> {
        let file = match &self.file {
            Some(path) => File::read(path)?,
            None => built(&PathBuf::from("."))?,
        };
        // What is no plugin need not be sent to be told so.
        let given = Given::read(self.grants.as_deref())?;
        let plugin = file.require(&CallLimits::default().host_with(&given)?)?;
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(PATIENCE))
            .build()
            .new_agent();
        let before = self.in_use(&agent, &plugin)?;
        let (name, version) = (plugin.name(), plugin.version());
        let signature = beside(file.name.as_ref())?;
        let is_same = before
            .as_ref()
            .is_some_and(|before| before.digest == plugin.digest());
        // A signature may be what the one in use lacks.
        if is_same && signature.is_none() {
            print(format_args!("`{name}` {version} answers already"));
            return Ok(Verdict::Yes);
        }
        let mut request = self.request(Method::PUT, name);
        request = match &before {
            Some(before) => request.header(header::IF_MATCH, format!("\"{}\"", before.digest)),
            None => request.header(header::IF_NONE_MATCH, "*"),
        };
        if let Some(signature) = signature {
            let text = Base64::encode_string(&signature);
            request = request.header(SIGNATURE, format!(":{text}:"));
        }
        let request = request.header(header::CONTENT_TYPE, "application/wasm");
        let (status, answer) = self.send(&agent, request.body(&*file.bytes))?;
        if status.is_success() {
            let how = match &before {
                Some(_) if is_same => "already, and has its signature".to_owned(),
                Some(before) => format!("now, in the place of {}", before.version),
                None => "now".to_owned(),
            };
            print(format_args!("`{name}` {version} answers {how}"));
            return Ok(Verdict::Yes);
        }
        let why = refusal(status, &answer);
        tell(format_args!(
            "the server does not take `{name}` {version}: {why}"
        ));
        Ok(Verdict::No)
    }

    /// The plugin that the server asks now.
    fn in_use(&self, agent: &Agent, plugin: &Plugin) -> Result<Option<InUse>, Failure> {
        let request = self.request(Method::GET, plugin.name());
        let (status, answer) = self.send(agent, request.body(()))?;
        let text = |key: &str| answer[key].as_str().map(str::to_owned);
        match (status, text("version"), text("digest")) {
            (StatusCode::OK, Some(version), Some(digest)) => Ok(Some(InUse { version, digest })),
            (StatusCode::NOT_FOUND, ..) if answer["type"].as_str().is_some() => Ok(None),
            _ => Err(Failure(format!(
                "`{}` does not answer as Casewright does: {}",
                self.server,
                refusal(status, &answer)
            ))),
        }
    }

    fn request(&self, method: Method, plugin: &str) -> ureq::http::request::Builder {
        let server = self.server.trim_end_matches('/');
        let request = Request::builder()
            .method(method)
            .uri(format!("{server}/plugins/{plugin}"))
            .header("Casewright-Actor", &self.actor)
            .header("Casewright-Roles", "administrator");
        let headers = self.headers.iter();
        headers.fold(request, |request, (name, value)| {
            request.header(name, value)
        })
    }

    /// Sends a request: the status and the body of the response, which is null when it is no JSON.
    fn send<B: AsSendBody>(
        &self,
        agent: &Agent,
        request: Result<Request<B>, ureq::http::Error>,
    ) -> Result<(StatusCode, Json), Failure> {
        let failed = |error: &dyn std::fmt::Display| {
            Failure(format!(
                "cannot reach `{}`: {error}\n\nhint: `--server` says where the server is",
                self.server
            ))
        };
        let request = request.map_err(|error| failed(&error))?;
        let sent = request.with_agent(agent).run();
        let mut response = sent.map_err(|error| failed(&error))?;
        let text = response.body_mut().read_to_string();
        let text = text.map_err(|error| failed(&error))?;
        let answer = serde_json::from_str(&text).unwrap_or_default();
        Ok((response.status(), answer))
    }
}

/// What a server says when it refuses, RFC 9457.
fn refusal(status: StatusCode, answer: &Json) -> String {
    let text = |value: &Json, key: &str| value[key].as_str().unwrap_or_default().to_owned();
    let mut lines = vec![match answer["detail"].as_str() {
        Some(detail) => detail.to_owned(),
        None => format!("HTTP status {status}"),
    }];
    let list = |key: &str| answer[key].as_array().cloned().unwrap_or_default();
    for finding in list("findings") {
        let place = text(&finding, "pointer");
        let workflow = text(&finding, "workflow");
        let message = text(&finding, "message");
        lines.push(format!("- {workflow} {place}: {message}"));
    }
    let difference = text(answer, "difference");
    if !difference.is_empty() {
        lines.push(format!(
            "what it wants beside the version in use:\n{difference}"
        ));
    }
    let hint = text(answer, "hint");
    if !hint.is_empty() {
        lines.push(format!("\nhint: {hint}"));
    }
    lines.join("\n")
}
