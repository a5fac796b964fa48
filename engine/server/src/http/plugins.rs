//! Plugins over HTTP: which there are, and another in the place of one.

#![allow(
    unused_qualifications,
    reason = "the macros of utoipa name types by their paths"
)]

use axum::Json as JsonBody;
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::response::Response;
use base64ct::{Base64, Encoding};
use casewright_host::grants::Capability;
use casewright_host::{Function, Plugin};
use casewright_runtime::NotTaken;
use serde::Serialize;
use serde_json::{Value as Json, json};
use utoipa::ToSchema;

use super::Server;
use super::actor::From as FromActor;
use super::body::{Body, Measure};
use super::conditional::{Condition, tagged};
use super::problem::Problem;
use super::segment::Segment;
use super::workflows::must_administer;
use crate::signature::SIGNATURE;

/// A plugin.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PluginView {
    /// Its name.
    name: String,
    /// Its version, as it says.
    version: String,
    /// The SHA-256 of its file. `ETag` holds the same.
    digest: String,
    /// What it can be asked.
    functions: Vec<FunctionView>,
    /// What its services reach; all of it is granted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    wants: Vec<CapabilityView>,
}

/// Something that a plugin wants to reach.
#[derive(Debug, Serialize, ToSchema)]
struct CapabilityView {
    /// `http`, `secret`, `key-value`, or what this server does not know.
    kind: String,
    /// The host, or the name of the secret; may be empty.
    name: String,
    /// What for, in the plugin's words; may be empty.
    reason: String,
}

impl CapabilityView {
    fn of(capability: &Capability) -> Self {
        CapabilityView {
            kind: capability.kind.clone(),
            name: capability.name.clone(),
            reason: capability.reason.clone(),
        }
    }
}

/// A function of a plugin.
#[derive(Debug, Serialize, ToSchema)]
struct FunctionView {
    /// Its name in the plugin. Workflows put the plugin's name and a `.` before it.
    name: String,
    /// `decision`, `service`, or a kind that this server does not call.
    kind: String,
    /// What people call it; may be empty.
    title: String,
    /// What it does; may be empty.
    description: String,
    /// The JSON Schema of what it is asked.
    input_schema: Json,
    /// The JSON Schema of what it answers.
    output_schema: Json,
}

/// All plugins.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PluginList {
    /// By name.
    plugins: Vec<PluginView>,
}

impl PluginView {
    fn of(plugin: &Plugin) -> Self {
        let function = |function: &Function| FunctionView {
            name: function.name.clone(),
            kind: function.kind.clone(),
            title: function.title.clone(),
            description: function.description.clone(),
            input_schema: function.input_schema.clone(),
            output_schema: function.output_schema.clone(),
        };
        PluginView {
            name: plugin.name().to_owned(),
            version: plugin.version().to_owned(),
            digest: plugin.digest().to_owned(),
            functions: plugin.functions().iter().map(function).collect(),
            wants: plugin
                .wanted()
                .capabilities()
                .iter()
                .map(CapabilityView::of)
                .collect(),
        }
    }
}

/// List plugins
#[utoipa::path(
    get, path = "/plugins", tag = "plugins",
    responses((status = 200, description = "the plugins that answer now", body = PluginList)),
)]
pub(super) async fn list(State(server): State<Server>) -> JsonBody<PluginList> {
    let plugins = server.runtime.plugins();
    JsonBody(PluginList {
        plugins: plugins.iter().map(PluginView::of).collect(),
    })
}

/// Get a plugin
#[utoipa::path(
    get, path = "/plugins/{plugin}", tag = "plugins",
    params(("plugin" = String, Path, description = "the name of the plugin")),
    responses(
        (status = 200, description = "what it can be asked", body = PluginView),
        (status = "default", description = "RFC 9457", content_type = "application/problem+json", body = serde_json::Value),
    ),
)]
pub(super) async fn show(
    State(server): State<Server>,
    Segment(name): Segment,
) -> Result<Response, Problem> {
    let plugins = server.runtime.plugins();
    match plugins.get(&name) {
        Some(plugin) => Ok(answer(plugin)),
        None => {
            let known: Vec<&str> = plugins.iter().map(Plugin::name).collect();
            let detail = format!("no plugin is called `{name}`");
            Err(Problem::new("unknown-plugin", detail).with("known", known))
        }
    }
}

/// A plugin, with its digest as `ETag`.
fn answer(plugin: &Plugin) -> Response {
    tagged(plugin.digest(), JsonBody(PluginView::of(plugin)))
}

