//! Cases of a plugin: what goes in, and what must come out.

use std::fs;
use std::path::{Path, PathBuf};

use casewright_host::{CallError, DECISION, Plugin, Reason, SERVICE};
use serde::Deserialize;
use serde_json::Value;
use similar::TextDiff;

use super::asked::ask;
use crate::cli::Failure;
use crate::folder;

/// One file of a folder `cases`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Case {
    /// The function; may be left away when the plugin has only one.
    function: Option<String>,
    /// What it is asked.
    input: Value,
    /// What it must answer.
    output: Option<Value>,
    /// How it must fail: the code of its failure, or of the host's, or the whole message.
    error: Option<String>,
    /// The most that the call may compute, in units of fuel.
    fuel: Option<u64>,
}

/// What came of a case.
#[derive(Debug)]
pub(super) struct Tried {
    /// In units of fuel; none when there was no answer.
    pub(super) fuel: Option<u64>,
    /// Why it does not hold; none when it does.
    pub(super) reason: Option<String>,
}

impl Tried {
    fn fails(reason: impl Into<String>) -> Tried {
        Tried {
            fuel: None,
            reason: Some(reason.into()),
        }
    }
}

/// The case files of a folder, in the order of their names.
pub(super) fn files(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let failed = |error| {
        let what = format!("cannot read the folder `{}`", folder.display());
        Failure::new(what, error)
    };
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "json")
        {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Reads a case and asks the plugin.
pub(super) fn try_file(path: &Path, plugin: &Plugin) -> Result<Tried, Failure> {
    let bytes = folder::read(path)?;
    let case: Case = match serde_json::from_slice(&bytes) {
        Ok(case) => case,
        Err(error) => return Ok(Tried::fails(format!("this is no case: {error}"))),
    };
    Ok(case.ask(plugin))
}

impl Case {
    fn ask(&self, plugin: &Plugin) -> Tried {
        let function = match self.function(plugin) {
            Ok(function) => function,
            Err(tried) => return tried,
        };
        if self.output.is_some() == self.error.is_some() {
            return Tried::fails("expected one of `output` and `error` beside `input`");
        }
        match ask(plugin, &function, &self.input.to_string()) {
            Ok(answer) => Tried {
                fuel: answer.fuel,
                reason: self
                    .differs(&answer.value)
                    .or_else(|| answer.fuel.and_then(|fuel| self.is_over(fuel))),
            },
            Err(error) => Tried {
                fuel: None,
                reason: self.fails_otherwise(&error),
            },
        }
    }

    fn function(&self, plugin: &Plugin) -> Result<String, Tried> {
        if let Some(function) = &self.function {
            return Ok(function.clone());
        }
        let functions = plugin.functions().iter();
        let known = functions.filter(|function| [DECISION, SERVICE].contains(&&*function.kind));
        let names: Vec<&str> = known.map(|function| &*function.name).collect();
        match *names {
            [only] => Ok(only.to_owned()),
            _ => Err(Tried::fails(format!(
                "`function` is missing, expected one of `{}`",
                names.join("`, `")
            ))),
        }
    }

    fn differs(&self, found: &Value) -> Option<String> {
        let Some(expected) = &self.output else {
            let error = self.error.as_deref().unwrap_or_default();
            return Some(format!(
                "expected the error `{error}`, found the answer {found}"
            ));
        };
        if same(expected, found) {
            return None;
        }
        let [expected, found] = [expected, found].map(lines);
        let diff = TextDiff::from_lines(&expected, &found);
        let diff = diff.unified_diff().header("expected", "found").to_string();
        Some(diff.trim_end().to_owned())
    }

    fn is_over(&self, used: u64) -> Option<String> {
        let most = self.fuel.filter(|most| used > *most)?;
        Some(format!("it took {used} units of fuel, more than {most}"))
    }

    fn fails_otherwise(&self, error: &CallError) -> Option<String> {
        let said = error.to_string();
        let code = match &*error.reason {
            Reason::Failed { code, .. } => code,
            reason => reason.code(),
        };
        match &self.error {
            Some(expected) if *expected == said || expected == code => None,
            Some(expected) => Some(format!(
                "expected the error `{expected}`, found `{code}`: {said}"
            )),
            None => Some(format!(
                "expected an answer, found the error `{code}`: {said}"
            )),
        }
    }
}

/// Whether two values are the same JSON: `4` is `4.0`, and the order of fields does not count.
fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => {
            one == other || one.as_f64() == other.as_f64()
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one
                    .iter()
                    .all(|(name, one)| other.get(name).is_some_and(|other| same(one, other)))
        }
        _ => one == other,
    }
}

/// A value with its fields in order, a line each.
fn lines(value: &Value) -> String {
    let mut value = value.clone();
    value.sort_all_objects();
    let text = serde_json::to_string_pretty(&value).unwrap_or_default();
    text + "\n"
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn one_number_is_written_in_many_ways() {
        let one = json!({"a": [4, 2.5], "b": {"c": 1}});
        let other = json!({"b": {"c": 1.0}, "a": [4.0, 2.5]});
        assert!(same(&one, &other));
        assert!(!same(&one, &json!({"a": [4, 2.5], "b": {"c": 1, "d": 2}})));
        assert!(!same(&json!([1]), &json!([1, 2])));
        assert!(!same(&json!(1), &json!("1")));
    }
}
