//! The table looked up.

use casewright_plugin::Failure;

use crate::form::{Clock, Issue, ServiceLevel, ServiceLevels};

/// Resolves which promises hold for an issue; the crate's header states the rule.
///
/// # Errors
///
/// `level-twice` when the table has two promises of one clock for just the same issues.
pub fn resolve_sla(issue: Issue) -> Result<ServiceLevels, Failure> {
    let mut decisive: Vec<&ServiceLevel> = Vec::new();
    for (number, level) in issue.levels.iter().enumerate() {
        if issue.levels[..number]
            .iter()
            .any(|before| before.is_for_the_same(level))
        {
            let message = format!("two promises of `{}` are {}", level.clock, level.told());
            return Err(Failure::new("level-twice", message));
        }
        if !level.is_for(&issue) {
            continue;
        }
        match decisive.iter_mut().find(|other| other.clock == level.clock) {
            Some(other) if level.closeness() > other.closeness() => *other = level,
            Some(_) => {}
            None => decisive.push(level),
        }
    }
    let clocks = decisive.into_iter().filter_map(|level| {
        Some(Clock {
            clock: level.clock.clone(),
            length: level.length?,
            counted: level.counted,
            reason: level.told(),
        })
    });
    Ok(ServiceLevels {
        clocks: clocks.collect(),
    })
}

impl ServiceLevel {
    fn is_for(&self, issue: &Issue) -> bool {
        let fits =
            |wanted: &Option<String>, found: &Option<String>| wanted.is_none() || wanted == found;
        fits(&self.tier, &issue.tier)
            && fits(&self.kind, &issue.kind)
            && fits(&self.channel, &issue.channel)
    }

    fn is_for_the_same(&self, other: &ServiceLevel) -> bool {
        let key = |level: &ServiceLevel| {
            let ServiceLevel {
                clock,
                tier,
                kind,
                channel,
                ..
            } = level.clone();
            (clock, tier, kind, channel)
        };
        key(self) == key(other)
    }

    /// How closely it names its issues: the kind counts more than the tier, the tier more than the channel.
    fn closeness(&self) -> (bool, bool, bool) {
        (
            self.kind.is_some(),
            self.tier.is_some(),
            self.channel.is_some(),
        )
    }

    fn told(&self) -> String {
        let part = |what: &str, name: &Option<String>| {
            name.as_ref().map(|name| format!("{what} `{name}`"))
        };
        let parts = [
            part("the kind", &self.kind),
            part("the tier", &self.tier),
            part("the channel", &self.channel),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        match parts.is_empty() {
            true => "for every issue".to_owned(),
            false => format!("for {}", parts.join(", ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form::Counted;

    fn level(
        clock: &str,
        tier: Option<&str>,
        kind: Option<&str>,
        length: Option<f64>,
    ) -> ServiceLevel {
        ServiceLevel {
            clock: clock.to_owned(),
            tier: tier.map(str::to_owned),
            kind: kind.map(str::to_owned),
            channel: None,
            length,
            counted: Counted::Hours,
        }
    }

    /// What section 2.7 of the catalogue states.
    fn issue(tier: &str, kind: &str) -> Issue {
        Issue {
            tier: Some(tier.to_owned()),
            kind: Some(kind.to_owned()),
            channel: None,
            levels: vec![
                level("response", Some("strategic"), None, Some(4.0)),
                level("response", Some("core"), None, Some(4.0)),
                level("solution", Some("core"), None, Some(48.0)),
                level("response", None, Some("complex"), Some(2.0)),
                level("solution", None, Some("routine"), Some(2.0)),
            ],
        }
    }

    fn clocks(issue: Issue) -> Vec<(String, f64)> {
        let levels = resolve_sla(issue).unwrap();
        let clocks = levels.clocks.into_iter();
        clocks.map(|clock| (clock.clock, clock.length)).collect()
    }

    #[test]
    fn tiers_have_their_promises() {
        assert_eq!(
            clocks(issue("strategic", "complaint")),
            [("response".to_owned(), 4.0)]
        );
        let both = [("response".to_owned(), 4.0), ("solution".to_owned(), 48.0)];
        assert_eq!(clocks(issue("core", "complaint")), both);
        assert!(clocks(issue("potential", "complaint")).is_empty());
    }

    #[test]
    fn the_kind_counts_more_than_the_tier() {
        let levels = resolve_sla(issue("core", "complex")).unwrap();
        assert_eq!(levels.clocks[0].length, 2.0);
        assert_eq!(levels.clocks[0].reason, "for the kind `complex`");
        assert_eq!(levels.clocks[1].reason, "for the tier `core`");
    }

    #[test]
    fn nothing_may_be_promised_where_others_would() {
        let mut issue = issue("core", "complaint");
        issue
            .levels
            .push(level("solution", Some("core"), Some("complaint"), None));
        assert_eq!(clocks(issue), [("response".to_owned(), 4.0)]);
    }

    #[test]
    fn two_promises_of_one_thing_are_refused() {
        let mut issue = issue("core", "complaint");
        issue
            .levels
            .push(level("solution", Some("core"), None, Some(24.0)));
        let failure = resolve_sla(issue).unwrap_err();
        assert_eq!(failure.code, "level-twice");
        assert_eq!(
            failure.message,
            "two promises of `solution` are for the tier `core`"
        );
    }
}
