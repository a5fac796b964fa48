//! The example of `plugins/README.md`: a discount by the size of an order.

use casewright_plugin::{Failure, Plugin, export};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Order {
    /// Pieces ordered.
    pieces: u32,
}

#[derive(Serialize, JsonSchema)]
struct Discount {
    /// Share of the price, 0 to 100.
    percent: f64,
}

fn discount(order: Order) -> Result<Discount, Failure> {
    if order.pieces == 0 {
        return Err(Failure::new(
            "nothing-ordered",
            "an order of no pieces has no discount",
        ));
    }
    Ok(Discount {
        percent: if order.pieces >= 100 { 5.0 } else { 0.0 },
    })
}

/// The plugin.
pub fn plugin() -> Plugin {
    Plugin::new("discounts", env!("CARGO_PKG_VERSION")).decision(
        "discount",
        "Discount",
        "The discount on an order of some size.",
        discount,
    )
}

export!(plugin);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_orders_are_cheaper() {
        let answer = plugin().decide("discount", r#"{"pieces": 250}"#);
        assert_eq!(answer, Ok(r#"{"percent":5}"#.to_owned()));
        let refused = plugin().decide("discount", r#"{"pieces": 0}"#).unwrap_err();
        assert_eq!(refused.code, "nothing-ordered");
    }
}
