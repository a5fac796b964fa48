//! How a plugin and its functions are shown.

use std::fmt::Write;

use casewright_host::{Function, Limits, LogLine, Plugin};
use serde::Serialize;
use serde_json::Value;

/// What a plugin declares, for scripts.
#[derive(Serialize)]
pub(super) struct Declared<'a> {
    name: &'a str,
    version: &'a str,
    functions: Vec<DeclaredFunction<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    wants: Vec<DeclaredWant<'a>>,
    #[serde(skip_serializing_if = "is_empty")]
    extensions: &'a Value,
}

/// Something that services want to reach.
#[derive(Serialize)]
struct DeclaredWant<'a> {
    kind: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    name: &'a str,
    reason: &'a str,
}

#[derive(Serialize)]
struct DeclaredFunction<'a> {
    name: &'a str,
    kind: &'a str,
    title: &'a str,
    description: &'a str,
    input_schema: &'a Value,
    output_schema: &'a Value,
    #[serde(skip_serializing_if = "is_empty")]
    extensions: &'a Value,
}

fn is_empty(value: &&Value) -> bool {
    value.as_object().is_none_or(serde_json::Map::is_empty)
}

impl<'a> Declared<'a> {
    /// Of a loaded plugin.
    pub(super) fn by(plugin: &'a Plugin) -> Self {
        let functions = plugin.functions().iter();
        let wants = plugin.wanted().capabilities().iter();
        let wants = wants.map(|wanted| DeclaredWant {
            kind: &wanted.kind,
            name: &wanted.name,
            reason: &wanted.reason,
        });
        Declared {
            name: plugin.name(),
            version: plugin.version(),
            functions: functions.map(DeclaredFunction::of).collect(),
            wants: wants.collect(),
            extensions: plugin.extensions(),
        }
    }
}

impl<'a> DeclaredFunction<'a> {
    fn of(function: &'a Function) -> Self {
        DeclaredFunction {
            name: &function.name,
            kind: &function.kind,
            title: &function.title,
            description: &function.description,
            input_schema: &function.input_schema,
            output_schema: &function.output_schema,
            extensions: &function.extensions,
        }
    }
}

/// The functions for people: what each takes and gives, field by field; and what services want to reach.
pub(super) fn functions(plugin: &Plugin) -> String {
    let mut text = String::new();
    if !plugin.wanted().is_empty() {
        text.push_str("\nwants, and gets only what an operator grants\n");
    }
    for wanted in plugin.wanted().capabilities() {
        text.push_str(&format!("  {wanted}"));
        if !wanted.reason.is_empty() {
            text.push_str(&format!("; {}", wanted.reason));
        }
        text.push('\n');
    }
    for function in plugin.functions() {
        // Writing into a text cannot fail.
        let _ = write_function(&mut text, plugin.name(), function);
    }
    text
}

fn write_function(text: &mut String, plugin: &str, function: &Function) -> std::fmt::Result {
    write!(text, "\n{plugin}.{}", function.name)?;
    if !function.title.is_empty() {
        write!(text, ": {}", function.title)?;
    }
    if function.kind != casewright_host::DECISION {
        write!(text, " ({})", function.kind)?;
    }
    writeln!(text)?;
    if !function.description.is_empty() {
        writeln!(text, "  {}", function.description)?;
    }
    write_fields(text, "takes", &function.input_schema)?;
    write_fields(text, "gives", &function.output_schema)
}

fn write_fields(text: &mut String, verb: &str, schema: &Value) -> std::fmt::Result {
    writeln!(text, "  {verb}")?;
    let Some(fields) = schema["properties"].as_object() else {
        return writeln!(text, "    {}", shape(schema));
    };
    let width = fields.keys().map(String::len).max().unwrap_or_default();
    for (name, field) in fields {
        let required = schema["required"].as_array();
        let required = required.is_some_and(|all| all.iter().any(|other| *other == **name));
        let optional = if required { "" } else { ", optional" };
        write!(text, "    {name:width$}  {}{optional}", shape(field))?;
        if let Some(description) = field["description"].as_str() {
            write!(text, "; {}", one_line(description))?;
        }
        writeln!(text)?;
    }
    Ok(())
}

/// `number`, `array of object`, `one of "core", "potential"`.
fn shape(schema: &Value) -> String {
    if let Some(values) = schema["enum"].as_array() {
        let values: Vec<String> = values.iter().map(Value::to_string).collect();
        return format!("one of {}", values.join(", "));
    }
    match &schema["type"] {
        Value::String(kind) if kind == "array" => format!("array of {}", shape(&schema["items"])),
        Value::String(kind) => kind.clone(),
        Value::Array(kinds) => {
            let kinds: Vec<&str> = kinds.iter().filter_map(Value::as_str).collect();
            kinds.join(" or ")
        }
        _ => "anything".to_owned(),
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `fuel 200000000, memory_bytes 67108864, …`: by the names that errors give for them.
pub(super) fn limits(plugin: &Plugin) -> String {
    let serves = |function: &Function| function.kind == casewright_host::SERVICE;
    let Limits {
        fuel,
        deadline_ms,
        http_requests,
        http_request_bytes,
        http_response_bytes,
        memory_bytes,
        table_elements,
        input_bytes,
        output_bytes,
        log_bytes,
        stack_bytes,
        ..
    } = plugin.limits();
    let work = match plugin.functions().iter().any(serves) {
        true => format!(
            "deadline_ms {deadline_ms}, http_requests {http_requests}, http_request_bytes {http_request_bytes}, \
             http_response_bytes {http_response_bytes}"
        ),
        false => format!("fuel {fuel}"),
    };
    format!(
        "{work}, memory_bytes {memory_bytes}, table_elements {table_elements}, stack_bytes {stack_bytes}, \
         input_bytes {input_bytes}, output_bytes {output_bytes}, log_bytes {log_bytes}"
    )
}

/// A log line for people: `warn: what the plugin says`, whatever control characters it holds.
pub(super) fn log_line(line: &LogLine) -> String {
    let escape = |text: &str| -> String {
        let characters = text.chars().flat_map(|c| match c.is_control() {
            true => c.escape_default().collect::<Vec<_>>(),
            false => vec![c],
        });
        characters.collect()
    };
    format!("{}: {}", escape(&line.level), escape(&line.message))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn shapes_read_as_words() {
        let shapes = [
            json!({"type": "array", "items": {"type": ["string", "null"]}}),
            json!({"enum": ["a", 2]}),
            json!({}),
        ];
        let shapes = shapes.map(|schema| shape(&schema));
        assert_eq!(
            shapes,
            ["array of string or null", r#"one of "a", 2"#, "anything"]
        );
    }

    #[test]
    fn a_plugin_cannot_write_to_the_terminal() {
        let line = LogLine {
            level: "info".into(),
            message: "a\u{1b}[2Jb\n客户".into(),
        };
        assert_eq!(log_line(&line), r"info: a\u{1b}[2Jb\n客户");
    }
}
