//! The signs judged.

use casewright_plugin::Failure;

use crate::form::{Action, Level, Risk, Signal, Signs};

/// Judges the signs of an account; the crate's header states the rule.
///
/// # Errors
///
/// `probability-out-of-range` when the company gives a signal less than 0 or more than 100 percent.
pub fn churn_risk(signs: Signs) -> Result<Risk, Failure> {
    for (signal, percent) in &signs.limits.probability {
        if !(0.0..=100.0).contains(percent) {
            let message =
                format!("the probability of `{signal}` is {percent}, not 0 to 100 percent");
            return Err(Failure::new("probability-out-of-range", message));
        }
    }
    let seen = [
        signs.logins(),
        signs.health(),
        signs.falling_purchases(),
        signs.payments(),
        signs.key_contact(),
    ];
    let signals: Vec<Signal> = seen.into_iter().flatten().collect();
    let level = signals.iter().map(|signal| signal.level).max();
    let level = level.unwrap_or(Level::None);
    let known = signals
        .iter()
        .filter_map(|signal| signs.limits.probability.get(signal.kind));
    // Signals are taken to be independent: the account stays if it stays in spite of each.
    let stays: f64 = known.clone().map(|percent| 1.0 - percent / 100.0).product();
    let is_known = signals.is_empty() || known.count() > 0;
    let probability = ((1.0 - stays) * 10_000.0).round() / 100.0;
    Ok(Risk {
        probability: is_known.then_some(probability),
        level,
        action: match level {
            Level::None => Action::Nothing,
            Level::Attention => Action::AlertManagement,
            Level::High => Action::StartRetention,
        },
        signals,
    })
}

fn signal(kind: &'static str, level: Level, text: String) -> Option<Signal> {
    Some(Signal { kind, level, text })
}

impl Signs {
    /// 003 §6.3.3: fewer logins, and nothing new is tried; where that is not known, nothing is held against the account.
    fn logins(&self) -> Option<Signal> {
        let limit = self.limits.logins_fall_percent;
        let change = self.logins_change_percent?;
        let is_signal = change <= -limit && self.used_new_module == Some(false);
        let text = format!(
            "logins fell by {} percent, and no new module is used",
            -change
        );
        is_signal.then(|| signal("logins", Level::High, text))?
    }

    /// 003 §5.1.2.1 and §7.1.2.1: the health score is low, or lower.
    fn health(&self) -> Option<Signal> {
        let score = self.health_score?;
        let (level, limit) = match score {
            score if score < self.limits.health_high_risk => {
                (Level::High, self.limits.health_high_risk)
            }
            score if score < self.limits.health_attention => {
                (Level::Attention, self.limits.health_attention)
            }
            _ => return None,
        };
        signal(
            "health",
            level,
            format!("the health score is {score}, below {limit}"),
        )
    }

    /// 003 §6.2.1: purchases fall some months in a row.
    fn falling_purchases(&self) -> Option<Signal> {
        let falls = self.purchases.windows(2).rev();
        let falls = falls.take_while(|pair| pair[1] < pair[0]).count();
        let months = self.limits.falling_months.max(1) as usize;
        let text = format!("purchases fell {falls} months in a row");
        (falls >= months).then(|| signal("purchases", Level::High, text))?
    }

    /// 003 §3.4.1: payments take longer.
    fn payments(&self) -> Option<Signal> {
        let (days, limit) = (self.payment_delay_days?, self.limits.payment_delay_days?);
        let text = format!("payments take {days} days longer");
        (days >= limit).then(|| signal("payments", Level::Attention, text))?
    }

