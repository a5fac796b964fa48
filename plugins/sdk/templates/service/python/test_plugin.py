"""Unit tests run in any Python, on a desk in place of the world."""

import unittest
from datetime import timedelta
from typing import Any

from casewright_plugin import Failure, Request, Response
from casewright_plugin.desk import Desk

from plugin import plugin

SECRETS = {"crm-token": "token-of-the-crm"}


def write(desk: Desk) -> Any:
    account = {"crm": "https://crm.example.com/", "account": {"id": "KA-7", "tier": "core"}}
    return plugin.serve("write-account", account, desk, lambda level, message: None)


class Accounts(unittest.TestCase):
    def test_an_account_is_created_once_and_then_written(self) -> None:
        def crm(request: Request) -> Response:
            return Response.of_json({"id": "c-1"}, 201) if request.method == "POST" else Response(204)

        desk = Desk(SECRETS, crm)
        self.assertEqual(write(desk), {"crm_id": "c-1", "created": True})
        self.assertEqual(write(desk), {"crm_id": "c-1", "created": False})
        first, second = desk.requests
        self.assertEqual(first.url, "https://crm.example.com/accounts")
        self.assertEqual(first.header("authorization"), "Bearer token-of-the-crm")
        self.assertEqual(first.json(), {"external_id": "KA-7", "tier": "core"})
        self.assertEqual(second.url, "https://crm.example.com/accounts/c-1")

    def test_failures_say_whether_to_try_again(self) -> None:
        with self.assertRaises(Failure) as busy:
            write(Desk(SECRETS, lambda request: Response(429, [("Retry-After", "30")])))
        self.assertEqual(busy.exception.try_again_after, timedelta(seconds=30))
        with self.assertRaises(Failure) as declined:
            write(Desk(SECRETS, lambda request: Response(422)))
        self.assertEqual((declined.exception.code, declined.exception.try_again), ("crm-declined", False))

    def test_without_a_token_nothing_is_sent(self) -> None:
        desk = Desk()
        with self.assertRaises(Failure) as refused:
            write(desk)
        self.assertEqual((refused.exception.code, desk.requests), ("not-granted", []))


if __name__ == "__main__":
    unittest.main()
