"""Writes an account into the company's CRM."""

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote

from casewright_plugin import Context, Description, Failure, Length, Plugin, Response

# The name of the secret that the CRM accepts.
TOKEN = "crm-token"

plugin = Plugin("{{name}}", "0.1.0")
plugin.wants_http("*", "writes accounts into the company's CRM")
plugin.wants_secret(TOKEN, "the CRM asks who writes")
plugin.wants_key_value("remembers the CRM's id of each account")


@dataclass
class Account:
    id: Annotated[str, Description("The account's number in our books."), Length(1, 100)]
    tier: Annotated[str, Description("Its tier.")]


@dataclass
class Write:
    crm: Annotated[str, Description("Where the CRM's API begins."), Length(at_least=8)]
    account: Annotated[Account, Description("The account.")]


@dataclass
class Written:
    crm_id: Annotated[str, Description("The account's id in the CRM.")]
    created: Annotated[bool, Description("Whether the CRM did not know the account before.")]


@plugin.service("write-account", title="Write an account to the CRM")
def write_account(write: Write, context: Context) -> Written:
    """Writes number and tier of an account into the CRM, and makes the record when there is none."""
    # It may be called more than once for the same thing. The CRM makes one record all the same: its id is remembered, and
    # the header `Idempotency-Key`, which goes with every request, is the same each time.
    base = write.crm.rstrip("/")
    account = write.account
    token = context.secret(TOKEN)
    record = {"external_id": account.id, "tier": account.tier}
    memory = f"{base} {account.id}"
    known = context.key_value.get_json(memory)
    if known is not None:
        response = context.http("PUT", f"{base}/accounts/{quote(known, safe='')}", bearer=token, json=record)
        if response.status != 404:
            accepted(response)
            return Written(known, created=False)
        context.log.warn(f"the CRM no longer has the record `{known}`")
        context.key_value.delete(memory)
    response = accepted(context.http("POST", f"{base}/accounts", bearer=token, json=record))
    crm_id = response.json()["id"]
    context.log.info(f"the CRM has the account as `{crm_id}`")
    context.key_value.set_json(memory, crm_id)
    return Written(crm_id, created=True)


def accepted(response: Response) -> Response:
    """What is no success says by itself whether another attempt is of use."""
    if response.status == 422:
        raise Failure("crm-declined", "the CRM does not take the account as it is")
    return response.success()
