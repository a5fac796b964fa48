//! The scheme applied.

use casewright_plugin::Failure;

use crate::form::{Account, Class, Condition, Needs, Next, Tier};

/// Classifies an account; the crate's header states the rule.
///
/// # Errors
///
/// `tier-twice` when the scheme has two tiers of one name, `tier-empty` when one has no condition.
pub fn classify_account(account: Account) -> Result<Class, Failure> {
    check(&account.scheme)?;
    let mut missing: Vec<String> = Vec::new();
    let mut next = None;
    for tier in &account.scheme {
        let (held, lacking): (Vec<&Condition>, Vec<&Condition>) = tier
            .conditions
            .iter()
            .partition(|condition| account.meets(condition));
        let fits = match tier.needs {
            Needs::All => lacking.is_empty(),
            Needs::Any => !held.is_empty(),
        };
        if fits {
            let reasons = held.iter().map(|condition| account.told(condition));
            return Ok(Class {
                tier: Some(tier.tier.clone()),
                reasons: reasons.collect(),
                next,
                missing,
            });
        }
        for figure in lacking
            .iter()
            .filter_map(|condition| account.unknown(condition))
        {
            if !missing.contains(figure) {
                missing.push(figure.clone());
            }
        }
        next = Some(Next {
            tier: tier.tier.clone(),
            lacks: lacking
                .iter()
                .map(|condition| account.told(condition))
                .collect(),
        });
    }
    Ok(Class {
        tier: account.otherwise,
        reasons: vec!["it fits no tier of the scheme".to_owned()],
        next,
        missing,
    })
}

fn check(scheme: &[Tier]) -> Result<(), Failure> {
    for (number, tier) in scheme.iter().enumerate() {
        let name = &tier.tier;
        if scheme[..number].iter().any(|before| before.tier == *name) {
            let message = format!("the scheme has two tiers `{name}`");
            return Err(Failure::new("tier-twice", &message));
        }
        if tier.conditions.is_empty() {
            let message = format!("the tier `{name}` has no condition, so every account would fit");
            return Err(Failure::new("tier-empty", &message));
        }
    }
    Ok(())
}

impl Account {
    fn meets(&self, condition: &Condition) -> bool {
        match condition {
            Condition::Above { figure, above } => {
                self.figures.get(figure).is_some_and(|found| found > above)
            }
            Condition::AtLeast { figure, at_least } => self
                .figures
                .get(figure)
                .is_some_and(|found| found >= at_least),
            Condition::Fact { fact } => self.facts.contains(fact),
        }
    }

    /// The figure of a condition, if it is not known.
    fn unknown<'a>(&self, condition: &'a Condition) -> Option<&'a String> {
        match condition {
            Condition::Above { figure, .. } | Condition::AtLeast { figure, .. } => {
                (!self.figures.contains_key(figure)).then_some(figure)
            }
            Condition::Fact { .. } => None,
        }
    }

    /// How the account stands to a condition.
    fn told(&self, condition: &Condition) -> String {
        let found = |figure: &str| match self.figures.get(figure) {
            Some(found) => format!("`{figure}` is {found}"),
            None => format!("`{figure}` is not known"),
        };
        match condition {
            Condition::Above { figure, above } => {
                format!("{}, above {above} is asked", found(figure))
            }
            Condition::AtLeast { figure, at_least } => {
                format!("{}, at least {at_least} is asked", found(figure))
            }
            Condition::Fact { fact } => match self.facts.contains(fact) {
                true => format!("`{fact}` holds"),
                false => format!("`{fact}` is asked"),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn above(figure: &str, above: f64) -> Condition {
        let figure = figure.to_owned();
        Condition::Above { figure, above }
    }

    fn tier(tier: &str, needs: Needs, conditions: Vec<Condition>) -> Tier {
        let tier = tier.to_owned();
        Tier {
            tier,
            conditions,
            needs,
        }
    }

    /// 003 §2.3.1: above ten million, in the millions, below.
    fn by_purchases(purchases: Option<f64>) -> Account {
        let core = Condition::AtLeast {
            figure: "purchases".to_owned(),
            at_least: 1_000_000.0,
        };
        Account {
            figures: purchases
                .map(|found| ("purchases".to_owned(), found))
                .into_iter()
                .collect(),
            scheme: vec![
                tier(
                    "strategic",
                    Needs::All,
                    vec![above("purchases", 10_000_000.0)],
                ),
                tier("core", Needs::All, vec![core]),
            ],
            otherwise: Some("potential".to_owned()),
            ..Account::default()
        }
    }

    #[test]
    fn limits_are_as_they_are_written() {
        for (purchases, tier) in [
            (10_000_000.01, "strategic"),
            (10_000_000.0, "core"),
            (1_000_000.0, "core"),
            (999_999.0, "potential"),
        ] {
            let class = classify_account(by_purchases(Some(purchases))).unwrap();
            assert_eq!(class.tier.as_deref(), Some(tier), "{purchases}");
        }
    }

    #[test]
    fn the_next_tier_says_what_is_lacking() {
        let class = classify_account(by_purchases(Some(2_000_000.0))).unwrap();
        assert_eq!(
            class.reasons,
            ["`purchases` is 2000000, at least 1000000 is asked"]
        );
        let next = class.next.unwrap();
        assert_eq!(next.tier, "strategic");
        assert_eq!(
            next.lacks,
            ["`purchases` is 2000000, above 10000000 is asked"]
        );
    }

    #[test]
    fn what_is_not_known_does_not_hold_and_is_named() {
        let class = classify_account(by_purchases(None)).unwrap();
        assert_eq!(class.tier.as_deref(), Some("potential"));
        assert_eq!(class.missing, ["purchases"]);
    }

    #[test]
    fn one_of_the_entry_criteria_is_enough() {
        // 001 §二(一): any of large purchases, fast growth, influence, a strategic agreement.
        let partner = Condition::Fact {
            fact: "strategic-agreement".to_owned(),
        };
        let mut account = Account {
            scheme: vec![tier(
                "key",
                Needs::Any,
                vec![above("purchases", 5e6), partner],
            )],
            ..Account::default()
        };
        assert_eq!(classify_account(account.clone()).unwrap().tier, None);
        account.facts.push("strategic-agreement".to_owned());
        let class = classify_account(account).unwrap();
        assert_eq!(class.tier.as_deref(), Some("key"));
        assert_eq!(class.reasons, ["`strategic-agreement` holds"]);
        assert_eq!(class.next, None);
    }

    #[test]
    fn schemes_that_cannot_be_meant_are_refused() {
        let mut account = by_purchases(Some(1.0));
        account.scheme[1].tier = "strategic".to_owned();
        assert_eq!(
            classify_account(account.clone()).unwrap_err().code,
            "tier-twice"
        );
        account.scheme[1] = tier("core", Needs::All, Vec::new());
        assert_eq!(classify_account(account).unwrap_err().code, "tier-empty");
    }
}
