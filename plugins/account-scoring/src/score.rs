//! The rule.

use casewright_plugin::Failure;

use crate::form::{Assessment, Dossier, Finding, Grade, Part};

/// The weight of a dimension that is given none.
const DEFAULT_WEIGHT: f64 = 1.0;

/// Scores an account; the crate's header states the rule.
///
/// # Errors
///
/// `weights-sum-to-zero` when there are findings but none of them counts, and `not-a-number` when
/// a sum leaves the range of numbers.
pub fn score_account(dossier: Dossier) -> Result<Assessment, Failure> {
    let parts = parts(&dossier);
    let missing_evidence = missing(&dossier);
    let score = mean(&parts)?;
    let mut reasons = vec![match parts.len() {
        0 => "there is no finding yet".to_owned(),
        1 => format!("the score is {score} from 1 dimension"),
        count => format!("the score is {score}, the weighted mean of {count} dimensions"),
    }];
    let proposed_grade = if missing_evidence.is_empty() && !parts.is_empty() {
        let grade = reached(&dossier.grades, score);
        reasons.push(match grade {
            Some(grade) => format!(
                "{score} reaches `{}` (from {})",
                grade.grade, grade.at_least
            ),
            None => format!("{score} reaches no grade"),
        });
        grade.map(|grade| grade.grade.clone())
    } else {
        let missing = missing_evidence.join("`, `");
        if !missing.is_empty() {
            reasons.push(format!("no grade yet, no finding for `{missing}`"));
        }
        None
    };
    Ok(Assessment {
        score,
        proposed_grade,
        missing_evidence,
        reasons,
        parts,
    })
}

/// The newest finding of a dimension: the last one recorded.
fn newest<'a>(findings: &'a [Finding], dimension: &str) -> Option<&'a Finding> {
    let of_dimension = |finding: &&Finding| finding.dimension == dimension;
    findings.iter().rev().find(of_dimension)
}

fn parts(dossier: &Dossier) -> Vec<Part> {
    let found = dossier.findings.iter().map(|finding| &finding.dimension);
    let mut parts: Vec<Part> = Vec::new();
    for dimension in dossier.required_dimensions.iter().chain(found) {
        if parts.iter().any(|part| part.dimension == *dimension) {
            continue;
        }
        let Some(finding) = newest(&dossier.findings, dimension) else {
            continue;
        };
        let weight = dossier.weights.get(dimension).copied();
        parts.push(Part {
            dimension: dimension.clone(),
            score: finding.score,
            weight: weight.unwrap_or(DEFAULT_WEIGHT),
        });
    }
    parts
}

fn missing(dossier: &Dossier) -> Vec<String> {
    let mut missing: Vec<String> = Vec::new();
    for dimension in &dossier.required_dimensions {
        if newest(&dossier.findings, dimension).is_none() && !missing.contains(dimension) {
            missing.push(dimension.clone());
        }
    }
    missing
}

fn mean(parts: &[Part]) -> Result<f64, Failure> {
    if parts.is_empty() {
        return Ok(0.0);
    }
    let weights: f64 = parts.iter().map(|part| part.weight).sum();
    if weights <= 0.0 {
        return Err(Failure::new(
            "weights-sum-to-zero",
            "the weights of the dimensions that have a finding sum to zero",
        ));
    }
    let sum: f64 = parts.iter().map(|part| part.score * part.weight).sum();
    let mean = (sum / weights * 100.0).round() / 100.0;
    if mean.is_finite() {
        return Ok(mean);
    }
    Err(Failure::new(
        "not-a-number",
        "the weights are too large to be added up",
    ))
}

/// The grade with the highest threshold that `score` reaches; of equal ones, the first.
fn reached(grades: &[Grade], score: f64) -> Option<&Grade> {
    let mut best: Option<&Grade> = None;
    for grade in grades.iter().filter(|grade| score >= grade.at_least) {
        if best.is_none_or(|best| grade.at_least > best.at_least) {
            best = Some(grade);
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(dimension: &str, score: f64) -> Finding {
        Finding {
            dimension: dimension.to_owned(),
            department: None,
            finding: None,
            score,
        }
    }

    fn grade(grade: &str, at_least: f64) -> Grade {
        Grade {
            grade: grade.to_owned(),
            at_least,
        }
    }

    fn dossier(findings: Vec<Finding>) -> Dossier {
        Dossier {
            findings,
            required_dimensions: vec!["operations".to_owned(), "finance".to_owned()],
            grades: vec![
                grade("second", 60.0),
                grade("special", 90.0),
                grade("first", 75.0),
            ],
            ..Dossier::default()
        }
    }

    #[test]
    fn newest_finding_of_a_dimension_counts() {
        let findings = vec![
            finding("finance", 20.0),
            finding("operations", 70.0),
            finding("finance", 80.0),
        ];
        let assessment = score_account(dossier(findings)).unwrap();
        assert_eq!(assessment.score, 75.0);
        assert_eq!(assessment.proposed_grade.as_deref(), Some("first"));
        assert_eq!(assessment.parts[0].dimension, "operations");
        assert_eq!(assessment.parts.len(), 2);
    }

    #[test]
    fn weights_shift_the_mean() {
        let mut dossier = dossier(vec![finding("operations", 100.0), finding("finance", 50.0)]);
        dossier.weights.insert("operations".to_owned(), 3.0);
        assert_eq!(score_account(dossier).unwrap().score, 87.5);
    }

    #[test]
    fn no_grade_while_evidence_is_missing() {
        let assessment = score_account(dossier(vec![finding("operations", 95.0)])).unwrap();
        assert_eq!(assessment.score, 95.0);
        assert_eq!(assessment.proposed_grade, None);
        assert_eq!(assessment.missing_evidence, ["finance"]);
        assert_eq!(
            assessment.reasons[1],
            "no grade yet, no finding for `finance`"
        );
    }

    #[test]
    fn rounded_score_is_held_against_the_threshold() {
        let mut dossier = dossier(vec![
            finding("operations", 90.0),
            finding("finance", 89.992),
        ]);
        assert_eq!(score_account(dossier.clone()).unwrap().score, 90.0);
        dossier.grades = vec![grade("special", 90.0)];
        let assessment = score_account(dossier).unwrap();
        assert_eq!(assessment.proposed_grade.as_deref(), Some("special"));
    }

    #[test]
    fn below_every_threshold_is_no_grade() {
        let findings = vec![finding("operations", 10.0), finding("finance", 10.0)];
        let assessment = score_account(dossier(findings)).unwrap();
        assert_eq!(assessment.proposed_grade, None);
        assert_eq!(assessment.reasons[1], "10 reaches no grade");
    }

    #[test]
    fn weights_that_sum_to_zero_fail() {
        let mut dossier = dossier(vec![finding("operations", 10.0)]);
        dossier.weights.insert("operations".to_owned(), 0.0);
        assert_eq!(
            score_account(dossier).unwrap_err().code,
            "weights-sum-to-zero"
        );
    }
}
