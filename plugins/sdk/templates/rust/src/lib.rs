//! Which discount an order gets, and who has to approve it.

use casewright_plugin::{Failure, Plugin, export, log};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Shares of the price by the least amount of the order, in yuan.
const BY_AMOUNT: [(f64, f64); 3] = [(1_000_000.0, 6.0), (300_000.0, 4.0), (100_000.0, 2.0)];

/// The order.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Order {
    /// What it is worth, in yuan.
    #[schemars(range(min = 0.0))]
    amount: f64,
    /// The tier of the account.
    tier: Tier,
    /// Our margin on it, in percent.
    #[schemars(range(min = 0.0, max = 100.0))]
    margin_percent: f64,
}

#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Tier {
    Strategic,
    Core,
    Potential,
}

/// What is proposed.
#[derive(Serialize, JsonSchema)]
struct Discount {
    /// Share of the price, in percent.
    percent: f64,
    /// The role that has to approve it.
    approver: &'static str,
    /// How it came about, in sentences.
    reasons: Vec<String>,
}

fn propose_discount(order: Order) -> Result<Discount, Failure> {
    if order.amount == 0.0 {
        return Err(Failure::new(
            "nothing-ordered",
            "an order of nothing has no discount",
        ));
    }
    let reached = BY_AMOUNT.iter().find(|(least, _)| order.amount >= *least);
    let by_amount = reached.map_or(0.0, |(_, percent)| *percent);
    let mut reasons = vec![format!("the amount gives {by_amount} %")];
    let (tier, by_tier) = match order.tier {
        Tier::Strategic => ("strategic", 2.0),
        Tier::Core => ("core", 1.0),
        Tier::Potential => ("potential", 0.0),
    };
    if by_tier > 0.0 {
        reasons.push(format!("the tier `{tier}` adds {by_tier} %"));
    }
    let mut percent = by_amount + by_tier;
    let most = order.margin_percent / 2.0;
    if percent > most {
        log::warn(&format!("{percent} % is more than half of the margin"));
        reasons.push("held at half of the margin".to_owned());
        percent = most;
    }
    let approver = match percent {
        ..=3.0 => "account-manager",
        ..=6.0 => "ka-director",
        _ => "senior-management",
    };
    Ok(Discount {
        percent,
        approver,
        reasons,
    })
}

/// The plugin as the host sees it.
pub fn plugin() -> Plugin {
    Plugin::new("{{name}}", env!("CARGO_PKG_VERSION")).decision(
        "propose-discount",
        "Propose a discount",
        "The discount by amount and tier, at most half of the margin, and who approves it.",
        propose_discount,
    )
}

export!(plugin);

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    #[test]
    fn no_discount_takes_more_than_half_of_the_margin() {
        let order = json!({"amount": 2_000_000, "tier": "strategic", "margin_percent": 6});
        let answer = super::plugin().decide("propose-discount", &order.to_string());
        let answer: Value = serde_json::from_str(&answer.unwrap()).unwrap();
        assert_eq!(answer["percent"], 3);
        assert_eq!(answer["approver"], "account-manager");
    }
}
