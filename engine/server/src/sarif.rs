//! Findings as SARIF 2.1.0 (OASIS), the form in which code hosting shows what checkers find.
//!
//! Only what the findings fill is modelled. Lines and columns begin at 1, columns count Unicode code
//! points, and the end is the place after the last character; all of it as SARIF defines it. Nothing
//! in a log depends on the time or the machine, so that the same files give the same bytes.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use casewright_definition::diagnostic::{Finding, RelatedPlace};
use casewright_definition::{Digest, explain};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;

/// The schema of the standard, with its errata.
const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
const VERSION: &str = "2.1.0";
/// What URIs are relative to: by convention the root of the repository.
const SOURCE_ROOT: &str = "%SRCROOT%";
/// The key of our fingerprint. Its number rises when what it is taken of changes.
const FINGERPRINT: &str = "casewright/v1";
/// What stands for itself in a segment of a path (RFC 3986, `unreserved`).
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// A SARIF log of one run of `check`.
#[derive(Debug, Serialize)]
pub struct Log {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run; 1],
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Run {
    tool: Tool,
    invocations: [Invocation; 1],
    original_uri_base_ids: BTreeMap<&'static str, BaseId>,
    column_kind: &'static str,
    results: Vec<SarifResult>,
}

#[derive(Debug, Serialize)]
struct Tool {
    driver: Driver,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver {
    name: &'static str,
    version: &'static str,
    semantic_version: &'static str,
    rules: Vec<Rule>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    id: &'static str,
    short_description: Text,
    full_description: Text,
    help: Help,
    default_configuration: Configuration,
}

#[derive(Debug, Serialize)]
struct Help {
    text: &'static str,
    markdown: &'static str,
}

#[derive(Debug, Serialize)]
struct Configuration {
    level: &'static str,
}

#[derive(Debug, Serialize)]
struct Text {
    text: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Invocation {
    execution_successful: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_execution_notifications: Vec<Notification>,
}

#[derive(Debug, Serialize)]
struct Notification {
    level: &'static str,
    message: Text,
}

#[derive(Debug, Serialize)]
struct BaseId {
    description: Text,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifResult {
    rule_id: &'static str,
    rule_index: usize,
    level: &'static str,
    message: Text,
    locations: [Location; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Location>,
    partial_fingerprints: BTreeMap<&'static str, String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<usize>,
    physical_location: PhysicalLocation,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    logical_locations: Vec<LogicalLocation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Text>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: ArtifactLocation,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<Region>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct ArtifactLocation {
    uri: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    uri_base_id: Option<&'static str>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: usize,
    start_column: usize,
    end_line: usize,
    end_column: usize,
}

/// The JSON pointer of the node that a finding is about.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct LogicalLocation {
    fully_qualified_name: String,
}

impl Log {
    /// The log of all findings of a run in the folder `root`, an absolute path. `failure` is why the
    /// run came to no end, if it did not.
    pub fn new(findings: &[Finding], root: &Path, failure: Option<&str>) -> Log {
        let codes = explain::PAGES.iter().map(|(code, _)| *code);
        let codes: Vec<&'static str> = codes
            .filter(|code| findings.iter().any(|finding| finding.code == *code))
            .collect();
        let mut fingerprints = Fingerprints::default();
        let results = findings.iter().map(|finding| {
            let location = artifact_location(&finding.file, root);
            let fingerprint = fingerprints.of(finding, &location.uri);
            result(finding, &codes, location, fingerprint)
        });
        let results = results.collect();
        let notifications = failure.map(|message| Notification {
            level: "error",
            message: text(message),
        });
        let version = env!("CARGO_PKG_VERSION");
        let run = Run {
            tool: Tool {
                driver: Driver {
                    name: "casewright",
                    version,
                    semantic_version: version,
                    rules: codes.iter().map(|code| rule(code)).collect(),
                },
            },
            invocations: [Invocation {
                execution_successful: failure.is_none(),
                tool_execution_notifications: notifications.into_iter().collect(),
            }],
            original_uri_base_ids: BTreeMap::from([(
                SOURCE_ROOT,
                BaseId {
                    description: text("The folder in which the command was run."),
                },
            )]),
            column_kind: "unicodeCodePoints",
            results,
        };
        Log {
            schema: SCHEMA,
            version: VERSION,
            runs: [run],
        }
    }
}

fn rule(code: &'static str) -> Rule {
    let page = explain::page(code).unwrap_or_default();
    let meaning = explain::meaning(page);
    Rule {
        id: code,
        short_description: text(explain::summary(page)),
        full_description: text(meaning),
        help: Help {
            text: page,
            markdown: page,
        },
        default_configuration: Configuration {
            level: explain::severity(code).as_str(),
        },
    }
}

fn result(
    finding: &Finding,
    codes: &[&'static str],
    file: ArtifactLocation,
    fingerprint: String,
) -> SarifResult {
    let rule_index = codes.iter().position(|code| *code == finding.code);
    let related = finding.related.iter().enumerate();
    let related_locations = related
        .map(|(number, place)| related_location(number, place, &file))
        .collect();
    let pointer = finding.pointer.iter();
    let logical_locations = pointer.map(|pointer| LogicalLocation {
        fully_qualified_name: pointer.to_string(),
    });
    SarifResult {
        rule_id: finding.code,
        rule_index: rule_index.unwrap_or_default(),
        level: finding.severity.as_str(),
        message: text(message(finding)),
        locations: [Location {
            id: None,
            logical_locations: logical_locations.collect(),
            physical_location: PhysicalLocation {
                artifact_location: file,
                region: region(finding),
            },
            message: None,
        }],
        related_locations,
        partial_fingerprints: BTreeMap::from([(FINGERPRINT, fingerprint)]),
    }
}

fn related_location(number: usize, place: &RelatedPlace, file: &ArtifactLocation) -> Location {
    Location {
        id: Some(number),
        physical_location: PhysicalLocation {
            artifact_location: file.clone(),
            region: Some(Region {
                start_line: place.line,
                start_column: place.column,
                end_line: place.end_line,
                end_column: place.end_column,
            }),
        },
        logical_locations: Vec::new(),
        message: Some(text(&*place.message)),
    }
}

fn message(finding: &Finding) -> String {
    match &finding.hint {
        Some(hint) => format!("{}\n\nhint: {hint}", finding.message),
        None => finding.message.to_string(),
    }
}

fn region(finding: &Finding) -> Option<Region> {
    Some(Region {
        start_line: finding.line?,
        start_column: finding.column?,
        end_line: finding.end_line?,
        end_column: finding.end_column?,
    })
}

fn text(text: impl Into<String>) -> Text {
    Text { text: text.into() }
}

/// What stays the same about a finding while lines above it come and go.
#[derive(Default)]
struct Fingerprints {
    /// How often each was given out.
    seen: BTreeMap<String, usize>,
}

impl Fingerprints {
    fn of(&mut self, finding: &Finding, uri: &str) -> String {
        let pointer = finding.pointer.as_deref().unwrap_or_default();
        let parts = [finding.code, uri, pointer, &finding.message];
        let digest = Digest::of(parts.join("\0").as_bytes()).to_string();
        let seen = self.seen.entry(digest.clone()).or_default();
        *seen += 1;
        format!("{digest}:{seen}")
    }
}

/// A path as a URI: relative to the root where it lies below it, else a `file` URI.
fn artifact_location(path: &str, root: &Path) -> ArtifactLocation {
    let absolute = without_dots(&root.join(path));
    match absolute.strip_prefix(root) {
        Ok(relative) => ArtifactLocation {
            uri: encoded(relative).join("/"),
            uri_base_id: Some(SOURCE_ROOT),
        },
        Err(_) => ArtifactLocation {
            uri: format!("file:///{}", encoded(&absolute).join("/")),
            uri_base_id: None,
        },
    }
}

fn without_dots(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => drop(plain.pop()),
            other => plain.push(other),
        }
    }
    plain
}

fn encoded(path: &Path) -> Vec<String> {
    let segments = path.components().filter_map(|component| match component {
        Component::Normal(segment) => Some(segment.to_string_lossy()),
        Component::Prefix(prefix) => Some(prefix.as_os_str().to_string_lossy()),
        _ => None,
    });
    let encode =
        |segment: std::borrow::Cow<'_, str>| utf8_percent_encode(&segment, SEGMENT).to_string();
    segments.map(encode).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uri(path: &str) -> (String, bool) {
        let location = artifact_location(path, Path::new("/srv"));
        (location.uri, location.uri_base_id.is_some())
    }

    #[test]
    fn paths_become_uris() {
        assert_eq!(uri("a.yaml"), ("a.yaml".to_owned(), true));
        assert_eq!(uri("./pack/../b.yaml"), ("b.yaml".to_owned(), true));
        assert_eq!(uri("/srv/c d.yaml"), ("c%20d.yaml".to_owned(), true));
        assert_eq!(
            uri("../客户.yaml"),
            ("file:///%E5%AE%A2%E6%88%B7.yaml".to_owned(), false)
        );
        assert_eq!(uri("/etc/x.yaml"), ("file:///etc/x.yaml".to_owned(), false));
    }
}
