"""Unit tests run in any Python, without the host; what the host is asked stands in `cases/`."""

import unittest
from typing import Any

from casewright_plugin import Failure
from plugin import plugin

# 100 days; the design takes 10, the building 80, the test the last 10.
BASELINE = {"start": "2026-01-01", "end": "2026-04-10"}
DESIGN = {"id": "design", "planned_start": "2026-01-01", "planned_end": "2026-01-10", "milestone": True}
BUILD = {"id": "build", "planned_start": "2026-01-11", "planned_end": "2026-03-31", "after": ["design"]}
TEST = {"id": "test", "planned_start": "2026-04-01", "planned_end": "2026-04-10", "after": ["build"], "milestone": True}


def ask(as_of: str, *tasks: dict[str, Any], **more: Any) -> Any:
    return plugin.call("measure-delay", {"as_of": as_of, "baseline": BASELINE, "tasks": list(tasks), **more})


def finished(task: dict[str, Any], start: str, end: str) -> dict[str, Any]:
    return {**task, "actual_start": start, "actual_end": end, "percent_done": 100}


class Durations(unittest.TestCase):
    def test_a_project_in_time_is_not_late(self) -> None:
        answer = ask("2026-01-10", finished(DESIGN, "2026-01-01", "2026-01-10"), BUILD, TEST)
        self.assertEqual((answer["percent"], answer["exceeds"], answer["causes"]), (0, False, []))
        self.assertEqual((answer["planned_days"], answer["projected_end"]), (100, "2026-04-10"))

    def test_the_limit_has_to_be_exceeded(self) -> None:
        for end, percent, exceeds in [("2026-01-20", 10, False), ("2026-01-21", 11, True)]:
            answer = ask(end, finished(DESIGN, "2026-01-01", end), BUILD, TEST)
            self.assertEqual((answer["percent"], answer["exceeds"]), (percent, exceeds))
        answer = ask("2026-01-20", finished(DESIGN, "2026-01-01", "2026-01-20"), BUILD, TEST, limit_percent=9.99)
        self.assertTrue(answer["exceeds"])

    def test_tasks_wait_in_any_order_of_the_input(self) -> None:
        late = finished(DESIGN, "2026-01-01", "2026-01-15")
        self.assertEqual(ask("2026-01-15", TEST, BUILD, late)["projected_end"], "2026-04-15")

    def test_what_is_not_begun_is_late_by_what_has_passed(self) -> None:
        done = finished(DESIGN, "2026-01-01", "2026-01-10")
        answer = ask("2026-01-14", done, BUILD, TEST)
        self.assertEqual(answer["percent"], 4)
        self.assertEqual(
            [(one["task"], one["kind"], one["own_days"]) for one in answer["causes"]], [("build", "not-started", 4)]
        )

    def test_what_is_left_takes_as_long_as_planned(self) -> None:
        done = finished(DESIGN, "2026-01-01", "2026-01-10")
        for percent, end in [(50, "2026-04-10"), (25, "2026-04-30"), (62.5, "2026-03-31"), (99.9, "2026-03-02")]:
            building = {**BUILD, "actual_start": "2026-01-11", "percent_done": percent}
            # The last task does not begin before its day, so being ahead before it gains nothing.
            late = max(end, "2026-04-10")
            self.assertEqual(ask("2026-02-19", done, building, TEST)["projected_end"], late, percent)

    def test_being_ahead_is_a_negative_delay(self) -> None:
        tasks = [
            finished(DESIGN, "2026-01-01", "2026-01-10"),
            finished(BUILD, "2026-01-11", "2026-03-10"),
            {**TEST, "actual_start": "2026-03-11", "percent_done": 50},
        ]
        answer = ask("2026-03-20", *tasks)
        self.assertEqual((answer["percent"], answer["projected_end"]), (-16, "2026-03-25"))

    def test_a_buffer_is_used_up_first_and_gives_nothing(self) -> None:
        build = {**BUILD, "after": []}
        for end, projected in [
            ("2026-03-25", "2026-04-04"),
            ("2026-04-10", "2026-04-10"),
            ("2026-04-13", "2026-04-13"),
        ]:
            answer = ask("2026-04-13", finished(build, "2026-01-11", end))
            self.assertEqual(answer["projected_end"], projected)

    def test_a_leap_year_has_its_day(self) -> None:
        baseline = {"start": "2028-02-01", "end": "2028-03-01"}
        task = {"id": "one", "planned_start": "2028-02-01", "planned_end": "2028-03-01", "actual_start": "2028-02-01"}
        asked = {"as_of": "2028-03-02", "baseline": baseline, "tasks": [{**task, "actual_end": "2028-03-02"}]}
        answer = plugin.call("measure-delay", asked)
        self.assertEqual((answer["planned_days"], answer["percent"]), (30, 3.33))


