//! What came of one scenario, ready to be shown.

use casewright_chart::Chart;
use casewright_definition::Findings;
use casewright_definition::diagnostic::Finding;
use casewright_definition::file::Text;
use serde::Serialize;
use serde_json::Value as Json;

use crate::scenario::suite::{Failure, Outcome};
use crate::scenario::{Happening, Scenario, text};

/// The most lines of what happened before a failure: the last ones are the ones to look at.
const MAX_STORY: usize = 12;

/// What came of one scenario.
#[derive(Debug, Serialize)]
pub(super) struct Tested {
    /// The file.
    pub(super) file: String,
    /// What it shows; absent when the file cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) scenario: Option<Text>,
    /// Its workflow; absent when the file cannot be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) workflow: Option<String>,
    /// Whether it holds.
    pub(super) holds: bool,
    /// How many expectations were looked at.
    pub(super) expectations: usize,
    /// What is not as expected.
    pub(super) failures: Vec<Failed>,
    /// What is wrong with the file.
    pub(super) findings: Vec<Finding>,
    /// The findings for people.
    #[serde(skip)]
    pub(super) report: String,
    /// What happened up to the first failure, a line each.
    pub(super) story: Vec<String>,
}

/// Something that is not as expected.
#[derive(Debug, Serialize)]
pub(super) struct Failed {
    /// The line in the file.
    pub(super) line: usize,
    /// The column.
    pub(super) column: usize,
    /// The JSON pointer of what is not so.
    pub(super) pointer: String,
    /// What was expected and what was found.
    pub(super) message: String,
    /// What was expected, when it is more than a word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) expected: Option<Json>,
    /// What was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) found: Option<Json>,
    /// Both line by line.
    #[serde(skip)]
    pub(super) difference: Vec<String>,
}

impl Tested {
    /// A scenario that was run.
    pub(super) fn ran(
        scenario: &Scenario,
        outcome: Outcome,
        happenings: &[Happening],
        chart: &Chart,
    ) -> Self {
        let story = match outcome.failures.first() {
            Some(first) => story(happenings.get(..first.after).unwrap_or(happenings), chart),
            None => Vec::new(),
        };
        Tested {
            file: scenario.name().to_owned(),
            scenario: Some(scenario.title().clone()),
            workflow: Some(scenario.workflow().to_owned()),
            holds: outcome.holds(),
            expectations: outcome.expectations,
            failures: outcome.failures.into_iter().map(Failed::of).collect(),
            findings: Vec::new(),
            report: String::new(),
            story,
        }
    }

    /// A file that cannot be used.
    pub(super) fn broken(findings: &Findings, title: Option<&Text>) -> Self {
        let report = findings.report();
        Tested {
            file: findings.source.name.to_string(),
            scenario: title.cloned(),
            workflow: None,
            holds: false,
            expectations: 0,
            failures: Vec::new(),
            findings: report.findings().collect(),
            report: report.to_string(),
            story: Vec::new(),
        }
    }

    /// Whether it holds.
    pub(super) fn holds(&self) -> bool {
        self.holds
    }

    /// What it is called for people.
    pub(super) fn title(&self) -> &str {
        self.scenario.as_ref().map_or("", |title| title.get("en"))
    }

    /// Why it does not hold, for people; empty when it does.
    pub(super) fn reasons(&self) -> String {
        let mut lines: Vec<String> = self.report.trim_end().lines().map(str::to_owned).collect();
        for failed in &self.failures {
            lines.push(format!(
                "{}:{}:{}: {}",
                self.file, failed.line, failed.column, failed.message
            ));
            let difference = failed.difference.iter();
            lines.extend(difference.map(|line| format!("    {line}")));
        }
        if !self.story.is_empty() {
            lines.push("what happened up to there:".to_owned());
            lines.extend(self.story.iter().map(|line| format!("    {line}")));
        }
        lines.join("\n")
    }
}

impl Failed {
    fn of(failure: Failure) -> Self {
        let difference = failure.difference.as_ref();
        Failed {
            line: failure.place.line,
            column: failure.place.column,
            difference: difference.map_or_else(Vec::new, |difference| difference.lines()),
            expected: difference.map(|difference| difference.expected.clone()),
            found: difference.map(|difference| difference.found.clone()),
            pointer: failure.pointer,
            message: failure.message,
        }
    }
}

fn story(happenings: &[Happening], chart: &Chart) -> Vec<String> {
    let earlier = happenings.len().saturating_sub(MAX_STORY);
    let mut since = None;
    let mut lines = Vec::new();
    for happening in happenings {
        lines.push(text::line(happening, since, chart));
        since = Some(happening.at);
    }
    let mut shown = lines.split_off(earlier);
    if earlier > 0 {
        shown.insert(0, format!("... {earlier} before that"));
    }
    shown
}
