"""Unit tests run in any Python, without the host; what the host is asked stands in `cases/`."""

import unittest

from plugin import plugin


class Discounts(unittest.TestCase):
    def test_no_discount_takes_more_than_half_of_the_margin(self) -> None:
        order = {"amount": 2_000_000, "tier": "strategic", "margin_percent": 6}
        answer = plugin.call("propose-discount", order)
        self.assertEqual(answer["percent"], 3)
        self.assertEqual(answer["approver"], "account-manager")


if __name__ == "__main__":
    unittest.main()
