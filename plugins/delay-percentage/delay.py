"""From the projected tasks to the percentage and its causes: steps 3 to 7 of the rule."""

from datetime import date

from casewright_plugin import Failure

from form import Cause, Delay, Kind, Project
from schedule import Projected, Schedule, days, later, schedule_of


def measure(project: Project) -> Delay:
    """Measures the delay of a project; `plugin.py` states the rule.

    Fails with `no-milestone`, `cost-missing` or `nothing-due` where the base has nothing to measure, and with
    `nothing-planned`, `not-a-date`, `end-before-start`, `in-the-future`, `outside-the-baseline`, `named-twice`,
    `unknown-task`, `circle` or `beyond-the-calendar` where there is no plan, or it contradicts itself.
    """
    schedule = schedule_of(project)
    end = _projected_end(schedule)
    planned, projected = days(schedule.start, schedule.end), days(schedule.start, end)
    if project.base == "milestone":
        percent, reason = _by_milestones(schedule)
    elif project.base == "cost":
        percent, reason = _by_cost(schedule)
    else:
        percent = (projected - planned) / planned * 100
        reason = f"it takes {_days(projected)}, {planned} are planned"
    percent = round(percent, 2)
    limit = project.limit_percent
    exceeds = percent > limit
    return Delay(
        percent=percent,
        exceeds=exceeds,
        base=project.base,
        planned_days=planned,
        projected_days=projected,
        projected_end=end.isoformat(),
        causes=_causes(schedule.tasks)[: project.most_causes],
        reasons=[reason, f"{_number(percent)} % is {'more' if exceeds else 'not more'} than {_number(limit)} %"],
    )


def _projected_end(schedule: Schedule) -> date:
    last_planned = max(task.planned_end for task in schedule.tasks)
    slip = (max(task.end for task in schedule.tasks) - last_planned).days
    if slip > 0:
        buffer = (schedule.end - last_planned).days
        slip = max(0, slip - buffer)
    return later(schedule.end, slip)


def _by_milestones(schedule: Schedule) -> tuple[float, str]:
    milestones = [task for task in schedule.tasks if task.task.milestone]
    if not milestones:
        raise Failure("no-milestone", "no task is a milestone, so there is none to be late")

    def percent(milestone: Projected) -> float:
        return milestone.days_late / days(schedule.start, milestone.planned_end) * 100

    to_come = [milestone for milestone in milestones if not milestone.is_finished]
    if to_come:
        found = max(to_come, key=percent)
    else:
        found = max(milestones, key=lambda milestone: milestone.planned_end)
    planned = days(schedule.start, found.planned_end)
    how = f"{_days(found.days_late)} late" if found.days_late >= 0 else f"{_days(-found.days_late)} early"
    return percent(found), f"the milestone `{found.task.id}` is {how}, {_days(planned)} are planned up to it"


def _by_cost(schedule: Schedule) -> tuple[float, str]:
    due = done = 0.0
    for task in schedule.tasks:
        cost = task.task.planned_cost
        if cost is None:
            message = f"`{task.task.id}` has no `planned_cost` to measure its work by"
            raise Failure("cost-missing", message, {"task": task.task.id})
        passed = days(task.planned_start, schedule.as_of) / task.planned_days
        due += cost * min(1.0, max(0.0, passed))
        done += cost if task.is_finished else cost * task.task.percent_done / 100
    if due == 0:
        raise Failure("nothing-due", f"no work that costs anything is planned up to {schedule.as_of}")
    reason = f"work for {_number(due)} is planned by now, work for {_number(done)} is done"
    return (due - done) / due * 100, reason


def _causes(tasks: list[Projected]) -> list[Cause]:
    late = [task for task in tasks if task.own_days > 0]
    # Of those that are as late as each other the first of the input comes first.
    late.sort(key=lambda task: -task.own_days)
    return [_cause(task) for task in late]


def _cause(late: Projected) -> Cause:
    task, own = late.task, late.own_days
    kind: Kind = "not-started"
    text = f"not begun, {_days(own)} late"
    if late.is_finished:
        kind, text = "finished-late", f"finished {_days(own)} late"
    elif late.has_begun:
        kind, text = "behind", f"{_number(task.percent_done)} % done, {_days(own)} behind"
    if late.taken_over > 0:
        text += f", and {_days(late.taken_over)} by what it waits for"
    return Cause(task.id, task.title, task.milestone, kind, late.days_late, own, text)


def _days(count: int) -> str:
    return "1 day" if count == 1 else f"{count} days"


def _number(number: float) -> str:
    return f"{round(number, 2):.15g}"