/// Apply a plugin
///
/// The body is the file itself, a WebAssembly component or module. It answers from the next step on, and after
/// the next start, too, unless `--plugins` has one of its name; steps under way end with the one that they began with. It is refused when a workflow
/// in use asks what it does not have, or asks it in another way, or when it wants to reach more than the operator grants.
/// Takes the role `administrator`.
///
/// `Casewright-Signature` holds its Ed25519 signature, as a byte sequence (RFC 9651, 3.3.5: base64 between colons). A
/// server with `--plugin-keys` takes no plugin without a good one.
///
/// With `If-Match`, only if the plugin in use is still the one that `ETag` named; with `If-None-Match: *`,
/// only if there is none.
#[utoipa::path(
    put, path = "/plugins/{plugin}", tag = "plugins",
    params(
        ("plugin" = String, Path, description = "the name of the plugin"),
        ("Casewright-Signature" = Option<String>, Header, description = "its Ed25519 signature, in base64 between colons"),
    ),
    request_body(content = Vec<u8>, content_type = "application/wasm"),
    responses(
        (status = 200, description = "it answers from now on", body = PluginView),
        (status = "default", description = "RFC 9457", content_type = "application/problem+json", body = serde_json::Value),
    ),
)]
pub(super) async fn apply(
    State(server): State<Server>,
    Segment(name): Segment,
    FromActor(actor): FromActor,
    request: Request,
) -> Result<Response, Problem> {
    must_administer(&actor, "applying a plugin")?;
    let (parts, body) = request.into_parts();
    let signature = signature(&parts.headers)?;
    let condition = Condition::of(&parts.headers, "the digest of a plugin in quotation marks")?;
    let measure = Measure {
        limit: server.plugins.largest(&name),
        permits: &server.uploads,
    };
    let Body { bytes, permit } = Body::take_in(body, &server, measure).await?;
    let is_wanted = move |current: Option<&Plugin>| condition.holds(current.map(Plugin::digest));
    let applied = tokio::task::spawn_blocking(move || {
        let _permit = permit;
        replace(&server, &name, &bytes, signature.as_deref(), is_wanted)
    });
    let panicked = |_| {
        Err(Problem::new(
            "internal",
            "applying a plugin ended in a panic",
        ))
    };
    let plugin = applied.await.unwrap_or_else(panicked)?;
    Ok(answer(&plugin))
}

/// The signature that a request brings along.
fn signature(headers: &HeaderMap) -> Result<Option<Vec<u8>>, Problem> {
    let Some(value) = headers.get(SIGNATURE) else {
        return Ok(None);
    };
    let text = value.to_str().unwrap_or_default().trim();
    let inside = text
        .strip_prefix(':')
        .and_then(|text| text.strip_suffix(':'));
    match inside.and_then(|text| Base64::decode_vec(text).ok()) {
        Some(signature) => Ok(Some(signature)),
        None => {
            let detail = "expected `Casewright-Signature` to be base64 between colons";
            Err(Problem::new("plugin-not-signed", detail))
        }
    }
}

fn replace(
    server: &Server,
    name: &str,
    bytes: &[u8],
    signature: Option<&[u8]>,
    is_wanted: impl FnOnce(Option<&Plugin>) -> bool,
) -> Result<Plugin, Problem> {
    if !server.plugins.is_signed(bytes, signature) {
        let detail = match signature {
            Some(_) => "the signature is of no key of the operator's, or not of this file",
            None => "it came without a signature",
        };
        let hint =
            "`casewright plugin sign` makes the signature that `casewright plugin apply` sends";
        return Err(Problem::new("plugin-not-signed", detail).with_hint(hint));
    }
    let unsound = |detail: String| Problem::new("plugin-unsound", detail);
    let plugin = server.plugins.load(name, bytes);
    let plugin = plugin.map_err(|error| unsound(error.to_string()))?;
    if plugin.name() != name {
        let found = plugin.name();
        let detail = format!("the file is of the plugin `{found}`, the address is of `{name}`");
        return Err(unsound(detail));
    }
    let before = server.runtime.plugins().get(name).cloned();
    let plugin = server.plugins.judged(plugin.clone()).map_err(|refused| {
        // A new version is held against what the one in use asks for.
        let asked = before.as_ref().map(Plugin::wanted).cloned();
        let difference = asked.unwrap_or_default().difference(plugin.wanted());
        let missing = refused.capabilities().iter().map(CapabilityView::of);
        Problem::new("plugin-not-granted", refused.to_string())
            .with("missing", missing.collect::<Vec<_>>())
            .with("difference", difference.to_string())
    })?;
    let keep = || server.plugins.keep(&plugin, bytes, signature);
    let taken = server
        .runtime
        .replace_plugin(plugin.clone(), is_wanted, keep);
    match taken {
        Ok(()) => Ok(plugin),
        Err(NotTaken::Unwanted(current)) => {
            let digest = current.map(|plugin| plugin.digest().to_owned());
            let detail = match &digest {
                None => format!("there is no plugin `{name}` yet"),
                Some(digest) => format!("the plugin in use of `{name}` is `{digest}`"),
            };
            Err(Problem::new("plugin-changed", detail).with("plugin", digest))
        }
        Err(NotTaken::Misfits(misfits)) => {
            let findings = misfits.iter().map(|(workflow, found)| {
                json!({
                    "workflow": workflow,
                    "code": found.code.0,
                    "message": found.message,
                    "pointer": found.pointer,
                    "hint": found.hint,
                })
            });
            let findings: Vec<Json> = findings.collect();
            let detail = match misfits.first() {
                Some((workflow, found)) => format!("workflow `{workflow}`: {}", found.message),
                None => "a workflow cannot do with it".to_owned(),
            };
            Err(Problem::new("plugin-misfit", detail).with("findings", findings))
        }
        Err(NotTaken::NotKept(error)) => Err(Problem::new(
            "store-failed",
            format!("cannot keep the plugin beside the data: {error}"),
        )),
    }
}