class OtherBases(unittest.TestCase):
    def test_the_worst_milestone_to_come_decides(self) -> None:
        half = {**DESIGN, "actual_start": "2026-01-01", "percent_done": 50}
        answer = ask("2026-01-07", half, BUILD, TEST, base="milestone")
        self.assertEqual((answer["percent"], answer["exceeds"]), (20, True))
        reached = finished(DESIGN, "2026-01-01", "2026-01-12")
        answer = ask("2026-01-12", reached, BUILD, TEST, base="milestone")
        self.assertEqual((answer["percent"], answer["exceeds"]), (2, False))

    def test_once_all_are_reached_the_last_milestone_decides(self) -> None:
        tasks = [
            finished(TEST, "2026-04-01", "2026-04-07"),
            finished(DESIGN, "2026-01-01", "2026-01-18"),
            finished(BUILD, "2026-01-19", "2026-03-31"),
        ]
        answer = ask("2026-04-08", *tasks, base="milestone")
        self.assertEqual(answer["percent"], -3)
        self.assertIn("`test` is 3 days early", answer["reasons"][0])

    def test_cost_measures_what_is_not_done(self) -> None:
        tasks = [
            {**finished(DESIGN, "2026-01-01", "2026-01-10"), "planned_cost": 200},
            {**BUILD, "actual_start": "2026-01-11", "percent_done": 25, "planned_cost": 1600},
            {**TEST, "planned_cost": 100},
        ]
        # Half of the building is planned by then: 200 + 800, of which 200 + 400 are done.
        answer = ask("2026-02-19", *tasks, base="cost")
        self.assertEqual((answer["percent"], answer["exceeds"]), (40, True))
        tasks[1]["percent_done"] = 75
        self.assertEqual(ask("2026-02-19", *tasks, base="cost")["percent"], -40)


class Causes(unittest.TestCase):
    def test_who_only_waits_is_no_cause(self) -> None:
        late = finished(DESIGN, "2026-01-01", "2026-01-16")
        answer = ask("2026-01-18", late, BUILD, TEST)
        found = [(one["task"], one["days_late"], one["own_days"]) for one in answer["causes"]]
        self.assertEqual(found, [("design", 6, 6), ("build", 8, 2)])

    def test_who_did_not_wait_has_taken_nothing_over(self) -> None:
        late = finished(DESIGN, "2026-01-01", "2026-01-30")
        building = finished(BUILD, "2026-01-11", "2026-04-03")
        causes = ask("2026-04-03", late, building, TEST)["causes"]
        self.assertEqual([(one["task"], one["own_days"]) for one in causes], [("design", 20), ("build", 3)])

    def test_the_latest_come_first_and_no_more_than_are_wanted(self) -> None:
        tasks = [
            {"id": name, "planned_start": "2026-01-01", "planned_end": "2026-01-10", "actual_end": f"2026-01-{end}"}
            for name, end in [("a", "12"), ("b", "15"), ("c", "11"), ("d", "15"), ("e", "10")]
        ]
        for most, names in [(3, ["b", "d", "a"]), (9, ["b", "d", "a", "c"]), (0, [])]:
            causes = ask("2026-01-31", *tasks, most_causes=most)["causes"]
            self.assertEqual([one["task"] for one in causes], names)


class Refusals(unittest.TestCase):
    def refused(self, code: str, *tasks: dict[str, Any], as_of: str = "2026-02-01", **more: Any) -> None:
        with self.assertRaises(Failure) as caught:
            ask(as_of, *tasks, **more)
        self.assertEqual(caught.exception.code, code)

    def test_what_has_no_answer_is_refused(self) -> None:
        self.refused("nothing-planned")
        self.refused("no-milestone", BUILD | {"after": []}, base="milestone")
        self.refused("cost-missing", DESIGN, base="cost")
        self.refused("nothing-due", {**DESIGN, "planned_cost": 0}, base="cost")
        self.refused("nothing-due", {**DESIGN, "planned_cost": 5}, base="cost", as_of="2025-12-31")

    def test_a_plan_that_contradicts_itself_is_refused(self) -> None:
        self.refused("named-twice", DESIGN, DESIGN)
        self.refused("unknown-task", BUILD)
        self.refused("circle", {**DESIGN, "after": ["test"]}, BUILD, TEST)
        self.refused("circle", {**DESIGN, "after": ["design"]})
        self.refused("outside-the-baseline", {**DESIGN, "planned_end": "2026-04-11"})
        self.refused("outside-the-baseline", {**DESIGN, "planned_start": "2025-12-31"})
        self.refused("end-before-start", {**DESIGN, "planned_end": "2025-12-31"})
        self.refused("end-before-start", finished(DESIGN, "2026-01-10", "2026-01-09"))
        self.refused("end-before-start", DESIGN, baseline={"start": "2026-01-02", "end": "2026-01-01"})
        self.refused("in-the-future", {**DESIGN, "actual_start": "2026-02-02"})
        self.refused("in-the-future", {**DESIGN, "actual_end": "2026-02-02"})

    def test_a_date_is_written_in_one_way(self) -> None:
        for text in ["2026-02-30", "20260201", "2026-W05-7", "2026-2-1", "2026-02-01T00:00:00Z", "", "明天"]:
            self.refused("not-a-date", DESIGN, as_of=text)

    def test_the_calendar_has_an_end(self) -> None:
        self.refused("beyond-the-calendar", DESIGN, as_of="9999-12-31")


if __name__ == "__main__":
    unittest.main()
