"""Services without a host: on a desk in place of the world."""

import unittest
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any, Callable

from casewright_plugin import Attempt, Context, Failure, Log, Plugin, Response
from casewright_plugin.desk import Desk


@dataclass
class Nothing:
    pass


@dataclass
class Told:
    it: Any = None


def on(desk: Desk, serve: Callable[[Context], Any]) -> Any:
    """What a service of one function gives on a desk."""
    plugin = Plugin("demo", "0.1.0")

    @plugin.service("go")
    def go(nothing: Nothing, context: Context) -> Told:
        return Told(serve(context))

    return plugin.serve("go", {}, desk, lambda level, text: None)["it"]


def answering(response: Response) -> Desk:
    return Desk(http=lambda request: response)


class Kinds(unittest.TestCase):
    def test_it_says_what_it_wants(self) -> None:
        plugin = Plugin("demo", "0.1.0")
        plugin.wants_http("*", "asks")
        plugin.wants_secret("token", "is asked")
        plugin.wants_key_value("remembers")
        wanted = [(one.kind, one.name, one.reason) for one in plugin.wanted]
        expected = [("http", "*", "asks"), ("secret", "token", "is asked"), ("key-value", "", "remembers")]
        self.assertEqual(wanted, expected)
        plugin.require("service")
        with self.assertRaisesRegex(TypeError, "decisions, which reach nothing"):
            plugin.require("decision")

    def test_a_plugin_is_of_one_kind_and_is_built_as_that(self) -> None:
        plugin = Plugin("demo", "0.1.0")

        @plugin.service("go")
        def go(nothing: Nothing) -> Told:
            """Goes."""
            return Told()

        self.assertEqual(plugin.serve("go", {}, Desk()), {"it": None})
        self.assertEqual(plugin.functions["go"].kind, "service")
        plugin.require("service")
        with self.assertRaisesRegex(TypeError, "is built as `decision`: say `kind = \"service\"` under"):
            plugin.require("decision")
        with self.assertRaises(Failure) as unknown:
            plugin.call("go", {})
        self.assertEqual(unknown.exception.code, "unknown-function")

        @plugin.decision("think")
        def think(nothing: Nothing, log: Log) -> Told:
            return Told()

        with self.assertRaisesRegex(TypeError, "all decisions or all services"):
            plugin.require("service")

    def test_what_is_no_service_is_told(self) -> None:
        with self.assertRaisesRegex(TypeError, "from one dataclass, and a Context if need be"):

            @Plugin("demo", "0.1.0").service("odd")
            def odd(n: int) -> int:
                return n


class Reach(unittest.TestCase):
    def test_a_request_goes_out_as_it_was_meant(self) -> None:
        desk = answering(Response(200, [("X-Say", "hi")], '{"é": 1}'.encode()))

        def serve(context: Context) -> Any:
            response = context.http("post", "https://a.example/x?y", bearer="t", headers={"X-N": "7"}, json={"é": 1})
            return [response.status, response.header("x-say"), response.json(), response.text()]

        self.assertEqual(on(desk, serve), [200, "hi", {"é": 1}, '{"é": 1}'])
        request = desk.requests[0]
        self.assertEqual((request.method, request.url), ("POST", "https://a.example/x?y"))
        self.assertEqual(request.body, '{"é": 1}'.encode())
        lines = [("X-N", "7"), ("authorization", "Bearer t"), ("content-type", "application/json")]
        self.assertEqual(request.headers, lines)

    def test_success_is_what_the_status_says(self) -> None:
        def failure(status: int, after: str = "") -> Any:
            try:
                Response(status, [("Retry-After", after)]).success()
            except Failure as failed:
                return failed.code, failed.details, failed.try_again, failed.try_again_after
            return None

        def told(status: int, again: bool, after: timedelta | None = None) -> Any:
            return "http-status", {"status": status}, again, after

        self.assertIsNone(failure(204))
        self.assertEqual(failure(404), told(404, False))
        self.assertEqual(failure(301), told(301, False))
        self.assertEqual(failure(500), told(500, True))
        self.assertEqual(failure(429, " 7 "), told(429, True, timedelta(seconds=7)))
        self.assertEqual(failure(503, "Fri, 31 Dec 2027 23:59:59 GMT"), told(503, True))
        self.assertEqual(failure(409, "7"), told(409, False))

    def test_what_is_not_there_is_a_failure(self) -> None:
        with self.assertRaises(Failure) as secret:
            on(Desk(), lambda context: context.secret("token"))
        self.assertEqual((secret.exception.code, secret.exception.try_again), ("not-granted", False))
        with self.assertRaises(Failure) as host:
            on(Desk(), lambda context: context.http("GET", "https://a.example").status)
        self.assertEqual((host.exception.code, host.exception.try_again), ("http-unreachable", True))
        with self.assertRaises(Failure) as body:
            on(answering(Response(200, body=b"?")), lambda context: context.http("GET", "https://a.example").json())
        self.assertEqual(body.exception.code, "response-not-readable")

    def test_it_remembers_from_call_to_call(self) -> None:
        desk = Desk()

        def count(context: Context) -> Any:
            before = context.key_value.get_json("n") or 0
            context.key_value.set_json("n", before + 1)
            context.key_value.set(f"seen {before}", b"x")
            return [before, context.key_value.keys("seen "), context.key_value.keys("seen ", "seen 0")]

        self.assertEqual(on(desk, count), [0, ["seen 0"], []])
        self.assertEqual(on(desk, count), [1, ["seen 0", "seen 1"], ["seen 1"]])
        self.assertEqual(desk.entries["n"], b"2")
        on(desk, lambda context: context.key_value.delete("n"))
        self.assertNotIn("n", desk.entries)

    def test_it_knows_which_call_it_is_and_what_time(self) -> None:
        desk = Desk(now=datetime(2027, 1, 2, tzinfo=timezone.utc), attempt=Attempt("k", 3, "c"))

        def told(context: Context) -> Any:
            attempt = context.attempt
            return [attempt.key, attempt.number, attempt.case_id, context.now().isoformat(), len(context.random(4))]

        self.assertEqual(on(desk, told), ["k", 3, "c", "2027-01-02T00:00:00+00:00", 4])


if __name__ == "__main__":
    unittest.main()
