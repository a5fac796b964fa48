//! The criteria held against the results.

use casewright_plugin::Failure;

use crate::form::{Acceptance, Criterion, Issue, Level, Problem, TestResult, Verdict};

/// Checks a project; the crate's header states the rule.
///
/// # Errors
///
/// `criterion-twice` when two criteria have one name, `unknown-criterion` when a result is of none.
pub fn check_acceptance(acceptance: Acceptance) -> Result<Verdict, Failure> {
    let Acceptance { criteria, results } = acceptance;
    check(&criteria, &results)?;
    let mut verdict = Verdict {
        passed: true,
        issues: Vec::new(),
        levels: Vec::new(),
    };
    for criterion in &criteria {
        let of_it = |result: &&TestResult| result.criterion == criterion.id;
        let found = criterion.problem(results.iter().rfind(of_it));
        let level = level(&mut verdict.levels, &criterion.level);
        level.of += 1;
        let Some((problem, text)) = found else {
            level.met += 1;
            continue;
        };
        verdict.passed &= criterion.optional;
        verdict.issues.push(Issue {
            criterion: criterion.id.clone(),
            problem,
            optional: criterion.optional,
            text: format!("{}: {text}", criterion.title),
        });
    }
    Ok(verdict)
}

fn check(criteria: &[Criterion], results: &[TestResult]) -> Result<(), Failure> {
    for (number, criterion) in criteria.iter().enumerate() {
        let id = &criterion.id;
        if criteria[..number].iter().any(|before| before.id == *id) {
            let message = format!("the contract has two criteria `{id}`");
            return Err(Failure::new("criterion-twice", message));
        }
    }
    for result in results {
        let id = &result.criterion;
        if !criteria.iter().any(|criterion| criterion.id == *id) {
            let message = format!("there is a result of `{id}`, which the contract does not ask");
            return Err(Failure::new("unknown-criterion", message));
        }
    }
    Ok(())
}

fn level<'a>(levels: &'a mut Vec<Level>, name: &str) -> &'a mut Level {
    let place = levels.iter().position(|level| level.level == name);
    let place = place.unwrap_or_else(|| {
        levels.push(Level {
            level: name.to_owned(),
            met: 0,
            of: 0,
        });
        levels.len() - 1
    });
    &mut levels[place]
}

impl Criterion {
    /// What is wrong, if anything is.
    fn problem(&self, result: Option<&TestResult>) -> Option<(Problem, String)> {
        let Some(result) = result else {
            return Some((Problem::NotTested, "not tested".to_owned()));
        };
        let remark = result.remark.as_deref();
        let told = |text: String| match remark {
            Some(remark) => format!("{text} ({remark})"),
            None => text,
        };
        let is_limited = self.at_least.is_some() || self.at_most.is_some();
        match (result.passed, result.measured) {
            (_, Some(found)) if self.at_least.is_some_and(|limit| found < limit) => {
                let limit = self.at_least.unwrap_or_default();
                let text = told(format!("measured {found}, at least {limit} is asked"));
                Some((Problem::Below, text))
            }
            (_, Some(found)) if self.at_most.is_some_and(|limit| found > limit) => {
                let limit = self.at_most.unwrap_or_default();
                let text = told(format!("measured {found}, at most {limit} is allowed"));
                Some((Problem::Above, text))
            }
            (Some(false), _) => Some((Problem::Failed, told("failed".to_owned()))),
            (_, None) if is_limited => Some((Problem::NotTested, told("not measured".to_owned()))),
            (None, _) if !is_limited => Some((
                Problem::NotTested,
                told("tested, without a verdict".to_owned()),
            )),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn criterion(id: &str, level: &str) -> Criterion {
        Criterion {
            id: id.to_owned(),
            title: id.to_uppercase(),
            level: level.to_owned(),
            at_least: None,
            at_most: None,
            optional: false,
        }
    }

    fn result(criterion: &str, passed: Option<bool>, measured: Option<f64>) -> TestResult {
        TestResult {
            criterion: criterion.to_owned(),
            passed,
            measured,
            remark: None,
        }
    }

    /// 003 §3.3.3: functions, performance and scenarios are tested.
    fn acceptance(results: Vec<TestResult>) -> Acceptance {
        let response = Criterion {
            at_most: Some(2.0),
            ..criterion("response", "performance")
        };
        Acceptance {
            criteria: vec![criterion("login", "functional"), response],
            results,
        }
    }

    fn problems(verdict: &Verdict) -> Vec<Problem> {
        verdict.issues.iter().map(|issue| issue.problem).collect()
    }

    #[test]
    fn everything_met_passes() {
        let results = vec![
            result("login", Some(true), None),
            result("response", None, Some(2.0)),
        ];
        let verdict = check_acceptance(acceptance(results)).unwrap();
        assert!(verdict.passed && verdict.issues.is_empty());
        let levels = verdict
            .levels
            .iter()
            .map(|level| (&*level.level, level.met, level.of));
        assert_eq!(
            levels.collect::<Vec<_>>(),
            [("functional", 1, 1), ("performance", 1, 1)]
        );
    }

    #[test]
    fn what_was_not_tested_is_not_met() {
        let verdict = check_acceptance(acceptance(Vec::new())).unwrap();
        assert!(!verdict.passed);
        assert_eq!(problems(&verdict), [Problem::NotTested, Problem::NotTested]);
        // Satisfied, and nothing measured where a limit is; looked at, and nothing said.
        let results = vec![
            result("response", Some(true), None),
            result("login", None, Some(1.0)),
        ];
        let verdict = check_acceptance(acceptance(results)).unwrap();
        assert_eq!(problems(&verdict), [Problem::NotTested, Problem::NotTested]);
    }

    #[test]
    fn what_is_measured_outweighs_what_is_said() {
        let mut late = result("response", Some(true), Some(2.1));
        late.remark = Some("高峰期".to_owned());
        let results = vec![result("login", Some(true), None), late];
        let verdict = check_acceptance(acceptance(results)).unwrap();
        assert_eq!(problems(&verdict), [Problem::Above]);
        let text = "RESPONSE: measured 2.1, at most 2 is allowed (高峰期)";
        assert_eq!(verdict.issues[0].text, text);
    }

    #[test]
    fn the_last_result_counts() {
        let results = vec![
            result("login", Some(false), None),
            result("response", None, Some(1.0)),
            result("login", Some(true), None),
        ];
        assert!(check_acceptance(acceptance(results)).unwrap().passed);
    }

    #[test]
    fn what_is_optional_is_told_and_passes() {
        let mut acceptance = acceptance(vec![
            result("login", Some(false), None),
            result("response", None, Some(1.0)),
        ]);
        acceptance.criteria[0].optional = true;
        let verdict = check_acceptance(acceptance).unwrap();
        assert!(verdict.passed);
        assert_eq!(problems(&verdict), [Problem::Failed]);
    }

    #[test]
    fn contracts_and_results_have_to_agree() {
        let stray = acceptance(vec![result("colour", Some(true), None)]);
        assert_eq!(
            check_acceptance(stray).unwrap_err().code,
            "unknown-criterion"
        );
        let mut twice = acceptance(Vec::new());
        twice.criteria.push(criterion("login", "scenario"));
        assert_eq!(check_acceptance(twice).unwrap_err().code, "criterion-twice");
    }
}