    /// 003 §3.4.1 and §7.1.2.1: the key contact leaves, which is worse where the health score is low, too.
    fn key_contact(&self) -> Option<Signal> {
        let is_low = self
            .health_score
            .is_some_and(|score| score < self.limits.health_attention);
        let level = match is_low {
            true => Level::High,
            false => Level::Attention,
        };
        let text = "the key contact has left".to_owned();
        self.key_contact_left
            .then(|| signal("key-contact", level, text))?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(risk: &Risk) -> Vec<(&str, Level)> {
        let signals = risk.signals.iter();
        signals.map(|signal| (signal.kind, signal.level)).collect()
    }

    #[test]
    fn nothing_seen_is_no_risk() {
        let risk = churn_risk(Signs::default()).unwrap();
        assert_eq!(
            (risk.probability, risk.level, risk.action),
            (Some(0.0), Level::None, Action::Nothing)
        );
    }

    #[test]
    fn fewer_logins_without_anything_new_are_seventy_five_percent() {
        let mut signs = Signs {
            logins_change_percent: Some(-30.0),
            ..Signs::default()
        };
        assert!(churn_risk(signs.clone()).unwrap().signals.is_empty());
        signs.used_new_module = Some(false);
        let risk = churn_risk(signs.clone()).unwrap();
        assert_eq!(
            (risk.probability, risk.action),
            (Some(75.0), Action::StartRetention)
        );
        signs.used_new_module = Some(true);
        assert!(churn_risk(signs.clone()).unwrap().signals.is_empty());
        signs.used_new_module = Some(false);
        signs.logins_change_percent = Some(-29.9);
        assert!(churn_risk(signs).unwrap().signals.is_empty());
    }

    #[test]
    fn health_is_judged_by_its_limits() {
        for (score, expected) in [
            (80.0, None),
            (79.9, Some(Level::Attention)),
            (70.0, Some(Level::Attention)),
            (69.9, Some(Level::High)),
        ] {
            let risk = churn_risk(Signs {
                health_score: Some(score),
                ..Signs::default()
            });
            let risk = risk.unwrap();
            assert_eq!(
                risk.signals.first().map(|signal| signal.level),
                expected,
                "{score}"
            );
        }
    }

    #[test]
    fn purchases_have_to_fall_up_to_now() {
        let risk = |purchases: &[f64]| {
            let purchases = purchases.to_vec();
            churn_risk(Signs {
                purchases,
                ..Signs::default()
            })
            .unwrap()
        };
        assert_eq!(
            kinds(&risk(&[9.0, 8.0, 7.0, 6.0])),
            [("purchases", Level::High)]
        );
        assert!(risk(&[9.0, 8.0, 7.0]).signals.is_empty());
        assert!(risk(&[9.0, 8.0, 7.0, 6.0, 6.0]).signals.is_empty());
    }

    #[test]
    fn a_contact_who_leaves_is_worse_where_health_is_low() {
        let mut signs = Signs {
            key_contact_left: true,
            ..Signs::default()
        };
        let risk = churn_risk(signs.clone()).unwrap();
        assert_eq!(
            (kinds(&risk), risk.action),
            (
                vec![("key-contact", Level::Attention)],
                Action::AlertManagement
            )
        );
        // The example of 003 §7.1.2.1.
        signs.health_score = Some(65.0);
        let risk = churn_risk(signs).unwrap();
        assert_eq!(
            kinds(&risk),
            [("health", Level::High), ("key-contact", Level::High)]
        );
    }

    #[test]
    fn signals_add_up_as_independent_ones() {
        let mut signs = Signs {
            logins_change_percent: Some(-50.0),
            used_new_module: Some(false),
            payment_delay_days: Some(20.0),
            ..Signs::default()
        };
        assert_eq!(churn_risk(signs.clone()).unwrap().probability, Some(75.0));
        signs.limits.payment_delay_days = Some(15.0);
        signs.limits.probability.insert("payments".to_owned(), 20.0);
        assert_eq!(churn_risk(signs.clone()).unwrap().probability, Some(80.0));
        signs
            .limits
            .probability
            .insert("payments".to_owned(), 120.0);
        assert_eq!(
            churn_risk(signs).unwrap_err().code,
            "probability-out-of-range"
        );
    }
}
