"""Which discount an order gets, and who has to approve it."""

from dataclasses import dataclass
from typing import Annotated, Literal

from casewright_plugin import Description, Failure, Log, Plugin, Range

# Shares of the price by the least amount of the order, in yuan.
BY_AMOUNT = [(1_000_000, 6), (300_000, 4), (100_000, 2)]
BY_TIER = {"strategic": 2, "core": 1, "potential": 0}

plugin = Plugin("{{name}}", "0.1.0")


@dataclass
class Order:
    amount: Annotated[float, Description("What it is worth, in yuan."), Range(at_least=0)]
    tier: Annotated[Literal["strategic", "core", "potential"], Description("The tier of the account.")]
    margin_percent: Annotated[float, Description("Our margin on it, in percent."), Range(0, 100)]


@dataclass
class Discount:
    percent: Annotated[float, Description("Share of the price, in percent.")]
    approver: Annotated[str, Description("The role that has to approve it.")]
    reasons: Annotated[list[str], Description("How it came about, in sentences.")]


@plugin.decision("propose-discount", title="Propose a discount")
def propose_discount(order: Order, log: Log) -> Discount:
    """The discount by amount and tier, at most half of the margin, and who approves it."""
    if order.amount == 0:
        raise Failure("nothing-ordered", "an order of nothing has no discount")
    by_amount = next((percent for least, percent in BY_AMOUNT if order.amount >= least), 0)
    by_tier = BY_TIER[order.tier]
    reasons = [f"the amount gives {by_amount} %"]
    if by_tier > 0:
        reasons.append(f"the tier `{order.tier}` adds {by_tier} %")
    percent: float = by_amount + by_tier
    most = order.margin_percent / 2
    if percent > most:
        log.warn(f"{percent} % is more than half of the margin")
        reasons.append("held at half of the margin")
        percent = most
    if percent <= 3:
        approver = "account-manager"
    elif percent <= 6:
        approver = "ka-director"
    else:
        approver = "senior-management"
    return Discount(percent, approver, reasons)
