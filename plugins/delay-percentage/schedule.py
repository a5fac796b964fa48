"""When each task ends as it looks now: steps 1 and 2 of the rule."""

import math
from dataclasses import dataclass
from datetime import date, timedelta
from graphlib import CycleError, TopologicalSorter

from casewright_plugin import Failure

from form import Project, Task


@dataclass(frozen=True)
class Projected:
    """A task with its dates read."""

    task: Task
    planned_start: date
    planned_end: date
    # As it was where it is over, and as it looks now where it is not.
    end: date
    # By how many days what it waits for makes it begin later.
    taken_over: int

    @property
    def planned_days(self) -> int:
        return days(self.planned_start, self.planned_end)

    @property
    def days_late(self) -> int:
        return (self.end - self.planned_end).days

    @property
    def own_days(self) -> int:
        return self.days_late - self.taken_over

    @property
    def is_finished(self) -> bool:
        return self.task.actual_end is not None

    @property
    def has_begun(self) -> bool:
        return self.is_finished or self.task.actual_start is not None or self.task.percent_done > 0


@dataclass(frozen=True)
class Schedule:
    """A project with its dates read. The tasks are in the order of the input."""

    as_of: date
    start: date
    end: date
    tasks: list[Projected]


def days(start: date, end: date) -> int:
    """How many days there are, first and last included."""
    return (end - start).days + 1


def later(day: date, count: int) -> date:
    """The day so many days later, or earlier."""
    try:
        return day + timedelta(days=count)
    except OverflowError:
        raise Failure("beyond-the-calendar", f"there is no day {count} days after {day}") from None


def schedule_of(project: Project) -> Schedule:
    """Reads the dates of a project and projects the end of each of its tasks."""
    as_of = _day("as_of", project.as_of)
    start, end = _span("the baseline", "baseline.", project.baseline.start, project.baseline.end)
    if not project.tasks:
        raise Failure("nothing-planned", "a project without tasks is neither late nor in time")
    tasks: dict[str, Task] = {}
    for task in project.tasks:
        if task.id in tasks:
            raise Failure("named-twice", f"two tasks have the id `{task.id}`", {"task": task.id})
        tasks[task.id] = task
    projected: dict[str, Projected] = {}
    for name in _in_order(tasks):
        task = tasks[name]
        waits_for = [projected[before] for before in task.after]
        projected[name] = _project(task, as_of, waits_for)
        _is_within(projected[name], start, end)
    return Schedule(as_of, start, end, [projected[name] for name in tasks])


def _in_order(tasks: dict[str, Task]) -> list[str]:
    """The ids of the tasks, each after those that it waits for."""
    for task in tasks.values():
        for before in task.after:
            if before not in tasks:
                raise Failure(
                    "unknown-task", f"`{task.id}` waits for `{before}`, which is not there", {"task": task.id}
                )
    sorter = TopologicalSorter({name: task.after for name, task in tasks.items()})
    try:
        return list(sorter.static_order())
    except CycleError as error:
        circle = error.args[1]
        shown = "`, `".join(circle)
        raise Failure("circle", f"tasks wait for each other: `{shown}`", {"tasks": circle}) from None


def _project(task: Task, as_of: date, waits_for: list[Projected]) -> Projected:
    label, prefix = f"`{task.id}`", f"tasks.{task.id}."
    planned_start, planned_end = _span(label, prefix + "planned_", task.planned_start, task.planned_end)
    started = _past(label, prefix + "actual_start", task.actual_start, as_of)
    finished = _past(label, prefix + "actual_end", task.actual_end, as_of)
    if started and finished and finished < started:
        raise _backwards(label, started, finished)
    whole = days(planned_start, planned_end)
    # The day from which on those before leave it free.
    free = max((later(before.end, 1) for before in waits_for), default=planned_start)
    if finished:
        end = finished
    elif started or task.percent_done > 0:
        left = whole * (100 - task.percent_done) / 100
        # Rounded first: a task of 1000 days of which 33.3 percent are done has 667 left, not 668.
        end = later(as_of, math.ceil(round(left, 6)))
    else:
        end = later(max(planned_start, later(as_of, 1), free), whole - 1)
    taken_over = (free - planned_start).days
    if started:
        # It did not wait to the end.
        taken_over = min(taken_over, (started - planned_start).days)
    late = (end - planned_end).days
    return Projected(task, planned_start, planned_end, end, max(0, min(taken_over, late)))


def _is_within(task: Projected, start: date, end: date) -> None:
    if task.planned_start < start or task.planned_end > end:
        planned, whole = f"{task.planned_start} to {task.planned_end}", f"{start} to {end}"
        message = f"`{task.task.id}` is planned for {planned}, the baseline is {whole}"
        raise Failure("outside-the-baseline", message, {"task": task.task.id})


def _span(label: str, prefix: str, first: str, last: str) -> tuple[date, date]:
    start, end = _day(prefix + "start", first), _day(prefix + "end", last)
    if end < start:
        raise _backwards(label, start, end)
    return start, end


def _backwards(label: str, start: date, end: date) -> Failure:
    return Failure("end-before-start", f"{label} begins on {start} and ends before, on {end}")


def _past(label: str, field: str, text: str | None, as_of: date) -> date | None:
    if text is None:
        return None
    day = _day(field, text)
    if day > as_of:
        message = f"expected `{field}` up to `as_of`, {as_of}; found {text}"
        raise Failure("in-the-future", message, {"field": field})
    return day


def _day(field: str, text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    # Newer versions of Python read more than they write, such as `2026-W10-1`.
    if day is None or day.isoformat() != text:
        raise Failure(
            "not-a-date", f"expected a date such as 2026-03-01 in `{field}`, found `{text}`", {"field": field}
        )
    return day
