//! Results as JUnit XML.

use std::collections::BTreeMap;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::tested::Tested;
use crate::cli::Failure;

/// The name of the suite of files that cannot be used.
const BROKEN: &str = "unreadable";

/// A suite for each workflow, a test case for each scenario. There are no times in it: scenarios run on
/// a clock of their own.
pub(super) fn xml(tested: &[Tested]) -> Result<String, Failure> {
    let mut suites: BTreeMap<&str, TestSuite> = BTreeMap::new();
    for tested in tested {
        let name = tested.workflow.as_deref().unwrap_or(BROKEN);
        let suite = suites.entry(name).or_insert_with(|| TestSuite::new(name));
        suite.add_test_case(case(tested, name));
    }
    let mut report = Report::new("casewright test");
    report.add_test_suites(suites.into_values());
    let xml = report.to_string();
    xml.map_err(|error| Failure::new("cannot write JUnit XML", error))
}

fn case(tested: &Tested, workflow: &str) -> TestCase {
    let mut case = TestCase::new(tested.file.as_str(), status(tested));
    case.set_classname(workflow);
    case.set_assertions(tested.expectations);
    if !tested.title().is_empty() {
        case.add_property(("scenario", tested.title()));
    }
    case
}

fn status(tested: &Tested) -> TestCaseStatus {
    if tested.holds() {
        return TestCaseStatus::success();
    }
    let (kind, message) = match (tested.failures.first(), tested.findings.first()) {
        (Some(failed), _) => (NonSuccessKind::Failure, failed.message.as_str()),
        (None, Some(finding)) => (NonSuccessKind::Error, &*finding.message),
        (None, None) => (NonSuccessKind::Error, "the file cannot be used"),
    };
    let mut status = TestCaseStatus::non_success(kind);
    status.set_message(message);
    status.set_description(tested.reasons());
    status
}
