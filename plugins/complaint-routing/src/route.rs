//! The rules applied.

use casewright_plugin::Failure;

use crate::form::{Complaint, Routing, Rule, ServiceLevel, Severity};
use crate::keyword::Text;

/// The tier whose time limits serve every account that has none of its own.
const DEFAULT_TIER: &str = "default";

/// Hours until the first response when the table gives none: 003 §3.2.1 promises four to the
/// strategic and to the core tier alike.
const DEFAULT_RESPONSE_HOURS: f64 = 4.0;

/// Routes a complaint; the crate's header states the rule.
///
/// # Errors
///
/// None: every complaint gets a route.
pub fn route_complaint(complaint: Complaint) -> Result<Routing, Failure> {
    let text = Text::new(&complaint.content);
    let mut matched: Vec<String> = Vec::new();
    let mut reasons = Vec::new();
    let mut decisive: Option<&Rule> = None;
    for rule in &complaint.rules {
        let words: Vec<&String> = rule
            .keywords
            .iter()
            .filter(|word| text.contains(word))
            .collect();
        let by_category = rule.category.is_some() && rule.category == complaint.category;
        if words.is_empty() && !by_category {
            continue;
        }
        reasons.push(reason(rule, &words));
        for word in words {
            if !matched.contains(word) {
                matched.push(word.clone());
            }
        }
        if decisive.is_none_or(|decisive| rule.severity > decisive.severity) {
            decisive = Some(rule);
        }
    }
    if decisive.is_none() {
        reasons.push("no rule matches".to_owned());
    }
    let level = service_level(&complaint, &mut reasons);
    if let Some(project) = &complaint.related_project {
        reasons.push(format!("concerns the running project `{project}`"));
    }
    let responsible = decisive.map(|rule| &rule.department);
    Ok(Routing {
        severity: decisive.map_or(Severity::Minor, |rule| rule.severity),
        responsible_dept: responsible.unwrap_or(&complaint.default_department).clone(),
        response_hours: level.as_ref().map(|level| level.response_hours),
        solution_hours: level.and_then(|level| level.solution_hours),
        matched,
        reasons,
    })
}

fn reason(rule: &Rule, words: &[&String]) -> String {
    let severity = rule.severity.as_str();
    let department = &rule.department;
    match (words.first(), &rule.category) {
        (Some(word), _) => format!("`{word}` is {severity}, for `{department}`"),
        (None, Some(category)) => {
            format!("the category `{category}` is {severity}, for `{department}`")
        }
        (None, None) => format!("{severity}, for `{department}`"),
    }
}

/// The time limits; none when setting them is not asked for.
fn service_level(complaint: &Complaint, reasons: &mut Vec<String>) -> Option<ServiceLevel> {
    let sla = complaint.sla.as_ref()?;
    let tier = complaint.tier.as_deref().unwrap_or(DEFAULT_TIER);
    if let Some(level) = sla.get(tier) {
        reasons.push(format!("the time limits are those of the tier `{tier}`"));
        return Some(level.clone());
    }
    if let Some(level) = sla.get(DEFAULT_TIER) {
        reasons.push(format!("the tier `{tier}` has no time limits of its own"));
        return Some(level.clone());
    }
    reasons.push(format!(
        "no time limits for the tier `{tier}`: {DEFAULT_RESPONSE_HOURS} hours for a response"
    ));
    Some(ServiceLevel {
        response_hours: DEFAULT_RESPONSE_HOURS,
        solution_hours: None,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn rule(
        keywords: &[&str],
        category: Option<&str>,
        department: &str,
        severity: Severity,
    ) -> Rule {
        Rule {
            keywords: keywords.iter().map(ToString::to_string).collect(),
            category: category.map(str::to_owned),
            department: department.to_owned(),
            severity,
        }
    }

    fn complaint(content: &str) -> Complaint {
        let level = |response_hours, solution_hours| ServiceLevel {
            response_hours,
            solution_hours,
        };
        Complaint {
            content: content.to_owned(),
            rules: vec![
                rule(
                    &["late", "延迟"],
                    Some("delivery"),
                    "logistics",
                    Severity::Major,
                ),
                rule(&["invoice"], None, "finance", Severity::Major),
                rule(&["fire", "起火"], None, "quality", Severity::Critical),
            ],
            sla: Some(BTreeMap::from([
                ("core".to_owned(), level(4.0, Some(48.0))),
                ("default".to_owned(), level(8.0, None)),
            ])),
            default_department: "customer-service".to_owned(),
            ..Complaint::default()
        }
    }

    #[test]
    fn most_severe_rule_decides() {
        let routing = route_complaint(complaint("延迟交付,而且设备起火")).unwrap();
        assert_eq!(routing.severity, Severity::Critical);
        assert_eq!(routing.responsible_dept, "quality");
        assert_eq!(routing.matched, ["延迟", "起火"]);
    }

    #[test]
    fn first_of_equally_severe_rules_decides() {
        let routing = route_complaint(complaint("Late, and the invoice is wrong")).unwrap();
        assert_eq!(routing.responsible_dept, "logistics");
    }

    #[test]
    fn category_is_enough() {
        let mut complaint = complaint("not what we agreed");
        complaint.category = Some("delivery".to_owned());
        let routing = route_complaint(complaint).unwrap();
        assert_eq!(routing.severity, Severity::Major);
        assert!(routing.matched.is_empty());
        assert_eq!(
            routing.reasons[0],
            "the category `delivery` is major, for `logistics`"
        );
    }

    #[test]
    fn nothing_matches() {
        let routing = route_complaint(complaint("the coffee was cold")).unwrap();
        assert_eq!(routing.severity, Severity::Minor);
        assert_eq!(routing.responsible_dept, "customer-service");
        assert_eq!(routing.reasons[0], "no rule matches");
    }

    #[test]
    fn time_limits_are_those_of_the_tier() {
        let mut complaint = complaint("late");
        complaint.tier = Some("core".to_owned());
        let core = route_complaint(complaint.clone()).unwrap();
        assert_eq!(
            (core.response_hours, core.solution_hours),
            (Some(4.0), Some(48.0))
        );
        complaint.tier = Some("potential".to_owned());
        let other = route_complaint(complaint.clone()).unwrap();
        let hours = (other.response_hours, other.solution_hours);
        assert_eq!(hours, (Some(8.0), None));
        complaint.sla = Some(BTreeMap::new());
        let none = route_complaint(complaint).unwrap();
        let hours = (none.response_hours, none.solution_hours);
        assert_eq!(hours, (Some(4.0), None));
    }

    #[test]
    fn without_a_table_there_are_no_time_limits() {
        let mut complaint = complaint("late");
        complaint.sla = None;
        let routing = route_complaint(complaint).unwrap();
        let hours = (routing.response_hours, routing.solution_hours);
        assert_eq!(hours, (None, None));
        assert_eq!(routing.reasons, ["`late` is major, for `logistics`"]);
    }
}
